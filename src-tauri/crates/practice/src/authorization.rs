//! The authorization server: metadata, registration, authorization, tokens, revocation.
//!
//! It knows one client from the start ([`STATIC_CLIENT`]), takes registrations (RFC 7591) and any https URL as a client id
//! (Client ID Metadata Documents); the document itself is not fetched.

use base64::{Engine, engine::general_purpose::STANDARD, engine::general_purpose::URL_SAFE_NO_PAD};
use http::Method;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use url::{Url, form_urlencoded};

use crate::{
    TokenShape,
    answer::{self, Asked, Fields, Reply},
    behaviour::{Document, Place, Quirk, RedirectKind},
    documents, sockets,
    store::{Client, Code, Grant},
    tokens,
    world::{Approval, RESOURCE_ID, Shape, World},
};

/// A public client that is registered from the start, for any return address on loopback.
pub(crate) const STATIC_CLIENT: &str = "m2m_5001";

/// What a server signs in with itself, in the shape of an environment's API credentials: Scalekit's SDK for Python asks for
/// a token as soon as it is built. Good for nothing but this practice.
pub(crate) const ENVIRONMENT_CLIENT: (&str, &str) = ("skc_1001", "practice");

pub(crate) fn answer(world: &World, asked: &Asked) -> Reply {
    let found = if world.options.shape == Shape::Legacy { None } else { answer_at(world, asked) };
    found.unwrap_or_else(|| answer::text(404, "Not Found"))
}

/// The answer of the authorization server, if it has one at this path.
pub(crate) fn answer_at(world: &World, asked: &Asked) -> Option<Reply> {
    let layout = world.layout();
    let path = asked.path.trim_end_matches('/');
    if let Some(content) = metadata_at(world, path) {
        if let Some(canned) = world.behaviour().answer(&[Place::Metadata]) {
            return Some(answer::canned(world, canned));
        }
        let reply = content.map(|content| documents::serve(world, Document::Metadata, 200, content))?;
        let spoilt = world.behaviour().body_fault(&[Place::Metadata]);
        return Some(match spoilt {
            Some(fault) => sockets::spoil(reply, fault),
            None => reply,
        });
    }
    let environment = |name: &str| path == format!("/oauth/{name}");
    let (place, methods, answer): (_, &[Method], Answers) = if path == layout.keys {
        (Place::Keys, &[Method::GET, Method::HEAD], |world, _| documents::keys(world))
    } else if path == layout.register {
        (Place::Register, &[Method::POST], register)
    } else if path == layout.authorize || environment("authorize") {
        (Place::Authorize, &[Method::GET, Method::HEAD, Method::POST], authorize)
    } else if path == layout.token || environment("token") {
        (Place::Token, &[Method::POST], token)
    } else if path == layout.revoke {
        (Place::Token, &[Method::POST], revoke)
    } else {
        return None;
    };
    let revoking = path == layout.revoke;
    if !revoking && let Some(canned) = world.behaviour().answer(&[place]) {
        return Some(answer::canned(world, canned));
    }
    if !methods.contains(&asked.method) {
        let mut reply = answer::text(405, "Method Not Allowed");
        reply.set("allow", methods[0].as_str());
        return Some(reply);
    }
    Some(answer(world, asked))
}

/// What makes the answer at one endpoint.
type Answers = fn(&World, &Asked) -> Reply;

/// `None`: no metadata address. `Some(None)`: an address at which it could stand and does not.
fn metadata_at(world: &World, path: &str) -> Option<Option<Value>> {
    let layout = world.layout();
    let resource = format!("/resources/{RESOURCE_ID}");
    let inserted = path == layout.metadata;
    let appended = path == format!("{resource}/.well-known/oauth-authorization-server");
    let oidc = path == format!("/.well-known/openid-configuration{resource}")
        || path == format!("{resource}/.well-known/openid-configuration");
    let environment = path == "/.well-known/openid-configuration" && world.options.shape != Shape::Legacy;
    let moved = world.has(Quirk::AppendFormOnly) || world.has(Quirk::OidcFormOnly);
    if inserted {
        Some((!moved).then(|| documents::metadata(world)))
    } else if appended {
        Some(world.has(Quirk::AppendFormOnly).then(|| documents::metadata(world)))
    } else if oidc {
        Some(world.has(Quirk::OidcFormOnly).then(|| documents::oidc_metadata(world)))
    } else if environment {
        Some(Some(documents::environment_metadata(world)))
    } else {
        None
    }
}

// Registration

/// RFC 7591 section 3.
fn register(world: &World, asked: &Asked) -> Reply {
    let Some(Value::Object(mut metadata)) = asked.json() else {
        return refused("invalid_client_metadata", "The body is not a JSON object");
    };
    let uris: Option<Vec<String>> =
        metadata.get("redirect_uris").and_then(|uris| serde_json::from_value(uris.clone()).ok());
    let Some(mut uris) = uris.filter(|uris| !uris.is_empty()) else {
        return refused("invalid_redirect_uri", "redirect_uris is missing or empty");
    };
    for uri in &uris {
        if let Err(description) = allowed_redirect(world, uri) {
            return refused("invalid_redirect_uri", &description);
        }
    }
    if world.has(Quirk::RefusesScopes) && metadata.contains_key("scope") {
        return refused("invalid_client_metadata", "Requested scopes are not valid");
    }
    if world.has(Quirk::DropsRedirects) {
        uris.retain(|uri| uri.starts_with("https://"));
        metadata.insert("redirect_uris".into(), json!(uris));
    }
    let method =
        metadata.get("token_endpoint_auth_method").and_then(Value::as_str).unwrap_or("client_secret_basic").to_owned();
    let (id, secret) = {
        let mut store = world.store();
        let id = store.number("m2m_");
        let secret = (method != "none").then(|| store.unique("secret_"));
        store.clients.insert(id.clone(), Client { redirect_uris: uris, secret: secret.clone() });
        (id, secret)
    };
    let mut reply = json!({ "client_id": id, "client_id_issued_at": world.now(asked.server) });
    if let Some(secret) = secret {
        reply["client_secret"] = json!(secret);
        reply["client_secret_expires_at"] = json!(0);
    }
    metadata.insert("token_endpoint_auth_method".into(), json!(method));
    metadata.entry("grant_types").or_insert_with(|| json!(["authorization_code"]));
    metadata.entry("response_types").or_insert_with(|| json!(["code"]));
    if let Some(reply) = reply.as_object_mut() {
        reply.extend(metadata);
    }
    no_store(documents::serve(world, Document::Registration, 201, reply))
}

/// Why this redirect URI cannot be registered.
fn allowed_redirect(world: &World, uri: &str) -> Result<(), String> {
    let Ok(url) = Url::parse(uri) else {
        return Err(format!("Redirect URI is not a URL: {uri}"));
    };
    if url.fragment().is_some() {
        return Err(format!("Redirect URI must not have a fragment: {uri}"));
    }
    let http = matches!(url.scheme(), "http" | "https");
    let refused = match world.behaviour().refused_redirects() {
        Some(RedirectKind::PrivateScheme) => !http,
        Some(RedirectKind::HttpLoopback) => url.scheme() == "http",
        Some(RedirectKind::ClaudeConnector) => matches!(url.host_str(), Some("claude.ai" | "claude.com")),
        Some(RedirectKind::LocalhostName) => url.host_str() == Some("localhost"),
        None => false,
    };
    if refused {
        return Err(match world.behaviour().refused_redirects() {
            Some(RedirectKind::HttpLoopback) => format!("Redirect URI must use HTTPS: {uri}"),
            _ => format!("Redirect URI is not allowed: {uri}"),
        });
    }
    if url.scheme() == "http" && !is_loopback(&url) {
        return Err(format!("Redirect URI must use HTTPS: {uri}"));
    }
    if matches!(url.scheme(), "javascript" | "data" | "file") {
        return Err(format!("Redirect URI has a scheme that is never allowed: {uri}"));
    }
    Ok(())
}

fn is_loopback(url: &Url) -> bool {
    matches!(url.host_str(), Some("localhost" | "127.0.0.1" | "[::1]"))
}

/// The client of that id, with how it is told: registered, known from the start, or by the URL of its own document.
fn client(world: &World, id: &str) -> Option<Client> {
    if let Some(client) = world.store().clients.get(id) {
        return Some(client.clone());
    }
    if id == ENVIRONMENT_CLIENT.0 {
        return Some(Client { redirect_uris: Vec::new(), secret: Some(ENVIRONMENT_CLIENT.1.to_owned()) });
    }
    let by_url = id.starts_with("https://") && Url::parse(id).is_ok() && !world.has(Quirk::RefusesClientIdUrls);
    (id == STATIC_CLIENT || by_url).then(|| Client { redirect_uris: Vec::new(), secret: None })
}

/// Exact, but for the port of a loopback address (RFC 8252 section 7.3).
fn redirect_fits(world: &World, client: &Client, uri: &str) -> bool {
    if client.redirect_uris.is_empty() {
        return allowed_redirect(world, uri).is_ok();
    }
    client.redirect_uris.iter().any(|registered| {
        if registered == uri {
            return true;
        }
        let (Ok(mut registered), Ok(mut asked)) = (Url::parse(registered), Url::parse(uri)) else { return false };
        if !is_loopback(&registered) || world.has(Quirk::LiteralLoopbackPort) {
            return false;
        }
        let portless = registered.set_port(None).and_then(|()| asked.set_port(None));
        portless.is_ok() && registered == asked
    })
}

// Authorization

fn authorize(world: &World, asked: &Asked) -> Reply {
    let mut reply = authorized(world, asked);
    if world.has(Quirk::OpenerCut) {
        reply.set("cross-origin-opener-policy", "same-origin");
    }
    no_store(reply)
}

fn authorized(world: &World, asked: &Asked) -> Reply {
    let ask = |name: &str| asked.parameter(name).or_else(|| asked.is_form().then(|| asked.field(name)).flatten());
    let id = ask("client_id").unwrap_or_default();
    // Until client and return address are known to be right, the browser is sent nowhere (OAuth 2.1 section 4.1.2.1).
    let Some(client) = client(world, &id) else {
        let what =
            if id.starts_with("https://") { "invalid_client_metadata_url" } else { "unable to retrieve client by id" };
        return page(400, "Sign-in cannot start", what);
    };
    let redirect = ask("redirect_uri").unwrap_or_default();
    let named = Url::parse(&redirect).is_ok_and(|url| url.host_str() == Some("127.0.0.1"));
    let refused = world.has(Quirk::RefusesRedirectLater) || world.has(Quirk::LoopbackByNameOnly) && named;
    let Ok(back) = Url::parse(&redirect) else {
        return page(400, "Sign-in cannot start", "redirect_uri is missing or not a URL");
    };
    if refused || !redirect_fits(world, &client, &redirect) {
        return page(
            400,
            "Sign-in cannot start",
            "redirect_uri mismatch: the redirect URI is not registered for this client",
        );
    }
    let state = ask("state");
    let error = |error: &str| send_back(world, back.clone(), &[("error", error)], state.as_deref());
    if let Some(code) = world.behaviour().authorize_error() {
        return error(code);
    }
    if ask("response_type").as_deref() != Some("code") {
        return error("unsupported_response_type");
    }
    let challenge = ask("code_challenge");
    let method = ask("code_challenge_method");
    if (challenge.is_none() || method.as_deref() != Some("S256")) && !world.has(Quirk::PkceOptional) {
        return error("invalid_request");
    }
    let resource = ask("resource");
    if resource.as_deref().is_some_and(|resource| !same_resource(world, resource)) {
        return error("invalid_target");
    }
    let known = world.known_scopes();
    let asked_for: Vec<String> = match ask("scope") {
        Some(scope) => scope.split_whitespace().map(str::to_owned).collect(),
        None => world.options.scopes.clone(),
    };
    if asked_for.iter().any(|scope| !known.contains(scope)) {
        return error("invalid_scope");
    }
    if world.options.approval == Approval::Page && ask("approved").is_none() {
        return approval_page(asked);
    }
    let beyond = |scope: &String| world.resource_scopes().contains(scope) && !world.options.scopes.contains(scope);
    let granted: Vec<String> =
        asked_for.into_iter().filter(|scope| !(world.has(Quirk::NeverGrants) && beyond(scope))).collect();
    let grant = Grant { client_id: id, scope: granted.join(" ") };
    let code = {
        let mut store = world.store();
        let code = store.unique("code_");
        store.codes.insert(code.clone(), Code { grant, redirect_uri: redirect, challenge, resource });
        code
    };
    send_back(world, back, &[("code", &code)], state.as_deref())
}

/// The identifier as the resource metadata has it; a bare origin with or without its slash.
fn same_resource(world: &World, resource: &str) -> bool {
    let served = documents::edited(world, Document::ResourceMetadata, documents::resource_metadata(world));
    let served = served["resource"].as_str().unwrap_or_default();
    let trimmed = |url: &str| url.trim_end_matches('/').to_owned();
    resource == served || resource == world.resource() || trimmed(resource) == trimmed(&world.resource())
}

/// Sends the browser back, with `state` and the `iss` that the metadata promises (RFC 9207 section 2).
fn send_back(world: &World, mut to: Url, parameters: &[(&str, &str)], state: Option<&str>) -> Reply {
    let state = match state {
        Some(_) if world.has(Quirk::StateMissing) => None,
        Some(state) if world.has(Quirk::StateChanged) => Some(format!("{state}-changed")),
        state => state.map(str::to_owned),
    };
    let metadata = documents::edited(world, Document::Metadata, documents::metadata(world));
    let promised = metadata["authorization_response_iss_parameter_supported"] == true;
    let iss = if world.has(Quirk::NoIss) || !promised {
        None
    } else if world.has(Quirk::WrongIss) {
        Some("https://elsewhere.example.com")
    } else {
        metadata["issuer"].as_str()
    };
    let mut query = form_urlencoded::Serializer::new(to.query().unwrap_or_default().to_owned());
    query.extend_pairs(parameters);
    query.extend_pairs(state.iter().map(|state| ("state", state)));
    query.extend_pairs(iss.iter().map(|iss| ("iss", iss)));
    let query = query.finish();
    if world.has(Quirk::CodeInFragment) {
        to.set_fragment(Some(&query));
    } else {
        to.set_query(Some(&query));
    }
    let mut reply = answer::empty(302);
    reply.set("location", to.as_str());
    reply
}

fn approval_page(asked: &Asked) -> Reply {
    let fields: String = form_urlencoded::parse(asked.query.as_bytes())
        .map(|(name, value)| {
            format!("<input type=\"hidden\" name=\"{}\" value=\"{}\">", escaped(&name), escaped(&value))
        })
        .collect();
    let form = format!(
        "<form method=\"get\" action=\"{}\">{fields}<button name=\"approved\" value=\"yes\">Continue</button></form>",
        escaped(&asked.path)
    );
    html_page(
        200,
        "Practice sign-in",
        &format!("<p>This is the practice server. Nobody's account is involved.</p>{form}"),
    )
}

fn page(status: u16, title: &str, text: &str) -> Reply {
    html_page(status, title, &format!("<p>{}</p>", escaped(text)))
}

fn html_page(status: u16, title: &str, body: &str) -> Reply {
    let title = escaped(title);
    let page = format!(
        "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\"><title>{title}</title></head><body><main><h1>{title}</h1>{body}</main></body></html>"
    );
    answer::html(status, &page)
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

// Tokens

fn token(world: &World, asked: &Asked) -> Reply {
    let client = match client_of(world, asked) {
        Ok(client) => client,
        Err(reply) => return *reply,
    };
    match asked.field("grant_type").as_deref() {
        Some("authorization_code") => exchange(world, asked, &client),
        Some("refresh_token") => refresh(world, asked, &client),
        Some("client_credentials") if client == ENVIRONMENT_CLIENT.0 => {
            granted(world, Document::TokenReply, Grant { client_id: client, scope: String::new() })
        }
        _ => refused("unsupported_grant_type", "authorization_code or refresh_token"),
    }
}

/// Who asks: by `client_id` alone, by secret in the form, or by secret in the header (RFC 6749 section 2.3.1).
fn client_of(world: &World, asked: &Asked) -> Result<String, Box<Reply>> {
    let unknown = || {
        let mut reply = refused("invalid_client", "The client is not known, or its secret does not fit");
        *reply.status_mut() = http::StatusCode::UNAUTHORIZED;
        Box::new(reply)
    };
    let basic = asked.header("authorization").and_then(|value| value.strip_prefix("Basic ")).and_then(|encoded| {
        let pair = String::from_utf8(STANDARD.decode(encoded).ok()?).ok()?;
        let decoded = |part: &str| {
            form_urlencoded::parse(format!("v={part}").as_bytes()).next().map(|(_, value)| value.into_owned())
        };
        let (id, secret) = pair.split_once(':')?;
        Some((decoded(id)?, Some(decoded(secret)?)))
    });
    let (id, secret) =
        basic.or_else(|| Some((asked.field("client_id")?, asked.field("client_secret")))).ok_or_else(unknown)?;
    let known = client(world, &id).ok_or_else(unknown)?;
    if known.secret.is_some() && known.secret != secret {
        return Err(unknown());
    }
    Ok(id)
}

fn exchange(world: &World, asked: &Asked, client: &str) -> Reply {
    let presented = asked.field("code").unwrap_or_default();
    // Taken out whatever follows: a code is good once (OAuth 2.1 section 4.1.3).
    let Some(code) = world.store().codes.remove(&presented) else {
        return refused("invalid_grant", "The code is unknown or was used before");
    };
    if code.grant.client_id != client {
        return refused("invalid_grant", "The code was given to another client");
    }
    if asked.field("redirect_uri").is_some_and(|uri| uri != code.redirect_uri) {
        return refused("invalid_grant", "The redirect_uri differs from the one in the authorization request");
    }
    let verifier = asked.field("code_verifier").unwrap_or_default();
    if code.challenge.is_some_and(|challenge| URL_SAFE_NO_PAD.encode(Sha256::digest(&verifier)) != challenge) {
        return refused("invalid_grant", "The code_verifier does not fit the code_challenge");
    }
    if let (Some(then), Some(now)) = (&code.resource, asked.field("resource"))
        && *then != now
    {
        return refused("invalid_target", "The resource differs from the one in the authorization request");
    }
    granted(world, Document::TokenReply, code.grant)
}

fn refresh(world: &World, asked: &Asked, client: &str) -> Reply {
    if let Some(canned) = world.behaviour().answer(&[Place::Refresh]) {
        return answer::canned(world, canned);
    }
    let presented = asked.field("refresh_token").unwrap_or_default();
    // Rotation: the old one is gone (OAuth 2.1 section 4.3.1). The store is let go before a token is made.
    let known = world.store().refresh_tokens.remove(&presented);
    match known {
        Some(grant) if grant.client_id == client => granted(world, Document::RefreshReply, grant),
        _ => refused("invalid_grant", "The refresh token is unknown, was used before, or belongs to another client"),
    }
}

fn granted(world: &World, document: Document, grant: Grant) -> Reply {
    let shape = world.behaviour().token_shape().unwrap_or(TokenShape::Good);
    let Ok(access) = tokens::mint(world, shape, &grant) else {
        return answer::json(500, &json!({ "error": "server_error" }));
    };
    let mut reply = json!({
        "access_token": access,
        "token_type": "Bearer",
        "expires_in": tokens::lifetime(world),
        "scope": grant.scope,
    });
    let offline = grant.scope.split(' ').any(|scope| scope == "offline_access");
    if offline && !world.has(Quirk::NoRefreshToken) {
        let mut store = world.store();
        let refresh = store.unique("refresh_");
        reply["refresh_token"] = json!(refresh);
        store.refresh_tokens.insert(refresh, grant);
    }
    if world.has(Quirk::FormEncodedReply) {
        let pairs = reply.as_object().into_iter().flatten().map(|(name, value)| match value {
            Value::String(text) => (name.clone(), text.clone()),
            other => (name.clone(), other.to_string()),
        });
        let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish();
        return no_store(answer::whole(200, Some("application/x-www-form-urlencoded"), body));
    }
    no_store(documents::serve(world, document, 200, reply))
}

/// RFC 7009 section 2: 200 whether or not the token was known.
fn revoke(world: &World, asked: &Asked) -> Reply {
    if let Err(reply) = client_of(world, asked) {
        return *reply;
    }
    world.store().refresh_tokens.remove(&asked.field("token").unwrap_or_default());
    answer::empty(200)
}

fn refused(error: &str, description: &str) -> Reply {
    no_store(answer::json(400, &json!({ "error": error, "error_description": description })))
}

fn no_store(mut reply: Reply) -> Reply {
    reply.set("cache-control", "no-store");
    reply
}
