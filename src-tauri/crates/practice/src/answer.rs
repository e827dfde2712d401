//! A request as read, and the few ways to make an answer.

use std::io;

use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, Response, StatusCode, header};
use http_body_util::{BodyExt, Full, Limited, combinators::BoxBody};
use hyper::body::{Bytes, Incoming};
use serde_json::Value;
use url::form_urlencoded;

use crate::{behaviour::Canned, record::Server, world::World};

/// The answer to one request.
pub(crate) type Reply = Response<BoxBody<Bytes, io::Error>>;

/// The largest request body that is read, in bytes.
const LARGEST_REQUEST: usize = 1024 * 1024;

/// One request, its body read.
pub(crate) struct Asked {
    pub server: Server,
    pub method: Method,
    pub path: String,
    pub query: String,
    pub headers: HeaderMap,
    pub body: Bytes,
}

impl Asked {
    /// Reads the body too; `None` when it is too large or breaks off.
    pub async fn read(server: Server, request: Request<Incoming>) -> Option<Asked> {
        let (head, body) = request.into_parts();
        let body = Limited::new(body, LARGEST_REQUEST).collect().await.ok()?.to_bytes();
        Some(Asked {
            server,
            method: head.method,
            path: head.uri.path().to_owned(),
            query: head.uri.query().unwrap_or_default().to_owned(),
            headers: head.headers,
            body,
        })
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    pub fn json(&self) -> Option<Value> {
        serde_json::from_slice(&self.body).ok()
    }

    pub fn is_form(&self) -> bool {
        self.header("content-type").is_some_and(|kind| kind.starts_with("application/x-www-form-urlencoded"))
    }

    /// A parameter of the query.
    pub fn parameter(&self, name: &str) -> Option<String> {
        parameter(self.query.as_bytes(), name)
    }

    /// A parameter of a form body.
    pub fn field(&self, name: &str) -> Option<String> {
        parameter(&self.body, name)
    }
}

fn parameter(pairs: &[u8], name: &str) -> Option<String> {
    form_urlencoded::parse(pairs).find(|(key, _)| key == name).map(|(_, value)| value.into_owned())
}

pub(crate) fn empty(status: u16) -> Reply {
    whole(status, None, Bytes::new())
}

pub(crate) fn json(status: u16, body: &Value) -> Reply {
    whole(status, Some("application/json"), Bytes::from(body.to_string()))
}

pub(crate) fn text(status: u16, body: &str) -> Reply {
    whole(status, Some("text/plain; charset=utf-8"), Bytes::from(body.to_owned()))
}

pub(crate) fn html(status: u16, body: &str) -> Reply {
    whole(status, Some("text/html; charset=utf-8"), Bytes::from(body.to_owned()))
}

pub(crate) fn whole(status: u16, kind: Option<&str>, body: impl Into<Bytes>) -> Reply {
    let mut reply = Response::new(Full::new(body.into()).map_err(|never| match never {}).boxed());
    *reply.status_mut() = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    if let Some(kind) = kind {
        reply.set(header::CONTENT_TYPE.as_str(), kind);
    }
    reply
}

/// A fixed answer with its templates filled in. Without a content type of its own a body that looks like JSON is called JSON,
/// one that looks like HTML HTML.
pub(crate) fn canned(world: &World, canned: &Canned) -> Reply {
    let body = world.fill(canned.body);
    let kind = match body.trim_start().as_bytes().first() {
        None => None,
        Some(b'{' | b'[' | b'"') => Some("application/json"),
        Some(b'<') => Some("text/html; charset=utf-8"),
        Some(_) => Some("text/plain; charset=utf-8"),
    };
    let mut reply = whole(canned.status, kind, body);
    for (name, template) in canned.headers {
        if name.eq_ignore_ascii_case("content-type") {
            reply.set(name, &world.fill(template));
        } else {
            reply.add(name, &world.fill(template));
        }
    }
    reply
}

/// Header fields by plain strings; a value that no header can carry is left out.
pub(crate) trait Fields {
    fn set(&mut self, name: &str, value: &str);
    fn add(&mut self, name: &str, value: &str);
}

impl Fields for Reply {
    fn set(&mut self, name: &str, value: &str) {
        if let Some((name, value)) = field(name, value) {
            self.headers_mut().insert(name, value);
        }
    }

    fn add(&mut self, name: &str, value: &str) {
        if let Some((name, value)) = field(name, value) {
            self.headers_mut().append(name, value);
        }
    }
}

fn field(name: &str, value: &str) -> Option<(HeaderName, HeaderValue)> {
    // From bytes: a misbehaving server sends typographic quotes too.
    Some((HeaderName::from_bytes(name.as_bytes()).ok()?, HeaderValue::from_bytes(value.as_bytes()).ok()?))
}
