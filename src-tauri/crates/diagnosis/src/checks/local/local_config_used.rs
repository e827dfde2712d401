use crate::check::{Category, Check, Finding, Outcome, Owner, Requirement, Severity, Stage};
use crate::computer::concern::{self, whose};
use crate::computer::{ConfigProblem, ProblemKind};
use crate::evidence::Evidence;

pub const CHECK: Check = Check {
    code: "local-config-used",
    stage: Stage::Local,
    category: Category::Client,
    owner: Owner::User,
    requirement: Requirement::Must,
    reference: "support.claude.com/en/articles/11503834; the clients' own documents (client configs)",
    after: &[],
    variants: &["url-ignored", "wrong-key", "token-ignored", "type-missing", "two-configs", "entry-refused", "unclear"],
    words: include_str!("local_config_used.md"),
    examine,
};

const KINDS: &[ProblemKind] = &[
    ProblemKind::UrlIgnored,
    ProblemKind::WrongKey,
    ProblemKind::UrlAndCommand,
    ProblemKind::TokenIgnored,
    ProblemKind::TypeMissing,
    ProblemKind::EntryRefused,
    ProblemKind::WrongShape,
    ProblemKind::SameNameTwice,
    ProblemKind::NoUrlNoCommand,
    ProblemKind::TwoConfigs,
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
        _ if is(&[ProblemKind::UrlIgnored]) => "url-ignored",
        _ if is(&[ProblemKind::WrongKey]) => "wrong-key",
        _ if is(&[ProblemKind::TokenIgnored]) => "token-ignored",
        _ if is(&[ProblemKind::TypeMissing]) => "type-missing",
        _ if is(&[ProblemKind::EntryRefused, ProblemKind::WrongShape]) => "entry-refused",
        _ if is(&[ProblemKind::TwoConfigs]) => "two-configs",
        _ => "unclear",
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
            (ProblemKind::UrlIgnored, "url-ignored"),
            (ProblemKind::WrongKey, "wrong-key"),
            (ProblemKind::TokenIgnored, "token-ignored"),
            (ProblemKind::TypeMissing, "type-missing"),
            (ProblemKind::EntryRefused, "entry-refused"),
            (ProblemKind::TwoConfigs, "two-configs"),
            (ProblemKind::UrlAndCommand, "unclear"),
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
