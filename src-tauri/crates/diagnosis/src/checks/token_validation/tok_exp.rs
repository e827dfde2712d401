use crate::check::{Category, Check, Confidence, Finding, Outcome, Owner, Requirement, Severity, Stage};
use crate::clock;
use crate::evidence::Evidence;
use crate::trial::{Reason, Says, Trial};

pub const CHECK: Check = Check {
    code: "tok-exp",
    stage: Stage::TokenValidation,
    category: Category::Token,
    owner: Owner::User,
    requirement: Requirement::Must,
    reference: "RFC 7519 section 4.1.4; RFC 9068 section 2.2",
    after: &["tok-format", "tok-alg", "tok-kid", "tok-signature", "tok-iss"],
    variants: &["expired", "expired-there", "missing", "milliseconds"],
    words: include_str!("tok_exp.md"),
    examine,
};

/// No token lasts until then: a date this far away is in milliseconds.
const FAR_AWAY: i64 = 100_000_000_000;

fn examine(evidence: &Evidence) -> Outcome {
    match Trial::of(evidence) {
        Ok(trial) if !trial.token.is_jwt() && trial.reason() == Some(Reason::Expired) => {
            return Outcome::fail(
                Finding::new(&CHECK, "expired-there").confidence(Confidence::Likely).proof(trial.said()),
            );
        }
        _ => {}
    }
    let trial = match Trial::of_readable(evidence) {
        Ok(trial) => trial,
        Err(outcome) => return outcome,
    };
    let accepted = Outcome::SetAside("the server accepts it");
    let Some(until) = trial.token.number("exp") else {
        if trial.is_in() {
            return accepted;
        }
        let finding = Finding::new(&CHECK, "missing")
            .owner(Owner::AuthorizationServer)
            .proof("The token has no exp")
            .proof(trial.said());
        return Outcome::fail(match trial.says {
            Says::NotAsked => finding.severity(Severity::Warning),
            _ => finding,
        });
    };
    if until > FAR_AWAY {
        if trial.is_in() {
            return accepted;
        }
        return Outcome::fail(
            Finding::new(&CHECK, "milliseconds")
                .owner(Owner::AuthorizationServer)
                .value("exp", until.to_string())
                .proof(format!(
                    "exp is {until}, which as seconds is far in the future; in milliseconds it is {}",
                    clock::moment(until / 1000)
                ))
                .proof(trial.said()),
        );
    }
    if until > trial.now {
        return Outcome::Pass;
    }
    let here = i64::try_from(evidence.began_ms / 1000).unwrap_or(i64::MAX);
    if until > here {
        return Outcome::SetAside("it has run out by the server's clock alone");
    }
    if trial.is_in() {
        return accepted;
    }
    Outcome::fail(
        Finding::new(&CHECK, "expired")
            .value("since", clock::moment(until))
            .value("ago", clock::span(trial.now - until))
            .proof(format!("exp is {until}: {}", clock::moment(until)))
            .proof(trial.said()),
    )
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::evidence::Purpose;
    use crate::sample::{Sample, now};

    fn until(exp: i64) -> Sample {
        Sample::healthy().token(|claims| claims["exp"] = json!(exp))
    }

    #[test]
    fn a_token_that_ran_out_or_has_no_end_is_named() {
        assert_eq!(until(now() - 10).refuses("").finding(&CHECK).variant, "expired");
        assert_eq!(until(now() * 1000).refuses("").finding(&CHECK).variant, "milliseconds");
        let missing = Sample::healthy().token(|claims| {
            claims.as_object_mut().map(|claims| claims.shift_remove("exp"));
        });
        assert_eq!(missing.refuses("").finding(&CHECK).variant, "missing");
        let unreadable = Sample::healthy().token_text("opaque-0123456789");
        assert_eq!(unreadable.refuses("Token has expired").finding(&CHECK).variant, "expired-there");
    }

    #[test]
    fn the_servers_clock_alone_is_not_the_tokens_fault() {
        let ahead =
            until(now() + 300).answer(Purpose::Initialize, 401, &[("date", "Wed, 25 Nov 2026 02:00:00 GMT")], "");
        assert!(matches!(ahead.refuses("expired").examine(&CHECK), Outcome::SetAside(_)));
    }

    #[test]
    fn a_good_token_passes_and_an_accepted_one_is_left_alone() {
        assert_eq!(Sample::healthy().token(|_| {}).examine(&CHECK), Outcome::Pass);
        assert!(matches!(until(now() - 10).examine(&CHECK), Outcome::SetAside(_)));
        assert!(matches!(Sample::healthy().examine(&CHECK), Outcome::SetAside(_)));
    }
}
