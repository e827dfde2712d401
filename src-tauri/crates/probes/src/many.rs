//! Many servers in one go: side by side and bounded, each with a verdict of its own as soon as it has one.

use futures::stream::{self, StreamExt as _};
use mcp_auth_diagnosis::report::Report;
use mcp_auth_diagnosis::subject::Subject;
use tokio_util::sync::CancellationToken;

use crate::config::ProbeConfig;
use crate::plan::ProbePlan;
use crate::run::diagnose;

/// So many servers are looked at at once, at most. A diagnosis waits far more than it works.
const AT_ONCE: u64 = 128;
/// Connections that one diagnosis holds at once, with room to spare.
const CONNECTIONS: u64 = 20;
/// Open files that are left to everything else.
const SPARE: u64 = 128;

/// How many servers can be looked at at once without running out of connections: a server that could not be called because
/// of that would be taken for one that does not answer. A process starts with few (256 on macOS, 1024 on Linux) and may take more.
#[cfg(unix)]
fn at_once() -> usize {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    const WANTED: u64 = AT_ONCE * CONNECTIONS + SPARE;
    let limit = getrlimit(Resource::Nofile);
    let most = limit.maximum.map_or(WANTED, |most| most.min(WANTED));
    let mut open = limit.current.unwrap_or(WANTED);
    if open < most && setrlimit(Resource::Nofile, Rlimit { current: Some(most), ..limit }).is_ok() {
        open = most;
    }
    fitting(open)
}

/// Windows sets no such limit.
#[cfg(not(unix))]
fn at_once() -> usize {
    fitting(u64::MAX)
}

fn fitting(open: u64) -> usize {
    let fitting = open.saturating_sub(SPARE) / CONNECTIONS;
    usize::try_from(fitting.clamp(4, AT_ONCE)).unwrap_or(4)
}

/// Diagnoses every subject and tells each report when it is there, with its place in the list. When cancelled, servers that
/// were not begun are left out.
pub async fn diagnose_many(
    subjects: Vec<Subject>,
    config: &ProbeConfig,
    tell: impl Fn(usize, Report) + Send + Sync,
    cancel: CancellationToken,
) {
    let work = stream::iter(subjects.into_iter().enumerate()).map(|(at, subject)| {
        let cancel = cancel.clone();
        async move {
            if cancel.is_cancelled() {
                return None;
            }
            let plan = ProbePlan::for_subject(&subject);
            Some((at, diagnose(subject, plan, config, |_| {}, cancel).await))
        }
    });
    let mut done = work.buffer_unordered(at_once());
    while let Some(one) = done.next().await {
        if let Some((at, report)) = one {
            tell(at, report);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_more_servers_are_looked_at_than_there_are_connections_for() {
        assert_eq!([0, 256, 1024, 1 << 20].map(fitting), [4, 6, 44, 128]);
        assert!((4..=128).contains(&at_once()));
    }
}
