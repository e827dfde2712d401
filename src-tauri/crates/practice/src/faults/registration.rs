//! How apps introduce themselves to the sign-in service (RFC 7591).

use super::{APP_PAGE, answer, bare, error, warning};
use crate::behaviour::{Canned, Document, Fault, Needs, Place, Playbook, Quirk, RedirectKind, Twist};

/// An error that a registration shows.
const fn refused(
    name: &'static str,
    words: &'static str,
    expects: (&'static str, &'static str),
    twists: &'static [Twist],
) -> Fault {
    error(name, words, expects, twists).needing(Needs::Registration).under(Playbook::RedirectUri)
}

pub(super) const FAULTS: &[Fault] = &[
    refused(
        "registration-locked",
        "New apps need a token before they can introduce themselves (401).",
        ("reg-dcr-status", "unauthorized"),
        &[Twist::Answer(
            Place::Register,
            Canned {
                status: 401,
                headers: &[("www-authenticate", "Bearer error=\"invalid_token\"")],
                body: "{\"error\":\"invalid_token\",\"error_description\":\"Authentication required\"}",
            },
        )],
    ),
    refused(
        "registration-off",
        "The sign-in service takes no new apps (403).",
        ("reg-dcr-status", "forbidden"),
        &[answer(
            Place::Register,
            403,
            "{\"error\":\"access_denied\",\"error_description\":\"Dynamic client registration is disabled\"}",
        )],
    ),
    refused(
        "registration-gone",
        "The address for new apps does not exist (404).",
        ("reg-dcr-status", "not-found"),
        &[answer(Place::Register, 404, "Not Found")],
    ),
    refused(
        "registration-not-taken",
        "The address for new apps takes no messages (405).",
        ("reg-dcr-status", "not-found"),
        &[bare(Place::Register, 405, &[("allow", "GET")])],
    ),
    refused(
        "registration-crashes",
        "The sign-in service crashes when an app introduces itself (500).",
        ("reg-dcr-status", "server-error"),
        &[answer(Place::Register, 500, "{\"error\":\"server_error\"}")],
    ),
    refused(
        "registration-refuses-scopes",
        "New apps that name the server's permissions are refused.",
        ("reg-dcr-status", "scope-refused"),
        &[Twist::Quirk(Quirk::RefusesScopes)],
    ),
    refused(
        "registration-rate-limited",
        "The sign-in service takes no more new apps for a while (429).",
        ("reg-dcr-status", "rate-limited"),
        &[Twist::Answer(
            Place::Register,
            Canned { status: 429, headers: &[("retry-after", "3600")], body: "{\"error\":\"slow_down\"}" },
        )],
    ),
    refused(
        "registration-redirects",
        "The address for new apps forwards to a login page.",
        ("reg-dcr-status", "redirect"),
        &[bare(Place::Register, 302, &[("location", "{auth}/login")])],
    ),
    refused(
        "registration-metadata-refused",
        "The sign-in service does not like how apps introduce themselves (400).",
        ("reg-dcr-status", "metadata-refused"),
        &[answer(
            Place::Register,
            400,
            "{\"error\":\"invalid_client_metadata\",\"error_description\":\"Unrecognized field \\\"resource\\\"\"}",
        )],
    ),
    refused(
        "registration-web-page",
        "A web page answers where apps introduce themselves.",
        ("reg-dcr-response", "not-json"),
        &[answer(Place::Register, 200, APP_PAGE)],
    ),
    refused(
        "redirects-private-scheme-refused",
        "The sign-in service refuses return addresses like cursor://.",
        ("reg-dcr-redirects", "private-scheme"),
        &[Twist::RefusesRedirects(RedirectKind::PrivateScheme)],
    ),
    refused(
        "redirects-loopback-refused",
        "The sign-in service refuses return addresses on this computer because they are not https.",
        ("reg-dcr-redirects", "loopback-http"),
        &[Twist::RefusesRedirects(RedirectKind::HttpLoopback)],
    ),
    refused(
        "redirects-claude-refused",
        "The sign-in service refuses the return address of Claude's connectors.",
        ("reg-dcr-redirects", "web"),
        &[Twist::RefusesRedirects(RedirectKind::ClaudeConnector)],
    ),
    refused(
        "redirects-localhost-refused",
        "The sign-in service refuses return addresses on \"localhost\", though not on 127.0.0.1.",
        ("reg-dcr-redirects", "localhost-name"),
        &[Twist::RefusesRedirects(RedirectKind::LocalhostName)],
    ),
    refused(
        "redirects-dropped",
        "The sign-in service forgets some return addresses without a word.",
        ("reg-dcr-redirects", "dropped"),
        &[Twist::Quirk(Quirk::DropsRedirects)],
    ),
    refused(
        "redirects-replaced",
        "The sign-in service notes another return address than the app asked for.",
        ("reg-dcr-redirects", "dropped"),
        &[Twist::Edit(
            Document::Registration,
            &[("redirect_uris", Some("[\"https://mcp.practice.invalid/callback\"]"))],
        )],
    ),
    refused(
        "registration-without-redirects",
        "The reply to an introduction lacks the return addresses.",
        ("reg-dcr-response", "no-redirect-uris"),
        &[Twist::Edit(Document::Registration, &[("redirect_uris", None)])],
    ),
    refused(
        "registration-without-id",
        "The reply to an introduction lacks the app's id.",
        ("reg-dcr-response", "no-client-id"),
        &[Twist::Edit(Document::Registration, &[("client_id", None)])],
    ),
    refused(
        "registration-id-number",
        "The app's id in the reply is a number instead of text.",
        ("reg-dcr-response", "client-id-type"),
        &[Twist::Edit(Document::Registration, &[("client_id", Some("12345"))])],
    ),
    refused(
        "registration-secret-null",
        "The app's password in the reply is \"null\".",
        ("reg-dcr-response", "empty-secret"),
        &[Twist::Edit(Document::Registration, &[("client_secret", Some("null"))])],
    ),
    refused(
        "registration-method-changed",
        "The sign-in service wants a password of the app and gives it none.",
        ("reg-dcr-response", "secret-missing"),
        &[Twist::Edit(
            Document::Registration,
            &[("token_endpoint_auth_method", Some("client_secret_basic")), ("client_secret", None)],
        )],
    ),
    refused(
        "registration-secret-expired",
        "The app's password has run out before it is used.",
        ("reg-dcr-secret-expiry", "expired"),
        &[Twist::Edit(
            Document::Registration,
            &[
                ("token_endpoint_auth_method", Some("client_secret_post")),
                ("client_secret", Some("practice-secret")),
                ("client_secret_expires_at", Some("1000000000")),
            ],
        )],
    ),
    error(
        "cimd-refused",
        "The sign-in service says that it reads apps' public ID cards, and refuses them.",
        ("reg-cimd-allowed", "refused"),
        &[Twist::Quirk(Quirk::RefusesClientIdUrls)],
    )
    .under(Playbook::RedirectUri)
    .needing(Needs::Registration),
    warning(
        "loopback-port-fixed",
        "The sign-in service insists on the registered port for the return address, and apps pick a free one.",
        ("reg-cimd-loopback", "port-registered"),
        &[Twist::Quirk(Quirk::LiteralLoopbackPort)],
    )
    .under(Playbook::RedirectUri)
    .needing(Needs::Registration),
    refused(
        "redirect-refused-later",
        "The return address is accepted when the app introduces itself, and refused when it signs in.",
        ("authz-redirect-registered", "refused-later"),
        &[Twist::Quirk(Quirk::RefusesRedirectLater)],
    ),
    refused(
        "loopback-by-name-only",
        "The sign-in service sends people back to \"localhost\" but not to 127.0.0.1.",
        ("authz-redirect-registered", "loopback-name"),
        &[Twist::Quirk(Quirk::LoopbackByNameOnly)],
    ),
];
