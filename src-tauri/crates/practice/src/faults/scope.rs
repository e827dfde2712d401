//! Permissions: what the token may do, and how the server says that it may not.

use super::{answer, error, warning};
use crate::{
    TokenShape,
    behaviour::{Canned, Fault, Needs, Place, Playbook, Quirk, Twist},
};

/// An error about permissions that only a token shows.
const fn lacks(
    name: &'static str,
    words: &'static str,
    expects: (&'static str, &'static str),
    twists: &'static [Twist],
) -> Fault {
    error(name, words, expects, twists).needing(Needs::Token).under(Playbook::Scope)
}

pub(super) const FAULTS: &[Fault] = &[
    lacks(
        "scope-missing",
        "The token lacks the permission that the server needs.",
        ("scope-tool-needs", "missing"),
        &[Twist::Tokens(TokenShape::MissingScope)],
    ),
    lacks(
        "scope-none",
        "The token carries no permissions at all.",
        ("scope-tool-needs", "none"),
        &[Twist::Tokens(TokenShape::NoScope)],
    ),
    lacks(
        "scope-lacking-as-401",
        "A missing permission is reported as a bad token (401), so apps sign in again and again.",
        ("scope-insufficient-status", "unauthorized"),
        &[
            Twist::Tokens(TokenShape::MissingScope),
            Twist::Answer(
                Place::Insufficient,
                Canned {
                    status: 401,
                    headers: &[(
                        "www-authenticate",
                        "Bearer error=\"invalid_token\", error_description=\"Authentication failed\", resource_metadata=\"{prm}\"",
                    )],
                    body: "{\"error\":\"invalid_token\",\"error_description\":\"Authentication failed\"}",
                },
            ),
        ],
    ),
    lacks(
        "scope-lacking-as-200",
        "A missing permission is reported as a success with an error inside (200).",
        ("scope-insufficient-status", "ok-with-error"),
        &[
            Twist::Tokens(TokenShape::MissingScope),
            answer(Place::Insufficient, 200, "{\"error\":\"Insufficient permissions: todo:read\"}"),
        ],
    ),
    lacks(
        "scope-lacking-without-challenge",
        "A missing permission is reported without saying which (403).",
        ("scope-insufficient-status", "no-challenge"),
        &[
            Twist::Tokens(TokenShape::MissingScope),
            answer(Place::Insufficient, 403, "{\"error\":\"insufficient_scope\"}"),
        ],
    ),
    lacks(
        "scope-lacking-unnamed",
        "The server says that a permission is missing, and not which one.",
        ("scope-tool-needs", "missing"),
        &[
            Twist::Tokens(TokenShape::MissingScope),
            Twist::Answer(
                Place::Insufficient,
                Canned {
                    status: 403,
                    headers: &[(
                        "www-authenticate",
                        "Bearer error=\"insufficient_scope\", error_description=\"Required scope: todo:read\", resource_metadata=\"{prm}\"",
                    )],
                    body: "{\"error\":\"insufficient_scope\",\"error_description\":\"Required scope: todo:read\"}",
                },
            ),
        ],
    ),
    lacks(
        "scope-spelled-otherwise",
        "The permission is in the token, spelled in another way than the server asks for.",
        ("tok-scope-shape", "other-spelling"),
        &[Twist::Tokens(TokenShape::SpelledScope)],
    ),
    lacks(
        "tools-forbidden-without-words",
        "The token is taken, and the tools are forbidden without a word (403).",
        ("scope-insufficient-status", "no-challenge"),
        &[answer(Place::ToolsList, 403, "{\"detail\":\"Forbidden\"}")],
    ),
    warning(
        "scope-challenge-narrow",
        "Asking for one more permission makes apps lose the ones they had.",
        ("scope-challenge-complete", "incomplete"),
        &[Twist::Quirk(Quirk::NarrowChallenge)],
    )
    .needing(Needs::SignIn)
    .under(Playbook::Scope),
    lacks(
        "scope-never-granted",
        "Signing in again does not help: the permission is not given to this person.",
        ("scope-granted", "fewer"),
        &[Twist::Quirk(Quirk::NeverGrants)],
    )
    .needing(Needs::SignIn),
];
