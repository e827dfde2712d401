use crate::check::{Category, Check, Finding, Outcome, Owner, Requirement, Stage};
use crate::contradictions::contradictions;
use crate::evidence::Evidence;
use crate::framework;
use crate::scalekit;
use crate::trial::Trial;

pub const CHECK: Check = Check {
    code: "local-server-env",
    stage: Stage::Local,
    category: Category::Token,
    owner: Owner::McpServer,
    requirement: Requirement::Must,
    reference: "Scalekit documentation, MCP quickstarts; FastMCP ScalekitProvider",
    after: &[],
    variants: &[
        "placeholder",
        "empty",
        "quotes",
        "swapped",
        "client-id-shape",
        "environment-shape",
        "environment-slash",
        "environment-differs",
        "resource-id-shape",
        "resource-id-differs",
        "audience-differs",
        "server-url-differs",
        "metadata-unreadable",
        "metadata-environment",
        "metadata-not-served",
    ],
    words: include_str!("local_server_env.md"),
    examine,
};

fn examine(evidence: &Evidence) -> Outcome {
    let Some(found) = contradictions(evidence) else {
        return match evidence.settings.as_ref().map(|fact| &fact.seen) {
            Some(Err(blind)) => Outcome::Unknown(blind.why.clone()),
            _ => Outcome::SetAside("the server's settings were not given"),
        };
    };
    let seen = scalekit::recognise(evidence);
    let framework = framework::of(evidence).map(|guess| guess.framework);
    let trial = Trial::of(evidence).ok();
    let findings = found.into_iter().map(|one| {
        let mut finding = Finding::new(&CHECK, one.variant)
            .severity(one.severity)
            .confidence(one.confidence)
            .value("setting", one.setting.clone())
            .value("why", one.why.clone().unwrap_or_default())
            .value(
                "id",
                seen.as_ref()
                    .and_then(|seen| seen.resource_id.clone())
                    .unwrap_or_else(|| "the id that starts with res_".to_owned()),
            )
            .value("written", one.actual.clone().unwrap_or_default())
            .proof(match &one.actual {
                Some(actual) => format!("{}={actual}", one.setting),
                None => format!("{} is set", one.setting),
            });
        if let (Some((label, expected)), Some(actual)) = (one.expected, one.actual) {
            finding = finding.compare(label, expected, &format!("{} says", one.setting), actual);
        }
        if let Some(why) = one.why.filter(|why| !why.is_empty()) {
            finding = finding.proof(format!("{}: {why}", one.setting));
        }
        if let Some(framework) = framework {
            finding = finding.proof(format!("Built with {}", framework.name()));
        }
        match trial.as_ref().filter(|trial| trial.refusal().is_some()) {
            Some(trial) => finding.proof(trial.said()),
            None => finding,
        }
    });
    Outcome::of(findings.collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::Severity;
    use crate::framework::Framework;
    use crate::sample::{SERVER, Sample};

    const GOOD: &str = "SCALEKIT_ENVIRONMENT_URL=https://acme.scalekit.com\nSCALEKIT_CLIENT_ID=skc_123\nSCALEKIT_CLIENT_SECRET=test_canary1234567\nSCALEKIT_RESOURCE_ID=res_123\nEXPECTED_AUDIENCE=https://mcp.example.com/mcp\nMCP_URL=https://mcp.example.com/\nPORT=3002\n";

    fn with(line: &str) -> Sample {
        Sample::healthy().settings(line)
    }

    #[test]
    fn every_contradiction_is_named() {
        for (line, variant) in [
            ("SK_ENV_URL=https://<your-env>.scalekit.com", "placeholder"),
            ("EXPECTED_AUDIENCE=", "empty"),
            ("SCALEKIT_RESOURCE_ID=\"\\\"res_123\\\"\"", "quotes"),
            ("SCALEKIT_CLIENT_SECRET=skc_123456", "swapped"),
            ("SCALEKIT_CLIENT_ID=res_123", "client-id-shape"),
            ("SK_ENV_URL=https://acme.scalekit.com/resources/res_123", "environment-shape"),
            ("SK_ENV_URL=https://other.scalekit.dev", "environment-differs"),
            ("SCALEKIT_RESOURCE_ID=conn_123", "resource-id-shape"),
            ("SCALEKIT_RESOURCE_ID=res_999", "resource-id-differs"),
            ("EXPECTED_AUDIENCE=https://mcp.example.com/mcp/", "audience-differs"),
            ("PROTECTED_RESOURCE_METADATA={“resource”: 1}", "metadata-unreadable"),
            (
                "PROTECTED_RESOURCE_METADATA={\"resource\": \"https://old.example.com/mcp\", \"authorization_servers\": [\"https://acme.scalekit.com/resources/res_123\"]}",
                "metadata-not-served",
            ),
        ] {
            assert_eq!(with(line).finding(&CHECK).variant, variant, "{line}");
        }
        let slash = with("SK_ENV_URL=https://acme.scalekit.com/").built_with(Framework::FastapiFastmcp);
        assert_eq!(slash.finding(&CHECK).variant, "environment-slash");
        let url = Sample::healthy()
            .resource_metadata(|document| document["resource"] = serde_json::json!("http://localhost:3002/mcp"))
            .settings("MCP_URL=http://localhost:3002/");
        assert_eq!(
            (url.finding(&CHECK).variant, url.finding(&CHECK).severity),
            ("server-url-differs", Severity::Error)
        );
        let both = with(
            "SK_ENV_URL=https://acme.scalekit.com\nPROTECTED_RESOURCE_METADATA={\"resource\": \"https://mcp.example.com/mcp\", \"authorization_servers\": [\"https://other.scalekit.com/resources/res_123\"]}",
        );
        assert_eq!(both.finding(&CHECK).variant, "metadata-environment");
    }

    #[test]
    fn a_setting_that_differs_from_the_token_is_an_error_when_the_token_is_refused() {
        let refused =
            || Sample::healthy().token(|_| {}).refuses("").settings("EXPECTED_AUDIENCE=https://mcp.example.com/mcp/");
        let finding = refused().finding(&CHECK);
        assert_eq!((finding.variant, finding.severity), ("audience-differs", Severity::Error));
        assert_eq!(finding.comparison.map(|both| both.expected), Some(SERVER.to_owned()));
        // The server works with it: nothing is broken.
        assert_eq!(refused().accepted().finding(&CHECK).severity, Severity::Warning);
    }

    #[test]
    fn right_settings_pass_and_show_no_secret() {
        assert_eq!(with(GOOD).examine(&CHECK), Outcome::Pass);
        assert_eq!(with(GOOD).token(|_| {}).examine(&CHECK), Outcome::Pass);
        assert_eq!(
            with("SCALEKIT_ENVIRONMENT_URL=https://acme.scalekit.com/")
                .built_with(Framework::FastmcpScalekit)
                .examine(&CHECK),
            Outcome::Pass
        );
        let swapped = format!("{:?}", with("SCALEKIT_CLIENT_SECRET=skc_canary123").finding(&CHECK));
        assert!(!swapped.contains("canary"));
        assert!(matches!(Sample::healthy().examine(&CHECK), Outcome::SetAside(_)));
    }
}
