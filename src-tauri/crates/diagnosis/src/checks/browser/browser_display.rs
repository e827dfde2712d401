use crate::browser::{self, BrowserReading, Surrounding, SystemKind};
use crate::check::{Category, Check, Outcome, Owner, Requirement, Severity, Stage};
use crate::evidence::Evidence;

pub const CHECK: Check = Check {
    code: "browser-display",
    stage: Stage::Browser,
    category: Category::Browser,
    owner: Owner::User,
    requirement: Requirement::Should,
    reference: "X(7) DISPLAY; wayland WAYLAND_DISPLAY; dbus DBUS_SESSION_BUS_ADDRESS",
    after: &["authz-browser-open", "browser-opener"],
    variants: &["no-screen", "screen-gone", "no-session"],
    words: include_str!("browser_display.md"),
    examine,
};

fn examine(evidence: &Evidence) -> Outcome {
    let reading = match browser::seen(evidence) {
        Ok(reading) => reading,
        Err(outcome) => return outcome,
    };
    if reading.system != SystemKind::Linux {
        return Outcome::SetAside("this system needs no such variables");
    }
    if reading.opens() || reading.is_in(|surrounding| matches!(surrounding, Surrounding::Wsl { powershell: true, .. }))
    {
        return Outcome::Pass;
    }
    let Some(desktop) = &reading.desktop else {
        return Outcome::Unknown("the desktop session could not be read".to_owned());
    };
    if desktop.screens.is_empty() {
        // A browser without a screen may still be asked through $BROWSER; whether it comes only the test can tell.
        let own_way = reading.variable("BROWSER").is_some() && reading.trip.is_none();
        let severity = if own_way { Severity::Warning } else { Severity::Error };
        return Outcome::fail(
            browser::explains(&CHECK, "no-screen", reading)
                .severity(severity)
                .proof(format!("neither DISPLAY nor WAYLAND_DISPLAY is set, {}", reading.seen_in())),
        );
    }
    if desktop.screens.iter().all(|screen| screen.there == Some(false)) {
        return Outcome::fail(gone(reading));
    }
    if desktop.session_bus == Some(false) {
        return Outcome::fail(
            browser::explains(&CHECK, "no-session", reading)
                .severity(Severity::Warning)
                .proof("DBUS_SESSION_BUS_ADDRESS is not set, and there is no bus in XDG_RUNTIME_DIR"),
        );
    }
    Outcome::Pass
}

fn gone(reading: &BrowserReading) -> crate::check::Finding {
    let screens = reading.desktop.iter().flat_map(|desktop| &desktop.screens);
    let named: Vec<String> = screens.map(|screen| format!("{}={}", screen.variable, screen.value)).collect();
    let named = named.join(", ");
    browser::explains(&CHECK, "screen-gone", reading)
        .value("screen", named.clone())
        .proof(format!("{named}: there is no such screen on this computer"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::browser::Way;
    use crate::browser::sample::{hit, linux, of, trip, windows, with};
    use crate::sample::Sample;

    fn no_screen(reading: &mut BrowserReading) {
        reading.desktop.as_mut().expect("a desktop").screens.clear();
    }

    #[test]
    fn a_desktop_passes_and_unseen_does_not() {
        assert_eq!(of(linux()).examine(&CHECK), Outcome::Pass);
        assert!(matches!(of(windows()).examine(&CHECK), Outcome::SetAside(_)));
        assert!(matches!(Sample::healthy().examine(&CHECK), Outcome::SetAside(_)));
        assert!(matches!(with(linux(), |reading| reading.desktop = None).examine(&CHECK), Outcome::Unknown(_)));
    }

    #[test]
    fn no_screen_is_a_fault_unless_the_test_says_otherwise() {
        let finding = with(linux(), no_screen).finding(&CHECK);
        assert_eq!((finding.variant, finding.severity), ("no-screen", Severity::Error));
        let opened = with(linux(), |reading| {
            no_screen(reading);
            reading.trip = Some(trip(Way::OwnOpener, Some(0), Some(hit())));
        });
        assert_eq!(opened.examine(&CHECK), Outcome::Pass);
        let own_way = with(linux(), |reading| {
            no_screen(reading);
            reading.variables.insert("BROWSER".to_owned(), "/opt/headless".to_owned());
        });
        assert_eq!(own_way.finding(&CHECK).severity, Severity::Warning);
    }

    #[test]
    fn a_screen_that_is_gone_is_named() {
        let finding = with(linux(), |reading| {
            reading.desktop.as_mut().expect("a desktop").screens[0].there = Some(false);
        })
        .finding(&CHECK);
        assert_eq!((finding.variant, finding.values["screen"].as_str()), ("screen-gone", "DISPLAY=:0"));
    }

    #[test]
    fn a_missing_session_is_worth_a_look() {
        let finding = with(linux(), |reading| {
            reading.desktop.as_mut().expect("a desktop").session_bus = Some(false);
        })
        .finding(&CHECK);
        assert_eq!((finding.variant, finding.severity), ("no-session", Severity::Warning));
    }
}
