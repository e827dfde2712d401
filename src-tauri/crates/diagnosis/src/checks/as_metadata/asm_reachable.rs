use super::{NAMED, forms};
use crate::check::{Category, Check, Finding, Outcome, Owner, Requirement, Stage};
use crate::discovery::{line, object};
use crate::evidence::{Evidence, MetadataForm, NoAnswerKind, Purpose};
use crate::scalekit;

pub const CHECK: Check = Check {
    code: "asm-reachable",
    stage: Stage::AsMetadata,
    category: Category::Connection,
    owner: Owner::McpServer,
    requirement: Requirement::Must,
    reference: "RFC 8414 section 3.1; MCP 2026-07-28, Authorization Server Metadata Discovery",
    after: NAMED,
    variants: &["not-found", "resource-unknown", "no-connection"],
    words: include_str!("asm_reachable.md"),
    examine,
};

fn examine(evidence: &Evidence) -> Outcome {
    let (issuer, forms) = match forms(evidence) {
        Ok(forms) => forms,
        Err(outcome) => return outcome,
    };
    if forms.iter().any(|(_, exchange)| exchange.outcome.as_ref().is_ok_and(|answer| object(answer).is_some())) {
        return Outcome::Pass;
    }
    let finding = |variant| {
        let finding = Finding::new(&CHECK, variant).value("issuer", issuer.clone());
        forms.iter().fold(finding, |finding, (_, exchange)| finding.proof(line(exchange)))
    };
    let silence = forms.iter().find_map(|(_, exchange)| exchange.outcome.as_ref().err());
    let answers: Vec<u16> =
        forms.iter().filter_map(|(_, exchange)| Some(exchange.outcome.as_ref().ok()?.status)).collect();
    if answers.is_empty() {
        return match silence {
            Some(silence) if matches!(silence.kind, NoAnswerKind::PrivateAddress { .. } | NoAnswerKind::NotHttpUrl) => {
                Outcome::SetAside("the address of the sign-in service was not asked")
            }
            Some(silence) if silence.kind != NoAnswerKind::Cancelled => {
                Outcome::fail(finding("no-connection").value("detail", silence.detail.clone()))
            }
            _ => Outcome::Unknown("the sign-in service was not asked to the end".to_owned()),
        };
    }
    // Pages, locks and errors are said by the checks that follow; so is the form that no client tries.
    let appended = Purpose::ServerMetadata { issuer: issuer.clone(), form: MetadataForm::OauthAppend };
    if evidence.answer(&appended).is_some_and(|answer| object(answer).is_some())
        || answers.iter().any(|status| !matches!(status, 400 | 404 | 405 | 406 | 410))
    {
        return Outcome::SetAside("the sign-in service answers with something else");
    }
    let environment = evidence.answer(&Purpose::EnvironmentMetadata).is_some_and(|answer| object(answer).is_some());
    if let (true, Some(resource)) = (environment, scalekit::resource_id_of(&issuer)) {
        let name = scalekit::environment_of(&issuer).unwrap_or_default();
        return Outcome::fail(finding("resource-unknown").value("resource", resource).value("environment", name));
    }
    Outcome::fail(finding("not-found"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample::{ISSUER, Sample};

    fn insert(form: MetadataForm) -> Purpose {
        Purpose::ServerMetadata { issuer: ISSUER.to_owned(), form }
    }

    #[test]
    fn each_variant() {
        let gone = || Sample::healthy().answer(insert(MetadataForm::OauthInsert), 404, &[], "Not Found");
        let unknown = gone().finding(&CHECK);
        assert_eq!((unknown.variant, unknown.values["resource"].as_str()), ("resource-unknown", "res_123"));
        let plain = gone().answer(Purpose::EnvironmentMetadata, 404, &[], "");
        assert_eq!(plain.finding(&CHECK).variant, "not-found");
        let silent = MetadataForm::SPEC_ORDER
            .into_iter()
            .fold(Sample::healthy(), |sample, form| sample.silence(insert(form), NoAnswerKind::NameNotFound));
        assert_eq!(silent.finding(&CHECK).variant, "no-connection");
    }

    #[test]
    fn one_form_is_enough() {
        let oidc = Sample::healthy()
            .answer(insert(MetadataForm::OauthInsert), 404, &[], "")
            .json(insert(MetadataForm::OidcAppend), crate::sample::server_metadata());
        assert_eq!(oidc.examine(&CHECK), Outcome::Pass);
        assert_eq!(Sample::healthy().examine(&CHECK), Outcome::Pass);
        assert!(matches!(Sample::unseen("https://a.example/").examine(&CHECK), Outcome::Unknown(_)));
    }
}
