use crate::check::{Category, Check, Confidence, Finding, Outcome, Owner, Requirement, Severity, Stage};
use crate::clock::{self, HARMFUL, HostClock, UNHEARD_OF};
use crate::evidence::Evidence;
use crate::trial::{Says, Trial};

pub const CHECK: Check = Check {
    code: "tok-server-clock",
    stage: Stage::TokenValidation,
    category: Category::Token,
    owner: Owner::McpServer,
    requirement: Requirement::Should,
    reference: "RFC 9110 section 6.6.1; RFC 7519 section 4.1.4",
    after: &[],
    variants: &["mcp-server", "authorization-server", "drift", "somebody"],
    words: include_str!("tok_server_clock.md"),
    examine,
};

fn examine(evidence: &Evidence) -> Outcome {
    let clocks = clock::clocks(evidence);
    let server = clock::of_server(evidence);
    let others: Vec<&HostClock> = clocks.iter().filter(|clock| server.as_ref() != Some(*clock)).collect();
    let off = |clock: &HostClock| clock.ahead.abs() > UNHEARD_OF;
    let Some(first) = clocks.first() else { return Outcome::Unknown("no answer said what time it is".to_owned()) };
    if !clocks.iter().any(off) {
        return Outcome::Pass;
    }
    // All others agree with each other and not with us: then it is this computer's clock.
    let agree = |a: &HostClock, b: &HostClock| (a.ahead - b.ahead).abs() <= UNHEARD_OF;
    if clocks.len() > 1 && clocks.iter().all(|clock| agree(first, clock)) {
        return Outcome::SetAside("the servers agree with each other; it is this computer's clock");
    }
    let finding = match &server {
        Some(server) if off(server) && others.is_empty() => {
            // Two clocks, and nobody to say which one is right.
            tell("somebody", server).confidence(Confidence::Possible).severity(Severity::Warning)
        }
        Some(server) if off(server) => {
            let variant = if server.ahead.abs() > HARMFUL { "mcp-server" } else { "drift" };
            tell(variant, server)
        }
        _ => match others.iter().find(|clock| off(clock)) {
            Some(other) if server.is_none() && others.len() == 1 => {
                tell("somebody", other).confidence(Confidence::Possible).severity(Severity::Warning)
            }
            Some(other) => {
                let variant = if other.ahead.abs() > HARMFUL { "authorization-server" } else { "drift" };
                tell(variant, other).owner(Owner::AuthorizationServer)
            }
            None => return Outcome::Pass,
        },
    };
    let works = Trial::of(evidence).is_ok_and(|trial| matches!(trial.says, Says::In(_) | Says::Lacking(_)));
    let finding = if finding.variant == "drift" || works { finding.severity(Severity::Warning) } else { finding };
    let mut finding = finding;
    for clock in &clocks {
        finding = finding.proof(format!("{} is {} ({} answers)", clock.host, position(clock.ahead), clock.answers));
    }
    Outcome::fail(finding)
}

fn tell(variant: &'static str, clock: &HostClock) -> Finding {
    Finding::new(&CHECK, variant)
        .value("host", clock.host.clone())
        .value("span", clock::span(clock.ahead))
        .value("direction", if clock.ahead > 0 { "ahead" } else { "behind" })
}

fn position(ahead: i64) -> String {
    match ahead {
        -1..=1 => "on time with this computer".to_owned(),
        2.. => format!("{} ahead of this computer", clock::span(ahead)),
        _ => format!("{} behind this computer", clock::span(ahead)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evidence::{MetadataForm, Purpose};
    use crate::sample::{ISSUER, Sample};

    const ON_TIME: &str = "Wed, 25 Nov 2026 00:00:00 GMT";

    fn dates(server: &str, sign_in: &str) -> Sample {
        Sample::healthy().answer(Purpose::Initialize, 401, &[("date", server)], "").answer(
            Purpose::ServerMetadata { issuer: ISSUER.to_owned(), form: MetadataForm::OauthInsert },
            200,
            &[("date", sign_in)],
            "{}",
        )
    }

    #[test]
    fn the_clock_that_is_off_is_named() {
        let of = |server, sign_in| dates(server, sign_in).finding(&CHECK).variant;
        assert_eq!(of("Tue, 24 Nov 2026 23:50:00 GMT", ON_TIME), "mcp-server");
        assert_eq!(of(ON_TIME, "Wed, 25 Nov 2026 00:10:00 GMT"), "authorization-server");
        let drift = dates("Tue, 24 Nov 2026 23:59:30 GMT", ON_TIME).finding(&CHECK);
        assert_eq!((drift.variant, drift.severity), ("drift", Severity::Warning));
        let alone =
            Sample::healthy().answer(Purpose::Initialize, 401, &[("date", "Wed, 25 Nov 2026 01:00:00 GMT")], "");
        assert_eq!(alone.finding(&CHECK).confidence, Confidence::Possible);
    }

    #[test]
    fn clocks_that_agree_are_fine_or_show_that_ours_is_off() {
        assert_eq!(dates(ON_TIME, ON_TIME).examine(&CHECK), Outcome::Pass);
        let both = "Wed, 25 Nov 2026 00:10:00 GMT";
        assert!(matches!(dates(both, both).examine(&CHECK), Outcome::SetAside(_)));
        assert!(matches!(Sample::healthy().examine(&CHECK), Outcome::Unknown(_)));
    }
}
