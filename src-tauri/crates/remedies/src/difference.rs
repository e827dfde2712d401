//! Two texts, line by line, for a person: what goes, what comes, and a little around it. Secrets are hidden.

use mcp_auth_diagnosis::redact;
use serde::Serialize;

/// A line of a difference.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS), ts(export, rename = "DifferenceLine"))]
pub struct Line {
    /// What becomes of it.
    pub is: LineIs,
    /// Its number, from 1: in the new text, or in the old one for a line that goes.
    pub number: usize,
    /// What it says, with secrets hidden.
    pub text: String,
}

/// What becomes of a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS), ts(export, rename = "DifferenceLineIs"))]
#[serde(rename_all = "kebab-case")]
pub enum LineIs {
    /// It stays.
    Same,
    /// It goes.
    Gone,
    /// It comes.
    New,
    /// Some lines that stay are not shown here.
    Skipped,
}

/// So many lines around a change.
const AROUND: usize = 3;
/// Longer middles are shown as all gone and all new: comparing them takes the square of their length.
const MOST: usize = 1500;

/// The difference between two texts.
pub(crate) fn difference(before: &str, after: &str) -> Vec<Line> {
    let (old, new): (Vec<&str>, Vec<&str>) = (before.lines().collect(), after.lines().collect());
    let (shown_old, shown_new) = (hidden(before), hidden(after));
    let start = old.iter().zip(&new).take_while(|(one, other)| one == other).count();
    let room = old.len().min(new.len()) - start;
    let end = old.iter().rev().zip(new.iter().rev()).take(room).take_while(|(one, other)| one == other).count();
    let text = |lines: &[String], at: usize| lines.get(at).cloned().unwrap_or_default();
    let mut lines = Vec::new();
    let same = |at: usize| Line { is: LineIs::Same, number: at + 1, text: text(&shown_new, at) };
    lines.extend((0..start).map(same));
    let (middle_old, middle_new) = (&old[start..old.len() - end], &new[start..new.len() - end]);
    let kept = if middle_old.len().max(middle_new.len()) <= MOST { common(middle_old, middle_new) } else { Vec::new() };
    let (mut at_old, mut at_new) = (0, 0);
    for (next_old, next_new) in kept.into_iter().chain([(middle_old.len(), middle_new.len())]) {
        while at_old < next_old {
            let at = start + at_old;
            lines.push(Line { is: LineIs::Gone, number: at + 1, text: text(&shown_old, at) });
            at_old += 1;
        }
        while at_new < next_new {
            let at = start + at_new;
            lines.push(Line { is: LineIs::New, number: at + 1, text: text(&shown_new, at) });
            at_new += 1;
        }
        if next_new < middle_new.len() && next_old < middle_old.len() {
            lines.push(same(start + next_new));
            at_old += 1;
            at_new += 1;
        }
    }
    lines.extend((new.len() - end..new.len()).map(same));
    near(lines)
}

/// The places of a longest common row of lines.
fn common(old: &[&str], new: &[&str]) -> Vec<(usize, usize)> {
    let width = new.len() + 1;
    let mut longest = vec![0_u16; (old.len() + 1) * width];
    for one in (0..old.len()).rev() {
        for other in (0..new.len()).rev() {
            longest[one * width + other] = if old[one] == new[other] {
                longest[(one + 1) * width + other + 1] + 1
            } else {
                longest[(one + 1) * width + other].max(longest[one * width + other + 1])
            };
        }
    }
    let (mut one, mut other, mut row) = (0, 0, Vec::new());
    while one < old.len() && other < new.len() {
        if old[one] == new[other] {
            row.push((one, other));
            one += 1;
            other += 1;
        } else if longest[(one + 1) * width + other] >= longest[one * width + other + 1] {
            one += 1;
        } else {
            other += 1;
        }
    }
    row
}

/// Only what is near a change.
fn near(lines: Vec<Line>) -> Vec<Line> {
    let changed: Vec<usize> =
        lines.iter().enumerate().filter(|(_, line)| line.is != LineIs::Same).map(|(at, _)| at).collect();
    let mut shown: Vec<Line> = Vec::new();
    for (at, line) in lines.into_iter().enumerate() {
        let next = changed.partition_point(|place| *place < at);
        let close =
            changed.get(next).is_some_and(|place| place - at <= AROUND) || next > 0 && at - changed[next - 1] <= AROUND;
        if close {
            shown.push(line);
        } else if shown.last().is_none_or(|last| last.is != LineIs::Skipped) {
            shown.push(Line { is: LineIs::Skipped, number: line.number, text: String::new() });
        }
    }
    shown
}

/// Every line with its secrets hidden: values of headers, variables and credentials, and whatever looks like a token.
/// Reads quotation marks and brackets only, so that it also works on a text that is no JSON yet.
fn hidden(text: &str) -> Vec<String> {
    let mut shown = String::with_capacity(text.len());
    // The names of the tables that we are in, the name that waits for its value, and the text before.
    let mut tables: Vec<String> = Vec::new();
    let (mut name, mut last) = (String::new(), String::new());
    let mut rest = text;
    while let Some(character) = rest.chars().next() {
        if matches!(character, '"' | '\u{201c}'..='\u{201f}') {
            let inside = &rest[character.len_utf8()..];
            let end = end_of_text(inside, character == '"');
            let (body, tail) = inside.split_at(end);
            let close = tail.chars().next().filter(|close| matches!(close, '"' | '\u{201c}'..='\u{201f}'));
            let is_name = tail[close.map_or(0, char::len_utf8)..].trim_start().starts_with(':');
            shown.push(character);
            if is_name {
                shown.push_str(body);
                name = body.to_owned();
            } else if secret(&tables, &name, &last, body) {
                shown.push_str(&hide(body, &last));
            } else {
                shown.push_str(&redact::mask(body));
            }
            if !is_name {
                last = body.to_owned();
            }
            shown.extend(close);
            rest = &tail[close.map_or(0, char::len_utf8)..];
            continue;
        }
        match character {
            '{' | '[' => tables.push(std::mem::take(&mut name)),
            '}' | ']' => {
                tables.pop();
                name.clear();
            }
            ',' => name.clear(),
            _ => {}
        }
        shown.push(character);
        rest = &rest[character.len_utf8()..];
    }
    shown.lines().map(str::to_owned).collect()
}

/// Where a text ends: at its closing mark, and never beyond its line.
fn end_of_text(text: &str, straight: bool) -> usize {
    let mut escaped = false;
    for (at, character) in text.char_indices() {
        match character {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '\n' | '"' => return at,
            '\u{201c}'..='\u{201f}' if !straight => return at,
            _ => {}
        }
    }
    text.len()
}

fn secret(tables: &[String], name: &str, last: &str, body: &str) -> bool {
    let telling = |name: &str| {
        let name = name.to_ascii_lowercase();
        ["token", "secret", "password", "authorization", "apikey", "api_key", "api-key", "cookie", "credential"]
            .iter()
            .any(|word| name.contains(word))
    };
    let in_table = tables.iter().any(|table| {
        matches!(table.as_str(), "headers" | "http_headers" | "env" | "requestOptions" | "environment" | "auth")
    });
    // `${NAME}` is a name, not a value.
    let only_name = body.starts_with("${") && body.ends_with('}') && !body[2..].contains("${");
    !body.is_empty() && !only_name && (in_table || telling(name) || matches!(last, "--header" | "-H"))
}

/// Hides a value; of a header on the command line the name stays.
fn hide(body: &str, last: &str) -> String {
    match body.split_once(':') {
        Some((name, value)) if matches!(last, "--header" | "-H") => {
            if value.trim().starts_with("${") {
                body.to_owned()
            } else {
                format!("{name}: {}", redact::HIDDEN)
            }
        }
        _ => redact::HIDDEN.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(before: &str, after: &str) -> Vec<String> {
        difference(before, after)
            .iter()
            .map(|line| {
                let mark = match line.is {
                    LineIs::Same => ' ',
                    LineIs::Gone => '-',
                    LineIs::New => '+',
                    LineIs::Skipped => return "…".to_owned(),
                };
                format!("{mark}{}", line.text)
            })
            .collect()
    }

    #[test]
    fn only_what_changes_and_a_little_around_it() {
        let before = "a\nb\nc\nd\ne\nf\ng\nh\n";
        assert_eq!(told(before, &before.replace("e\n", "E\n")), ["…", " b", " c", " d", "-e", "+E", " f", " g", " h"]);
        assert_eq!(told("a\nb\n", "b\nc\n"), ["-a", " b", "+c"]);
        assert_eq!(told("", "x"), ["+x"]);
        assert_eq!(told("a\na\n", "a\n").iter().filter(|line| line.starts_with('-')).count(), 1);
    }

    #[test]
    fn secrets_are_hidden_in_whatever_is_shown() {
        let text = "{\n\"url\": \"https://a/\",\n\"headers\": {\"X-Key\": \"canary1\"},\n\"env\": {\"A\": \"canary2\"},\n\"args\": [\"--header\", \"Authorization: Bearer canary3\"],\n\u{201c}api_key\u{201d}: \u{201c}canary4\u{201d}\n\"plain\": \"seen\"";
        let shown = told(text, &format!("{text}\n"));
        let all = hidden(text).join("\n");
        assert!(!all.contains("canary"), "{all}");
        assert!(all.contains("https://a/") && all.contains("seen") && all.contains("Authorization: ‹hidden›"), "{all}");
        assert!(shown.len() <= 1);
        assert_eq!(
            hidden("{\"env\": {\"A\": \"x\"}, \"b\": \"seen\"}"),
            ["{\"env\": {\"A\": \"‹hidden›\"}, \"b\": \"seen\"}"]
        );
    }
}
