use crate::check::{Category, Check, Finding, Outcome, Owner, Requirement, Severity, Stage};
use crate::computer::concern::{self, whose};
use crate::computer::{ConfigProblem, ProblemKind};
use crate::evidence::Evidence;

pub const CHECK: Check = Check {
    code: "local-mcp-remote-arguments",
    stage: Stage::Local,
    category: Category::Client,
    owner: Owner::User,
    requirement: Requirement::Must,
    reference: "mcp-remote 0.15.1, README and source (command line)",
    after: &[],
    variants: &["flag-before-url", "needs-allow-http", "undefined-variable", "unknown-flag"],
    words: include_str!("local_mcp_remote_arguments.md"),
    examine,
};

const KINDS: &[ProblemKind] = &[
    ProblemKind::FlagBeforeUrl,
    ProblemKind::NoUrl,
    ProblemKind::HttpsOnly,
    ProblemKind::UndefinedVariable,
    ProblemKind::UnknownFlag,
];

fn examine(evidence: &Evidence) -> Outcome {
    let computer = match concern::computer(evidence) {
        Ok(computer) => computer,
        Err(outcome) => return outcome,
    };
    let servers = concern::servers(evidence, computer);
    let mut findings: Vec<Finding> = concern::problems(evidence, computer, KINDS)
        .map(|problem| {
            let server = servers.iter().find(|server| Some(&server.id) == problem.server.as_ref());
            Finding::new(&CHECK, variant(problem))
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

fn variant(problem: &ConfigProblem) -> &'static str {
    let is = |kinds: &[ProblemKind]| kinds.iter().any(|kind| kind.word() == problem.kind);
    match () {
        _ if is(&[ProblemKind::FlagBeforeUrl]) => "flag-before-url",
        _ if is(&[ProblemKind::HttpsOnly]) => "needs-allow-http",
        _ if is(&[ProblemKind::UndefinedVariable]) => "undefined-variable",
        _ => "unknown-flag",
    }
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
    fn every_kind_of_problem_is_told_when_it_concerns_the_server() {
        for (kind, variant) in [
            (ProblemKind::FlagBeforeUrl, "flag-before-url"),
            (ProblemKind::HttpsOnly, "needs-allow-http"),
            (ProblemKind::UndefinedVariable, "undefined-variable"),
            (ProblemKind::UnknownFlag, "unknown-flag"),
        ] {
            let mut computer = mcp_remote("0.15.1");
            computer.problems.push(problem(kind, Some(computer.servers[0].id.clone())));
            let finding = of(computer.clone()).finding(&CHECK);
            assert_eq!((finding.variant, finding.severity), (variant, Severity::Error));
            assert!(finding.affects.contains(&ClientId::ClaudeDesktop));
            computer.problems[0].server = Some("another".to_owned());
            assert_eq!(of(computer.clone()).examine(&CHECK), Outcome::Pass);
            computer.problems[0].server = None;
            assert_eq!(of(computer).examine(&CHECK), Outcome::Pass, "a file that names other servers only");
        }
    }
}
