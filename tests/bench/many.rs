//! A hundred servers in one go, beside the slowest of them alone.

use std::sync::Mutex;

use mcp_auth_diagnosis::subject::Subject;
use mcp_auth_probes::diagnose_many;
use tokio::runtime::Runtime;
use tokio_util::sync::CancellationToken;
use url::Url;

use crate::Fault;
use crate::diagnosis::{config, healthy, whole};
use crate::practice::Servers;
use crate::table::{Bar, Row, in_turns, timed};

/// How many servers.
const SERVERS: u64 = 100;
/// What the slowest adds to each of its answers, in milliseconds; the others are spread evenly below it.
const SLOWEST: u64 = 400;

pub fn rows() -> Result<Vec<Row>, Fault> {
    let runtime = Runtime::new()?;
    let latencies: Vec<u64> = (1..=SERVERS).map(|at| at * SLOWEST / SERVERS).collect();
    // A process of its own for every few, so that none runs out of connections.
    let servers: Vec<Servers> = latencies.chunks(25).map(Servers::start).collect::<Result<_, _>>()?;
    let urls: Vec<&Url> = servers.iter().flat_map(|servers| &servers.urls).collect();
    let slowest = urls.last().ok_or("no server")?;
    let all = || {
        let subjects = urls.iter().map(|&url| Subject::server(url.clone())).collect();
        let faults = Mutex::new(Vec::new());
        let tell = |_, report| {
            if let Err(fault) = healthy(&report) {
                faults.lock().unwrap_or_else(std::sync::PoisonError::into_inner).push(fault.to_string());
            }
        };
        runtime.block_on(diagnose_many(subjects, &config(), tell, CancellationToken::new()));
        match faults.into_inner().unwrap_or_default().pop() {
            Some(fault) => Err(Fault::from(fault)),
            None => Ok(()),
        }
    };
    let (took, least) = in_turns(5, || timed(all), || timed(|| whole(&runtime, slowest)))?;
    Ok(vec![Row::of_times(
        &format!("{SERVERS} servers in one go, up to {SLOWEST} ms added to each answer"),
        took,
        "the slowest of them alone",
        least,
        Bar::None,
    )])
}
