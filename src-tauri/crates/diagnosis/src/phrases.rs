//! Sentences that the code composes, such as a line of what was seen, in German.
//!
//! `phrases.de.txt` has a block for each: the English sentence as it stands in the code, with `{}` for each value (`{#}` where
//! it is a number), and below it the German one behind `= `. There `{}` is the next value, `{2}` the second one. A sentence
//! without a block stays English, so that a new one never has to wait for its translation.

use std::collections::HashMap;
use std::sync::LazyLock;

/// The table.
const TABLE: &str = include_str!("phrases.de.txt");

/// A sentence with values in it.
struct Pattern {
    /// What stands before, between and behind the values.
    parts: Vec<&'static str>,
    /// Which of the values are numbers.
    numbers: Vec<bool>,
    said: &'static str,
}

impl Pattern {
    fn of(english: &'static str, said: &'static str) -> Self {
        let mut pattern = Self { parts: Vec::new(), numbers: Vec::new(), said };
        let mut rest = english;
        while let Some((at, length)) =
            [VALUE, NUMBER].iter().filter_map(|hole| Some((rest.find(hole)?, hole.len()))).min()
        {
            pattern.parts.push(&rest[..at]);
            pattern.numbers.push(length == NUMBER.len());
            rest = &rest[at + length..];
        }
        pattern.parts.push(rest);
        pattern
    }

    /// What stands where the pattern has its values, if the sentence is one of that pattern.
    fn values<'a>(&self, sentence: &'a str) -> Option<Vec<&'a str>> {
        let values = values(&self.parts, sentence)?;
        let is_number = |value: &str| value.bytes().all(|byte| byte.is_ascii_digit());
        let fits = values.iter().zip(&self.numbers).all(|(value, number)| !number || is_number(value));
        fits.then_some(values)
    }
}

const VALUE: &str = "{}";
const NUMBER: &str = "{#}";

struct Phrases {
    whole: HashMap<&'static str, &'static str>,
    /// The longest first: it says most.
    patterns: Vec<Pattern>,
}

static PHRASES: LazyLock<Phrases> = LazyLock::new(|| {
    let mut phrases = Phrases { whole: HashMap::new(), patterns: Vec::new() };
    for (english, german) in entries() {
        if english.contains(VALUE) || english.contains(NUMBER) {
            phrases.patterns.push(Pattern::of(english, german));
        } else {
            phrases.whole.insert(english, german);
        }
    }
    phrases
        .patterns
        .sort_by_key(|pattern| std::cmp::Reverse(pattern.parts.iter().map(|part| part.len()).sum::<usize>()));
    phrases
});

/// Every English sentence of the table with its German one.
pub fn entries() -> impl Iterator<Item = (&'static str, &'static str)> {
    let mut english = "";
    TABLE.lines().filter_map(move |line| {
        if let Some(german) = line.strip_prefix("= ") {
            return Some((english, german));
        }
        english = line;
        None
    })
}

/// The sentence in German, or `None` when the table has no words for it.
pub fn in_german(sentence: &str) -> Option<String> {
    said(sentence, 2)
}

/// A value may be a phrase of ours again, and hold another one, so many times deep.
fn said(sentence: &str, depth: u8) -> Option<String> {
    if let Some(german) = PHRASES.whole.get(sentence) {
        return Some((*german).to_owned());
    }
    let (pattern, values) = PHRASES.patterns.iter().find_map(|pattern| Some((pattern, pattern.values(sentence)?)))?;
    let value = |at: usize| {
        let value = values.get(at).copied().unwrap_or_default();
        let ours = if depth > 0 { said(value, depth - 1) } else { None };
        ours.unwrap_or_else(|| value.to_owned())
    };
    let mut german = String::with_capacity(pattern.said.len() + sentence.len());
    let mut next = 0;
    let mut rest = pattern.said;
    while let Some(open) = rest.find('{') {
        german.push_str(&rest[..open]);
        let tail = &rest[open + 1..];
        let Some(close) = tail.find('}') else { break };
        match (&tail[..close], tail[..close].parse::<usize>()) {
            ("" | "#", _) => {
                german.push_str(&value(next));
                next += 1;
            }
            (_, Ok(number)) => german.push_str(&value(number.saturating_sub(1))),
            (other, Err(_)) => {
                german.push('{');
                german.push_str(other);
                german.push('}');
            }
        }
        rest = &tail[close + 1..];
    }
    german.push_str(rest);
    Some(german)
}

/// What stands between the parts of a sentence.
fn values<'a>(parts: &[&str], sentence: &'a str) -> Option<Vec<&'a str>> {
    let (first, behind) = parts.split_first()?;
    let (last, between) = behind.split_last()?;
    let mut rest = sentence.strip_prefix(first)?.strip_suffix(last)?;
    let mut values = Vec::with_capacity(behind.len());
    for part in between {
        let (value, tail) = rest.split_once(part)?;
        values.push(value);
        rest = tail;
    }
    values.push(rest);
    Some(values)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_sentence_has_one_german_one_with_its_values() {
        let mut seen = std::collections::HashSet::new();
        for (english, german) in entries() {
            assert!(seen.insert(english), "twice: {english}");
            assert!(!english.is_empty() && !german.is_empty(), "{english} = {german}");
            let holes = |text: &str| text.matches(VALUE).count() + text.matches(NUMBER).count();
            let (values, next) = (holes(english), holes(german));
            let numbered = (1..=values).filter(|number| german.contains(&format!("{{{number}}}"))).count();
            assert!(next == values && numbered == 0 || next == 0 && numbered == values, "{english} = {german}");
        }
    }

    #[test]
    fn the_table_has_nothing_but_sentences_their_translation_and_notes() {
        let mut before = "";
        for line in TABLE.lines() {
            let german = line.starts_with("= ");
            let fine = line.is_empty() || line.starts_with("# ") || german || !before.starts_with("= ");
            assert!(fine, "a blank line is missing before: {line}");
            let alone = german && (before.is_empty() || before.starts_with("# ") || before.starts_with("= "));
            assert!(!alone, "nothing stands before: {line}");
            before = line;
        }
    }

    #[test]
    fn a_sentence_is_said_with_its_values() {
        assert_eq!(
            values(&["HTTP ", " at ", ""], "HTTP 401 at https://a.example"),
            Some(vec!["401", "https://a.example"])
        );
        assert_eq!(values(&["HTTP ", ""], "no answer"), None);
        assert_eq!(values(&["aa", "aa"], "aa"), None, "what stands before and behind does not overlap");
        assert_eq!(Pattern::of("{#} days", "").values("3 days"), Some(vec!["3"]));
        assert_eq!(Pattern::of("{#} days", "").values("some days"), None);
        assert_eq!(in_german("3 days").as_deref(), Some("3 Tage"));
        assert_eq!(in_german("nobody ever says this sentence"), None);
    }
}
