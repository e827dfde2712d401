//! The round trip: asks for a browser in one way after another, until our page is asked for.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::time::Duration;

use mcp_auth_diagnosis::browser::{
    Attempt, BrowserReading, Hit, RoundTrip, SystemKind, Way, WayBack, comes_back_to_localhost,
};
use mcp_auth_diagnosis::evidence::Environment;
use serde::Serialize;
use tokio::time::{Instant, timeout_at};
use tokio_util::sync::CancellationToken;

use super::clients::{self, CommandLine};
use super::launch::{self, Launched};
use super::linux;
use super::listener::{Asked, Came, Listener};
use super::system::System;

/// How long what is waited for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Patience {
    /// For a launcher to end. One that still runs then may be the browser and is let alone.
    pub launcher: Duration,
    /// For a page after a launcher that failed: some fail after they have opened it.
    pub after_failure: Duration,
    /// For the page of the first way: a first start, a slow disk and a security program take long.
    pub page: Duration,
    /// For the page of every further way.
    pub further: Duration,
    /// For the way back to `localhost`, once the page was asked for.
    pub back: Duration,
    /// For the user to open the link by hand, when nothing opened.
    pub by_hand: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        Self {
            launcher: Duration::from_secs(3),
            after_failure: Duration::from_secs(1),
            page: Duration::from_secs(20),
            further: Duration::from_secs(8),
            back: Duration::from_secs(5),
            by_hand: Duration::ZERO,
        }
    }
}

/// What happens during the test.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS), ts(export))]
#[serde(tag = "is", rename_all = "kebab-case")]
pub enum TripProgress {
    /// A browser is asked for.
    Asking {
        /// In which way.
        way: Way,
        /// The address, for the user who would rather open it by hand.
        link: String,
    },
    /// The page was asked for.
    Opened {
        /// In which way.
        way: Way,
    },
    /// Nothing opened; the link can be opened by hand for a while.
    ByHand {
        /// The address.
        link: String,
    },
}

/// Makes the test. Never fails: what went wrong is the result. It ends by itself, and at once when it is cancelled.
pub async fn round_trip(
    system: &System,
    reading: &BrowserReading,
    patience: &Patience,
    progress: impl Fn(TripProgress) + Send + Sync,
    cancel: CancellationToken,
) -> RoundTrip {
    let listener = match Listener::open().await {
        Ok(listener) => listener,
        Err(error) => {
            let why = format!("no program may listen on this computer's own address: {error}");
            return RoundTrip { prevented: Some(why), ..RoundTrip::default() };
        }
    };
    let mut trip = Trip { system, reading, patience, listener, progress: &progress, result: RoundTrip::default() };
    let stopped = tokio::select! {
        biased;
        () = cancel.cancelled() => true,
        () = trip.run() => false,
    };
    trip.result.stopped = stopped;
    trip.result
}

struct Trip<'a, P> {
    system: &'a System,
    reading: &'a BrowserReading,
    patience: &'a Patience,
    listener: Listener,
    progress: &'a P,
    result: RoundTrip,
}

/// A program to start, with its variables.
struct Step {
    line: CommandLine,
    variables: BTreeMap<String, String>,
    added: Vec<(OsString, OsString)>,
    environment: Environment,
}

impl<P: Fn(TripProgress)> Trip<'_, P> {
    async fn run(&mut self) {
        let token = token();
        let link = self.link(&token);
        self.result.link.clone_from(&link);
        let own = self.own_steps(&link);
        let own_first = own.first().map(|step| (step.line.clone(), step.variables.clone()));
        self.attempt(Way::OwnOpener, own, &token, self.patience.page).await;

        if let Some((step, token)) = self.client_step() {
            // The very same once more would only open a second tab.
            let link = self.link(&token);
            let same = own_first.is_some_and(|(line, variables)| {
                self.program_of(&line, &variables) == self.program_of(&step.line, &step.variables)
                    && line.arguments.len() == step.line.arguments.len()
                    && variables == step.variables
                    && self.result.attempts.last().is_some_and(|attempt| attempt.ran.len() == 1)
            });
            if !same {
                self.attempt_at(Way::Client, vec![step], &token, &link, self.patience.further).await;
            }
        }
        if self.has_hit() {
            return;
        }
        for way in [Way::Portal, Way::BrowserItself] {
            let token = self::token();
            let link = self.link(&token);
            if let Some(step) = self.further_step(way, &link) {
                self.attempt_at(way, vec![step], &token, &link, self.patience.further).await;
            }
            if self.has_hit() {
                return;
            }
        }
        self.by_hand(&token).await;
    }

    fn has_hit(&self) -> bool {
        self.result.attempts.iter().any(|attempt| attempt.hit.is_some())
    }

    fn link(&self, token: &str) -> String {
        self.listener.link(token, comes_back_to_localhost(self.reading.client).is_some())
    }

    fn program_of(&self, line: &CommandLine, variables: &BTreeMap<String, String>) -> Option<std::path::PathBuf> {
        System { variables: variables.clone(), ..self.system.clone() }.program(&line.program)
    }

    /// As this app opens pages: the launchers of the `open` crate, without what our own AppImage would leak.
    fn own_steps(&self, link: &str) -> Vec<Step> {
        let variables = match self.system.environment {
            Environment::ThisApp => self.system.clean_variables(),
            // The client's own variables are its own; this app's way is tried with them too, as the desktop gave them.
            _ => self.system.variables.clone(),
        };
        open::commands(link)
            .into_iter()
            .map(|command| Step {
                line: CommandLine {
                    program: command.get_program().to_string_lossy().into_owned(),
                    arguments: command.get_args().map(OsString::from).collect(),
                },
                added: command
                    .get_envs()
                    .filter_map(|(name, value)| Some((name.to_owned(), value?.to_owned())))
                    .collect(),
                variables: variables.clone(),
                environment: self.system.environment.clone(),
            })
            .collect()
    }

    fn client_step(&self) -> Option<(Step, String)> {
        let token = token();
        let link = self.link(&token);
        let line = clients::opens_with(self.reading.client?, self.system, &link)?;
        // What a running client was started with is used as it is, leaks and all.
        let variables = match self.system.environment {
            Environment::ThisApp => self.system.clean_variables(),
            _ => self.system.variables.clone(),
        };
        let environment = self.system.environment.clone();
        Some((Step { line, variables, added: Vec::new(), environment }, token))
    }

    fn further_step(&self, way: Way, link: &str) -> Option<Step> {
        let line = match (way, self.system.kind) {
            (Way::Portal, SystemKind::Linux) => {
                let has_portal = self.reading.desktop.as_ref()?.portal == Some(true);
                if !has_portal || self.system.variable("DBUS_SESSION_BUS_ADDRESS").is_none() {
                    return None;
                }
                self.system.program("gdbus")?;
                let arguments = [
                    "call",
                    "--session",
                    "--timeout=5",
                    "--dest=org.freedesktop.portal.Desktop",
                    "--object-path=/org/freedesktop/portal/desktop",
                    "--method=org.freedesktop.portal.OpenURI.OpenURI",
                    "",
                    link,
                    "{}",
                ];
                CommandLine { program: "gdbus".to_owned(), arguments: arguments.iter().map(Into::into).collect() }
            }
            (Way::BrowserItself, SystemKind::Linux) => {
                let (program, arguments) = linux::browser_command(self.system, link)?;
                CommandLine { program, arguments: arguments.into_iter().map(Into::into).collect() }
            }
            (Way::BrowserItself, SystemKind::Windows) => {
                let browser = self.reading.handler("https").filter(|handler| handler.installed == Some(true))?;
                CommandLine { program: browser.program.clone()?, arguments: vec![link.into()] }
            }
            (Way::BrowserItself, SystemKind::Macos) => {
                let browser = self.reading.handler("https")?.id.clone()?;
                let arguments = ["-b".into(), browser.into(), link.into()].to_vec();
                CommandLine { program: "/usr/bin/open".to_owned(), arguments }
            }
            _ => return None,
        };
        let variables = self.system.clean_variables();
        Some(Step { line, variables, added: Vec::new(), environment: self.system.environment.clone() })
    }

    async fn attempt(&mut self, way: Way, steps: Vec<Step>, token: &str, patience: Duration) {
        let link = self.link(token);
        self.attempt_at(way, steps, token, &link, patience).await;
    }

    /// Starts one launcher after another until one holds, and waits for the page. The result grows in place, so that a test
    /// that is cancelled keeps what was seen.
    async fn attempt_at(&mut self, way: Way, steps: Vec<Step>, token: &str, link: &str, patience: Duration) {
        (self.progress)(TripProgress::Asking { way, link: link.to_owned() });
        let began = Instant::now();
        self.result.attempts.push(Attempt {
            way,
            ran: Vec::new(),
            hit: None,
            tls_on_port: false,
            back: None,
            waited_ms: 0,
        });
        let mut holds = false;
        for step in steps {
            let mut launched =
                launch::start(&step.line, link, self.system, &step.variables, step.environment.clone(), &step.added);
            let until = Instant::now() + self.patience.launcher;
            self.watch_and_wait(&mut launched, token, began, until).await;
            // Windows' Explorer fails although it has opened the page; only the page tells.
            holds = launched.holds() || self.is_explorer(&launched);
            let started = launched.ran.not_started.is_none();
            self.last().ran.push(launched.ran);
            if self.last().hit.is_some() || holds {
                break;
            }
            if started {
                self.wait(token, began, Instant::now() + self.patience.after_failure).await;
                if self.last().hit.is_some() {
                    break;
                }
            }
        }
        if holds {
            self.wait(token, began, began + patience).await;
        }
        self.wait_for_way_back(token).await;
        let waited = millis(began);
        self.last().waited_ms = waited;
        if self.last().hit.is_some() {
            (self.progress)(TripProgress::Opened { way });
        }
    }

    fn is_explorer(&self, launched: &Launched) -> bool {
        self.system.kind == SystemKind::Windows
            && launched.ran.not_started.is_none()
            && launched.ran.command.to_ascii_lowercase().contains("explorer.exe")
    }

    fn last(&mut self) -> &mut Attempt {
        if self.result.attempts.is_empty() {
            self.result.attempts.push(Attempt {
                way: Way::ByHand,
                ran: Vec::new(),
                hit: None,
                tls_on_port: false,
                back: None,
                waited_ms: 0,
            });
        }
        let at = self.result.attempts.len() - 1;
        &mut self.result.attempts[at]
    }

    /// Watches the launcher and the listener at once: the page may come long before the launcher ends.
    async fn watch_and_wait(&mut self, launched: &mut Launched, token: &str, began: Instant, until: Instant) {
        let patience = self.patience.launcher;
        let mut watch = std::pin::pin!(launched.watch(patience));
        let mut watching = true;
        while watching {
            tokio::select! {
                () = &mut watch => watching = false,
                came = timeout_at(until, self.listener.next()) => {
                    match came {
                        Ok(Some(came)) => self.take(came, token, began),
                        _ => return,
                    }
                    // A launcher that is the browser does not end; the page is what counts.
                    if self.is_settled() {
                        return;
                    }
                }
            }
        }
    }

    async fn wait(&mut self, token: &str, began: Instant, until: Instant) {
        while !self.is_settled() {
            match timeout_at(until, self.listener.next()).await {
                Ok(Some(came)) => self.take(came, token, began),
                _ => return,
            }
        }
    }

    /// A browser has asked for the page. Something else may ask before it does.
    fn is_settled(&mut self) -> bool {
        self.last().hit.as_ref().is_some_and(Hit::is_browser)
    }

    /// Waits for the browser on `localhost`, when a real browser was sent there.
    async fn wait_for_way_back(&mut self, token: &str) {
        let is_browser =
            self.last().hit.as_ref().is_some_and(|hit| hit.agent.is_some() && hit.navigation != Some(false));
        let sent_on = comes_back_to_localhost(self.reading.client).is_some();
        if !is_browser || !sent_on || self.last().back.is_some() {
            return;
        }
        let until = Instant::now() + self.patience.back;
        while self.last().back.is_none() {
            match timeout_at(until, self.listener.next()).await {
                Ok(Some(came)) => self.take(came, token, until),
                _ => self.last().back = Some(WayBack::Lost),
            }
        }
    }

    /// Takes down what came. What belongs to an earlier attempt is put there: a slow browser is no lost one.
    fn take(&mut self, came: Came, token: &str, began: Instant) {
        match came {
            Came::Page(asked) if asked.token == token => {
                let last = self.last();
                // A second question for the same page is a preview, or the browser behind a scanner that asked first.
                if last.hit.as_ref().is_none_or(|before| !before.is_browser() && asked.is_browser()) {
                    // What the scanner did on the way back is not what the browser does.
                    if last.hit.is_some() {
                        last.back = None;
                    }
                    last.hit = Some(asked.after(millis(began)));
                }
            }
            Came::Page(asked) => {
                let late = self.result.attempts.len().checked_sub(2);
                if let Some(attempt) = late.and_then(|at| self.result.attempts.get_mut(at))
                    && attempt.hit.is_none()
                {
                    let after = attempt.waited_ms.saturating_add(millis(began));
                    attempt.hit = Some(asked.after(after));
                }
            }
            Came::Back { token: own } if own == token => self.last().back = Some(WayBack::Arrived),
            Came::Back { .. } => {}
            Came::Tls { on_way_back: true } => {
                if self.last().back.is_none() {
                    self.last().back = Some(WayBack::Tls);
                }
            }
            Came::Tls { on_way_back: false } => self.last().tls_on_port = true,
        }
    }

    /// Nothing opened: the user may open the first link by hand while the listener is still there.
    async fn by_hand(&mut self, token: &str) {
        if self.patience.by_hand.is_zero() {
            return;
        }
        let link = self.link(token);
        (self.progress)(TripProgress::ByHand { link });
        let began = Instant::now();
        self.result.attempts.push(Attempt {
            way: Way::ByHand,
            ran: Vec::new(),
            hit: None,
            tls_on_port: false,
            back: None,
            waited_ms: 0,
        });
        self.wait(token, began, began + self.patience.by_hand).await;
        self.wait_for_way_back(token).await;
        let waited = millis(began);
        self.last().waited_ms = waited;
        if self.last().hit.is_none() {
            // Nobody opened it; that says nothing about the browser.
            self.result.attempts.pop();
        }
    }
}

impl Asked {
    fn after(&self, after_ms: u32) -> Hit {
        Hit {
            after_ms,
            ipv6: self.ipv6,
            parameters: self.parameters,
            agent: self.agent.clone(),
            navigation: self.navigation,
        }
    }

    fn is_browser(&self) -> bool {
        self.after(0).is_browser()
    }
}

fn millis(began: Instant) -> u32 {
    u32::try_from(began.elapsed().as_millis()).unwrap_or(u32::MAX)
}

/// 128 random bits. They are no secret; they keep others' requests from being taken for ours.
fn token() -> String {
    let mut bytes = [0_u8; 16];
    // Where the system has no randomness, the port alone keeps strangers out.
    let _ = rustls::crypto::aws_lc_rs::default_provider().secure_random.fill(&mut bytes);
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
#[cfg(target_os = "linux")]
#[allow(clippy::disallowed_methods, reason = "the test's own folder")]
mod tests {
    use super::super::system::tests::{laid_out, put_program};
    use super::*;
    use mcp_auth_diagnosis::browser::{NotStarted, TripCode};
    use mcp_auth_diagnosis::clients::ClientId;
    use std::path::Path;
    use std::sync::Mutex;

    /// Short where nothing can come; long where something must.
    const SHORT: Patience = Patience {
        launcher: Duration::from_secs(10),
        after_failure: Duration::from_millis(50),
        page: Duration::from_millis(300),
        further: Duration::from_millis(300),
        back: Duration::from_millis(200),
        by_hand: Duration::ZERO,
    };

    /// This system, with a PATH on which only what the test puts there is found.
    fn system(folder: &Path) -> System {
        let mut system = laid_out(System::this().kind, Path::new("/"));
        system.home = folder.to_owned();
        // No browser of the computer on which the test runs may be found.
        for (name, value) in [("PATH", ""), ("XDG_DATA_DIRS", "no-data"), ("XDG_CONFIG_DIRS", "no-config")] {
            system.variables.insert(name.to_owned(), folder.join(value).display().to_string());
        }
        system
    }

    async fn tested(system: &System, client: Option<ClientId>) -> RoundTrip {
        let reading = super::super::read(system, client);
        round_trip(system, &reading, &SHORT, |_| {}, CancellationToken::new()).await
    }

    #[tokio::test]
    async fn missing_failing_and_lying_launchers_are_told_apart() {
        let folder = tempfile::tempdir().expect("a folder");
        let missing = tested(&system(folder.path()), None).await;
        assert_eq!(missing.verdict(), Some(TripCode::SpawnFailed));
        assert_eq!(missing.attempts[0].ran[0].not_started, Some(NotStarted::Missing));

        put_program(folder.path(), "xdg-open", "#!/bin/sh\nexit 3\n");
        let failing = tested(&system(folder.path()), None).await;
        assert_eq!((failing.verdict(), failing.attempts[0].ran[0].exit), (Some(TripCode::LauncherError), Some(3)));

        put_program(folder.path(), "xdg-open", "#!/bin/sh\nexit 0\n");
        let lying = tested(&system(folder.path()), None).await;
        assert_eq!(lying.verdict(), Some(TripCode::LaunchedNoHit));
        assert!(lying.link.starts_with("http://127.0.0.1:"));
        assert!(!lying.attempts[0].ran[0].command.contains("127.0.0.1"), "the link is not in what is shown");
    }

    /// A stand-in for a browser in the test's own process: the launcher writes the address down and the test asks for it.
    #[tokio::test]
    async fn a_page_that_is_asked_for_is_the_proof() {
        let folder = tempfile::tempdir().expect("a folder");
        let note = folder.path().join("note");
        put_program(folder.path(), "xdg-open", &format!("#!/bin/sh\nprintf '%s\\n' \"$1\" > {}\n", note.display()));
        let system = system(folder.path());
        let reading = super::super::read(&system, None);
        let browser = async |link: String| {
            let agent = "Mozilla/5.0 (X11; Linux x86_64) Chrome/156.0 Safari/537.36";
            let client = reqwest::Client::builder().user_agent(agent).no_proxy().build().expect("a client");
            client.get(link).header("Sec-Fetch-Mode", "navigate").send().await.expect("an answer").text().await
        };
        let (tell, mut told) = tokio::sync::mpsc::unbounded_channel();
        let progress = move |progress| {
            if let TripProgress::Asking { link, .. } = progress {
                let _ = tell.send(link);
            }
        };
        let patience = Patience { page: Duration::from_secs(30), back: Duration::from_secs(30), ..SHORT };
        let trip = round_trip(&system, &reading, &patience, progress, CancellationToken::new());
        let visit = async {
            let link = told.recv().await.expect("a link");
            // A security program looks first; the browser behind it is the one that counts.
            let scanner = reqwest::Client::builder().no_proxy().build().expect("a client");
            scanner.get(&link).send().await.expect("an answer");
            browser(link).await.expect("a page")
        };
        let (trip, page) = tokio::join!(trip, visit);
        assert_eq!(trip.verdict(), Some(TripCode::HitOk), "{trip:?}");
        assert_eq!(trip.attempts[0].back, Some(WayBack::Arrived));
        assert!(page.contains("The test worked"));
    }

    #[tokio::test]
    async fn the_clients_way_is_tried_where_it_differs() {
        let folder = tempfile::tempdir().expect("a folder");
        put_program(folder.path(), "xdg-open", "#!/bin/sh\nexit 0\n");
        put_program(folder.path(), "quiet", "#!/bin/sh\nexit 7\n");
        let mut system = system(folder.path());
        let same = tested(&system, Some(ClientId::Cursor)).await;
        assert_eq!(same.attempts.iter().map(|one| one.way).collect::<Vec<_>>(), [Way::OwnOpener]);
        system.variables.insert("BROWSER".to_owned(), "quiet".to_owned());
        let other = tested(&system, Some(ClientId::ClaudeCode)).await;
        assert_eq!(other.attempts[1].way, Way::Client);
        assert_eq!(other.verdict(), Some(TripCode::LauncherError));
        assert_eq!(other.attempts[1].ran[0].command, "quiet …");
    }

    #[tokio::test]
    async fn it_stops_at_once_when_it_is_cancelled() {
        let folder = tempfile::tempdir().expect("a folder");
        put_program(folder.path(), "xdg-open", "#!/bin/sh\nexit 0\n");
        let system = system(folder.path());
        let reading = super::super::read(&system, None);
        let cancel = CancellationToken::new();
        let seen = Mutex::new(Vec::new());
        let progress = |progress| {
            seen.lock().expect("a list").push(progress);
            cancel.cancel();
        };
        let patience = Patience { page: Duration::from_secs(3_600), ..SHORT };
        let trip = round_trip(&system, &reading, &patience, progress, cancel.clone()).await;
        assert!(trip.stopped && trip.verdict().is_none());
        assert_eq!(seen.lock().expect("a list").len(), 1);
    }

    #[test]
    fn tokens_are_long_and_never_the_same() {
        let one = token();
        assert_eq!(one.len(), 32);
        assert_ne!(one, token());
    }
}
