use crate::check::{Category, Check, Confidence, Finding, Outcome, Owner, Requirement, Severity, Stage};
use crate::clock::{self, HARMFUL, UNHEARD_OF};
use crate::evidence::Evidence;

pub const CHECK: Check = Check {
    code: "local-clock",
    stage: Stage::Local,
    category: Category::Token,
    owner: Owner::User,
    requirement: Requirement::Should,
    reference: "RFC 9110 section 6.6.1",
    after: &[],
    variants: &["off", "drift"],
    words: include_str!("local_clock.md"),
    examine,
};

fn examine(evidence: &Evidence) -> Outcome {
    let clocks = clock::clocks(evidence);
    if clocks.len() < 2 {
        return Outcome::Unknown("at least two servers must say what time it is".to_owned());
    }
    let (least, most) = clocks
        .iter()
        .fold((i64::MAX, i64::MIN), |(least, most), clock| (least.min(clock.ahead), most.max(clock.ahead)));
    if most - least > UNHEARD_OF {
        return Outcome::SetAside("the servers do not agree with each other");
    }
    let ahead = clocks[0].ahead;
    if ahead.abs() <= UNHEARD_OF {
        return Outcome::Pass;
    }
    let finding = if ahead.abs() > HARMFUL {
        Finding::new(&CHECK, "off")
    } else {
        Finding::new(&CHECK, "drift").severity(Severity::Warning)
    };
    let mut finding = finding
        .confidence(Confidence::Likely)
        .value("span", clock::span(ahead))
        // The servers are ahead: this computer is behind.
        .value("direction", if ahead > 0 { "behind" } else { "ahead" });
    for clock in &clocks {
        finding = finding.proof(format!(
            "{} differs by {} ({} answers)",
            clock.host,
            clock::span(clock.ahead),
            clock.answers
        ));
    }
    Outcome::fail(finding)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evidence::{MetadataForm, Purpose};
    use crate::sample::{ISSUER, Sample};

    fn both(date: &str) -> Sample {
        Sample::healthy().answer(Purpose::Initialize, 401, &[("date", date)], "").answer(
            Purpose::ServerMetadata { issuer: ISSUER.to_owned(), form: MetadataForm::OauthInsert },
            200,
            &[("date", date)],
            "{}",
        )
    }

    #[test]
    fn a_computer_that_is_alone_with_its_time_is_off() {
        let off = both("Wed, 25 Nov 2026 00:10:00 GMT").finding(&CHECK);
        assert_eq!((off.variant, off.values["direction"].as_str()), ("off", "behind"));
        assert_eq!(both("Wed, 25 Nov 2026 00:00:30 GMT").finding(&CHECK).variant, "drift");
    }

    #[test]
    fn the_right_time_passes_and_one_server_is_not_enough() {
        assert_eq!(both("Wed, 25 Nov 2026 00:00:00 GMT").examine(&CHECK), Outcome::Pass);
        let one = Sample::healthy().answer(Purpose::Initialize, 401, &[("date", "Wed, 25 Nov 2026 00:10:00 GMT")], "");
        assert!(matches!(one.examine(&CHECK), Outcome::Unknown(_)));
    }
}
