//! What the app keeps while it runs: what is under way, the last report, the plan that waits for consent, the practice
//! server, and the sign-in whose tokens are in memory alone.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use mcp_auth_diagnosis::browser::BrowserReport;
use mcp_auth_diagnosis::language::Language;
use mcp_auth_diagnosis::paper::hide;
use mcp_auth_diagnosis::report::Report;
use mcp_auth_diagnosis::subject::Subject;
use mcp_auth_probes::computer::Machine;
use mcp_auth_remedies::{History, Plan, Vault};
use tokio_util::sync::CancellationToken;

use crate::commands::practice::Practising;
use crate::commands::sign_in::Held;

/// The state of the app. Nothing of it outlives the process.
#[derive(Default)]
pub struct Session {
    /// Stands for the user's home, in tests.
    home: Option<PathBuf>,
    check: Mutex<CancellationToken>,
    watch: Mutex<CancellationToken>,
    many: Mutex<CancellationToken>,
    browser: Mutex<CancellationToken>,
    sign_in: Mutex<CancellationToken>,
    /// What the window speaks.
    language: Mutex<Language>,
    /// The last reports, in English, the newest last: the window may still show one when it changes its language.
    reports: Mutex<Vec<Arc<Report>>>,
    browser_report: Mutex<Option<BrowserReport>>,
    plan: Mutex<Option<Plan>>,
    practice: Mutex<Option<Arc<Practising>>>,
    /// One sign-in at a time; its tokens are wiped when it is closed or replaced.
    pub(crate) held: tokio::sync::Mutex<Option<Held>>,
}

impl Session {
    /// A session whose user's home is this folder; `None`: the real one.
    pub fn at_home(home: Option<PathBuf>) -> Self {
        Self { home, ..Self::default() }
    }

    /// The computer that is looked at.
    pub fn machine(&self) -> Machine {
        self.home.as_ref().map_or_else(Machine::this, Machine::at_home)
    }

    /// Where backups are kept.
    pub fn vault(&self) -> Vault {
        Vault::below_home(self.machine().home)
    }

    /// Where the history is kept.
    pub fn history(&self) -> History {
        History::beside(self.vault().folder())
    }

    /// Begins a check. The one before it is stopped: its result is what it saw until now.
    pub fn begin_check(&self) -> CancellationToken {
        begin(&self.check)
    }

    /// Stops the check that is under way, if there is one.
    pub fn cancel_check(&self) {
        lock(&self.check).cancel();
    }

    /// Begins to watch a server. The watch before it ends.
    pub fn begin_watch(&self) -> CancellationToken {
        begin(&self.watch)
    }

    /// Ends the watch.
    pub fn stop_watching(&self) {
        lock(&self.watch).cancel();
    }

    /// Begins a check of many servers.
    pub fn begin_many(&self) -> CancellationToken {
        begin(&self.many)
    }

    /// Stops it.
    pub fn cancel_many(&self) {
        lock(&self.many).cancel();
    }

    /// Begins a browser test.
    pub fn begin_browser(&self) -> CancellationToken {
        begin(&self.browser)
    }

    /// Stops it.
    pub fn cancel_browser(&self) {
        lock(&self.browser).cancel();
    }

    /// Begins a sign-in.
    pub fn begin_sign_in(&self) -> CancellationToken {
        begin(&self.sign_in)
    }

    /// Stops it.
    pub fn cancel_sign_in(&self) {
        lock(&self.sign_in).cancel();
    }

    /// What the window speaks.
    pub fn language(&self) -> Language {
        *lock(&self.language)
    }

    /// From now on everything is said in this language.
    pub fn speak(&self, language: Language) {
        *lock(&self.language) = language;
    }

    /// Keeps a report, for those who want to hand it on, and gives it in the window's language. What could be a secret is
    /// taken out of it first, so that neither the window nor anything that is handed on holds it.
    pub fn keep_report(&self, mut report: Report) -> Report {
        hide(&mut report);
        let said = report.in_language(self.language());
        let mut reports = lock(&self.reports);
        if reports.len() == KEPT {
            reports.remove(0);
        }
        reports.push(Arc::new(report));
        said
    }

    /// The last report, in English.
    pub fn report(&self) -> Option<Arc<Report>> {
        lock(&self.reports).last().cloned()
    }

    /// The last reports in the window's language, the newest last.
    pub fn reports(&self) -> Vec<Report> {
        let language = self.language();
        lock(&self.reports).iter().map(|report| report.in_language(language)).collect()
    }

    /// Keeps what was seen of the browser, and gives it in the window's language.
    pub fn keep_browser_report(&self, report: BrowserReport) -> BrowserReport {
        let said = report.in_language(self.language());
        *lock(&self.browser_report) = Some(report);
        said
    }

    /// What was seen of the browser, in the window's language.
    pub fn browser_report(&self) -> Option<BrowserReport> {
        let language = self.language();
        lock(&self.browser_report).as_ref().map(|report| report.in_language(language))
    }

    /// Keeps the plan that was shown: only it can be agreed to.
    pub fn keep_plan(&self, plan: Plan) {
        *lock(&self.plan) = Some(plan);
    }

    /// The plan that was shown.
    pub fn plan(&self) -> Option<Plan> {
        lock(&self.plan).clone()
    }

    /// The practice server, if one runs.
    pub fn practice(&self) -> Option<Arc<Practising>> {
        lock(&self.practice).clone()
    }

    /// The practice server, if it is the one in question.
    pub fn practising(&self, subject: &Subject) -> Option<Arc<Practising>> {
        self.practice().filter(|practising| practising.is_at(subject))
    }

    /// Keeps a practice server, or none. The one before it stops.
    pub fn keep_practice(&self, practice: Option<Practising>) {
        *lock(&self.practice) = practice.map(Arc::new);
    }
}

/// So many reports are kept.
const KEPT: usize = 4;

/// A new turn; the one before it ends.
fn begin(turn: &Mutex<CancellationToken>) -> CancellationToken {
    let next = CancellationToken::new();
    std::mem::replace(&mut *lock(turn), next.clone()).cancel();
    next
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
