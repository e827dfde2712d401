//! Every fault at every hop of a diagnosis.

use std::sync::{Mutex, PoisonError, mpsc};
use std::thread;
use std::time::Duration;

use mcp_auth_diagnosis::evidence::Evidence;
use mcp_auth_diagnosis::redact::Secret;
use mcp_auth_diagnosis::report::{Report, State};
use mcp_auth_diagnosis::subject::Subject;
use mcp_auth_diagnosis::triage;
use mcp_auth_probes::{Limits, ProbeConfig, ProbePlan};
use mcp_auth_tests::diagnosing::{PAGE, told};
use tokio::runtime::Builder;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::faults::{Fault, Part};
use crate::panics;
use crate::world::{Hop, TOKEN, World};

/// The hops of a diagnosis.
const HOPS: [Hop; 13] = [
    Hop::Endpoint,
    Hop::HeaderMetadata,
    Hop::PathMetadata,
    Hop::RootMetadata,
    Hop::OauthMetadata,
    Hop::OidcMetadata,
    Hop::Keys,
    Hop::SignInPage,
    Hop::TokenKnock,
    Hop::RegistrationKnock,
    Hop::Preflight,
    Hop::WithToken,
    Hop::ToolsList,
];

/// So many cells at once.
const AT_ONCE: usize = 4;
/// When no cell ends for so long, one hangs.
const HANGS: Duration = Duration::from_secs(240);
/// What the system's own buffers may take of an answer that nobody reads.
const BUFFERS: usize = 12 * 1024 * 1024;

/// How a cell looks at the world: with the caps of the app.
pub fn config() -> ProbeConfig {
    ProbeConfig { use_proxy: false, extra_roots_pem: Some(World::roots().to_owned()), ..ProbeConfig::default() }
}

/// Plays every cell, some at a time, and returns what is wrong and one line for each.
///
/// Each has a runtime of its own whose clock stands still and jumps when nobody has anything left to do: a cap of ten seconds
/// costs nothing, and a busy computer makes nobody late.
pub fn play(cells: Vec<(Hop, Fault)>, cell: impl AsyncFn(Hop, Fault) -> Result<String, String> + Sync) -> Played {
    panics::listen();
    let count = cells.len();
    let cells = Mutex::new(cells);
    let (tell, told) = mpsc::channel();
    let (mut wrong, mut lines) = (Vec::new(), Vec::new());
    thread::scope(|scope| {
        for _ in 0..AT_ONCE {
            let (cells, cell, tell) = (&cells, &cell, tell.clone());
            scope.spawn(move || {
                while let Some((hop, fault)) = next(cells) {
                    let runtime =
                        Builder::new_current_thread().enable_all().start_paused(true).build().expect("a runtime");
                    let outcome = runtime.block_on(async {
                        tokio::spawn(keep_pace());
                        cell(hop, fault).await
                    });
                    runtime.shutdown_background();
                    // Nobody hears it any more when the test has given up.
                    let _ = tell.send((format!("{hop:?} × {fault:?}"), outcome));
                }
            });
        }
        for ended in 0..count {
            match told.recv_timeout(HANGS) {
                Ok((name, Ok(line))) => lines.push(format!("{name}: {line}")),
                Ok((name, Err(what))) => wrong.push(format!("{name}: {what}")),
                Err(_) => {
                    // The threads cannot be stopped from outside, and waiting for them would never end.
                    eprintln!("{ended} of {count} cells ended, then none: one hangs. Ended:\n{}", lines.join("\n"));
                    std::process::abort();
                }
            }
        }
    });
    wrong.extend(panics::of_the_engine());
    wrong.sort();
    lines.sort();
    Played { count, wrong, lines }
}

/// What came of all cells.
pub struct Played {
    count: usize,
    wrong: Vec<String>,
    lines: Vec<String>,
}

impl Played {
    /// Shows every cell, and fails with those that went wrong.
    pub fn judge(self) {
        println!("{}", self.lines.join("\n"));
        assert!(self.wrong.is_empty(), "{} of {} went wrong:\n{}", self.wrong.len(), self.count, self.wrong.join("\n"));
    }
}

fn next(cells: &Mutex<Vec<(Hop, Fault)>>) -> Option<(Hop, Fault)> {
    cells.lock().unwrap_or_else(PoisonError::into_inner).pop()
}

/// The rate between the clock that jumps and the real one: the system needs a moment to hand a byte from one end of a
/// connection to the other, and in that moment nobody seems to have anything to do.
pub async fn keep_pace() {
    loop {
        tokio::time::sleep(Duration::from_millis(100)).await;
        thread::sleep(Duration::from_micros(500));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_a_fault_there_is_nothing_to_find() {
    for hop in [Hop::Endpoint, Hop::RootMetadata, Hop::OidcMetadata, Hop::HeaderMetadata] {
        let world = World::start(hop, None).await.expect("servers");
        let (report, evidence) = look(&world, &config()).await;
        // Metadata at another host than the server is worth a word.
        let expected = usize::from(hop == Hop::HeaderMetadata);
        assert_eq!((report.state, report.findings.len()), (State::Healthy, expected), "{hop:?}: {}", told(&report));
        assert!(evidence.exchanges().iter().all(|exchange| exchange.outcome.is_ok()), "{hop:?}: {evidence:?}");
    }
}

#[test]
fn whatever_a_server_does_a_verdict_comes() {
    let cells: Vec<(Hop, Fault)> = HOPS.iter().flat_map(|hop| cells(*hop)).collect();
    assert!(cells.len() >= 200, "{}", cells.len());
    play(cells, async |hop, fault| {
        let world = World::start(hop, Some(fault)).await.map_err(|error| error.to_string())?;
        let began = Instant::now();
        let (report, evidence) = look(&world, &config()).await;
        within_the_cap(began)?;
        judge(hop, fault, &world, &report, &evidence)
    })
    .judge();
}

/// By the clock that jumps: not how fast this computer is, but which caps were waited for.
pub fn within_the_cap(began: Instant) -> Result<(), String> {
    let (took, cap) = (began.elapsed(), Limits::default().run + Duration::from_secs(1));
    if took > cap { Err(format!("it took {took:?}")) } else { Ok(()) }
}

/// The faults at one hop. A document that is looked for in several places has them all in the first, and a part of them in
/// each other; so have the endpoints at which a diagnosis only knocks.
fn cells(hop: Hop) -> Vec<(Hop, Fault)> {
    let twin = matches!(hop, Hop::HeaderMetadata | Hop::RootMetadata | Hop::OidcMetadata);
    let knock = matches!(hop, Hop::Keys | Hop::SignInPage | Hop::TokenKnock | Hop::RegistrationKnock);
    let first = hop as usize % 3;
    let of_listener = Fault::OF_LISTENER.into_iter().filter(|_| hop.alone_at().is_some());
    let of_answer = Fault::OF_ANSWER.into_iter().enumerate().filter(|(at, _)| !(twin || knock) || at % 3 == first);
    of_listener.chain(of_answer.map(|(_, fault)| fault)).map(|fault| (hop, fault)).collect()
}

async fn look(world: &World, config: &ProbeConfig) -> (Report, Evidence) {
    let subject = Subject { origin: Some(PAGE.to_owned()), ..Subject::server(world.url()) };
    let plan = ProbePlan::for_subject(&subject);
    let config = ProbeConfig { token: Some(Secret::new(TOKEN)), ..config.clone() };
    let evidence = mcp_auth_probes::run(subject, plan, &config, |_| {}, CancellationToken::new()).await;
    (triage::diagnose(&evidence, 0), evidence)
}

fn judge(hop: Hop, fault: Fault, world: &World, report: &Report, evidence: &Evidence) -> Result<String, String> {
    let line = told(report);
    if world.hits.played() == 0 {
        return Err(format!("the fault was never met; {line}"));
    }
    bounded(world, evidence)?;
    whole(report)?;
    match report.state {
        // Nothing is healthy that could not be looked at.
        State::Healthy if must_be_found(hop, fault) && report.findings.is_empty() => {
            Err(format!("called healthy: {line}"))
        }
        State::Undetermined if report.unknown.is_empty() => Err("undetermined without a reason".to_owned()),
        State::Fault if report.verdict.is_none() => Err("a fault without a verdict".to_owned()),
        _ => Ok(line),
    }
}

/// No check gave up, and the report can be handed on.
pub fn whole(report: &Report) -> Result<(), String> {
    let broken = report.unknown.iter().find(|unknown| unknown.why.contains("itself failed"));
    if let Some(unknown) = broken {
        return Err(format!("{} failed: {}", unknown.code, unknown.why));
    }
    serde_json::to_string(report).map(drop).map_err(|error| error.to_string())
}

/// What was kept of every body, and what every bad answer could get rid of, stays below the caps.
pub fn bounded(world: &World, evidence: &Evidence) -> Result<(), String> {
    let limits = Limits::default();
    let kept = evidence.exchanges().iter().filter_map(|exchange| exchange.outcome.as_ref().ok());
    let longest = kept.map(|answer| answer.body.text.len()).max().unwrap_or(0);
    // A byte that is no text takes three in its place.
    if longest > limits.body * 3 {
        return Err(format!("{longest} bytes of a body were kept"));
    }
    if world.hits.most() > limits.body + BUFFERS {
        return Err(format!("{} bytes of one answer were taken", world.hits.most()));
    }
    Ok(())
}

/// Whether somebody who wants to sign in or to list tools would be stopped.
fn must_be_found(hop: Hop, fault: Fault) -> bool {
    match (hop, fault.part()) {
        (_, Part::Nowhere) => false,
        // Of these, only what stands in the head counts.
        (Hop::Endpoint | Hop::Preflight, Part::Body) => false,
        // Knocking at these tells whether anything is there, no more.
        (Hop::Keys | Hop::SignInPage | Hop::TokenKnock | Hop::RegistrationKnock, part) => part == Part::Connection,
        _ => true,
    }
}
