//! How the server judges a token.

use super::{answer, error, warning};
use crate::{
    TokenShape,
    behaviour::{Canned, Fault, Needs, Place, Playbook, Quirk, Twist},
    record::Server,
};

/// An error that only a token shows.
const fn refuses(
    name: &'static str,
    words: &'static str,
    expects: (&'static str, &'static str),
    twists: &'static [Twist],
) -> Fault {
    error(name, words, expects, twists).needing(Needs::Token).under(Playbook::Token)
}

/// The same as a warning.
const fn notes(
    name: &'static str,
    words: &'static str,
    expects: (&'static str, &'static str),
    twists: &'static [Twist],
) -> Fault {
    warning(name, words, expects, twists).needing(Needs::Token).under(Playbook::Token)
}

pub(super) const FAULTS: &[Fault] = &[
    refuses(
        "token-opaque",
        "The token is of a kind that the server cannot read.",
        ("tok-format", "opaque"),
        &[Twist::Tokens(TokenShape::Opaque)],
    ),
    refuses(
        "token-is-id-token",
        "An ID token was sent where an access token belongs.",
        ("tok-format", "id-token"),
        &[Twist::Tokens(TokenShape::IdToken)],
    ),
    refuses("token-unsigned", "The token is not signed.", ("tok-alg", "none"), &[Twist::Tokens(TokenShape::AlgNone)]),
    refuses(
        "token-shared-secret",
        "The token is signed with a shared secret.",
        ("tok-alg", "symmetric"),
        &[Twist::Tokens(TokenShape::Hs256)],
    ),
    notes(
        "token-without-key-id",
        "The token does not say which key signed it.",
        ("tok-kid", "absent"),
        &[Twist::Tokens(TokenShape::NoKeyId)],
    ),
    refuses(
        "token-unknown-key",
        "The token is signed with a key that the sign-in service does not list.",
        ("tok-kid", "unknown"),
        &[Twist::Tokens(TokenShape::UnknownKey)],
    ),
    refuses(
        "keys-rotated",
        "The sign-in service changed its keys, and the server remembers the old ones.",
        ("tok-jwks-rotation", "stale"),
        &[Twist::Tokens(TokenShape::RotatedKey), Twist::Quirk(Quirk::RemembersOldKey)],
    ),
    refuses(
        "token-bad-signature",
        "The token was changed after it was signed.",
        ("tok-signature", "bad"),
        &[Twist::Tokens(TokenShape::BadSignature)],
    ),
    refuses(
        "token-other-issuer",
        "The token comes from another sign-in service.",
        ("tok-iss", "other"),
        &[Twist::Tokens(TokenShape::OtherIssuer)],
    ),
    refuses(
        "token-issuer-inner-name",
        "The sign-in service writes a name of its own network into its tokens.",
        ("tok-iss", "own-name"),
        &[Twist::Tokens(TokenShape::InnerIssuer)],
    ),
    refuses(
        "token-issuer-slash",
        "The sign-in service's name in the token has a slash too many.",
        ("tok-iss", "slash"),
        &[Twist::Tokens(TokenShape::SlashIssuer)],
    ),
    refuses(
        "server-wants-old-issuer",
        "The server knows only the older form of the sign-in service's name.",
        ("tok-iss-migration", "environment-pinned"),
        &[Twist::Quirk(Quirk::WantsEnvironmentIssuer)],
    ),
    refuses(
        "token-without-audience",
        "The token does not say which server it is for.",
        ("tok-aud-present", "missing"),
        &[Twist::Tokens(TokenShape::NoAudience)],
    ),
    refuses(
        "token-for-another-server",
        "The token is for another server.",
        ("tok-aud-match", "other"),
        &[Twist::Tokens(TokenShape::WrongAudience)],
    ),
    refuses(
        "token-for-no-server",
        "The sign-in service was asked for no server in particular, and its token names none.",
        ("tok-aud-match", "no-server"),
        &[Twist::Tokens(TokenShape::GeneralAudience)],
    ),
    refuses(
        "token-for-another-name",
        "Server and sign-in service call this server by different names.",
        ("tok-aud-match", "other-name"),
        &[Twist::Tokens(TokenShape::NamedAudience)],
    ),
    refuses(
        "token-audience-slash",
        "The server's name in the token has a slash too many.",
        ("tok-aud-match", "slash"),
        &[Twist::Tokens(TokenShape::SlashAudience)],
    ),
    refuses(
        "server-wants-slash",
        "The server expects its name with a slash too many in the token.",
        ("tok-server-verdict", "refused"),
        &[Twist::Quirk(Quirk::WantsSlashAudience)],
    ),
    refuses(
        "server-wants-resource-id",
        "The server expects its resource id in the token, and only its address is there.",
        ("tok-aud-match", "url-only"),
        &[Twist::Tokens(TokenShape::UrlAudience), Twist::Quirk(Quirk::WantsResourceId)],
    ),
    refuses(
        "server-wants-url",
        "The server expects its address in the token, and only its resource id is there.",
        ("tok-aud-match", "resource-id-only"),
        &[Twist::Tokens(TokenShape::ResourceIdAudience), Twist::Quirk(Quirk::WantsUrlAudience)],
    ),
    refuses(
        "token-expired",
        "The token ran out an hour ago.",
        ("tok-exp", "expired"),
        &[Twist::Tokens(TokenShape::Expired)],
    ),
    refuses(
        "token-revoked",
        "The token was taken back, and the server knows it.",
        ("token-revoked", "refused"),
        &[answer(
            Place::GoodToken,
            401,
            "{\"error\":\"invalid_token\",\"error_description\":\"The access token has been revoked\"}",
        )],
    ),
    refuses(
        "token-without-expiry",
        "The token does not say until when it is good.",
        ("tok-exp", "missing"),
        &[Twist::Tokens(TokenShape::NoExpiry)],
    ),
    refuses(
        "token-expiry-milliseconds",
        "The token's end is written in milliseconds instead of seconds.",
        ("tok-exp", "milliseconds"),
        &[Twist::Tokens(TokenShape::MillisecondExpiry)],
    ),
    refuses(
        "token-not-yet-valid",
        "The token is good only ten minutes from now.",
        ("tok-nbf-iat", "future"),
        &[Twist::Tokens(TokenShape::NotYetValid)],
    ),
    error(
        "server-clock-behind",
        "The server's clock is ten minutes slow, so fresh tokens look as if from the future.",
        ("tok-server-clock", "mcp-server"),
        &[Twist::Clock(Server::Mcp, -600)],
    )
    .under(Playbook::Token),
    error(
        "server-clock-ahead",
        "The server's clock is two hours fast, so fresh tokens look as if run out.",
        ("tok-server-clock", "mcp-server"),
        &[Twist::Clock(Server::Mcp, 7200)],
    )
    .under(Playbook::Token),
    error(
        "sign-in-clock-ahead",
        "The sign-in service's clock is ten minutes fast.",
        ("tok-server-clock", "authorization-server"),
        &[Twist::Clock(Server::Auth, 600)],
    )
    .under(Playbook::Token),
    warning(
        "server-clock-drifts",
        "The server's clock is half a minute slow, and it allows for nothing.",
        ("tok-server-clock", "drift"),
        &[Twist::Clock(Server::Mcp, -30), Twist::Quirk(Quirk::StrictClock)],
    )
    .under(Playbook::Token),
    refuses(
        "server-reads-other-scopes",
        "The permissions are in the token under a name that the server does not read.",
        ("tok-scope-shape", "array-wanted"),
        &[Twist::Quirk(Quirk::WantsScopesArray)],
    )
    .under(Playbook::Scope),
    refuses(
        "server-refuses-good-tokens",
        "The token is fine, and the server refuses it.",
        ("tok-server-verdict", "refused"),
        &[Twist::Quirk(Quirk::RefusesEveryToken)],
    ),
    refuses(
        "server-takes-any-token",
        "The server takes any token, even made-up ones.",
        ("tok-bad-status", "accepted"),
        &[Twist::Quirk(Quirk::AnyToken)],
    )
    .needing(Needs::Nothing),
    refuses(
        "bad-token-forbidden",
        "A bad token is answered with \"forbidden\" (403), so apps do not sign in again.",
        ("tok-bad-status", "forbidden"),
        &[answer(Place::BadToken, 403, "{\"error\":\"invalid_token\"}")],
    )
    .needing(Needs::Nothing),
    refuses(
        "bad-token-bad-request",
        "A bad token is answered with \"bad request\" (400), so apps do not sign in again.",
        ("tok-bad-status", "bad-request"),
        &[answer(Place::BadToken, 400, "{\"error\":\"invalid_token\"}")],
    )
    .needing(Needs::Nothing),
    refuses(
        "bad-token-crashes",
        "A bad token makes the server crash (500).",
        ("tok-bad-status", "server-error"),
        &[answer(Place::BadToken, 500, "{\"error\":\"server_error\",\"error_description\":\"Internal Server Error\"}")],
    )
    .needing(Needs::Nothing),
    refuses(
        "token-stripped",
        "Something between the app and the server takes the token away.",
        ("tok-auth-header-stripped", "stripped"),
        &[Twist::Quirk(Quirk::StripsAuthorization)],
    ),
    refuses(
        "token-too-large",
        "The token is too large for the gateway (431).",
        ("tok-header-size", "too-large"),
        &[answer(Place::WithToken, 431, "Request Header Fields Too Large")],
    ),
    notes(
        "token-in-address",
        "The server takes tokens in web addresses, which end up in logs.",
        ("tok-query-token", "accepted"),
        &[Twist::Quirk(Quirk::TokenInQuery)],
    ),
    refuses(
        "good-token-refused-later",
        "The server takes the token first, and refuses it when the tools are asked for.",
        ("tok-server-verdict", "refused-later"),
        &[Twist::Answer(
            Place::ToolsList,
            Canned {
                status: 401,
                headers: &[("www-authenticate", "Bearer error=\"invalid_token\", resource_metadata=\"{prm}\"")],
                body: "{\"error\":\"invalid_token\"}",
            },
        )],
    ),
    refuses(
        "good-token-crashes",
        "The server crashes when it looks at a good token (500).",
        ("tok-server-verdict", "server-error"),
        &[Twist::Answer(
            Place::GoodToken,
            Canned {
                status: 500,
                headers: &[],
                body: "{\"error\":\"server_error\",\"error_description\":\"Internal Server Error\"}",
            },
        )],
    ),
];
