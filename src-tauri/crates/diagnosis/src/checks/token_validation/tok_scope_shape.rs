use crate::check::{Category, Check, Confidence, Finding, Outcome, Owner, Requirement, Stage};
use crate::evidence::Evidence;
use crate::framework::Framework;
use crate::trial::{Reason, Says, Trial, told};

pub const CHECK: Check = Check {
    code: "tok-scope-shape",
    stage: Stage::TokenValidation,
    category: Category::Scope,
    owner: Owner::McpServer,
    requirement: Requirement::Should,
    reference: "RFC 9068 section 2.2.3; RFC 8693 section 4.2",
    after: &["tok-format", "tok-alg", "tok-kid", "tok-signature", "tok-iss", "tok-aud-match", "tok-exp"],
    variants: &["array-wanted", "other-label", "other-spelling"],
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
    let need = trial.need();
    let about_scope = need.as_ref().is_some_and(|need| need.worded)
        || match trial.says {
            Says::In(_) => return Outcome::Pass,
            Says::Lacking(_) => true,
            Says::Refused(_) | Says::Forbidden(_) | Says::Broke(_) => {
                // FastMCP reports a missing scope as a bad token.
                trial.reason() == Some(Reason::Scope)
                    || (trial.reason().is_none()
                        && trial.is(Framework::FastmcpScalekit)
                        && !has("scope")
                        && !has("scp"))
            }
            _ => return Outcome::Unknown("which label the server reads shows only when it checks a token".to_owned()),
        };
    if !about_scope {
        return Outcome::SetAside("the server says nothing about scopes");
    }
    let asked = need.as_ref().map(|need| need.asked.clone()).filter(|asked| !asked.is_empty());
    let asked = asked.unwrap_or_else(|| trial.asked_scopes());
    // Roles count here: a server that looks for them among the scopes does not find them.
    let held: Vec<&String> = labels.iter().flat_map(|label| &label.scopes).collect();
    if held.is_empty() || asked.is_empty() {
        return Outcome::SetAside("the token lacks what the server asks for, under every label");
    }
    let said = need.as_ref().map_or_else(|| trial.said(), |need| format!("It answers {}", told(need.answer)));
    if !asked.iter().all(|scope| held.contains(&scope)) {
        return match spelled_otherwise(&asked, &held) {
            Some(have) => Outcome::fail(
                Finding::new(&CHECK, "other-spelling").confidence(Confidence::Likely).proof(said).compare(
                    "The server asks for",
                    asked.join(" "),
                    "The token carries",
                    have,
                ),
            ),
            None => Outcome::SetAside("the token lacks what the server asks for, under every label"),
        };
    }
    let stands_under: Vec<&str> = labels
        .iter()
        .filter(|label| label.scopes.iter().any(|scope| asked.contains(scope)))
        .map(|label| label.name)
        .collect();
    let as_text = labels
        .iter()
        .any(|label| label.name == "scope" && !label.list && label.scopes.iter().any(|scope| asked.contains(scope)));
    let finding = Finding::new(&CHECK, if as_text { "array-wanted" } else { "other-label" })
        .confidence(Confidence::Likely)
        .value("scopes", asked.join(" "))
        .value("labels", stands_under.join(", "))
        .proof(format!("The token holds {} under {}", asked.join(" "), stands_under.join(", ")))
        .proof(said);
    Outcome::fail(finding)
}

/// What the token carries instead, when every permission that is asked for stands there in another spelling: with or without
/// the address of the server before it (Microsoft's services ask with it and issue without), with other letters between its
/// parts, in another case, or joined by commas.
fn spelled_otherwise(asked: &[String], held: &[&String]) -> Option<String> {
    let bare = |scope: &str| {
        let name = scope.rsplit('/').next().unwrap_or_default();
        name.to_ascii_lowercase().replace(['.', '_', '-'], ":")
    };
    let mut have = Vec::new();
    for scope in asked {
        let found = held.iter().find(|one| {
            *one == &scope || one.split(',').any(|piece| !piece.is_empty() && bare(piece) == bare(scope))
        })?;
        have.push(found.as_str());
    }
    have.dedup();
    Some(have.join(" "))
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

    #[test]
    fn the_same_permission_in_another_spelling_is_told() {
        let asked = |scope: &str, held: &'static str| {
            let challenge = format!("Bearer error=\"insufficient_scope\", scope=\"{scope}\"");
            Sample::healthy().token(move |claims| claims["scope"] = held.into()).answers_token(
                403,
                &[("www-authenticate", &challenge)],
                "{}",
            )
        };
        for (scope, held) in [
            ("api://todo/mcp.read", "mcp.read"),
            ("Todo.Read", "todo.read"),
            ("todo:read", "todo.read"),
            ("todo:read", "todo:read,todo:write"),
        ] {
            assert_eq!(asked(scope, held).finding(&CHECK).variant, "other-spelling", "{scope} {held}");
        }
        assert!(matches!(asked("todo:write", "todo:read").examine(&CHECK), Outcome::SetAside(_)));
    }
}
