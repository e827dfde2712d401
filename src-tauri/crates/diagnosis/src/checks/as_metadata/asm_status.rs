use super::{NAMED, forms};
use crate::check::{Category, Check, Finding, Outcome, Owner, Requirement, Stage};
use crate::clients::hit_by;
use crate::discovery::{line, reads_server_metadata};
use crate::evidence::Evidence;

pub const CHECK: Check = Check {
    code: "asm-status",
    stage: Stage::AsMetadata,
    category: Category::Connection,
    owner: Owner::AuthorizationServer,
    requirement: Requirement::Must,
    reference: "RFC 8414 section 3.2",
    after: NAMED,
    variants: &["server-error", "unauthorized", "redirect", "rate-limited", "unexpected"],
    words: include_str!("asm_status.md"),
    examine,
};

fn examine(evidence: &Evidence) -> Outcome {
    let (issuer, forms) = match forms(evidence) {
        Ok(forms) => forms,
        Err(outcome) => return outcome,
    };
    let odd = forms.iter().find_map(|(_, exchange)| {
        let answer = exchange.outcome.as_ref().ok()?;
        let variant = match answer.status {
            500.. => "server-error",
            401 | 403 => "unauthorized",
            300..=399 => "redirect",
            429 => "rate-limited",
            200 | 400 | 404 | 405 | 406 | 410 => return None,
            _ => "unexpected",
        };
        Some((variant, answer, *exchange))
    });
    let Some((variant, answer, exchange)) = odd else {
        let heard = forms.iter().any(|(_, exchange)| exchange.outcome.is_ok());
        return if heard { Outcome::Pass } else { Outcome::Unknown("the sign-in service gave no answer".to_owned()) };
    };
    let Some(hit) = hit_by(|_, engine| !reads_server_metadata(engine, evidence, &issuer)) else { return Outcome::Pass };
    let to = answer.redirect(&exchange.request.url).map(|to| to.to_string()).unwrap_or_default();
    Outcome::fail(
        Finding::new(&CHECK, variant)
            .affects(hit)
            .value("issuer", issuer.clone())
            .value("url", exchange.request.url.as_str())
            .value("status", answer.status.to_string())
            .value("location", to)
            .proof(line(exchange)),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clients::ClientId;
    use crate::evidence::{MetadataForm, Purpose};
    use crate::sample::{ISSUER, Sample, server_metadata};

    fn first(status: u16) -> Sample {
        let purpose = Purpose::ServerMetadata { issuer: ISSUER.to_owned(), form: MetadataForm::OauthInsert };
        Sample::healthy().answer(purpose, status, &[("location", "https://elsewhere.example.com/")], "")
    }

    #[test]
    fn each_variant_stops_everybody_where_nothing_else_stands() {
        let cases = [
            (500, "server-error"),
            (401, "unauthorized"),
            (302, "redirect"),
            (429, "rate-limited"),
            (418, "unexpected"),
        ];
        for (status, variant) in cases {
            let finding = first(status).finding(&CHECK);
            assert_eq!((finding.variant, finding.affects.len()), (variant, 0));
        }
    }

    #[test]
    fn with_a_second_form_only_those_stop_who_do_not_go_on() {
        let second = |sample: Sample| {
            let purpose = Purpose::ServerMetadata { issuer: ISSUER.to_owned(), form: MetadataForm::OidcInsert };
            sample.json(purpose, server_metadata())
        };
        let hit = second(first(500)).finding(&CHECK).affects;
        assert!(
            hit.contains(&ClientId::Cursor) && hit.contains(&ClientId::FastMcp) && !hit.contains(&ClientId::VsCode)
        );
        assert_eq!(second(first(401)).examine(&CHECK), Outcome::Pass);
        assert_eq!(Sample::healthy().examine(&CHECK), Outcome::Pass);
        assert!(matches!(Sample::unseen("https://a.example/").examine(&CHECK), Outcome::Unknown(_)));
    }
}
