//! Servers that nobody here wrote, with the official SDKs: right, and the app finds nothing; with a token that is not right,
//! and the app says why. The sign-in service is the practice server's: it signs every kind of token.

use std::io::{BufRead, BufReader};
use std::net::TcpListener;
use std::os::unix::process::CommandExt as _;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use mcp_auth_diagnosis::redact::Secret;
use mcp_auth_diagnosis::report::{Report, State};
use mcp_auth_diagnosis::subject::Subject;
use mcp_auth_practice::{Options, Practice, TokenShape};
use mcp_auth_probes::{ProbeConfig, ProbePlan};
use tokio_util::sync::CancellationToken;
use url::Url;

/// The id that the practice environment gives its server.
pub const RESOURCE_ID: &str = "res_1234567890";

/// A program of tests/interop/programs, running.
pub struct Real {
    process: Child,
    /// The URL that it printed: a server's MCP endpoint, a sign-in service's root.
    pub url: Url,
}

/// Where tokens come from.
pub struct Environment {
    /// The root, without a slash at the end.
    pub url: String,
    /// The issuer of the tokens for this server.
    pub issuer: String,
}

impl Environment {
    /// The practice server's.
    pub fn of(practice: &Practice) -> Self {
        Self { url: practice.environment().as_str().trim_end_matches('/').to_owned(), issuer: practice.issuer() }
    }
}

/// Which program.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Program {
    TypeScriptSdk,
    ExpressScalekit,
    FastApiScalekit,
    FastMcpScalekit,
    PythonSdk,
}

impl Program {
    pub const ALL: [Self; 5] =
        [Self::TypeScriptSdk, Self::ExpressScalekit, Self::FastApiScalekit, Self::FastMcpScalekit, Self::PythonSdk];
}

pub fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("interop")
}

impl Real {
    /// Starts a server in front of this environment. Returns when it listens.
    pub fn start(program: Program, environment: &Environment) -> Self {
        let keys = format!("{}/keys", environment.url);
        let (runner, script) = match program {
            Program::TypeScriptSdk => ("node".to_owned(), "typescript-sdk.mjs"),
            Program::ExpressScalekit => ("node".to_owned(), "express-scalekit.mjs"),
            Program::FastApiScalekit => (python(), "fastapi_scalekit.py"),
            Program::FastMcpScalekit => (python(), "fastmcp_scalekit.py"),
            Program::PythonSdk => (python(), "python_sdk.py"),
        };
        let arguments: &[&str] = match program {
            Program::TypeScriptSdk | Program::PythonSdk => &[&environment.issuer, &keys, RESOURCE_ID],
            Program::ExpressScalekit | Program::FastApiScalekit | Program::FastMcpScalekit => {
                &[&environment.url, RESOURCE_ID]
            }
        };
        Self::run(&runner, script, arguments)
    }

    /// Starts any of the programs with these arguments and a free port behind them.
    pub fn run(runner: &str, script: &str, arguments: &[&str]) -> Self {
        let port = TcpListener::bind(("127.0.0.1", 0)).and_then(|free| free.local_addr()).expect("a port").port();
        let verbose = std::env::var_os("INTEROP_VERBOSE").is_some();
        let mut process = Command::new(runner)
            .arg(folder().join("programs").join(script))
            .args(arguments)
            .arg(port.to_string())
            .current_dir(folder())
            .stdout(Stdio::piped())
            .stderr(if verbose { Stdio::inherit() } else { Stdio::null() })
            .process_group(0)
            .spawn()
            .unwrap_or_else(|error| panic!("{script}: {error}; `cargo xtask test interop` installs what it needs"));
        let mut lines = BufReader::new(process.stdout.take().expect("its output")).lines();
        let url = lines
            .by_ref()
            .map_while(Result::ok)
            .find_map(|line| Url::parse(line.trim()).ok())
            .unwrap_or_else(|| panic!("{script} did not start; INTEROP_VERBOSE=1 shows why"));
        // A program that nobody listens to would stop at its next line.
        std::thread::spawn(move || lines.for_each(drop));
        Self { process, url }
    }
}

impl Drop for Real {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn python() -> String {
    folder().join(".venv/bin/python").to_string_lossy().into_owned()
}

async fn practice() -> Practice {
    Practice::start(Options::default()).await.expect("a sign-in service")
}

pub async fn diagnose(url: &Url, token: Option<String>) -> Report {
    let subject = Subject::server(url.clone());
    let plan = ProbePlan::for_subject(&subject);
    let mut config = ProbeConfig { token: token.map(Secret::new), ..ProbeConfig::default() };
    // Other tests keep this computer busy; what is slow here is not the server.
    config.limits.request = Duration::from_secs(40);
    config.limits.reply_stream = Duration::from_secs(30);
    config.limits.run = Duration::from_secs(120);
    mcp_auth_probes::diagnose(subject, plan, &config, |_| {}, CancellationToken::new()).await
}

/// What Scalekit's own Express sample does and its readers copy: it knows `Bearer` only with a capital letter. Said as a
/// remark, never as a verdict.
const REMARK: &str = "challenge-scheme-case";

pub fn silent(program: Program, report: &Report) {
    assert_eq!(report.state, State::Healthy, "{program:?}: {}", told(report));
    let rest = report.findings.iter().filter(|one| program != Program::ExpressScalekit || one.code != REMARK);
    assert_eq!(rest.count(), 0, "{program:?}: {}", told(report));
}

pub fn told(report: &Report) -> String {
    let all = report.verdict.iter().chain(&report.findings);
    all.map(|one| format!("{} ({}, {:?}): {:?}\n", one.code, one.variant, one.severity, one.evidence)).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn real_servers_that_are_right_get_no_finding() {
    let practice = practice().await;
    for program in Program::ALL {
        let real = Real::start(program, &Environment::of(&practice));
        let report = diagnose(&real.url, None).await;
        silent(program, &report);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_good_token_at_a_real_server_gets_no_finding() {
    let practice = practice().await;
    for program in Program::ALL {
        let real = Real::start(program, &Environment::of(&practice));
        let token = practice.issue_token(TokenShape::Good).expect("a token");
        let report = diagnose(&real.url, Some(token)).await;
        silent(program, &report);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_that_is_not_right_gets_its_verdict_at_a_real_server() {
    // The samples of ExpressScalekit and FastApiScalekit look at no scope: a missing one is no fault there.
    let shapes: [(TokenShape, &str, &[Program]); 6] = [
        (TokenShape::WrongAudience, "tok-aud-match", &Program::ALL),
        (TokenShape::Expired, "tok-exp", &Program::ALL),
        (TokenShape::UnknownKey, "tok-kid", &Program::ALL),
        (TokenShape::BadSignature, "tok-signature", &Program::ALL),
        (TokenShape::OtherIssuer, "tok-iss", &[Program::FastMcpScalekit, Program::FastApiScalekit]),
        (TokenShape::MissingScope, "scope-", &[Program::TypeScriptSdk, Program::FastMcpScalekit, Program::PythonSdk]),
    ];
    let practice = practice().await;
    let mut wrong = String::new();
    for program in Program::ALL {
        let real = Real::start(program, &Environment::of(&practice));
        for (shape, code, programs) in &shapes {
            if !programs.contains(&program) {
                continue;
            }
            let token = practice.issue_token(*shape).expect("a token");
            let report = diagnose(&real.url, Some(token)).await;
            let verdict = report.verdict.as_ref().map_or("none", |verdict| &verdict.code);
            if !verdict.starts_with(code) {
                wrong += &format!("{program:?}, {shape:?}: {verdict}, not {code}\n{}", told(&report));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}
