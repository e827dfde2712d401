//! The browser: what this system says about it, and the test that a page really opens.
//!
//! Reading starts no program and writes nothing. [`round_trip`] starts the programs that open web pages, with the address of
//! a page of our own on loopback and nothing else; it runs only when the user asked for it.
//!
//! Everything that is read comes from a [`System`], so that all three systems' files can be laid out anywhere and read
//! anywhere. Only the registry of Windows and the loopback are the real ones.

use std::time::{SystemTime, UNIX_EPOCH};

use mcp_auth_diagnosis::browser::{BrowserReading, BrowserReport, RoundTrip, SystemKind};
use mcp_auth_diagnosis::clients::ClientId;
use mcp_auth_diagnosis::evidence::{Blind, Evidence, Fact};
use mcp_auth_diagnosis::subject::{Subject, Symptom};
use tokio_util::sync::CancellationToken;

mod clients;
mod launch;
mod linux;
mod listener;
mod loopback;
mod macos;
mod policies;
mod system;
mod trip;
mod windows;

pub use launch::open_settings;
pub use system::{ReadRegistry, System};
pub use trip::{Patience, TripProgress, round_trip};

/// Reads what this system says about the browser, for a client or for all. Blocks for some milliseconds.
pub fn read(system: &System, client: Option<ClientId>) -> BrowserReading {
    let schemes = clients::schemes(client);
    let mut reading = BrowserReading {
        client,
        system: system.kind,
        environment: system.environment.clone(),
        variables: system.shown(),
        openers: Vec::new(),
        handlers: Vec::new(),
        desktop: None,
        surroundings: Vec::new(),
        policies: Vec::new(),
        loopback: loopback::read(system),
        way_back: clients::way_back(client, system),
        trip: None,
    };
    match system.kind {
        SystemKind::Linux => linux::read(system, &schemes, &mut reading),
        SystemKind::Macos => macos::read(system, &schemes, &mut reading),
        SystemKind::Windows => windows::read(system, &schemes, &mut reading),
        SystemKind::Other => {}
    }
    reading
}

/// The same as evidence, read where it keeps nobody waiting. A reader that panics could not see.
pub async fn look(system: &System, client: Option<ClientId>) -> Fact<BrowserReading> {
    let at_ms = now_ms();
    let environment = system.environment.clone();
    let own = system.clone();
    let seen = tokio::task::spawn_blocking(move || read(&own, client))
        .await
        .map_err(|_| Blind { why: "reading the browser's settings failed; please send us the report".to_owned() });
    Fact { seen, by: "browser", at_ms, environment }
}

/// Looks, makes the test when `patience` is given, and says what it means.
pub async fn report(
    system: &System,
    client: Option<ClientId>,
    patience: Option<&Patience>,
    progress: impl Fn(TripProgress) + Send + Sync,
    cancel: CancellationToken,
) -> BrowserReport {
    let began = tokio::time::Instant::now();
    let subject = Subject { client, symptom: Symptom::BrowserNeverOpens, ..Subject::nothing() };
    let mut evidence = Evidence::new(subject, now_ms());
    let mut fact = look(system, client).await;
    if let (Some(patience), Ok(reading)) = (patience, &mut fact.seen) {
        let trip: RoundTrip = round_trip(system, reading, patience, progress, cancel).await;
        if trip.stopped {
            evidence.cut_short = Some("the test was stopped".to_owned());
        }
        reading.trip = Some(trip);
    }
    evidence.browser = Some(fact);
    mcp_auth_diagnosis::browser::report(&evidence, u32::try_from(began.elapsed().as_millis()).unwrap_or(u32::MAX))
}

fn now_ms() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |now| u64::try_from(now.as_millis()).unwrap_or(u64::MAX))
}

#[cfg(test)]
mod tests {
    use super::system::tests::laid_out;
    use super::*;
    use mcp_auth_diagnosis::report::State;

    #[tokio::test]
    async fn a_desk_without_anything_is_said_to_have_nothing() {
        let folder = tempfile::tempdir().expect("a folder");
        let mut system = laid_out(SystemKind::Linux, folder.path());
        system.variables.insert("PATH".to_owned(), "/usr/bin".to_owned());
        let found = report(&system, None, None, |_| {}, CancellationToken::new()).await;
        assert_eq!(found.report.state, State::Fault);
        let verdict = found.report.verdict.expect("a verdict");
        assert_eq!((verdict.code.as_str(), verdict.variant.as_str()), ("local-browser", "none-chosen"));
        assert!(found.round_trip.is_none() && found.link.is_none() && !found.settings.is_empty());
    }
}
