//! Exchanging the code for a token, and renewing it.

use super::{answer, error, warning};
use crate::TokenShape;
use crate::behaviour::{Canned, Document, Fault, Needs, Place, Playbook, Quirk, Twist};

/// An error that a sign-in shows when it asks for the token.
const fn stops(
    name: &'static str,
    words: &'static str,
    expects: (&'static str, &'static str),
    twists: &'static [Twist],
) -> Fault {
    error(name, words, expects, twists).needing(Needs::SignIn).under(Playbook::Token)
}

const fn reply(edits: &'static [(&'static str, Option<&'static str>)]) -> Twist {
    Twist::Edit(Document::TokenReply, edits)
}

pub(super) const FAULTS: &[Fault] = &[
    stops(
        "code-refused",
        "The sign-in service does not take its own ticket (invalid_grant).",
        ("token-exchange", "invalid-grant"),
        &[answer(Place::Token, 400, "{\"error\":\"invalid_grant\",\"error_description\":\"The code is not valid\"}")],
    ),
    stops(
        "redirect-refused-at-token",
        "The sign-in service says that the return address changed, although it did not.",
        ("token-redirect-same", "same-refused"),
        &[answer(
            Place::Token,
            400,
            "{\"error\":\"invalid_grant\",\"error_description\":\"The redirect_uri differs from the one in the authorization request\"}",
        )],
    )
    .under(Playbook::RedirectUri),
    stops(
        "key-refused-at-token",
        "The sign-in service refuses the key that belongs to the sign-in (PKCE).",
        ("token-verifier", "own-refused"),
        &[answer(
            Place::Token,
            400,
            "{\"error\":\"invalid_grant\",\"error_description\":\"PKCE verification failed\"}",
        )],
    ),
    stops(
        "client-unknown-at-token",
        "The sign-in service no longer knows the app (invalid_client).",
        ("token-exchange", "invalid-client"),
        &[answer(Place::Token, 401, "{\"error\":\"invalid_client\"}")],
    ),
    stops(
        "client-not-allowed-at-token",
        "The app may not ask for tokens (unauthorized_client).",
        ("token-exchange", "unauthorized-client"),
        &[answer(Place::Token, 400, "{\"error\":\"unauthorized_client\"}")],
    ),
    stops(
        "resource-refused-at-token",
        "The sign-in service gives no token for this server (invalid_target).",
        ("token-exchange", "invalid-target"),
        &[answer(Place::Token, 400, "{\"error\":\"invalid_target\"}")],
    ),
    stops(
        "resource-ignored-at-token",
        "The sign-in service gives a token for another server than the one that the app named.",
        ("token-resource", "ignored"),
        &[Twist::Tokens(TokenShape::WrongAudience)],
    ),
    stops(
        "token-error-unspecific",
        "The sign-in service refuses the ticket and does not say why (invalid_request).",
        ("token-exchange", "invalid-request"),
        &[answer(
            Place::Token,
            400,
            "{\"error\":\"invalid_request\",\"error_description\":\"The token request is invalid.\"}",
        )],
    ),
    stops(
        "token-error-web-page",
        "The sign-in service answers with a web page where a token belongs.",
        ("token-exchange", "not-json"),
        &[answer(Place::Token, 400, "<html><body><h1>400 Bad Request</h1></body></html>")],
    ),
    error(
        "token-crashes",
        "The sign-in service crashes when it is asked for a token (500).",
        ("asm-endpoints-alive", "server-error"),
        &[answer(Place::Token, 500, "Internal Server Error")],
    ),
    stops(
        "token-form-encoded",
        "The token arrives in an outdated wrapping.",
        ("token-response", "form-encoded"),
        &[Twist::Quirk(Quirk::FormEncodedReply)],
    ),
    stops(
        "token-type-missing",
        "The token arrives without its type.",
        ("token-response", "no-token-type"),
        &[reply(&[("token_type", None)])],
    ),
    warning(
        "token-type-dpop",
        "The token is said to be bound to a key (DPoP), which MCP apps cannot show.",
        ("token-response", "not-bearer"),
        &[reply(&[("token_type", Some("\"DPoP\""))])],
    )
    .needing(Needs::SignIn)
    .under(Playbook::Token),
    stops(
        "token-missing",
        "The reply to the ticket holds no token.",
        ("token-response", "no-access-token"),
        &[reply(&[("access_token", None)])],
    ),
    stops(
        "token-ok-with-error",
        "The sign-in service says yes and means no (200 with an error).",
        ("token-response", "ok-with-error"),
        &[answer(Place::Token, 200, "{\"error\":\"bad_verification_code\"}")],
    ),
    warning(
        "token-expiry-text",
        "The token's lifetime is written as text.",
        ("token-response", "expires-in-type"),
        &[reply(&[("expires_in", Some("\"3600\""))])],
    )
    .needing(Needs::SignIn)
    .under(Playbook::Token),
    warning(
        "no-refresh-token",
        "The app cannot stay signed in: it gets nothing to renew its token with.",
        ("token-refresh-issued", "absent"),
        &[Twist::Quirk(Quirk::NoRefreshToken)],
    )
    .needing(Needs::SignIn)
    .under(Playbook::Token),
    stops(
        "refresh-refused",
        "The sign-in service does not renew the token.",
        ("token-refresh-works", "invalid-grant"),
        &[answer(Place::Refresh, 400, "{\"error\":\"invalid_grant\"}")],
    ),
    stops(
        "refresh-client-unknown",
        "The sign-in service has forgotten the app when the token is renewed.",
        ("token-refresh-works", "invalid-client"),
        &[answer(Place::Refresh, 401, "{\"error\":\"invalid_client\"}")],
    ),
    stops(
        "refresh-unspecific",
        "The renewal is refused in a way that apps take for a passing trouble.",
        ("token-refresh-works", "wrong-error"),
        &[answer(
            Place::Refresh,
            400,
            "{\"error\":\"invalid_request\",\"error_description\":\"The token request is invalid.\"}",
        )],
    ),
    stops(
        "refresh-without-token",
        "The renewal says yes and brings no token.",
        ("token-refresh-works", "no-access-token"),
        &[Twist::Edit(Document::RefreshReply, &[("access_token", None)])],
    ),
    stops(
        "refresh-unavailable",
        "The sign-in service is not available when the token is renewed.",
        ("token-refresh-works", "server-error"),
        &[Twist::Answer(
            Place::Refresh,
            Canned { status: 503, headers: &[("retry-after", "30")], body: "{\"error\":\"temporarily_unavailable\"}" },
        )],
    ),
    warning(
        "token-short-lived",
        "The token lasts one minute.",
        ("token-lifetime", "short"),
        &[Twist::Quirk(Quirk::ShortTokens)],
    )
    .needing(Needs::SignIn)
    .under(Playbook::Token),
    warning(
        "token-lifetimes-differ",
        "The sign-in service and the token disagree about how long the token lasts.",
        ("token-lifetime", "disagree"),
        &[reply(&[("expires_in", Some("86400"))])],
    )
    .needing(Needs::SignIn)
    .under(Playbook::Token),
];
