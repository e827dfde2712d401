//! What of a long log matters: the lines that complain, with what stands around them.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashSet};

use crate::pasted::speaks_of_trouble;

/// As much as is understood at once.
const MOST: usize = 512 * 1024;
/// More of one line is not kept: some clients write whole requests into one.
const LINE: usize = 4 * 1024;
/// The lines before one that complains, which say what was tried.
const BEFORE: usize = 2;
/// The lines behind it, such as the cause and the answer.
const BEHIND: usize = 4;

/// The whole log when it is short. Else its complaints, the newest that there is room for, each line once, in their order; without
/// any, its end.
pub fn what_matters(log: &str) -> Cow<'_, str> {
    if log.len() <= MOST {
        return Cow::Borrowed(log);
    }
    let lines: Vec<&str> = log.lines().map(beginning).collect();
    let mut kept = BTreeMap::new();
    let mut seen = HashSet::new();
    let mut room = MOST;
    'newest: for at in (0..lines.len()).rev() {
        if !speaks_of_trouble(lines[at]) || !seen.insert(without_numbers(lines[at])) {
            continue;
        }
        let around = lines.iter().enumerate().skip(at.saturating_sub(BEFORE)).take(at.min(BEFORE) + 1 + BEHIND);
        for (near, line) in around {
            if kept.contains_key(&near) {
                continue;
            }
            match room.checked_sub(line.len() + 1) {
                Some(less) => room = less,
                None => break 'newest,
            }
            kept.insert(near, *line);
        }
    }
    if kept.is_empty() {
        let start = (log.len() - MOST..).find(|at| log.is_char_boundary(*at)).unwrap_or(log.len());
        return Cow::Borrowed(&log[start..]);
    }
    Cow::Owned(kept.into_values().collect::<Vec<_>>().join("\n"))
}

fn beginning(line: &str) -> &str {
    let end = (0..=line.len().min(LINE)).rev().find(|at| line.is_char_boundary(*at)).unwrap_or(0);
    &line[..end]
}

/// A line is the same at another time and with another request's id.
fn without_numbers(line: &str) -> String {
    line.chars().filter(|letter| !letter.is_ascii_digit()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn noise(lines: usize) -> String {
        (0..lines)
            .map(|at| format!("2026-11-30T11:00:00.{at:06} [DEBUG] polling the event loop, nothing to do\n"))
            .collect()
    }

    #[test]
    fn a_complaint_far_from_the_end_is_kept_with_what_stands_around_it() {
        let trouble = "connecting to todo\nMCP server todo: 401 invalid_token\n  at https://mcp.example.com/mcp\n";
        let log = format!("{}{trouble}{}", noise(4_000), noise(20_000));
        let kept = what_matters(&log);
        assert!(
            kept.len() < 2_000 && kept.contains("connecting to todo") && kept.contains("mcp.example.com"),
            "{kept}"
        );
        assert_eq!(what_matters(trouble), trouble, "a short log stays whole");
    }

    #[test]
    fn the_newest_complaints_count_and_one_that_repeats_counts_once() {
        let flood: String = (0..60_000).map(|at| format!("{at} retry {at} failed\n")).collect();
        let log = format!("first: error A\n{flood}last: error B\n");
        let kept = what_matters(&log);
        assert!(kept.len() <= MOST && kept.contains("first: error A") && kept.ends_with("last: error B"));
    }

    #[test]
    fn without_a_complaint_the_end_is_kept() {
        let log = format!("{}ä the end", noise(20_000));
        let kept = what_matters(&log);
        assert!(kept.len() <= MOST && kept.ends_with("ä the end"));
    }
}
