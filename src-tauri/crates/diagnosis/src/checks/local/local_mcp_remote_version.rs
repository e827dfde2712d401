use crate::check::{Category, Check, Finding, Outcome, Owner, Requirement, Severity, Stage};
use crate::computer::ProblemKind;
use crate::computer::concern::{self, whose};
use crate::evidence::Evidence;

pub const CHECK: Check = Check {
    code: "local-mcp-remote-version",
    stage: Stage::Local,
    category: Category::Client,
    owner: Owner::User,
    requirement: Requirement::Must,
    reference: "CVE-2025-6514 (mcp-remote 0.0.5 to 0.1.15, fixed in 0.1.16)",
    after: &[],
    variants: &["dangerous"],
    words: include_str!("local_mcp_remote_version.md"),
    examine,
};

const KINDS: &[ProblemKind] = &[ProblemKind::DangerousVersion];

fn examine(evidence: &Evidence) -> Outcome {
    let computer = match concern::computer(evidence) {
        Ok(computer) => computer,
        Err(outcome) => return outcome,
    };
    let servers = concern::servers(evidence, computer);
    let mut findings: Vec<Finding> = concern::problems(evidence, computer, KINDS)
        .map(|problem| {
            let server = servers.iter().find(|server| Some(&server.id) == problem.server.as_ref());
            Finding::new(&CHECK, "dangerous")
                .severity(if problem.stops { Severity::Error } else { Severity::Warning })
                .affects(server.map_or_else(|| vec![problem.client], |server| whose(server)))
                .value("client", problem.client.name())
                .value("config", problem.config.clone())
                .value("what", problem.what.clone())
                .proof(problem.what.clone())
        })
        .collect();
    if findings.is_empty() {
        return if servers.is_empty() {
            Outcome::SetAside("no config on this computer concerns this server")
        } else {
            Outcome::Pass
        };
    }
    findings.sort_by_key(|finding| finding.severity);
    Outcome::of(findings)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clients::ClientId;
    use crate::computer::sample::{mcp_remote, of, problem};
    use crate::sample::Sample;

    #[test]
    fn a_config_without_problems_is_fine_and_unseen_is_set_aside() {
        assert_eq!(of(mcp_remote("0.15.1")).examine(&CHECK), Outcome::Pass);
        assert!(matches!(Sample::healthy().examine(&CHECK), Outcome::SetAside(_)));
    }

    #[test]
    fn a_version_with_a_hole_is_told_when_it_concerns_the_server() {
        let mut computer = mcp_remote("0.1.15");
        let id = computer.servers[0].id.clone();
        computer.problems.push(problem(ProblemKind::DangerousVersion, Some(id)));
        let finding = of(computer.clone()).finding(&CHECK);
        assert_eq!((finding.variant, finding.severity), ("dangerous", Severity::Error));
        assert!(finding.affects.contains(&ClientId::ClaudeDesktop));
        computer.problems[0].server = Some("another".to_owned());
        assert_eq!(of(computer).examine(&CHECK), Outcome::Pass);
    }
}
