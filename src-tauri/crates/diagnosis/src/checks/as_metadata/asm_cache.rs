use super::{READABLE, metadata};
use crate::check::{Category, Check, Finding, Outcome, Owner, Requirement, Severity, Stage};
use crate::evidence::Evidence;

pub const CHECK: Check = Check {
    code: "asm-cache",
    stage: Stage::AsMetadata,
    category: Category::Connection,
    owner: Owner::AuthorizationServer,
    requirement: Requirement::May,
    reference: "RFC 9111 section 5.2",
    after: READABLE,
    variants: &["long-lived"],
    words: include_str!("asm_cache.md"),
    examine,
};

/// Longer than this, a change of keys or addresses is not noticed for too long.
const WEEK: u64 = 7 * 24 * 60 * 60;

fn examine(evidence: &Evidence) -> Outcome {
    let metadata = match metadata(evidence) {
        Ok(metadata) => metadata,
        Err(outcome) => return outcome,
    };
    let Ok(answer) = &metadata.exchange.outcome else { return Outcome::Unknown("no answer came".to_owned()) };
    let Some(value) = answer.headers.get("cache-control") else { return Outcome::Pass };
    let seconds = value.split(',').find_map(|part| part.trim().strip_prefix("max-age=")?.parse::<u64>().ok());
    match seconds {
        Some(seconds) if seconds > WEEK => Outcome::fail(
            Finding::new(&CHECK, "long-lived")
                .severity(Severity::Warning)
                .value("days", (seconds / 86_400).to_string())
                .value("url", metadata.exchange.request.url.as_str())
                .proof(format!("{}: Cache-Control: {value}", metadata.exchange.request.url)),
        ),
        _ => Outcome::Pass,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evidence::{MetadataForm, Purpose};
    use crate::sample::{ISSUER, Sample, server_metadata};

    #[test]
    fn instructions_that_are_kept_for_months() {
        let with = |value: &str| {
            let purpose = Purpose::ServerMetadata { issuer: ISSUER.to_owned(), form: MetadataForm::OauthInsert };
            Sample::healthy().answer(purpose, 200, &[("cache-control", value)], &server_metadata().to_string())
        };
        assert_eq!(with("public, max-age=31536000").finding(&CHECK).values["days"], "365");
        assert_eq!(with("public, max-age=3600").examine(&CHECK), Outcome::Pass);
        assert_eq!(Sample::healthy().examine(&CHECK), Outcome::Pass);
        assert!(matches!(Sample::unseen("https://a.example/").examine(&CHECK), Outcome::Unknown(_)));
    }
}
