use crate::check::{Category, Check, Finding, Outcome, Owner, Requirement, Severity, Stage};
use crate::clock;
use crate::evidence::Evidence;

pub const CHECK: Check = Check {
    code: "token-lifetime",
    stage: Stage::Token,
    category: Category::Token,
    owner: Owner::AuthorizationServer,
    requirement: Requirement::Should,
    reference: "MCP 2026-07-28, Token Theft; Scalekit documentation, Access token lifetime",
    after: &[],
    variants: &["short", "disagree", "long"],
    words: include_str!("token_lifetime.md"),
    examine,
};

/// Shorter ones run out between two messages.
const SHORT: i64 = 120;
/// Longer ones are worth stealing.
const LONG: i64 = 86_400;
/// Two lifetimes may differ by what passes while the token travels.
const TRAVEL: i64 = 60;
/// In milliseconds a lifetime is this long at least.
const NO_LIFETIME: i64 = 100_000_000;

fn examine(evidence: &Evidence) -> Outcome {
    let token = evidence.token.as_ref().and_then(|fact| fact.value());
    let in_token = token.and_then(|token| {
        let made = token.number("iat").or_else(|| token.number("nbf"))?;
        Some(token.number("exp")?.saturating_sub(made)).filter(|lifetime| (1..NO_LIFETIME).contains(lifetime))
    });
    let sign_in = evidence.sign_in.as_ref().and_then(|fact| fact.value()?.token.as_ref()?.expires_in);
    let said = sign_in.or_else(|| token?.reply.as_ref()?.expires_in);
    let Some(lifetime) = in_token.or(said) else {
        return Outcome::SetAside("how long the token lasts is not known");
    };
    let finding = Finding::new(&CHECK, "short").severity(Severity::Warning).value("lifetime", clock::span(lifetime));
    if let (Some(in_token), Some(said)) = (in_token, said)
        && (in_token - said).abs() > TRAVEL
    {
        return Outcome::fail(
            Finding::new(&CHECK, "disagree")
                .severity(Severity::Warning)
                .value("lifetime", clock::span(lifetime))
                .compare("The sign-in service says", clock::span(said), "The token says", clock::span(in_token)),
        );
    }
    match lifetime {
        ..SHORT => Outcome::fail(finding.proof(format!("It lasts {lifetime} seconds"))),
        LONG.. if lifetime > LONG => Outcome::fail(
            Finding::new(&CHECK, "long")
                .severity(Severity::Warning)
                .value("lifetime", clock::span(lifetime))
                .proof(format!("It lasts {lifetime} seconds")),
        ),
        _ => Outcome::Pass,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::sample::{Sample, claims, jwt, now};

    fn lasting(seconds: i64) -> Sample {
        Sample::healthy().token(|claims| {
            claims["iat"] = json!(now());
            claims["exp"] = json!(now() + seconds);
        })
    }

    #[test]
    fn too_short_too_long_and_two_answers_are_named() {
        assert_eq!(lasting(60).finding(&CHECK).variant, "short");
        assert_eq!(lasting(7 * 86_400).finding(&CHECK).variant, "long");
        let reply = json!({"access_token": jwt(&json!({"alg": "RS256"}), &claims()), "expires_in": 86_400});
        assert_eq!(Sample::healthy().token_text(&reply.to_string()).finding(&CHECK).variant, "disagree");
    }

    #[test]
    fn an_ordinary_lifetime_passes_and_an_unknown_one_is_set_aside() {
        assert_eq!(lasting(3_600).examine(&CHECK), Outcome::Pass);
        assert_eq!(lasting(86_400).examine(&CHECK), Outcome::Pass);
        assert!(matches!(Sample::healthy().examine(&CHECK), Outcome::SetAside(_)));
    }
}
