use crate::browser::{self, Attempt, BrowserReading, TripCode, Way};
use crate::check::{Action, Category, Check, Finding, Outcome, Owner, Requirement, Severity, Stage};
use crate::evidence::Evidence;

pub const CHECK: Check = Check {
    code: "browser-round-trip",
    stage: Stage::Browser,
    category: Category::Browser,
    owner: Owner::User,
    requirement: Requirement::Should,
    reference: "RFC 8252 section 7.3; RFC 6797 appendix A; langchain-ai/openwiki#425; punkpeye/mcp-remote#259",
    // What these find explains why nothing opened.
    after: &[
        "authz-browser-open",
        "local-browser",
        "browser-opener",
        "browser-display",
        "browser-variable",
        "browser-confinement",
        "browser-policy",
        "browser-loopback",
    ],
    variants: &[
        "spawn-failed",
        "launcher-error",
        "launched-no-hit",
        "https-upgraded",
        "hit-truncated",
        "hit-altered",
        "hit-wrong-family",
        "hit-unexpected-ua",
        "hit-slow",
        "only-the-client",
        "another-browser",
    ],
    words: include_str!("browser_round_trip.md"),
    examine,
};

fn examine(evidence: &Evidence) -> Outcome {
    let reading = match browser::seen(evidence) {
        Ok(reading) => reading,
        Err(outcome) => return outcome,
    };
    let Some(trip) = &reading.trip else {
        return Outcome::SetAside("the test was not made");
    };
    if let Some(why) = &trip.prevented {
        return Outcome::Unknown(why.clone());
    }
    let (Some(code), Some(attempt)) = (trip.verdict(), trip.deciding()) else {
        return Outcome::Unknown("the test was stopped before it was over".to_owned());
    };
    let mut found = finding(variant(code), attempt, reading);
    // Where this app's way works and the client's does not, the client's way is what is broken.
    let own = trip.attempts.iter().find(|one| one.way == Way::OwnOpener);
    if attempt.way == Way::Client && !code.opened() && own.is_some_and(|own| own.code().opened()) {
        let client = reading.client.map_or("the client", |client| client.name());
        found = finding("only-the-client", attempt, reading).affects(reading.client).value("client", client);
    }
    match code {
        TripCode::HitOk => match another_browser(attempt, reading) {
            Some(chosen) => Outcome::fail(
                finding("another-browser", attempt, reading).severity(Severity::Warning).value("chosen", chosen),
            ),
            None => Outcome::Pass,
        },
        // The page came; a person may want to know, and nothing has to be done.
        TripCode::HitSlow => Outcome::fail(Finding { action: None, ..found.severity(Severity::Info) }),
        TripCode::HitUnexpectedUa => Outcome::fail(found.severity(Severity::Warning)),
        // The browser opens. Only clients that come back to `localhost` do not get their answer.
        TripCode::HttpsUpgraded | TripCode::HitWrongFamily if attempt.hit.is_some() => {
            let hit = browser::comes_back_to_localhost(reading.client);
            match hit {
                Some(clients) => Outcome::fail(found.affects(clients)),
                None => Outcome::Pass,
            }
        }
        _ => Outcome::fail(found),
    }
}

/// The family of the chosen browser, when it is known and another one came.
fn another_browser(attempt: &Attempt, reading: &BrowserReading) -> Option<&'static str> {
    let chosen = reading.chosen_family()?;
    let came = attempt.hit.as_ref()?.agent.as_deref()?;
    (came != "a browser" && !came.starts_with(chosen)).then_some(chosen)
}

fn variant(code: TripCode) -> &'static str {
    match code {
        // Not found as a failure; named so that the list of variants is the list of codes.
        TripCode::HitOk => "hit-slow",
        other => other.name(),
    }
}

fn finding(variant: &'static str, attempt: &Attempt, reading: &BrowserReading) -> Finding {
    let last = attempt.ran.last();
    let command = last.map_or_else(|| "nothing".to_owned(), |ran| ran.command.clone());
    let reason = attempt.ran.iter().rev().find_map(|ran| {
        ran.reason()
            .map(str::to_owned)
            .or_else(|| ran.exit.filter(|exit| *exit != 0).map(|exit| format!("it ended with {exit}")))
    });
    let [look, also] = browser::guide(reading.system);
    let hit = attempt.hit.as_ref();
    let mut finding = Finding::new(&CHECK, variant)
        .value("command", command)
        .value("reason", reason.unwrap_or_else(|| "it gave no reason".to_owned()))
        .value("link", reading.trip.as_ref().map(|trip| trip.link.clone()).unwrap_or_default())
        .value(
            "agent",
            hit.and_then(|hit| hit.agent.clone()).unwrap_or_else(|| "a program that does not name itself".to_owned()),
        )
        .value("seconds", hit.map_or(0, |hit| hit.after_ms / 1_000).to_string())
        .value("look", look)
        .value("also", also)
        .value("seen_in", reading.seen_in());
    finding.proof = attempt.proof();
    if let Some(other) =
        reading.trip.as_ref().and_then(|trip| trip.other_way()).filter(|other| other.way != attempt.way)
    {
        finding = finding.proof(match other.way {
            Way::OwnOpener => "this app's own way opened the browser",
            Way::Client => "the client's way opened the browser",
            Way::Portal => "the desktop's portal opened the browser",
            Way::BrowserItself => "the browser's program itself opened the page",
            Way::ByHand => "the page came when the link was opened by hand",
        });
    }
    match browser::main_page(reading.system) {
        Some(page) => finding.action(Action::OpenSettings { page: page.id.to_owned() }),
        None => finding,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::browser::sample::{hit, linux, macos, of, trip, windows, with};
    use crate::browser::{Hit, NotStarted, Parameters, RoundTrip, WayBack};
    use crate::clients::ClientId;
    use crate::sample::Sample;
    use crate::triage;

    fn tested(trip: RoundTrip) -> Sample {
        with(linux(), |reading| reading.trip = Some(trip))
    }

    fn hit_with(change: impl FnOnce(&mut Hit)) -> RoundTrip {
        let mut hit = hit();
        change(&mut hit);
        trip(Way::OwnOpener, Some(0), Some(hit))
    }

    #[test]
    fn a_page_that_came_passes_and_unseen_does_not() {
        assert_eq!(tested(hit_with(|_| {})).examine(&CHECK), Outcome::Pass);
        assert!(matches!(of(linux()).examine(&CHECK), Outcome::SetAside(_)));
        assert!(matches!(Sample::healthy().examine(&CHECK), Outcome::SetAside(_)));
        let stopped = RoundTrip { stopped: true, ..trip(Way::OwnOpener, None, None) };
        assert!(matches!(tested(stopped).examine(&CHECK), Outcome::Unknown(_)));
        let prevented = RoundTrip { prevented: Some("no port".to_owned()), ..RoundTrip::default() };
        assert!(matches!(tested(prevented).examine(&CHECK), Outcome::Unknown(_)));
    }

    #[test]
    fn every_code_is_its_own_verdict() {
        let mut missing = trip(Way::OwnOpener, None, None);
        missing.attempts[0].ran[0].not_started = Some(NotStarted::Missing);
        assert_eq!(tested(missing).finding(&CHECK).variant, "spawn-failed");
        let failed = tested(trip(Way::OwnOpener, Some(3), None)).finding(&CHECK);
        assert_eq!(failed.variant, "launcher-error");
        assert_eq!(failed.values["reason"], "a program that it needs was not found");
        assert_eq!(tested(trip(Way::OwnOpener, Some(0), None)).finding(&CHECK).variant, "launched-no-hit");
        let cut = hit_with(|hit| hit.parameters = Parameters::Cut);
        assert_eq!(tested(cut).finding(&CHECK).variant, "hit-truncated");
        let altered = hit_with(|hit| hit.parameters = Parameters::Altered);
        assert_eq!(tested(altered).finding(&CHECK).variant, "hit-altered");
        let strange = tested(hit_with(|hit| hit.agent = None)).finding(&CHECK);
        assert_eq!((strange.variant, strange.severity), ("hit-unexpected-ua", Severity::Warning));
        let slow = tested(hit_with(|hit| hit.after_ms = 12_000)).finding(&CHECK);
        assert_eq!((slow.variant, slow.severity), ("hit-slow", Severity::Info));
    }

    #[test]
    fn another_browser_than_the_chosen_one_is_worth_a_look() {
        let other = hit_with(|hit| hit.agent = Some("Chrome 156".to_owned()));
        let finding = tested(other.clone()).finding(&CHECK);
        assert_eq!((finding.variant, finding.severity), ("another-browser", Severity::Warning));
        let wrapped = with(linux(), |reading| {
            reading.handlers[0].program = Some("/opt/my-browser".to_owned());
            reading.trip = Some(other);
        });
        assert_eq!(wrapped.examine(&CHECK), Outcome::Pass, "a wrapper may start any");
    }

    #[test]
    fn a_way_back_that_is_lost_hits_those_who_come_back_to_localhost() {
        for (back, variant) in [(WayBack::Tls, "https-upgraded"), (WayBack::Lost, "hit-wrong-family")] {
            let mut lost = hit_with(|_| {});
            lost.attempts[0].back = Some(back);
            let finding = tested(lost.clone()).finding(&CHECK);
            assert_eq!(finding.variant, variant);
            assert!(finding.affects.contains(&ClientId::McpRemote) && !finding.affects.contains(&ClientId::FastMcp));
            let fastmcp = with(linux(), |reading| {
                reading.client = Some(ClientId::FastMcp);
                reading.trip = Some(lost);
            });
            assert_eq!(fastmcp.examine(&CHECK), Outcome::Pass);
        }
    }

    #[test]
    fn only_the_clients_way_is_broken() {
        let mut both = hit_with(|_| {});
        both.attempts.extend(trip(Way::Client, Some(0), None).attempts);
        let finding = with(linux(), |reading| {
            reading.client = Some(ClientId::ClaudeCode);
            reading.trip = Some(both);
        })
        .finding(&CHECK);
        assert_eq!((finding.variant, finding.affects.as_slice()), ("only-the-client", &[ClientId::ClaudeCode][..]));
    }

    #[test]
    fn an_explanation_is_the_verdict_and_silences_the_test() {
        let sample = with(linux(), |reading| {
            reading.handlers[0].installed = Some(false);
            reading.trip = Some(trip(Way::OwnOpener, Some(4), None));
        });
        let report = triage::diagnose(sample.evidence(), 0);
        assert_eq!(report.verdict.as_ref().map(|verdict| verdict.code.as_str()), Some("local-browser"));
        assert!(report.not_reached.contains(&CHECK.code.to_owned()));
        assert!(report.findings.iter().all(|finding| finding.code != CHECK.code));
    }

    #[test]
    fn the_guides_steps_of_each_system_are_in_the_words() {
        let said = |reading: BrowserReading| {
            let sample = with(reading, |reading| reading.trip = Some(trip(Way::OwnOpener, Some(0), None)));
            let report = triage::diagnose(sample.evidence(), 0);
            report.verdict.expect("a verdict").fixes[0].steps.join("\n")
        };
        assert!(said(linux()).contains("which xdg-open"));
        assert!(said(macos()).contains("App Management"));
        assert!(said(windows()).contains("Allow apps to manage your default app settings"));
        for reading in [linux(), macos(), windows()] {
            assert!(said(reading).contains("Quit the client completely and start it again"));
        }
    }
}
