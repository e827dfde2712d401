//! What the app keeps while it runs: the check that is under way, and the practice server.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use mcp_auth_practice::Practice;
use tokio_util::sync::CancellationToken;

/// The state of the app. Nothing of it outlives the process.
#[derive(Default)]
pub struct Session {
    check: Mutex<CancellationToken>,
    practice: Mutex<Option<Arc<Practice>>>,
}

impl Session {
    /// Begins a check. The one before it is stopped: its result is what it saw until now.
    pub fn begin_check(&self) -> CancellationToken {
        let next = CancellationToken::new();
        std::mem::replace(&mut *lock(&self.check), next.clone()).cancel();
        next
    }

    /// Stops the check that is under way, if there is one.
    pub fn cancel_check(&self) {
        lock(&self.check).cancel();
    }

    /// The practice server, if one runs.
    pub fn practice(&self) -> Option<Arc<Practice>> {
        lock(&self.practice).clone()
    }

    /// Keeps a practice server, or none. The one before it stops.
    pub fn keep_practice(&self, practice: Option<Practice>) {
        *lock(&self.practice) = practice.map(Arc::new);
    }
}

/// A panic elsewhere does not make what is kept here wrong.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_new_check_stops_the_one_before_it() {
        let session = Session::default();
        let first = session.begin_check();
        let second = session.begin_check();
        assert!(first.is_cancelled() && !second.is_cancelled());
        session.cancel_check();
        assert!(second.is_cancelled());
        assert!(!session.begin_check().is_cancelled(), "a cancelled check does not stop the next one");
    }
}
