use crate::check::{Action, Category, Check, Confidence, Finding, Outcome, Owner, Requirement, Severity, Stage};
use crate::contradictions::contradictions;
use crate::door;
use crate::evidence::{Evidence, Exchange, NoAnswerKind, Purpose};
use crate::framework::{Framework, says};
use crate::oauth::token::Signature;
use crate::scalekit;
use crate::trial::{Audience, Reason, Says, Trial, told};

pub const CHECK: Check = Check {
    code: "tok-server-verdict",
    stage: Stage::TokenValidation,
    category: Category::Token,
    owner: Owner::McpServer,
    requirement: Requirement::Must,
    reference: "MCP 2026-07-28, Token Handling; RFC 6750 section 3.1",
    after: &[
        "token-resource",
        "token-revoked",
        "tok-format",
        "tok-alg",
        "tok-kid",
        "tok-jwks-reachable",
        "tok-jwks-rotation",
        "tok-signature",
        "tok-iss",
        "tok-iss-migration",
        "tok-aud-present",
        "tok-aud-match",
        "tok-exp",
        "tok-nbf-iat",
        "tok-server-clock",
        "tok-typ",
        "tok-required-claims",
        "tok-scope-shape",
        "tok-opaque-introspect",
    ],
    variants: &[
        "refused",
        "refused-fastmcp",
        "refused-fastapi",
        "refused-express",
        "refused-sdk",
        "refused-audience",
        "refused-issuer",
        "refused-no-end",
        "refused-own",
        "refused-elsewhere",
        "server-error",
        "forbidden",
        "silent",
        "refused-later",
        "accepts",
    ],
    words: include_str!("tok_server_verdict.md"),
    examine,
};

fn examine(evidence: &Evidence) -> Outcome {
    let trial = match Trial::of(evidence) {
        Ok(trial) => trial,
        Err(outcome) => return outcome,
    };
    let refusal = match trial.says {
        Says::NotAsked => {
            let why = evidence
                .token_withheld
                .clone()
                .unwrap_or_else(|| "the server was not asked about the token".to_owned());
            return Outcome::Unknown(why);
        }
        Says::In(_) | Says::Lacking(_) | Says::Open if trial.refused_later().is_some() => return refused_later(&trial),
        Says::Open => return Outcome::SetAside("the server answers without a token too"),
        Says::Silent => return silent(evidence),
        Says::Unclear(answer) => {
            return Outcome::Unknown(format!("HTTP {} says nothing about the token", answer.status));
        }
        Says::In(_) | Says::Lacking(_) => return accepted(&trial),
        Says::Refused(answer) | Says::Forbidden(answer) | Says::Broke(answer) => answer,
    };
    if super::tok_auth_header_stripped::is_stripped(&trial) {
        return Outcome::SetAside("the token does not reach the server");
    }
    if super::tok_iss::another_environment(&trial).is_some() {
        return Outcome::SetAside("the token comes from another environment");
    }
    if trial.need().is_some() {
        return Outcome::SetAside("the token lacks a permission, and the server reports that as a bad token");
    }
    if contradictions(evidence).is_some_and(|found| found.iter().any(|one| one.severity == Severity::Error)) {
        return Outcome::SetAside("the server's settings show the reason");
    }
    let variant = match trial.says {
        Says::Broke(_) => "server-error",
        Says::Forbidden(_) => "forbidden",
        _ => refused(&trial),
    };
    let right = matches!(trial.signature(), Some(Signature::Good { .. }))
        && trial.issuer_fits() == Some(true)
        && matches!(trial.audience(), Audience::Fits | Audience::IdOnly | Audience::AddressOnly);
    let environment = scalekit::recognise(evidence).and_then(|seen| seen.environment);
    let or_open = |value: Option<String>| value.unwrap_or_else(|| "(not known)".to_owned());
    let mut finding = Finding::new(&CHECK, variant)
        .confidence(match (variant, right) {
            ("refused-no-end", _) => Confidence::Certain,
            (_, true) => Confidence::Likely,
            _ => Confidence::Possible,
        })
        .value("id", trial.resource_id().unwrap_or_else(|| "the id that starts with res_".to_owned()))
        .value("address", or_open(trial.addresses().into_iter().next()))
        .value("environment", environment.or_else(|| trial.named_issuers().into_iter().next()).unwrap_or_default())
        .value("issuer", or_open(trial.token.issuer().map(str::to_owned)))
        .value("audience", or_open(Some(trial.token.audiences().join(", ")).filter(|all| !all.is_empty())))
        .value("status", refusal.status.to_string())
        .value(
            "keys",
            or_open(evidence.server_metadata_read().and_then(|read| read.text("jwks_uri").map(str::to_owned))),
        )
        .value("validator", trial.framework.as_ref().map_or(Framework::Other, |guess| guess.framework).validator());
    if right {
        finding =
            finding.proof("Read here: the signature, the issuer, the audience and the dates of the token are right");
    }
    finding = finding.proof(trial.said());
    if let Some(reason) = trial.reason() {
        finding = finding.proof(format!("Its words are about {}", about(reason)));
    } else if says(refusal, "invalid, expired, or no longer recognized") || same_as_without(&trial) {
        finding = finding.proof(
            "It answers every token that it does not like in the same words; the reason stands in its own log alone",
        );
    }
    if let Some(guess) = &trial.framework {
        finding = finding.proof(guess.told());
    } else {
        finding = finding.action(Action::AskFramework);
    }
    Outcome::fail(finding)
}

/// Which settings to look at. The names of settings are those of Scalekit's samples, and mean nothing where another service
/// signs people in: there the server's own words say most.
fn refused(trial: &Trial<'_>) -> &'static str {
    let framework = trial.framework.as_ref();
    // A guess says how the server answers; only its owner knows that it follows a sample.
    let by_sample = scalekit::recognise(trial.evidence).is_some()
        || framework.is_some_and(|guess| guess.confidence == Confidence::Certain);
    match (framework.map(|guess| guess.framework), trial.reason()) {
        (Some(Framework::FastmcpScalekit), _) => "refused-fastmcp",
        // Said of a token that has an end, or that only the server can read: its own check loses the end on the way.
        (_, Some(Reason::NoEnd)) => "refused-no-end",
        (_, Some(Reason::Audience)) if !by_sample && !trial.token.audiences().is_empty() => "refused-audience",
        (_, Some(Reason::Issuer)) if !by_sample && trial.token.issuer().is_some() => "refused-issuer",
        _ if !by_sample && !trial.token.is_jwt() && trial.is_its_own_service() => "refused-own",
        (Some(Framework::TypescriptSdk | Framework::PythonSdk), _) => "refused-sdk",
        _ if !by_sample => "refused-elsewhere",
        (Some(Framework::FastapiFastmcp), _) => "refused-fastapi",
        (Some(Framework::Express), _) => "refused-express",
        (Some(Framework::Other) | None, _) => "refused",
    }
}

/// It asks for a token, and when one comes, no answer does.
fn silent(evidence: &Evidence) -> Outcome {
    const CALLS: [Purpose; 2] = [Purpose::TokenInitialize, Purpose::TokenDiscover];
    let asked: Vec<_> = CALLS.iter().filter_map(|purpose| evidence.exchange(purpose)).collect();
    let speechless = |exchange: &&Exchange| {
        exchange.outcome.as_ref().is_err_and(|silence| {
            matches!(
                silence.kind,
                NoAnswerKind::AnswerTimedOut
                    | NoAnswerKind::Closed
                    | NoAnswerKind::NotHttp
                    | NoAnswerKind::HeadersTooLarge
                    | NoAnswerKind::Other
            )
        })
    };
    match asked.iter().find(|exchange| speechless(exchange)) {
        Some(first) if evidence.unauthorized().is_some() && asked.iter().all(speechless) => Outcome::fail(
            Finding::new(&CHECK, "silent")
                .confidence(Confidence::Likely)
                .proof("Without a token the server answers at once")
                .proof(format!("With the token the server answers {}", door::line(first))),
        ),
        _ => Outcome::Unknown("the server did not answer the call with the token".to_owned()),
    }
}

/// The first call is answered, and the next one with the same token is not.
fn refused_later(trial: &Trial<'_>) -> Outcome {
    let Some((answer, tool)) = trial.refused_later() else { return Outcome::Pass };
    let call = tool.map_or_else(|| "tools/list".to_owned(), |tool| format!("tools/call of {tool}"));
    Outcome::fail(
        Finding::new(&CHECK, "refused-later")
            .confidence(Confidence::Likely)
            .value("call", call.clone())
            .value("status", answer.status.to_string())
            .proof("initialize: the server takes the token")
            .proof(format!("{call}, with the same token: {}", told(answer))),
    )
}

/// A token that is wrong by our reading, and is taken.
fn accepted(trial: &Trial<'_>) -> Outcome {
    let faults = trial.faults();
    if faults.is_empty() {
        return Outcome::Pass;
    }
    let mut finding = Finding::new(&CHECK, "accepts")
        .severity(Severity::Warning)
        .confidence(Confidence::Likely)
        .value("faults", faults.join("; "))
        .proof(trial.said());
    for fault in faults {
        finding = finding.proof(format!("Read here: {fault}"));
    }
    Outcome::fail(finding)
}

fn same_as_without(trial: &Trial<'_>) -> bool {
    let (without, with) = crate::trial::calls(trial.evidence);
    match (without, with) {
        (crate::evidence::Look::Answered(a), crate::evidence::Look::Answered(b)) => {
            a.status == b.status
                && a.body.text == b.body.text
                && a.headers.get("www-authenticate") == b.headers.get("www-authenticate")
        }
        _ => false,
    }
}

fn about(reason: Reason) -> &'static str {
    match reason {
        Reason::Missing => "a missing token",
        Reason::Audience => "the audience",
        Reason::Issuer => "the issuer",
        Reason::Expired => "a token that ran out",
        Reason::NotYet => "a token that is not good yet",
        Reason::KeysOutOfReach => "keys that could not be fetched",
        Reason::Signature => "the signature or its key",
        Reason::Algorithm => "the way in which the token is signed",
        Reason::Scope => "the scope",
        Reason::Type => "the token's type",
        Reason::NoEnd => "a token without an end",
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::evidence::{MetadataForm, Place};
    use crate::sample::{SERVER, Sample, now};

    fn refused() -> Sample {
        Sample::healthy().token(|_| {}).refuses("{\"error\":\"Token validation failed\"}")
    }

    #[test]
    fn every_framework_gets_its_own_values() {
        assert_eq!(refused().finding(&CHECK).variant, "refused");
        for (framework, variant) in [
            (Framework::FastmcpScalekit, "refused-fastmcp"),
            (Framework::FastapiFastmcp, "refused-fastapi"),
            (Framework::Express, "refused-express"),
            (Framework::PythonSdk, "refused-sdk"),
            (Framework::Other, "refused"),
        ] {
            let finding = refused().built_with(framework).finding(&CHECK);
            assert_eq!((finding.variant, finding.confidence), (variant, Confidence::Likely));
            assert_eq!(finding.values["id"], "res_123");
            assert_eq!(finding.values["address"], SERVER);
            assert_eq!(finding.values["environment"], "https://acme.scalekit.com");
        }
    }

    #[test]
    fn a_server_that_scalekit_does_not_secure_hears_of_its_own_words_and_of_no_setting_of_scalekit() {
        let issuer = "https://auth.example.org";
        let said = |words: &str| {
            Sample::unseen(SERVER)
                .json(
                    Purpose::ResourceMetadata { place: Place::Path },
                    json!({"resource": SERVER, "authorization_servers": [issuer]}),
                )
                .json(
                    Purpose::ServerMetadata { issuer: issuer.to_owned(), form: MetadataForm::OauthInsert },
                    json!({"issuer": issuer, "jwks_uri": "https://auth.example.org/jwks"}),
                )
                .answer(Purpose::Initialize, 401, &[("www-authenticate", "Bearer")], "{}")
                .token(|claims| {
                    claims["iss"] = json!(issuer);
                    claims["aud"] = json!(SERVER);
                })
                .answer(Purpose::RandomPath, 404, &[("x-powered-by", "Express")], "Cannot POST /zz")
                .refuses(words)
                .finding(&CHECK)
        };
        for (words, variant) in [
            ("{\"error\":\"invalid_token\",\"error_description\":\"Unexpected 'aud' value\"}", "refused-audience"),
            ("{\"error\":\"invalid_token\",\"error_description\":\"Unexpected 'iss' value\"}", "refused-issuer"),
            ("{\"error\":\"Unauthorized\"}", "refused-elsewhere"),
            ("{\"error\":\"invalid_token\",\"error_description\":\"No authorization provided\"}", "refused-elsewhere"),
        ] {
            let finding = said(words);
            assert_eq!(finding.variant, variant, "{words}");
            assert_eq!(finding.values["keys"], "https://auth.example.org/jwks");
        }
    }

    #[test]
    fn a_server_that_refuses_what_it_gave_out_itself_is_told_so() {
        let issuer = "https://mcp.example.com";
        let own = Sample::unseen(SERVER)
            .json(
                Purpose::ResourceMetadata { place: Place::Path },
                json!({"resource": SERVER, "authorization_servers": [issuer]}),
            )
            .json(
                Purpose::ServerMetadata { issuer: issuer.to_owned(), form: MetadataForm::OauthInsert },
                json!({"issuer": issuer}),
            )
            .answer(Purpose::Initialize, 401, &[("www-authenticate", "Bearer")], "")
            .token_text("opaque-0123456789")
            .refuses("{\"error\":\"invalid_token\",\"error_description\":\"Invalid access token\"}");
        assert_eq!(own.finding(&CHECK).variant, "refused-own");
    }

    #[test]
    fn a_check_that_loses_the_end_of_the_token_is_named_whatever_the_token_is() {
        let words = "{\"error\":\"invalid_token\",\"error_description\":\"Token has no expiration time\"}";
        for sample in [Sample::healthy().token(|_| {}), Sample::healthy().token_text("opaque-0123456789")] {
            assert_eq!(sample.refuses(words).finding(&CHECK).variant, "refused-no-end");
        }
    }

    #[test]
    fn a_broken_check_and_a_closed_door_are_told_apart() {
        let broke = Sample::healthy().token(|_| {}).answers_token(500, &[], "{\"error\":\"server_error\"}");
        assert_eq!(broke.finding(&CHECK).variant, "server-error");
        let forbidden = Sample::healthy().token(|_| {}).answers_token(403, &[], "Forbidden");
        assert_eq!(forbidden.finding(&CHECK).variant, "forbidden");
    }

    #[test]
    fn a_server_that_takes_what_it_should_not_is_a_warning() {
        let expired = Sample::healthy().token(|claims| claims["exp"] = json!(now() - 4_000)).finding(&CHECK);
        assert_eq!((expired.variant, expired.severity), ("accepts", Severity::Warning));
        let other = Sample::healthy().token(|claims| claims["aud"] = json!(["res_999"])).finding(&CHECK);
        assert_eq!(other.variant, "accepts");
    }

    #[test]
    fn a_good_token_passes_in_every_right_shape() {
        for change in [
            (|_| {}) as fn(&mut serde_json::Value),
            |claims| claims["iss"] = json!("https://acme.scalekit.com"),
            |claims| claims["aud"] = json!(["res_123"]),
            |claims| claims["aud"] = json!(SERVER),
        ] {
            assert_eq!(Sample::healthy().token(change).examine(&CHECK), Outcome::Pass);
        }
        // The server guards its own name; the token is fine.
        let guard = Sample::healthy().token(|_| {}).answers_token(421, &[], "Invalid Host header");
        assert_eq!(guard.examine(&CHECK), Outcome::Pass);
    }

    #[test]
    fn a_server_that_falls_silent_at_the_token_is_said_to_do_so() {
        let both = |kind: NoAnswerKind| {
            let sample = Sample::healthy().token(|_| {}).silence(Purpose::TokenInitialize, kind.clone());
            sample.silence(Purpose::TokenDiscover, kind)
        };
        for kind in [NoAnswerKind::AnswerTimedOut, NoAnswerKind::Closed, NoAnswerKind::NotHttp] {
            let finding = both(kind).finding(&CHECK);
            assert_eq!((finding.variant, finding.confidence), ("silent", Confidence::Likely));
        }
        // The way itself was gone: then it is not the token.
        assert!(matches!(both(NoAnswerKind::Refused).examine(&CHECK), Outcome::Unknown(_)));
        // One of the two calls was answered, and that answer counts.
        let one = Sample::healthy().token(|_| {}).silence(Purpose::TokenInitialize, NoAnswerKind::Closed);
        assert_eq!(one.examine(&CHECK), Outcome::Pass);
    }

    #[test]
    fn what_is_not_known_is_not_claimed() {
        assert!(matches!(Sample::healthy().examine(&CHECK), Outcome::SetAside(_)));
        let unasked = Sample::healthy().token_text("opaque-0123456789");
        assert!(matches!(unasked.examine(&CHECK), Outcome::Unknown(_)));
        let unclear = Sample::healthy().token(|_| {}).answers_token(503, &[], "");
        assert!(matches!(unclear.examine(&CHECK), Outcome::Unknown(_)));
    }

    #[test]
    fn a_token_that_is_refused_after_the_first_call_is_told() {
        let sample = Sample::healthy().token(|_| {}).accepted().answer(
            Purpose::TokenToolsList,
            401,
            &[("www-authenticate", "Bearer error=\"invalid_token\"")],
            "{}",
        );
        assert_eq!(sample.finding(&CHECK).variant, "refused-later");
    }
}
