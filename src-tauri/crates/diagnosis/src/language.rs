//! The languages that a report can be read in.
//!
//! A diagnosis speaks English. [`Report::in_language`] says the same again in another language: from the Markdown of that
//! language beside each check, and from the table of sentences that the code composes ([`crate::phrases`]). What has no
//! words in that language stays as it is, and the report names it, so that a screen reader pronounces it as English.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::browser::BrowserReport;
use crate::checks;
use crate::paper;
use crate::phrases;
use crate::report::{Report, Verdict};
use crate::sign_in::Step;
use crate::triage;

/// A language that verdicts are written in.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS), ts(export))]
pub enum Language {
    /// English: what every check has.
    #[default]
    #[serde(rename = "en")]
    English,
    /// German.
    #[serde(rename = "de")]
    German,
}

impl Language {
    /// Its code, as in an HTML `lang`.
    pub fn code(self) -> &'static str {
        match self {
            Self::English => "en",
            Self::German => "de",
        }
    }

    /// A sentence that the code composes, in this language. A sentence that has no words in it stays as it is.
    pub fn say(self, sentence: &str) -> String {
        match self {
            Self::English => sentence.to_owned(),
            Self::German => phrases::in_german(sentence).unwrap_or_else(|| sentence.to_owned()),
        }
    }
}

impl fmt::Display for Language {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.code())
    }
}

/// A language that no verdict is written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("verdicts are written in \"en\" and \"de\"")]
pub struct UnknownLanguage;

impl FromStr for Language {
    type Err = UnknownLanguage;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        [Self::English, Self::German].into_iter().find(|language| language.code() == text).ok_or(UnknownLanguage)
    }
}

impl BrowserReport {
    /// The same in another language. What could be a secret is hidden in it.
    pub fn in_language(&self, language: Language) -> Self {
        let mut browser = self.clone();
        if language == self.report.language {
            return browser;
        }
        browser.report = self.report.in_language(language);
        let mut teller = Teller { language, left: std::mem::take(&mut browser.report.untranslated) };
        for attempt in &mut browser.attempts {
            attempt.lines.iter_mut().for_each(|line| teller.tell(line));
        }
        for page in &mut browser.settings {
            [&mut page.button, &mut page.place].into_iter().chain(&mut page.steps).for_each(|words| teller.tell(words));
        }
        browser.report.untranslated = teller.left;
        browser
    }
}

impl Step {
    /// The same in another language.
    pub fn in_language(&self, language: Language) -> Self {
        let mut step = self.clone();
        step.title = language.say(&step.title);
        step.note = step.note.map(|note| language.say(&note));
        if let Some(exchange) = &mut step.exchange {
            exchange.purpose = language.say(&exchange.purpose);
        }
        step
    }
}

impl Report {
    /// The language of a sentence in it.
    pub fn language_of(&self, sentence: &str) -> Language {
        if self.untranslated.iter().any(|left| left == sentence) { Language::English } else { self.language }
    }

    /// The same report in another language. What could be a secret is hidden in it.
    pub fn in_language(&self, language: Language) -> Self {
        let mut report = self.clone();
        if language == self.language {
            return report;
        }
        report.language = language;
        let mut teller = Teller { language, left: Vec::new() };
        for verdict in report.verdict.iter_mut().chain(&mut report.findings) {
            teller.verdict(verdict);
        }
        for unknown in &mut report.unknown {
            teller.tell(&mut unknown.why);
        }
        for line in &mut report.checks {
            if let Some(check) = checks::named(&line.code) {
                let title = check.words_in(language).title;
                teller.replace(&mut line.title, title);
            }
            if let Some(why) = &mut line.why {
                teller.tell(why);
            }
        }
        for line in &mut report.exchanges {
            teller.tell(&mut line.purpose);
            if !line.result.starts_with("HTTP") {
                teller.tell(&mut line.result);
            }
        }
        report.untranslated = teller.left;
        paper::hide(&mut report);
        report
    }
}

/// Says one thing after another in a language, and keeps what it has no words for.
struct Teller {
    language: Language,
    left: Vec<String>,
}

impl Teller {
    /// A sentence that the code composed.
    fn tell(&mut self, sentence: &mut String) {
        let said = self.language.say(sentence);
        self.replace(sentence, &said);
    }

    fn replace(&mut self, sentence: &mut String, said: &str) {
        if sentence != said {
            said.clone_into(sentence);
        } else if !said.is_empty() && !self.left.iter().any(|left| left == said) {
            self.left.push(said.to_owned());
        }
    }

    fn verdict(&mut self, verdict: &mut Verdict) {
        if let Some(comparison) = &mut verdict.comparison {
            self.tell(&mut comparison.expected_label);
            self.tell(&mut comparison.actual_label);
        }
        for line in &mut verdict.evidence {
            self.tell(line);
        }
        let Some(check) = checks::named(&verdict.code) else { return };
        let told = triage::told(check, &verdict.variant, &verdict.made_of, self.language);
        self.replace(&mut verdict.title, &told.title);
        self.replace(&mut verdict.summary, &told.summary);
        self.replace(&mut verdict.why, &told.why);
        for fix in &mut verdict.fixes {
            // A section that is not translated is whole in English: the numbers of steps agree.
            for (step, said) in fix.steps.iter_mut().zip(told.steps_for(fix.reader)) {
                self.replace(step, said);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::Check;
    use crate::evidence::Purpose;
    use crate::sample::{SERVER, Sample};

    fn report() -> Report {
        let bare = Sample::unseen(SERVER).answer(Purpose::Initialize, 500, &[], "");
        triage::diagnose(bare.evidence(), 0)
    }

    #[test]
    fn a_report_says_the_same_in_german() {
        let english = report();
        let german = english.in_language(Language::German);
        assert_eq!((english.language, german.language), (Language::English, Language::German));
        let (before, after) = (english.verdict.expect("a verdict"), german.verdict.expect("a verdict"));
        assert_eq!((&before.code, &before.variant, &before.owner), (&after.code, &after.variant, &after.owner));
        assert_eq!(before.fixes.len(), after.fixes.len());
        for (before, after) in english.checks.iter().zip(&german.checks) {
            assert_eq!((&before.code, before.light), (&after.code, after.light));
        }
    }

    #[test]
    fn what_stays_english_is_named() {
        let german = report().in_language(Language::German);
        for line in &german.checks {
            let own = checks::named(&line.code).map(Check::has_german).unwrap_or_default();
            assert!(own || german.untranslated.contains(&line.title), "{}", line.code);
        }
    }

    #[test]
    fn saying_it_again_hides_what_was_hidden() {
        let mut english = report();
        let verdict = english.verdict.as_mut().expect("a verdict");
        verdict.made_of.values.insert("said", "access_token=canary-123456".to_owned());
        verdict.evidence.push("access_token=canary-123456".to_owned());
        let german = english.in_language(Language::German);
        assert!(!format!("{:?}", german.verdict).contains("canary"), "{:?}", german.verdict);
    }

    #[test]
    fn a_language_has_a_code() {
        assert_eq!("de".parse(), Ok(Language::German));
        assert_eq!("xx".parse::<Language>(), Err(UnknownLanguage));
        assert_eq!(serde_json::to_string(&Language::German).expect("JSON"), "\"de\"");
    }
}
