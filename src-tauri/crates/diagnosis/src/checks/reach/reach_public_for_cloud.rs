use crate::check::{Category, Check, Finding, Outcome, Owner, Requirement, Stage};
use crate::door::{self, Reach};
use crate::evidence::Evidence;

pub const CHECK: Check = Check {
    code: "reach-public-for-cloud",
    stage: Stage::Reach,
    category: Category::Client,
    owner: Owner::User,
    requirement: Requirement::Must,
    reference: "Claude and ChatGPT connector documentation; RFC 1918; RFC 6761",
    after: &["reach-url-valid"],
    variants: &["this-computer", "private-network"],
    words: include_str!("reach_public_for_cloud.md"),
    examine,
};

fn examine(evidence: &Evidence) -> Outcome {
    let Some(server) = &evidence.subject.server else { return Outcome::SetAside("no server was named") };
    let Some(client) = evidence.cloud_client() else {
        return Outcome::SetAside("the client does not call from its maker's cloud");
    };
    let variant = match door::reach(server, evidence) {
        Reach::Public => return Outcome::Pass,
        Reach::Unknown => return Outcome::Unknown("the server's address is not known".to_owned()),
        Reach::ThisComputer => "this-computer",
        Reach::PrivateNetwork => "private-network",
    };
    Outcome::fail(
        Finding::new(&CHECK, variant)
            .affects([client])
            .value("client", client.name())
            .value("host", server.host_str().unwrap_or_default())
            .proof(format!(
                "{server} leads to an address that only {} reaches",
                if variant == "this-computer" { "this computer" } else { "this network" }
            )),
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
    fn only_a_cloud_client_minds_where_the_server_is() {
        use crate::clients::ClientId;
        let local = Sample::unseen("http://localhost:3000/mcp");
        assert!(matches!(local.examine(&CHECK), Outcome::SetAside(_)));
        let asked = local.change(|evidence| evidence.subject.client = Some(ClientId::ChatGpt));
        assert_eq!(asked.finding(&CHECK).variant, "this-computer");
        let private = Sample::unseen("https://10.0.0.7/mcp")
            .change(|evidence| evidence.subject.client = Some(ClientId::ClaudeDesktop));
        assert_eq!(private.finding(&CHECK).variant, "private-network");
        assert_eq!(private.finding(&CHECK).affects, [ClientId::ClaudeConnectors]);
        let public = Sample::healthy().change(|evidence| evidence.subject.client = Some(ClientId::ChatGpt));
        assert_eq!(public.examine(&CHECK), Outcome::Pass);
    }
}
