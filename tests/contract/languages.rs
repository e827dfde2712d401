//! Other languages never say more than English does: no section, no value and no sentence of their own.

use mcp_auth_diagnosis::check::Check;
use mcp_auth_diagnosis::checks::ALL;
use mcp_auth_diagnosis::language::Language;
use mcp_auth_diagnosis::{phrases, redact, words};

use crate::none;
use crate::repository::{File, files};

const FOLDER: &str = "src-tauri/crates/diagnosis/src/checks";
const ENDING: &str = ".de.md";

#[test]
fn german_words_have_the_sections_and_values_of_the_english_ones() {
    none(strangers(&files(FOLDER)));
}

#[test]
fn every_file_of_german_words_is_in_use() {
    let all = files(FOLDER);
    let known: Vec<&str> = all.iter().map(|file| file.path.as_str()).collect();
    for check in ALL {
        let name = format!("/{}{ENDING}", check.code.replace('-', "_"));
        let there = known.iter().any(|path| path.ends_with(&name));
        assert_eq!(there, check.has_german(), "{}: `cargo xtask generate` lists the German words", check.code);
    }
}

#[test]
fn german_words_do_not_look_like_secrets() {
    for check in ALL {
        let english = check.words_in(Language::English);
        for (variant, said) in &check.words_in(Language::German).variants {
            let own = &english.variants[variant];
            for (german, english) in [(&said.title, &own.title), (&said.summary, &own.summary)] {
                let fine = redact::mask(german) == *german || redact::mask(english) != *english;
                assert!(fine, "{} {variant}: {}", check.code, redact::mask(german));
            }
        }
    }
}

/// A report is said again step by step.
#[test]
fn german_has_as_many_steps_as_english() {
    let counts = |check: &Check, language| {
        let words = check.words_in(language);
        let steps = words.variants.iter().map(|(name, said)| (*name, said.use_steps.len(), said.run_steps.len()));
        steps.collect::<Vec<_>>()
    };
    for check in ALL {
        assert_eq!(counts(check, Language::German), counts(check, Language::English), "{}", check.code);
    }
}

#[test]
fn every_phrase_is_one_that_the_code_says() {
    let sources: Vec<File> = files("src-tauri").into_iter().filter(|file| file.path.ends_with(".rs")).collect();
    none(never_said(phrases::entries().map(|(english, _)| english), &sources));
}

#[test]
fn these_walls_can_fail() {
    let found = [
        File::made_up("checks/reach/reach_dns.md", "# A\n\n## b\n\n{c}\n"),
        File::made_up("checks/reach/reach_dns.de.md", "# A\n\n## b\n\n{d}\n\n## e\n\nf\n"),
        File::made_up("checks/reach/reach_lost.de.md", "# A\n"),
    ];
    assert_eq!(
        strangers(&found),
        [
            "checks/reach/reach_dns.de.md: the section \"b\" has no {d} in English",
            "checks/reach/reach_dns.de.md: the section \"e\" is not in the English file",
            "checks/reach/reach_lost.de.md stands beside nothing",
        ]
    );
    let source = [File::made_up("a.rs", "format!(\"the server says {word} twice\")")];
    assert_eq!(
        never_said(["the server says {} twice", "nobody says {} any more"].into_iter(), &source),
        ["nobody says {} any more"]
    );
}

fn strangers(files: &[File]) -> Vec<String> {
    let mut complaints = Vec::new();
    for file in files.iter().filter(|file| file.path.ends_with(ENDING)) {
        let english = file.path.replace(ENDING, ".md");
        match files.iter().find(|other| other.path == english) {
            Some(english) => complaints.extend(
                words::strangers(&english.text, &file.text).into_iter().map(|what| format!("{}: {what}", file.path)),
            ),
            None => complaints.push(format!("{} stands beside nothing", file.path)),
        }
    }
    complaints
}

/// The phrases of which nothing stands in the sources any more. A sentence may be put together from several texts, and a text
/// may be broken over lines: the beginning of its longest piece is looked for.
fn never_said<'a>(phrases: impl Iterator<Item = &'a str>, sources: &[File]) -> Vec<String> {
    const ENOUGH: usize = 16;
    let is_said = |phrase: &str| {
        let longest = phrase.split("{}").max_by_key(|piece| piece.len()).unwrap_or_default().trim();
        let piece: String = longest.chars().take(ENOUGH).collect::<String>().replace('\\', "\\\\").replace('"', "\\\"");
        // Spans of time and days are made from numbers and words of the library.
        phrase.contains("{#}") || sources.iter().any(|source| source.text.contains(piece.trim()))
    };
    phrases.filter(|phrase| !is_said(phrase)).map(str::to_owned).collect()
}
