//! A log is a story: what went wrong last counts, and what went well afterwards takes it back.

use std::collections::BTreeSet;
use std::ops::Range;
use std::sync::LazyLock;

use jiff::civil::{Date, DateTime};
use regex::Regex;

use super::Heard;
use crate::pasted::pattern;
use crate::subject::Symptom;

/// Two troubles that lie further apart are not of one attempt.
const OLD_MINUTES: i64 = 15;

/// Where clients say that a connection works: they have read the server's tools, or mcp-remote stands between both.
///
/// Not "connected successfully": Claude Desktop says it when the helper has started, and Cursor before the sign-in.
pub(super) fn successes(text: &str) -> Vec<usize> {
    static WORKS: LazyLock<Regex> = LazyLock::new(|| {
        pattern(
            r#"(?i)Proxy established successfully|Connected to remote server using|(?:Discovered|Found) [1-9]\d* tools|"result": ?\{"tools": ?\["#,
        )
    });
    WORKS.find_iter(text).map(|found| found.start()).collect()
}

/// Whether the same server was reached after the message at this place.
pub(super) fn is_over(text: &str, place: usize, successes: &[usize], symptom: Option<Symptom>) -> bool {
    if symptom == Some(Symptom::CallingTool) {
        return false;
    }
    let mut later = successes.iter().filter(|success| **success > place).peekable();
    if later.peek().is_none() {
        return false;
    }
    let own = tags(line_of(text, place));
    own.is_empty()
        || later.any(|success| {
            let other = tags(line_of(text, *success));
            other.is_empty() || !own.is_disjoint(&other)
        })
}

/// The names in square brackets at the head of a line: Claude Desktop's main log holds all servers.
fn tags(line: &str) -> BTreeSet<&str> {
    static TAG: LazyLock<Regex> = LazyLock::new(|| pattern(r"\[(?P<tag>[A-Za-z][A-Za-z0-9 _.:@/-]{0,60})\]"));
    const LEVELS: [&str; 8] = ["info", "warn", "warning", "error", "debug", "trace", "mcp", "fatal"];
    let head = line.char_indices().nth(160).map_or(line, |(end, _)| &line[..end]);
    TAG.captures_iter(head)
        .filter_map(|found| Some(found.name("tag")?.as_str()))
        .filter(|tag| !LEVELS.contains(&tag.to_ascii_lowercase().as_str()))
        .collect()
}

fn line_of(text: &str, place: usize) -> &str {
    let start = text[..place].rfind('\n').map_or(0, |at| at + 1);
    let end = text[place..].find('\n').map_or(text.len(), |at| place + at);
    &text[start..end]
}

/// Whether a bare code stands in a list of codes, as a documentation has it: then nobody says that it happened.
pub(super) fn is_in_a_list(text: &str, found: Range<usize>) -> bool {
    static CODE: LazyLock<Regex> = LazyLock::new(|| {
        pattern(
            r"\b(?:invalid_(?:request|client|grant|scope|token|target|redirect_uri|client_metadata)|unauthorized_client|unsupported_(?:grant|response)_type|access_denied|server_error|temporarily_unavailable|insufficient_scope)\b",
        )
    });
    const A_LIST: usize = 4;
    let word = &text[found.clone()];
    if !CODE.find(word).is_some_and(|code| code.range() == (0..word.len())) {
        return false;
    }
    let codes: BTreeSet<&str> = CODE.find_iter(line_of(text, found.start)).map(|found| found.as_str()).collect();
    codes.len() >= A_LIST
}

/// Takes out what happened long before the newest trouble.
pub(super) fn drop_old(text: &str, all: &mut Vec<Heard>) {
    if all.len() < 2 {
        return;
    }
    let times: Vec<Option<DateTime>> = all.iter().map(|heard| time_at(text, heard.at)).collect();
    let Some(newest) = times.iter().flatten().max().copied() else { return };
    let mut times = times.into_iter();
    all.retain(|_| {
        let time = times.next().flatten();
        time.is_none_or(|time| newest.duration_since(time).as_mins() <= OLD_MINUTES)
    });
}

/// The time that stands before a place, on its line or on one not far above.
fn time_at(text: &str, place: usize) -> Option<DateTime> {
    static TIME: LazyLock<Regex> = LazyLock::new(|| pattern(r"\b(\d{4})-(\d\d)-(\d\d)[T ](\d\d):(\d\d):(\d\d)"));
    /// A stack trace is longer than it is useful.
    const LINES: usize = 60;
    let end = text[place..].find('\n').map_or(text.len(), |at| place + at);
    text[..end].rsplit('\n').take(LINES).find_map(|line| {
        let found = TIME.captures(line)?;
        let number = |at: usize| found.get(at)?.as_str().parse::<i16>().ok();
        let small = |at: usize| i8::try_from(number(at)?).ok();
        let date = Date::new(number(1)?, small(2)?, small(3)?).ok()?;
        DateTime::new(date.year(), date.month(), date.day(), small(4)?, small(5)?, small(6)?, 0).ok()
    })
}

#[cfg(test)]
mod tests {
    use super::super::read;

    fn names(text: &str) -> Vec<String> {
        read(text).into_iter().map(|said| said.message).collect()
    }

    #[test]
    fn what_worked_afterwards_takes_the_trouble_back() {
        let log = "[1] Error: listen EADDRINUSE: address already in use 127.0.0.1:3334\n\
                   [2] Connecting to remote server: https://mcp.example.com/mcp\n\
                   [2] Proxy established successfully between local STDIO and remote StreamableHTTPClientTransport\n";
        assert!(names(log).is_empty(), "{:?}", names(log));
        let again = format!("{log}[3] Error: listen EADDRINUSE: address already in use 127.0.0.1:3335\n");
        let said = read(&again);
        assert_eq!(said[0].values["port"], "3335", "the newest of them");
    }

    #[test]
    fn what_another_server_did_takes_nothing_back() {
        let log = "2025-06-03T07:23:52.664Z [error] [todo] spawn npx ENOENT\n\
                   2025-06-03T07:23:53.000Z [info] [other] Proxy established successfully\n";
        assert_eq!(names(log), ["spawn-enoent"]);
        assert!(names(&log.replace("[other]", "[todo]")).is_empty());
    }

    #[test]
    fn what_happened_long_before_is_over() {
        let log = "2026-01-10T08:00:00.000Z [error] spawn npx ENOENT\n\
                   2026-03-01 09:00:00.000 [error] {\"error\":\"invalid_client\"}\n";
        assert_eq!(names(log), ["invalid-client"]);
        let near = log.replace("2026-01-10T08:00", "2026-03-01T08:58");
        assert_eq!(names(&near), ["spawn-enoent", "invalid-client"]);
    }

    #[test]
    fn a_list_of_codes_says_nothing() {
        let list = "Error codes: invalid_request, invalid_client, invalid_grant, unauthorized_client, invalid_scope";
        assert!(names(list).is_empty(), "{:?}", names(list));
        assert_eq!(names("{\"error\":\"invalid_client\"}"), ["invalid-client"]);
    }
}
