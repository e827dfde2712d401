use crate::check::{Category, Check, Finding, Outcome, Owner, Requirement, Severity, Stage};
use crate::evidence::Evidence;

pub const CHECK: Check = Check {
    code: "token-refresh-issued",
    stage: Stage::Token,
    category: Category::Token,
    owner: Owner::AuthorizationServer,
    requirement: Requirement::Should,
    reference: "MCP 2026-07-28, Refresh Tokens (SEP-2207)",
    after: &[],
    variants: &["absent"],
    words: include_str!("token_refresh_issued.md"),
    examine,
};

fn examine(evidence: &Evidence) -> Outcome {
    let sign_in = evidence.sign_in.as_ref().and_then(|fact| fact.value());
    let answer = sign_in.and_then(|reading| reading.token.as_ref()).filter(|answer| answer.access_token);
    let pasted = evidence.token.as_ref().and_then(|fact| fact.value()?.reply.as_ref());
    let (came, asked) = match (answer, pasted) {
        (Some(answer), _) => {
            let asked = sign_in.and_then(|reading| reading.requested_scope.as_deref()).unwrap_or_default();
            (answer.refresh_token, Some(asked.split_ascii_whitespace().any(|scope| scope == "offline_access")))
        }
        (None, Some(reply)) => (reply.refresh_token, None),
        (None, None) => return Outcome::SetAside("no reply of the sign-in service was seen"),
    };
    if came {
        return Outcome::Pass;
    }
    let offers = evidence
        .server_metadata_read()
        .and_then(|read| read.list("scopes_supported"))
        .is_some_and(|list| list.iter().any(|scope| scope == "offline_access"));
    // Who offers none, or was not asked for one, owes none.
    if !(offers && asked.unwrap_or(true)) {
        return Outcome::SetAside("no refresh token was asked for or offered");
    }
    Outcome::fail(
        Finding::new(&CHECK, "absent")
            .severity(Severity::Warning)
            .proof("The sign-in service offers offline_access, and its reply held no refresh_token"),
    )
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::sample::{Sample, claims, jwt};

    fn replied(refresh: bool) -> Sample {
        let mut reply = json!({"access_token": jwt(&json!({"alg": "RS256"}), &claims()), "expires_in": 3600});
        if refresh {
            reply["refresh_token"] = json!("refresh-0123456789");
        }
        Sample::healthy().token_text(&reply.to_string())
    }

    #[test]
    fn a_reply_without_what_was_offered_is_named() {
        assert_eq!(replied(false).finding(&CHECK).severity, Severity::Warning);
    }

    #[test]
    fn a_refresh_token_passes_and_who_offers_none_owes_none() {
        assert_eq!(replied(true).examine(&CHECK), Outcome::Pass);
        let none = replied(false).server_metadata(|document| document["scopes_supported"] = json!(["todo:read"]));
        assert!(matches!(none.examine(&CHECK), Outcome::SetAside(_)));
        assert!(matches!(Sample::healthy().examine(&CHECK), Outcome::SetAside(_)));
    }
}
