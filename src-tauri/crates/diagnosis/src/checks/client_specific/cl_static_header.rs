use crate::check::{Category, Check, Confidence, Finding, Outcome, Owner, Requirement, Stage};
use crate::computer::concern::{self, whose};
use crate::evidence::Evidence;

pub const CHECK: Check = Check {
    code: "cl-static-header",
    stage: Stage::ClientSpecific,
    category: Category::Client,
    owner: Owner::User,
    requirement: Requirement::Should,
    reference: "Configs of Claude Code, Cursor, VS Code and Zed: with an Authorization header they do not sign in",
    after: &[],
    variants: &["authorization"],
    words: include_str!("cl_static_header.md"),
    examine,
};

fn examine(evidence: &Evidence) -> Outcome {
    let computer = match concern::computer(evidence) {
        Ok(computer) => computer,
        Err(outcome) => return outcome,
    };
    let servers = concern::servers(evidence, computer);
    if servers.is_empty() {
        return Outcome::SetAside("no client on this computer names this server");
    }
    let fixed =
        servers.iter().filter(|server| server.headers.iter().any(|name| name.eq_ignore_ascii_case("authorization")));
    let fixed: Vec<_> = fixed.collect();
    if fixed.is_empty() {
        return Outcome::Pass;
    }
    // Without a sign-in of its own, a server is reached by a fixed header as it should be.
    if evidence.unauthorized().is_none() {
        return Outcome::Unknown("the server did not ask for a sign-in".to_owned());
    }
    if evidence.resource_metadata().is_none() && evidence.server_metadata().is_none() {
        return Outcome::SetAside("this server has no sign-in of its own, so a fixed header is its way");
    }
    let confidence = if evidence.subject.client.is_some() { Confidence::Likely } else { Confidence::Possible };
    let finding = |server: &&&crate::computer::ConfiguredServer| {
        let place = server.line.map(|line| format!(" (line {line})")).unwrap_or_default();
        Finding::new(&CHECK, "authorization")
            .confidence(confidence)
            .affects(whose(server))
            .value("client", server.client.name())
            .value("name", server.name.clone())
            .value("config", format!("{}{place}", server.config))
            .proof(format!("{}{place}: \"{}\" sets the header Authorization", server.config, server.name))
    };
    Outcome::of(fixed.iter().map(finding).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clients::ClientId;
    use crate::computer::Computer;
    use crate::computer::sample::{native, of};
    use crate::sample::{SERVER, Sample};

    fn with(headers: &[&str]) -> Computer {
        let mut server = native(ClientId::Cursor, "todo");
        server.headers = headers.iter().map(|name| (*name).to_owned()).collect();
        Computer { servers: vec![server], ..Computer::default() }
    }

    #[test]
    fn a_fixed_pass_hides_the_sign_in() {
        let finding = of(with(&["authorization"])).finding(&CHECK);
        assert_eq!(finding.affects, [ClientId::Cursor]);
        assert_eq!(of(with(&["X-Team"])).examine(&CHECK), Outcome::Pass);
    }

    #[test]
    fn what_was_not_seen_is_not_claimed() {
        assert!(matches!(Sample::healthy().examine(&CHECK), Outcome::SetAside(_)));
        let unseen = Sample::unseen(SERVER).change(|evidence| {
            evidence.computer = Some(crate::sample::fact(Ok(with(&["Authorization"]))));
        });
        assert!(matches!(unseen.examine(&CHECK), Outcome::Unknown(_)));
    }
}
