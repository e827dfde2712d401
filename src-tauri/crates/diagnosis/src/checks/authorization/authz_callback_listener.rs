use crate::browser::{self, BrowserReading, ReturnAddress, ReturnPortHolder, ReturnPortState};
use crate::check::{Category, Check, Finding, Outcome, Owner, Requirement, Severity, Stage};
use crate::evidence::Evidence;

pub const CHECK: Check = Check {
    code: "authz-callback-listener",
    stage: Stage::Authorization,
    category: Category::Browser,
    owner: Owner::User,
    requirement: Requirement::Should,
    reference: "RFC 8252 section 7.3 and 8.3; anomalyco/opencode#31824; punkpeye/mcp-remote#259",
    after: &[],
    variants: &["other-program", "other-half", "forbidden"],
    words: include_str!("authz_callback_listener.md"),
    examine,
};

fn examine(evidence: &Evidence) -> Outcome {
    let reading = match browser::seen(evidence) {
        Ok(reading) => reading,
        Err(outcome) => return outcome,
    };
    let ports: Vec<&ReturnAddress> = reading.way_back.iter().filter(|address| address.port.is_some()).collect();
    if ports.is_empty() {
        return Outcome::SetAside("no client in question comes back to a fixed port of this computer");
    }
    // Where the ports of every client were looked at, `local-port-free` says who holds them.
    let is_said = |finding: &Finding| evidence.computer.is_some() && finding.variant != "other-half";
    let findings: Vec<Finding> =
        ports.iter().filter_map(|address| look(address, reading)).filter(|finding| !is_said(finding)).collect();
    let unseen = ports.iter().any(|address| {
        address
            .port
            .as_ref()
            .is_some_and(|port| port.ipv4 == ReturnPortState::Unknown && port.ipv6 == ReturnPortState::Unknown)
    });
    if findings.is_empty() && unseen {
        return Outcome::Unknown("whether the port of the way back is free could not be seen".to_owned());
    }
    Outcome::of(findings)
}

fn look(address: &ReturnAddress, reading: &BrowserReading) -> Option<Finding> {
    let port = address.port.as_ref()?;
    // The client itself may be waiting there: that is how it should be.
    if port.holder.as_ref().is_some_and(|holder| is_client(holder, address)) {
        return None;
    }
    let variant = match (port.ipv4, port.ipv6) {
        (ReturnPortState::Forbidden, _) => "forbidden",
        (ReturnPortState::Taken, _) => "other-program",
        // Clients listen on 127.0.0.1; a browser asks ::1 first where somebody listens there.
        (ReturnPortState::Free, ReturnPortState::Taken) if address.uri.contains("localhost") => "other-half",
        _ => return None,
    };
    let holder = port.holder.as_ref().map_or_else(|| "another program".to_owned(), holder_words);
    // Only a client that was asked about is known to be in use here.
    let asked = reading.client == Some(address.client);
    let mut finding = Finding::new(&CHECK, variant)
        .severity(if asked { Severity::Error } else { Severity::Warning })
        .affects([address.client])
        .value("client", address.client.name())
        .value("port", port.port.to_string())
        .value("uri", address.uri.clone())
        .value("holder", holder.clone())
        .proof(format!("{} comes back to {}", address.client.name(), address.uri));
    finding = match variant {
        "forbidden" => finding.proof(format!("nobody listens on port {}, and the system lets nobody", port.port)),
        "other-half" => {
            finding.proof(format!("[::1]:{} is held by {holder}, 127.0.0.1:{} is free", port.port, port.port))
        }
        _ => finding.proof(format!("127.0.0.1:{} is held by {holder}", port.port)),
    };
    Some(finding)
}

fn is_client(holder: &ReturnPortHolder, address: &ReturnAddress) -> bool {
    use crate::clients::ClientId;
    if holder.mcp_remote {
        return address.client == ClientId::McpRemote;
    }
    let Some(name) = holder.name.as_deref().map(str::to_ascii_lowercase) else { return false };
    let own: &[&str] = match address.client {
        ClientId::VsCode => &["code", "code-insiders", "code helper", "codium"],
        ClientId::Cursor => &["cursor"],
        ClientId::ClaudeCode => &["claude"],
        ClientId::OpenCode => &["opencode"],
        ClientId::Codex => &["codex"],
        ClientId::Zed => &["zed"],
        ClientId::Cline | ClientId::Continue => &["code"],
        _ => &[],
    };
    own.iter().any(|own| name == *own || name.starts_with(&format!("{own} ")) || name.starts_with(&format!("{own}.")))
}

fn holder_words(holder: &ReturnPortHolder) -> String {
    let name = match (&holder.name, holder.mcp_remote) {
        (_, true) => "mcp-remote",
        (Some(name), _) => name.as_str(),
        (None, _) => "another program",
    };
    match holder.pid {
        Some(pid) => format!("{name} (process {pid})"),
        None => name.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::browser::sample::{linux, of, with};
    use crate::browser::{ReturnPort, ReturnWay};
    use crate::clients::ClientId;
    use crate::sample::Sample;

    fn sample(client: Option<ClientId>, ipv4: ReturnPortState, ipv6: ReturnPortState, holder: Option<&str>) -> Sample {
        with(linux(), |reading| {
            reading.client = client;
            reading.way_back.push(ReturnAddress {
                client: ClientId::VsCode,
                uri: "http://localhost:33418/".to_owned(),
                way: ReturnWay::FixedPort,
                port: Some(ReturnPort {
                    port: 33418,
                    ipv4,
                    ipv6,
                    holder: holder.map(|name| ReturnPortHolder {
                        pid: Some(77),
                        name: Some(name.to_owned()),
                        mcp_remote: false,
                    }),
                }),
            });
        })
    }

    #[test]
    fn a_free_port_passes_and_unseen_does_not() {
        let free = sample(Some(ClientId::VsCode), ReturnPortState::Free, ReturnPortState::Free, None);
        assert_eq!(free.examine(&CHECK), Outcome::Pass);
        assert!(matches!(of(linux()).examine(&CHECK), Outcome::SetAside(_)));
        assert!(matches!(Sample::healthy().examine(&CHECK), Outcome::SetAside(_)));
        let unseen = sample(Some(ClientId::VsCode), ReturnPortState::Unknown, ReturnPortState::Unknown, None);
        assert!(matches!(unseen.examine(&CHECK), Outcome::Unknown(_)));
    }

    #[test]
    fn another_program_on_the_port_is_named() {
        let finding = sample(Some(ClientId::VsCode), ReturnPortState::Taken, ReturnPortState::Free, Some("python3"))
            .finding(&CHECK);
        assert_eq!((finding.variant, finding.severity), ("other-program", Severity::Error));
        assert_eq!(finding.values["holder"], "python3 (process 77)");
        let unasked = sample(None, ReturnPortState::Taken, ReturnPortState::Free, Some("python3")).finding(&CHECK);
        assert_eq!(unasked.severity, Severity::Warning);
    }

    #[test]
    fn the_client_itself_may_wait_there() {
        for own in ["code", "Code Helper (Plugin)", "Code.exe"] {
            let waiting = sample(Some(ClientId::VsCode), ReturnPortState::Taken, ReturnPortState::Free, Some(own));
            assert_eq!(waiting.examine(&CHECK), Outcome::Pass, "{own}");
        }
    }

    #[test]
    fn a_program_on_the_other_half_takes_the_answer() {
        let finding =
            sample(Some(ClientId::VsCode), ReturnPortState::Free, ReturnPortState::Taken, None).finding(&CHECK);
        assert_eq!(finding.variant, "other-half");
    }

    #[test]
    fn a_port_that_the_system_keeps_is_forbidden() {
        let finding = sample(Some(ClientId::VsCode), ReturnPortState::Forbidden, ReturnPortState::Forbidden, None)
            .finding(&CHECK);
        assert_eq!(finding.variant, "forbidden");
    }
}
