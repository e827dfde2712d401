use crate::check::{Category, Check, Confidence, Finding, Outcome, Owner, Requirement, Severity, Stage};
use crate::evidence::Evidence;
use crate::scalekit;

pub const CHECK: Check = Check {
    code: "challenge-scope",
    stage: Stage::Challenge,
    category: Category::Scope,
    owner: Owner::McpServer,
    requirement: Requirement::Should,
    reference: "MCP 2026-07-28, Scope Selection; RFC 6749 section 3.3",
    after: &["challenge-present"],
    variants: &["separator", "characters", "unknown", "offline-access"],
    words: include_str!("challenge_scope.md"),
    examine,
};

fn examine(evidence: &Evidence) -> Outcome {
    let Some(challenges) = evidence.challenges() else {
        return Outcome::SetAside("the server did not ask for a sign-in");
    };
    let Some(parameter) = challenges.parameter("scope") else {
        return if challenges.fields.is_empty() {
            Outcome::SetAside("there is no signpost to read")
        } else {
            Outcome::Pass
        };
    };
    let written = parameter.value.as_str();
    let scopes = challenges.scopes().unwrap_or_default();
    let finding =
        |variant| Finding::new(&CHECK, variant).value("written", written).proof(format!("scope=\"{written}\""));
    let metadata = evidence.server_metadata_read();
    let known = metadata.as_ref().and_then(|metadata| metadata.list("scopes_supported"));
    let is_known = |scope: &str| known.as_ref().is_some_and(|known| known.iter().any(|one| one == scope));
    if written.contains([',', ';', '|']) && !scopes.iter().all(|scope| is_known(scope)) {
        return Outcome::fail(finding("separator"));
    }
    // RFC 6749 section 3.3: printable, without quotes and backslashes.
    let legal = |scope: &String| scope.bytes().all(|byte| matches!(byte, 0x21 | 0x23..=0x5b | 0x5d..=0x7e));
    if !scopes.iter().all(legal) {
        return Outcome::fail(finding("characters"));
    }
    let strange: Vec<&str> = match metadata.as_ref().and_then(|metadata| metadata.server_scopes()) {
        Some(_) => {
            scopes.iter().map(String::as_str).filter(|scope| !is_known(scope) && *scope != "offline_access").collect()
        }
        None => Vec::new(),
    };
    if !strange.is_empty() {
        let finding = finding("unknown").value("scope", strange.join(" ")).confidence(Confidence::Likely);
        // Scalekit lists every permission of the MCP server; other services may leave some out (RFC 8414 section 2).
        return Outcome::fail(if scalekit::recognise(evidence).is_some() {
            finding
        } else {
            finding.severity(Severity::Warning)
        });
    }
    if scopes.iter().any(|scope| scope == "offline_access") {
        return Outcome::fail(finding("offline-access").severity(Severity::Warning));
    }
    Outcome::Pass
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample::{SERVER, Sample};

    #[test]
    fn a_healthy_server_is_fine() {
        assert!(matches!(Sample::healthy().examine(&CHECK), Outcome::Pass));
    }

    #[test]
    fn nothing_seen_is_never_a_pass() {
        let outcome = Sample::unseen(SERVER).examine(&CHECK);
        assert!(matches!(outcome, Outcome::Unknown(_) | Outcome::SetAside(_)), "{outcome:?}");
    }

    fn asking(scope: &str) -> Sample {
        Sample::healthy().challenge(&[("www-authenticate", &format!("Bearer scope=\"{scope}\""))])
    }

    #[test]
    fn each_slip_in_the_scopes_has_its_words() {
        for (scope, variant, severity) in [
            ("todo:read,todo:write", "separator", Severity::Error),
            ("todo:read offline_access", "offline-access", Severity::Warning),
            ("todo:admin", "unknown", Severity::Error),
            ("tödo", "characters", Severity::Error),
        ] {
            let finding = asking(scope).finding(&CHECK);
            assert_eq!((finding.variant, finding.severity), (variant, severity), "{scope}");
        }
        assert_eq!(asking("todo:read todo:write").examine(&CHECK), Outcome::Pass);
    }
}
