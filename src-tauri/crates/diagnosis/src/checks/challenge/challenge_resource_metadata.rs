use crate::check::{Category, Check, Finding, Outcome, Owner, Requirement, Severity, Stage};
use crate::discovery::left_out_by_guessing;
use crate::door;
use crate::evidence::{Evidence, Place, Purpose};

pub const CHECK: Check = Check {
    code: "challenge-resource-metadata",
    stage: Stage::Challenge,
    category: Category::Connection,
    owner: Owner::McpServer,
    requirement: Requirement::Must,
    reference: "RFC 9728 section 5.1",
    after: &["challenge-present", "challenge-scheme"],
    variants: &["absent", "absent-and-nowhere", "guessed", "misspelt", "wants-a-key"],
    words: include_str!("challenge_resource_metadata.md"),
    examine,
};

fn examine(evidence: &Evidence) -> Outcome {
    let Some(challenges) = evidence.challenges() else {
        return Outcome::SetAside("the server did not ask for a sign-in");
    };
    if challenges.fields.is_empty() {
        return Outcome::SetAside("there is no signpost to read");
    }
    if challenges.resource_metadata().is_some() {
        return Outcome::Pass;
    }
    let found_anyway = evidence.metadata_without_signpost() || evidence.server_metadata().is_some();
    let misspelt = MISSPELT.iter().find(|name| challenges.parameter(name).is_some());
    if misspelt.is_none() && evidence.server_metadata().is_some() && !evidence.metadata_without_signpost() {
        return Outcome::SetAside("the server is its own sign-in service, as the revision 2025-03-26 has it");
    }
    // Something stands where the details belong, and is no use: that is the first thing to mend, and another check names it.
    let spoilt = [Place::Path, Place::Root].into_iter().any(|place| {
        let answer = evidence.answer(&Purpose::ResourceMetadata { place });
        answer.is_some_and(|answer| matches!(answer.status, 200 | 300..=399 | 429 | 500..))
    });
    if misspelt.is_none() && !found_anyway && spoilt {
        return Outcome::SetAside("what stands at the usual addresses cannot be read, which is told there");
    }
    let left_out = left_out_by_guessing(evidence);
    let mut finding = match misspelt {
        Some(name) => Finding::new(&CHECK, "misspelt").value("name", *name),
        None if found_anyway => Finding::new(&CHECK, "absent"),
        None if left_out.is_some() => Finding::new(&CHECK, "guessed"),
        None if door::asks_for_a_key(evidence) => super::wants_a_key(&CHECK, evidence),
        None => Finding::new(&CHECK, "absent-and-nowhere"),
    };
    for field in &challenges.fields {
        finding = finding.proof(format!("WWW-Authenticate: {field}"));
    }
    Outcome::fail(match left_out {
        Some(left_out) => finding.severity(Severity::Warning).affects(left_out),
        None if found_anyway => finding.severity(Severity::Warning),
        None => finding,
    })
}

/// What servers write where `resource_metadata` belongs.
const MISSPELT: [&str; 9] = [
    "resource-metadata",
    "resource_metadata_url",
    "resource_metadata_uri",
    "resourceMetadata",
    "resource_meta",
    "authorization_uri",
    "authorization_url",
    "as_uri",
    "metadata",
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clients::ClientId;
    use crate::sample::{SERVER, Sample};
    use crate::sign_in::sample;

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
    fn an_absent_signpost_is_a_warning_where_apps_guess_well() {
        let absent = Sample::healthy().challenge(&[("www-authenticate", "Bearer realm=\"OAuth\"")]);
        assert_eq!((absent.finding(&CHECK).variant, absent.finding(&CHECK).severity), ("absent", Severity::Warning));
        let field = r#"Bearer error="invalid_token", error_description="Unauthorized: Invalid or missing API key""#;
        let key = Sample::unseen(SERVER).challenge(&[("www-authenticate", field)]).finding(&CHECK);
        assert_eq!((key.variant, key.owner), ("wants-a-key", Owner::User));
        let nowhere = Sample::unseen(SERVER).challenge(&[("www-authenticate", "Bearer realm=\"OAuth\"")]);
        assert_eq!(
            (nowhere.finding(&CHECK).variant, nowhere.finding(&CHECK).severity),
            ("absent-and-nowhere", Severity::Error)
        );
    }

    #[test]
    fn a_sign_in_at_guessed_addresses_leaves_those_outside_who_do_not_guess() {
        let guessed = |evidence: &mut Evidence| sample(evidence, |reading| reading.guessed = true);
        let bare = || Sample::unseen(SERVER).challenge(&[("www-authenticate", "Bearer realm=\"OAuth\"")]);
        let finding = bare().change(guessed).finding(&CHECK);
        assert_eq!((finding.variant, finding.severity), ("guessed", Severity::Warning));
        assert!(finding.affects.contains(&ClientId::ClaudeConnectors) && !finding.affects.contains(&ClientId::Cursor));
        let refused = bare().change(|evidence| {
            sample(evidence, |reading| {
                reading.guessed = true;
                reading.refused(404, None);
            });
        });
        assert_eq!(refused.finding(&CHECK).variant, "absent-and-nowhere");
    }

    #[test]
    fn another_spelling_is_named() {
        for field in
            ["Bearer resource-metadata=\"https://x.example\"", "Bearer authorization_uri=\"https://x.example\""]
        {
            assert_eq!(Sample::healthy().challenge(&[("www-authenticate", field)]).finding(&CHECK).variant, "misspelt");
        }
    }
}
