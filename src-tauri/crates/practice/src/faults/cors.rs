//! What browsers ask of a server before a web page may talk to it.

use super::{error, warning};
use crate::behaviour::{Fault, Needs, Playbook, Quirk, Twist};

/// An error that only web pages meet.
const fn blocks(
    name: &'static str,
    words: &'static str,
    expects: (&'static str, &'static str),
    twists: &'static [Twist],
) -> Fault {
    error(name, words, expects, twists).needing(Needs::WebPage).under(Playbook::Cors)
}

pub(super) const FAULTS: &[Fault] = &[
    blocks(
        "preflight-locked",
        "The browser's question before the first message is answered with \"sign in\" (401).",
        ("cors-preflight", "unauthorized"),
        &[Twist::Quirk(Quirk::PreflightLocked)],
    ),
    blocks(
        "preflight-refused",
        "The browser's question before the first message is not taken (405).",
        ("cors-preflight", "method-not-allowed"),
        &[Twist::Quirk(Quirk::PreflightRefused)],
    ),
    blocks(
        "preflight-redirected",
        "The browser's question before the first message is forwarded elsewhere.",
        ("cors-preflight", "redirect"),
        &[Twist::Quirk(Quirk::PreflightRedirected)],
    ),
    blocks(
        "no-cors",
        "The server lets no web page read its answers.",
        ("cors-preflight", "no-origin"),
        &[Twist::Quirk(Quirk::NoCors)],
    ),
    blocks(
        "no-cors-on-401",
        "Web pages cannot read the server's \"sign in first\".",
        ("cors-401", "missing"),
        &[Twist::Quirk(Quirk::NoCorsOnRefusal)],
    ),
    blocks(
        "nothing-exposed",
        "The server's signpost is there, but the browser hides it from web pages.",
        ("cors-expose", "missing"),
        &[Twist::Quirk(Quirk::NothingExposed)],
    ),
    blocks(
        "wildcard-headers",
        "The server allows all labels with a star, which does not include the token.",
        ("cors-allow-headers", "wildcard"),
        &[Twist::Quirk(Quirk::WildcardHeaders)],
    ),
    blocks(
        "old-headers-only",
        "The server does not allow web pages the labels of the newer protocol.",
        ("cors-allow-headers", "missing"),
        &[Twist::Quirk(Quirk::OldHeadersOnly)],
    ),
    warning(
        "post-only",
        "Web pages may send to the server, but not listen or say goodbye.",
        ("cors-methods", "missing"),
        &[Twist::Quirk(Quirk::PostOnly)],
    )
    .needing(Needs::WebPage)
    .under(Playbook::Cors),
    blocks(
        "no-cors-on-metadata",
        "Web pages cannot read the sign-in details.",
        ("cors-wellknown", "missing"),
        &[Twist::Quirk(Quirk::NoCorsOnWellKnown)],
    ),
    blocks(
        "no-cors-on-sign-in",
        "The sign-in service takes no calls from web pages.",
        ("cors-as", "missing"),
        &[Twist::Quirk(Quirk::NoCorsOnAuth)],
    ),
    blocks(
        "two-origins",
        "Two layers of the server both allow web pages, and browsers reject double answers.",
        ("cors-valid", "two-values"),
        &[Twist::Quirk(Quirk::TwoOrigins)],
    ),
    blocks(
        "origin-refused",
        "The server turns away calls from web pages that it does not know.",
        ("cors-origin-rejected", "refused"),
        &[Twist::Quirk(Quirk::OriginRefused)],
    ),
];
