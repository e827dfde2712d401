use crate::browser::{self, BrowserReading, PolicyEffect, Surrounding, SystemKind, Way};
use crate::check::{Category, Check, Finding, Outcome, Owner, Requirement, Severity, Stage};
use crate::evidence::Evidence;

pub const CHECK: Check = Check {
    code: "browser-opener",
    stage: Stage::Browser,
    category: Category::Browser,
    owner: Owner::User,
    requirement: Requirement::Should,
    reference: "xdg-open(1); anomalyco/opencode#31815; the sources of npm open, Electron and Python's webbrowser",
    after: &["authz-browser-open"],
    variants: &[
        "xdg-open-missing",
        "only-a-copy",
        "too-old-for-desktop",
        "open-missing",
        "powershell-missing",
        "powershell-forbidden",
    ],
    words: include_str!("browser_opener.md"),
    examine,
};

fn examine(evidence: &Evidence) -> Outcome {
    let reading = match browser::seen(evidence) {
        Ok(reading) => reading,
        Err(outcome) => return outcome,
    };
    match reading.system {
        SystemKind::Linux => linux(reading),
        SystemKind::Macos => macos(reading),
        SystemKind::Windows => windows(reading),
        SystemKind::Other => Outcome::Unknown("how this system opens web pages is not known".to_owned()),
    }
}

fn linux(reading: &BrowserReading) -> Outcome {
    let through_windows = reading.is_in(|surrounding| matches!(surrounding, Surrounding::Wsl { powershell: true, .. }));
    if through_windows {
        return Outcome::Pass;
    }
    let Some(opener) = reading.opener("xdg-open") else {
        return Outcome::Unknown("the places of programs (PATH) could not be read".to_owned());
    };
    let Some(path) = &opener.path else {
        return Outcome::fail(missing(reading));
    };
    // xdg-open 1.1.3 knows Plasma up to 5 and says nothing when it meets a newer one.
    let newer_desktop =
        reading.desktop.as_ref().and_then(|desktop| desktop.kde_version).is_some_and(|version| version >= 6);
    let old = opener.version.as_deref().and_then(before_1_2).unwrap_or(false);
    if newer_desktop && old && !reading.opens() {
        return Outcome::fail(
            browser::explains(&CHECK, "too-old-for-desktop", reading)
                .value("version", opener.version.clone().unwrap_or_default())
                .proof(format!("{path} is version {}", opener.version.as_deref().unwrap_or_default()))
                .proof("KDE_SESSION_VERSION is 6 or newer"),
        );
    }
    Outcome::Pass
}

fn missing(reading: &BrowserReading) -> Finding {
    let copy = reading.openers.iter().find(|opener| opener.bundled && opener.path.is_some());
    let variant = if copy.is_some() { "only-a-copy" } else { "xdg-open-missing" };
    let mut finding = browser::explains(&CHECK, variant, reading)
        .value("path", reading.variable("PATH").unwrap_or("not set").to_owned())
        .proof(format!("xdg-open is not on the PATH {}", reading.seen_in()))
        .action(crate::check::Action::OpenSettings { page: "linux-software".to_owned() });
    let others: Vec<&str> = reading
        .openers
        .iter()
        .filter(|opener| !opener.bundled && opener.path.is_some())
        .map(|opener| opener.name.as_str())
        .collect();
    if !others.is_empty() {
        finding = finding.proof(format!("there are {}", others.join(", ")));
    }
    if let Some(Surrounding::Container { by }) =
        reading.surroundings.iter().find(|surrounding| matches!(surrounding, Surrounding::Container { .. }))
    {
        finding = finding.proof(format!("{by}: this is a container, in which there is usually no browser"));
    }
    // Some clients bring their own copy or know other programs; those that do not stay mute.
    if copy.is_some() || reading.opens() { finding.severity(Severity::Warning) } else { finding }
}

/// Whether a version of xdg-utils is older than 1.2.
fn before_1_2(version: &str) -> Option<bool> {
    let mut numbers = version.split('.').map(|number| number.parse::<u32>().ok());
    let (major, minor) = (numbers.next()??, numbers.next().flatten().unwrap_or(0));
    Some((major, minor) < (1, 2))
}

fn macos(reading: &BrowserReading) -> Outcome {
    match reading.opener("open") {
        Some(opener) if opener.path.is_none() && !reading.opens() => {
            Outcome::fail(browser::explains(&CHECK, "open-missing", reading).proof("/usr/bin/open is not there"))
        }
        Some(_) => Outcome::Pass,
        None => Outcome::Unknown("whether the program open is there could not be read".to_owned()),
    }
}

fn windows(reading: &BrowserReading) -> Outcome {
    if reading.trip.as_ref().is_some_and(|trip| trip.deciding().is_some_and(|one| one.way == Way::Client))
        && reading.opens()
    {
        return Outcome::Pass;
    }
    // Programs on npm's open are mute without PowerShell; those that ask Windows itself are not.
    let rule = reading.policies.iter().find(|policy| policy.effect == PolicyEffect::BlocksPowershell);
    if let Some(rule) = rule {
        return Outcome::fail(
            browser::explains(&CHECK, "powershell-forbidden", reading)
                .affects(crate::browser::THROUGH_POWERSHELL.iter().copied())
                .value("rule", rule.rule.clone())
                .proof(format!("{}: {} = {}", rule.place, rule.rule, rule.value))
                .action(crate::check::Action::OpenSettings { page: "windows-work-account".to_owned() }),
        );
    }
    match reading.opener("powershell.exe") {
        None => Outcome::Unknown("whether PowerShell is there could not be read".to_owned()),
        Some(opener) if opener.path.is_none() => Outcome::fail(
            browser::explains(&CHECK, "powershell-missing", reading)
                .affects(crate::browser::THROUGH_POWERSHELL.iter().copied())
                .proof("%SystemRoot%\\System32\\WindowsPowerShell\\v1.0\\powershell.exe is not there"),
        ),
        Some(_) => Outcome::Pass,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::browser::sample::{hit, linux, macos, of, trip, windows, with};
    use crate::browser::{Opener, Policy};
    use crate::sample::Sample;

    fn without(reading: &mut BrowserReading) {
        reading.openers[0].path = None;
    }

    #[test]
    fn three_healthy_systems_pass_and_unseen_does_not() {
        for reading in [linux(), windows(), macos()] {
            assert_eq!(of(reading).examine(&CHECK), Outcome::Pass);
        }
        assert!(matches!(Sample::healthy().examine(&CHECK), Outcome::SetAside(_)));
        let unread = with(linux(), |reading| reading.openers.clear());
        assert!(matches!(unread.examine(&CHECK), Outcome::Unknown(_)));
    }

    #[test]
    fn a_missing_xdg_open_is_a_fault_unless_the_client_brings_one() {
        let finding = with(linux(), without).finding(&CHECK);
        assert_eq!((finding.variant, finding.severity), ("xdg-open-missing", Severity::Error));
        let copy = with(linux(), |reading| {
            without(reading);
            reading.openers.push(Opener {
                name: "xdg-open".to_owned(),
                path: Some("~/.npm/_npx/1/node_modules/open/xdg-open".to_owned()),
                version: None,
                bundled: true,
            });
        });
        assert_eq!((copy.finding(&CHECK).variant, copy.finding(&CHECK).severity), ("only-a-copy", Severity::Warning));
        let opened = with(linux(), |reading| {
            without(reading);
            reading.trip = Some(trip(Way::OwnOpener, Some(0), Some(hit())));
        });
        assert_eq!(opened.finding(&CHECK).severity, Severity::Warning, "another program opened it");
    }

    #[test]
    fn an_old_xdg_open_says_nothing_on_a_newer_desktop() {
        let newer = |version: &'static str| {
            with(linux(), move |reading| {
                reading.openers[0].version = Some(version.to_owned());
                reading.desktop.as_mut().expect("a desktop").kde_version = Some(6);
            })
        };
        assert_eq!(newer("1.1.3").finding(&CHECK).variant, "too-old-for-desktop");
        assert_eq!(newer("1.2.1").examine(&CHECK), Outcome::Pass);
    }

    #[test]
    fn windows_without_powershell_hits_those_who_use_it() {
        let finding = with(windows(), without).finding(&CHECK);
        assert_eq!(finding.variant, "powershell-missing");
        assert!(!finding.affects.is_empty());
        let forbidden = with(windows(), |reading| {
            reading.policies.push(Policy {
                place: "HKCU\\…\\DisallowRun".to_owned(),
                rule: "1".to_owned(),
                value: "powershell.exe".to_owned(),
                effect: PolicyEffect::BlocksPowershell,
            });
        });
        assert_eq!(forbidden.finding(&CHECK).variant, "powershell-forbidden");
    }

    #[test]
    fn a_mac_without_open_is_named() {
        assert_eq!(with(macos(), without).finding(&CHECK).variant, "open-missing");
    }
}
