//! A healthy server gets no finding at all, however it is reached and whatever it is built with.

use std::time::Duration;

use mcp_auth_diagnosis::report::State;
use mcp_auth_practice::{Options, Practice, Shape, TlsKind, healthy};
use mcp_auth_tests::diagnosing::{self, agreed, config_for, diagnose, told};

type Door = (&'static str, fn(Options) -> Options);

/// The ways to reach one server.
const DOORS: &[Door] = &[
    ("http", |options| options),
    ("https", |options| Options { tls: Some(TlsKind::Good), ..options }),
    ("by name", |options| Options { by_name: true, ipv6: true, ..options }),
    ("ipv6", |options| Options { ipv6: true, ..options }),
    ("a slow network", |options| Options { latency: Duration::from_millis(120), ..options }),
];

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_healthy_server_gets_no_finding() {
    let mut stories = Vec::new();
    for shape in healthy() {
        for (door, set_up) in DOORS {
            for page in [false, true] {
                let name = format!("{} over {door}{}", shape.name, if page { " for a web page" } else { "" });
                stories.push((name, story(set_up(of(shape.shape)), page)));
            }
        }
    }
    diagnosing::all(stories).await;
}

fn of(shape: Shape) -> Options {
    Options { shape, ..Options::default() }
}

async fn story(options: Options, page: bool) -> Result<(), String> {
    let practice = Practice::start(options).await.map_err(|error| error.to_string())?;
    let report = diagnose(practice.mcp_url(), page, &config_for(&practice)).await;
    if report.state == State::Healthy && report.verdict.is_none() && report.findings.is_empty() {
        Ok(())
    } else {
        Err(told(&report))
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn who_agrees_to_registrations_gets_no_finding_and_a_list_of_what_stays() {
    let practice = Practice::start(Options::default()).await.expect("a practice server");
    let report = agreed(practice.mcp_url(), false, true, &config_for(&practice)).await;
    assert!(report.state == State::Healthy && report.findings.is_empty(), "{}", told(&report));
    let clients: Vec<&str> = report.side_effects.iter().filter_map(|made| made["client"].as_str()).collect();
    let once: std::collections::BTreeSet<&str> = clients.iter().copied().collect();
    assert!(!clients.is_empty() && clients.len() == once.len(), "at most once for each client: {clients:?}");
    assert!(report.side_effects.iter().all(|made| made["client_id"].is_string()), "{:?}", report.side_effects);
    let without = diagnose(practice.mcp_url(), false, &config_for(&practice)).await;
    assert!(without.side_effects.is_empty(), "nothing is created without consent");
}
