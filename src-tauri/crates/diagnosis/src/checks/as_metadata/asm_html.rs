use super::{NAMED, forms};
use crate::check::{Category, Check, Finding, Outcome, Owner, Requirement, Stage};
use crate::checks::resource_metadata::fault_of_body;
use crate::clients::hit_by;
use crate::discovery::{line, reads_server_metadata};
use crate::evidence::Evidence;

pub const CHECK: Check = Check {
    code: "asm-html",
    stage: Stage::AsMetadata,
    category: Category::Connection,
    owner: Owner::AuthorizationServer,
    requirement: Requirement::Must,
    reference: "RFC 8414 section 3.2",
    after: NAMED,
    variants: &["web-page", "not-json", "too-large"],
    words: include_str!("asm_html.md"),
    examine,
};

fn examine(evidence: &Evidence) -> Outcome {
    let (issuer, forms) = match forms(evidence) {
        Ok(forms) => forms,
        Err(outcome) => return outcome,
    };
    let mut heard = false;
    for (_, exchange) in &forms {
        let Ok(answer) = &exchange.outcome else { continue };
        heard = true;
        if answer.status != 200 {
            continue;
        }
        let fault = fault_of_body(&answer.body).filter(|(kind, _)| *kind != "byte-order-mark");
        let Some((kind, place)) = fault else { continue };
        let variant = match kind {
            "too-large" => "too-large",
            _ if answer.is_html() => "web-page",
            _ => "not-json",
        };
        let Some(hit) = hit_by(|_, engine| !reads_server_metadata(engine, evidence, &issuer)) else {
            return Outcome::Pass;
        };
        return Outcome::fail(
            Finding::new(&CHECK, variant)
                .affects(hit)
                .value("url", exchange.request.url.as_str())
                .value("place", if place.is_empty() { kind.replace('-', " ") } else { place })
                .value("size", answer.body.length.to_string())
                .proof(line(exchange)),
        );
    }
    if heard { Outcome::Pass } else { Outcome::Unknown("the sign-in service gave no answer".to_owned()) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clients::ClientId;
    use crate::evidence::{MetadataForm, Purpose};
    use crate::sample::{ISSUER, Sample, server_metadata};

    fn first(body: &str) -> Sample {
        let purpose = Purpose::ServerMetadata { issuer: ISSUER.to_owned(), form: MetadataForm::OauthInsert };
        Sample::healthy().answer(purpose, 200, &[("content-type", "text/html")], body)
    }

    #[test]
    fn a_page_before_the_instructions_stops_typescript_alone() {
        let page = "<!doctype html><title>App</title>";
        assert!(first(page).finding(&CHECK).affects.is_empty());
        let purpose = Purpose::ServerMetadata { issuer: ISSUER.to_owned(), form: MetadataForm::OidcInsert };
        let finding = first(page).json(purpose, server_metadata()).finding(&CHECK);
        let hit = [ClientId::ClaudeCode, ClientId::Cursor, ClientId::McpInspector, ClientId::McpRemote];
        assert_eq!((finding.variant, finding.affects), ("web-page", hit.to_vec()));
    }

    #[test]
    fn healthy_unseen_and_broken_json() {
        assert_eq!(first("{,}").finding(&CHECK).variant, "not-json");
        assert_eq!(Sample::healthy().examine(&CHECK), Outcome::Pass);
        assert!(matches!(Sample::unseen("https://a.example/").examine(&CHECK), Outcome::Unknown(_)));
    }
}
