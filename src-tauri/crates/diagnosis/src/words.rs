//! The words that a person reads, taken from the Markdown file beside each check.
//!
//! The form of such a file:
//!
//! ```markdown
//! # The title of the check, as a statement that holds when all is well
//!
//! What is looked at, in plain words.
//!
//! ## Why it matters
//!
//! One paragraph.
//!
//! ## If you use this server
//!
//! 1. Steps for the person who uses a client, for variants that have none of their own.
//!
//! ## If you run it
//!
//! 1. Steps for the person who runs the server.
//!
//! ## trailing-slash
//!
//! One sentence: what is wrong.
//!
//! One more paragraph with {expected} and {actual} (the technical term in brackets).
//!
//! ### If you use this server
//!
//! 1. Steps of this variant.
//!
//! ### If you run it
//!
//! 1. Steps of this variant.
//! ```
//!
//! `{name}` is a placeholder for a value of the finding. Values come from servers and are inserted as plain text. `` `code` ``
//! may be used in every paragraph and step; nothing else of Markdown is.
//!
//! Beside it may stand the same in another language, e.g. `NAME.de.md`, with the same variants and its own fixed headings.
//! Every section of it replaces the English one; a section that is missing there is shown in English.

use std::collections::BTreeMap;

use crate::language::Language;

/// A check's words, taken apart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Words<'a> {
    /// A statement that holds when all is well.
    pub title: &'a str,
    /// What is looked at.
    pub meaning: String,
    /// Why it matters.
    pub why: String,
    /// Words per variant.
    pub variants: BTreeMap<&'a str, VariantWords>,
}

/// The words of one variant.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct VariantWords {
    /// One sentence: what is wrong.
    pub title: String,
    /// What it means, with the values.
    pub summary: String,
    /// Steps for the person who uses a client.
    pub use_steps: Vec<String>,
    /// Steps for the person who runs the server.
    pub run_steps: Vec<String>,
}

const WHY: &str = "Why it matters";
const USE: &str = "If you use this server";
const RUN: &str = "If you run it";

/// The fixed headings, English and German.
const HEADINGS: [(&str, &str); 3] =
    [(WHY, "Warum das wichtig ist"), (USE, "Wenn Sie diesen Server benutzen"), (RUN, "Wenn Sie ihn betreiben")];

/// The title alone, for the many times that nothing else is shown.
pub fn title(markdown: &str) -> &str {
    markdown.lines().find_map(|line| line.strip_prefix("# ")).unwrap_or_default().trim()
}

/// Takes a check's Markdown apart. It never fails: what is missing is empty, and a contract test complains.
pub fn read(markdown: &str) -> Words<'_> {
    taken_apart(sections(markdown))
}

/// The same in another language, where that has words; section by section English where it has none.
pub fn read_over<'a>(english: &'a str, other: &'a str) -> Words<'a> {
    let mut all = sections(english);
    for section in sections(other) {
        if section.level > 1 && section.lines.iter().all(|line| line.trim().is_empty()) {
            continue;
        }
        if let Some(own) = all.iter_mut().find(|own| own.place() == section.place()) {
            *own = section;
        }
    }
    taken_apart(all)
}

/// Where a file has sections that its English file does not have, or placeholders that the English section does not have.
pub fn strangers(english: &str, other: &str) -> Vec<String> {
    let english = sections(english);
    let mut found = Vec::new();
    for section in sections(other) {
        let Some(own) = english.iter().find(|own| own.place() == section.place()) else {
            found.push(format!("the section {:?} is not in the English file", section.heading));
            continue;
        };
        let known = placeholders(own);
        let strange = placeholders(&section).into_iter().filter(|name| !known.contains(name));
        found.extend(strange.map(|name| format!("the section {:?} has no {{{name}}} in English", section.heading)));
    }
    found
}

fn placeholders<'a>(section: &Section<'a>) -> Vec<&'a str> {
    section.lines.iter().chain([&section.heading]).flat_map(|line| placeholders_of(line)).collect()
}

fn placeholders_of(text: &str) -> impl Iterator<Item = &str> {
    text.split('{').skip(1).filter_map(|piece| Some(piece.split_once('}')?.0)).filter(|name| is_placeholder(name))
}

/// Whether every placeholder of a text has a value.
pub fn is_known(text: &str, values: &BTreeMap<&'static str, String>) -> bool {
    placeholders_of(text).all(|name| values.contains_key(name))
}

/// Steps for a server whose sign-in service is not Scalekit: without the sentences that are about Scalekit alone, which say so
/// with their first words. Where nothing would remain, the steps stay as they are.
pub(crate) fn without_scalekit(steps: Vec<String>) -> Vec<String> {
    const OPENINGS: [&str; 8] = [
        "Scalekit",
        "With Scalekit",
        "At Scalekit",
        "FastMCP with ScalekitProvider",
        "Bei Scalekit",
        "Mit Scalekit",
        "Scheine von Scalekit",
        "FastMCP mit ScalekitProvider",
    ];
    let is_general = |sentence: &&str| !OPENINGS.iter().any(|opening| sentence.starts_with(opening));
    let general: Vec<String> = steps
        .iter()
        .map(|step| step.split_inclusive(". ").filter(is_general).collect::<String>().trim_end().to_owned())
        .filter(|step| !step.is_empty())
        .collect();
    if general.is_empty() { steps } else { general }
}

fn is_placeholder(name: &str) -> bool {
    !name.is_empty() && name.chars().all(|character| character.is_ascii_lowercase() || character == '_')
}

fn taken_apart(sections: Vec<Section<'_>>) -> Words<'_> {
    let mut words = Words { title: "", meaning: String::new(), why: String::new(), variants: BTreeMap::new() };
    let mut defaults = VariantWords::default();
    for section in sections {
        match (section.level, section.heading) {
            (1, heading) => {
                words.title = heading;
                words.meaning = paragraphs(&section.lines).join("\n\n");
            }
            (2, WHY) => words.why = paragraphs(&section.lines).join("\n\n"),
            (2, USE) => defaults.use_steps = steps(&section.lines),
            (2, RUN) => defaults.run_steps = steps(&section.lines),
            (2, variant) => {
                let mut texts = paragraphs(&section.lines).into_iter();
                let entry = words.variants.entry(variant).or_default();
                entry.title = texts.next().unwrap_or_default();
                entry.summary = texts.collect::<Vec<_>>().join("\n\n");
            }
            (3, heading) => {
                if let Some(entry) = section.parent.and_then(|variant| words.variants.get_mut(variant)) {
                    match heading {
                        USE => entry.use_steps = steps(&section.lines),
                        RUN => entry.run_steps = steps(&section.lines),
                        _ => {}
                    }
                }
            }
            _ => {}
        }
    }
    for entry in words.variants.values_mut() {
        if entry.use_steps.is_empty() {
            entry.use_steps.clone_from(&defaults.use_steps);
        }
        if entry.run_steps.is_empty() {
            entry.run_steps.clone_from(&defaults.run_steps);
        }
    }
    words
}

/// Fills the placeholders of a text. A placeholder without a value becomes "(not known)", in the language.
pub fn fill(text: &str, values: &BTreeMap<&'static str, String>, language: Language) -> String {
    let not_known = match language {
        Language::English => "(not known)",
        Language::German => "(nicht bekannt)",
    };
    let mut filled = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(open) = rest.find('{') {
        let Some(length) = rest[open..].find('}') else { break };
        let name = &rest[open + 1..open + length];
        filled.push_str(&rest[..open]);
        if is_placeholder(name) {
            filled.push_str(values.get(name).map_or(not_known, String::as_str));
        } else {
            filled.push_str(&rest[open..=open + length]);
        }
        rest = &rest[open + length + 1..];
    }
    filled.push_str(rest);
    filled
}

struct Section<'a> {
    level: usize,
    heading: &'a str,
    /// For level 3: the level-2 heading above.
    parent: Option<&'a str>,
    lines: Vec<&'a str>,
}

impl<'a> Section<'a> {
    /// What makes it the same section in another language. There is one title.
    fn place(&self) -> (usize, &'a str, Option<&'a str>) {
        (self.level, if self.level == 1 { "" } else { self.heading }, self.parent)
    }
}

fn sections(markdown: &str) -> Vec<Section<'_>> {
    let mut found: Vec<Section<'_>> = Vec::new();
    let mut parent = None;
    for line in markdown.lines() {
        let level = line.chars().take_while(|character| *character == '#').count();
        if (1..=3).contains(&level) && line[level..].starts_with(' ') {
            let heading = line[level..].trim();
            let heading = HEADINGS.iter().find(|(_, other)| *other == heading).map_or(heading, |(english, _)| *english);
            if level == 2 {
                parent = Some(heading);
            }
            found.push(Section { level, heading, parent: if level == 3 { parent } else { None }, lines: Vec::new() });
        } else if let Some(section) = found.last_mut() {
            section.lines.push(line);
        }
    }
    found
}

fn paragraphs(lines: &[&str]) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    let mut open = false;
    for line in lines.iter().map(|line| line.trim()) {
        if line.is_empty() {
            open = false;
        } else if let (true, Some(last)) = (open, found.last_mut()) {
            last.push(' ');
            last.push_str(line);
        } else {
            found.push(line.to_owned());
            open = true;
        }
    }
    found
}

fn steps(lines: &[&str]) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    for line in lines.iter().map(|line| line.trim()).filter(|line| !line.is_empty()) {
        match numbered(line) {
            Some(step) => found.push(step.to_owned()),
            None => match found.last_mut() {
                Some(last) => {
                    last.push(' ');
                    last.push_str(line);
                }
                None => found.push(line.to_owned()),
            },
        }
    }
    found
}

fn numbered(line: &str) -> Option<&str> {
    let digits = line.chars().take_while(char::is_ascii_digit).count();
    if digits > 0 { line[digits..].strip_prefix(". ") } else { line.strip_prefix("- ") }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SAMPLE: &str = "# All is well\n\nLooked at\nthis.\n\n## Why it matters\n\nBecause.\n\n## If you use this server\n\n1. Tell them.\n\n## a-b\n\nIt says {actual}.\n\nNot {expected}, {\"json\": 1}.\n\n### If you run it\n\n1. Change\n   it.\n2. Restart.\n";

    #[test]
    fn a_file_comes_apart() {
        let words = read(SAMPLE);
        assert_eq!((words.title, title(SAMPLE)), ("All is well", "All is well"));
        assert_eq!(words.meaning, "Looked at this.");
        assert_eq!(words.why, "Because.");
        let variant = &words.variants["a-b"];
        assert_eq!(variant.title, "It says {actual}.");
        assert_eq!(variant.use_steps, ["Tell them."]);
        assert_eq!(variant.run_steps, ["Change it.", "Restart."]);
    }

    #[test]
    fn placeholders_are_filled_and_braces_of_json_stay() {
        let values = BTreeMap::from([("actual", "{expected}".to_owned())]);
        assert_eq!(
            fill("It says {actual}. {\"json\": 1} {missing}", &values, Language::English),
            "It says {expected}. {\"json\": 1} (not known)"
        );
        assert_eq!(fill("{missing}", &values, Language::German), "(nicht bekannt)");
        assert!(is_known("It says {actual}. {\"json\": 1}", &values) && !is_known("{actual} {missing}", &values));
    }

    #[test]
    fn who_does_not_use_scalekit_does_not_read_of_its_settings() {
        let steps = |steps: &[&str]| without_scalekit(steps.iter().map(|&step| step.to_owned()).collect());
        assert_eq!(
            steps(&[
                "Name it in the settings. With Scalekit: copy Dashboard > Settings again.",
                "Scalekit's tokens always do.",
                "Write it at the sign-in service (Scalekit: Dashboard). Restart.",
            ]),
            ["Name it in the settings.", "Write it at the sign-in service (Scalekit: Dashboard). Restart."]
        );
        assert_eq!(
            steps(&["With Scalekit: copy it again."]),
            ["With Scalekit: copy it again."],
            "something is to be done"
        );
    }

    #[test]
    fn another_language_replaces_section_by_section() {
        let german = "# Alles gut\n\nAngesehen.\n\n## a-b\n\nEr sagt {actual}.\n\n### Wenn Sie ihn betreiben\n\n1. Ändern.\n2. Neu starten.\n";
        let words = read_over(SAMPLE, german);
        assert_eq!((words.title, words.meaning.as_str(), words.why.as_str()), ("Alles gut", "Angesehen.", "Because."));
        let variant = &words.variants["a-b"];
        assert_eq!((variant.title.as_str(), variant.summary.as_str()), ("Er sagt {actual}.", ""));
        assert_eq!(variant.use_steps, ["Tell them."]);
        assert_eq!(variant.run_steps, ["Ändern.", "Neu starten."]);
        assert!(strangers(SAMPLE, german).is_empty());
        assert_eq!(read_over(SAMPLE, ""), read(SAMPLE));
    }

    #[test]
    fn what_only_the_other_language_has_is_named() {
        let german = "# {x}\n\n## Warum\n\nDarum.\n\n## a-b\n\n{actual} {other}, {\"json\": 1}.\n";
        assert_eq!(
            strangers(SAMPLE, german),
            [
                "the section \"{x}\" has no {x} in English",
                "the section \"Warum\" is not in the English file",
                "the section \"a-b\" has no {other} in English",
            ]
        );
    }
}
