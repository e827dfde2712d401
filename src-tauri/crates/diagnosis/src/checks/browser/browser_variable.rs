use crate::browser::{self, BrowserReading, SystemKind};
use crate::check::{Category, Check, Finding, Outcome, Owner, Requirement, Severity, Stage};
use crate::clients::ClientId;
use crate::evidence::Evidence;

pub const CHECK: Check = Check {
    code: "browser-variable",
    stage: Stage::Browser,
    category: Category::Browser,
    owner: Owner::User,
    requirement: Requirement::Should,
    reference: "xdg-open(1) BROWSER; Python webbrowser; Claude Code 2.1",
    after: &["authz-browser-open", "browser-opener"],
    variants: &["swallowed", "not-there", "with-arguments"],
    words: include_str!("browser_variable.md"),
    examine,
};

/// Programs that people put into `BROWSER` to keep a browser from opening.
const SWALLOW: [&str; 8] = ["true", "false", ":", "echo", "none", "www-browser", "/bin/true", "/usr/bin/true"];

fn examine(evidence: &Evidence) -> Outcome {
    let reading = match browser::seen(evidence) {
        Ok(reading) => reading,
        Err(outcome) => return outcome,
    };
    let Some(value) = reading.variable("BROWSER") else {
        return Outcome::Pass;
    };
    if reading.opens() {
        return Outcome::Pass;
    }
    let entries: Vec<&str> =
        if reading.system == SystemKind::Windows { vec![value] } else { value.split(':').collect() };
    let first = entries.iter().map(|entry| entry.trim()).find(|entry| !entry.is_empty()).unwrap_or(":");
    let program = first.split(' ').next().unwrap_or_default();
    if SWALLOW.contains(&program) || value.trim() == ":" {
        return Outcome::fail(finding("swallowed", value, reading));
    }
    let looked_for = reading.openers.iter().find(|opener| opener.name == program);
    if looked_for.is_some_and(|opener| opener.path.is_none()) {
        return Outcome::fail(finding("not-there", value, reading).value("program", program.to_owned()));
    }
    // A test in which the launcher was content and nothing came: what BROWSER names has swallowed the page.
    let failed = reading.trip.as_ref().and_then(|trip| trip.verdict()).is_some_and(|code| !code.opened());
    let has_screen = reading.desktop.as_ref().is_none_or(|desktop| !desktop.screens.is_empty());
    if failed && !has_screen {
        return Outcome::fail(finding("swallowed", value, reading));
    }
    if first.contains(' ') && reading.client.is_none_or(|client| client == ClientId::ClaudeCode) {
        return Outcome::fail(
            finding("with-arguments", value, reading).severity(Severity::Warning).affects([ClientId::ClaudeCode]),
        );
    }
    Outcome::Pass
}

fn finding(variant: &'static str, value: &str, reading: &BrowserReading) -> Finding {
    let mut finding = browser::explains(&CHECK, variant, reading).value("value", value.to_owned());
    finding.action = None;
    // xdg-open asks the chosen browser first where there is a screen; others ask BROWSER first.
    let chosen_first = reading.trip.is_none()
        && reading.system == SystemKind::Linux
        && reading.desktop.as_ref().is_some_and(|desktop| !desktop.screens.is_empty())
        && reading.handler("https").is_some_and(|handler| handler.installed == Some(true));
    if chosen_first {
        finding = finding.severity(Severity::Warning);
    }
    finding.proof(format!("BROWSER={value}, {}", reading.seen_in()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::browser::sample::{hit, linux, of, trip, with};
    use crate::browser::{Opener, Way};
    use crate::sample::Sample;

    fn set(value: &str) -> impl FnOnce(&mut BrowserReading) {
        move |reading| drop(reading.variables.insert("BROWSER".to_owned(), value.to_owned()))
    }

    #[test]
    fn not_set_passes_and_unseen_does_not() {
        assert_eq!(of(linux()).examine(&CHECK), Outcome::Pass);
        assert!(matches!(Sample::healthy().examine(&CHECK), Outcome::SetAside(_)));
    }

    #[test]
    fn a_variable_that_swallows_pages_is_named() {
        for value in ["true", "/bin/true", ":", "echo %s", "none"] {
            let finding = with(linux(), set(value)).finding(&CHECK);
            assert_eq!((finding.variant, finding.severity), ("swallowed", Severity::Warning), "{value}");
        }
        let tested = with(linux(), |reading| {
            set("true")(reading);
            reading.trip = Some(trip(Way::OwnOpener, Some(0), None));
        });
        assert_eq!(tested.finding(&CHECK).severity, Severity::Error);
        let opened = with(linux(), |reading| {
            set("true")(reading);
            reading.trip = Some(trip(Way::OwnOpener, Some(0), Some(hit())));
        });
        assert_eq!(opened.examine(&CHECK), Outcome::Pass);
    }

    #[test]
    fn a_program_that_is_not_there_is_named() {
        let finding = with(linux(), |reading| {
            set("/opt/gone")(reading);
            reading.openers.push(Opener { name: "/opt/gone".to_owned(), path: None, version: None, bundled: false });
        })
        .finding(&CHECK);
        assert_eq!((finding.variant, finding.values["program"].as_str()), ("not-there", "/opt/gone"));
    }

    #[test]
    fn arguments_break_claude_code_only() {
        let finding = with(linux(), set("firefox -P work")).finding(&CHECK);
        assert_eq!((finding.variant, finding.affects.as_slice()), ("with-arguments", &[ClientId::ClaudeCode][..]));
        let cursor = with(linux(), |reading| {
            set("firefox -P work")(reading);
            reading.client = Some(ClientId::Cursor);
        });
        assert_eq!(cursor.examine(&CHECK), Outcome::Pass);
    }

    #[test]
    fn without_a_screen_what_it_names_has_swallowed_the_page() {
        let finding = with(linux(), |reading| {
            set("/opt/quiet")(reading);
            reading.desktop.as_mut().expect("a desktop").screens.clear();
            reading.trip = Some(trip(Way::OwnOpener, Some(0), None));
        })
        .finding(&CHECK);
        assert_eq!((finding.variant, finding.severity), ("swallowed", Severity::Error));
    }
}
