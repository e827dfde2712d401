use crate::browser::{self, BrowserReading, Surrounding, SystemKind};
use crate::check::{Category, Check, Finding, Outcome, Owner, Requirement, Severity, Stage};
use crate::evidence::Evidence;

pub const CHECK: Check = Check {
    code: "authz-browser-open",
    stage: Stage::Authorization,
    category: Category::Browser,
    owner: Owner::User,
    requirement: Requirement::Should,
    reference: "RFC 8252 section 7.3; microsoft/vscode#203869; microsoft/WSL#8892",
    after: &[],
    variants: &["other-computer", "windows-outside"],
    words: include_str!("authz_browser_open.md"),
    examine,
};

fn examine(evidence: &Evidence) -> Outcome {
    let reading = match browser::seen(evidence) {
        Ok(reading) => reading,
        Err(outcome) => return outcome,
    };
    // The test was made here and a browser of here came.
    if reading.opens() {
        return Outcome::Pass;
    }
    let mut findings: Vec<Finding> = Vec::new();
    for surrounding in &reading.surroundings {
        match surrounding {
            Surrounding::Remote { by } => findings.push(
                browser::explains(&CHECK, "other-computer", reading)
                    .severity(if has_screen(reading) { Severity::Warning } else { Severity::Error })
                    .proof(format!("{by} is set, so this session was opened from another computer")),
            ),
            Surrounding::Wsl { interop, powershell } if *interop == Some(false) || !powershell => findings.push(
                browser::explains(&CHECK, "windows-outside", reading)
                    .severity(if opens_here(reading) { Severity::Warning } else { Severity::Error })
                    .proof(match interop {
                        Some(false) => "Windows programs cannot be started from here (interop is off)".to_owned(),
                        _ => "Windows' PowerShell cannot be reached from here".to_owned(),
                    }),
            ),
            _ => {}
        }
    }
    Outcome::of(findings)
}

fn has_screen(reading: &BrowserReading) -> bool {
    reading.system != SystemKind::Linux || reading.desktop.as_ref().is_some_and(|desktop| !desktop.screens.is_empty())
}

fn opens_here(reading: &BrowserReading) -> bool {
    has_screen(reading)
        && reading.opener("xdg-open").is_some_and(|opener| opener.path.is_some())
        && reading.handler("https").is_some_and(|handler| handler.installed == Some(true))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::browser::Way;
    use crate::browser::sample::{hit, linux, of, trip, with};
    use crate::sample::Sample;

    fn remote() -> Surrounding {
        Surrounding::Remote { by: "SSH_CONNECTION".to_owned() }
    }

    #[test]
    fn a_desktop_passes_and_unseen_does_not() {
        assert_eq!(of(linux()).examine(&CHECK), Outcome::Pass);
        assert!(matches!(Sample::healthy().examine(&CHECK), Outcome::SetAside(_)));
    }

    #[test]
    fn a_remote_session_without_a_screen_is_another_computer() {
        let sample = with(linux(), |reading| {
            reading.surroundings.push(remote());
            reading.desktop = None;
        });
        let finding = sample.finding(&CHECK);
        assert_eq!((finding.variant, finding.severity), ("other-computer", Severity::Error));
        let finding = with(linux(), |reading| reading.surroundings.push(remote())).finding(&CHECK);
        assert_eq!(finding.severity, Severity::Warning, "a forwarded screen may do");
    }

    #[test]
    fn the_test_decides() {
        let sample = with(linux(), |reading| {
            reading.surroundings.push(remote());
            reading.trip = Some(trip(Way::OwnOpener, Some(0), Some(hit())));
        });
        assert_eq!(sample.examine(&CHECK), Outcome::Pass);
    }

    #[test]
    fn linux_inside_windows_needs_a_way_out() {
        let closed = || Surrounding::Wsl { interop: Some(false), powershell: false };
        let finding = with(linux(), |reading| {
            reading.surroundings.push(closed());
            reading.openers.clear();
        })
        .finding(&CHECK);
        assert_eq!((finding.variant, finding.severity), ("windows-outside", Severity::Error));
        let finding = with(linux(), |reading| reading.surroundings.push(closed())).finding(&CHECK);
        assert_eq!(finding.severity, Severity::Warning, "a browser inside Linux does as well");
        let open = Surrounding::Wsl { interop: Some(true), powershell: true };
        assert_eq!(with(linux(), |reading| reading.surroundings.push(open)).examine(&CHECK), Outcome::Pass);
    }
}
