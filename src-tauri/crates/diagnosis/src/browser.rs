//! The browser: what this system says about it, and what happened when one was asked to open a page.
//!
//! Only shapes and pure readings of them live here; `mcp-auth-probes` fills them. Exit codes prove nothing: a launcher may
//! say "done" and nothing opens. Only a request that arrives at our own listener proves that a browser opened, so the
//! [`RoundTrip`] decides and everything else explains.

use std::collections::BTreeMap;
use std::fmt;

use serde::Serialize;

use crate::check::{Action, Check, Confidence, Finding, Outcome};
use crate::clients::ClientId;
use crate::evidence::{Environment, Evidence};
use crate::report::{Light, Report, State};
use crate::{paper, redact, triage};

/// Everything that was seen of the browser on this computer.
#[derive(Clone, Serialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS), ts(export))]
pub struct BrowserReading {
    /// The client whose way of opening a browser was asked about.
    pub client: Option<ClientId>,
    /// Which system.
    pub system: SystemKind,
    /// In whose environment the variables were seen and the programs looked for.
    pub environment: Environment,
    /// The variables that decide about opening a browser. Only names of an allow-list, passwords in proxies masked.
    pub variables: BTreeMap<String, String>,
    /// The programs that open web pages: those that were looked for, found or not.
    pub openers: Vec<Opener>,
    /// Who opens `https`, `http` and the clients' own schemes.
    pub handlers: Vec<Handler>,
    /// The desktop session. Linux only.
    pub desktop: Option<Desktop>,
    /// Where the program runs, when that is no plain desktop session.
    pub surroundings: Vec<Surrounding>,
    /// Rules of a company that concern opening a page or the way back.
    pub policies: Vec<Policy>,
    /// This computer's own address.
    pub loopback: LoopbackReading,
    /// Where clients expect the browser to come back to.
    pub way_back: Vec<ReturnAddress>,
    /// The test, when it was made.
    pub trip: Option<RoundTrip>,
}

impl fmt::Debug for BrowserReading {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        redact::debug(self, formatter)
    }
}

impl BrowserReading {
    /// The handler of a scheme.
    pub fn handler(&self, scheme: &str) -> Option<&Handler> {
        self.handlers.iter().find(|handler| handler.scheme == scheme)
    }

    /// The family of the browser that is chosen, as it would name itself. `None`: it is not one that is known.
    pub fn chosen_family(&self) -> Option<&'static str> {
        // More particular ones first. A browser on Chromium names itself Chrome unless it has a name of its own.
        const FAMILIES: [(&str, &str); 10] = [
            ("firefox", "Firefox"),
            ("edge", "Edge"),
            ("opera", "Opera"),
            ("vivaldi", "Vivaldi"),
            ("epiphany", "GNOME Web"),
            ("safari", "Safari"),
            ("brave", "Chrome"),
            ("chromium", "Chrome"),
            ("chrome", "Chrome"),
            ("librewolf", "Firefox"),
        ];
        let handler = self.handler("https")?;
        // A wrapper can start anything; only a program of that name is known to be that browser.
        let program = handler.program.as_deref().or(handler.id.as_deref())?.to_ascii_lowercase();
        let name = program.rsplit(['/', '\\']).next().unwrap_or_default();
        FAMILIES.iter().find(|(mark, _)| name.contains(mark)).map(|(_, family)| *family)
    }

    /// The first opener of this name.
    pub fn opener(&self, name: &str) -> Option<&Opener> {
        self.openers.iter().find(|opener| opener.name == name && !opener.bundled)
    }

    /// A variable that is set to something.
    pub fn variable(&self, name: &str) -> Option<&str> {
        self.variables.get(name).map(String::as_str).filter(|value| !value.is_empty())
    }

    /// Whether the program runs in such a place.
    pub fn is_in(&self, wanted: impl Fn(&Surrounding) -> bool) -> bool {
        self.surroundings.iter().any(wanted)
    }

    /// The test has proven that a browser opens the way the client in question opens it, so that no fact explains a
    /// failure: there is none.
    pub fn opens(&self) -> bool {
        self.trip.as_ref().is_some_and(|trip| trip.verdict().is_some_and(TripCode::opened))
    }

    /// Lines of proof from a test that failed.
    pub fn trip_proof(&self) -> Vec<String> {
        match &self.trip {
            Some(trip) if !self.opens() => trip.attempts.iter().flat_map(Attempt::proof).collect(),
            _ => Vec::new(),
        }
    }

    /// How the environment is called in a sentence.
    pub fn seen_in(&self) -> String {
        match &self.environment {
            Environment::ThisApp => "as this app sees it".to_owned(),
            Environment::Client { client } => {
                let name = client.parse().map_or(client.as_str(), |client: ClientId| client.name());
                format!("as the running {name} sees it")
            }
            Environment::LoginShell => "as your login session sees it".to_owned(),
            Environment::Simulated { what } => format!("as seen with {what}"),
        }
    }
}

/// The systems that differ in how a browser is opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS), ts(export))]
#[serde(rename_all = "kebab-case")]
#[allow(missing_docs, reason = "the systems' own names")]
pub enum SystemKind {
    Linux,
    Macos,
    Windows,
    Other,
}

/// A program that opens web pages.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS), ts(export))]
pub struct Opener {
    /// e.g. `xdg-open`.
    pub name: String,
    /// Where it is, as shown to a person; `None` when it was looked for and not found.
    pub path: Option<String>,
    /// Its version, when it says one.
    pub version: Option<String>,
    /// A copy that came with a client, used by nobody else.
    pub bundled: bool,
}

/// Who opens a scheme.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS), ts(export))]
pub struct Handler {
    /// `https`, `http`, `cursor`, …
    pub scheme: String,
    /// The chosen one: a desktop file's id, a bundle id, a ProgId. `None` when none is chosen.
    pub id: Option<String>,
    /// Its name, as a person knows it.
    pub name: Option<String>,
    /// The place that decides: file and line, or registry key.
    pub decided_by: Option<String>,
    /// The program that it starts.
    pub program: Option<String>,
    /// Whether that program is there. `None`: it could not be told.
    pub installed: Option<bool>,
    /// Other handlers that are installed and could be chosen instead.
    pub others: Vec<String>,
    /// The system picks one by itself when none is chosen.
    pub has_fallback: bool,
}

/// The desktop session of a Linux program.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS), ts(export))]
pub struct Desktop {
    /// `XDG_CURRENT_DESKTOP`.
    pub name: Option<String>,
    /// `KDE_SESSION_VERSION`.
    pub kde_version: Option<u32>,
    /// The screens that the variables name.
    pub screens: Vec<Screen>,
    /// Whether the session bus can be found. `None`: it could not be told.
    pub session_bus: Option<bool>,
    /// Whether the desktop's portal is installed.
    pub portal: Option<bool>,
}

/// A screen that a variable names.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS), ts(export))]
pub struct Screen {
    /// `DISPLAY` or `WAYLAND_DISPLAY`.
    pub variable: String,
    /// Its value.
    pub value: String,
    /// Whether its socket is there. `None`: it is on another computer, or could not be told.
    pub there: Option<bool>,
}

/// A place that is no plain desktop session.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS), ts(export))]
#[serde(tag = "is", rename_all = "kebab-case")]
pub enum Surrounding {
    /// Signed in from another computer.
    Remote {
        /// The variable that says so, e.g. `SSH_CONNECTION`.
        by: String,
    },
    /// In a container.
    Container {
        /// The file that says so.
        by: String,
    },
    /// In a Flatpak sandbox.
    Flatpak,
    /// In a Snap.
    Snap {
        /// Its name.
        name: String,
    },
    /// From an AppImage.
    AppImage {
        /// Variables that it hands on to the browser and that point into it.
        leaks: Vec<String>,
    },
    /// Linux inside Windows.
    Wsl {
        /// Whether Windows programs can be started from there. `None`: it could not be told.
        interop: Option<bool>,
        /// Whether Windows' PowerShell can be reached.
        powershell: bool,
    },
    /// As the administrator (root).
    Root,
    /// NixOS.
    NixOs,
}

/// A rule of a company.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS), ts(export))]
pub struct Policy {
    /// The file or registry key.
    pub place: String,
    /// The rule's name, e.g. `URLBlocklist`.
    pub rule: String,
    /// Its value, shortened.
    pub value: String,
    /// What it does to a sign-in.
    pub effect: PolicyEffect,
}

/// What a rule does to a sign-in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS), ts(export))]
#[serde(rename_all = "kebab-case")]
pub enum PolicyEffect {
    /// The browser may not open this computer's own address.
    BlocksLoopback,
    /// The browser sends even this computer's own address to a proxy.
    ProxiesLoopback,
    /// PowerShell may not be started.
    BlocksPowershell,
}

/// This computer's own address.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS), ts(export))]
pub struct LoopbackReading {
    /// Whether a program may listen on 127.0.0.1. `None`: nobody tried.
    pub ipv4: Option<bool>,
    /// Whether a program may listen on ::1.
    pub ipv6: Option<bool>,
    /// What the system says `localhost` is, in its order.
    pub localhost: Vec<String>,
    /// Lines of the hosts file that give `localhost` another address: file and line, then the line.
    pub overrides: Vec<String>,
    /// A proxy is set by variables, and this computer's own address is not excepted: the variable.
    pub proxied_by: Option<String>,
}

/// Where a client expects the browser to come back to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS), ts(export))]
pub struct ReturnAddress {
    /// The client.
    pub client: ClientId,
    /// The address (redirect URI), with `{port}` where the client picks one.
    pub uri: String,
    /// The kind.
    pub way: ReturnWay,
    /// Who holds the port, for a fixed one that was looked at.
    pub port: Option<ReturnPort>,
}

/// The kinds of return address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS), ts(export))]
#[serde(rename_all = "kebab-case")]
pub enum ReturnWay {
    /// A port of this computer that the client always uses.
    FixedPort,
    /// A port of this computer that the client picks.
    AnyPort,
    /// A scheme of the client's own, e.g. `cursor://`.
    Scheme,
    /// A page of the client's maker.
    Cloud,
}

/// A port of this computer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS), ts(export))]
pub struct ReturnPort {
    /// The number.
    pub port: u16,
    /// On 127.0.0.1.
    pub ipv4: ReturnPortState,
    /// On ::1.
    pub ipv6: ReturnPortState,
    /// The program that holds it, when that could be told.
    pub holder: Option<ReturnPortHolder>,
}

/// The state of a port.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS), ts(export))]
#[serde(rename_all = "kebab-case")]
pub enum ReturnPortState {
    /// Free.
    Free,
    /// A program listens there.
    Taken,
    /// Nobody listens, and the system lets nobody.
    Forbidden,
    /// It could not be told.
    Unknown,
}

/// The program that holds a port.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS), ts(export))]
pub struct ReturnPortHolder {
    /// Its process id, when it is known.
    pub pid: Option<u32>,
    /// Its name, when it is known.
    pub name: Option<String>,
    /// It says itself that it is mcp-remote.
    pub mcp_remote: bool,
}

/// The test: a browser is asked to open a page of our own, in one way after another, until the page is asked for.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS), ts(export))]
pub struct RoundTrip {
    /// One per way that was tried, in order.
    pub attempts: Vec<Attempt>,
    /// The address to open by hand when nothing opens. It works as long as the test runs.
    pub link: String,
    /// The test was stopped before it was over.
    pub stopped: bool,
    /// Why there was no test at all, e.g. no program may listen on this computer's own address.
    pub prevented: Option<String>,
}

/// One way of asking for a browser.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS), ts(export))]
pub struct Attempt {
    /// Which way.
    pub way: Way,
    /// The programs that were started for it, in order.
    pub ran: Vec<Ran>,
    /// The request that came, when one came.
    pub hit: Option<Hit>,
    /// Somebody spoke TLS to our plain port.
    pub tls_on_port: bool,
    /// What came of being sent on to `localhost`, as a sign-in service sends the browser back.
    pub back: Option<WayBack>,
    /// How long was waited in all, in milliseconds.
    pub waited_ms: u32,
}

/// The ways of asking for a browser.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS), ts(export))]
#[serde(rename_all = "kebab-case")]
pub enum Way {
    /// As this app opens pages.
    OwnOpener,
    /// Exactly as the client does it, in the client's environment where that can be read.
    Client,
    /// Through the desktop's portal.
    Portal,
    /// The chosen browser's program itself.
    BrowserItself,
    /// The user opened the link.
    ByHand,
}

/// A program that was started.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS), ts(export))]
pub struct Ran {
    /// The command line, with `…` where the address stood.
    pub command: String,
    /// In whose environment.
    pub environment: Environment,
    /// Why it could not be started.
    pub not_started: Option<NotStarted>,
    /// Its exit code, when it ended while we watched.
    pub exit: Option<i32>,
    /// It ended through a signal, or still runs, when there is no exit code.
    pub still_running: bool,
    /// What it said on standard error, shortened, where it can be read without harm.
    pub said: String,
    /// How long it was watched, in milliseconds.
    pub took_ms: u32,
}

/// Why a program could not be started.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS), ts(export))]
#[serde(tag = "is", rename_all = "kebab-case")]
pub enum NotStarted {
    /// It is not there.
    Missing,
    /// The system or a rule forbids it.
    Forbidden {
        /// The system's words.
        detail: String,
    },
    /// Anything else.
    Other {
        /// The system's words.
        detail: String,
    },
}

/// The request that came.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS), ts(export))]
pub struct Hit {
    /// How long after the start of the attempt, in milliseconds.
    pub after_ms: u32,
    /// It came over IPv6.
    pub ipv6: bool,
    /// What became of the parameters that we put into the address.
    pub parameters: Parameters,
    /// The program that asked, by its own words: family and major version, e.g. `Chrome 156`.
    pub agent: Option<String>,
    /// It is a page that a person opens, by the headers that browsers send. `None`: the program sends no such headers.
    pub navigation: Option<bool>,
}

impl Hit {
    /// A browser that a person sees asked for it, by what it says of itself: no scanner, no script, none without a window.
    pub fn is_browser(&self) -> bool {
        self.navigation != Some(false) && self.agent.as_deref().is_some_and(|agent| !agent.starts_with("Headless"))
    }
}

/// What became of the parameters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS), ts(export))]
#[serde(rename_all = "kebab-case")]
pub enum Parameters {
    /// All there, unchanged.
    Intact,
    /// Cut off behind the first `&`.
    Cut,
    /// There, and changed.
    Altered,
}

/// What came of being sent on to `localhost`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS), ts(export))]
#[serde(rename_all = "kebab-case")]
pub enum WayBack {
    /// It arrived.
    Arrived,
    /// TLS arrived at the plain port.
    Tls,
    /// Nothing arrived.
    Lost,
}

/// What came of an attempt. The names are stable.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS), ts(export))]
#[serde(rename_all = "kebab-case")]
pub enum TripCode {
    /// The program that opens pages is missing or may not be started.
    SpawnFailed,
    /// It said itself that it failed.
    LauncherError,
    /// It said that all is well, or still runs, and no page was asked for.
    LaunchedNoHit,
    /// The browser insisted on https for a plain address.
    HttpsUpgraded,
    /// The address was cut off.
    HitTruncated,
    /// The address was changed.
    HitAltered,
    /// The browser did not find the way to `localhost`, where the client listens on one family only.
    HitWrongFamily,
    /// Something else than the chosen browser asked for the page.
    HitUnexpectedUa,
    /// It worked, after a long time.
    HitSlow,
    /// It worked.
    HitOk,
}

impl TripCode {
    /// The name, as it stands in JSON.
    pub fn name(self) -> &'static str {
        match self {
            Self::SpawnFailed => "spawn-failed",
            Self::LauncherError => "launcher-error",
            Self::LaunchedNoHit => "launched-no-hit",
            Self::HttpsUpgraded => "https-upgraded",
            Self::HitTruncated => "hit-truncated",
            Self::HitAltered => "hit-altered",
            Self::HitWrongFamily => "hit-wrong-family",
            Self::HitUnexpectedUa => "hit-unexpected-ua",
            Self::HitSlow => "hit-slow",
            Self::HitOk => "hit-ok",
        }
    }

    /// A browser opened, whatever else is wrong.
    pub fn opened(self) -> bool {
        matches!(
            self,
            Self::HitOk
                | Self::HitSlow
                | Self::HitWrongFamily
                | Self::HttpsUpgraded
                | Self::HitTruncated
                | Self::HitAltered
        )
    }
}

/// From here on a page that opens is late.
pub const SLOW_MS: u32 = 10_000;

impl Attempt {
    /// What came of it.
    pub fn code(&self) -> TripCode {
        let Some(hit) = &self.hit else {
            if self.tls_on_port {
                return TripCode::HttpsUpgraded;
            }
            return match self.ran.last() {
                Some(last) if last.not_started.is_some() => {
                    // What was started before and failed says more than what is missing behind it.
                    if self.ran.iter().any(|ran| ran.exit.is_some_and(|exit| exit != 0)) {
                        TripCode::LauncherError
                    } else {
                        TripCode::SpawnFailed
                    }
                }
                Some(last) if last.exit.is_some_and(|exit| exit != 0) => TripCode::LauncherError,
                Some(last) if last.exit.is_none() && !last.still_running => TripCode::LauncherError,
                Some(_) => TripCode::LaunchedNoHit,
                None => TripCode::SpawnFailed,
            };
        };
        let strange = !hit.is_browser();
        match (hit.parameters, self.back) {
            (Parameters::Cut, _) => TripCode::HitTruncated,
            (Parameters::Altered, _) => TripCode::HitAltered,
            _ if strange => TripCode::HitUnexpectedUa,
            (_, Some(WayBack::Tls)) => TripCode::HttpsUpgraded,
            (_, Some(WayBack::Lost)) => TripCode::HitWrongFamily,
            _ if hit.after_ms > SLOW_MS => TripCode::HitSlow,
            _ => TripCode::HitOk,
        }
    }

    /// One line per program that was started, and one for what came of it.
    pub fn proof(&self) -> Vec<String> {
        let mut lines: Vec<String> = self.ran.iter().map(Ran::proof).collect();
        match &self.hit {
            None => lines.push(format!("no page was asked for within {} seconds", self.waited_ms.div_ceil(1_000))),
            Some(hit) => lines.push(format!(
                "{} asked for the page after {} ms",
                hit.agent.as_deref().unwrap_or("a program"),
                hit.after_ms
            )),
        }
        lines
    }
}

impl Ran {
    fn proof(&self) -> String {
        let what = match (&self.not_started, self.exit, self.still_running) {
            (Some(NotStarted::Missing), ..) => "is not there".to_owned(),
            (Some(NotStarted::Forbidden { detail } | NotStarted::Other { detail }), ..) => {
                format!("could not be started: {detail}")
            }
            (None, Some(exit), _) => match self.reason() {
                Some(reason) => format!("ended with {exit} ({reason})"),
                None => format!("ended with {exit}"),
            },
            (None, None, true) => "was started".to_owned(),
            (None, None, false) => "was ended by a signal".to_owned(),
        };
        if self.said.is_empty() {
            format!("{} {what}", self.command)
        } else {
            format!("{} {what}; it said: {}", self.command, self.said)
        }
    }

    /// The reason behind an exit code or a code in the words, where it is documented.
    pub fn reason(&self) -> Option<&'static str> {
        let program = self.command.split(' ').next().unwrap_or_default();
        let program = program.rsplit(['/', '\\']).next().unwrap_or_default();
        if program == "open" {
            return launch_services_reason(&self.said);
        }
        match (program, self.exit?) {
            // xdg-open(1), Exit Codes.
            ("xdg-open", 1) => Some("it did not understand the command"),
            ("xdg-open", 2) => Some("it found no such file"),
            ("xdg-open", 3) => Some("a program that it needs was not found"),
            ("xdg-open", 4) => Some("the browser could not be started"),
            (_, 126) => Some("it may not be started"),
            (_, 127) => Some("a program that it needs is not there"),
            _ => None,
        }
    }
}

/// What LaunchServices and AppleEvents mean by a code in the words of `open` (Apple's `LSConstants`, `MacErrors`).
fn launch_services_reason(said: &str) -> Option<&'static str> {
    const REASONS: &[(&str, &str)] = &[
        ("-10814", "no app is set to open web links"),
        ("-10810", "the app did not start; run it from a normal session or restart the Mac"),
        ("-10826", "the app may not be started: a rule or Screen Time forbids it"),
        ("-10827", "the browser's app is broken; install it again"),
        ("-10660", "the chosen browser is in the Trash"),
        ("-10664", "the browser does not fit this version of macOS"),
        ("-10825", "the browser does not fit this version of macOS"),
        ("-10665", "the browser needs Rosetta"),
        ("-10822", "the system's launch service does not answer; restart the Mac"),
        ("-1712", "the browser hangs; quit it and try again"),
        ("-1743", "this program may not steer the browser (Automation)"),
        ("-600", "the caller is cut off from the login session"),
        ("-54", "the browser's app may not be opened"),
    ];
    let is_whole = |code: &str| {
        said.match_indices(code).any(|(at, _)| !said[at + code.len()..].starts_with(|next: char| next.is_ascii_digit()))
    };
    REASONS.iter().find(|(code, _)| is_whole(code)).map(|(_, reason)| *reason)
}

impl RoundTrip {
    /// The attempt that decides: the client's way where it was tried, else this app's own.
    pub fn deciding(&self) -> Option<&Attempt> {
        let of = |way| self.attempts.iter().find(|attempt| attempt.way == way);
        of(Way::Client).or_else(|| of(Way::OwnOpener))
    }

    /// What came of the test. `None` when nothing was tried, or it was stopped before it could be told.
    pub fn verdict(&self) -> Option<TripCode> {
        let deciding = self.deciding()?;
        if self.stopped && deciding.hit.is_none() { None } else { Some(deciding.code()) }
    }

    /// Another way that worked where the deciding one did not.
    pub fn other_way(&self) -> Option<&Attempt> {
        self.attempts.iter().find(|attempt| attempt.hit.is_some())
    }
}

/// The codes of the checks that look at the browser, in the order of the catalogue.
pub const CODES: &[&str] = &[
    "authz-browser-open",
    "authz-callback-listener",
    "local-browser",
    "browser-opener",
    "browser-display",
    "browser-variable",
    "browser-confinement",
    "browser-policy",
    "browser-loopback",
    "browser-way-back",
    "browser-round-trip",
];

/// What the browser screen and `mcp-auth-check browser --json` show: the report, reduced to the browser's checks, with
/// what was read and what the test said.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS), ts(export))]
pub struct BrowserReport {
    /// The verdict and all findings, in the form of every report.
    #[serde(flatten)]
    pub report: Report,
    /// What the test said; `None` when it was not made, or was stopped.
    pub round_trip: Option<TripCode>,
    /// What came of each attempt, in order.
    pub attempts: Vec<AttemptLine>,
    /// The address to open by hand, when nothing opened.
    pub link: Option<String>,
    /// The settings pages that concern this system, most useful first.
    pub settings: Vec<SettingsShown>,
    /// Everything that was read.
    // What starts a browser is written by people, and may hold a secret.
    #[serde(serialize_with = "redact::masked")]
    pub reading: Option<BrowserReading>,
}

/// One attempt, in words.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS), ts(export))]
pub struct AttemptLine {
    /// Which way.
    pub way: Way,
    /// What came of it.
    pub code: TripCode,
    /// Lines for a person.
    pub lines: Vec<String>,
}

/// The report about the browser alone.
pub fn report(evidence: &Evidence, duration_ms: u32) -> BrowserReport {
    let mut report = triage::diagnose(evidence, duration_ms);
    let ours = |code: &str| CODES.contains(&code) || code == "local-port-free";
    report.findings.retain(|finding| ours(&finding.code));
    report.ruled_out.retain(|code| ours(code));
    report.not_reached.retain(|code| ours(code));
    report.unknown.retain(|unknown| ours(&unknown.code));
    report.checks.retain(|line| ours(&line.code));
    if report.verdict.as_ref().is_some_and(|verdict| !ours(&verdict.code)) {
        report.verdict = None;
    }
    let reading = evidence.browser.as_ref().and_then(|fact| fact.value()).cloned();
    let trip = reading.as_ref().and_then(|reading| reading.trip.as_ref());
    let round_trip = trip.and_then(RoundTrip::verdict);
    let proven = round_trip.is_some_and(TripCode::opened);
    let seen = report.checks.iter().any(|line| line.code == "local-browser" && line.light == Light::Fine);
    report.state = if report.verdict.is_some() {
        State::Fault
    } else if proven || (trip.is_none() && seen && evidence.cut_short.is_none()) {
        State::Healthy
    } else {
        State::Undetermined
    };
    let attempts = trip
        .map(|trip| {
            let line = |attempt: &Attempt| AttemptLine {
                way: attempt.way,
                code: attempt.code(),
                lines: attempt.proof().iter().map(|line| redact::mask(line)).collect(),
            };
            trip.attempts.iter().map(line).collect()
        })
        .unwrap_or_default();
    let link = trip.filter(|trip| !proven && !trip.link.is_empty()).map(|trip| trip.link.clone());
    let settings = reading
        .as_ref()
        .map(|reading| settings_for(reading.system).map(SettingsShown::from).collect())
        .unwrap_or_default();
    paper::hide(&mut report);
    BrowserReport { report, round_trip, attempts, link, settings, reading }
}

/// The reading that a check looks at, or what the check says when there is none.
///
/// # Errors
/// The outcome of the check: set aside when nobody looked, unknown when it could not be seen.
pub fn seen(evidence: &Evidence) -> Result<&BrowserReading, Outcome> {
    match &evidence.browser {
        None => Err(Outcome::SetAside("nobody looked at the browser")),
        Some(fact) => fact.seen.as_ref().map_err(|blind| Outcome::Unknown(blind.why.clone())),
    }
}

/// A finding about a fact of this computer: certain when the test failed as well, else concluded from the fact alone.
pub fn explains(check: &Check, variant: &'static str, reading: &BrowserReading) -> Finding {
    let trip = reading.trip_proof();
    let confidence = if trip.is_empty() { Confidence::Likely } else { Confidence::Certain };
    let mut finding = Finding::new(check, variant).confidence(confidence).value("seen_in", reading.seen_in());
    finding.proof = trip;
    if let Some(page) = main_page(reading.system) {
        finding = finding.value("place", page.place).action(Action::OpenSettings { page: page.id.to_owned() });
    }
    finding
}

/// The judged clients that come back to the name `localhost`, or the one in question if it does. `None`: it does not.
pub fn comes_back_to_localhost(client: Option<ClientId>) -> Option<Vec<ClientId>> {
    const THOSE: [ClientId; 4] = [ClientId::ClaudeCode, ClientId::Cursor, ClientId::McpInspector, ClientId::McpRemote];
    match client {
        None => Some(THOSE.to_vec()),
        Some(client) if THOSE.contains(&client) => Some(vec![client]),
        // Nothing is claimed of a client whose way back is not known, except when it was just tested.
        Some(client) if client.engine().is_none() => Some(vec![client]),
        Some(_) => None,
    }
}

/// The clients that open pages through PowerShell on Windows: programs on npm's open, and Gemini CLI.
pub const THROUGH_POWERSHELL: &[ClientId] =
    &[ClientId::McpInspector, ClientId::McpRemote, ClientId::GeminiCli, ClientId::McpJam];

/// The page where the browser is chosen.
pub fn main_page(system: SystemKind) -> Option<SettingsPage> {
    settings_for(system).next()
}

/// What to do on this system when a browser was asked for and did not come: the steps that guides give, with what is
/// known to be otherwise.
pub fn guide(system: SystemKind) -> [&'static str; 2] {
    match system {
        SystemKind::Macos => [
            "Open System Settings > Desktop & Dock and see that Default web browser names one that you have opened before.",
            "Guides say: System Preferences > Security & Privacy > App Management, allow the MCP client to open apps. That page (now System Settings > Privacy & Security > App Management) controls which apps may change or delete other apps, not who may open web pages: leave it as it is. Look at Automation in the same list: when your client stands there with a browser switched off, switch it on.",
        ],
        SystemKind::Windows => [
            "Open Settings > Apps > Default apps, choose your browser, press Set default, and see that HTTP and HTTPS show the same browser.",
            "Guides say: Settings > Privacy > App permissions, enable \"Allow apps to manage your default app settings\". If you find that switch you may turn it on; most computers do not have it, and it concerns changing the default browser, not opening it.",
        ],
        SystemKind::Linux | SystemKind::Other => [
            "Guides say: confirm that `xdg-open` is installed with `which xdg-open`. That is the right program, but not enough: the client must see it too, and it needs a browser that is installed, a screen and a session.",
            "Open Settings > Default Applications and choose a browser that is installed under Web. Start the client from the desktop's menu, not from a remote or administrator terminal.",
        ],
    }
}

/// A page of the system's settings that the app can open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SettingsPage {
    /// Stable, kebab-case: what [`crate::check::Action::OpenSettings`] names.
    pub id: &'static str,
    /// Its system.
    pub system: SystemKind,
    /// What stands on the button.
    pub button: &'static str,
    /// Where it is, for a person who looks for it.
    pub place: &'static str,
    /// How it is opened: the first that works. Addresses, or a program with its arguments.
    pub targets: &'static [Target],
    /// What to do there, in plain steps. The last is always the same.
    pub steps: &'static [&'static str],
}

/// A page of the system's settings, as it is shown.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS), ts(export, rename = "SettingsPage"))]
pub struct SettingsShown {
    /// Stable, kebab-case: what [`crate::check::Action::OpenSettings`] names.
    pub id: String,
    /// Its system.
    pub system: SystemKind,
    /// What stands on the button.
    pub button: String,
    /// Where it is, for a person who looks for it.
    pub place: String,
    /// What to do there, in plain steps. The last is always the same.
    pub steps: Vec<String>,
}

impl From<SettingsPage> for SettingsShown {
    fn from(page: SettingsPage) -> Self {
        Self {
            id: page.id.to_owned(),
            system: page.system,
            button: page.button.to_owned(),
            place: page.place.to_owned(),
            steps: page.steps.iter().map(|step| (*step).to_owned()).collect(),
        }
    }
}

/// How a settings page is opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Target {
    /// An address that the system itself understands, `x-apple.systempreferences:` or `ms-settings:`.
    Address(&'static str),
    /// A program of the desktop and its arguments.
    Program(&'static str, &'static [&'static str]),
}

/// The settings page with this id.
pub fn settings_page(id: &str) -> Option<&'static SettingsPage> {
    SETTINGS.iter().find(|page| page.id == id)
}

/// The pages of a system, most useful first.
pub fn settings_for(system: SystemKind) -> impl Iterator<Item = SettingsPage> {
    SETTINGS.iter().copied().filter(move |page| page.system == system)
}

const RESTART: &str = "Quit the client completely (menu bar or system tray, then Quit; closing the window is not enough), \
                       start it again, then test again.";

/// Every settings page that the app can open.
pub const SETTINGS: &[SettingsPage] = &[
    SettingsPage {
        id: "macos-default-browser",
        system: SystemKind::Macos,
        button: "Open Desktop & Dock",
        place: "System Settings > Desktop & Dock > Default web browser",
        targets: &[
            Target::Address("x-apple.systempreferences:com.apple.Desktop-Settings.extension"),
            Target::Address("x-apple.systempreferences:com.apple.preference.general"),
        ],
        steps: &["Scroll down to Default web browser.", "Pick a browser that you have opened before.", RESTART],
    },
    SettingsPage {
        id: "macos-automation",
        system: SystemKind::Macos,
        button: "Open Automation",
        place: "System Settings > Privacy & Security > Automation",
        targets: &[
            Target::Address(
                "x-apple.systempreferences:com.apple.settings.PrivacySecurity.extension?Privacy_Automation",
            ),
            Target::Address("x-apple.systempreferences:com.apple.preference.security?Privacy_Automation"),
        ],
        steps: &[
            "Find the client, or Terminal or Python when the client runs in one of them. When it is not in the list, there is nothing to change here.",
            "Turn on the switch next to your browser.",
            RESTART,
        ],
    },
    SettingsPage {
        id: "macos-app-management",
        system: SystemKind::Macos,
        button: "Open App Management",
        place: "System Settings > Privacy & Security > App Management (before macOS 13: System Preferences > Security & Privacy)",
        targets: &[
            Target::Address(
                "x-apple.systempreferences:com.apple.settings.PrivacySecurity.extension?Privacy_AppBundles",
            ),
            Target::Address("x-apple.systempreferences:com.apple.preference.security?Privacy_AppBundles"),
        ],
        steps: &[
            "Guides say: App Management, allow the MCP client to open apps. This page controls which apps may change or delete other apps; it does not control opening web pages, so you can leave it as it is.",
            "Look at Automation in the same list instead, and at Desktop & Dock > Default web browser.",
            RESTART,
        ],
    },
    SettingsPage {
        id: "windows-default-apps",
        system: SystemKind::Windows,
        button: "Open Default apps",
        place: "Settings > Apps > Default apps",
        targets: &[Target::Address("ms-settings:defaultapps")],
        steps: &[
            "Type your browser's name and select it.",
            "Press Set default, and see that HTTP and HTTPS in the list show the same browser.",
            RESTART,
        ],
    },
    SettingsPage {
        id: "windows-privacy",
        system: SystemKind::Windows,
        button: "Open Privacy",
        place: "Settings > Privacy > App permissions (Windows 11: Privacy & security)",
        targets: &[Target::Address("ms-settings:privacy")],
        steps: &[
            "Guides say: App permissions, enable \"Allow apps to manage your default app settings\". If you find that switch you may turn it on. Most computers do not have it, and it concerns changing the default browser, not opening it.",
            "Choose your browser under Settings > Apps > Default apps instead.",
            RESTART,
        ],
    },
    SettingsPage {
        id: "windows-proxy",
        system: SystemKind::Windows,
        button: "Open Proxy",
        place: "Settings > Network & internet > Proxy",
        targets: &[Target::Address("ms-settings:network-proxy")],
        steps: &[
            "See that local addresses are excepted (\"Don't use the proxy server for local addresses\").",
            RESTART,
        ],
    },
    SettingsPage {
        id: "windows-work-account",
        system: SystemKind::Windows,
        button: "Open Access work or school",
        place: "Settings > Accounts > Access work or school",
        targets: &[Target::Address("ms-settings:workplace")],
        steps: &[
            "When a company's name stands here, its IT help desk makes the rules of this computer: send them the text.",
            RESTART,
        ],
    },
    SettingsPage {
        id: "linux-default-apps",
        system: SystemKind::Linux,
        button: "Open Default Applications",
        place: "Settings > Default Applications (GNOME: Apps > Default Apps)",
        targets: &[
            Target::Program("gnome-control-center", &["default-apps"]),
            Target::Program("gnome-control-center", &["applications"]),
            Target::Program("systemsettings", &["kcm_componentchooser"]),
            Target::Program("xfce4-mime-settings", &[]),
            Target::Program("lxqt-config-file-associations", &[]),
            Target::Program("mate-default-applications-properties", &[]),
            Target::Program("cinnamon-settings", &["default"]),
        ],
        steps: &["Under Web, choose a browser that is installed.", RESTART],
    },
    SettingsPage {
        id: "linux-software",
        system: SystemKind::Linux,
        button: "Open the software centre",
        place: "Software, Discover, or the package manager of your system",
        targets: &[
            Target::Program("gnome-software", &["--search", "xdg-utils"]),
            Target::Program("plasma-discover", &["--search", "xdg-utils"]),
            Target::Program("mintinstall", &[]),
        ],
        steps: &[
            "Look for xdg-utils and install it. It is a small standard package.",
            "To see for yourself: `which xdg-open` in a terminal says where it is.",
            RESTART,
        ],
    },
];

/// Readings for the checks' own tests: a computer on which a browser opens, in which a test changes one thing.
#[cfg(test)]
pub(crate) mod sample {
    use super::*;
    use crate::sample::{Sample, fact};

    /// A Linux desktop on which all is well; no test was made.
    pub fn linux() -> BrowserReading {
        let handler = |scheme: &str| Handler {
            scheme: scheme.to_owned(),
            id: Some("firefox.desktop".to_owned()),
            name: Some("Firefox".to_owned()),
            decided_by: Some("~/.config/mimeapps.list:2".to_owned()),
            program: Some("/usr/bin/firefox".to_owned()),
            installed: Some(true),
            ..Handler::default()
        };
        let opener = |name: &str| Opener {
            name: name.to_owned(),
            path: Some(format!("/usr/bin/{name}")),
            version: Some("1.2.1".to_owned()),
            bundled: false,
        };
        BrowserReading {
            client: None,
            system: SystemKind::Linux,
            environment: Environment::ThisApp,
            variables: [("DISPLAY", ":0"), ("XDG_CURRENT_DESKTOP", "GNOME"), ("PATH", "/usr/bin")]
                .map(|(name, value)| (name.to_owned(), value.to_owned()))
                .into(),
            openers: vec![opener("xdg-open"), opener("gio")],
            handlers: vec![handler("https"), handler("http")],
            desktop: Some(Desktop {
                name: Some("GNOME".to_owned()),
                kde_version: None,
                screens: vec![Screen { variable: "DISPLAY".to_owned(), value: ":0".to_owned(), there: Some(true) }],
                session_bus: Some(true),
                portal: Some(true),
            }),
            surroundings: Vec::new(),
            policies: Vec::new(),
            loopback: LoopbackReading {
                ipv4: Some(true),
                ipv6: Some(true),
                localhost: vec!["::1".to_owned(), "127.0.0.1".to_owned()],
                overrides: Vec::new(),
                proxied_by: None,
            },
            way_back: Vec::new(),
            trip: None,
        }
    }

    /// A Windows computer on which all is well.
    pub fn windows() -> BrowserReading {
        let handler = |scheme: &str| Handler {
            scheme: scheme.to_owned(),
            id: Some("ChromeHTML".to_owned()),
            name: Some("Google Chrome".to_owned()),
            decided_by: Some("HKCU\\Software\\Microsoft\\Windows\\Shell\\Associations\\UrlAssociations".to_owned()),
            program: Some("C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe".to_owned()),
            installed: Some(true),
            has_fallback: true,
            ..Handler::default()
        };
        let opener = |name: &str| Opener {
            name: name.to_owned(),
            path: Some(format!("C:\\Windows\\System32\\{name}")),
            version: None,
            bundled: false,
        };
        BrowserReading {
            system: SystemKind::Windows,
            variables: BTreeMap::new(),
            openers: vec![opener("powershell.exe"), opener("rundll32.exe")],
            handlers: vec![handler("https"), handler("http")],
            desktop: None,
            ..linux()
        }
    }

    /// A Mac on which all is well.
    pub fn macos() -> BrowserReading {
        let handler = |scheme: &str| Handler {
            scheme: scheme.to_owned(),
            id: Some("com.apple.safari".to_owned()),
            name: Some("Safari".to_owned()),
            installed: Some(true),
            has_fallback: true,
            ..Handler::default()
        };
        let opener =
            Opener { name: "open".to_owned(), path: Some("/usr/bin/open".to_owned()), version: None, bundled: false };
        BrowserReading {
            system: SystemKind::Macos,
            variables: BTreeMap::new(),
            openers: vec![opener],
            handlers: vec![handler("https"), handler("http")],
            desktop: None,
            ..linux()
        }
    }

    /// The reading as evidence.
    pub fn of(reading: BrowserReading) -> Sample {
        Sample::healthy().change(|evidence| {
            evidence.subject.client = reading.client;
            evidence.browser = Some(fact(Ok(reading)));
        })
    }

    /// A reading with something changed.
    pub fn with(mut reading: BrowserReading, change: impl FnOnce(&mut BrowserReading)) -> Sample {
        change(&mut reading);
        of(reading)
    }

    /// A test in which the launcher ended so, and nothing or something came.
    pub fn trip(way: Way, exit: Option<i32>, hit: Option<Hit>) -> RoundTrip {
        let ran = Ran {
            command: "/usr/bin/xdg-open …".to_owned(),
            environment: Environment::ThisApp,
            not_started: None,
            exit,
            still_running: exit.is_none(),
            said: String::new(),
            took_ms: 12,
        };
        let attempt = Attempt { way, ran: vec![ran], hit, tls_on_port: false, back: None, waited_ms: 25_000 };
        RoundTrip {
            attempts: vec![attempt],
            link: "http://127.0.0.1:40000/test".to_owned(),
            stopped: false,
            prevented: None,
        }
    }

    /// A page that a real browser asked for.
    pub fn hit() -> Hit {
        Hit {
            after_ms: 900,
            ipv6: false,
            parameters: Parameters::Intact,
            agent: Some("Firefox 150".to_owned()),
            navigation: Some(true),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ran(exit: Option<i32>) -> Ran {
        Ran {
            command: "/usr/bin/xdg-open …".to_owned(),
            environment: Environment::ThisApp,
            not_started: None,
            exit,
            still_running: exit.is_none(),
            said: String::new(),
            took_ms: 5,
        }
    }

    fn attempt(ran: Vec<Ran>) -> Attempt {
        Attempt { way: Way::OwnOpener, ran, hit: None, tls_on_port: false, back: None, waited_ms: 25_000 }
    }

    fn hit() -> Hit {
        Hit {
            after_ms: 900,
            ipv6: false,
            parameters: Parameters::Intact,
            agent: Some("Chrome 156".to_owned()),
            navigation: Some(true),
        }
    }

    fn with(hit: Hit, back: Option<WayBack>) -> Attempt {
        Attempt { hit: Some(hit), back, ..attempt(vec![ran(Some(0))]) }
    }

    #[test]
    fn each_of_the_ten_codes_has_its_attempt() {
        let missing = Ran { not_started: Some(NotStarted::Missing), still_running: false, ..ran(None) };
        assert_eq!(attempt(vec![missing.clone()]).code(), TripCode::SpawnFailed);
        assert_eq!(attempt(vec![]).code(), TripCode::SpawnFailed);
        assert_eq!(attempt(vec![ran(Some(3))]).code(), TripCode::LauncherError);
        assert_eq!(attempt(vec![ran(Some(3)), missing]).code(), TripCode::LauncherError);
        assert_eq!(attempt(vec![ran(Some(0))]).code(), TripCode::LaunchedNoHit);
        assert_eq!(attempt(vec![ran(None)]).code(), TripCode::LaunchedNoHit, "it may be the browser itself");
        assert_eq!(Attempt { tls_on_port: true, ..attempt(vec![ran(Some(0))]) }.code(), TripCode::HttpsUpgraded);
        assert_eq!(with(hit(), Some(WayBack::Tls)).code(), TripCode::HttpsUpgraded);
        assert_eq!(with(Hit { parameters: Parameters::Cut, ..hit() }, None).code(), TripCode::HitTruncated);
        assert_eq!(with(Hit { parameters: Parameters::Altered, ..hit() }, None).code(), TripCode::HitAltered);
        assert_eq!(with(hit(), Some(WayBack::Lost)).code(), TripCode::HitWrongFamily);
        assert_eq!(with(Hit { navigation: Some(false), ..hit() }, None).code(), TripCode::HitUnexpectedUa);
        assert_eq!(with(Hit { agent: None, ..hit() }, None).code(), TripCode::HitUnexpectedUa);
        assert_eq!(with(Hit { after_ms: 12_000, ..hit() }, None).code(), TripCode::HitSlow);
        assert_eq!(with(hit(), Some(WayBack::Arrived)).code(), TripCode::HitOk);
        assert_eq!(with(Hit { navigation: None, ..hit() }, None).code(), TripCode::HitOk);
    }

    #[test]
    fn the_clients_way_decides() {
        let own = with(hit(), None);
        let client = Attempt { way: Way::Client, ..attempt(vec![ran(Some(0))]) };
        let trip = RoundTrip { attempts: vec![own.clone(), client], ..RoundTrip::default() };
        assert_eq!(trip.verdict(), Some(TripCode::LaunchedNoHit));
        assert_eq!(trip.other_way().map(|attempt| attempt.way), Some(Way::OwnOpener));
        assert_eq!(RoundTrip { attempts: vec![own], ..RoundTrip::default() }.verdict(), Some(TripCode::HitOk));
    }

    #[test]
    fn a_test_that_was_stopped_says_nothing() {
        let trip = RoundTrip { attempts: vec![attempt(vec![ran(None)])], stopped: true, ..RoundTrip::default() };
        assert_eq!(trip.verdict(), None);
    }

    #[test]
    fn known_codes_of_launchers_have_their_reason() {
        assert_eq!(ran(Some(3)).reason(), Some("a program that it needs was not found"));
        let open =
            |said: &str| Ran { command: "/usr/bin/open -- …".to_owned(), said: said.to_owned(), ..ran(Some(1)) };
        assert_eq!(
            open("_LSOpenURLsWithRole() failed with error -10814").reason(),
            Some("no app is set to open web links")
        );
        assert_eq!(open("procNotFound: -600").reason(), Some("the caller is cut off from the login session"));
        assert_eq!(open("error -5400").reason(), None);
    }

    #[test]
    fn every_settings_page_ends_with_quit_and_start_again_and_test() {
        for page in SETTINGS {
            let last = page.steps.last().copied().unwrap_or_default();
            assert!(last.starts_with("Quit the client completely") && last.ends_with("test again."), "{}", page.id);
            assert!(!page.targets.is_empty(), "{}", page.id);
            assert!(settings_page(page.id).is_some_and(|found| found == page), "{} is there twice", page.id);
        }
    }

    #[test]
    fn the_missions_own_steps_are_there_with_their_corrections() {
        let all: String = SETTINGS.iter().flat_map(|page| page.steps.iter().copied()).collect();
        for step in ["App Management", "Allow apps to manage your default app settings", "which xdg-open"] {
            assert!(all.contains(step), "{step}");
        }
    }
}
