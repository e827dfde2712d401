use super::{READABLE, document};
use crate::check::{Category, Check, Finding, Outcome, Owner, Requirement, Severity, Stage};
use crate::evidence::Evidence;
use crate::scalekit;
use serde_json::Value;
use std::collections::BTreeSet;

pub const CHECK: Check = Check {
    code: "prm-live-vs-dashboard",
    stage: Stage::ResourceMetadata,
    category: Category::Connection,
    owner: Owner::McpServer,
    requirement: Requirement::Should,
    reference: "Scalekit documentation, MCP quickstart: Metadata JSON",
    after: READABLE,
    variants: &["not-json", "other-server", "other-environment", "resource", "scopes"],
    words: include_str!("prm_live_vs_dashboard.md"),
    examine,
};

fn examine(evidence: &Evidence) -> Outcome {
    let Some(pasted) = evidence.dashboard.as_ref().and_then(|fact| fact.value()) else {
        return Outcome::SetAside("nobody said what the dashboard shows");
    };
    let document = match document(evidence) {
        Ok(document) => document,
        Err(outcome) => return outcome,
    };
    let pasted: Value = match serde_json::from_str::<Value>(pasted.trim()) {
        Ok(value @ Value::Object(_)) => value,
        Ok(_) => return Outcome::fail(Finding::new(&CHECK, "not-json").owner(Owner::User).severity(Severity::Info)),
        Err(error) => {
            let finding = Finding::new(&CHECK, "not-json").owner(Owner::User).severity(Severity::Info);
            return Outcome::fail(finding.proof(format!("line {}, column {}", error.line(), error.column())));
        }
    };
    let finding = |variant, expected: String, actual: String| {
        Finding::new(&CHECK, variant).compare("The dashboard says", expected, "Your server says", actual)
    };
    let text = |value: Option<&Value>| value.and_then(Value::as_str).unwrap_or("absent").to_owned();
    let (shown, live) = (
        text(pasted.pointer("/authorization_servers/0")),
        document.issuers().first().copied().unwrap_or("absent").to_owned(),
    );
    if shown != live {
        let same_environment = scalekit::environment_of(&shown) == scalekit::environment_of(&live);
        return Outcome::fail(finding(
            if same_environment { "other-server" } else { "other-environment" },
            shown,
            live,
        ));
    }
    let (shown, live) = (text(pasted.get("resource")), text(document.members.get("resource")));
    if shown != live {
        return Outcome::fail(finding("resource", shown, live));
    }
    let scopes = |value: Option<&Value>| {
        let list = value.and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str);
        list.map(str::to_owned).collect::<BTreeSet<_>>()
    };
    let (shown, live) = (scopes(pasted.get("scopes_supported")), scopes(document.members.get("scopes_supported")));
    if shown != live {
        let join = |set: BTreeSet<String>| set.into_iter().collect::<Vec<_>>().join(" ");
        return Outcome::fail(finding("scopes", join(shown), join(live)).severity(Severity::Warning));
    }
    Outcome::Pass
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample::{Sample, fact, resource_metadata};
    use serde_json::json;

    fn dashboard(change: impl FnOnce(&mut Value)) -> Sample {
        let mut shown = resource_metadata();
        change(&mut shown);
        Sample::healthy().change(|evidence| evidence.dashboard = Some(fact(Ok(shown.to_string()))))
    }

    #[test]
    fn each_variant() {
        let server =
            dashboard(|shown| shown["authorization_servers"] = json!(["https://acme.scalekit.com/resources/res_9"]));
        assert_eq!(server.finding(&CHECK).variant, "other-server");
        let other =
            dashboard(|shown| shown["authorization_servers"] = json!(["https://acme.scalekit.dev/resources/res_123"]));
        assert_eq!(other.finding(&CHECK).variant, "other-environment");
        assert_eq!(
            dashboard(|shown| shown["resource"] = "https://x.example/".into()).finding(&CHECK).variant,
            "resource"
        );
        assert_eq!(dashboard(|shown| shown["scopes_supported"] = json!([])).finding(&CHECK).variant, "scopes");
        let broken = Sample::healthy().change(|evidence| evidence.dashboard = Some(fact(Ok("{".to_owned()))));
        assert_eq!(broken.finding(&CHECK).variant, "not-json");
        assert_eq!(dashboard(|_| {}).examine(&CHECK), Outcome::Pass);
        assert!(matches!(Sample::healthy().examine(&CHECK), Outcome::SetAside(_)));
    }
}
