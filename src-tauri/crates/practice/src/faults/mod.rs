//! The table of faults: one for every way of being broken that a server on loopback can show.
//!
//! One file a stage of the catalogue of checks, in its order. A line says what is broken, which check has to find it and
//! as which of its variants, and what is twisted to show it.

use std::sync::LazyLock;

use crate::behaviour::{Canned, Document, Fault, Needs, Place, Playbook, Severity, Twist};

mod as_metadata;
mod authorization;
mod challenge;
mod cors;
mod reach;
mod registration;
mod resource_metadata;
mod scope;
mod token;
mod token_validation;
mod transport;

/// Every fault, in the order of the catalogue of checks.
pub fn faults() -> &'static [Fault] {
    static ALL: LazyLock<Vec<Fault>> = LazyLock::new(|| {
        [
            reach::FAULTS,
            challenge::FAULTS,
            resource_metadata::FAULTS,
            as_metadata::FAULTS,
            registration::FAULTS,
            authorization::FAULTS,
            token::FAULTS,
            token_validation::FAULTS,
            scope::FAULTS,
            transport::FAULTS,
            cors::FAULTS,
        ]
        .concat()
    });
    &ALL
}

/// An error that requests without a token show, in the playbook of connections.
const fn error(
    name: &'static str,
    words: &'static str,
    expects: (&'static str, &'static str),
    twists: &'static [Twist],
) -> Fault {
    Fault {
        name,
        words,
        playbook: Playbook::Connection,
        expects,
        severity: Severity::Error,
        needs: Needs::Nothing,
        twists,
    }
}

/// The same as a warning.
const fn warning(
    name: &'static str,
    words: &'static str,
    expects: (&'static str, &'static str),
    twists: &'static [Twist],
) -> Fault {
    Fault { severity: Severity::Warning, ..error(name, words, expects, twists) }
}

/// The same as something good to know.
const fn info(
    name: &'static str,
    words: &'static str,
    expects: (&'static str, &'static str),
    twists: &'static [Twist],
) -> Fault {
    Fault { severity: Severity::Info, ..error(name, words, expects, twists) }
}

impl Fault {
    /// The same in another playbook.
    const fn under(self, playbook: Playbook) -> Fault {
        Fault { playbook, ..self }
    }

    /// The same, for a diagnosis that does more than to ask.
    const fn needing(self, needs: Needs) -> Fault {
        Fault { needs, ..self }
    }
}

/// A fixed answer without header fields of its own.
const fn answer(place: Place, status: u16, body: &'static str) -> Twist {
    Twist::Answer(place, Canned { status, headers: &[], body })
}

/// A fixed answer with header fields and an empty body.
const fn bare(place: Place, status: u16, headers: &'static [(&'static str, &'static str)]) -> Twist {
    Twist::Answer(place, Canned { status, headers, body: "" })
}

/// Members of the resource metadata set to a JSON template, or taken out.
const fn resource_metadata(edits: &'static [(&'static str, Option<&'static str>)]) -> Twist {
    Twist::Edit(Document::ResourceMetadata, edits)
}

/// Members of the authorization server's metadata set to a JSON template, or taken out.
const fn metadata(edits: &'static [(&'static str, Option<&'static str>)]) -> Twist {
    Twist::Edit(Document::Metadata, edits)
}

/// What a single-page app answers at every address.
const APP_PAGE: &str =
    "<!doctype html><html lang=\"en\"><head><title>App</title></head><body><div id=\"root\"></div></body></html>";
/// What a gateway says when nothing behind it answers.
const GATEWAY_PAGE: &str =
    "<html><head><title>502 Bad Gateway</title></head><body><center><h1>502 Bad Gateway</h1></center></body></html>";
/// The page with which a bot filter asks for a proof of being human.
const BOT_FILTER: Canned = Canned {
    status: 403,
    headers: &[("server", "cloudflare"), ("cf-mitigated", "challenge"), ("cf-ray", "8c0ffee0practice-FRA")],
    body: "<!DOCTYPE html><html lang=\"en-US\"><head><title>Just a moment...</title></head><body></body></html>",
};

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;
    use crate::healthy;

    #[test]
    fn every_fault_has_a_name_of_its_own_and_one_calm_line() {
        let kebab = |text: &str| {
            !text.is_empty()
                && text.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
        };
        let mut names: HashSet<&str> = healthy().iter().map(|shape| shape.name).collect();
        for fault in faults() {
            let name = fault.name;
            assert!(kebab(name) && names.insert(name), "{name}");
            assert!(kebab(fault.expects.0) && kebab(fault.expects.1), "{name}: {:?}", fault.expects);
            assert!(fault.words.ends_with('.') && !fault.words.contains(['\n', '!']), "{name}: {}", fault.words);
            assert!(!fault.twists.is_empty(), "{name} twists nothing");
            assert_eq!(Fault::named(name), Some(fault));
        }
    }

    #[test]
    fn no_two_faults_are_the_same_twists() {
        for (at, one) in faults().iter().enumerate() {
            for other in &faults()[at + 1..] {
                // The same twist shows one face to a token that is pasted and another to a sign-in.
                assert_ne!((one.twists, one.needs), (other.twists, other.needs), "{} and {}", one.name, other.name);
            }
        }
    }
}
