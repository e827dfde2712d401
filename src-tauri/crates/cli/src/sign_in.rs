//! `diagnose --sign-in`: the whole journey, with this computer's browser. What a person follows stands on standard error.

use std::io::IsTerminal;
use std::sync::Arc;
use std::time::Duration;

use mcp_auth_diagnosis::report::{Light, Report};
use mcp_auth_diagnosis::sign_in::Step;
use mcp_auth_diagnosis::subject::Subject;
use mcp_auth_probes::{ProbeConfig, ProbePlan, Web};
use mcp_auth_sign_in::{Opener, Wish, diagnose, stand_in, try_tool};
use tokio_util::sync::CancellationToken;
use url::Url;

use crate::paper::say;

/// How the browser is brought in.
pub enum Browser {
    /// This computer's opens.
    Opens,
    /// The link is printed, and the person opens it.
    LinkOnly,
    /// Nobody is asked: the practice server's sign-in page lets everybody in.
    StandIn,
}

/// So long a stand-in takes at most.
const STAND_IN_WAIT: Duration = Duration::from_secs(15);
/// So long a person may take, unless told otherwise.
const PERSON_WAIT: Duration = Duration::from_secs(300);
/// Taking back must not keep somebody who wants to stop.
const TIDY_CAP: Duration = Duration::from_secs(20);

/// What the person wishes for.
pub struct Journey {
    /// How the browser is brought in.
    pub browser: Browser,
    /// An id that was set up at the sign-in service.
    pub client_id: Option<String>,
    /// The tool that is called in the end.
    pub tool: Option<String>,
    /// How long to wait for the browser.
    pub wait: Option<Duration>,
}

/// Looks, introduces, signs in, looks again with the token, takes back what was created, and says what it all means.
pub async fn carry_out(subject: Subject, journey: Journey, config: &ProbeConfig, cancel: CancellationToken) -> Report {
    let Some(server) = subject.server.clone() else {
        let plan = ProbePlan::for_subject(&subject);
        return mcp_auth_probes::diagnose(subject, plan, config, |_| {}, cancel).await;
    };
    let wait = match journey.browser {
        Browser::StandIn => journey.wait.map_or(STAND_IN_WAIT, |wait| wait.min(STAND_IN_WAIT)),
        _ => journey.wait.unwrap_or(PERSON_WAIT),
    };
    let wish =
        Wish { client: subject.client, client_id: journey.client_id, wait, introduce_others: true, ..Wish::default() };
    let open = match journey.browser {
        Browser::Opens => opener(true),
        Browser::LinkOnly => opener(false),
        Browser::StandIn => stand_in(server.clone(), config),
    };
    let mut whole = diagnose(subject.clone(), &wish, config, &open, tell, |_| {}, cancel.clone()).await;
    if let Some(why) = &whole.not_possible {
        say(&why.to_string());
    }
    if let (Some(tool), Some(signed_in)) = (&journey.tool, &mut whole.signed_in)
        && signed_in.access_token.is_some()
        && !cancel.is_cancelled()
    {
        whole.report = try_tool(subject, tool, &wish, config, signed_in, &open, tell, cancel).await;
    }
    let web = Web::new(server, config);
    if !whole.report.side_effects.is_empty() {
        say("Taking back what was created");
    }
    if tokio::time::timeout(TIDY_CAP, whole.take_back(&web)).await.is_err() {
        say("Not everything could be taken back in time.");
    }
    whole.report
}

/// One line for each step, as it ends.
fn tell(step: &Step) {
    let how = match step.light {
        Light::Fine => "fine",
        Light::Looking => "waiting",
        Light::Attention => "look at this",
        Light::Broken => "broken",
        _ => "not seen",
    };
    let note = step.note.as_deref().filter(|_| matches!(step.light, Light::Attention | Light::Broken));
    let note = note.map(|note| format!(": {note}")).unwrap_or_default();
    say(&format!("{how:12} {}{note}", step.title));
}

/// Says which page it is and what it will ask for, prints the link, and opens it where the person wants that.
fn opener(opens: bool) -> Opener {
    Arc::new(move |url: &Url| {
        if !matches!(url.scheme(), "http" | "https") || !url.has_host() {
            return Err("it is not an address of the web".to_owned());
        }
        let asked = |name: &str| url.query_pairs().find(|(have, _)| have == name).map(|(_, value)| value.into_owned());
        say("");
        say(&format!("Sign-in page: {}", url.host_str().unwrap_or_default()));
        say(&format!("Permissions:  {}", asked("scope").unwrap_or_else(|| "(none named)".to_owned())));
        say(&format!("Link:         {url}"));
        if !opens {
            say("Open the link in a browser on this computer. Ctrl-C stops it.");
            say("");
            return Ok(());
        }
        say("Your browser opens it now. Ctrl-C stops it.");
        say("");
        open::that_detached(url.as_str()).or_else(|error| {
            // Somebody who sees the link can still open it by hand.
            if std::io::stderr().is_terminal() {
                say(&format!("No browser opened ({error}). Open the link by hand."));
                return Ok(());
            }
            Err(error.to_string())
        })
    })
}
