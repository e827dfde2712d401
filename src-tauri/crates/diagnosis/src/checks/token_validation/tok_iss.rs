use url::Url;

use crate::check::{Category, Check, Confidence, Finding, Outcome, Owner, Requirement, Severity, Stage};
use crate::evidence::Evidence;
use crate::oauth::token::Signature;
use crate::scalekit;
use crate::trial::{Says, Trial};

pub const CHECK: Check = Check {
    code: "tok-iss",
    stage: Stage::TokenValidation,
    category: Category::Token,
    owner: Owner::User,
    requirement: Requirement::Must,
    reference: "RFC 9068 section 4; RFC 7519 section 4.1.1",
    after: &["tok-format", "tok-alg", "tok-kid", "tok-signature"],
    variants: &["other", "slash", "custom-domain", "own-name", "version", "missing"],
    words: include_str!("tok_iss.md"),
    examine,
};

fn examine(evidence: &Evidence) -> Outcome {
    let trial = match Trial::of_readable(evidence) {
        Ok(trial) => trial,
        Err(outcome) => return outcome,
    };
    let named = trial.named_issuers();
    let Some(first) = named.first() else {
        return Outcome::Unknown("which sign-in service the server uses is not known".to_owned());
    };
    let Some(issuer) = trial.token.issuer() else {
        return match trial.says {
            Says::Refused(_) => Outcome::fail(
                Finding::new(&CHECK, "missing")
                    .owner(Owner::AuthorizationServer)
                    .proof("The token has no iss")
                    .proof(trial.said()),
            ),
            _ => Outcome::SetAside("the token names no sign-in service"),
        };
    };
    if trial.issuer_fits() == Some(true) {
        return Outcome::Pass;
    }
    if trial.is_in() {
        return Outcome::SetAside("the server accepts it");
    }
    if trial.is_for_microsoft_graph() {
        return Outcome::SetAside("the token is for Microsoft's own directory, and for no server else");
    }
    if another_environment(&trial).is_some() {
        return Outcome::SetAside("the token comes from another environment");
    }
    if trial.breaks_on_this_token_alone() {
        return Outcome::SetAside("the server breaks, and does not say that it is about the issuer");
    }
    let bare = issuer.trim_end_matches('/');
    let slash = named
        .iter()
        .flat_map(|named| [Some(named.clone()), scalekit::environment_of(named)])
        .flatten()
        .find(|right| right.trim_end_matches('/') == bare);
    let finding = if let Some(right) = slash {
        Finding::new(&CHECK, "slash").owner(Owner::AuthorizationServer).compare(
            "The server's sign-in service",
            right,
            "The token's issuer",
            issuer,
        )
    } else if is_other_name(issuer, first) && matches!(trial.signature(), Some(Signature::Good { .. })) {
        Finding::new(&CHECK, "custom-domain").owner(Owner::McpServer).confidence(Confidence::Likely).compare(
            "The server's sign-in service",
            first,
            "The token's issuer",
            issuer,
        )
    } else if matches!(trial.signature(), Some(Signature::Good { .. })) {
        // One sign-in service, by its keys, under two names.
        let finding = if is_microsofts(issuer) || is_microsofts(first) {
            Finding::new(&CHECK, "version").owner(Owner::McpServer)
        } else {
            Finding::new(&CHECK, "own-name").owner(Owner::AuthorizationServer)
        };
        finding.confidence(Confidence::Likely).compare(
            "The server's sign-in service",
            first,
            "The token's issuer",
            issuer,
        )
    } else if trial.is_fresh() {
        // A service that stands before another one may hand out the other one's tokens.
        return Outcome::SetAside("the server's own sign-in service gave this token");
    } else {
        let sure = if trial.is_its_own_service() { Confidence::Likely } else { Confidence::Certain };
        Finding::new(&CHECK, "other").confidence(sure).compare(
            "The server's sign-in service",
            first,
            "The token's issuer",
            issuer,
        )
    };
    // Without the server's own word the comparison alone speaks.
    let finding = match trial.says {
        Says::NotAsked | Says::Silent | Says::Unclear(_) if evidence.token_withheld.is_none() => {
            finding.severity(Severity::Warning)
        }
        _ => finding,
    };
    Outcome::fail(finding.proof(trial.said()))
}

/// Microsoft's sign-in service writes one of two issuers into its tokens, by the version that the registration of the server
/// asks for: `sts.windows.net` (1.0) or `login.microsoftonline.com/…/v2.0` (2.0).
fn is_microsofts(issuer: &str) -> bool {
    let host = Url::parse(issuer.trim()).ok().and_then(|url| url.host_str().map(str::to_owned)).unwrap_or_default();
    ["sts.windows.net", "sts.chinacloudapi.cn"].contains(&host.as_str())
        || host.starts_with("login.microsoftonline.")
        || host.starts_with("login.partner.microsoftonline.")
}

/// One environment under two names: Scalekit's own domain, and one of the customer's.
fn is_other_name(issuer: &str, named: &str) -> bool {
    let is_scalekits = |address: &str| {
        Url::parse(address)
            .ok()
            .and_then(|url| url.domain().map(str::to_owned))
            .is_some_and(|host| host.contains(".scalekit."))
    };
    is_scalekits(issuer) != is_scalekits(named)
}

/// The two environments, when both are Scalekit's and differ: the server's, the token's.
pub(super) fn another_environment(trial: &Trial<'_>) -> Option<(String, String)> {
    let ours = trial.named_issuers().iter().find_map(|named| scalekit::environment_of(named))?;
    let theirs = scalekit::environment_of(trial.token.issuer()?)?;
    let same_keys = matches!(trial.signature(), Some(Signature::Good { .. }));
    (ours != theirs && !same_keys).then_some((ours, theirs))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::sample::{ISSUER, Sample};

    fn with(issuer: &str) -> Sample {
        Sample::healthy().token(|claims| claims["iss"] = json!(issuer)).refuses("")
    }

    #[test]
    fn every_wrong_name_is_told_apart() {
        assert_eq!(
            with("https://elsewhere.example.com").signature(Signature::Bad { kid: None }).finding(&CHECK).variant,
            "other"
        );
        assert_eq!(with(&format!("{ISSUER}/")).finding(&CHECK).variant, "slash");
        let forwarded = with(&format!("{ISSUER}/")).answers_token(307, &[("location", "/mcp/")], "").finding(&CHECK);
        assert_eq!(forwarded.severity, Severity::Warning);
        let breaks = with("https://elsewhere.example.com").answers_token(500, &[], "oops");
        assert!(matches!(breaks.examine(&CHECK), Outcome::SetAside(_)));
        assert_eq!(with("https://acme.scalekit.com/").finding(&CHECK).variant, "slash");
        assert_eq!(with("https://auth.acme.example/resources/res_123").finding(&CHECK).variant, "custom-domain");
        let missing = Sample::healthy()
            .token(|claims| {
                claims.as_object_mut().map(|claims| claims.shift_remove("iss"));
            })
            .refuses("");
        assert_eq!(missing.finding(&CHECK).variant, "missing");
    }

    #[test]
    fn both_forms_of_scalekit_pass() {
        for issuer in [ISSUER, "https://acme.scalekit.com"] {
            assert_eq!(with(issuer).examine(&CHECK), Outcome::Pass, "{issuer}");
        }
    }

    #[test]
    fn an_accepted_token_and_an_unknown_server_are_left_alone() {
        let accepted = Sample::healthy().token(|claims| claims["iss"] = json!("https://elsewhere.example.com"));
        assert!(matches!(accepted.examine(&CHECK), Outcome::SetAside(_)));
        assert!(matches!(Sample::unseen(crate::sample::SERVER).token(|_| {}).examine(&CHECK), Outcome::Unknown(_)));
    }

    #[test]
    fn one_service_under_two_names_is_known_by_its_keys() {
        let named = |named: &'static str, issuer: &'static str| {
            Sample::healthy()
                .resource_metadata(move |document| document["authorization_servers"] = vec![named].into())
                .token(move |claims| claims["iss"] = issuer.into())
                .refuses("issuer mismatch")
        };
        let inner = named("https://id.example.com/realms/prod", "http://keycloak:8080/realms/prod").finding(&CHECK);
        assert_eq!((inner.variant, inner.owner), ("own-name", Owner::AuthorizationServer));
        let older = named("https://login.microsoftonline.com/t/v2.0", "https://sts.windows.net/t/").finding(&CHECK);
        assert_eq!((older.variant, older.owner), ("version", Owner::McpServer));
        let taken = Sample::healthy().token(|claims| claims["iss"] = "https://sts.windows.net/t/".into()).accepted();
        assert!(matches!(taken.examine(&CHECK), Outcome::SetAside(_)));
    }
}
