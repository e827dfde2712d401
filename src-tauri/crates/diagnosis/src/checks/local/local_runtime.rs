use crate::check::{Category, Check, Confidence, Finding, Outcome, Owner, Requirement, Severity, Stage};
use crate::clients::ClientId;
use crate::computer::concern::{self, whose};
use crate::computer::mcp_remote::{Version, least_node};
use crate::computer::{Computer, ConfiguredServer, ProblemKind, Route, RuntimeReading, SeenFrom};
use crate::evidence::Evidence;

pub const CHECK: Check = Check {
    code: "local-runtime",
    stage: Stage::Local,
    category: Category::Client,
    owner: Owner::User,
    requirement: Requirement::Must,
    reference: "undici 7.13 (Node 20.18.1); modelcontextprotocol/servers#64, #436; punkpeye/mcp-remote#52",
    after: &[],
    variants: &[
        "npx-not-found",
        "node-too-old",
        "space-in-path",
        "needs-cmd-c",
        "broken-copy",
        "helper-not-fetched",
        "helper-ended",
    ],
    words: include_str!("local_runtime.md"),
    examine,
};

const WINDOWS: &[ProblemKind] = &[ProblemKind::SpaceInArgument, ProblemKind::NeedsCmd, ProblemKind::NotOnPath];

fn examine(evidence: &Evidence) -> Outcome {
    let computer = match concern::computer(evidence) {
        Ok(computer) => computer,
        Err(outcome) => return outcome,
    };
    let servers: Vec<&ConfiguredServer> = concern::servers(evidence, computer)
        .into_iter()
        .filter(|server| matches!(server.route, Route::McpRemote { .. }))
        .collect();
    if servers.is_empty() {
        return Outcome::SetAside("no client on this computer reaches this server through mcp-remote");
    }
    let mut findings: Vec<Finding> = concern::problems(evidence, computer, WINDOWS)
        .map(|problem| {
            let variant = match problem.kind.as_str() {
                kind if kind == ProblemKind::NeedsCmd.word() => "needs-cmd-c",
                kind if kind == ProblemKind::NotOnPath.word() => "npx-not-found",
                _ => "space-in-path",
            };
            let server = servers.iter().find(|server| Some(&server.id) == problem.server.as_ref());
            Finding::new(&CHECK, variant)
                .severity(if problem.stops { Severity::Error } else { Severity::Warning })
                .confidence(Confidence::Likely)
                .affects(server.map_or_else(|| vec![problem.client], |server| whose(server)))
                .value("client", problem.client.name())
                .value("program", "the program")
                .value("what", problem.what.clone())
                .proof(problem.what.clone())
        })
        .collect();
    for server in &servers {
        findings.extend(missing(server, computer, evidence).or_else(|| too_old(server, computer)));
    }
    findings.sort_by_key(|finding| finding.severity);
    Outcome::of(findings)
}

fn readings<'a>(computer: &'a Computer, program: &'a str) -> impl Iterator<Item = &'a RuntimeReading> + 'a {
    computer.runtimes.iter().filter(move |reading| reading.program == program)
}

/// The program that starts mcp-remote is nowhere.
fn missing(server: &ConfiguredServer, computer: &Computer, evidence: &Evidence) -> Option<Finding> {
    let Route::McpRemote { through, .. } = &server.route else { return None };
    let mut looked = readings(computer, through).peekable();
    looked.peek()?;
    let found: Vec<&RuntimeReading> = looked.filter(|reading| reading.path.is_some()).collect();
    let for_desktop = found.iter().any(|reading| reading.seen_from == SeenFrom::Desktop);
    let anywhere = !found.is_empty();
    if anywhere {
        // Many apps look in more places than the desktop gives them, so this is worth a look and no more.
        let desktop_known = readings(computer, through).any(|reading| reading.seen_from == SeenFrom::Desktop);
        let in_terminal = found.iter().any(|reading| reading.seen_from == SeenFrom::Terminal);
        if for_desktop || !desktop_known || !in_terminal || !is_of_the_desktop(server.client) {
            return None;
        }
    }
    let finding = Finding::new(&CHECK, "npx-not-found")
        .affects(whose(server))
        .value("client", server.client.name())
        .value("program", through.clone())
        .value("what", format!("{} starts {through}, which is not where it looks for programs.", server.client.name()));
    let finding = readings(computer, through).fold(finding, |finding, reading| {
        let place = match reading.seen_from {
            SeenFrom::Desktop => "for apps started from the desktop",
            SeenFrom::Terminal => "in a terminal",
            SeenFrom::VersionFolder => "in a version manager's folder",
        };
        let path = reading.path.clone().unwrap_or_else(|| "not found".to_owned());
        finding.proof(format!("{through} {place}: {path}"))
    });
    let unsure = anywhere || concern::is_another_home(evidence);
    Some(if unsure {
        finding.severity(Severity::Warning).confidence(Confidence::Possible)
    } else {
        finding.confidence(Confidence::Likely)
    })
}

fn is_of_the_desktop(client: ClientId) -> bool {
    matches!(client, ClientId::ClaudeDesktop | ClientId::Cursor | ClientId::VsCode | ClientId::Windsurf | ClientId::Zed)
}

/// Node is older than this version of mcp-remote needs.
fn too_old(server: &ConfiguredServer, computer: &Computer) -> Option<Finding> {
    let uses = server.mcp_remote.as_ref()?;
    let needed = least_node(Version::parse(uses.version.as_deref()?)?);
    let Route::McpRemote { through, .. } = &server.route else { return None };
    if matches!(through.as_str(), "bunx" | "bun" | "deno" | "docker") {
        return None;
    }
    let parse = |reading: &RuntimeReading| {
        Some((Version::parse(reading.version.as_deref()?)?, reading.path.clone().unwrap_or_default()))
    };
    // Claude Desktop puts every version of nvm on its path, the lowest first.
    let lowest = readings(computer, "node")
        .filter(|reading| reading.seen_from == SeenFrom::VersionFolder)
        .filter(|reading| reading.path.as_deref().is_some_and(|path| path.replace('\\', "/").contains("/.nvm/")))
        .filter_map(parse)
        .min()
        .filter(|_| server.client == ClientId::ClaudeDesktop);
    let at = |seen_from| readings(computer, "node").find(|reading| reading.seen_from == seen_from).and_then(parse);
    let (version, path) = lowest.or_else(|| at(SeenFrom::Desktop)).or_else(|| at(SeenFrom::Terminal))?;
    (version < needed).then(|| {
        Finding::new(&CHECK, "node-too-old")
            .confidence(Confidence::Likely)
            .affects(whose(server))
            .value("client", server.client.name())
            .value("version", version.to_string())
            .value("needed", needed.to_string())
            .value("place", path.clone())
            .proof(format!(
                "{path}: Node {version}; mcp-remote {} needs {needed} or newer",
                uses.version.as_deref().unwrap_or_default()
            ))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::computer::ConfigProblem;
    use crate::computer::sample::{mcp_remote, of};
    use crate::sample::Sample;

    fn reading(program: &str, seen_from: SeenFrom, path: Option<&str>, version: Option<&str>) -> RuntimeReading {
        RuntimeReading {
            program: program.to_owned(),
            seen_from,
            path: path.map(str::to_owned),
            version: version.map(str::to_owned),
        }
    }

    fn with(version: &str, runtimes: Vec<RuntimeReading>) -> Sample {
        of(Computer { runtimes, ..mcp_remote(version) })
    }

    #[test]
    fn a_new_node_is_fine_and_unseen_is_set_aside() {
        let fine = vec![
            reading("npx", SeenFrom::Terminal, Some("/usr/bin/npx"), None),
            reading("node", SeenFrom::Terminal, Some("/usr/bin/node"), Some("20.20.2")),
        ];
        assert_eq!(with("0.1.37", fine).examine(&CHECK), Outcome::Pass);
        assert!(matches!(Sample::healthy().examine(&CHECK), Outcome::SetAside(_)));
    }

    #[test]
    fn npx_that_is_nowhere_stops_the_client() {
        let finding = with("0.1.37", vec![reading("npx", SeenFrom::Terminal, None, None)]).finding(&CHECK);
        assert_eq!((finding.variant, finding.severity), ("npx-not-found", Severity::Error));
        let only_in_terminal = vec![
            reading("npx", SeenFrom::Terminal, Some("~/.nvm/versions/node/v22.1.0/bin/npx"), None),
            reading("npx", SeenFrom::Desktop, None, None),
        ];
        assert_eq!(with("0.1.37", only_in_terminal).finding(&CHECK).severity, Severity::Warning);
    }

    #[test]
    fn an_old_node_stops_the_versions_that_need_a_newer_one() {
        let old = || {
            vec![
                reading("npx", SeenFrom::Terminal, Some("/usr/bin/npx"), None),
                reading(
                    "node",
                    SeenFrom::VersionFolder,
                    Some("~/.nvm/versions/node/v18.19.0/bin/node"),
                    Some("18.19.0"),
                ),
                reading("node", SeenFrom::VersionFolder, Some("~/.nvm/versions/node/v22.1.0/bin/node"), Some("22.1.0")),
            ]
        };
        let finding = with("0.1.37", old()).finding(&CHECK);
        assert_eq!((finding.variant, finding.values["version"].as_str()), ("node-too-old", "18.19.0"));
        assert_eq!(with("0.1.20", old()).examine(&CHECK), Outcome::Pass);
    }

    #[test]
    fn what_windows_makes_of_the_line_is_told() {
        for (kind, variant) in [(ProblemKind::SpaceInArgument, "space-in-path"), (ProblemKind::NeedsCmd, "needs-cmd-c")]
        {
            let mut computer = mcp_remote("0.15.1");
            computer.problems.push(ConfigProblem {
                client: ClientId::ClaudeDesktop,
                config: "c".to_owned(),
                line: None,
                column: None,
                kind: kind.word().to_owned(),
                what: "c has it.".to_owned(),
                server: Some(computer.servers[0].id.clone()),
                stops: true,
                addresses: Vec::new(),
            });
            let finding = of(computer).finding(&CHECK);
            assert_eq!((finding.variant, finding.severity), (variant, Severity::Error));
        }
    }
}
