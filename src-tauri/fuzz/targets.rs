//! What is done with each input. Shared by the fuzzer (`fuzz_targets/`) and by a short run in the tests
//! (`tests/hostile/mutations.rs`): a panic, a check that gives up, or a secret that survives is a finding.

use std::collections::{BTreeMap, BTreeSet};

use mcp_auth_diagnosis::computer::System;
use mcp_auth_diagnosis::computer::homes::HOMES;
use mcp_auth_diagnosis::computer::mcp_remote::{self, Named, WAYS_OF_NAMING};
use mcp_auth_diagnosis::computer::servers::{self, Reading};
use mcp_auth_diagnosis::computer::stores::{self, Expiry, STORES};
use mcp_auth_diagnosis::computer::text::{self, Format};
use mcp_auth_diagnosis::evidence::{
    Answer, Blind, Body, Environment, Evidence, Exchange, Fact, Headers, MetadataForm, Place, Purpose, Request,
};
use mcp_auth_diagnosis::oauth::token::{self as tokens, Signature};
use mcp_auth_diagnosis::oauth::{challenge as challenges, well_known};
use mcp_auth_diagnosis::paper::{self, Form};
use mcp_auth_diagnosis::subject::Subject;
use mcp_auth_diagnosis::{messages, pasted as pastes, redact, settings as settings_, triage};
use mcp_auth_probes::verify_signature;
use url::Url;

/// One target.
pub type Target = fn(&[u8]);

/// Every target by its name, which is that of its seeds, too; and whether each input goes through the whole diagnosis.
pub const ALL: [(&str, Target, bool); 12] = [
    ("challenge", challenge, true),
    ("resource_metadata", resource_metadata, true),
    ("server_metadata", server_metadata, true),
    ("token", token, true),
    ("keys", keys, true),
    ("config", config, false),
    ("mcp_remote", mcp_remote_files, false),
    ("log", log, true),
    ("pasted", pasted, true),
    ("settings", settings, true),
    ("redaction", redaction, false),
    ("signature", signature, true),
];

const SERVER: &str = "https://mcp.example.com/mcp";
const ISSUER: &str = "https://auth.example.com";

/// The header fields of a refused call, one a line.
pub fn challenge(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let fields = text.lines().map(|line| match line.split_once(": ") {
        Some((name, value)) if !name.contains(' ') => (name.to_ascii_lowercase(), value.to_owned()),
        _ => ("www-authenticate".to_owned(), line.to_owned()),
    });
    let headers = Headers(fields.collect());
    let read = challenges::read(&headers);
    let _ = (read.bearer(), read.resource_metadata(), read.scopes(), challenges::schemes(&read));
    let mut evidence = evidence();
    for purpose in [Purpose::Initialize, Purpose::Discover, Purpose::Get] {
        add(&mut evidence, purpose, 401, headers.clone(), "{}");
    }
    judge(&evidence);
}

/// A resource metadata document.
pub fn resource_metadata(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let mut evidence = evidence();
    refuse(&mut evidence);
    for place in [Place::Header, Place::Path] {
        add(&mut evidence, Purpose::ResourceMetadata { place }, 200, json(), &text);
    }
    for issuer in evidence.issuers() {
        for form in MetadataForm::SPEC_ORDER {
            let _ = well_known::server_metadata(&issuer, form);
        }
    }
    judge(&evidence);
}

/// A sign-in service's metadata document.
pub fn server_metadata(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let mut evidence = found();
    for form in MetadataForm::SPEC_ORDER {
        add(&mut evidence, Purpose::ServerMetadata { issuer: ISSUER.to_owned(), form }, 200, json(), &text);
    }
    judge(&evidence);
}

/// A token, however it was copied.
pub fn token(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let Ok((secret, reading)) = tokens::read(&text) else { return };
    let shown = format!("{reading:?}");
    // What is kept of a token is what its claims say, never the token.
    assert!(secret.len() < 32 || !shown.contains(secret.expose()), "the token is in its reading");
    let mut evidence = found();
    evidence.token = Some(fact(reading));
    add(&mut evidence, Purpose::TokenInitialize, 401, Headers::default(), "{\"error\":\"invalid_token\"}");
    judge(&evidence);
}

/// The keys of a sign-in service.
pub fn keys(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let mut evidence = found();
    let document = format!(
        "{{\"issuer\":\"{ISSUER}\",\"jwks_uri\":\"{ISSUER}/keys\",\"authorization_endpoint\":\"{ISSUER}/a\",\"token_endpoint\":\"{ISSUER}/t\"}}"
    );
    let purpose = Purpose::ServerMetadata { issuer: ISSUER.to_owned(), form: MetadataForm::OauthInsert };
    add(&mut evidence, purpose, 200, json(), &document);
    add(&mut evidence, Purpose::Jwks, 200, json(), &text);
    if let Ok((_, reading)) =
        tokens::read("eyJhbGciOiJSUzI1NiIsImtpZCI6IjEifQ.eyJpc3MiOiJodHRwczovL2F1dGguZXhhbXBsZS5jb20ifQ.AA")
    {
        evidence.token = Some(fact(reading));
    }
    judge(&evidence);
}

/// A client's config. The first byte says whose.
pub fn config(data: &[u8]) {
    let Some((first, rest)) = data.split_first() else { return };
    let text = String::from_utf8_lossy(rest);
    let home = &HOMES[usize::from(*first) % HOMES.len()];
    for format in [home.format, Format::Jsonc] {
        let reading =
            Reading { home, format, config: "~/config", system: System::Linux, defined: Some(&BTreeSet::new()) };
        for found in servers::read(&text, reading).found {
            if let Some(remote) = &found.launch.remote {
                let _ = servers::hashes(remote);
            }
        }
    }
}

/// What mcp-remote and other clients store, its names and its versions.
pub fn mcp_remote_files(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let line = text.lines().next().unwrap_or_default();
    let _ = (mcp_remote::resolve(Some(line)), mcp_remote::written_by(line), mcp_remote::file(line));
    let _ = (mcp_remote::header(line), mcp_remote::loopback_port(line));
    let named = Named {
        url: line.to_owned(),
        headers: BTreeMap::from([(line.to_owned(), text.clone().into_owned())]),
        ..Named::default()
    };
    for version in WAYS_OF_NAMING {
        let hash = mcp_remote::hash(&named, version);
        assert_eq!(hash.len(), 32);
        let _ = mcp_remote::default_port(version, &hash);
    }
    for format in [Format::Json, Format::Yaml, Format::Toml] {
        let Ok((root, _)) = text::read(&text, format) else { continue };
        let _ = stores::said(&root, Expiry::Seconds);
        for store in STORES {
            let _ = stores::entries(&root, store);
        }
    }
}

/// A client's log.
pub fn log(data: &[u8]) {
    let masked = redact::mask(&String::from_utf8_lossy(data));
    let _ = messages::read(&masked);
    let mut subject = subject();
    subject.hear(&pastes::understand(&masked));
    judge(&Evidence::new(subject, 0));
}

/// Whatever stands in the box.
pub fn pasted(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let _ = pastes::urls(&text);
    let mut subject = Subject::nothing();
    subject.hear(&pastes::understand(&text));
    judge(&Evidence::new(subject, 0));
}

/// A server's settings.
pub fn settings(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let Ok(read) = settings_::read(&text) else { return };
    let mut evidence = found();
    evidence.settings = Some(fact(read));
    judge(&evidence);
}

/// Text in which a secret stands.
pub fn redaction(data: &[u8]) {
    const PLANTED: &str = "c4n4ry-0123456789abcdef";
    let text = String::from_utf8_lossy(data);
    let masked = redact::mask(&text);
    let _ = paper::pieces(&masked);
    // The fuzzer learns the planted secret from the comparison below, and would plant it where nothing says that it is one.
    if text.contains(&PLANTED[..6]) {
        return;
    }
    for planted in [
        format!("{text}\nAuthorization: Bearer {PLANTED}\n"),
        format!("Authorization: Bearer {PLANTED}\n{text}"),
        format!("{text}\nrefresh_token={PLANTED}&x=1"),
        format!("{text}\nSet-Cookie: session={PLANTED}; Path=/"),
        format!("{text}\n\"client_secret\": \"{PLANTED}\"\n{text}"),
    ] {
        assert!(!redact::mask(&planted).contains(PLANTED), "a secret survived in {planted:?}");
    }
}

/// A token in the first line, and the keys of a sign-in service below it. No key of another kind, and no key that was not
/// listed, makes a signature good.
pub fn signature(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let (line, below) = text.split_once('\n').unwrap_or((&text, ""));
    let Ok((secret, reading)) = tokens::read(line) else { return };
    let keys = serde_json::from_str(below).unwrap_or_default();
    let verdict = verify_signature(&secret, &reading, &keys);
    if let Ok(Signature::Good { .. }) = &verdict {
        let alg = reading.alg().unwrap_or_default();
        assert!(!alg.eq_ignore_ascii_case("none") && !alg.starts_with("HS"), "{alg} is good against public keys");
        assert!(keys["keys"].as_array().is_some_and(|keys| !keys.is_empty()), "good without a key");
    }
    let mut evidence = found();
    evidence.token = Some(fact(reading));
    let seen = verdict.map_err(|why| Blind { why });
    evidence.signature = Some(Fact { seen, by: "signature", at_ms: 0, environment: Environment::ThisApp });
    judge(&evidence);
}

fn subject() -> Subject {
    SERVER.parse::<Url>().map_or_else(|_| Subject::nothing(), Subject::server)
}

fn evidence() -> Evidence {
    Evidence::new(subject(), 1_795_564_800_000)
}

/// A server that asks for a sign-in.
fn refuse(evidence: &mut Evidence) {
    let challenge = "Bearer resource_metadata=\"https://mcp.example.com/.well-known/oauth-protected-resource/mcp\"";
    let headers = Headers(vec![("www-authenticate".to_owned(), challenge.to_owned())]);
    add(evidence, Purpose::Initialize, 401, headers, "{}");
}

/// The same with good resource metadata.
fn found() -> Evidence {
    let mut evidence = evidence();
    refuse(&mut evidence);
    let document = format!("{{\"resource\":\"{SERVER}\",\"authorization_servers\":[\"{ISSUER}\"]}}");
    add(&mut evidence, Purpose::ResourceMetadata { place: Place::Header }, 200, json(), &document);
    evidence
}

fn json() -> Headers {
    Headers(vec![("content-type".to_owned(), "application/json".to_owned())])
}

fn add(evidence: &mut Evidence, purpose: Purpose, status: u16, headers: Headers, body: &str) {
    let Ok(url) = SERVER.parse() else { return };
    evidence.add(Exchange {
        purpose,
        request: Request { method: "GET".to_owned(), url, headers: Headers::default(), body: None },
        outcome: Ok(Answer { status, headers, body: Body::new(body) }),
        by: "http",
        at_ms: 0,
        took_ms: 0,
        environment: Environment::ThisApp,
    });
}

fn fact<T>(value: T) -> Fact<T> {
    Fact { seen: Ok(value), by: "input", at_ms: 0, environment: Environment::ThisApp }
}

/// No check may give up, and the report can be written in every form.
fn judge(evidence: &Evidence) {
    let report = triage::diagnose(evidence, 0);
    let broken = report.unknown.iter().find(|unknown| unknown.why.contains("itself failed"));
    assert!(broken.is_none(), "{broken:?}");
    for form in [Form::Markdown, Form::Json, Form::Support] {
        let _ = paper::pieces(&paper::write(&report, form, true));
    }
}
