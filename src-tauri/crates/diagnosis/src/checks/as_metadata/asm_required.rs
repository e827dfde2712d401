use super::{READABLE, metadata};
use crate::check::{Category, Check, Finding, Outcome, Owner, Requirement, Stage};
use crate::checks::resource_metadata::is_an_error;
use crate::clients::hit_by;
use crate::evidence::Evidence;
use serde_json::Value;

pub const CHECK: Check = Check {
    code: "asm-required",
    stage: Stage::AsMetadata,
    category: Category::Connection,
    owner: Owner::AuthorizationServer,
    requirement: Requirement::Must,
    reference: "RFC 8414 section 2; OpenID Connect Discovery section 3",
    after: READABLE,
    variants: &["missing", "error-with-200"],
    words: include_str!("asm_required.md"),
    examine,
};

const FOR_ALL: [&str; 3] = ["issuer", "authorization_endpoint", "token_endpoint"];
const OPENID: [&str; 3] = ["jwks_uri", "subject_types_supported", "id_token_signing_alg_values_supported"];

fn examine(evidence: &Evidence) -> Outcome {
    let metadata = match metadata(evidence) {
        Ok(metadata) => metadata,
        Err(outcome) => return outcome,
    };
    // `null` has a check of its own; for these three it is the same to everybody.
    let absent = |name: &&str| matches!(metadata.members.get(*name), None | Some(Value::Null));
    let lacks_for_all: Vec<&str> = FOR_ALL.into_iter().filter(|name| absent(name)).collect();
    let mut strict: Vec<&str> = vec!["response_types_supported"];
    if metadata.is_oidc {
        strict.extend(OPENID);
    }
    strict.retain(|name| !metadata.members.contains_key(*name));
    let (missing, hit) = if lacks_for_all.is_empty() {
        if strict.is_empty() {
            return Outcome::Pass;
        }
        let Some(hit) = hit_by(|_, engine| engine.is_typescript()) else { return Outcome::Pass };
        (strict, hit)
    } else {
        (lacks_for_all, Vec::new())
    };
    let names = missing.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
    let variant = if is_an_error(metadata.members) { "error-with-200" } else { "missing" };
    let finding = Finding::new(&CHECK, variant)
        .affects(hit)
        .value("url", metadata.exchange.request.url.as_str())
        .value("members", names);
    Outcome::fail(missing.iter().fold(finding, |finding, name| finding.proof(metadata.says(name))))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clients::ClientId;
    use crate::evidence::{MetadataForm, Purpose};
    use crate::sample::{ISSUER, Sample, server_metadata};

    fn without(name: &str) -> Sample {
        Sample::healthy().server_metadata(|document| drop(document.as_object_mut().expect("an object").remove(name)))
    }

    #[test]
    fn what_all_need_and_what_only_typescript_needs() {
        for name in FOR_ALL {
            assert!(without(name).finding(&CHECK).affects.is_empty(), "{name}");
        }
        let typescript = [ClientId::ClaudeCode, ClientId::Cursor, ClientId::McpInspector, ClientId::McpRemote];
        assert_eq!(without("response_types_supported").finding(&CHECK).affects, typescript);
        assert_eq!(without("jwks_uri").examine(&CHECK), Outcome::Pass);
        let error = Sample::healthy().server_metadata(|document| {
            *document = serde_json::json!({"success": false, "error": "Not found"});
        });
        assert_eq!(error.finding(&CHECK).variant, "error-with-200");
        let at = |form| Purpose::ServerMetadata { issuer: ISSUER.to_owned(), form };
        let openid = Sample::healthy()
            .answer(at(MetadataForm::OauthInsert), 404, &[], "")
            .json(at(MetadataForm::OidcInsert), server_metadata());
        assert_eq!(openid.finding(&CHECK).affects, typescript);
        assert_eq!(Sample::healthy().examine(&CHECK), Outcome::Pass);
        assert!(matches!(Sample::unseen("https://a.example/").examine(&CHECK), Outcome::Unknown(_)));
    }
}
