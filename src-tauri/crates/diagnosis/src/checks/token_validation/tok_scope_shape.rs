use crate::check::{Category, Check, Confidence, Finding, Outcome, Owner, Requirement, Stage};
use crate::evidence::Evidence;
use crate::framework::Framework;
use crate::trial::{Reason, Says, Trial};

pub const CHECK: Check = Check {
    code: "tok-scope-shape",
    stage: Stage::TokenValidation,
    category: Category::Scope,
    owner: Owner::McpServer,
    requirement: Requirement::Should,
    reference: "RFC 9068 section 2.2.3; RFC 8693 section 4.2",
    after: &["tok-format", "tok-alg", "tok-kid", "tok-signature", "tok-iss", "tok-aud-match", "tok-exp"],
    variants: &["array-wanted", "other-label"],
    words: include_str!("tok_scope_shape.md"),
    examine,
};

fn examine(evidence: &Evidence) -> Outcome {
    let trial = match Trial::of_readable(evidence) {
        Ok(trial) => trial,
        Err(outcome) => return outcome,
    };
    let labels = trial.token.scope_labels();
    let has = |name: &str| labels.iter().any(|label| label.name == name && !label.scopes.is_empty());
    let about_scope = match trial.says {
        Says::In(_) => return Outcome::Pass,
        Says::Lacking(_) => true,
        Says::Refused(_) | Says::Forbidden(_) | Says::Broke(_) => {
            // FastMCP reports a missing scope as a bad token.
            trial.reason() == Some(Reason::Scope)
                || (trial.reason().is_none() && trial.is(Framework::FastmcpScalekit) && !has("scope") && !has("scp"))
        }
        _ => return Outcome::Unknown("which label the server reads shows only when it checks a token".to_owned()),
    };
    if !about_scope {
        return Outcome::SetAside("the server says nothing about scopes");
    }
    let asked = trial.asked_scopes();
    let held = trial.token.scopes();
    if held.is_empty() || asked.is_empty() || !asked.iter().all(|scope| held.contains(scope)) {
        return Outcome::SetAside("the token lacks what the server asks for, under every label");
    }
    let stands_under: Vec<&str> = labels
        .iter()
        .filter(|label| label.scopes.iter().any(|scope| asked.contains(scope)))
        .map(|label| label.name)
        .collect();
    let as_text = labels.iter().any(|label| label.name == "scope" && !label.list && !label.scopes.is_empty());
    let finding = Finding::new(&CHECK, if as_text { "array-wanted" } else { "other-label" })
        .confidence(Confidence::Likely)
        .value("scopes", asked.join(" "))
        .value("labels", stands_under.join(", "))
        .proof(format!("The token holds {} under {}", asked.join(" "), stands_under.join(", ")))
        .proof(trial.said());
    Outcome::fail(finding)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::sample::Sample;

    const LACKING: (&str, &str) = ("www-authenticate", "Bearer error=\"insufficient_scope\", scope=\"todo:read\"");

    #[test]
    fn permissions_under_a_label_that_is_not_read_are_named() {
        let refused = Sample::healthy().token(|_| {}).answers_token(403, &[LACKING], "");
        assert_eq!(refused.finding(&CHECK).variant, "array-wanted");
        let sdk = Sample::healthy().token(|_| {}).refuses("Token missing required scopes: todo:read");
        assert_eq!(sdk.finding(&CHECK).variant, "array-wanted");
        let machine = |claims: &mut serde_json::Value| {
            claims.as_object_mut().map(|claims| claims.shift_remove("scope"));
            claims["scopes"] = json!(["todo:read"]);
        };
        let list = Sample::healthy().token(machine).answers_token(403, &[LACKING], "");
        assert_eq!(list.finding(&CHECK).variant, "other-label");
        let fastmcp = Sample::healthy().token(machine).refuses("").built_with(Framework::FastmcpScalekit);
        assert_eq!(fastmcp.finding(&CHECK).variant, "other-label");
    }

    #[test]
    fn a_good_token_passes_and_a_lacking_one_is_another_matter() {
        assert_eq!(Sample::healthy().token(|_| {}).examine(&CHECK), Outcome::Pass);
        let lacking =
            Sample::healthy().token(|claims| claims["scope"] = json!("openid")).answers_token(403, &[LACKING], "");
        assert!(matches!(lacking.examine(&CHECK), Outcome::SetAside(_)));
        assert!(matches!(Sample::healthy().token(|_| {}).refuses("").examine(&CHECK), Outcome::SetAside(_)));
    }
}
