//! The practice servers, as a client meets them: right when left alone, wrong in exactly the way that is asked for, and right
//! again when mended.

#![allow(clippy::disallowed_methods, reason = "plays a client that registers, against the practice server alone")]
#![allow(clippy::unwrap_used, reason = "tests")]

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use mcp_auth_practice::{Fault, Options, Practice, Recorded, Shape, TlsKind, TokenShape, faults, healthy};
use reqwest::{Client, Method, RequestBuilder, Response, StatusCode};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use url::Url;

const VERIFIER: &str = "practice-makes-perfect-practice-makes-perfect";
const LOOPBACK: &str = "http://127.0.0.1:7777/callback";
const LEGACY: &str = "2025-11-25";
const MODERN: &str = "2026-07-28";

/// Both servers, and a client for them.
struct Visit {
    practice: Practice,
    http: Client,
}

impl Visit {
    async fn start(options: Options) -> Visit {
        let practice = Practice::start(options).await.unwrap();
        let http = client(&practice, SOON);
        Visit { practice, http }
    }

    /// The same servers, mended, and a client that has never met them.
    async fn mended(self, patience: Duration) -> Visit {
        self.practice.set_fault(None).await;
        let http = client(&self.practice, patience);
        Visit { http, ..self }
    }

    async fn broken(fault: &'static Fault) -> Visit {
        Visit::start(Options { fault: Some(fault), ..Options::default() }).await
    }

    fn mcp(&self, path: &str) -> Url {
        self.practice.mcp_url().join(path).unwrap()
    }

    fn auth(&self, path: &str) -> Url {
        self.practice.environment().join(path).unwrap()
    }

    fn post(&self, message: &Value) -> RequestBuilder {
        self.http
            .post(self.practice.mcp_url())
            .header("accept", "application/json, text/event-stream")
            .header("content-type", "application/json")
            .body(message.to_string())
    }

    fn initialize(&self) -> RequestBuilder {
        let params =
            json!({"protocolVersion": LEGACY, "capabilities": {}, "clientInfo": {"name": "t", "version": "1"}});
        self.post(&json!({"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": params}))
    }

    fn legacy(&self, method: &str, params: Value, session: Option<&str>) -> RequestBuilder {
        let message = json!({"jsonrpc": "2.0", "id": 2, "method": method, "params": params});
        let asked = self.post(&message).header("mcp-protocol-version", LEGACY);
        session.into_iter().fold(asked, |asked, session| asked.header("mcp-session-id", session))
    }

    fn modern(&self, method: &str, mut params: Value) -> RequestBuilder {
        params["_meta"] = json!({"io.modelcontextprotocol/protocolVersion": MODERN});
        let name = params["name"].as_str().map(str::to_owned);
        let message = json!({"jsonrpc": "2.0", "id": 3, "method": method, "params": params});
        let asked = self.post(&message).header("mcp-protocol-version", MODERN).header("mcp-method", method);
        name.into_iter().fold(asked, |asked, name| asked.header("mcp-name", name))
    }

    async fn json(&self, url: Url) -> Value {
        self.http.get(url).send().await.unwrap().json().await.unwrap()
    }

    /// The instructions of the sign-in service, found the way a client finds them.
    async fn instructions(&self) -> Value {
        let issuer = Url::parse(&self.practice.issuer()).unwrap();
        let path = format!("/.well-known/oauth-authorization-server{}", issuer.path().trim_end_matches('/'));
        self.json(issuer.join(&path).unwrap()).await
    }

    /// Where the browser is sent, with the code or the error.
    async fn authorize(&self, endpoint: &Url, parameters: &[(&str, &str)]) -> Url {
        let answer = self.http.get(endpoint.clone()).query(parameters).send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::FOUND);
        Url::parse(answer.headers()["location"].to_str().unwrap()).unwrap()
    }
}

/// How long a client waits for the next byte. Some of what is broken never answers.
const SOON: Duration = Duration::from_millis(800);
/// The same where a busy computer alone may be slow.
const LATE: Duration = Duration::from_secs(15);

fn client(practice: &Practice, patience: Duration) -> Client {
    let authority = practice.ca_pem().map(|pem| reqwest::Certificate::from_pem(pem.as_bytes()).unwrap());
    Client::builder()
        .redirect(reqwest::redirect::Policy::none())
        .no_proxy()
        // The system's own authorities have no say here, and take long to load.
        .tls_certs_only(authority)
        .timeout(patience * 6)
        .read_timeout(patience)
        .build()
        .unwrap()
}

fn challenge() -> String {
    URL_SAFE_NO_PAD.encode(Sha256::digest(VERIFIER))
}

fn parameter(url: &Url, name: &str) -> Option<String> {
    url.query_pairs().find(|(key, _)| key == name).map(|(_, value)| value.into_owned())
}

#[tokio::test]
async fn a_client_can_sign_in_to_every_healthy_shape_and_use_it_in_the_eras_that_it_speaks() {
    for shape in healthy() {
        let visit = Visit::start(Options { shape: shape.shape, ..Options::default() }).await;
        let name = shape.name;

        let refused = visit.legacy("tools/list", json!({}), None).send().await.unwrap();
        assert_eq!(refused.status(), StatusCode::UNAUTHORIZED, "{name}");
        let header = refused.headers()["www-authenticate"].to_str().unwrap().to_owned();
        let resource = if shape.shape == Shape::Legacy {
            visit.practice.mcp_url().to_string()
        } else {
            let (_, rest) = header.split_once("resource_metadata=\"").unwrap();
            let details = visit.json(Url::parse(rest.split('"').next().unwrap()).unwrap()).await;
            assert_eq!(details["resource"], visit.practice.mcp_url().as_str(), "{name}");
            assert_eq!(details["authorization_servers"], json!([visit.practice.issuer()]), "{name}");
            details["resource"].as_str().unwrap().to_owned()
        };

        let instructions = visit.instructions().await;
        assert_eq!(instructions["issuer"], visit.practice.issuer(), "{name}");
        let endpoint = |member: &str| Url::parse(instructions[member].as_str().unwrap()).unwrap();

        let about = json!({"client_name": "t", "redirect_uris": [LOOPBACK], "token_endpoint_auth_method": "none"});
        let registered = visit.http.post(endpoint("registration_endpoint")).json(&about).send().await.unwrap();
        assert_eq!(registered.status(), StatusCode::CREATED, "{name}");
        let registered: Value = registered.json().await.unwrap();
        assert_eq!(registered["redirect_uris"], json!([LOOPBACK]), "{name}");
        let client = registered["client_id"].as_str().unwrap();

        // A free port on loopback, as the operating system gives it.
        let back = "http://127.0.0.1:8888/callback";
        let landed = visit
            .authorize(
                &endpoint("authorization_endpoint"),
                &[
                    ("response_type", "code"),
                    ("client_id", client),
                    ("redirect_uri", back),
                    ("state", "a b&c"),
                    ("code_challenge", &challenge()),
                    ("code_challenge_method", "S256"),
                    ("resource", &resource),
                    ("scope", "todo:read todo:write offline_access"),
                ],
            )
            .await;
        assert!(landed.as_str().starts_with(back), "{name}: {landed}");
        assert_eq!(parameter(&landed, "state").as_deref(), Some("a b&c"), "{name}");
        assert_eq!(parameter(&landed, "iss").as_deref(), Some(visit.practice.issuer().as_str()), "{name}");
        let code = parameter(&landed, "code").unwrap();

        let form = [
            ("grant_type", "authorization_code"),
            ("code", &code),
            ("redirect_uri", back),
            ("client_id", client),
            ("code_verifier", VERIFIER),
            ("resource", &resource),
        ];
        let tokens = visit.http.post(endpoint("token_endpoint")).form(&form).send().await.unwrap();
        assert_eq!((tokens.status(), &tokens.headers()["cache-control"] == "no-store"), (StatusCode::OK, true));
        let tokens: Value = tokens.json().await.unwrap();
        let again = visit.http.post(endpoint("token_endpoint")).form(&form).send().await.unwrap();
        assert_eq!(again.status(), StatusCode::BAD_REQUEST, "{name}: a code is good once");

        let form = [
            ("grant_type", "refresh_token"),
            ("refresh_token", tokens["refresh_token"].as_str().unwrap()),
            ("client_id", client),
        ];
        let renewed = visit.http.post(endpoint("token_endpoint")).form(&form).send().await.unwrap();
        let renewed: Value = renewed.json().await.unwrap();
        let token = renewed["access_token"].as_str().unwrap();
        assert_ne!(tokens["access_token"], renewed["access_token"], "{name}");

        let opened = visit.initialize().bearer_auth(token).send().await.unwrap();
        assert_eq!(opened.status(), StatusCode::OK, "{name}");
        let session = opened.headers().get("mcp-session-id").map(|id| id.to_str().unwrap().to_owned());
        let opened: Value = opened.json().await.unwrap();
        assert_eq!(opened["result"]["protocolVersion"], LEGACY, "{name}");
        let session = session.as_deref();
        let ready = json!({"jsonrpc": "2.0", "method": "notifications/initialized"});
        let ready = visit.post(&ready).header("mcp-protocol-version", LEGACY).bearer_auth(token).send().await.unwrap();
        assert_eq!(ready.status(), StatusCode::ACCEPTED, "{name}");
        let call = json!({"name": "add_todo", "arguments": {}});
        let mut asked =
            vec![visit.legacy("tools/list", json!({}), session), visit.legacy("tools/call", call.clone(), session)];
        // The FastMCP of this shape speaks the older dialect alone.
        if name != "healthy-fastmcp" {
            asked.extend([
                visit.modern("server/discover", json!({})),
                visit.modern("tools/list", json!({})),
                visit.modern("tools/call", call),
            ]);
        }
        for asked in asked {
            let answer = asked.bearer_auth(token).send().await.unwrap();
            assert_eq!(answer.status(), StatusCode::OK, "{name}");
            let answer: Value = answer.json().await.unwrap();
            assert!(answer["result"].is_object() && answer["result"]["isError"] != true, "{name}: {answer}");
        }
    }
}

#[tokio::test]
async fn a_token_without_the_scope_is_told_which_one_it_needs() {
    let visit = Visit::start(Options::default()).await;
    let token = visit.practice.fresh_token().unwrap();
    let answer = visit.modern("tools/call", json!({"name": "add_todo"})).bearer_auth(token).send().await.unwrap();
    assert_eq!(answer.status(), StatusCode::FORBIDDEN);
    let header = answer.headers()["www-authenticate"].to_str().unwrap();
    assert!(header.contains("insufficient_scope") && header.contains("scope=\"todo:read todo:write\""), "{header}");
}

#[tokio::test]
async fn every_wrong_token_is_refused_and_every_right_one_taken() {
    let visit = Visit::start(Options::default()).await;
    let right = [
        TokenShape::Good,
        TokenShape::EnvironmentIssuer,
        TokenShape::ResourceIdAudience,
        TokenShape::UrlAudience,
        TokenShape::ArrayScopes,
        TokenShape::NoKeyId,
    ];
    let wrong = [
        TokenShape::WrongAudience,
        TokenShape::SlashAudience,
        TokenShape::NoAudience,
        TokenShape::Expired,
        TokenShape::MillisecondExpiry,
        TokenShape::NoExpiry,
        TokenShape::NotYetValid,
        TokenShape::OtherIssuer,
        TokenShape::SlashIssuer,
        TokenShape::UnknownKey,
        TokenShape::BadSignature,
        TokenShape::AlgNone,
        TokenShape::Hs256,
        TokenShape::Opaque,
        TokenShape::IdToken,
    ];
    for (shapes, status) in [(right.as_slice(), StatusCode::OK), (wrong.as_slice(), StatusCode::UNAUTHORIZED)] {
        for shape in shapes {
            let token = visit.practice.issue_token(*shape).unwrap();
            let answer = visit.initialize().bearer_auth(token).send().await.unwrap();
            assert_eq!(answer.status(), status, "{shape:?}");
        }
    }
}

#[tokio::test]
async fn what_is_remembered_of_requests_holds_no_secret() {
    let visit = Visit::start(Options::default()).await;
    let canary = "canary-0123456789";
    visit.initialize().bearer_auth(canary).send().await.unwrap();
    let form = [("grant_type", "refresh_token"), ("refresh_token", canary), ("client_secret", canary)];
    visit.http.post(visit.auth("/oauth/token")).form(&form).send().await.unwrap();
    let seen: Vec<Recorded> = visit.practice.requests();
    assert_eq!(seen.len(), 2);
    assert_eq!(seen[0].header("authorization"), Some("Bearer ***"));
    assert!(!format!("{seen:?}{}", serde_json::to_string(&seen).unwrap()).contains(canary));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn every_fault_shows_and_every_fault_can_be_mended() {
    let plain = Visit::start(Options::default()).await;
    let secure = Visit::start(Options { tls: Some(TlsKind::Good), ..Options::default() }).await;
    let named = Visit::start(Options { by_name: true, ipv6: true, ..Options::default() }).await;
    let right = Arc::new([script(&plain, None).await, script(&secure, None).await, script(&named, None).await]);
    let again = script(&plain, None).await;
    assert_eq!(difference(&right[0], &again), None, "the script is the same every time");

    let turns = Arc::new(Semaphore::new(16));
    let mut running = JoinSet::new();
    // This client does not read until when a certificate is good.
    for fault in faults().iter().filter(|fault| fault.name != "certificate-expires-soon") {
        let (right, turns) = (right.clone(), turns.clone());
        running.spawn(async move {
            let _turn = turns.acquire_owned().await.unwrap();
            let visit = Visit::broken(fault).await;
            let url = visit.practice.mcp_url();
            let right = match (url.scheme(), url.host_str()) {
                ("https", _) => &right[1],
                (_, Some("localhost" | "[::1]")) => &right[2],
                _ => &right[0],
            };
            let wrong = script(&visit, Some(right)).await;
            if difference(right, &wrong).is_none() {
                return Some(format!("{}: nothing is different", fault.name));
            }
            let visit = visit.mended(SOON).await;
            let mended = script_of(&visit, wrong.len(), |_, _| false).await;
            difference(right, &mended)?;
            // It may have been the computer that was slow, and not the server that is still broken.
            let visit = visit.mended(LATE).await;
            let mended = script_of(&visit, wrong.len(), |_, _| false).await;
            difference(right, &mended).map(|what| format!("{}, mended: {what}", fault.name))
        });
    }
    let mut wrong = Vec::new();
    while let Some(ended) = running.join_next().await {
        wrong.extend(ended.unwrap());
    }
    wrong.sort();
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), faults().len(), wrong.join("\n"));
}

#[tokio::test]
async fn a_fault_can_be_put_in_while_the_servers_run() {
    let visit = Visit::start(Options::default()).await;
    let refused = Fault::named("connection-refused").unwrap();
    for _ in 0..3 {
        assert_eq!(visit.initialize().send().await.unwrap().status(), StatusCode::UNAUTHORIZED);
        visit.practice.set_fault(Some(refused)).await;
        assert!(visit.initialize().send().await.unwrap_err().is_connect());
        visit.practice.set_fault(Fault::named("forbidden-instead-of-unauthorized")).await;
        assert_eq!(visit.initialize().send().await.unwrap().status(), StatusCode::FORBIDDEN);
        visit.practice.set_fault(None).await;
    }
}

/// What came of each step, by its name.
type Transcript = BTreeMap<&'static str, String>;

/// The first step of the second that went otherwise in the first.
fn difference(right: &Transcript, other: &Transcript) -> Option<String> {
    other.iter().find(|(step, is)| right.get(*step) != Some(is)).map(|(step, is)| {
        format!("at \"{step}\": {}\n    became {is}", right.get(step).map_or("nothing", String::as_str))
    })
}

/// Everything a client and a curious person would try. With a transcript to compare, it ends at the first difference.
async fn script(visit: &Visit, right: Option<&Transcript>) -> Transcript {
    script_of(visit, usize::MAX, |step, came| right.is_some_and(|right| right.get(step) != Some(came))).await
}

/// So many steps of it, or until a step is the last.
async fn script_of(visit: &Visit, steps: usize, last: impl Fn(&str, &String) -> bool) -> Transcript {
    let mut transcript = Transcript::new();
    for (step, asked) in self::steps(visit) {
        if transcript.len() == steps || transcript.iter().any(|(step, came)| last(step, came)) {
            return transcript;
        }
        transcript.insert(step, came_of(visit, asked).await);
    }
    for step in SIGN_INS {
        if transcript.len() == steps || transcript.iter().any(|(step, came)| last(step, came)) {
            return transcript;
        }
        transcript.insert(step.name, sign_in(visit, *step).await);
    }
    transcript
}

fn steps(visit: &Visit) -> Vec<(&'static str, RequestBuilder)> {
    const PAGE: &str = "http://localhost:6274";
    let get = |url: Url| visit.http.get(url).header("mcp-protocol-version", LEGACY);
    let details = visit.mcp("/.well-known/oauth-protected-resource/mcp");
    let resource = "resources/res_1234567890";
    let preflight = |url: Url, method: &str, headers: &str| {
        visit
            .http
            .request(Method::OPTIONS, url)
            .header("origin", PAGE)
            .header("access-control-request-method", method.to_owned())
            .header("access-control-request-headers", headers.to_owned())
    };
    let register = |uris: &[&str]| {
        let about = json!({"client_name": "t", "redirect_uris": uris, "token_endpoint_auth_method": "none"});
        visit.http.post(visit.auth(&format!("/api/v1/{resource}/clients:register"))).json(&about)
    };
    let naming = json!({"client_name": "t", "redirect_uris": [LOOPBACK], "scope": "todo:read"});
    let fresh = visit.practice.fresh_token().unwrap();
    let shaped = |shape| visit.practice.issue_token(shape).unwrap();
    let poor = visit.practice.issue_token_with(TokenShape::Good, "openid").unwrap();
    let call = |name: &str| visit.modern("tools/call", json!({"name": name}));
    let mut query = visit.practice.mcp_url();
    query.query_pairs_mut().append_pair("access_token", &fresh);
    let authorize = visit.auth(&format!("/{resource}/oauth/authorize"));
    let without_challenge = [("response_type", "code"), ("client_id", "m2m_5001"), ("redirect_uri", LOOPBACK)];
    let mut other_family = visit.practice.mcp_url();
    other_family.set_host(Some("[::1]")).unwrap();
    let mut all = vec![
        ("first call", visit.initialize()),
        ("first call again", visit.initialize()),
        ("discover", visit.modern("server/discover", json!({}))),
        ("listen", get(visit.practice.mcp_url()).header("accept", "text/event-stream")),
        ("tools without a token", visit.legacy("tools/list", json!({}), None)),
        ("made-up token", visit.initialize().bearer_auth("made-up")),
        ("random path", visit.http.post(visit.mcp("/nowhere")).json(&json!({}))),
        ("details", get(details.clone())),
        ("details again", get(details.clone())),
        ("details at the root", get(visit.mcp("/.well-known/oauth-protected-resource"))),
        ("instructions", get(visit.auth(&format!("/.well-known/oauth-authorization-server/{resource}")))),
        ("instructions, appended", get(visit.auth(&format!("/{resource}/.well-known/oauth-authorization-server")))),
        ("instructions, OpenID", get(visit.auth(&format!("/{resource}/.well-known/openid-configuration")))),
        ("instructions, copied", get(visit.mcp("/.well-known/oauth-authorization-server"))),
        ("keys", get(visit.auth("/keys"))),
        ("preflight", preflight(visit.practice.mcp_url(), "POST", "authorization,content-type")),
        ("preflight of the details", preflight(details.clone(), "GET", "mcp-protocol-version")),
        ("preflight of tokens", preflight(visit.auth("/oauth/token"), "POST", "content-type")),
        ("call from a page", visit.initialize().header("origin", PAGE)),
        ("details for a page", get(details).header("origin", PAGE)),
        ("register 127.0.0.1", register(&[LOOPBACK])),
        ("register localhost", register(&["http://localhost:7777/callback"])),
        ("register a scheme", register(&["cursor://anysphere.cursor-mcp/oauth/callback"])),
        ("register a connector", register(&["https://claude.ai/api/mcp/auth_callback"])),
        (
            "register naming a permission",
            visit.http.post(visit.auth(&format!("/api/v1/{resource}/clients:register"))).json(&naming),
        ),
        ("authorize without challenge", visit.http.get(authorize).query(&without_challenge)),
        ("initialize", visit.initialize().bearer_auth(&fresh)),
        ("initialize again", visit.initialize().bearer_auth(&fresh)),
        (
            "notification",
            visit.post(&json!({"jsonrpc": "2.0", "method": "notifications/initialized"})).bearer_auth(&fresh),
        ),
        ("tools", visit.legacy("tools/list", json!({}), None).bearer_auth(&fresh)),
        ("modern discover", visit.modern("server/discover", json!({})).bearer_auth(&fresh)),
        ("modern tools", visit.modern("tools/list", json!({})).bearer_auth(&fresh)),
        ("modern call", call("list_todos").bearer_auth(&fresh)),
        ("call beyond the scope", call("add_todo").bearer_auth(&fresh)),
        ("call without any scope", call("add_todo").bearer_auth(poor)),
        ("lower-case scheme", visit.initialize().header("authorization", format!("bearer {fresh}"))),
        ("token in the address", visit.http.post(query).json(&json!({}))),
        ("older issuer", visit.initialize().bearer_auth(shaped(TokenShape::EnvironmentIssuer))),
        ("resource id as audience", visit.initialize().bearer_auth(shaped(TokenShape::ResourceIdAudience))),
        ("address as audience", visit.initialize().bearer_auth(shaped(TokenShape::UrlAudience))),
        ("token a moment ahead", visit.initialize().bearer_auth(shaped(TokenShape::Good))),
    ];
    if visit.practice.mcp_url().host_str() == Some("localhost") {
        all.push(("the other family", visit.http.post(other_family).json(&json!({}))));
    }
    all
}

/// One sign-in from the registration to the renewal.
#[derive(Clone, Copy)]
struct SignIn {
    name: &'static str,
    client: Option<&'static str>,
    redirect: &'static str,
    scope: &'static str,
}

const SIGN_INS: &[SignIn] = &[
    SignIn { name: "sign-in", client: None, redirect: LOOPBACK, scope: "todo:read offline_access" },
    SignIn { name: "sign-in for more", client: None, redirect: LOOPBACK, scope: "todo:read todo:write" },
    SignIn {
        name: "sign-in on another port",
        client: None,
        redirect: "http://127.0.0.1:9999/callback",
        scope: "todo:read",
    },
    SignIn {
        name: "sign-in by a public ID card",
        client: Some("https://claude.ai/oauth/claude-code-client-metadata"),
        redirect: LOOPBACK,
        scope: "todo:read",
    },
];

/// What came of a sign-in: every answer, until one says no.
async fn sign_in(visit: &Visit, how: SignIn) -> String {
    let at = |path: &str| visit.auth(&format!("/resources/res_1234567890/oauth/{path}"));
    let mut told = Vec::new();
    let client = match how.client {
        Some(client) => client.to_owned(),
        None => {
            let about = json!({"client_name": "t", "redirect_uris": [LOOPBACK], "token_endpoint_auth_method": "none"});
            let url = visit.auth("/api/v1/resources/res_1234567890/clients:register");
            let Ok(answer) = visit.http.post(url).json(&about).send().await else { return "no answer".to_owned() };
            let body: Value = answer.json().await.unwrap_or_default();
            told.push(masked(visit, &body.to_string()));
            body["client_id"].as_str().unwrap_or("m2m_5001").to_owned()
        }
    };
    let challenge = challenge();
    let resource = visit.practice.mcp_url().to_string();
    let parameters = [
        ("response_type", "code"),
        ("client_id", &client),
        ("redirect_uri", how.redirect),
        ("state", "s"),
        ("code_challenge", &challenge),
        ("code_challenge_method", "S256"),
        ("resource", &resource),
        ("scope", how.scope),
    ];
    let Ok(answer) = visit.http.get(at("authorize")).query(&parameters).send().await else {
        return "no answer".to_owned();
    };
    let location =
        answer.headers().get("location").and_then(|value| value.to_str().ok()).unwrap_or_default().to_owned();
    let landed = Url::parse(&location).ok();
    let code = landed.as_ref().and_then(|landed| parameter(landed, "code")).unwrap_or_default();
    told.push(format!("{} {:?}", answer.status(), answer.headers().get("cross-origin-opener-policy")));
    told.push(masked(visit, &location.replace(&code, "CODE")));
    let form = [
        ("grant_type", "authorization_code"),
        ("code", &code),
        ("redirect_uri", how.redirect),
        ("client_id", &client),
        ("code_verifier", VERIFIER),
    ];
    let (tokens, answered) = answered(visit, visit.http.post(at("token")).form(&form)).await;
    told.push(tokens);
    let renewing = answered["refresh_token"].as_str().unwrap_or("none").to_owned();
    let form = [("grant_type", "refresh_token"), ("refresh_token", &renewing), ("client_id", &client)];
    told.push(came_of(visit, visit.http.post(at("token")).form(&form)).await);
    let token = answered["access_token"].as_str().unwrap_or("none");
    let session = match visit.initialize().bearer_auth(token).send().await {
        Ok(answer) => answer.headers().get("mcp-session-id").and_then(|id| id.to_str().ok()).map(str::to_owned),
        Err(_) => None,
    };
    let asked = visit.legacy("tools/list", json!({}), session.as_deref()).bearer_auth(token);
    told.push(came_of(visit, asked).await);
    told.join(" | ")
}

/// The answer in one line: all that does not change from one run to the next.
async fn came_of(visit: &Visit, asked: RequestBuilder) -> String {
    answered(visit, asked).await.0
}

/// The same, and the answer's JSON.
async fn answered(visit: &Visit, asked: RequestBuilder) -> (String, Value) {
    let silent = |what: &str| (what.to_owned(), Value::Null);
    let answer = match asked.send().await {
        Ok(answer) => answer,
        Err(error) if error.is_timeout() => return silent("no answer in time"),
        Err(error) if error.is_connect() => return silent("no connection"),
        Err(_) => return silent("no answer"),
    };
    let head = head_of(visit, &answer);
    match answer.bytes().await {
        Ok(body) if body.len() > 100_000 => silent(&format!("{head} {} bytes", body.len())),
        Ok(body) => {
            let told = format!("{head} {}", masked(visit, &String::from_utf8_lossy(&body)));
            (told, serde_json::from_slice(&body).unwrap_or_default())
        }
        Err(_) => silent(&format!("{head} and no whole body")),
    }
}

fn head_of(visit: &Visit, answer: &Response) -> String {
    let mut fields: Vec<String> = Vec::new();
    for (name, value) in answer.headers() {
        let value = String::from_utf8_lossy(value.as_bytes()).into_owned();
        match name.as_str() {
            "date" => fields.push(format!("clock off by {}", clock_off(&value))),
            "mcp-session-id" => fields.push("a session".to_owned()),
            "content-length" => {}
            name => fields.push(format!("{name}: {}", masked(visit, &value))),
        }
    }
    fields.sort();
    format!("{} {fields:?}", answer.status())
}

/// Tens of seconds between the header and now.
fn clock_off(date: &str) -> i64 {
    let now = i64::try_from(SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs()).unwrap();
    let then = jiff::fmt::rfc2822::parse(date).map_or(0, |date| date.timestamp().as_second());
    (then - now + 5).div_euclid(10)
}

/// A text without ports, numbers that were made up on the spot, and times.
fn masked(visit: &Visit, text: &str) -> String {
    let port = |url: &Url| url.port().unwrap_or_default().to_string();
    let (mcp, auth) = (port(&visit.practice.mcp_url()), port(&visit.practice.environment()));
    let ported = |text: String| {
        [":", "%3A"].iter().fold(text, |text, colon| {
            let marked = |port: &str| format!("{colon}{port}");
            text.replace(&marked(&mcp), &marked("MCP")).replace(&marked(&auth), &marked("AUTH"))
        })
    };
    let Ok(mut value) = serde_json::from_str::<Value>(text) else { return ported(text.to_owned()) };
    for (name, value) in value.as_object_mut().into_iter().flatten() {
        match (name.as_str(), &value) {
            ("client_id_issued_at", Value::Number(_)) | ("client_secret" | "refresh_token", Value::String(_)) => {
                *value = json!("some");
            }
            ("client_id", Value::String(id)) => {
                *value = json!(id.trim_end_matches(|digit: char| digit.is_ascii_digit()));
            }
            ("access_token", Value::String(token)) => *value = json!(claims(token)),
            _ => {}
        }
    }
    ported(value.to_string())
}

fn part(token: &str, at: usize) -> Value {
    let part = token.split('.').nth(at).and_then(|part| URL_SAFE_NO_PAD.decode(part).ok()).unwrap_or_default();
    serde_json::from_slice(&part).unwrap_or_default()
}

/// Header and claims of a token, its times relative to its own beginning and to now.
fn claims(token: &str) -> String {
    let mut claims = part(token, 1);
    let issued = claims["iat"].as_i64().unwrap_or_default();
    let now = i64::try_from(SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs()).unwrap();
    for name in ["exp", "nbf"] {
        if let Some(time) = claims[name].as_i64() {
            claims[name] = json!(time - issued);
        }
    }
    claims["iat"] = json!((issued - now + 5).div_euclid(10));
    claims["jti"] = json!(null);
    claims["client_id"] = json!(null);
    format!("{} {claims}", part(token, 0))
}
