use crate::check::{Category, Check, Finding, Outcome, Owner, Requirement, Stage};
use crate::clients::ClientId;
use crate::evidence::Evidence;

pub const CHECK: Check = Check {
    code: "reach-port-443",
    stage: Stage::Reach,
    category: Category::Client,
    owner: Owner::McpServer,
    requirement: Requirement::Should,
    reference: "Claude connector documentation; Scalekit, MCP troubleshooting",
    after: &["reach-public-for-cloud"],
    variants: &["other-port"],
    words: include_str!("reach_port_443.md"),
    examine,
};

fn examine(evidence: &Evidence) -> Outcome {
    let Some(server) = &evidence.subject.server else { return Outcome::SetAside("no server was named") };
    if evidence.cloud_client() != Some(ClientId::ClaudeConnectors) {
        return Outcome::SetAside("only Claude's connectors ask for the standard port");
    }
    match server.port() {
        Some(port) if server.scheme() == "https" => Outcome::fail(
            Finding::new(&CHECK, "other-port")
                .affects([ClientId::ClaudeConnectors])
                .value("port", port.to_string())
                .value("host", server.host_str().unwrap_or_default())
                .proof(format!("the address is {server}")),
        ),
        _ => Outcome::Pass,
    }
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
    fn another_port_counts_for_claude_alone() {
        let sample = Sample::unseen("https://mcp.example.com:8443/mcp");
        assert!(matches!(sample.examine(&CHECK), Outcome::SetAside(_)));
        let asked = sample.change(|evidence| evidence.subject.client = Some(ClientId::ClaudeDesktop));
        assert_eq!(asked.finding(&CHECK).variant, "other-port");
        let healthy = Sample::healthy().change(|evidence| evidence.subject.client = Some(ClientId::ClaudeConnectors));
        assert_eq!(healthy.examine(&CHECK), Outcome::Pass);
    }
}
