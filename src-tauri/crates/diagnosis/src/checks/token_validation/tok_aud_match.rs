use crate::check::{Action, Category, Check, Confidence, Finding, Outcome, Owner, Requirement, Severity, Stage};
use crate::evidence::Evidence;
use crate::framework::Framework;
use crate::oauth::token::Signature;
use crate::settings::Role;
use crate::trial::{Audience, Reason, Says, Stranger, Trial};

pub const CHECK: Check = Check {
    code: "tok-aud-match",
    stage: Stage::TokenValidation,
    category: Category::Token,
    owner: Owner::McpServer,
    requirement: Requirement::Must,
    reference: "RFC 7519 section 4.1.3; MCP 2026-07-28, Token Audience Binding and Validation",
    after: &[
        "token-resource",
        "tok-format",
        "tok-alg",
        "tok-kid",
        "tok-signature",
        "tok-iss",
        "tok-iss-migration",
        "tok-aud-present",
    ],
    variants: &["other", "slash", "resource-id-only", "url-only", "other-address", "no-server", "other-name"],
    words: include_str!("tok_aud_match.md"),
    examine,
};

fn examine(evidence: &Evidence) -> Outcome {
    let trial = match Trial::of_readable(evidence) {
        Ok(trial) => trial,
        Err(outcome) => return outcome,
    };
    let audience = trial.audience();
    match audience {
        Audience::Missing => return Outcome::SetAside("the token names no server"),
        Audience::NotComparable => return Outcome::Unknown("no server was given to compare with".to_owned()),
        Audience::Fits => return Outcome::Pass,
        Audience::Elsewhere | Audience::Slash { .. } if trial.is_in() => {
            return Outcome::SetAside("the server accepts it");
        }
        _ if trial.is_in() => return Outcome::Pass,
        _ => {}
    }
    if super::tok_iss::another_environment(&trial).is_some() {
        return Outcome::SetAside("the token comes from another environment");
    }
    if trial.breaks_on_this_token_alone() {
        return Outcome::SetAside("the server breaks, and does not say that it is about the audience");
    }
    // The server says what it is about, and it is something else.
    if matches!(audience, Audience::Elsewhere) && trial.reason().is_some_and(|reason| reason != Reason::Audience) {
        return Outcome::SetAside("the server says that it is about something else");
    }
    let have = trial.token.audiences().join(", ");
    let address = trial.addresses().into_iter().next().unwrap_or_default();
    let id = trial.resource_id().unwrap_or_default();
    let about_audience = matches!(trial.reason(), Some(Reason::Audience));
    // What the framework makes likely explains a refusal without words only where the token itself does not.
    let silent = trial.refusal().is_some() && trial.reason().is_none() && trial.faults().is_empty();
    let wants_address = about_audience
        || (silent
            && (trial.is(Framework::FastapiFastmcp) || trial.is(Framework::Express) || expects_address(evidence)));
    // Nobody knows what it is built with: then its own code compares something, and a token that has all names but one that a
    // server can expect is most likely missing that one.
    let may_want_address = silent
        && trial.framework.is_none()
        && trial.issuer_fits() == Some(true)
        && matches!(trial.signature(), Some(Signature::Good { .. }));
    let sure = if wants_address { Confidence::Likely } else { Confidence::Possible };
    let wants_id = about_audience || (silent && wants_id(&trial));
    let compare = |finding: Finding, expected: &str| {
        finding.compare("The server is called", expected, "The token is for", have.clone())
    };
    let finding =
        match &audience {
            Audience::Slash { have, want } => {
                Finding::new(&CHECK, "slash").compare("The server is called", want, "The token is for", have)
            }
            Audience::IdAndSlash { have, want } if wants_address || may_want_address => Finding::new(&CHECK, "slash")
                .confidence(sure)
                .compare("The server is called", want, "The token is for", have),
            Audience::IdOnly if wants_address || may_want_address => {
                compare(Finding::new(&CHECK, "resource-id-only").confidence(sure), &address)
            }
            Audience::AddressOnly if wants_id => {
                compare(Finding::new(&CHECK, "url-only").confidence(Confidence::Likely), &id)
            }
            Audience::Elsewhere => {
                let certain = trial.names_another_server() || about_audience;
                let confidence = if certain { Confidence::Certain } else { Confidence::Likely };
                let expected = if id.is_empty() { &address } else { &id };
                match trial.stranger() {
                    Stranger::OtherServer => {
                        compare(Finding::new(&CHECK, "other").owner(Owner::User).confidence(confidence), expected)
                    }
                    Stranger::SameHost { have } => Finding::new(&CHECK, "other-address")
                        .confidence(confidence)
                        .compare("The server is called", &address, "The token is for", have),
                    Stranger::NoServer => compare(
                        Finding::new(&CHECK, "no-server").owner(Owner::AuthorizationServer).confidence(confidence),
                        expected,
                    ),
                    Stranger::OtherName => compare(Finding::new(&CHECK, "other-name").confidence(confidence), expected),
                }
            }
            _ => return Outcome::Unknown("the server does not say that it is about the audience".to_owned()),
        };
    // Where the server was not asked, another name for the audience may be agreed on.
    let finding = match trial.says {
        Says::NotAsked | Says::Silent | Says::Unclear(_) if evidence.token_withheld.is_none() => {
            finding.severity(Severity::Warning)
        }
        _ => finding,
    };
    let mut finding = finding
        .value("address", address)
        .value("id", if id.is_empty() { "its id".to_owned() } else { id })
        .value(
            "setting",
            trial.framework.as_ref().map_or("EXPECTED_AUDIENCE", |guess| guess.framework.audience_setting()),
        )
        .proof(trial.said());
    if trial.framework.is_none() {
        finding = finding.action(Action::AskFramework);
    }
    Outcome::fail(finding)
}

/// The server's settings say that it expects an address.
fn expects_address(evidence: &Evidence) -> bool {
    let settings = evidence.settings.as_ref().and_then(|fact| fact.value());
    settings.and_then(|settings| settings.text(Role::Audience)).is_some_and(|(_, value)| value.contains("://"))
}

/// FastMCP's ScalekitProvider from version 3 on demands the id.
fn wants_id(trial: &Trial<'_>) -> bool {
    trial.framework.as_ref().is_some_and(|guess| {
        guess.framework == Framework::FastmcpScalekit && guess.version.is_none_or(|version| version >= 3)
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::sample::{SERVER, Sample};

    fn with(audience: serde_json::Value) -> Sample {
        Sample::healthy().token(|claims| claims["aud"] = audience)
    }

    #[test]
    fn a_token_that_ran_out_explains_a_refusal_without_words_by_itself() {
        let old = Sample::healthy()
            .token(|claims| {
                claims["aud"] = json!(["res_123"]);
                claims["exp"] = json!(1_000_000_000);
            })
            .refuses("")
            .built_with(Framework::Express);
        assert!(matches!(old.examine(&CHECK), Outcome::Unknown(_)));
    }

    #[test]
    fn every_mismatch_is_told_apart() {
        assert_eq!(with(json!(["res_999", "https://other.example.com"])).refuses("").finding(&CHECK).variant, "other");
        let slash = with(json!([format!("{SERVER}/")])).refuses("").finding(&CHECK);
        assert_eq!(slash.variant, "slash");
        assert_eq!(
            slash.comparison.map(|both| (both.expected, both.actual)),
            Some((SERVER.to_owned(), format!("{SERVER}/")))
        );
        assert_eq!(
            with(json!(["res_123"])).refuses("not issued for this resource").finding(&CHECK).variant,
            "resource-id-only"
        );
        let sample = with(json!(["res_123"])).refuses("").built_with(Framework::Express);
        assert_eq!(sample.finding(&CHECK).variant, "resource-id-only");
        let url = with(json!(SERVER)).refuses("").built_with(Framework::FastmcpScalekit);
        assert_eq!(url.finding(&CHECK).variant, "url-only");
    }

    #[test]
    fn a_server_of_unknown_make_may_want_the_name_that_is_not_there() {
        let only_id = with(json!(["res_123"])).refuses("Unauthorized").finding(&CHECK);
        assert_eq!((only_id.variant, only_id.confidence), ("resource-id-only", Confidence::Possible));
        let slash = with(json!(["res_123", format!("{SERVER}/")])).refuses("Unauthorized").finding(&CHECK);
        assert_eq!((slash.variant, slash.confidence), ("slash", Confidence::Possible));
    }

    #[test]
    fn a_server_that_refuses_in_order_and_breaks_on_the_real_token_is_not_about_the_audience() {
        let broke = with(json!("static-client")).answers_token(500, &[], "{\"detail\":\"Internal server error\"}");
        assert!(matches!(broke.examine(&CHECK), Outcome::SetAside(_)));
        // A check that breaks on every bad token breaks on this one for the same reason.
        let always = with(json!("static-client"))
            .answer(crate::evidence::Purpose::MadeUpToken, 500, &[], "{\"error\":\"server_error\"}")
            .answers_token(500, &[], "{\"error\":\"server_error\"}");
        assert_eq!(always.finding(&CHECK).variant, "other-name");
    }

    #[test]
    fn every_right_audience_passes() {
        for audience in [json!(["res_123", SERVER]), json!(["res_123"]), json!(SERVER)] {
            assert_eq!(with(audience.clone()).examine(&CHECK), Outcome::Pass, "{audience}");
        }
        // An audience that both sides agreed on.
        assert!(matches!(with(json!("api://mcp")).examine(&CHECK), Outcome::SetAside(_)));
    }

    #[test]
    fn a_refusal_for_another_reason_is_not_blamed_on_the_audience() {
        assert!(matches!(with(json!(["res_123"])).refuses("expired").examine(&CHECK), Outcome::Unknown(_)));
        assert!(matches!(Sample::healthy().examine(&CHECK), Outcome::SetAside(_)));
    }
}
