use crate::check::{Category, Check, Confidence, Finding, Outcome, Owner, Requirement, Stage};
use crate::clock;
use crate::evidence::Evidence;
use crate::framework::Framework;
use crate::trial::{Reason, Trial};

pub const CHECK: Check = Check {
    code: "tok-nbf-iat",
    stage: Stage::TokenValidation,
    category: Category::Token,
    owner: Owner::AuthorizationServer,
    requirement: Requirement::Must,
    reference: "RFC 7519 sections 4.1.5 and 4.1.6",
    after: &["tok-format", "tok-alg", "tok-kid", "tok-signature", "tok-iss"],
    variants: &["future", "moment"],
    words: include_str!("tok_nbf_iat.md"),
    examine,
};

/// Scalekit's SDKs allow for no difference between the clocks: the one for Python looks at both dates, the one for Node at `nbf`.
fn is_strict(trial: &Trial<'_>, name: &str) -> bool {
    trial.refusal().is_some()
        && (trial.is(Framework::FastapiFastmcp) || (trial.is(Framework::Express) && name == "nbf"))
}

fn examine(evidence: &Evidence) -> Outcome {
    let trial = match Trial::of_readable(evidence) {
        Ok(trial) => trial,
        Err(outcome) => return outcome,
    };
    let latest =
        ["nbf", "iat"].iter().filter_map(|name| Some((*name, trial.token.number(name)?))).max_by_key(|(_, from)| *from);
    let Some((name, from)) = latest else { return Outcome::SetAside("the token does not say from when it is good") };
    let ahead = from.saturating_sub(trial.now);
    if ahead <= 0 {
        return Outcome::Pass;
    }
    if trial.is_in() {
        return Outcome::SetAside("the server accepts it");
    }
    let here = i64::try_from(evidence.began_ms / 1000).unwrap_or(i64::MAX);
    if from <= here {
        return Outcome::SetAside("it is not good yet by the server's clock alone");
    }
    let finding = if ahead > clock::HARMFUL {
        Finding::new(&CHECK, "future")
    } else if trial.reason() == Some(Reason::NotYet) || (trial.reason().is_none() && is_strict(&trial, name)) {
        Finding::new(&CHECK, "moment").owner(Owner::McpServer).confidence(Confidence::Likely)
    } else {
        return Outcome::Unknown(
            "the token is from a moment ago, and the server does not say that it is about that".to_owned(),
        );
    };
    Outcome::fail(
        finding
            .value("from", clock::moment(from))
            .value("ahead", clock::span(ahead))
            .proof(format!("{name} is {from}: {}, {} ahead of the server", clock::moment(from), clock::span(ahead)))
            .proof(trial.said()),
    )
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::sample::{Sample, now};

    fn from(nbf: i64) -> Sample {
        Sample::healthy().token(|claims| claims["nbf"] = json!(nbf))
    }

    #[test]
    fn a_token_from_the_future_is_named() {
        assert_eq!(from(now() + 600).refuses("").finding(&CHECK).variant, "future");
        assert_eq!(from(now() + 20).refuses("The token is not yet valid (nbf)").finding(&CHECK).variant, "moment");
        assert!(matches!(from(now() + 20).refuses("").examine(&CHECK), Outcome::Unknown(_)));
    }

    #[test]
    fn a_good_token_passes_and_an_accepted_one_is_left_alone() {
        assert_eq!(Sample::healthy().token(|_| {}).examine(&CHECK), Outcome::Pass);
        assert!(matches!(from(now() + 600).examine(&CHECK), Outcome::SetAside(_)));
    }
}
