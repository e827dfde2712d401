use crate::check::{Category, Check, Finding, Outcome, Owner, Requirement, Severity, Stage};
use crate::checks::UNREACHED;
use crate::clients::ClientId;
use crate::evidence::Evidence;
use serde_json::Value;

pub const CHECK: Check = Check {
    code: "cl-chatgpt",
    stage: Stage::ClientSpecific,
    category: Category::Client,
    owner: Owner::AuthorizationServer,
    requirement: Requirement::Should,
    reference: "OpenAI Apps SDK, Authentication; RFC 9207",
    after: UNREACHED,
    variants: &["callback-of-its-own"],
    words: include_str!("cl_chatgpt.md"),
    examine,
};

fn examine(evidence: &Evidence) -> Outcome {
    if evidence.subject.client != Some(ClientId::ChatGpt) {
        return Outcome::SetAside("it was not asked about ChatGPT");
    }
    let Some(metadata) = evidence.server_metadata_read() else {
        return Outcome::Unknown("the sign-in service's metadata was not seen".to_owned());
    };
    let is_on = |name: &str| metadata.member(name) == Some(&Value::Bool(true));
    // Where ChatGPT registers itself, it names its own return address and nobody has to enter one.
    let by_itself =
        metadata.endpoint("registration_endpoint").is_some() || is_on("client_id_metadata_document_supported");
    if is_on("authorization_response_iss_parameter_supported") || by_itself {
        return Outcome::Pass;
    }
    Outcome::fail(
        Finding::new(&CHECK, "callback-of-its-own")
            .severity(Severity::Warning)
            .affects([ClientId::ChatGpt])
            .proof("the metadata lacks authorization_response_iss_parameter_supported, and offers no registration"),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample::{SERVER, Sample};

    #[test]
    fn a_healthy_server_is_fine() {
        assert!(matches!(Sample::healthy().examine(&CHECK), Outcome::SetAside(_)));
    }

    #[test]
    fn nothing_seen_is_never_a_pass() {
        let outcome = Sample::unseen(SERVER).examine(&CHECK);
        assert!(matches!(outcome, Outcome::Unknown(_) | Outcome::SetAside(_)), "{outcome:?}");
    }

    #[test]
    fn a_return_address_that_must_be_entered_by_hand_is_told() {
        let asked = |sample: Sample| sample.change(|evidence| evidence.subject.client = Some(ClientId::ChatGpt));
        assert_eq!(asked(Sample::healthy()).examine(&CHECK), Outcome::Pass);
        let by_hand = asked(Sample::healthy()).server_metadata(|document| {
            for name in [
                "registration_endpoint",
                "client_id_metadata_document_supported",
                "authorization_response_iss_parameter_supported",
            ] {
                document.as_object_mut().expect("an object").remove(name);
            }
        });
        assert_eq!(by_hand.finding(&CHECK).variant, "callback-of-its-own");
    }
}
