use crate::check::{Category, Check, Finding, Outcome, Owner, Requirement, Severity, Stage};
use crate::evidence::{Evidence, TlsFault};
use crate::tls;

pub const CHECK: Check = Check {
    code: "reach-tls-date",
    stage: Stage::Reach,
    category: Category::Connection,
    owner: Owner::McpServer,
    requirement: Requirement::Must,
    reference: "RFC 5280 section 4.1.2.5",
    after: &["reach-tcp"],
    variants: &["expired", "not-yet-valid", "your-clock", "expires-soon"],
    words: include_str!("reach_tls_date.md"),
    examine,
};

/// A certificate that is renewed by a machine is renewed well before this.
const SOON: i64 = 14 * DAY;
const DAY: i64 = 86_400;

fn examine(evidence: &Evidence) -> Outcome {
    let handshakes = match tls::handshakes(evidence) {
        Ok(handshakes) => handshakes,
        Err(outcome) => return outcome,
    };
    let now = i64::try_from(evidence.began_ms / 1000).unwrap_or(i64::MAX);
    let mut findings: Vec<Finding> = handshakes
        .iter()
        .filter_map(|failed| {
            let (variant, date) = match &failed.fault {
                TlsFault::Expired { not_after } => ("expired", *not_after),
                TlsFault::NotYetValid { not_before } => ("not-yet-valid", *not_before),
                _ => return None,
            };
            let ahead = tls::clock_ahead(evidence);
            // A clock that is off by more than what separates the two dates explains the refusal by itself.
            let by_clock = date.zip(ahead).is_some_and(|(date, ahead)| {
                let true_now = now - ahead;
                if variant == "expired" { true_now <= date } else { true_now >= date }
            });
            let finding = failed.finding(Finding::new(&CHECK, if by_clock { "your-clock" } else { variant }));
            let finding = finding.value("date", date.map(tls::day).unwrap_or_default());
            Some(if by_clock { finding.owner(Owner::User) } else { finding })
        })
        .collect();
    if findings.is_empty() {
        findings.extend(tls::accepted(evidence).filter_map(|(host, owner, leaf)| {
            let left = leaf.not_after - now;
            // Short-lived certificates live for days by design.
            let lifetime = leaf.not_after - leaf.not_before;
            (left < SOON && left * 4 < lifetime).then(|| {
                Finding::new(&CHECK, "expires-soon")
                    .severity(Severity::Warning)
                    .owner(owner)
                    .value("host", host.clone())
                    .value("days", (left / DAY).to_string())
                    .value("date", tls::day(leaf.not_after))
                    .proof(format!("the certificate of {host} ends on {}", tls::day(leaf.not_after)))
            })
        }));
    }
    Outcome::of(findings)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample::{SERVER, Sample};

    #[test]
    fn a_healthy_server_is_fine() {
        assert!(matches!(Sample::healthy().examine(&CHECK), Outcome::Pass));
    }

    #[test]
    fn nothing_seen_is_never_a_pass() {
        let outcome = Sample::unseen(SERVER).examine(&CHECK);
        assert!(matches!(outcome, Outcome::Unknown(_) | Outcome::SetAside(_)), "{outcome:?}");
    }

    use crate::sample::{NOW_MS, certificate};
    use crate::tls::tests::refused;

    const NOW: i64 = (NOW_MS / 1000) as i64;

    #[test]
    fn a_certificate_outside_its_dates_is_the_servers_fault() {
        let expired = refused(TlsFault::Expired { not_after: Some(NOW - DAY) }, vec![certificate()]);
        assert_eq!(expired.finding(&CHECK).variant, "expired");
        let early = refused(TlsFault::NotYetValid { not_before: Some(NOW + 30 * DAY) }, vec![certificate()]);
        assert_eq!(early.finding(&CHECK).variant, "not-yet-valid");
    }

    #[test]
    fn a_clock_that_is_wrong_is_the_users() {
        // Another server's Date says that it is a year earlier.
        let sample = refused(TlsFault::Expired { not_after: Some(NOW - DAY) }, vec![certificate()]).answer(
            crate::evidence::Purpose::Jwks,
            200,
            &[("date", "Tue, 25 Nov 2025 00:00:00 GMT")],
            "{}",
        );
        let finding = sample.finding(&CHECK);
        assert_eq!((finding.variant, finding.owner), ("your-clock", Owner::User));
    }

    #[test]
    fn the_last_days_are_a_warning_and_short_lives_are_not() {
        let soon = |from: i64, left: i64| {
            Sample::healthy().change(|evidence| {
                for fact in evidence.tls.values_mut() {
                    if let Ok(reading) = &mut fact.seen {
                        reading.chain[0].not_before = NOW - from * DAY;
                        reading.chain[0].not_after = NOW + left * DAY;
                    }
                }
            })
        };
        let finding = soon(60, 3).finding(&CHECK);
        assert_eq!((finding.variant, finding.severity), ("expires-soon", Severity::Warning));
        assert_eq!(soon(3, 3).examine(&CHECK), Outcome::Pass);
    }
}
