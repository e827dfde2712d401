//! The sign-in details that the server publishes (RFC 9728).

use super::{APP_PAGE, answer, bare, error, resource_metadata, warning};
use crate::behaviour::{Document, Fault, Garble, Place, Playbook, Quirk, Twist};

pub(super) const FAULTS: &[Fault] = &[
    error(
        "metadata-at-root-only",
        "The sign-in details stand only at the root of the server, and nothing points there.",
        ("prm-path-wellknown", "root-only"),
        &[
            Twist::Challenge(&[("www-authenticate", "Bearer realm=\"OAuth\"")]),
            answer(
                Place::RootResourceMetadata,
                200,
                "{\"resource\":\"{url}\",\"authorization_servers\":[\"{issuer}\"],\"scopes_supported\":[\"todo:read\"]}",
            ),
            answer(Place::ResourceMetadata, 404, "Not Found"),
        ],
    ),
    warning(
        "root-metadata-other-resource",
        "A second copy of the sign-in details belongs to another server.",
        ("prm-root-wellknown", "other-resource"),
        &[answer(
            Place::RootResourceMetadata,
            200,
            "{\"resource\":\"{mcp}/v1/sse\",\"authorization_servers\":[\"{issuer}\"],\"scopes_supported\":[\"todo:read\",\"todo:write\"]}",
        )],
    ),
    warning(
        "root-metadata-web-page",
        "Where a second copy of the sign-in details could stand, a web page stands.",
        ("prm-root-wellknown", "web-page"),
        &[answer(Place::RootResourceMetadata, 200, APP_PAGE)],
    ),
    warning(
        "metadata-copies-differ",
        "Two copies of the sign-in details name different sign-in services.",
        ("prm-agree", "authorization-servers"),
        &[
            Twist::Quirk(Quirk::RootCopy),
            Twist::Edit(
                Document::RootResourceMetadata,
                &[("authorization_servers", Some("[\"{auth}/resources/res_1111111111\"]"))],
            ),
        ],
    ),
    error(
        "metadata-locked",
        "The sign-in details can be read only after signing in (401).",
        ("prm-public", "unauthorized"),
        &[answer(Place::ResourceMetadata, 401, "{\"error\":\"Missing Bearer token\"}")],
    ),
    error(
        "metadata-forbidden",
        "Nobody may read the sign-in details (403).",
        ("prm-public", "forbidden"),
        &[answer(Place::ResourceMetadata, 403, "{\"error\":\"Forbidden\"}")],
    ),
    error(
        "metadata-not-configured",
        "The sign-in details were never put into the server's settings (500).",
        ("prm-status", "not-configured"),
        &[answer(Place::ResourceMetadata, 500, "{\"error\": \"PROTECTED_RESOURCE_METADATA config missing\"}")],
    ),
    error(
        "metadata-crashes",
        "The page with the sign-in details crashes (500).",
        ("prm-status", "server-error"),
        &[answer(Place::ResourceMetadata, 500, "Internal Server Error")],
    ),
    error(
        "metadata-moved",
        "The sign-in details forward to another address.",
        ("challenge-metadata-fetch", "redirect"),
        &[bare(Place::ResourceMetadata, 302, &[("location", "{mcp}/static/details.json")])],
    ),
    error(
        "metadata-not-found",
        "The server points to its sign-in details, and they are not there.",
        ("challenge-metadata-fetch", "not-found"),
        &[answer(Place::ResourceMetadata, 404, "Not Found")],
    ),
    error(
        "metadata-web-page",
        "Where the sign-in details should stand, a web page stands.",
        ("prm-content-type", "web-page"),
        &[answer(Place::ResourceMetadata, 200, APP_PAGE)],
    ),
    warning(
        "metadata-plain-text",
        "The sign-in details call themselves plain text.",
        ("prm-content-type", "not-json"),
        &[Twist::Garble(Document::ResourceMetadata, Garble::AsTextPlain)],
    ),
    warning(
        "metadata-octet-stream",
        "The sign-in details call themselves a file to download.",
        ("prm-content-type", "not-json"),
        &[Twist::Garble(Document::ResourceMetadata, Garble::AsOctetStream)],
    ),
    error(
        "metadata-trailing-comma",
        "The sign-in details have a comma too many.",
        ("prm-json", "syntax"),
        &[Twist::Garble(Document::ResourceMetadata, Garble::TrailingComma)],
    ),
    error(
        "metadata-encoded-twice",
        "The sign-in details were turned into text twice.",
        ("prm-json", "encoded-twice"),
        &[Twist::Garble(Document::ResourceMetadata, Garble::Twice)],
    ),
    error(
        "metadata-in-array",
        "The sign-in details are a list where one object belongs.",
        ("prm-json", "not-an-object"),
        &[Twist::Garble(Document::ResourceMetadata, Garble::InArray)],
    ),
    error(
        "metadata-byte-order-mark",
        "An invisible mark stands before the sign-in details.",
        ("prm-json", "byte-order-mark"),
        &[Twist::Garble(Document::ResourceMetadata, Garble::ByteOrderMark)],
    ),
    error(
        "metadata-empty",
        "The page with the sign-in details is empty.",
        ("prm-json", "empty"),
        &[bare(Place::ResourceMetadata, 200, &[("content-type", "application/json")])],
    ),
    error(
        "resource-missing",
        "The sign-in details do not say which server they belong to.",
        ("prm-resource-present", "missing"),
        &[resource_metadata(&[("resource", None)])],
    ),
    error(
        "resource-list",
        "The sign-in details name a list where the server's address belongs.",
        ("prm-resource-present", "not-a-string"),
        &[resource_metadata(&[("resource", Some("[\"{url}\"]"))])],
    ),
    error(
        "resource-not-url",
        "The sign-in details name a server that has no web address.",
        ("prm-resource-present", "not-a-url"),
        &[resource_metadata(&[("resource", Some("my-mcp-server"))])],
    ),
    error(
        "resource-fragment",
        "The server's address in the sign-in details has a \"#\" part.",
        ("prm-resource-present", "fragment"),
        &[resource_metadata(&[("resource", Some("{url}#tools"))])],
    ),
    error(
        "resource-other-host",
        "The sign-in details belong to a server with another name.",
        ("prm-resource-match", "other-host"),
        &[resource_metadata(&[("resource", Some("https://mcp.elsewhere.invalid/mcp"))])],
    ),
    error(
        "resource-other-path",
        "The sign-in details belong to another address of the same server.",
        ("prm-resource-match", "other-path"),
        &[resource_metadata(&[("resource", Some("{mcp}/sse"))])],
    ),
    error(
        "resource-origin-only",
        "The sign-in details name the server without its path.",
        ("prm-resource-match", "parent"),
        &[resource_metadata(&[("resource", Some("{mcp}"))])],
    ),
    error(
        "resource-trailing-slash",
        "The sign-in details name the server with a slash too many.",
        ("prm-resource-slash", "extra-slash"),
        &[resource_metadata(&[("resource", Some("{url}/"))])],
    ),
    error(
        "resource-other-scheme",
        "The sign-in details say https where the server is reached by http.",
        ("prm-resource-scheme", "scheme"),
        &[resource_metadata(&[("resource", Some("https://{host}/mcp"))])],
    ),
    error(
        "as-missing",
        "The sign-in details do not say where to sign in.",
        ("prm-as-present", "missing"),
        &[resource_metadata(&[("authorization_servers", None)])],
    ),
    error(
        "as-empty",
        "The list of sign-in services is empty.",
        ("prm-as-present", "empty"),
        &[resource_metadata(&[("authorization_servers", Some("[]"))])],
    ),
    error(
        "as-string",
        "One sign-in service stands where a list of them belongs.",
        ("prm-as-present", "not-a-list"),
        &[resource_metadata(&[("authorization_servers", Some("{issuer}"))])],
    ),
    error(
        "as-singular",
        "The list of sign-in services has a name that no app looks for.",
        ("prm-as-present", "misspelt"),
        &[resource_metadata(&[("authorization_servers", None), ("authorization_server", Some("{issuer}"))])],
    ),
    error(
        "as-objects",
        "The list of sign-in services holds objects where addresses belong.",
        ("prm-as-present", "not-strings"),
        &[resource_metadata(&[("authorization_servers", Some("[{\"issuer\":\"{issuer}\"}]"))])],
    ),
    error(
        "as-metadata-document",
        "The sign-in details name the sign-in service's instructions instead of the service.",
        ("prm-as-url", "metadata-document"),
        &[resource_metadata(&[(
            "authorization_servers",
            Some("[\"{auth}/.well-known/oauth-authorization-server/resources/res_1234567890\"]"),
        )])],
    ),
    error(
        "as-endpoint",
        "The sign-in details name the sign-in page instead of the service.",
        ("prm-as-url", "endpoint"),
        &[resource_metadata(&[("authorization_servers", Some("[\"{issuer}/oauth/authorize\"]"))])],
    ),
    error(
        "as-several-in-one",
        "Two sign-in services stand in one entry, with a comma between them.",
        ("prm-as-url", "several-in-one"),
        &[resource_metadata(&[("authorization_servers", Some("[\"{issuer},https://auth.practice.invalid\"]"))])],
    ),
    error(
        "as-camel-case",
        "The list of sign-in services has the name that it has in the program's code.",
        ("prm-as-present", "misspelt"),
        &[resource_metadata(&[("authorization_servers", None), ("authorizationServers", Some("[\"{issuer}\"]"))])],
    ),
    error(
        "resource-not-of-the-web",
        "The server calls itself by a name that is no address of the web.",
        ("prm-resource-present", "not-a-url"),
        &[resource_metadata(&[("resource", Some("\"urn:practice:todo\""))])],
    ),
    error(
        "as-placeholder",
        "The address of the sign-in service is still a placeholder.",
        ("prm-as-url", "placeholder"),
        &[resource_metadata(&[(
            "authorization_servers",
            Some("[\"https://<your-environment>.scalekit.com/resources/<resource-id>\"]"),
        )])],
    ),
    error(
        "as-not-url",
        "The sign-in service has no web address.",
        ("prm-as-url", "not-a-url"),
        &[resource_metadata(&[("authorization_servers", Some("[\"auth.practice.invalid\"]"))])],
    ),
    error(
        "as-plain-http",
        "The address of the sign-in service is not secure.",
        ("prm-as-url", "http"),
        &[resource_metadata(&[("authorization_servers", Some("[\"http://auth.practice.invalid\"]"))])],
    ),
    error(
        "as-with-query",
        "The address of the sign-in service has a query.",
        ("prm-as-url", "query"),
        &[resource_metadata(&[("authorization_servers", Some("[\"{issuer}?tenant=1\"]"))])],
    ),
    error(
        "as-first-broken",
        "Two sign-in services are named, and the first one is not there.",
        ("prm-as-multiple", "first-broken"),
        &[resource_metadata(&[("authorization_servers", Some("[\"{auth}/resources/res_0000000000\",\"{issuer}\"]"))])],
    ),
    error(
        "metadata-empty-url",
        "An optional address in the sign-in details is empty.",
        ("prm-empty-urls", "empty"),
        &[resource_metadata(&[("resource_policy_uri", Some("\"\""))])],
    ),
    error(
        "metadata-empty-keys-url",
        "The address of the keys in the sign-in details is empty.",
        ("prm-empty-urls", "empty"),
        &[resource_metadata(&[("jwks_uri", Some("\"\""))])],
    ),
    error(
        "metadata-null-scopes",
        "The list of permissions in the sign-in details is \"null\".",
        ("prm-null-arrays", "null"),
        &[resource_metadata(&[("scopes_supported", Some("null"))])],
    ),
    warning(
        "scopes-offline-access",
        "The sign-in details list offline_access, which is not theirs to give.",
        ("prm-scopes", "offline-access"),
        &[resource_metadata(&[("scopes_supported", Some("[\"todo:read\",\"todo:write\",\"offline_access\"]"))])],
    )
    .under(Playbook::Scope),
    error(
        "scopes-unknown",
        "The sign-in details list a permission that the sign-in service does not know.",
        ("prm-scopes", "unknown-to-as"),
        &[
            resource_metadata(&[("scopes_supported", Some("[\"todo:read\",\"todo:admin\"]"))]),
            Twist::Challenge(&[("www-authenticate", "Bearer resource_metadata=\"{prm}\"")]),
        ],
    )
    .under(Playbook::Scope),
    error(
        "scopes-with-commas",
        "The permissions in the sign-in details are written as one, with commas.",
        ("scope-syntax", "separator"),
        &[
            resource_metadata(&[("scopes_supported", Some("[\"todo:read, todo:write\"]"))]),
            Twist::Challenge(&[("www-authenticate", "Bearer resource_metadata=\"{prm}\"")]),
        ],
    )
    .under(Playbook::Scope),
    warning(
        "bearer-method-body",
        "The sign-in details say that tokens are taken in the body only.",
        ("prm-bearer-methods", "no-header"),
        &[resource_metadata(&[("bearer_methods_supported", Some("[\"body\"]"))])],
    ),
    error(
        "dpop-required",
        "The sign-in details demand tokens that are bound to a key.",
        ("prm-extra", "dpop-required"),
        &[resource_metadata(&[("dpop_bound_access_tokens_required", Some("true"))])],
    ),
    error(
        "mtls-required",
        "The sign-in details demand tokens that are bound to a certificate.",
        ("prm-extra", "mtls-required"),
        &[resource_metadata(&[("tls_client_certificate_bound_access_tokens", Some("true"))])],
    ),
    error(
        "as-environment-root",
        "The sign-in details name the whole Scalekit environment instead of this server's part of it.",
        ("asm-env-vs-resource", "environment-root"),
        &[resource_metadata(&[("authorization_servers", Some("[\"{auth}\"]"))])],
    ),
];
