use crate::authorize::{KNOWN_CLIENT, UNKNOWN_CLIENT, asked, asks_later};
use crate::check::{Category, Check, Finding, Outcome, Owner, Requirement, Stage};
use crate::discovery::line;
use crate::evidence::Evidence;

pub const CHECK: Check = Check {
    code: "reg-static",
    stage: Stage::Registration,
    category: Category::RedirectUri,
    owner: Owner::User,
    requirement: Requirement::Should,
    reference: "MCP 2026-07-28, Client Registration Approaches: Pre-registration",
    after: &[],
    variants: &["unknown"],
    words: include_str!("reg_static.md"),
    examine,
};

fn examine(evidence: &Evidence) -> Outcome {
    let asked = asked(evidence);
    let Some(one) = asked.iter().rev().find(|one| one.question == KNOWN_CLIENT) else {
        return Outcome::SetAside("no client id was given");
    };
    if one.reading.about_client() {
        return Outcome::fail(
            Finding::new(&CHECK, "unknown")
                .affects(one.client)
                .value("id", one.client_id.clone())
                .value("said", one.reading.text())
                .proof(line(one.exchange)),
        );
    }
    match one.reading.goes_on() {
        true if asks_later(&asked, UNKNOWN_CLIENT) => {
            Outcome::Unknown("the sign-in service looks at the app only after the login".to_owned())
        }
        true => Outcome::Pass,
        false => Outcome::SetAside("the sign-in page complains about something else"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample::{Sample, authorize};

    #[test]
    fn an_id_that_nobody_knows() {
        let answered = |status, body: &str| {
            authorize(
                Sample::healthy(),
                KNOWN_CLIENT,
                "cursor",
                "m2m_404",
                "http://localhost:8787/callback",
                status,
                &[],
                body,
            )
        };
        assert_eq!(answered(400, "unable to retrieve client by id").finding(&CHECK).values["id"], "m2m_404");
        assert_eq!(answered(200, "<form>").examine(&CHECK), Outcome::Pass);
        assert!(matches!(Sample::healthy().examine(&CHECK), Outcome::SetAside(_)));
        assert!(matches!(Sample::unseen("https://a.example/").examine(&CHECK), Outcome::SetAside(_)));
    }
}
