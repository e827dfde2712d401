use crate::check::{Category, Check, Confidence, Finding, Outcome, Owner, Requirement, Stage};
use crate::evidence::Evidence;
use crate::framework::Framework;
use crate::scalekit;
use crate::trial::{Audience, Reason, Trial};

pub const CHECK: Check = Check {
    code: "tok-iss-migration",
    stage: Stage::TokenValidation,
    category: Category::Token,
    owner: Owner::McpServer,
    requirement: Requirement::Should,
    reference: "PrefectHQ/fastmcp issue 4797 and pull request 4798; mcp-use issue 2271",
    after: &["tok-format", "tok-alg", "tok-kid", "tok-jwks-reachable", "tok-jwks-rotation", "tok-signature", "tok-iss"],
    variants: &["environment-pinned", "resource-pinned"],
    words: include_str!("tok_iss_migration.md"),
    examine,
};

fn examine(evidence: &Evidence) -> Outcome {
    let trial = match Trial::of_readable(evidence) {
        Ok(trial) => trial,
        Err(outcome) => return outcome,
    };
    let named = trial.named_issuers();
    let (Some(issuer), Some(environment)) =
        (trial.token.issuer(), named.iter().find_map(|named| scalekit::environment_of(named)))
    else {
        return Outcome::SetAside("the sign-in service is not Scalekit");
    };
    if trial.is_in() {
        return Outcome::Pass;
    }
    let Some(_) = trial.refusal() else {
        return Outcome::Unknown("which form the server takes shows only when it checks a token".to_owned());
    };
    if trial.issuer_fits() != Some(true) {
        return Outcome::SetAside("the issuer is neither of Scalekit's two forms");
    }
    let pinned = match trial.reason() {
        Some(Reason::Issuer) => true,
        Some(_) => false,
        // A guess from the framework, and only where the token itself does not explain the refusal.
        None => {
            let about_the_token = !trial.faults().is_empty()
                || trial.is_out_of_its_time()
                || matches!(trial.audience(), Audience::Elsewhere | Audience::Slash { .. });
            !about_the_token && pins_the_environment(&trial)
        }
    };
    if !pinned {
        return Outcome::Unknown("the server does not say that it is about the issuer".to_owned());
    }
    let (variant, wanted) = match scalekit::resource_id_of(issuer) {
        Some(_) => ("environment-pinned", environment),
        None if trial.reason() == Some(Reason::Issuer) => (
            "resource-pinned",
            named.iter().find(|named| scalekit::resource_id_of(named).is_some()).cloned().unwrap_or_default(),
        ),
        None => return Outcome::Unknown("the server does not say that it is about the issuer".to_owned()),
    };
    let sure = if trial.reason().is_some() { Confidence::Likely } else { Confidence::Possible };
    let mut finding = Finding::new(&CHECK, variant).confidence(sure).proof(trial.said()).compare(
        "The server most likely expects",
        wanted,
        "The token says",
        issuer,
    );
    if let Some(guess) = &trial.framework {
        finding = finding.proof(guess.told());
    }
    Outcome::fail(finding)
}

/// Frameworks that know the environment's root alone.
fn pins_the_environment(trial: &Trial<'_>) -> bool {
    trial.framework.as_ref().is_some_and(|guess| match guess.framework {
        Framework::FastapiFastmcp => true,
        Framework::FastmcpScalekit => guess.version.is_some_and(|version| version < 4),
        _ => false,
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::sample::Sample;

    #[test]
    fn a_token_that_explains_the_refusal_by_itself_leaves_no_guess() {
        let (ran_out, too_fresh) = (crate::sample::now() - 60, crate::sample::now() + 20);
        for (claim, value) in [
            ("exp", json!(1_000_000_000)),
            ("exp", json!(ran_out)),
            ("iat", json!(too_fresh)),
            ("aud", json!(["res_999"])),
        ] {
            let sample = Sample::healthy()
                .token(|claims| claims[claim] = value)
                .refuses("")
                .built_with(Framework::FastapiFastmcp);
            assert!(matches!(sample.examine(&CHECK), Outcome::Unknown(_)), "{claim}");
        }
    }

    #[test]
    fn a_server_that_knows_one_form_is_named() {
        let said = Sample::healthy().token(|_| {}).refuses("Token comes from another issuer");
        assert_eq!(said.finding(&CHECK).variant, "environment-pinned");
        let sample = Sample::healthy().token(|_| {}).refuses("").built_with(Framework::FastapiFastmcp);
        assert_eq!(sample.finding(&CHECK).variant, "environment-pinned");
        assert_eq!(sample.finding(&CHECK).confidence, Confidence::Possible);
        let reverse = Sample::healthy()
            .token(|claims| claims["iss"] = json!("https://acme.scalekit.com"))
            .refuses("issuer mismatch");
        assert_eq!(reverse.finding(&CHECK).variant, "resource-pinned");
    }

    #[test]
    fn silence_and_acceptance_prove_nothing() {
        assert_eq!(Sample::healthy().token(|_| {}).examine(&CHECK), Outcome::Pass);
        assert!(matches!(Sample::healthy().token(|_| {}).refuses("no").examine(&CHECK), Outcome::Unknown(_)));
        let express = Sample::healthy().token(|_| {}).refuses("").built_with(Framework::Express);
        assert!(matches!(express.examine(&CHECK), Outcome::Unknown(_)));
    }
}
