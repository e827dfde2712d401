//! The instructions that the sign-in service publishes (RFC 8414).

use super::{APP_PAGE, answer, bare, error, metadata, warning};
use crate::{
    behaviour::{Document, Fault, Garble, Place, Playbook, Quirk, Socket, Twist},
    record::Server,
};

pub(super) const FAULTS: &[Fault] = &[
    error(
        "as-not-found",
        "The sign-in service does not publish its instructions.",
        ("asm-reachable", "not-found"),
        &[answer(Place::Metadata, 404, "Not Found")],
    ),
    error(
        "as-refuses-connection",
        "Nothing listens at the address of the sign-in service.",
        ("asm-reachable", "no-connection"),
        &[Twist::Socket(Server::Auth, Socket::Refuse)],
    ),
    error(
        "as-never-answers",
        "The sign-in service takes the connection and never says a word.",
        ("asm-reachable", "no-connection"),
        &[Twist::Socket(Server::Auth, Socket::Stall)],
    ),
    error(
        "as-unknown-name",
        "The name of the sign-in service does not exist.",
        ("asm-reachable", "no-connection"),
        &[super::resource_metadata(&[("authorization_servers", Some("[\"https://auth.practice.invalid\"]"))])],
    ),
    error(
        "as-append-form-only",
        "The sign-in service's instructions stand at an address where no app looks.",
        ("asm-append-only", "append-only"),
        &[Twist::Quirk(Quirk::AppendFormOnly)],
    ),
    error(
        "as-locked",
        "The sign-in service's instructions can be read only after signing in (401).",
        ("asm-status", "unauthorized"),
        &[answer(Place::Metadata, 401, "{\"error\":\"unauthorized\"}")],
    ),
    error(
        "as-crashes",
        "The sign-in service answers with an error instead of its instructions (500).",
        ("asm-status", "server-error"),
        &[answer(Place::Metadata, 500, "Internal Server Error")],
    ),
    error(
        "as-redirects",
        "The sign-in service's instructions forward to another server.",
        ("asm-status", "redirect"),
        &[bare(Place::Metadata, 302, &[("location", "{mcp}/login")])],
    ),
    error(
        "as-web-page",
        "Where the sign-in service's instructions should stand, a web page stands.",
        ("asm-html", "web-page"),
        &[answer(Place::Metadata, 200, APP_PAGE)],
    ),
    error(
        "as-trailing-comma",
        "The sign-in service's instructions have a comma too many.",
        ("asm-html", "not-json"),
        &[Twist::Garble(Document::Metadata, Garble::TrailingComma)],
    ),
    error(
        "as-byte-order-mark",
        "An invisible mark stands before the sign-in service's instructions.",
        ("reach-decode", "byte-order-mark"),
        &[Twist::Garble(Document::Metadata, Garble::ByteOrderMark)],
    ),
    error(
        "issuer-other",
        "The sign-in service calls itself by another name.",
        ("asm-issuer", "other"),
        &[metadata(&[("issuer", Some("https://login.elsewhere.invalid"))])],
    ),
    error(
        "issuer-slash",
        "The sign-in service's own name has a slash too many.",
        ("asm-issuer-slash", "extra-in-metadata"),
        &[metadata(&[("issuer", Some("{issuer}/"))])],
    ),
    error(
        "as-slash",
        "The server names the sign-in service with a slash too many.",
        ("asm-issuer-slash", "extra-in-resource-metadata"),
        &[super::resource_metadata(&[("authorization_servers", Some("[\"{issuer}/\"]"))])],
    ),
    error(
        "issuer-template",
        "The sign-in service's own name is still a placeholder.",
        ("asm-issuer-template", "placeholder"),
        &[metadata(&[("issuer", Some("https://login.practice.invalid/{tenantid}/v2.0"))])],
    ),
    error(
        "issuer-internal",
        "The sign-in service's own name is one that only its own network knows.",
        ("asm-issuer-template", "internal"),
        &[metadata(&[("issuer", Some("http://keycloak.default.svc.cluster.local:8080/realms/mcp"))])],
    ),
    error(
        "issuer-missing",
        "The sign-in service does not say its own name.",
        ("asm-required", "missing"),
        &[metadata(&[("issuer", None)])],
    ),
    error(
        "authorize-endpoint-missing",
        "The instructions lack the address of the sign-in page.",
        ("asm-required", "missing"),
        &[metadata(&[("authorization_endpoint", None)])],
    ),
    error(
        "token-endpoint-missing",
        "The instructions lack the address for tokens.",
        ("asm-required", "missing"),
        &[metadata(&[("token_endpoint", None)])],
    ),
    error(
        "response-types-missing",
        "The instructions lack the kinds of sign-in on offer.",
        ("asm-required", "missing"),
        &[metadata(&[("response_types_supported", None)])],
    ),
    error(
        "response-types-without-code",
        "The sign-in service does not offer the kind of sign-in that apps use.",
        ("asm-response-types", "no-code"),
        &[metadata(&[("response_types_supported", Some("[\"token\"]"))])],
    ),
    error(
        "registration-null",
        "The address for new apps is \"null\".",
        ("asm-nulls", "null"),
        &[metadata(&[("registration_endpoint", Some("null"))])],
    ),
    error(
        "as-scopes-null",
        "The sign-in service's list of permissions is \"null\".",
        ("asm-nulls", "null"),
        &[metadata(&[("scopes_supported", Some("null"))])],
    ),
    error(
        "token-endpoint-plain-http",
        "The address for tokens is not secure.",
        ("asm-endpoints-https", "http"),
        &[metadata(&[("token_endpoint", Some("http://auth.practice.invalid/token"))])],
    ),
    error(
        "authorize-endpoint-script",
        "The address of the sign-in page is a script.",
        ("asm-endpoints-https", "unsafe"),
        &[metadata(&[("authorization_endpoint", Some("javascript:alert(1)"))])],
    ),
    error(
        "authorize-endpoint-file",
        "The address of the sign-in page is a file on the reader's computer.",
        ("asm-endpoints-https", "unsafe"),
        &[metadata(&[("authorization_endpoint", Some("file:///etc/passwd"))])],
    ),
    error(
        "authorize-endpoint-command",
        "The address of the sign-in page hides a command.",
        ("asm-endpoints-https", "unsafe"),
        &[metadata(&[("authorization_endpoint", Some("http://a:$(calc.exe)@practice.invalid/"))])],
    ),
    error(
        "authorize-endpoint-gone",
        "The sign-in page does not exist.",
        ("asm-endpoints-alive", "not-found"),
        &[answer(Place::Authorize, 404, "Not Found")],
    ),
    error(
        "authorize-endpoint-crashes",
        "The sign-in page is down (503).",
        ("asm-endpoints-alive", "server-error"),
        &[answer(Place::Authorize, 503, "Service Unavailable")],
    ),
    error(
        "token-endpoint-gone",
        "The address for tokens does not exist.",
        ("asm-endpoints-alive", "not-found"),
        &[answer(Place::Token, 404, "Not Found")],
    ),
    error(
        "authorize-endpoint-internal",
        "The sign-in page is on a machine that only its own network knows.",
        ("asm-endpoints-alive", "internal"),
        &[metadata(&[(
            "authorization_endpoint",
            Some("https://keycloak.default.svc.cluster.local/realms/mcp/authorize"),
        )])],
    ),
    error(
        "pkce-missing",
        "The sign-in service does not promise the safety step that MCP requires (PKCE).",
        ("asm-pkce-present", "absent"),
        &[metadata(&[("code_challenge_methods_supported", None)])],
    ),
    error(
        "pkce-plain-only",
        "The sign-in service offers only an outdated safety step (PKCE \"plain\").",
        ("asm-pkce-s256", "plain-only"),
        &[metadata(&[("code_challenge_methods_supported", Some("[\"plain\"]"))])],
    ),
    error(
        "token-auth-secret-only",
        "The sign-in service wants a password of every app, and desktop apps cannot keep one.",
        ("asm-token-auth-none", "no-none"),
        &[metadata(&[
            ("token_endpoint_auth_methods_supported", Some("[\"client_secret_basic\"]")),
            ("registration_endpoint", None),
        ])],
    ),
    warning(
        "grants-without-refresh",
        "The sign-in service does not let apps stay signed in.",
        ("asm-grants", "no-refresh"),
        &[metadata(&[("grant_types_supported", Some("[\"authorization_code\"]"))])],
    )
    .under(Playbook::Token),
    error(
        "grants-without-code",
        "The sign-in service does not offer the sign-in that apps use.",
        ("asm-grants", "no-code"),
        &[metadata(&[("grant_types_supported", Some("[\"client_credentials\"]"))])],
    ),
    warning(
        "offline-access-missing",
        "The sign-in service does not list offline_access, so apps do not ask to stay signed in.",
        ("asm-offline-access", "absent"),
        &[metadata(&[("scopes_supported", Some("[\"todo:read\",\"todo:write\",\"openid\"]"))])],
    )
    .under(Playbook::Token),
    warning(
        "as-scopes-lacking",
        "The sign-in service does not list the permissions that the server asks for.",
        ("asm-scopes-cover", "missing"),
        &[
            metadata(&[("scopes_supported", Some("[\"openid\",\"notes:read\",\"offline_access\"]"))]),
            Twist::Challenge(&[("www-authenticate", "Bearer resource_metadata=\"{prm}\"")]),
        ],
    )
    .under(Playbook::Scope),
    error(
        "no-way-to-register",
        "Apps have no way to introduce themselves to the sign-in service.",
        ("asm-registration-route", "none"),
        &[metadata(&[("registration_endpoint", None), ("client_id_metadata_document_supported", None)])],
    ),
    error(
        "cimd-flag-text",
        "A switch in the instructions is written as text, so apps overlook it.",
        ("asm-cimd-flag", "not-boolean"),
        &[metadata(&[("client_id_metadata_document_supported", Some("\"true\"")), ("registration_endpoint", None)])],
    ),
    error(
        "keys-missing",
        "The instructions lack the address of the keys.",
        ("asm-jwks", "missing"),
        &[metadata(&[("jwks_uri", None)])],
    )
    .under(Playbook::Token),
    error(
        "keys-not-found",
        "The sign-in service's keys are not where it says (404).",
        ("asm-jwks", "not-found"),
        &[answer(Place::Keys, 404, "Not Found")],
    )
    .under(Playbook::Token),
    error(
        "keys-crash",
        "The page with the sign-in service's keys crashes (500).",
        ("asm-jwks", "not-found"),
        &[answer(Place::Keys, 500, "Internal Server Error")],
    )
    .under(Playbook::Token),
    error(
        "keys-web-page",
        "Where the sign-in service's keys should stand, a web page stands.",
        ("asm-jwks", "not-json"),
        &[answer(Place::Keys, 200, APP_PAGE)],
    )
    .under(Playbook::Token),
    error(
        "keys-empty",
        "The sign-in service's list of keys is empty.",
        ("asm-jwks", "empty"),
        &[Twist::Edit(Document::Keys, &[("keys", Some("[]"))])],
    )
    .under(Playbook::Token),
    warning(
        "second-metadata-copy",
        "The server hands out a copy of the sign-in service's instructions that names another service.",
        ("asm-on-mcp-origin", "other-issuer"),
        &[Twist::Quirk(Quirk::MetadataCopy)],
    ),
    warning(
        "second-metadata-crashes",
        "The server tries to hand out the sign-in service's instructions and fails.",
        ("asm-on-mcp-origin", "server-error"),
        &[answer(
            Place::MetadataCopy,
            500,
            "{\"error\":\"server_error\",\"error_description\":\"Failed to fetch Scalekit metadata\"}",
        )],
    ),
];
