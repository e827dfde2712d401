use crate::check::{Category, Check, Finding, Outcome, Owner, Requirement, Stage};
use crate::clients::hit_by;
use crate::evidence::Evidence;
use crate::sign_in::{NOT_TRIED, of};

pub const CHECK: Check = Check {
    code: "authz-iss",
    stage: Stage::Authorization,
    category: Category::Connection,
    owner: Owner::AuthorizationServer,
    requirement: Requirement::Must,
    reference: "RFC 9207 section 2.4; MCP 2026-07-28, authorization response validation",
    after: &[],
    variants: &["missing", "other"],
    words: include_str!("authz_iss.md"),
    examine,
};

fn examine(evidence: &Evidence) -> Outcome {
    let Some(reading) = of(evidence) else { return Outcome::SetAside(NOT_TRIED) };
    let Some(answer) = &reading.answer else { return Outcome::SetAside("no answer came back from the browser") };
    let finding = match &answer.iss {
        None if !reading.promises_iss => return Outcome::Pass,
        None => Finding::new(&CHECK, "missing").proof("The metadata promises iss; the answer has none"),
        Some(iss) if *iss == reading.issuer => return Outcome::Pass,
        Some(iss) => Finding::new(&CHECK, "other")
            .compare("The service calls itself", reading.issuer.clone(), "Its answer is stamped by", iss.clone())
            .proof(format!("iss={iss}")),
    };
    // The older SDKs and VS Code do not look at it.
    let looks = |_, engine: crate::clients::Engine| {
        use crate::clients::Engine;
        !matches!(engine, Engine::TypeScript1 | Engine::Python1 | Engine::VsCode)
    };
    Outcome::fail(finding.affects(hit_by(looks).unwrap_or_default()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample::Sample;
    use crate::sign_in::sample;

    fn variant(change: impl FnOnce(&mut crate::sign_in::SignInReading)) -> &'static str {
        Sample::healthy().change(|evidence| sample(evidence, change)).finding(&CHECK).variant
    }

    #[test]
    fn a_good_sign_in_passes_and_without_one_nothing_is_said() {
        assert_eq!(Sample::healthy().change(|evidence| sample(evidence, |_| {})).examine(&CHECK), Outcome::Pass);
        assert!(matches!(Sample::healthy().examine(&CHECK), Outcome::SetAside(_)));
    }

    #[test]
    fn every_variant_is_found() {
        assert_eq!(
            variant(|reading| {
                if let Some(answer) = &mut reading.answer {
                    answer.iss = None
                }
            }),
            "missing"
        );
        assert_eq!(
            variant(|reading| {
                if let Some(answer) = &mut reading.answer {
                    answer.iss = Some("https://elsewhere.example".to_owned())
                }
            }),
            "other"
        );
    }
}
