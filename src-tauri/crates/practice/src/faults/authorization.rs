//! The sign-in page and the way back.

use super::{answer, error, warning};
use crate::behaviour::{Fault, Needs, Place, Playbook, Quirk, Twist};

/// An error that a sign-in shows.
const fn stops(
    name: &'static str,
    words: &'static str,
    expects: (&'static str, &'static str),
    twists: &'static [Twist],
) -> Fault {
    error(name, words, expects, twists).needing(Needs::SignIn)
}

pub(super) const FAULTS: &[Fault] = &[
    stops(
        "resource-unknown",
        "The sign-in service does not know which server the app wants to use.",
        ("authz-resource", "refused"),
        &[Twist::AuthorizeError("invalid_target")],
    )
    .under(Playbook::Token),
    stops(
        "scope-unknown",
        "The sign-in service does not know a permission that the app asks for.",
        ("authz-scope", "refused"),
        &[Twist::AuthorizeError("invalid_scope")],
    )
    .under(Playbook::Scope),
    warning(
        "pkce-not-enforced",
        "The sign-in service lets apps skip the safety step (PKCE).",
        ("authz-pkce-enforced", "optional"),
        &[Twist::Quirk(Quirk::PkceOptional)],
    )
    .needing(Needs::Registration),
    error(
        "login-connection-unknown",
        "The sign-in page asks for its login by an id that does not belong there.",
        ("authz-login-connection", "wrong-id"),
        &[answer(Place::Authorize, 400, "{\"message\":\"invalid ID\"}")],
    )
    .needing(Needs::Registration),
    stops(
        "sign-in-denied",
        "The sign-in is denied: by the person, or by a rule of the company.",
        ("authz-error", "access-denied"),
        &[Twist::AuthorizeError("access_denied")],
    ),
    stops(
        "sign-in-client-not-allowed",
        "The sign-in service does not let this app sign people in.",
        ("authz-error", "unauthorized-client"),
        &[Twist::AuthorizeError("unauthorized_client")],
    ),
    stops(
        "sign-in-response-type-refused",
        "The sign-in service does not do the kind of sign-in that apps use.",
        ("authz-error", "unsupported-response-type"),
        &[Twist::AuthorizeError("unsupported_response_type")],
    ),
    stops(
        "sign-in-unavailable",
        "The sign-in service is not available at the moment.",
        ("authz-error", "temporarily-unavailable"),
        &[Twist::AuthorizeError("temporarily_unavailable")],
    ),
    stops(
        "sign-in-server-error",
        "The sign-in service fails in the middle of the sign-in.",
        ("authz-error", "server-error"),
        &[Twist::AuthorizeError("server_error")],
    ),
    stops(
        "sign-in-invalid-request",
        "The sign-in service does not understand what the app asks.",
        ("authz-error", "invalid-request"),
        &[Twist::AuthorizeError("invalid_request")],
    ),
    stops(
        "iss-missing",
        "The sign-in service promises a stamp on its answer and leaves it out.",
        ("authz-iss", "missing"),
        &[Twist::Quirk(Quirk::NoIss)],
    ),
    stops(
        "iss-other",
        "The answer is stamped by another sign-in service than the one that was asked.",
        ("authz-iss", "other"),
        &[Twist::Quirk(Quirk::WrongIss)],
    ),
    stops(
        "state-changed",
        "The answer carries another mark than the app sent (state).",
        ("authz-state", "changed"),
        &[Twist::Quirk(Quirk::StateChanged)],
    )
    .under(Playbook::RedirectUri),
    stops(
        "state-missing",
        "The answer lacks the mark that the app sent (state).",
        ("authz-state", "missing"),
        &[Twist::Quirk(Quirk::StateMissing)],
    )
    .under(Playbook::RedirectUri),
    stops(
        "code-in-fragment",
        "The answer's code stands where apps cannot read it.",
        ("authz-code-present", "in-fragment"),
        &[Twist::Quirk(Quirk::CodeInFragment)],
    )
    .under(Playbook::RedirectUri),
    warning(
        "opener-cut",
        "The sign-in window cannot tell a web page that it has finished (COOP).",
        ("authz-popup", "same-origin"),
        &[Twist::Quirk(Quirk::OpenerCut)],
    )
    .needing(Needs::WebPage)
    .under(Playbook::Browser),
];
