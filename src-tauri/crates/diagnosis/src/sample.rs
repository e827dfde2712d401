//! Evidence for the checks' own tests: a healthy server as it would be seen, in which a test changes one thing.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};
use url::Url;

use crate::check::{Check, Finding, Outcome};
use crate::clients::ClientId;
use crate::computer::{ConfiguredServer, Route};
use crate::evidence::{
    Addresses, Answer, Body, Certificate, Connection, Environment, Evidence, Exchange, Fact, Headers, MetadataForm,
    NoAnswer, NoAnswerKind, Place, Purpose, Request, TlsReading,
};
use crate::framework::Framework;
use crate::oauth::token::{self, Signature};
use crate::settings;
use crate::subject::Subject;

/// The URL that the user typed.
pub const SERVER: &str = "https://mcp.example.com/mcp";
/// The issuer that its resource metadata names.
pub const ISSUER: &str = "https://acme.scalekit.com/resources/res_123";
/// Where the challenge points.
pub const RESOURCE_METADATA: &str = "https://mcp.example.com/.well-known/oauth-protected-resource/mcp";
/// When the samples were seen: 2026-11-25, in milliseconds since the Unix epoch.
pub const NOW_MS: u64 = 1_795_564_800_000;

/// Evidence in the making.
pub struct Sample(Evidence);

impl Sample {
    /// A server of this URL, at which nobody has looked yet.
    pub fn unseen(server: &str) -> Self {
        Self(Evidence::new(Subject::server(Url::parse(server).expect("a URL")), NOW_MS))
    }

    /// A server in the shape of Scalekit without any fault, with everything seen that needs no token and no consent.
    pub fn healthy() -> Self {
        let challenge = format!("Bearer resource_metadata=\"{RESOURCE_METADATA}\", scope=\"todo:read\"");
        let refused = |sample: Self, purpose| {
            sample.answer(
                purpose,
                401,
                &[("www-authenticate", &challenge), ("content-type", "application/json")],
                "{\"error\":\"invalid_token\"}",
            )
        };
        let mut sample = Self::unseen(SERVER);
        for host in ["mcp.example.com", "acme.scalekit.com"] {
            sample
                .0
                .addresses
                .insert(host.to_owned(), fact(Ok(Addresses { ips: vec![[93, 184, 216, 34].into()], error: None })));
        }
        sample.0.connections.push(fact(Ok(Connection { address: ([93, 184, 216, 34], 443).into(), outcome: Ok(()) })));
        for origin in ["https://mcp.example.com:443", "https://acme.scalekit.com:443"] {
            let reading =
                TlsReading { verdict: Ok(()), version: Some("TLSv1.3".to_owned()), chain: vec![certificate()] };
            sample.0.tls.insert(origin.to_owned(), fact(Ok(reading.clone())));
            sample.0.tls_mozilla.insert(origin.to_owned(), fact(Ok(reading)));
        }
        sample.0.proxy = Some(fact(Ok(None)));
        for purpose in [Purpose::Initialize, Purpose::Discover, Purpose::MadeUpToken, Purpose::MadeUpTokenLowerCase] {
            sample = refused(sample, purpose);
        }
        sample = sample.answer(Purpose::Get, 405, &[("allow", "POST")], "").answer(
            Purpose::RandomPath,
            404,
            &[],
            "Not Found",
        );
        for place in [Place::Header, Place::Path] {
            sample = sample.json(Purpose::ResourceMetadata { place }, resource_metadata());
        }
        sample = sample.answer(Purpose::ResourceMetadata { place: Place::Root }, 404, &[], "Not Found");
        for place in [Place::Path, Place::Root] {
            sample = sample.answer(Purpose::OwnServerMetadata { place }, 404, &[], "Not Found");
        }
        for form in [MetadataForm::OidcInsert, MetadataForm::OidcAppend, MetadataForm::OauthAppend] {
            sample = sample.answer(Purpose::ServerMetadata { issuer: ISSUER.to_owned(), form }, 404, &[], "Not Found");
        }
        sample
            .json(Purpose::ServerMetadata { issuer: ISSUER.to_owned(), form: MetadataForm::OauthInsert }, server_metadata())
            .json(Purpose::EnvironmentMetadata, json!({"issuer": "https://acme.scalekit.com", "jwks_uri": "https://acme.scalekit.com/keys"}))
            .json(Purpose::Jwks, json!({"keys": [{"kty": "RSA", "use": "sig", "alg": "RS256", "kid": "snk_1", "n": "AQAB", "e": "AQAB"}]}))
            .answer(Purpose::AuthorizationEndpoint, 400, &[("content-type", "text/html")], "<html>Missing parameters</html>")
            .answer(Purpose::TokenEndpoint, 400, &[], "{\"error\":\"invalid_request\"}")
            .answer(Purpose::RegistrationEndpoint, 204, &[("allow", "POST, OPTIONS")], "")
    }

    /// The newest answer for this purpose.
    pub fn answer(mut self, purpose: Purpose, status: u16, headers: &[(&str, &str)], body: &str) -> Self {
        let headers = Headers(headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect());
        self.add(purpose, Ok(Answer { status, headers, body: Body::new(body) }));
        self
    }

    /// A 200 with a JSON document.
    pub fn json(self, purpose: Purpose, document: Value) -> Self {
        self.answer(purpose, 200, &[("content-type", "application/json")], &document.to_string())
    }

    /// No answer came for this purpose.
    pub fn silence(mut self, purpose: Purpose, kind: NoAnswerKind) -> Self {
        self.add(purpose, Err(NoAnswer { kind, detail: "as in the test".to_owned() }));
        self
    }

    fn add(&mut self, purpose: Purpose, outcome: Result<Answer, NoAnswer>) {
        let mut made = exchange(purpose, outcome);
        if made.request.url.as_str() == SERVER
            && let Some(server) = &self.0.subject.server
        {
            made.request.url = server.clone();
        }
        self.0.add(made);
    }

    /// The resource metadata in use (header and path) with something changed.
    pub fn resource_metadata(mut self, change: impl FnOnce(&mut Value)) -> Self {
        let mut document = resource_metadata();
        change(&mut document);
        for place in [Place::Header, Place::Path] {
            self = self.json(Purpose::ResourceMetadata { place }, document.clone());
        }
        self
    }

    /// The authorization server metadata in use with something changed.
    pub fn server_metadata(self, change: impl FnOnce(&mut Value)) -> Self {
        let mut document = server_metadata();
        change(&mut document);
        self.json(Purpose::ServerMetadata { issuer: ISSUER.to_owned(), form: MetadataForm::OauthInsert }, document)
    }

    /// Every 401 with these header fields.
    pub fn challenge(mut self, headers: &[(&str, &str)]) -> Self {
        for purpose in [Purpose::Initialize, Purpose::Discover, Purpose::MadeUpToken, Purpose::MadeUpTokenLowerCase] {
            self = self.answer(purpose, 401, headers, "");
        }
        self
    }

    /// A good token for the healthy server, with something changed in its claims, which the server accepts.
    pub fn token(self, change: impl FnOnce(&mut Value)) -> Self {
        let mut claims = claims();
        change(&mut claims);
        self.token_text(&jwt(&json!({"alg": "RS256", "kid": "snk_1", "typ": "JWT"}), &claims))
            .signature(Signature::Good { kid: Some("snk_1".to_owned()) })
            .accepted()
    }

    /// This token, of which nothing more is known.
    pub fn token_text(self, text: &str) -> Self {
        let reading = token::read(text).expect("a token").1;
        self.change(|evidence| evidence.token = Some(fact(Ok(reading))))
    }

    /// What came of checking its signature.
    pub fn signature(self, signature: Signature) -> Self {
        self.change(|evidence| evidence.signature = Some(fact(Ok(signature))))
    }

    /// The server lets the token in and lists one tool.
    pub fn accepted(self) -> Self {
        let result = |result: Value| json!({"jsonrpc": "2.0", "id": 1, "result": result});
        let opened = result(json!({"protocolVersion": "2025-11-25", "capabilities": {"tools": {}}}));
        self.json(Purpose::TokenInitialize, opened.clone())
            .json(Purpose::TokenInitializeAgain, opened)
            .answer(Purpose::TokenInitialized, 202, &[], "")
            .json(Purpose::TokenDiscover, result(json!({"supportedVersions": ["2026-07-28"]})))
            .json(Purpose::TokenToolsList, result(json!({"tools": [{"name": "list_todos"}]})))
    }

    /// The server answers the token like this.
    pub fn answers_token(mut self, status: u16, headers: &[(&str, &str)], body: &str) -> Self {
        for purpose in [Purpose::TokenInitialize, Purpose::TokenDiscover] {
            self = self.answer(purpose, status, headers, body);
        }
        self
    }

    /// The server refuses the token with 401 and these words.
    pub fn refuses(self, words: &str) -> Self {
        let challenge = format!("Bearer error=\"invalid_token\", resource_metadata=\"{RESOURCE_METADATA}\"");
        self.answers_token(401, &[("www-authenticate", &challenge)], words)
    }

    /// What the server is built with, as its owner says.
    pub fn built_with(self, framework: Framework) -> Self {
        self.change(|evidence| evidence.subject.framework = Some(framework))
    }

    /// The settings of the server.
    pub fn settings(self, text: &str) -> Self {
        let read = settings::read(text).expect("settings");
        self.change(|evidence| evidence.settings = Some(fact(Ok(read))))
    }

    /// A client's settings name the server, at this address.
    pub fn configured(mut self, client: ClientId, url: &str, route: Route) -> Self {
        let mut computer = self.0.computer.take().and_then(|fact| fact.seen.ok()).unwrap_or_default();
        computer.servers.push(ConfiguredServer {
            id: format!("{client}-todo"),
            client,
            name: "todo".to_owned(),
            config: "~/settings.json".to_owned(),
            line: Some(3),
            url: Some(url.to_owned()),
            route,
            headers: Vec::new(),
            disabled: false,
            ignored: false,
            environment: Vec::new(),
            client_id: None,
            mcp_remote: None,
        });
        self.0.computer = Some(fact(Ok(computer)));
        self
    }

    /// Anything else.
    pub fn change(mut self, change: impl FnOnce(&mut Evidence)) -> Self {
        change(&mut self.0);
        self
    }

    /// What the check says to it.
    pub fn examine(&self, check: &Check) -> Outcome {
        (check.examine)(&self.0)
    }

    /// The one finding that the check is expected to make.
    #[track_caller]
    pub fn finding(&self, check: &Check) -> Finding {
        match self.examine(check) {
            Outcome::Fail(mut findings) => findings.swap_remove(0),
            other => panic!("{} finds nothing: {other:?}", check.code),
        }
    }

    /// The evidence itself.
    pub fn evidence(&self) -> &Evidence {
        &self.0
    }
}

/// A registration that was tried: the shape of which client, which return address alone, what was sent, what came.
pub fn register(
    mut sample: Sample,
    client: &str,
    alone: Option<&str>,
    uris: &[&str],
    status: u16,
    body: &str,
) -> Sample {
    let purpose = Purpose::Register { client: client.to_owned(), redirect_uri: alone.map(str::to_owned) };
    let answer = Answer { status, headers: Headers::default(), body: Body::new(body) };
    let mut made = exchange(purpose, Ok(answer));
    made.request.url =
        Url::parse("https://acme.scalekit.com/api/v1/resources/res_123/clients:register").expect("a URL");
    made.request.body = Some(json!({"redirect_uris": uris}).to_string());
    sample.0.add(made);
    sample
}

/// A question to the sign-in page and what came.
#[allow(clippy::too_many_arguments, reason = "a test reads better in one line")]
pub fn authorize(
    mut sample: Sample,
    question: &str,
    client: &str,
    client_id: &str,
    redirect_uri: &str,
    status: u16,
    headers: &[(&str, &str)],
    body: &str,
) -> Sample {
    let purpose = Purpose::Authorize { question: question.to_owned(), client: client.to_owned() };
    let headers = Headers(headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect());
    let mut made = exchange(purpose, Ok(Answer { status, headers, body: Body::new(body) }));
    "GET".clone_into(&mut made.request.method);
    made.request.url = Url::parse_with_params(
        &format!("{ISSUER}/oauth/authorize"),
        [("client_id", client_id), ("redirect_uri", redirect_uri), ("response_type", "code")],
    )
    .expect("a URL");
    sample.0.add(made);
    sample
}

/// A fact that was seen now.
pub fn fact<T>(seen: Result<T, crate::evidence::Blind>) -> Fact<T> {
    Fact { seen, by: "sample", at_ms: NOW_MS, environment: Environment::ThisApp }
}

/// When the samples were seen, in seconds.
pub fn now() -> i64 {
    i64::try_from(NOW_MS / 1000).expect("a date")
}

/// The claims of a good token for the healthy server.
pub fn claims() -> Value {
    json!({
        "iss": ISSUER, "aud": ["res_123", SERVER], "sub": "usr_1", "client_id": "m2m_1", "jti": "tkn_1", "oid": "org_1",
        "sid": "ses_1", "scope": "todo:read", "iat": now() - 60, "nbf": now() - 60, "exp": now() + 3_540,
    })
}

/// A JWT with a signature that is none.
pub fn jwt(header: &Value, claims: &Value) -> String {
    let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    format!("{}.{}.c2lnbmF0dXJlLWNhbmFyeQ", part(header), part(claims))
}

/// The resource metadata of the healthy server.
pub fn resource_metadata() -> Value {
    json!({
        "resource": SERVER,
        "authorization_servers": [ISSUER],
        "bearer_methods_supported": ["header"],
        "scopes_supported": ["todo:read", "todo:write"],
    })
}

/// The authorization server metadata of the healthy server.
pub fn server_metadata() -> Value {
    json!({
        "issuer": ISSUER,
        "authorization_endpoint": format!("{ISSUER}/oauth/authorize"),
        "token_endpoint": format!("{ISSUER}/oauth/token"),
        "registration_endpoint": "https://acme.scalekit.com/api/v1/resources/res_123/clients:register",
        "jwks_uri": "https://acme.scalekit.com/keys",
        "response_types_supported": ["code"],
        "grant_types_supported": ["authorization_code", "client_credentials", "refresh_token"],
        "token_endpoint_auth_methods_supported": ["none", "client_secret_post", "client_secret_basic"],
        "code_challenge_methods_supported": ["S256"],
        "client_id_metadata_document_supported": true,
        "authorization_response_iss_parameter_supported": true,
        "scopes_supported": ["todo:read", "todo:write", "openid", "offline_access"],
    })
}

/// A certificate that is valid for the samples' hosts for another three months.
pub fn certificate() -> Certificate {
    let now = i64::try_from(NOW_MS / 1000).expect("a date");
    Certificate {
        subject: "CN=mcp.example.com".to_owned(),
        issuer: "C=US, O=Let's Encrypt, CN=R11".to_owned(),
        names: vec!["mcp.example.com".to_owned(), "acme.scalekit.com".to_owned()],
        not_before: now - 86_400,
        not_after: now + 90 * 86_400,
    }
}

fn exchange(purpose: Purpose, outcome: Result<Answer, NoAnswer>) -> Exchange {
    let url = match &purpose {
        Purpose::ResourceMetadata { place: Place::Root } => {
            "https://mcp.example.com/.well-known/oauth-protected-resource"
        }
        Purpose::ResourceMetadata { .. } => RESOURCE_METADATA,
        Purpose::ServerMetadata { form: MetadataForm::OauthInsert, .. } => {
            "https://acme.scalekit.com/.well-known/oauth-authorization-server/resources/res_123"
        }
        _ => SERVER,
    };
    let method = if url == SERVER { "POST" } else { "GET" };
    Exchange {
        purpose,
        request: Request {
            method: method.to_owned(),
            url: Url::parse(url).expect("a URL"),
            headers: Headers::default(),
            body: None,
        },
        outcome,
        by: "http",
        at_ms: NOW_MS,
        took_ms: 1,
        environment: Environment::ThisApp,
    }
}
