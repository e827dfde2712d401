//! How the server says "sign in first".

use super::{answer, bare, error, info, warning};
use crate::{
    TlsKind,
    behaviour::{Fault, Needs, Place, Playbook, Quirk, Twist},
};

pub(super) const FAULTS: &[Fault] = &[
    info(
        "open",
        "The server asks nobody to sign in.",
        ("challenge-status", "no-sign-in"),
        &[Twist::Quirk(Quirk::Open)],
    ),
    error(
        "forbidden-instead-of-unauthorized",
        "Without a token the server says \"forbidden\" (403) instead of \"sign in\" (401).",
        ("challenge-status", "forbidden"),
        &[answer(Place::Endpoint, 403, "{\"error\":\"Forbidden\"}")],
    ),
    error(
        "bad-request-instead-of-unauthorized",
        "Without a token the server says \"bad request\" (400) instead of \"sign in\" (401).",
        ("challenge-status", "bad-request"),
        &[answer(Place::Endpoint, 400, "{\"error\":\"missing required Authorization header\"}")],
    ),
    error(
        "method-not-allowed",
        "The address takes no messages: it answers 405 to every one.",
        ("challenge-status", "method-not-allowed"),
        &[bare(Place::Endpoint, 405, &[("allow", "HEAD")])],
    ),
    error(
        "refuses-with-200",
        "Without a token the server answers 200, with an error in the text.",
        ("challenge-status", "ok-with-error"),
        &[answer(Place::Post, 200, "{\"error\":\"unauthorized\",\"message\":\"Please sign in\"}")],
    ),
    error(
        "no-challenge-no-metadata",
        "The server says no, and nowhere where to sign in.",
        ("challenge-present", "missing"),
        &[Twist::Challenge(&[]), answer(Place::ResourceMetadata, 404, "Not Found")],
    ),
    warning(
        "no-challenge",
        "The server says no without saying where to sign in; apps have to guess.",
        ("challenge-present", "missing-but-well-known"),
        &[Twist::Challenge(&[])],
    ),
    warning(
        "challenge-renamed",
        "A gateway gave the server's signpost another name.",
        ("challenge-present", "renamed"),
        &[Twist::Challenge(&[("x-amzn-remapped-www-authenticate", "Bearer resource_metadata=\"{prm}\"")])],
    ),
    error(
        "challenge-basic",
        "The server asks for a user name and a password (Basic).",
        ("challenge-scheme", "not-bearer"),
        &[Twist::Challenge(&[("www-authenticate", "Basic realm=\"mcp\"")])],
    ),
    error(
        "challenge-api-key",
        "The server asks for an API key.",
        ("challenge-scheme", "not-bearer"),
        &[Twist::Challenge(&[("www-authenticate", "ApiKey realm=\"mcp\"")])],
    ),
    error(
        "challenge-negotiate",
        "The server asks for a company login (Negotiate).",
        ("challenge-scheme", "not-bearer"),
        &[Twist::Challenge(&[("www-authenticate", "Negotiate"), ("www-authenticate", "NTLM")])],
    ),
    warning(
        "challenge-bearer-second",
        "The server names another way to sign in before the one that apps know.",
        ("challenge-scheme", "bearer-not-first"),
        &[Twist::Challenge(&[(
            "www-authenticate",
            "Basic realm=\"mcp\", Bearer resource_metadata=\"{prm}\", scope=\"{scope}\"",
        )])],
    ),
    error(
        "challenge-dpop",
        "The server takes only tokens that are bound to a key (DPoP).",
        ("challenge-scheme", "dpop-only"),
        &[Twist::Challenge(&[("www-authenticate", "DPoP algs=\"ES256\", resource_metadata=\"{prm}\"")])],
    ),
    warning(
        "challenge-without-metadata",
        "The server's signpost lacks the address of the sign-in details.",
        ("challenge-resource-metadata", "absent"),
        &[Twist::Challenge(&[("www-authenticate", "Bearer realm=\"OAuth\", scope=\"{scope}\"")])],
    ),
    warning(
        "challenge-metadata-hyphen",
        "The server's signpost spells resource_metadata with a hyphen.",
        ("challenge-resource-metadata", "misspelt"),
        &[Twist::Challenge(&[("www-authenticate", "Bearer resource-metadata=\"{prm}\", scope=\"{scope}\"")])],
    ),
    warning(
        "challenge-metadata-url",
        "The server's signpost calls resource_metadata by another name.",
        ("challenge-resource-metadata", "misspelt"),
        &[Twist::Challenge(&[("www-authenticate", "Bearer resource_metadata_url=\"{prm}\", scope=\"{scope}\"")])],
    ),
    warning(
        "challenge-authorization-uri",
        "The server's signpost names a sign-in page where the address of the details belongs.",
        ("challenge-resource-metadata", "misspelt"),
        &[Twist::Challenge(&[(
            "www-authenticate",
            "Bearer realm=\"OAuth\", authorization_uri=\"{issuer}/oauth/authorize\"",
        )])],
    ),
    warning(
        "challenge-unquoted",
        "The server's signpost lacks its quotation marks.",
        ("challenge-quoting", "unquoted"),
        &[Twist::Challenge(&[("www-authenticate", "Bearer resource_metadata={prm}, scope=\"{scope}\"")])],
    ),
    error(
        "challenge-single-quotes",
        "The server's signpost has single quotation marks.",
        ("challenge-quoting", "single-quotes"),
        &[Twist::Challenge(&[("www-authenticate", "Bearer resource_metadata='{prm}', scope='{scope}'")])],
    ),
    error(
        "challenge-smart-quotes",
        "The server's signpost has typographic quotation marks.",
        ("challenge-quoting", "typographic-quotes"),
        &[Twist::Challenge(&[("www-authenticate", "Bearer resource_metadata=“{prm}”, scope=“{scope}”")])],
    ),
    warning(
        "challenge-missing-comma",
        "The server's signpost lacks a comma.",
        ("challenge-quoting", "missing-comma"),
        &[Twist::Challenge(&[("www-authenticate", "Bearer resource_metadata=\"{prm}\" scope=\"{scope}\"")])],
    ),
    error(
        "challenge-relative",
        "The server's signpost gives half an address.",
        ("challenge-metadata-absolute", "relative"),
        &[Twist::Challenge(&[(
            "www-authenticate",
            "Bearer resource_metadata=\"/.well-known/oauth-protected-resource/mcp\", scope=\"{scope}\"",
        )])],
    ),
    error(
        "challenge-without-scheme",
        "The server's signpost leaves out https://.",
        ("challenge-metadata-absolute", "no-scheme"),
        &[Twist::Challenge(&[(
            "www-authenticate",
            "Bearer resource_metadata=\"{host}/.well-known/oauth-protected-resource/mcp\", scope=\"{scope}\"",
        )])],
    ),
    error(
        "challenge-plain-http",
        "The secure server's signpost names an address that is not secure.",
        ("challenge-metadata-scheme", "http"),
        &[
            Twist::Certificate(TlsKind::Good),
            Twist::Challenge(&[(
                "www-authenticate",
                "Bearer resource_metadata=\"http://{host}/.well-known/oauth-protected-resource/mcp\", scope=\"{scope}\"",
            )]),
        ],
    ),
    error(
        "challenge-internal-host",
        "The server's signpost points to a machine that only its own network knows.",
        ("challenge-metadata-host", "internal"),
        &[Twist::Challenge(&[(
            "www-authenticate",
            "Bearer resource_metadata=\"http://mcp-server.default.svc.cluster.local:8080/.well-known/oauth-protected-resource/mcp\"",
        )])],
    ),
    error(
        "challenge-other-host",
        "The server's signpost points to another server.",
        ("challenge-metadata-host", "other"),
        &[Twist::Challenge(&[(
            "www-authenticate",
            "Bearer resource_metadata=\"{auth}/.well-known/oauth-protected-resource/mcp\", scope=\"{scope}\"",
        )])],
    ),
    error(
        "challenge-to-nowhere",
        "The server's signpost points to a page that does not exist.",
        ("challenge-metadata-fetch", "not-found"),
        &[Twist::Challenge(&[(
            "www-authenticate",
            "Bearer resource_metadata=\"{mcp}/.well-known/oauth-protected-resource\", scope=\"{scope}\"",
        )])],
    ),
    warning(
        "challenge-twice",
        "The server has two signposts that point to different places.",
        ("challenge-multiple", "different-metadata"),
        &[Twist::Challenge(&[
            ("www-authenticate", "Bearer resource_metadata=\"{prm}\", scope=\"{scope}\""),
            (
                "www-authenticate",
                "Bearer resource_metadata=\"{mcp}/.well-known/oauth-protected-resource/v1\", scope=\"{scope}\"",
            ),
        ])],
    ),
    warning(
        "challenge-from-proxy",
        "A proxy adds a signpost of its own before the server's.",
        ("challenge-multiple", "several-schemes"),
        &[Twist::Challenge(&[
            ("www-authenticate", "Bearer resource_metadata=\"{prm}\", scope=\"{scope}\""),
            ("www-authenticate", "Basic realm=\"proxy\""),
        ])],
    ),
    error(
        "challenge-scope-commas",
        "The permissions in the server's signpost are separated by commas.",
        ("challenge-scope", "separator"),
        &[Twist::Challenge(&[(
            "www-authenticate",
            "Bearer resource_metadata=\"{prm}\", scope=\"todo:read,todo:write\"",
        )])],
    )
    .under(Playbook::Scope),
    warning(
        "challenge-scope-offline",
        "The server's signpost asks for offline_access, which is not its business.",
        ("challenge-scope", "offline-access"),
        &[Twist::Challenge(&[(
            "www-authenticate",
            "Bearer resource_metadata=\"{prm}\", scope=\"{scope} offline_access\"",
        )])],
    )
    .under(Playbook::Scope),
    error(
        "challenge-scope-unknown",
        "The server's signpost asks for a permission that the sign-in service does not know.",
        ("challenge-scope", "unknown"),
        &[Twist::Challenge(&[("www-authenticate", "Bearer resource_metadata=\"{prm}\", scope=\"todo:admin\"")])],
    )
    .under(Playbook::Scope),
    warning(
        "listening-open",
        "Sending needs a token; listening does not.",
        ("challenge-consistent", "get-open"),
        &[Twist::Quirk(Quirk::GetOpen)],
    ),
    info(
        "scheme-case-matters",
        "The server reads \"Bearer\" and not \"bearer\".",
        ("challenge-scheme-case", "case-sensitive"),
        &[Twist::Quirk(Quirk::CaseSensitiveScheme)],
    )
    .needing(Needs::Token),
];
