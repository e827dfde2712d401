//! Many servers in one go: side by side and bounded, each with a verdict of its own as soon as it has one.

use futures::stream::{self, StreamExt as _};
use mcp_auth_diagnosis::report::Report;
use mcp_auth_diagnosis::subject::Subject;
use tokio_util::sync::CancellationToken;

use crate::config::ProbeConfig;
use crate::plan::ProbePlan;
use crate::run::diagnose;

/// So many servers are looked at at once. A diagnosis waits far more than it works.
const AT_ONCE: usize = 24;

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
    let mut done = work.buffer_unordered(AT_ONCE);
    while let Some(one) = done.next().await {
        if let Some((at, report)) = one {
            tell(at, report);
        }
    }
}
