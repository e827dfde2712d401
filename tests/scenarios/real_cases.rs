//! Failures from the field, each on a small server of its own: the answers that people reported, word for word where they were
//! quoted, and what has to be said about them first.

use std::net::{IpAddr, Ipv4Addr};
use std::time::Duration;

use mcp_auth_diagnosis::check::Owner;
use mcp_auth_diagnosis::report::{Report, State};
use mcp_auth_practice::{Fault, Options, Practice, TlsKind};
use mcp_auth_tests::diagnosing::{self, agreed, config, config_for, diagnose, told};
use mcp_auth_tests::scripted::{Reserved, Route, Scripted, route};
use tokio::net::TcpListener;
use url::Url;

pub(crate) const DETAILS: &str = "/.well-known/oauth-protected-resource*";
pub(crate) const INSTRUCTIONS: &str = "/.well-known/oauth-authorization-server*";

/// One report from the field.
struct Case {
    name: &'static str,
    /// In front of the routes of a healthy MCP server.
    mcp: Vec<Route>,
    /// In front of the routes of a healthy sign-in service.
    auth: Vec<Route>,
    /// A web page is the client.
    page: bool,
    /// Apps are introduced.
    register: bool,
    says: Says,
}

/// What has to be said.
#[derive(Clone, Copy)]
enum Says {
    /// This verdict, any of these variants (none listed: any), this owner.
    Verdict(&'static str, &'static [&'static str], Owner),
    /// This finding, and no verdict.
    Finding(&'static str, &'static [&'static str]),
    /// Nothing at all.
    Healthy,
}

fn case(name: &'static str, says: Says) -> Case {
    Case { name, mcp: Vec::new(), auth: Vec::new(), page: false, register: false, says }
}

impl Case {
    fn mcp(mut self, route: Route) -> Self {
        self.mcp.push(route);
        self
    }

    fn auth(mut self, route: Route) -> Self {
        self.auth.push(route);
        self
    }

    fn for_page(self) -> Self {
        Self { page: true, ..self }
    }

    fn with_registration(self) -> Self {
        Self { register: true, ..self }
    }
}

/// The healthy base: 401 with a full challenge, path and root metadata, a sign-in service with S256, registration and keys.
fn healthy_mcp() -> Vec<Route> {
    let details = r#"{"resource":"{mcp}/mcp","authorization_servers":["{auth}"],"scopes_supported":["mcp:read"],"bearer_methods_supported":["header"]}"#;
    vec![
        crossing(route("OPTIONS", "*", 204, "")),
        crossing(challenge(
            r#"Bearer resource_metadata="{mcp}/.well-known/oauth-protected-resource/mcp", scope="mcp:read""#,
        )),
        crossing(route("GET", "/.well-known/oauth-protected-resource/mcp", 200, details)),
        crossing(route("GET", "/.well-known/oauth-protected-resource", 200, details)),
    ]
}

fn healthy_auth() -> Vec<Route> {
    vec![
        crossing(route("OPTIONS", "*", 204, "")),
        crossing(route("GET", "/.well-known/oauth-authorization-server", 200, instructions("", ""))),
        crossing(route("GET", "/keys", 200, KEYS)),
        route("GET", "/authorize", 400, "<html><body>client_id is missing</body></html>"),
        route("GET", "/token", 405, "Method Not Allowed"),
        crossing(route("POST", "/token", 400, r#"{"error":"invalid_request"}"#)),
        crossing(route("POST", "/register", 201, r#"{"client_id":"c1","redirect_uris":["http://127.0.0.1:1/cb"]}"#)),
    ]
}

/// The instructions of the sign-in service with one text in them replaced.
pub(crate) fn instructions(this: &str, by: &str) -> String {
    let right = r#"{"issuer":"{auth}","authorization_endpoint":"{auth}/authorize","token_endpoint":"{auth}/token","registration_endpoint":"{auth}/register","jwks_uri":"{auth}/keys","response_types_supported":["code"],"grant_types_supported":["authorization_code","refresh_token"],"token_endpoint_auth_methods_supported":["none","client_secret_post","client_secret_basic"],"code_challenge_methods_supported":["S256"],"scopes_supported":["mcp:read","offline_access"],"authorization_response_iss_parameter_supported":true}"#;
    assert!(right.contains(this), "{this}");
    if this.is_empty() { right.to_owned() } else { right.replace(this, by) }
}

const KEYS: &str = r#"{"keys":[{"kty":"EC","crv":"P-256","alg":"ES256","use":"sig","kid":"k1","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU","y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"}]}"#;

/// The endpoint's 401 with this header.
pub(crate) fn challenge(header: &str) -> Route {
    route("*", "/mcp", 401, r#"{"error":"unauthorized"}"#).with("www-authenticate", header)
}

/// The same with the fields that let web pages read it.
fn crossing(route: Route) -> Route {
    let allowed = "Authorization, Content-Type, Accept, MCP-Protocol-Version, Mcp-Session-Id, Last-Event-ID, Mcp-Method, Mcp-Name";
    route
        .with("access-control-allow-origin", "*")
        .with("access-control-allow-headers", allowed)
        .with("access-control-allow-methods", "GET, POST, DELETE, OPTIONS")
        .with("access-control-expose-headers", "WWW-Authenticate, Mcp-Session-Id, MCP-Protocol-Version")
}

/// The sign-in details with other text in the place of the right one.
fn details(body: &str) -> Route {
    crossing(route("GET", DETAILS, 200, body))
}

fn cases() -> Vec<Case> {
    use Owner::{AuthorizationServer, McpServer, User};
    use Says::{Finding, Healthy, Verdict};
    let gone = |path| route("*", path, 404, "Not Found");
    let bare_401 =
        || route("*", "/mcp", 401, r#"{"jsonrpc":"2.0","error":{"code":-32001,"message":"Unauthorized"},"id":null}"#);
    let says = |variants| Verdict("asm-endpoints-https", variants, AuthorizationServer);
    let mut all = vec![
        case("P21: nothing is wrong", Healthy),
        case("P21: nothing is wrong, for a web page", Healthy).for_page(),
        case("P1, R46: a bare 401 and no metadata anywhere", Verdict("challenge-present", &["missing"], McpServer))
            .mcp(bare_401())
            .mcp(gone(DETAILS)),
        case("R49: the header is missing, the well-known address works", Finding("challenge-present", &["missing-but-well-known"]))
            .mcp(bare_401()),
        case("R47: a challenge without resource_metadata", Finding("challenge-resource-metadata", &["absent"]))
            .mcp(challenge(r#"Bearer realm="mcp""#)),
        case("R48: invalid_token without a token, and no metadata address", Finding("challenge-resource-metadata", &["absent"]))
            .mcp(challenge(r#"Bearer error="invalid_token", error_description="Missing Authorization header""#)),
        case(
            "P2, R65: the details answer 500 because they were never set",
            Verdict("prm-status", &["not-configured"], McpServer),
        )
        .mcp(route("GET", DETAILS, 500, r#"{"error": "PROTECTED_RESOURCE_METADATA config missing"}"#)),
        case("P3, R64: no resource, and objects for services", Verdict("prm-resource-present", &["missing"], McpServer))
            .mcp(details(r#"{"authorization_servers":[{"issuer":"{auth}"}]}"#)),
        case("P4, R63: registration_endpoint is null", Verdict("asm-nulls", &["null"], AuthorizationServer)).auth(
            crossing(route("GET", INSTRUCTIONS, 200, instructions(r#""registration_endpoint":"{auth}/register""#, r#""registration_endpoint":null"#))),
        ),
        case("P5: no code_challenge_methods_supported", Verdict("asm-pkce-present", &["absent"], AuthorizationServer))
            .auth(crossing(route(
                "GET",
                INSTRUCTIONS,
                200,
                instructions(r#""code_challenge_methods_supported":["S256"],"#, ""),
            ))),
        case("P7, R108: a bot filter in front of everything", Verdict("reach-waf", &["challenge-page"], McpServer)).mcp(
            route("*", "*", 403, "<!DOCTYPE html><html><head><title>Just a moment...</title></head></html>")
                .with("server", "cloudflare")
                .with("cf-mitigated", "challenge"),
        ),
        case("P8, R79: no page may see the signpost", Verdict("cors-expose", &["missing"], McpServer))
            .mcp(crossing(route("OPTIONS", "*", 204, "")))
            .mcp(
                challenge(r#"Bearer resource_metadata="{mcp}/.well-known/oauth-protected-resource/mcp", scope="mcp:read""#)
                    .with("access-control-allow-origin", "*"),
            )
            .for_page(),
        case("R76: the details cannot be read by a page", Verdict("cors-wellknown", &[], McpServer))
            .mcp(route("OPTIONS", DETAILS, 404, "Not Found"))
            .mcp(route(
                "GET",
                DETAILS,
                200,
                r#"{"resource":"{mcp}/mcp","authorization_servers":["{auth}"],"scopes_supported":["mcp:read"]}"#,
            ))
            .for_page(),
        case("R41: the resource gained a slash", Verdict("prm-resource-slash", &["extra-slash"], McpServer))
            .mcp(details(r#"{"resource":"{mcp}/mcp/","authorization_servers":["{auth}"],"scopes_supported":["mcp:read"]}"#)),
        case("R42: the resource is the origin alone", Verdict("prm-resource-match", &[], McpServer))
            .mcp(details(r#"{"resource":"{mcp}","authorization_servers":["{auth}"],"scopes_supported":["mcp:read"]}"#)),
        case("R43: the resource is on another host", Verdict("prm-resource-match", &["other-host"], McpServer)).mcp(
            details(r#"{"resource":"https://mcp.elsewhere.invalid/mcp","authorization_servers":["{auth}"]}"#),
        ),
        case("R57: the issuer is another one than was named", Verdict("asm-issuer", &["other"], McpServer))
            .auth(crossing(route(
                "GET",
                INSTRUCTIONS,
                200,
                instructions(r#""issuer":"{auth}""#, r#""issuer":"https://login.elsewhere.invalid""#),
            ))),
        case("R55, R60: a server with an API key and no sign-in", Verdict("challenge-present", &["wants-a-key"], User))
            .mcp(route("*", "/mcp", 401, r#"{"error":"missing API key"}"#))
            .mcp(gone(DETAILS)),
        case("R55: a server without any sign-in", Finding("challenge-status", &["no-sign-in"]))
            .mcp(gone(DETAILS))
            .mcp(open())
            .mcp(route("GET", "/mcp", 405, "")),
        case("documents that moved within their origin, which clients follow", Healthy)
            .mcp(
                route("GET", "/.well-known/oauth-protected-resource/mcp", 308, "")
                    .with("location", "/.well-known/oauth-protected-resource"),
            )
            .auth(
                route("GET", "/.well-known/oauth-authorization-server", 301, "")
                    .with("location", "{auth}/instructions"),
            )
            .auth(route("GET", "/instructions", 307, "").with("location", "/instructions/"))
            .auth(route("GET", "/instructions/", 200, instructions("", ""))),
        case("R60, R61: 404 pages that are no JSON where metadata might stand", Healthy)
            .mcp(route("*", INSTRUCTIONS, 404, "404 Not Found")),
        case("R102: the details ask for a scope that the service does not know", Verdict("prm-scopes", &[], McpServer))
            .mcp(challenge(r#"Bearer resource_metadata="{mcp}/.well-known/oauth-protected-resource/mcp""#))
            .mcp(details(
                r#"{"resource":"{mcp}/mcp","authorization_servers":["{auth}"],"scopes_supported":["mcp:read","mcp:admin"]}"#,
            )),
        case("R87: a bad token is forbidden, not unauthorized", Verdict("tok-bad-status", &["forbidden"], McpServer))
            .mcp(
                route("*", "/mcp", 403, r#"{"error":"invalid_token"}"#)
                    .with("www-authenticate", r#"Bearer error="invalid_token""#)
                    .when("authorization: "),
            ),
        case("R66: the published sign-in address answers 500, as it may to an app that it knows too", Finding("asm-endpoints-alive", &["page-in-doubt"]))
            .auth(route("GET", "/authorize", 500, "Internal server error")),
        case("P6, R09: loopback over http is refused", Verdict("reg-dcr-redirects", &["loopback-http"], AuthorizationServer))
            .auth(
                route(
                    "POST",
                    "/register",
                    400,
                    r#"{"error":"invalid_redirect_uri","error_description":"Redirect URI must use HTTPS: http://127.0.0.1:33418"}"#,
                )
                .when("\"http://"),
            )
            .with_registration(),
        case("R08: private schemes are refused, and the whole set with them", Verdict("reg-dcr-redirects", &["private-scheme"], AuthorizationServer))
            .auth(
                route("POST", "/register", 400, r#"{"error":"invalid_redirect_uri","error_description":"Unknown scheme"}"#)
                    .when("cursor://"),
            )
            .with_registration(),
        case("R02: another return address is noted than was asked for", Verdict("reg-dcr-redirects", &["dropped"], AuthorizationServer))
            .auth(crossing(route(
                "POST",
                "/register",
                201,
                r#"{"client_id":"c2","redirect_uris":["https://mcp.example.com/callback"],"token_endpoint_auth_method":"none"}"#,
            )))
            .with_registration(),
        case("R50: the address for new apps demands a token", Verdict("reg-dcr-status", &["unauthorized"], AuthorizationServer))
            .auth(
                route("POST", "/register", 401, r#"{"error":"invalid_token","error_description":"Authentication required"}"#)
                    .with("www-authenticate", r#"Bearer error="invalid_token", error_description="Authentication required""#),
            )
            .with_registration(),
        case("R68: registration answers 5xx", Verdict("reg-dcr-status", &["server-error"], AuthorizationServer))
            .auth(route("POST", "/register", 500, "Internal Server Error"))
            .with_registration(),
        case("R73: an unknown field is refused", Verdict("reg-dcr-status", &["metadata-refused"], AuthorizationServer))
            .auth(route(
                "POST",
                "/register",
                400,
                r#"{"error":"invalid_client_metadata","error_description":"Unrecognized field \"application_type\""}"#,
            ))
            .with_registration(),
        case("R59: no route to introduce an app", Verdict("asm-registration-route", &["none"], AuthorizationServer)).auth(
            crossing(route("GET", INSTRUCTIONS, 200, instructions(r#""registration_endpoint":"{auth}/register","#, ""))),
        ),
    ];
    for (name, address) in [
        ("P10: a script for a sign-in page", "javascript:alert(1)"),
        ("P10: a file for a sign-in page", "file:///etc/passwd"),
        ("P10: a command in a sign-in page's address", "http://a:$(calc.exe)@practice.invalid/"),
        ("P10: a share for a sign-in page", "smb://practice.invalid/x"),
        ("P10: a flag for a sign-in page", "-flag"),
    ] {
        let hostile = instructions(r#""{auth}/authorize""#, &format!("\"{address}\""));
        all.push(case(name, says(&["unsafe"])).auth(crossing(route("GET", INSTRUCTIONS, 200, hostile))));
    }
    all
}

/// The answer of a server that lets everybody in.
pub(crate) fn open() -> Route {
    route(
        "POST",
        "/mcp",
        200,
        r#"{"jsonrpc":"2.0","id":1,"result":{"protocolVersion":"2025-11-25","capabilities":{"tools":{}},"serverInfo":{"name":"open","version":"1"},"tools":[]}}"#,
    )
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn failures_from_the_field_get_the_right_verdict() {
    diagnosing::all(cases().into_iter().map(|case| (case.name.to_owned(), tell(case)))).await;
}

async fn tell(case: Case) -> Result<(), String> {
    let (_servers, url) = serve(case.mcp, case.auth).await.map_err(|error| error.to_string())?;
    let report = agreed(url, case.page, case.register, &config()).await;
    judge(case.says, &report)
}

pub(crate) async fn serve(mut mcp: Vec<Route>, mut auth: Vec<Route>) -> std::io::Result<([Scripted; 2], Url)> {
    let (mcp_door, auth_door) = (Reserved::new().await?, Reserved::new().await?);
    let (mcp_origin, auth_origin) = (mcp_door.origin()?, auth_door.origin()?);
    mcp.extend(healthy_mcp());
    auth.extend(healthy_auth());
    let servers = [mcp_door.serve(mcp, &mcp_origin, &auth_origin)?, auth_door.serve(auth, &mcp_origin, &auth_origin)?];
    let url = Url::parse(&format!("{mcp_origin}/mcp")).map_err(std::io::Error::other)?;
    Ok((servers, url))
}

fn judge(says: Says, report: &Report) -> Result<(), String> {
    let is = |variants: &[&str], variant: &str| variants.is_empty() || variants.contains(&variant);
    let (fits, wanted) = match says {
        Says::Verdict(code, variants, owner) => {
            let verdict = report.verdict.as_ref();
            let fits = verdict.is_some_and(|verdict| {
                verdict.code == code && is(variants, &verdict.variant) && verdict.owner == owner
            });
            (fits && report.state == State::Fault, format!("{code} {variants:?} of {owner:?}"))
        }
        Says::Finding(code, variants) => {
            let found = report.findings.iter().any(|one| one.code == code && is(variants, &one.variant));
            (found && report.verdict.is_none(), format!("{code} {variants:?} and no verdict"))
        }
        Says::Healthy => {
            let fits = report.state == State::Healthy && report.verdict.is_none() && report.findings.is_empty();
            (fits, "nothing".to_owned())
        }
    };
    if fits { Ok(()) } else { Err(format!("expected {wanted}; it says {}", told(report))) }
}

/// P9, R110.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn certificates_are_told_apart() {
    let kinds = [
        (TlsKind::SelfSigned, "reach-tls-chain", "self-signed"),
        (TlsKind::UnknownIssuer, "reach-tls-chain", "unknown-issuer"),
        (TlsKind::Expired, "reach-tls-date", "expired"),
        (TlsKind::NotYetValid, "reach-tls-date", "not-yet-valid"),
        (TlsKind::WrongName, "reach-tls-name", "wrong-name"),
    ];
    diagnosing::all(kinds.map(|(kind, code, variant)| {
        let story = async move {
            let options = Options { tls: Some(kind), ..Options::default() };
            let practice = Practice::start(options).await.map_err(|error| error.to_string())?;
            let report = diagnose(practice.mcp_url(), false, &config_for(&practice)).await;
            let fits = report.verdict.as_ref().is_some_and(|it| it.code == code && it.variant == variant);
            if fits { Ok(()) } else { Err(format!("expected {code} ({variant}); it says {}", told(&report))) }
        };
        (format!("{kind:?}"), story)
    }))
    .await;
}

/// P11: whatever a server sends, and however slowly, the run ends and stays small.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn hostile_sizes_end_within_the_cap() {
    let faults = ["metadata-huge", "metadata-trickles", "metadata-gzip-bomb", "redirect-chain", "endless-headers"];
    diagnosing::all(faults.map(|name| {
        let story = async move {
            let fault = Fault::named(name).ok_or("no such fault")?;
            let options = Options { fault: Some(fault), ..Options::default() };
            let practice = Practice::start(options).await.map_err(|error| error.to_string())?;
            let mut config = config_for(&practice);
            config.limits.request = Duration::from_secs(2);
            let report = diagnose(practice.mcp_url(), false, &config).await;
            let largest = report.exchanges.iter().map(|exchange| exchange.answer.len()).max().unwrap_or_default();
            match report.state {
                State::Fault if report.requests < 60 && largest < 64 * 1024 => Ok(()),
                _ => Err(format!("{} requests, {largest} bytes in the report, {}", report.requests, told(&report))),
            }
        };
        (name.to_owned(), story)
    }))
    .await;
}

/// P11: a header of 64 kB, and strings that want to be more than text.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn hostile_strings_are_text_and_nothing_else() {
    let long = format!("Bearer realm=\"{}\"", "x".repeat(64 * 1024));
    let markup = r#"{"resource":"<img src=x onerror=alert(1)>\u202e\u001b[31m","authorization_servers":["{auth}"]}"#;
    let stories = [("a long header", vec![challenge(&long)]), ("markup for a resource", vec![details(markup)])];
    diagnosing::all(stories.map(|(name, mcp)| {
        let story = async move {
            let (_servers, url) = serve(mcp, Vec::new()).await.map_err(|error| error.to_string())?;
            let report = diagnose(url, false, &config()).await;
            serde_json::to_string(&report).map(drop).map_err(|error| error.to_string())?;
            if report.state == State::Undetermined { Err(told(&report)) } else { Ok(()) }
        };
        (name.to_owned(), story)
    }))
    .await;
}

/// P12: a public server must not make this computer call into its own networks. Not one byte arrives.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_public_server_cannot_send_us_into_private_networks() {
    let trap = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.expect("a port");
    let port = trap.local_addr().expect("an address").port();
    let targets = [
        format!("http://127.0.0.1:{port}/x"),
        format!("http://localhost:{port}/x"),
        format!("http://[::ffff:127.0.0.1]:{port}/x"),
        format!("http://2130706433:{port}/x"),
        format!("http://0.0.0.0:{port}/x"),
        format!("http://inside.public.test:{port}/x"),
        "http://169.254.169.254/latest/meta-data/".to_owned(),
    ];
    let stories = targets.iter().flat_map(|target| {
        let in_header = vec![challenge(&format!("Bearer resource_metadata=\"{target}\""))];
        let in_details =
            vec![details(&format!(r#"{{"resource":"http://public.test/mcp","authorization_servers":["{target}"]}}"#))];
        let in_redirect = vec![route("*", "/mcp", 307, "").with("location", target.clone())];
        [("header", in_header), ("details", in_details), ("redirect", in_redirect)]
            .map(|(place, routes)| (format!("{target} in the {place}"), sent_to(routes)))
    });
    let stories: Vec<_> = stories.collect();
    tokio::select! {
        came = trap.accept() => panic!("something called the trap: {came:?}"),
        () = diagnosing::all(stories) => {}
    }
}

/// Diagnoses a server that looks public and answers like this.
async fn sent_to(routes: Vec<Route>) -> Result<(), String> {
    let (servers, mut url) = serve(routes, Vec::new()).await.map_err(|error| error.to_string())?;
    url.set_host(Some("public.test")).map_err(|error| error.to_string())?;
    let mut config = config();
    // A name with addresses in several places counts as public; the second one is for documents (RFC 5737).
    let public = vec![servers[0].address().ip(), IpAddr::from([203, 0, 113, 7])];
    config.names.insert("public.test".to_owned(), public);
    config.names.insert("inside.public.test".to_owned(), vec![IpAddr::from(Ipv4Addr::LOCALHOST)]);
    config.limits.connect = Duration::from_millis(500);
    let report = diagnose(url, false, &config).await;
    if servers[0].asked().is_empty() {
        return Err("the server itself was not called".to_owned());
    }
    if report.state == State::Healthy { Err(told(&report)) } else { Ok(()) }
}
