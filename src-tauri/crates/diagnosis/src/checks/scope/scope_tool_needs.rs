use crate::check::{Action, Category, Check, Confidence, Finding, Outcome, Owner, Requirement, Stage};
use crate::evidence::Evidence;
use crate::trial::{Need, ToldAs, Trial, told};

pub const CHECK: Check = Check {
    code: "scope-tool-needs",
    stage: Stage::Scope,
    category: Category::Scope,
    owner: Owner::User,
    requirement: Requirement::Must,
    reference: "MCP 2026-07-28, Runtime Insufficient Scope Errors; RFC 6750 section 3.1",
    after: &["tok-scope-shape"],
    variants: &["missing", "none", "not-announced", "granted-unseen"],
    words: include_str!("scope_tool_needs.md"),
    examine,
};

fn examine(evidence: &Evidence) -> Outcome {
    let trial = match Trial::of(evidence) {
        Ok(trial) => trial,
        Err(outcome) => return outcome,
    };
    let Some(need) = trial.need() else {
        return if trial.is_in() {
            Outcome::Pass
        } else {
            Outcome::Unknown("what the tools need shows only when the server takes the token".to_owned())
        };
    };
    if need.told != ToldAs::Forbidden || need.answer.headers.get("www-authenticate").is_none() {
        return Outcome::SetAside("the server says it in a way that apps cannot understand");
    }
    // Where the token can be read, the label under which the permission stands is looked at first.
    if need.lacking.is_empty() && need.named && !trial.token.is_jwt() {
        return Outcome::fail(
            Finding::new(&CHECK, "granted-unseen")
                .owner(Owner::McpServer)
                .confidence(Confidence::Likely)
                .value("asked", need.asked.join(" "))
                .proof(format!("The sign-in service granted {}", trial.held().join(" ")))
                .proof(told(need.answer)),
        );
    }
    if need.lacking.is_empty() {
        return Outcome::SetAside("the server does not say which permission is missing");
    }
    if super::scope_stepup_loop::given_in_vain(&trial, &need).is_some() {
        return Outcome::SetAside("it asks for another permission each time");
    }
    if not_offered(&trial, &need).is_some() {
        return Outcome::SetAside("the sign-in service does not know the permission");
    }
    let held = trial.held();
    let unread = held.is_empty() && !trial.token.is_jwt();
    let places = Places::of(&trial, &need.lacking);
    let (variant, owner) = if held.is_empty() && !unread {
        ("none", Owner::User)
    } else if !places.in_challenge && !places.in_metadata && !need.named {
        ("not-announced", Owner::McpServer)
    } else {
        ("missing", Owner::User)
    };
    let mut finding = Finding::new(&CHECK, variant)
        .owner(owner)
        .confidence(if unread { Confidence::Likely } else { Confidence::Certain })
        .value("lacking", need.lacking.join(" "))
        .value("held", if unread { "not known".to_owned() } else { allowed(&held) })
        .value("tool", need.tool.clone().map_or_else(|| "this server".to_owned(), |tool| format!("the tool {tool}")))
        .proof(told(need.answer))
        .proof(places.told())
        .compare(
            "It needs",
            need.asked.join(" "),
            "The token carries",
            if unread { "not known".to_owned() } else { held.join(" ") },
        );
    if need.tool.is_none() {
        finding = finding.action(Action::AskTool);
    }
    Outcome::fail(finding)
}

/// Permissions, for people.
pub(super) fn allowed(held: &[String]) -> String {
    if held.is_empty() { "none at all".to_owned() } else { held.join(" ") }
}

/// The permissions that the sign-in service does not know, when it lists those that it knows.
pub(super) fn not_offered(trial: &Trial<'_>, need: &Need<'_>) -> Option<Vec<String>> {
    let offered = trial.evidence.server_metadata_read()?.server_scopes()?;
    let unknown: Vec<String> = need.lacking.iter().filter(|scope| !offered.contains(scope)).cloned().collect();
    (!unknown.is_empty()).then_some(unknown)
}

/// Where the missing permissions are named.
struct Places {
    in_challenge: bool,
    in_metadata: bool,
    at_the_service: Option<bool>,
}

impl Places {
    fn of(trial: &Trial<'_>, lacking: &[String]) -> Self {
        let all_in = |list: Option<Vec<String>>| list.map(|list| lacking.iter().all(|scope| list.contains(scope)));
        let evidence = trial.evidence;
        Self {
            in_challenge: all_in(evidence.challenges().and_then(|challenges| challenges.scopes())).unwrap_or(false),
            in_metadata: all_in(evidence.resource_metadata_read().and_then(|read| read.scopes_supported()))
                .unwrap_or(false),
            at_the_service: all_in(evidence.server_metadata_read().and_then(|read| read.server_scopes())),
        }
    }

    fn told(&self) -> String {
        let yes = |there: bool| if there { "yes" } else { "no" };
        format!(
            "Named in the first 401: {}; in the server's metadata: {}; at the sign-in service: {}; not in the token",
            yes(self.in_challenge),
            yes(self.in_metadata),
            self.at_the_service.map_or("not told", yes)
        )
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::evidence::Purpose;
    use crate::sample::Sample;

    const LACKING: (&str, &str) = ("www-authenticate", "Bearer error=\"insufficient_scope\", scope=\"todo:write\"");

    fn lacks(change: impl FnOnce(&mut Value)) -> Sample {
        Sample::healthy().token(change).answers_token(403, &[LACKING], "{\"error\":\"insufficient_scope\"}")
    }

    #[test]
    fn the_missing_permission_is_named() {
        let finding = lacks(|_| {}).finding(&CHECK);
        assert_eq!((finding.variant, finding.values["lacking"].as_str()), ("missing", "todo:write"));
        let none = lacks(|claims| {
            claims.as_object_mut().map(|claims| claims.shift_remove("scope"));
        });
        assert_eq!(none.finding(&CHECK).variant, "none");
    }

    #[test]
    fn of_a_token_that_cannot_be_read_only_what_is_known_is_said() {
        let opaque = Sample::healthy().token_text("opaque-0123456789").answers_token(403, &[LACKING], "");
        let finding = opaque.finding(&CHECK);
        assert_eq!((finding.variant, finding.confidence), ("missing", Confidence::Likely));
        let signed_in = |scope: &str| {
            Sample::healthy()
                .token_text("opaque-0123456789")
                .change(|evidence| {
                    crate::sign_in::sample(evidence, |reading| {
                        (reading.token, reading.refresh) = (None, None);
                        reading.requested_scope = Some(scope.to_owned());
                    });
                })
                .answers_token(403, &[LACKING], "")
                .finding(&CHECK)
        };
        assert_eq!(signed_in("todo:read").variant, "missing");
        let unseen = signed_in("todo:read todo:write");
        assert_eq!((unseen.variant, unseen.owner), ("granted-unseen", Owner::McpServer));
    }

    #[test]
    fn the_tool_that_needs_it_is_named() {
        let call = Purpose::TokenToolsCall { tool: "add_todo".to_owned() };
        let finding = Sample::healthy().token(|_| {}).answer(call, 403, &[LACKING], "").finding(&CHECK);
        assert_eq!(finding.values["tool"], "the tool add_todo");
    }

    #[test]
    fn a_permission_that_nobody_announces_is_the_servers_matter() {
        let quiet = Sample::healthy()
            .challenge(&[("www-authenticate", "Bearer")])
            .resource_metadata(|document| document["scopes_supported"] = json!([]))
            .token(|_| {})
            .answers_token(
                403,
                &[("www-authenticate", "Bearer error=\"insufficient_scope\"")],
                "Required scope: todo:write",
            );
        assert_eq!(quiet.finding(&CHECK).variant, "missing");
    }

    #[test]
    fn a_good_token_passes_and_what_is_not_known_is_not_claimed() {
        assert_eq!(Sample::healthy().token(|_| {}).examine(&CHECK), Outcome::Pass);
        assert!(matches!(Sample::healthy().token(|_| {}).refuses("no").examine(&CHECK), Outcome::Unknown(_)));
        assert!(matches!(Sample::healthy().examine(&CHECK), Outcome::SetAside(_)));
        let unoffered = lacks(|_| {}).server_metadata(|document| document["scopes_supported"] = json!(["todo:read"]));
        assert!(matches!(unoffered.examine(&CHECK), Outcome::SetAside(_)));
    }
}
