use crate::browser::{self, BrowserReading, Surrounding, SystemKind, TripCode};
use crate::check::{Category, Check, Outcome, Owner, Requirement, Severity, Stage};
use crate::evidence::Evidence;

pub const CHECK: Check = Check {
    code: "browser-confinement",
    stage: Stage::Browser,
    category: Category::Browser,
    owner: Owner::User,
    requirement: Requirement::Should,
    reference: "xdg-desktop-portal OpenURI; snapcore/snapd#11200; TryQuiet/quiet#3453; microsoft/vscode#144994; xdg-open(1)",
    after: &["authz-browser-open", "browser-opener", "browser-display"],
    variants: &["no-portal", "leaks-into-browser", "as-administrator"],
    words: include_str!("browser_confinement.md"),
    examine,
};

fn examine(evidence: &Evidence) -> Outcome {
    let reading = match browser::seen(evidence) {
        Ok(reading) => reading,
        Err(outcome) => return outcome,
    };
    if reading.system != SystemKind::Linux {
        return Outcome::SetAside("this system has no such confinement");
    }
    if reading.opens() {
        return Outcome::Pass;
    }
    let verdict = reading.trip.as_ref().and_then(|trip| trip.verdict());
    let mut findings = Vec::new();
    let portal = reading.desktop.as_ref().and_then(|desktop| desktop.portal);
    for surrounding in &reading.surroundings {
        match surrounding {
            Surrounding::Flatpak | Surrounding::Snap { .. } if portal == Some(false) => findings.push(
                browser::explains(&CHECK, "no-portal", reading)
                    .value("sandbox", sandbox(surrounding))
                    .proof("the portal (org.freedesktop.portal.Desktop) is not installed"),
            ),
            Surrounding::AppImage { leaks } if !leaks.is_empty() => findings.push(
                browser::explains(&CHECK, "leaks-into-browser", reading)
                    .severity(error_after(verdict))
                    .value("leaks", leaks.join(", "))
                    .proof(format!("these variables point into the AppImage: {}", leaks.join(", "))),
            ),
            Surrounding::Root => findings.push(
                browser::explains(&CHECK, "as-administrator", reading)
                    .severity(match verdict {
                        Some(TripCode::LaunchedNoHit) if is_chromium(reading) => Severity::Error,
                        _ => Severity::Warning,
                    })
                    .proof(format!("the user is root, {}", reading.seen_in())),
            ),
            _ => {}
        }
    }
    for finding in &mut findings {
        finding.action = None;
    }
    findings.sort_by_key(|finding| finding.severity);
    Outcome::of(findings)
}

fn error_after(verdict: Option<TripCode>) -> Severity {
    match verdict {
        Some(TripCode::LaunchedNoHit | TripCode::LauncherError) => Severity::Error,
        _ => Severity::Warning,
    }
}

fn sandbox(surrounding: &Surrounding) -> String {
    match surrounding {
        Surrounding::Snap { name } => format!("a Snap ({name})"),
        _ => "a Flatpak".to_owned(),
    }
}

/// Browsers on Chromium do not start as root; whether another program would is not known.
fn is_chromium(reading: &BrowserReading) -> bool {
    reading.handler("https").and_then(|handler| handler.program.as_deref()).is_some_and(|program| {
        let name = program.rsplit('/').next().unwrap_or_default();
        ["chrom", "google-chrome", "brave", "microsoft-edge", "vivaldi", "opera"]
            .iter()
            .any(|own| name.starts_with(own))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::browser::Way;
    use crate::browser::sample::{linux, of, trip, windows, with};
    use crate::sample::Sample;

    #[test]
    fn a_plain_session_passes_and_unseen_does_not() {
        assert_eq!(of(linux()).examine(&CHECK), Outcome::Pass);
        assert!(matches!(of(windows()).examine(&CHECK), Outcome::SetAside(_)));
        assert!(matches!(Sample::healthy().examine(&CHECK), Outcome::SetAside(_)));
    }

    #[test]
    fn a_sandbox_needs_the_portal() {
        let finding = with(linux(), |reading| {
            reading.surroundings.push(Surrounding::Snap { name: "code".to_owned() });
            reading.desktop.as_mut().expect("a desktop").portal = Some(false);
        })
        .finding(&CHECK);
        assert_eq!((finding.variant, finding.severity), ("no-portal", Severity::Error));
        let there = with(linux(), |reading| reading.surroundings.push(Surrounding::Flatpak));
        assert_eq!(there.examine(&CHECK), Outcome::Pass);
    }

    #[test]
    fn what_an_appimage_leaks_explains_a_failed_test() {
        let leak = |reading: &mut BrowserReading| {
            reading.surroundings.push(Surrounding::AppImage { leaks: vec!["LD_LIBRARY_PATH".to_owned()] });
        };
        assert_eq!(with(linux(), leak).finding(&CHECK).severity, Severity::Warning);
        let tested = with(linux(), |reading| {
            leak(reading);
            reading.trip = Some(trip(Way::Client, Some(0), None));
        });
        assert_eq!(
            (tested.finding(&CHECK).variant, tested.finding(&CHECK).severity),
            ("leaks-into-browser", Severity::Error)
        );
    }

    #[test]
    fn chromium_does_not_start_for_root() {
        let root = |reading: &mut BrowserReading| reading.surroundings.push(Surrounding::Root);
        assert_eq!(with(linux(), root).finding(&CHECK).severity, Severity::Warning);
        let tested = with(linux(), |reading| {
            root(reading);
            reading.handlers[0].program = Some("/usr/bin/chromium".to_owned());
            reading.trip = Some(trip(Way::OwnOpener, Some(0), None));
        });
        assert_eq!(
            (tested.finding(&CHECK).variant, tested.finding(&CHECK).severity),
            ("as-administrator", Severity::Error)
        );
    }
}
