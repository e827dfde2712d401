use super::asm_env_vs_resource::points_to_environment;
use super::{READABLE, metadata};
use crate::check::{Category, Check, Finding, Outcome, Owner, Requirement, Stage};
use crate::clients::hit_by;
use crate::discovery::signs_people_in_itself;
use crate::evidence::Evidence;
use crate::introduction;

pub const CHECK: Check = Check {
    code: "asm-registration-route",
    stage: Stage::AsMetadata,
    category: Category::Connection,
    owner: Owner::AuthorizationServer,
    requirement: Requirement::Should,
    reference: "MCP 2026-07-28, Client Registration Approaches; RFC 7591 section 3",
    after: READABLE,
    variants: &["none"],
    words: include_str!("asm_registration_route.md"),
    examine,
};

fn examine(evidence: &Evidence) -> Outcome {
    let metadata = match metadata(evidence) {
        Ok(metadata) => metadata,
        Err(outcome) => return outcome,
    };
    // However it is written: spelling has checks of its own.
    if metadata.takes_documents() {
        return Outcome::Pass;
    }
    match metadata.members.get("registration_endpoint") {
        Some(value) if value.is_null() => {
            return Outcome::SetAside("the address for new apps is null, which is said before");
        }
        Some(_) => return Outcome::Pass,
        None => {}
    }
    if points_to_environment(evidence, &metadata) {
        return Outcome::SetAside("the server points to the wrong part of the sign-in service");
    }
    if evidence.subject.client_id.is_some() {
        return Outcome::SetAside("an id was set up for the app");
    }
    let issuer = metadata.named.as_deref().unwrap_or_default();
    let Some(hit) = hit_by(|client, _| !introduction::brings_its_own(client, issuer)) else { return Outcome::Pass };
    // Where the server signs people in itself, whoever runs it has the switch.
    let owner = if signs_people_in_itself(evidence) { Owner::McpServer } else { CHECK.owner };
    Outcome::fail(
        Finding::new(&CHECK, "none")
            .owner(owner)
            .affects(hit)
            .value("url", metadata.exchange.request.url.as_str())
            .proof(metadata.says("registration_endpoint"))
            .proof(metadata.says("client_id_metadata_document_supported")),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evidence::{MetadataForm, Purpose};
    use crate::sample::Sample;

    fn without(names: &[&str]) -> Sample {
        Sample::healthy().server_metadata(|document| {
            names.iter().for_each(|name| drop(document.as_object_mut().expect("an object").remove(*name)));
        })
    }

    #[test]
    fn one_way_is_enough() {
        let both = ["registration_endpoint", "client_id_metadata_document_supported"];
        assert_eq!(without(&both).finding(&CHECK).variant, "none");
        assert_eq!(without(&both).finding(&CHECK).owner, Owner::AuthorizationServer);
        let issuer = "https://mcp.example.com";
        let mut document = crate::sample::server_metadata();
        both.iter().for_each(|name| drop(document.as_object_mut().expect("an object").remove(*name)));
        document["issuer"] = issuer.into();
        let own = Sample::healthy()
            .resource_metadata(|document| document["authorization_servers"] = vec![issuer].into())
            .json(Purpose::ServerMetadata { issuer: issuer.to_owned(), form: MetadataForm::OauthInsert }, document)
            .json(Purpose::Jwks, serde_json::json!({"keys": []}));
        assert_eq!(own.finding(&CHECK).owner, Owner::McpServer);
        assert_eq!(without(&both[..1]).examine(&CHECK), Outcome::Pass);
        assert_eq!(without(&both[1..]).examine(&CHECK), Outcome::Pass);
        let set_up = |evidence: &mut Evidence| evidence.subject.client_id = Some("set-up-by-hand".to_owned());
        let sample = without(&both).change(set_up);
        assert!(matches!(sample.examine(&CHECK), Outcome::SetAside(_)));
        assert!(matches!(Sample::unseen("https://a.example/").examine(&CHECK), Outcome::Unknown(_)));
    }
}
