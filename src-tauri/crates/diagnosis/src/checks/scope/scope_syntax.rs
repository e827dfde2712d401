use crate::check::{Category, Check, Confidence, Finding, Outcome, Owner, Requirement, Severity, Stage};
use crate::evidence::Evidence;

pub const CHECK: Check = Check {
    code: "scope-syntax",
    stage: Stage::Scope,
    category: Category::Scope,
    owner: Owner::McpServer,
    requirement: Requirement::Must,
    reference: "RFC 6749 section 3.3",
    after: &[],
    variants: &["separator", "several-in-one", "characters"],
    words: include_str!("scope_syntax.md"),
    examine,
};

fn examine(evidence: &Evidence) -> Outcome {
    let server = evidence.resource_metadata_read().and_then(|read| read.scopes_supported());
    let service = evidence.server_metadata_read().and_then(|read| read.list("scopes_supported"));
    if server.is_none() && service.is_none() {
        return Outcome::SetAside("no list of permissions is published");
    }
    let known = service.clone().unwrap_or_default();
    let places = [
        ("the server's metadata", Owner::McpServer, server.unwrap_or_default()),
        ("the sign-in service's metadata", Owner::AuthorizationServer, service.unwrap_or_default()),
    ];
    let mut findings = Vec::new();
    for (place, owner, list) in places {
        for scope in list {
            let finding = if scope.contains(',') && (owner == Owner::AuthorizationServer || !known.contains(&scope)) {
                // A comma is a legal letter; as a separator it is none.
                Finding::new(&CHECK, "separator").confidence(Confidence::Likely)
            } else if scope.trim().contains(char::is_whitespace) {
                Finding::new(&CHECK, "several-in-one").severity(Severity::Warning)
            } else if scope.is_empty() || !scope.chars().all(is_allowed) {
                Finding::new(&CHECK, "characters").confidence(Confidence::Likely)
            } else {
                continue;
            };
            // What only the sign-in service's list has is asked for by few.
            let finding =
                if owner == Owner::AuthorizationServer { finding.severity(Severity::Warning) } else { finding };
            findings.push(
                finding
                    .owner(owner)
                    .value("scope", scope.clone())
                    .value("place", place)
                    .proof(format!("scopes_supported in {place} has the entry \"{scope}\"")),
            );
        }
    }
    findings.sort_by_key(|finding| finding.severity);
    findings.truncate(1);
    Outcome::of(findings)
}

/// The letters of a scope: all visible ones but `"` and `\`.
fn is_allowed(character: char) -> bool {
    matches!(character, '\u{21}' | '\u{23}'..='\u{5b}' | '\u{5d}'..='\u{7e}')
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::sample::{SERVER, Sample};

    fn published(scope: &str) -> Sample {
        Sample::healthy().resource_metadata(|document| document["scopes_supported"] = json!([scope]))
    }

    #[test]
    fn every_way_of_writing_them_wrongly_is_named() {
        assert_eq!(published("todo:read,todo:write").finding(&CHECK).variant, "separator");
        assert_eq!(published("todo:read todo:write").finding(&CHECK).severity, Severity::Warning);
        for scope in ["\"todo:read\"", "todo\u{e9}", ""] {
            assert_eq!(published(scope).finding(&CHECK).variant, "characters", "{scope}");
        }
    }

    #[test]
    fn ordinary_names_pass_and_no_list_is_set_aside() {
        assert_eq!(Sample::healthy().examine(&CHECK), Outcome::Pass);
        assert_eq!(published("https://www.example.com/auth/calendar.readonly").examine(&CHECK), Outcome::Pass);
        assert!(matches!(Sample::unseen(SERVER).examine(&CHECK), Outcome::SetAside(_)));
    }
}
