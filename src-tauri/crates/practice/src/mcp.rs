//! The MCP server: who may come in, and the few messages of both eras.
//!
//! The modern era is 2026-07-28 (stateless, `server/discover`, metadata in every request), the legacy era reaches from
//! 2025-03-26 to 2025-11-25 (`initialize`, sessions).

use http::Method;
use serde_json::{Value, json};

use crate::{
    answer::{self, Asked, Fields, Reply},
    authorization,
    behaviour::{Document, Place, Quirk},
    cors, documents,
    judge::judge,
    sockets,
    world::{Shape, World},
};

const MODERN: &str = "2026-07-28";
const LEGACY: [&str; 3] = ["2025-11-25", "2025-06-18", "2025-03-26"];
const VERSION_KEY: &str = "io.modelcontextprotocol/protocolVersion";

pub(crate) fn answer(world: &World, asked: &Asked) -> Reply {
    if let Some(refusal) = cors::refuses_origin(world, asked) {
        return refusal;
    }
    let path = asked.path.as_str();
    if path == world.typed_path()
        && let Some(canned) = world.behaviour().answer(&[Place::Endpoint])
    {
        return answer::canned(world, canned);
    }
    if path == world.endpoint_path() {
        return spoilt(world, &[Place::Endpoint], endpoint(world, asked));
    }
    if let Some(place) = resource_metadata_at(world, path) {
        return spoilt(world, &[place, Place::ResourceMetadata], resource_metadata(world, asked, place));
    }
    if world.options.shape == Shape::Legacy
        && let Some(reply) = authorization::answer_at(world, asked)
    {
        return reply;
    }
    elsewhere(world, asked)
}

/// Which copy of the resource metadata stands at this path, if one does.
fn resource_metadata_at(world: &World, path: &str) -> Option<Place> {
    if matches!(world.options.shape, Shape::Legacy | Shape::Open) || world.has(Quirk::Open) {
        return None;
    }
    let root = path == documents::ROOT_RESOURCE_METADATA;
    if path == world.resource_metadata_path() {
        Some(Place::ResourceMetadata)
    } else if root
        && (documents::has_root_copy(world) || world.behaviour().answer(&[Place::RootResourceMetadata]).is_some())
    {
        Some(Place::RootResourceMetadata)
    } else {
        None
    }
}

fn resource_metadata(world: &World, asked: &Asked, place: Place) -> Reply {
    let behaviour = world.behaviour();
    if let Some(canned) = behaviour.answer(&[place, Place::ResourceMetadata]) {
        return answer::canned(world, canned);
    }
    if asked.method != Method::GET && asked.method != Method::HEAD {
        return method_not_allowed("GET");
    }
    let mut content = documents::resource_metadata(world);
    if place == Place::RootResourceMetadata {
        content = documents::edited(world, Document::RootResourceMetadata, content);
    }
    documents::serve(world, Document::ResourceMetadata, 200, content)
}

fn elsewhere(world: &World, asked: &Asked) -> Reply {
    let path = asked.path.as_str();
    if path.starts_with("/.well-known/oauth-authorization-server")
        || path.starts_with("/.well-known/openid-configuration")
    {
        if let Some(canned) = world.behaviour().answer(&[Place::MetadataCopy]) {
            return answer::canned(world, canned);
        }
        if world.has(Quirk::MetadataCopy) && path.starts_with("/.well-known/oauth-authorization-server") {
            // A copy of the service's own document is what healthy servers hand out; this one names another service.
            let mut copy = documents::metadata(world);
            copy["issuer"] = "https://elsewhere.example.com".into();
            return answer::json(200, &copy);
        }
    }
    if world.has(Quirk::RedirectChain)
        && let Some(hop) = path.strip_prefix("/hop/").and_then(|hop| hop.parse::<u32>().ok())
    {
        let mut reply = answer::empty(307);
        reply.set("location", &format!("{}/hop/{}", world.mcp, hop.saturating_add(1)));
        return reply;
    }
    if world.has(Quirk::EveryPathLocked) && !path.starts_with("/.well-known/") {
        return refusal(world, &Refusal::Missing);
    }
    answer::text(404, "Not Found")
}

fn endpoint(world: &World, asked: &Asked) -> Reply {
    let behaviour = world.behaviour();
    if world.has(Quirk::ColdStart) && still_cold(world, asked) {
        let mut reply = answer::text(503, "The service is starting");
        reply.set("retry-after", "1");
        return reply;
    }
    let canned = match asked.method {
        Method::GET => behaviour.answer(&[Place::Get]),
        Method::POST => behaviour.answer(&[Place::Post]),
        _ => None,
    };
    if let Some(canned) = canned {
        return answer::canned(world, canned);
    }
    if asked.method == Method::POST && world.has(Quirk::EventStreamOnly) {
        return method_not_allowed("GET");
    }
    let message = (asked.method == Method::POST).then(|| asked.json()).flatten();
    let scopes = match come_in(world, asked, message.as_ref()) {
        Ok(scopes) => scopes,
        Err(refused) => return refusal(world, &refused),
    };
    match asked.method {
        Method::POST => post(world, asked, message, &scopes),
        Method::GET if world.has(Quirk::EventStreamOnly) || world.has(Quirk::GetOpen) => {
            let mut reply = answer::empty(200);
            reply.set("content-type", "text/event-stream");
            let event = if world.has(Quirk::EventStreamOnly) {
                "event: endpoint\ndata: /messages?session=1\n\n"
            } else {
                ": listening\n\n"
            };
            sockets::held_open(reply, event)
        }
        Method::DELETE => {
            let known = asked.header("mcp-session-id").is_some_and(|session| world.store().sessions.remove(session));
            if known { answer::empty(200) } else { method_not_allowed("POST") }
        }
        _ => method_not_allowed("POST"),
    }
}

/// Until the first client that means it has knocked once.
fn still_cold(world: &World, asked: &Asked) -> bool {
    let mut store = world.store();
    let cold = !store.warm;
    store.warm |= asked.json().is_some_and(|message| message["method"] == "initialize");
    cold
}

/// Why a request may not come in.
enum Refusal {
    Missing,
    Bad(&'static str),
    /// The scopes that the request needs and the token lacks.
    Insufficient(Vec<String>),
    /// What the fault table says.
    Place(Place),
}

/// The scopes of the one who asks.
fn come_in(world: &World, asked: &Asked, message: Option<&Value>) -> Result<Vec<String>, Refusal> {
    let behaviour = world.behaviour();
    let method = message.and_then(|message| message["method"].as_str()).unwrap_or_default();
    let open = world.options.shape == Shape::Open
        || world.has(Quirk::Open)
        || world.has(Quirk::GetOpen) && asked.method == Method::GET
        || world.options.shape == Shape::ToolsGuarded && !method.is_empty() && !method.starts_with("tools/");
    let Some(token) = token(world, asked) else {
        return if open { Ok(world.resource_scopes()) } else { Err(Refusal::Missing) };
    };
    if open {
        return Ok(world.resource_scopes());
    }
    if behaviour.answer(&[Place::WithToken]).is_some() {
        return Err(Refusal::Place(Place::WithToken));
    }
    let scopes = judge(world, &token).map_err(Refusal::Bad)?;
    let lacks = |needed: &&String| !scopes.contains(*needed);
    let lacking: Vec<String> = world.options.scopes.iter().filter(lacks).cloned().collect();
    if !lacking.is_empty() {
        return Err(Refusal::Insufficient(lacking));
    }
    if behaviour.answer(&[Place::GoodToken]).is_some() {
        return Err(Refusal::Place(Place::GoodToken));
    }
    Ok(scopes)
}

fn token(world: &World, asked: &Asked) -> Option<String> {
    if world.has(Quirk::TokenInQuery)
        && let Some(token) = asked.parameter("access_token")
    {
        return Some(token);
    }
    if world.has(Quirk::StripsAuthorization) {
        return None;
    }
    let (scheme, token) = asked.header("authorization")?.split_once(' ')?;
    let fits =
        if world.has(Quirk::CaseSensitiveScheme) { scheme == "Bearer" } else { scheme.eq_ignore_ascii_case("Bearer") };
    fits.then(|| token.trim_start().to_owned())
}

fn refusal(world: &World, refusal: &Refusal) -> Reply {
    let behaviour = world.behaviour();
    let place = match refusal {
        Refusal::Missing => None,
        Refusal::Bad(_) => Some(Place::BadToken),
        Refusal::Insufficient(_) => Some(Place::Insufficient),
        Refusal::Place(place) => Some(*place),
    };
    if let Some(canned) = place.and_then(|place| behaviour.answer(&[place])) {
        return answer::canned(world, canned);
    }
    let (status, error, description) = match refusal {
        Refusal::Missing if world.options.shape == Shape::PythonSdk => {
            (401, Some("invalid_token"), "Authentication required".to_owned())
        }
        Refusal::Missing | Refusal::Place(_) => (401, None, "Missing Bearer token".to_owned()),
        Refusal::Bad(reason) => (401, Some("invalid_token"), (*reason).to_owned()),
        Refusal::Insufficient(scopes) => (403, Some("insufficient_scope"), format!("This needs {}", scopes.join(" "))),
    };
    let mut scopes = world.options.scopes.clone();
    if let Refusal::Insufficient(lacking) = refusal {
        if world.has(Quirk::NarrowChallenge) {
            scopes.clear();
        }
        scopes.extend(lacking.iter().filter(|scope| !world.options.scopes.contains(scope)).cloned());
    }
    let mut reply = match (world.options.shape, error) {
        (Shape::Fastmcp, None) => answer::empty(status),
        (_, None) => answer::json(status, &json!({ "error": description })),
        (_, Some(error)) => answer::json(status, &json!({ "error": error, "error_description": description })),
    };
    if let Some(fields) = behaviour.challenge() {
        for (name, template) in fields {
            reply.add(name, &world.fill(template));
        }
        return reply;
    }
    reply.set(
        "www-authenticate",
        &challenge(world, error.map(|error| (error, description.as_str())), &scopes.join(" ")),
    );
    reply
}

/// The right challenge (RFC 6750 section 3, RFC 9728 section 5.1).
fn challenge(world: &World, error: Option<(&str, &str)>, scope: &str) -> String {
    let metadata = format!("resource_metadata=\"{}{}\"", world.mcp, world.resource_metadata_path());
    let mut parameters = match world.options.shape {
        Shape::Express => vec!["realm=\"OAuth\"".to_owned()],
        Shape::Legacy => vec!["realm=\"practice\"".to_owned()],
        _ => Vec::new(),
    };
    if let Some((error, description)) = error {
        parameters.push(format!("error=\"{error}\""));
        parameters.push(format!("error_description=\"{description}\""));
    }
    if world.options.shape != Shape::Legacy {
        parameters.push(metadata);
        // Scalekit's sample and the Python SDK name no scope until one is lacking.
        if !matches!(world.options.shape, Shape::Express | Shape::PythonSdk)
            || error.is_some_and(|(error, _)| error == "insufficient_scope")
        {
            parameters.push(format!("scope=\"{scope}\""));
        }
    }
    format!("Bearer {}", parameters.join(", "))
}

fn post(world: &World, asked: &Asked, message: Option<Value>, scopes: &[String]) -> Reply {
    let messages = {
        let mut store = world.store();
        store.messages += 1;
        store.messages
    };
    if world.has(Quirk::SecondRequestFails) && messages > 1 {
        return answer::html(500, ALREADY_CONNECTED);
    }
    if !asked.header("content-type").is_some_and(|kind| kind.starts_with("application/json")) {
        return answer::text(415, "Unsupported Media Type: Content-Type must be application/json");
    }
    let accept = asked.header("accept").unwrap_or("*/*");
    let accepts = |kind: &str| accept.contains(kind) || accept.contains("*/*");
    if !accepts("application/json") || !accepts("text/event-stream") {
        return error(406, &Value::Null, -32000, NOT_ACCEPTABLE, Value::Null);
    }
    let Some(message) = message.filter(Value::is_object) else {
        return error(400, &Value::Null, -32700, "Parse error", Value::Null);
    };
    let method = message["method"].as_str().unwrap_or_default();
    if world.has(Quirk::OneSession) && method == "initialize" {
        let taken = std::mem::replace(&mut world.store().initialized, true);
        if taken {
            return error(400, &Value::Null, -32600, "Invalid Request: Server already initialized", Value::Null);
        }
    }
    if message.get("id").is_none() {
        let canned = world.behaviour().answer(&[Place::Notification]);
        return canned.map_or_else(|| answer::empty(202), |canned| answer::canned(world, canned));
    }
    let version = asked.header("mcp-protocol-version");
    let modern = version == Some(MODERN) || message["params"]["_meta"].get(VERSION_KEY).is_some();
    let early = if modern { modern_error(world, asked, &message) } else { legacy_error(world, asked, &message) };
    if let Some(reply) = early {
        return reply;
    }
    let mut reply = match method {
        "tools/list" => tools_list(world, &message),
        "tools/call" => match tools_call(world, &message, scopes) {
            Ok(reply) => reply,
            Err(lacking) => return refusal(world, &Refusal::Insufficient(vec![lacking])),
        },
        "server/discover" if modern => discovered(world, &message),
        "initialize" if !modern => return initialized(world, &message),
        "ping" => success(&message, json!({})),
        _ => return error(if modern { 404 } else { 200 }, &message["id"], -32601, "Method not found", Value::Null),
    };
    if modern {
        reply.set("mcp-protocol-version", MODERN);
    }
    reply
}

/// What is wrong with the frame of a request of 2026-07-28 (streamable HTTP, "Server Validation").
fn modern_error(world: &World, asked: &Asked, message: &Value) -> Option<Reply> {
    let id = &message["id"];
    // FastMCP 2 and 3 speak the older dialect alone, and are fine: newer clients fall back to it.
    if world.options.shape == Shape::Fastmcp {
        let text =
            format!("Bad Request: Unsupported protocol version: {MODERN} (supported versions: {})", LEGACY.join(", "));
        return Some(error(400, id, -32000, &text, Value::Null));
    }
    if let Some(canned) = world.behaviour().answer(&[Place::Modern]) {
        return Some(answer::canned(world, canned));
    }
    let params = &message["params"];
    let Some(in_body) = params["_meta"][VERSION_KEY].as_str() else {
        return Some(error(400, id, -32602, "Invalid params: _meta lacks the protocol version", Value::Null));
    };
    let mirrored = [
        ("mcp-protocol-version", Some(in_body)),
        ("mcp-method", message["method"].as_str()),
        ("mcp-name", if message["method"] == "tools/call" { params["name"].as_str() } else { None }),
    ];
    for (name, expected) in mirrored {
        if expected.is_some() && (asked.header(name) != expected || world.has(Quirk::HeadersDropped)) {
            let text = format!("Header mismatch: {name} does not match the body");
            return Some(error(400, id, -32020, &text, Value::Null));
        }
    }
    (in_body != MODERN).then(|| unsupported(world, id, in_body))
}

/// What is wrong with the frame of an older request.
fn legacy_error(world: &World, asked: &Asked, message: &Value) -> Option<Reply> {
    let id = &message["id"];
    let in_header = asked.header("mcp-protocol-version");
    if world.has(Quirk::ModernOnly) {
        let in_body = message["params"]["protocolVersion"].as_str();
        return Some(unsupported(world, id, in_header.or(in_body).unwrap_or("2025-03-26")));
    }
    if let Some(version) = in_header
        && !LEGACY.contains(&version)
    {
        return Some(unsupported(world, id, version));
    }
    let session = asked.header("mcp-session-id")?;
    let known = !world.has(Quirk::ForgetsSessions) && world.store().sessions.contains(session);
    (!known && message["method"] != "initialize")
        .then(|| error(404, &Value::Null, -32001, "Session not found", Value::Null))
}

fn initialized(world: &World, message: &Value) -> Reply {
    let asked = message["params"]["protocolVersion"].as_str().unwrap_or_default();
    let version = if LEGACY.contains(&asked) { asked } else { LEGACY[0] };
    let mut reply = success(
        message,
        json!({
            "protocolVersion": version,
            "capabilities": { "tools": {} },
            "serverInfo": server_info(),
        }),
    );
    if world.options.shape != Shape::Fastmcp {
        let session = world.store().unique("session_");
        reply.set("mcp-session-id", &session);
        world.store().sessions.insert(session);
    }
    reply
}

fn discovered(world: &World, message: &Value) -> Reply {
    let result = json!({
        "supportedVersions": versions(world),
        "capabilities": { "tools": {} },
        "serverInfo": server_info(),
        "ttlMs": 60_000,
        "cacheScope": "private",
    });
    success(message, complete(result))
}

fn tools_list(world: &World, message: &Value) -> Reply {
    if let Some(canned) = world.behaviour().answer(&[Place::ToolsList]) {
        return answer::canned(world, canned);
    }
    let tools = world.options.tools.iter().map(|tool| {
        json!({
            "name": tool.name,
            "description": tool.description,
            "inputSchema": { "type": "object", "properties": {} },
        })
    });
    let tools: Vec<Value> = if world.has(Quirk::NoTools) { Vec::new() } else { tools.collect() };
    let mut result = json!({ "tools": tools });
    if is_modern(message) {
        result["ttlMs"] = json!(60_000);
        result["cacheScope"] = json!("private");
        result = complete(result);
    }
    success(message, result)
}

/// The scope that is lacking, when one is.
fn tools_call(world: &World, message: &Value, scopes: &[String]) -> Result<Reply, String> {
    let name = message["params"]["name"].as_str().unwrap_or_default();
    let Some(tool) = world.options.tools.iter().find(|tool| tool.name == name) else {
        return Ok(error(200, &message["id"], -32602, "Unknown tool", Value::Null));
    };
    if let Some(scope) = tool.scope.as_ref().filter(|scope| !scopes.contains(scope)) {
        return Err(scope.clone());
    }
    let result = json!({ "content": [{ "type": "text", "text": format!("{name} is done") }], "isError": false });
    Ok(success(message, if is_modern(message) { complete(result) } else { result }))
}

fn is_modern(message: &Value) -> bool {
    message["params"]["_meta"].get(VERSION_KEY).is_some()
}

fn complete(mut result: Value) -> Value {
    result["resultType"] = json!("complete");
    result["_meta"] = json!({ "io.modelcontextprotocol/serverInfo": server_info() });
    result
}

fn server_info() -> Value {
    json!({ "name": "practice", "version": env!("CARGO_PKG_VERSION") })
}

fn versions(world: &World) -> Vec<&'static str> {
    let legacy = if world.has(Quirk::ModernOnly) { &[] } else { LEGACY.as_slice() };
    std::iter::once(MODERN).chain(legacy.iter().copied()).collect()
}

fn unsupported(world: &World, id: &Value, requested: &str) -> Reply {
    let data = json!({ "supported": versions(world), "requested": requested });
    error(400, id, -32022, "Unsupported protocol version", data)
}

fn success(message: &Value, result: Value) -> Reply {
    answer::json(200, &json!({ "jsonrpc": "2.0", "id": message["id"], "result": result }))
}

fn error(status: u16, id: &Value, code: i32, message: &str, data: Value) -> Reply {
    let mut error = json!({ "code": code, "message": message });
    if !data.is_null() {
        error["data"] = data;
    }
    answer::json(status, &json!({ "jsonrpc": "2.0", "id": id, "error": error }))
}

fn method_not_allowed(allowed: &str) -> Reply {
    let mut reply = answer::text(405, "Method Not Allowed");
    reply.set("allow", allowed);
    reply
}

fn spoilt(world: &World, places: &[Place], reply: Reply) -> Reply {
    match world.behaviour().body_fault(places) {
        Some(fault) => sockets::spoil(reply, fault),
        None => reply,
    }
}

const NOT_ACCEPTABLE: &str = "Not Acceptable: Client must accept both application/json and text/event-stream";

/// What the TypeScript SDK from 1.26 on says when one server object is connected twice.
const ALREADY_CONNECTED: &str = "<!DOCTYPE html>\n<html lang=\"en\"><head><title>Error</title></head><body><pre>Error: Already \
connected to a transport. Call close() before connecting to a new transport, or use a separate Protocol instance per \
connection.</pre></body></html>";
