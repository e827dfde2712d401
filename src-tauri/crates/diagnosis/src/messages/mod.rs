//! The messages that clients, servers and sign-in services show, and what each of them tells.
//!
//! A message aims the diagnosis: what it names is measured, and the measurement is what counts. Only where nothing can be
//! measured (the client's own process, a sign-in that was not made) does the message itself become the finding, and it
//! says so. Sources: the released clients and SDKs, and public threads, read in November 2026.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use regex::{Captures, Regex, RegexSet, RegexSetBuilder};
use serde::{Deserialize, Serialize};

use crate::check::{Confidence, Owner};
use crate::clients::ClientId;
use crate::pasted::{pattern, with_plain_words};
use crate::subject::Symptom;

mod log;
mod plain;
mod programs;
mod services;
mod table;

/// What one message says.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS), ts(export))]
pub struct Said {
    /// The message's name in the table, kebab-case.
    pub message: String,
    /// What it says, in one plain sentence.
    pub sentence: String,
    /// What it means for the sign-in.
    pub meaning: String,
    /// The very words, masked and cut.
    pub quote: String,
    /// The check that it aims at.
    pub code: String,
    /// The check's variant.
    pub variant: String,
    /// The client that writes this, when only one does.
    pub client: Option<ClientId>,
    /// At what stage it fails.
    pub symptom: Option<Symptom>,
    /// What it names, e.g. the port or the address.
    pub values: BTreeMap<String, String>,
}

/// One entry of the table.
pub struct Message {
    /// Its name, kebab-case and unique.
    pub name: &'static str,
    /// What it looks like. Named groups become values.
    pub pattern: &'static str,
    /// The check and the variant that it aims at.
    pub aims: (&'static str, &'static str),
    /// Who has to fix it, when the message is all there is.
    pub owner: Owner,
    /// How sure the message alone makes us.
    pub confidence: Confidence,
    /// Counts although the check passes on this computer now: the client runs in another environment than we do.
    pub outweighs: bool,
    /// The client that writes it.
    pub client: Option<ClientId>,
    /// At what stage it fails.
    pub symptom: Option<Symptom>,
    /// What it says, in one plain sentence; `{name}` is a value.
    pub sentence: &'static str,
    /// What it means.
    pub meaning: &'static str,
}

impl Message {
    /// The entry of that name.
    pub fn named(name: &str) -> Option<&'static Self> {
        ALL.iter().find(|message| message.name == name).copied()
    }

    /// A message that speaks of the way to a connection, with nothing more said of it.
    const fn new(
        name: &'static str,
        pattern: &'static str,
        aims: (&'static str, &'static str),
        owner: Owner,
        confidence: Confidence,
        sentence: &'static str,
        meaning: &'static str,
    ) -> Self {
        Self {
            name,
            pattern,
            aims,
            owner,
            confidence,
            outweighs: false,
            client: None,
            symptom: Some(Symptom::Connecting),
            sentence,
            meaning,
        }
    }
}

/// Every message. Where a text holds several, the earlier one counts more: causes stand before consequences, and what says
/// little stands last.
static ALL: LazyLock<Vec<&'static Message>> =
    LazyLock::new(|| [programs::TABLE, table::TABLE, services::TABLE, plain::TABLE].into_iter().flatten().collect());

/// What a masked text says, the most telling first: the table's order.
pub fn read(masked: &str) -> Vec<Said> {
    heard(masked).into_iter().map(|heard| heard.said).collect()
}

/// A message, and where in the text it stands.
pub(crate) struct Heard {
    /// What it says.
    pub said: Said,
    /// The byte at which it begins.
    pub at: usize,
}

/// What a masked text says, with the places. Of a log only what still holds: what came before a connection that worked, or
/// long before the newest trouble, is over.
pub(crate) fn heard(masked: &str) -> Vec<Heard> {
    /// Of a message that stands there thousands of times, the newest are enough.
    const LOOKED_AT: usize = 100;
    /// Which messages may be there at all: the patterns without their counting, which would make one machine of all too large.
    static SET: LazyLock<RegexSet> = LazyLock::new(|| {
        RegexSetBuilder::new(ALL.iter().map(|message| uncounted(message.pattern)))
            .dfa_size_limit(16 * 1024 * 1024)
            .build()
            .unwrap_or_else(|error| unreachable!("a pattern of the table does not compile: {error}"))
    });
    static PATTERNS: LazyLock<Vec<Regex>> =
        LazyLock::new(|| ALL.iter().map(|message| pattern(message.pattern)).collect());
    let matching = SET.matches(masked);
    if !matching.matched_any() {
        return Vec::new();
    }
    let successes = log::successes(masked);
    let mut all: Vec<Heard> = matching
        .into_iter()
        .filter_map(|at| {
            let message = ALL[at];
            let counts = |found: &regex::Match<'_>| {
                !log::is_over(masked, found.start(), &successes, message.symptom)
                    && !log::is_in_a_list(masked, found.range())
            };
            let places: Vec<regex::Match<'_>> = PATTERNS[at].find_iter(masked).collect();
            let last = places.into_iter().rev().take(LOOKED_AT).find(counts)?;
            said(message, &PATTERNS[at], masked, last.start())
        })
        .collect();
    log::drop_old(masked, &mut all);
    all
}

fn said(message: &Message, pattern: &Regex, text: &str, from: usize) -> Option<Heard> {
    const QUOTED: usize = 300;
    let found = pattern.captures_at(text, from)?;
    let mut values = BTreeMap::new();
    for name in pattern.capture_names().flatten() {
        if let Some(value) = found.name(name) {
            values.insert(name.to_owned(), value.as_str().chars().take(QUOTED).collect::<String>());
        }
    }
    let whole = found.get(0)?;
    let start = text[..whole.start()].rfind('\n').map_or(0, |at| at + 1);
    let end = text[whole.end()..].find('\n').map_or(text.len(), |at| whole.end() + at);
    Some(Heard {
        at: whole.start(),
        said: Said {
            message: message.name.to_owned(),
            sentence: fill(message.sentence, &values),
            meaning: fill(message.meaning, &values),
            quote: quote(&text[start..end], whole.start() - start),
            code: message.aims.0.to_owned(),
            variant: message.aims.1.to_owned(),
            client: message.client,
            symptom: message.symptom,
            values,
        },
    })
}

/// The pattern with every `{0,60}` made `*` and every `{1,60}` made `+`: it matches at least what the pattern does.
fn uncounted(text: &str) -> String {
    static COUNTED: LazyLock<Regex> = LazyLock::new(|| pattern(r"\{(?P<least>\d+),\d+\}"));
    let text = with_plain_words(text);
    COUNTED.replace_all(&text, |found: &Captures<'_>| if &found["least"] == "0" { "*" } else { "+" }).into_owned()
}

/// A line that fits into a sentence: of a long one, what stands around the words that count.
fn quote(line: &str, at: usize) -> String {
    const QUOTED: usize = 300;
    const BEFORE: usize = 80;
    if line.trim().chars().count() <= QUOTED {
        return line.trim().to_owned();
    }
    let skipped = line[..at].chars().count().saturating_sub(BEFORE);
    let shown: String = line.chars().skip(skipped).take(QUOTED).collect();
    let dots = if skipped > 0 { "… " } else { "" };
    format!("{dots}{}", shown.trim())
}

fn fill(text: &str, values: &BTreeMap<String, String>) -> String {
    values.iter().fold(text.to_owned(), |text, (name, value)| text.replace(&format!("{{{name}}}"), value))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::checks;

    #[test]
    fn every_message_aims_at_a_check_that_says_it() {
        let unsaid: Vec<String> = ALL
            .iter()
            .filter_map(|message| {
                let (code, variant) = message.aims;
                let check = checks::named(code)?;
                let says = check.variants.contains(&variant);
                (!says).then(|| format!("{}: {code} has no variant {variant}: {:?}", message.name, check.variants))
            })
            .collect();
        assert!(unsaid.is_empty(), "\n{}\n", unsaid.join("\n"));
    }

    #[test]
    fn names_are_unique() {
        let names: BTreeSet<&str> = ALL.iter().map(|message| message.name).collect();
        assert_eq!(names.len(), ALL.len());
    }

    #[test]
    fn known_messages_are_recognised() {
        for (text, expected) in [
            ("Error: spawn npx ENOENT", "spawn-enoent"),
            ("Error: listen EADDRINUSE: address already in use 127.0.0.1:3334", "port-busy"),
            (
                "Fatal error: Error: Cannot find localhost callback URI from existing client information",
                "foreign-registration",
            ),
            (
                "AADSTS9010010: The resource parameter provided in the request doesn't match with the requested scopes.",
                "entra-resource",
            ),
            ("Error: spawn xdg-open ENOENT", "xdg-open-missing"),
            ("The redirect URI provided does not match any registered URI for this client.", "redirect-mismatch"),
            (
                "error=unauthorized_client&error_description=redirect_uri is not registered for client: http://127.0.0.1:1",
                "redirect-mismatch",
            ),
            (
                "invalid_redirect_uri: Redirect URI https://insiders.vscode.dev/redirect is not in the allowlist",
                "redirect-mismatch",
            ),
            ("HTTP 404: Invalid OAuth error response: SyntaxError: Unexpected non-whitespace", "metadata-html"),
            ("ReferenceError: File is not defined", "node-too-old"),
            ("UNABLE_TO_VERIFY_LEAF_SIGNATURE", "tls-issuer"),
        ] {
            let said = read(text);
            assert_eq!(said.first().map(|said| said.message.as_str()), Some(expected), "{text}: {said:?}");
        }
        let busy = read("listen EADDRINUSE: address already in use 127.0.0.1:3334");
        assert_eq!(busy[0].values["port"], "3334");
        assert!(busy[0].sentence.contains("3334"));
    }

    /// What people have really been shown, with the checks that may follow from it: `=== code code`, then the text.
    const REAL: &str = include_str!("real.txt");

    fn real() -> Vec<(Vec<&'static str>, &'static str)> {
        let all = REAL.split("=== ").skip(1);
        all.map(|one| {
            let (codes, text) = one.split_once('\n').expect("codes and a text");
            (codes.split(' ').collect(), text.trim_end())
        })
        .collect()
    }

    fn first(text: &str) -> String {
        match crate::pasted::understand(text) {
            crate::pasted::Understood::Message { said, .. } if !said.is_empty() => said[0].code.clone(),
            _ => "nothing".to_owned(),
        }
    }

    #[test]
    fn what_people_were_really_shown_is_recognised_however_it_is_dressed() {
        let noise = "[info] one more line of https://www.example.org/page\n".repeat(8);
        let mut wrong = Vec::new();
        for (codes, text) in real() {
            let json = serde_json::json!({"level": "error", "message": text}).to_string();
            let coloured = text.replace(' ', "\u{1b}[0m \u{1b}[31m");
            for (dress, dressed) in [
                ("plain", text.to_owned()),
                ("in JSON", json),
                ("in colours, among others", format!("{noise}{coloured}\n{noise}").replace('\n', "\r\n")),
            ] {
                let code = first(&dressed);
                if !codes.contains(&code.as_str()) {
                    wrong.push(format!("{dress}: {code} and not {codes:?}: {text}"));
                }
            }
        }
        assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), real().len() * 3, wrong.join("\n"));
    }
}
