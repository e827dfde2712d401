use crate::browser::{self, BrowserReading, Handler, Surrounding, SystemKind, TripCode};
use crate::check::{Category, Check, Finding, Outcome, Owner, Requirement, Severity, Stage};
use crate::evidence::Evidence;

pub const CHECK: Check = Check {
    code: "local-browser",
    stage: Stage::Local,
    category: Category::Browser,
    owner: Owner::User,
    requirement: Requirement::Should,
    reference: "freedesktop mime-apps-spec 1.0.1 sections 2 and 4; LaunchServices; Windows URL associations",
    after: &["authz-browser-open"],
    variants: &["none-chosen", "uninstalled", "two-browsers"],
    words: include_str!("local_browser.md"),
    examine,
};

fn examine(evidence: &Evidence) -> Outcome {
    let reading = match browser::seen(evidence) {
        Ok(reading) => reading,
        Err(outcome) => return outcome,
    };
    if reading.opens() || windows_opens(reading) {
        return Outcome::Pass;
    }
    let Some(https) = reading.handler("https") else {
        return Outcome::Unknown("which browser this system uses could not be read".to_owned());
    };
    if https.installed == Some(false) {
        return Outcome::fail(uninstalled(https, reading));
    }
    if https.id.is_none() && !https.has_fallback {
        return Outcome::fail(none_chosen(https, reading));
    }
    if let Some(http) = reading.handler("http") {
        if http.installed == Some(false) {
            return Outcome::fail(uninstalled(http, reading).severity(Severity::Warning));
        }
        if http.id.is_some() && https.id.is_some() && http.id != https.id {
            return Outcome::fail(
                browser::explains(&CHECK, "two-browsers", reading)
                    .severity(Severity::Warning)
                    .value("https", named(https))
                    .value("http", named(http))
                    .proof(format!("https: {}, http: {}", named(https), named(http))),
            );
        }
    }
    if https.installed.is_none() && !https.has_fallback {
        return Outcome::Unknown("whether the chosen browser is installed could not be read".to_owned());
    }
    Outcome::Pass
}

/// Inside WSL the browser of Windows is used.
fn windows_opens(reading: &BrowserReading) -> bool {
    reading.is_in(
        |surrounding| matches!(surrounding, Surrounding::Wsl { powershell: true, interop } if *interop != Some(false)),
    )
}

fn uninstalled(handler: &Handler, reading: &BrowserReading) -> Finding {
    let mut finding = browser::explains(&CHECK, "uninstalled", reading)
        .value("browser", named(handler))
        .value("program", handler.program.clone().unwrap_or_else(|| "its program".to_owned()))
        .value("others", others(handler))
        .proof(format!("{} opens {} pages", named(handler), handler.scheme));
    if let Some(place) = &handler.decided_by {
        finding = finding.proof(format!("decided by {place}"));
    }
    if let Some(program) = &handler.program {
        finding = finding.proof(format!("{program} is not there"));
    }
    // The system offers another one by itself there, unless the test says that it does not.
    let failed = reading.trip.as_ref().and_then(|trip| trip.verdict()).is_some_and(|code| !code.opened());
    if handler.has_fallback && !failed { finding.severity(Severity::Warning) } else { finding }
}

fn none_chosen(handler: &Handler, reading: &BrowserReading) -> Finding {
    let launched = reading.trip.as_ref().and_then(|trip| trip.verdict()) == Some(TripCode::LaunchedNoHit);
    // A launcher knows browsers by their names too; only where none is installed nothing can come.
    let can_come = !handler.others.is_empty() && !launched;
    // Without a choice `BROWSER` is asked; what it names is then what broke.
    let asks_variable = reading.variable("BROWSER").is_some();
    let severity = if can_come || asks_variable || reading.system != SystemKind::Linux {
        Severity::Warning
    } else {
        Severity::Error
    };
    browser::explains(&CHECK, "none-chosen", reading)
        .severity(severity)
        .value("others", others(handler))
        .proof(format!("nothing is set to open {} pages", handler.scheme))
}

fn named(handler: &Handler) -> String {
    match (&handler.name, &handler.id) {
        (Some(name), Some(id)) => format!("{name} ({id})"),
        (Some(name), None) => name.clone(),
        (None, Some(id)) => id.clone(),
        (None, None) => "nothing".to_owned(),
    }
}

fn others(handler: &Handler) -> String {
    if handler.others.is_empty() { "none that could be found".to_owned() } else { handler.others.join(", ") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::browser::Way;
    use crate::browser::sample::{hit, linux, macos, of, trip, windows, with};
    use crate::check::Confidence;
    use crate::sample::Sample;

    #[test]
    fn three_healthy_systems_pass_and_unseen_does_not() {
        for reading in [linux(), windows(), macos()] {
            assert_eq!(of(reading).examine(&CHECK), Outcome::Pass);
        }
        assert!(matches!(Sample::healthy().examine(&CHECK), Outcome::SetAside(_)));
        let unread = with(linux(), |reading| reading.handlers.clear());
        assert!(matches!(unread.examine(&CHECK), Outcome::Unknown(_)));
    }

    #[test]
    fn an_uninstalled_browser_is_named_with_its_place() {
        let gone = |reading: &mut BrowserReading| {
            reading.handlers[0].installed = Some(false);
        };
        let finding = with(linux(), gone).finding(&CHECK);
        assert_eq!((finding.variant, finding.severity), ("uninstalled", Severity::Error));
        assert_eq!(finding.confidence, Confidence::Likely);
        assert!(finding.proof.iter().any(|line| line.contains("mimeapps.list:2")));
        assert_eq!(with(windows(), gone).finding(&CHECK).severity, Severity::Warning, "Windows offers another");
        let tested = with(windows(), |reading| {
            gone(reading);
            reading.trip = Some(trip(Way::OwnOpener, Some(1), None));
        });
        assert_eq!(
            (tested.finding(&CHECK).severity, tested.finding(&CHECK).confidence),
            (Severity::Error, Confidence::Certain)
        );
    }

    #[test]
    fn no_choice_is_a_fault_only_where_nothing_can_come() {
        let none = with(linux(), |reading| reading.handlers[0].id = None).finding(&CHECK);
        assert_eq!((none.variant, none.severity), ("none-chosen", Severity::Error));
        let others = with(linux(), |reading| {
            reading.handlers[0].id = None;
            reading.handlers[0].others = vec!["chromium.desktop".to_owned()];
        });
        assert_eq!(others.finding(&CHECK).severity, Severity::Warning);
        assert_eq!(with(macos(), |reading| reading.handlers[0].id = None).examine(&CHECK), Outcome::Pass);
    }

    #[test]
    fn two_browsers_are_worth_a_look() {
        let finding = with(linux(), |reading| reading.handlers[1].id = Some("x.desktop".to_owned())).finding(&CHECK);
        assert_eq!((finding.variant, finding.severity), ("two-browsers", Severity::Warning));
    }

    #[test]
    fn the_test_decides() {
        let sample = with(linux(), |reading| {
            reading.handlers[0].installed = Some(false);
            reading.trip = Some(trip(Way::OwnOpener, Some(0), Some(hit())));
        });
        assert_eq!(sample.examine(&CHECK), Outcome::Pass);
    }
}
