//! Whose clock is right: the times that servers say (`Date`), against the time of this computer.

use jiff::fmt::rfc2822::DateTimeParser;
use url::Url;

use crate::evidence::{Evidence, Exchange};

/// A difference up to this many seconds is the price of measuring.
pub const UNHEARD_OF: i64 = 5;
/// From this many seconds on, fresh tokens are refused.
pub const HARMFUL: i64 = 60;

/// How far a server's clock is ahead of this computer's, in seconds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HostClock {
    /// `host:port`.
    pub host: String,
    /// Seconds ahead of this computer; negative when behind.
    pub ahead: i64,
    /// From how many answers.
    pub answers: usize,
}

/// The clocks of all hosts that answered with a date, the MCP server's first.
pub fn clocks(evidence: &Evidence) -> Vec<HostClock> {
    let mut all: Vec<(String, Vec<i64>)> = Vec::new();
    for exchange in evidence.exchanges() {
        let Some(ahead) = ahead_ms(exchange) else { continue };
        let host = host(&exchange.request.url);
        match all.iter_mut().find(|(have, _)| *have == host) {
            Some((_, measured)) => measured.push(ahead),
            None => all.push((host, vec![ahead])),
        }
    }
    let mut clocks: Vec<HostClock> = all
        .into_iter()
        .map(|(host, mut measured)| {
            measured.sort_unstable();
            let middle = measured[measured.len() / 2];
            HostClock { host, ahead: (middle as f64 / 1000.0).round() as i64, answers: measured.len() }
        })
        .collect();
    if let Some(server) = &evidence.subject.server {
        clocks.sort_by_key(|clock| clock.host != host(server));
    }
    clocks
}

/// The MCP server's clock, when it says a date.
pub fn of_server(evidence: &Evidence) -> Option<HostClock> {
    let server = host(evidence.subject.server.as_ref()?);
    clocks(evidence).into_iter().find(|clock| clock.host == server)
}

/// What time it is for the MCP server, in seconds since the Unix epoch: it is the one that judges tokens. Where it does not say
/// its time, this computer's counts.
pub fn server_now(evidence: &Evidence) -> i64 {
    let now = i64::try_from(evidence.began_ms / 1000).unwrap_or(i64::MAX);
    now.saturating_add(of_server(evidence).map_or(0, |clock| clock.ahead))
}

/// `host:port` of a URL.
pub fn host(url: &Url) -> String {
    format!("{}:{}", url.host_str().unwrap_or_default(), url.port_or_known_default().unwrap_or_default())
}

fn ahead_ms(exchange: &Exchange) -> Option<i64> {
    let answer = exchange.outcome.as_ref().ok()?;
    // A stored answer tells the time at which it was stored.
    let age = answer.headers.get("age").and_then(|age| age.trim().parse::<u64>().ok()).unwrap_or(0);
    if age > 0 {
        return None;
    }
    let date = DateTimeParser::new().parse_timestamp(answer.headers.get("date")?.trim()).ok()?;
    let here = i64::try_from(exchange.at_ms).ok()?.saturating_add(i64::from(exchange.took_ms) / 2);
    // The date has no fractions: on average it is half a second later.
    Some(date.as_millisecond().saturating_add(500).saturating_sub(here))
}

/// `3 minutes`, `12 seconds`, `2 hours`.
pub fn span(seconds: i64) -> String {
    let seconds = seconds.unsigned_abs();
    let said = |count: u64, unit: &str| format!("{count} {unit}{}", if count == 1 { "" } else { "s" });
    match seconds {
        0..=119 => said(seconds, "second"),
        120..=7_199 => said(seconds / 60, "minute"),
        7_200..=172_799 => said(seconds / 3_600, "hour"),
        _ => said(seconds / 86_400, "day"),
    }
}

/// A moment as a person reads it, in UTC. Dates that cannot be are said as they stand.
pub fn moment(seconds: i64) -> String {
    match jiff::Timestamp::from_second(seconds) {
        Ok(timestamp) => timestamp.strftime("%Y-%m-%d %H:%M:%S UTC").to_string(),
        Err(_) => format!("{seconds} (no date)"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evidence::{MetadataForm, Purpose};
    use crate::sample::{ISSUER, SERVER, Sample};

    // 2026-11-25T00:00:00Z is NOW_MS.
    const NOW: &str = "Wed, 25 Nov 2026 00:00:00 GMT";

    #[test]
    fn the_date_of_an_answer_tells_how_far_its_clock_is_off() {
        let sample = Sample::unseen(SERVER)
            .answer(Purpose::Initialize, 401, &[("date", "Wed, 25 Nov 2026 00:10:00 GMT")], "")
            .answer(
                Purpose::ServerMetadata { issuer: ISSUER.to_owned(), form: MetadataForm::OauthInsert },
                200,
                &[("date", NOW)],
                "{}",
            );
        let clocks = clocks(sample.evidence());
        assert_eq!((clocks[0].host.as_str(), clocks[0].ahead), ("mcp.example.com:443", 601));
        assert!(clocks[1].ahead.abs() <= 1);
    }

    #[test]
    fn a_stored_answer_and_a_missing_date_tell_nothing() {
        let sample = Sample::unseen(SERVER).answer(Purpose::Initialize, 401, &[("date", "yesterday")], "").answer(
            Purpose::Discover,
            401,
            &[("date", "Wed, 25 Nov 2026 00:10:00 GMT"), ("age", "600")],
            "",
        );
        assert!(clocks(sample.evidence()).is_empty());
        assert_eq!(span(-7_300), "2 hours");
    }
}
