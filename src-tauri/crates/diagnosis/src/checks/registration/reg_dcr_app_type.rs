use super::{registering_clients, tried};
use crate::check::{Category, Check, Finding, Outcome, Owner, Requirement, Stage};
use crate::checks::as_metadata::READABLE;
use crate::discovery::line;
use crate::evidence::Evidence;
use crate::introduction::Introduction;
use crate::registering::SPECIFICATION;

pub const CHECK: Check = Check {
    code: "reg-dcr-app-type",
    stage: Stage::Registration,
    category: Category::RedirectUri,
    owner: Owner::AuthorizationServer,
    requirement: Requirement::Should,
    reference: "OpenID Connect Dynamic Client Registration section 2; MCP 2026-07-28, Dynamic Client Registration",
    after: READABLE,
    variants: &["web-assumed"],
    words: include_str!("reg_dcr_app_type.md"),
    examine,
};

fn examine(evidence: &Evidence) -> Outcome {
    let attempts = match tried(evidence) {
        Ok(attempts) => attempts,
        Err(outcome) => return outcome,
    };
    let native: Vec<_> = attempts.iter().filter(|one| one.shape == SPECIFICATION && one.alone.is_some()).collect();
    if native.is_empty() {
        return if attempts.iter().any(|one| one.accepted()) {
            Outcome::Pass
        } else {
            Outcome::SetAside("no registration was accepted")
        };
    }
    let Some(taken) = native.iter().find(|one| one.accepted()) else {
        return Outcome::SetAside("the address is refused either way");
    };
    let uri = taken.alone.unwrap_or_default();
    let hit = registering_clients(evidence, |client| {
        let known = Introduction::of(Some(client));
        !known.says_native && known.redirect_uris.iter().any(|uri| uri.starts_with("http://"))
    });
    let Some(hit) = hit else { return Outcome::Pass };
    let refused =
        attempts.iter().find(|one| one.shape != SPECIFICATION && one.redirect_uris.iter().any(|have| have == uri));
    if refused.is_some_and(|one| one.about_scopes()) {
        return Outcome::SetAside("it is refused for the permissions that it names");
    }
    let finding = Finding::new(&CHECK, "web-assumed")
        .affects(hit)
        .value("uri", uri)
        .value("url", taken.exchange.request.url.as_str());
    let finding = refused.into_iter().fold(finding, |finding, one| finding.proof(line(one.exchange)));
    Outcome::fail(finding.proof(line(taken.exchange)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clients::ClientId;
    use crate::sample::{Sample, register};

    #[test]
    fn a_word_makes_the_difference() {
        let uri = "http://localhost:41739/oauth/callback";
        let refused =
            || register(Sample::healthy(), "mcp-remote", None, &[uri], 400, "{\"error\":\"invalid_redirect_uri\"}");
        let taken = register(refused(), SPECIFICATION, Some(uri), &[uri], 201, "{\"client_id\":\"a\"}");
        let hit = taken.finding(&CHECK).affects;
        assert!(hit.contains(&ClientId::McpRemote) && !hit.contains(&ClientId::ClaudeCode));
        let both = register(refused(), SPECIFICATION, Some(uri), &[uri], 400, "{}");
        assert!(matches!(both.examine(&CHECK), Outcome::SetAside(_)));
        // What was refused is the permission that it named, which the other introduction did not name.
        let scope =
            "{\"error\":\"invalid_client_metadata\",\"error_description\":\"Requested scopes are not valid: a\"}";
        let template = register(Sample::healthy(), "mcp-remote", None, &[uri], 400, scope);
        let mut made = template.evidence().exchanges().last().expect("the registration").clone();
        made.request.body = Some(serde_json::json!({"redirect_uris": [uri], "scope": "a"}).to_string());
        let named = Sample::healthy().change(|evidence| evidence.add(made));
        let unnamed = register(named, SPECIFICATION, Some(uri), &[uri], 201, "{\"client_id\":\"a\"}");
        assert!(matches!(unnamed.examine(&CHECK), Outcome::SetAside(_)));
        assert!(matches!(Sample::healthy().examine(&CHECK), Outcome::SetAside(_)));
        assert!(matches!(Sample::unseen("https://a.example/").examine(&CHECK), Outcome::Unknown(_)));
    }
}
