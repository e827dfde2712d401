use crate::check::{Category, Check, Finding, Outcome, Owner, Requirement, Severity, Stage};
use crate::evidence::Evidence;
use crate::oauth::challenge;

pub const CHECK: Check = Check {
    code: "challenge-multiple",
    stage: Stage::Challenge,
    category: Category::Connection,
    owner: Owner::McpServer,
    requirement: Requirement::Should,
    reference: "RFC 9110 section 11.6.1",
    after: &["challenge-present", "challenge-scheme"],
    variants: &["different-metadata", "several-schemes"],
    words: include_str!("challenge_multiple.md"),
    examine,
};

fn examine(evidence: &Evidence) -> Outcome {
    let Some(challenges) = evidence.challenges() else {
        return Outcome::SetAside("the server did not ask for a sign-in");
    };
    if challenges.fields.is_empty() {
        return Outcome::SetAside("there is no signpost to read");
    }
    let finding = |variant| {
        let mut finding = Finding::new(&CHECK, variant).severity(Severity::Warning);
        for field in &challenges.fields {
            finding = finding.proof(format!("WWW-Authenticate: {field}"));
        }
        finding
    };
    let mut named: Vec<&str> = Vec::new();
    for parameter in challenges.tolerant.iter().flat_map(|challenge| &challenge.parameters) {
        if parameter.name.eq_ignore_ascii_case("resource_metadata") && !named.contains(&parameter.value.as_str()) {
            named.push(&parameter.value);
        }
    }
    if let [first, second, ..] = named.as_slice() {
        return Outcome::fail(finding("different-metadata").value("first", *first).value("second", *second).compare(
            "The first says",
            *first,
            "The second says",
            *second,
        ));
    }
    // Bearer in another place than the first is told by its own check. DPoP beside Bearer is how servers offer both.
    let others: Vec<String> = challenge::schemes(&challenges)
        .into_iter()
        .skip(1)
        .filter(|scheme| !scheme.eq_ignore_ascii_case("bearer") && !scheme.eq_ignore_ascii_case("dpop"))
        .collect();
    let bearer_first =
        challenge::schemes(&challenges).first().is_some_and(|scheme| scheme.eq_ignore_ascii_case("bearer"));
    if bearer_first && !others.is_empty() {
        return Outcome::fail(finding("several-schemes").value("schemes", others.join(", ")));
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

    #[test]
    fn two_signposts_are_told_apart_from_two_schemes() {
        let bearer = "Bearer resource_metadata=\"https://mcp.example.com/a\"";
        let two = [
            ("www-authenticate", bearer),
            ("www-authenticate", "Bearer resource_metadata=\"https://mcp.example.com/b\""),
        ];
        assert_eq!(Sample::healthy().challenge(&two).finding(&CHECK).variant, "different-metadata");
        let basic = [("www-authenticate", bearer), ("www-authenticate", "Basic realm=\"proxy\"")];
        assert_eq!(Sample::healthy().challenge(&basic).finding(&CHECK).variant, "several-schemes");
        let same = [("www-authenticate", bearer), ("www-authenticate", bearer)];
        assert_eq!(Sample::healthy().challenge(&same).examine(&CHECK), Outcome::Pass);
    }
}
