use super::{registering_clients, tried};
use crate::check::{Category, Check, Finding, Outcome, Owner, Requirement, Severity, Stage};
use crate::checks::as_metadata::READABLE;
use crate::discovery::line;
use crate::evidence::Evidence;
use serde_json::Value;

pub const CHECK: Check = Check {
    code: "reg-dcr-secret-expiry",
    stage: Stage::Registration,
    category: Category::RedirectUri,
    owner: Owner::AuthorizationServer,
    requirement: Requirement::Should,
    reference: "RFC 7591 section 3.2.1",
    after: READABLE,
    variants: &["expired", "short"],
    words: include_str!("reg_dcr_secret_expiry.md"),
    examine,
};

/// An app keeps its registration for months.
const SHORT: i64 = 24 * 60 * 60;

fn examine(evidence: &Evidence) -> Outcome {
    let attempts = match tried(evidence) {
        Ok(attempts) => attempts,
        Err(outcome) => return outcome,
    };
    let now = i64::try_from(evidence.began_ms / 1000).unwrap_or(i64::MAX);
    let expiring = attempts.iter().find_map(|attempt| {
        let reply = attempt.reply()?;
        reply.get("client_secret").filter(|secret| !secret.is_null())?;
        let at = reply.get("client_secret_expires_at").and_then(Value::as_i64)?;
        (at != 0 && at < now.saturating_add(SHORT)).then_some((attempt, at))
    });
    let Some((attempt, at)) = expiring else {
        return if attempts.iter().any(|attempt| attempt.reply().is_some()) {
            Outcome::Pass
        } else {
            Outcome::SetAside("no registration was accepted")
        };
    };
    let finding = if at <= now {
        Finding::new(&CHECK, "expired").affects(registering_clients(evidence, |_| true).unwrap_or_default())
    } else {
        Finding::new(&CHECK, "short").severity(Severity::Warning)
    };
    let hours = (at - now).max(0) / 3600;
    Outcome::fail(
        finding
            .value("url", attempt.exchange.request.url.as_str())
            .value("hours", hours.to_string())
            .proof(line(attempt.exchange)),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample::{NOW_MS, Sample, register};

    #[test]
    fn each_variant() {
        let now = i64::try_from(NOW_MS / 1000).expect("a date");
        let until = |at: i64| {
            let body =
                format!("{{\"client_id\":\"a\",\"client_secret\":\"********\",\"client_secret_expires_at\":{at}}}");
            register(Sample::healthy(), "cursor", None, &["http://localhost:8787/callback"], 201, &body)
        };
        assert_eq!(until(1_000_000_000).finding(&CHECK).variant, "expired");
        assert_eq!(until(now + 7_300).finding(&CHECK).values["hours"], "2");
        assert_eq!(until(0).examine(&CHECK), Outcome::Pass);
        assert_eq!(until(now + 90 * 86_400).examine(&CHECK), Outcome::Pass);
        assert!(matches!(Sample::healthy().examine(&CHECK), Outcome::SetAside(_)));
        assert!(matches!(Sample::unseen("https://a.example/").examine(&CHECK), Outcome::Unknown(_)));
    }
}
