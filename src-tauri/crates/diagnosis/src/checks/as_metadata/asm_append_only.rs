use super::{NAMED, forms};
use crate::check::{Category, Check, Finding, Outcome, Owner, Requirement, Stage};
use crate::discovery::{line, object};
use crate::evidence::{Evidence, MetadataForm, Purpose};

pub const CHECK: Check = Check {
    code: "asm-append-only",
    stage: Stage::AsMetadata,
    category: Category::Connection,
    owner: Owner::AuthorizationServer,
    requirement: Requirement::Must,
    reference: "RFC 8414 section 3.1",
    after: NAMED,
    variants: &["append-only"],
    words: include_str!("asm_append_only.md"),
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
    let Some(appended) =
        evidence.exchange(&Purpose::ServerMetadata { issuer: issuer.clone(), form: MetadataForm::OauthAppend })
    else {
        return Outcome::SetAside("there is no such form for this issuer");
    };
    if !appended.outcome.as_ref().is_ok_and(|answer| object(answer).is_some()) {
        return Outcome::SetAside("nothing stands there either");
    }
    let expected = crate::oauth::well_known::server_metadata(&issuer, MetadataForm::OauthInsert);
    let expected = expected.map(|url| url.to_string()).unwrap_or_default();
    let finding = Finding::new(&CHECK, "append-only").proof(line(appended)).compare(
        "Apps ask at",
        expected,
        "It stands at",
        appended.request.url.as_str(),
    );
    Outcome::fail(forms.iter().fold(finding, |finding, (_, exchange)| finding.proof(line(exchange))))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample::{ISSUER, Sample, server_metadata};

    #[test]
    fn instructions_where_no_client_looks() {
        let at = |form| Purpose::ServerMetadata { issuer: ISSUER.to_owned(), form };
        let sample = Sample::healthy()
            .answer(at(MetadataForm::OauthInsert), 404, &[], "")
            .json(at(MetadataForm::OauthAppend), server_metadata());
        assert_eq!(sample.finding(&CHECK).variant, "append-only");
        assert_eq!(Sample::healthy().examine(&CHECK), Outcome::Pass);
        assert!(matches!(Sample::unseen("https://a.example/").examine(&CHECK), Outcome::Unknown(_)));
    }
}
