//! The rules for web pages (Fetch, "CORS protocol"), on both servers.

use http::Method;

use crate::{
    answer::{self, Asked, Fields, Reply},
    behaviour::Quirk,
    record::Server,
    world::World,
};

const ALLOWED: &str =
    "Authorization, Content-Type, Accept, MCP-Protocol-Version, Mcp-Session-Id, Last-Event-ID, Mcp-Method, Mcp-Name";
const ALLOWED_BEFORE_2025: &str = "Authorization, Content-Type, Accept";
const EXPOSED: &str = "WWW-Authenticate, Mcp-Session-Id, MCP-Protocol-Version";

/// The answer to a preflight, before anybody asks for a token. `None` when this is no preflight, or when the fault is that
/// preflights are treated like any other request.
pub(crate) fn preflight(world: &World, asked: &Asked) -> Option<Reply> {
    if asked.method != Method::OPTIONS || !asked.headers.contains_key("access-control-request-method") {
        return None;
    }
    if asked.server == Server::Mcp {
        if world.has(Quirk::PreflightLocked) {
            return None;
        }
        if world.has(Quirk::PreflightRefused) {
            let mut reply = answer::text(405, "Method Not Allowed");
            reply.set("allow", "DELETE, POST");
            return Some(reply);
        }
        if world.has(Quirk::PreflightRedirected) {
            let mut reply = answer::empty(307);
            reply.set("location", &format!("{}/login", world.mcp));
            return Some(reply);
        }
    }
    Some(answer::empty(204))
}

/// A server that guards itself against web pages it does not know.
pub(crate) fn refuses_origin(world: &World, asked: &Asked) -> Option<Reply> {
    (world.has(Quirk::OriginRefused) && asked.headers.contains_key("origin"))
        .then(|| answer::text(403, "Invalid Origin header"))
}

/// Puts the fields on an answer that let web pages read it.
pub(crate) fn finish(world: &World, asked: &Asked, reply: &mut Reply) {
    if !present(world, asked, reply) {
        return;
    }
    let origin = if world.has(Quirk::TwoOrigins) { asked.header("origin").unwrap_or("*") } else { "*" };
    reply.add("access-control-allow-origin", origin);
    if world.has(Quirk::TwoOrigins) && asked.server == Server::Mcp {
        reply.add("access-control-allow-origin", "*");
    }
    if asked.method == Method::OPTIONS {
        let headers = if world.has(Quirk::WildcardHeaders) {
            "*"
        } else if world.has(Quirk::OldHeadersOnly) {
            ALLOWED_BEFORE_2025
        } else {
            ALLOWED
        };
        let methods = if world.has(Quirk::PostOnly) { "POST" } else { "GET, POST, DELETE, OPTIONS" };
        reply.set("access-control-allow-headers", headers);
        reply.set("access-control-allow-methods", methods);
        reply.set("access-control-max-age", "600");
    } else if !world.has(Quirk::NothingExposed) {
        reply.set("access-control-expose-headers", EXPOSED);
    }
}

fn present(world: &World, asked: &Asked, reply: &Reply) -> bool {
    match asked.server {
        Server::Auth => !world.has(Quirk::NoCorsOnAuth),
        Server::Mcp => {
            let refusal = reply.status().as_u16() >= 400;
            let preflight = asked.method == Method::OPTIONS;
            let well_known = asked.path.starts_with("/.well-known/");
            !(world.has(Quirk::NoCors)
                || world.has(Quirk::OriginRefused) && refusal
                || world.has(Quirk::NoCorsOnRefusal) && refusal
                || world.has(Quirk::NoCorsOnWellKnown) && well_known
                || (world.has(Quirk::PreflightLocked) || world.has(Quirk::PreflightRefused)) && preflight
                || world.has(Quirk::PreflightRedirected) && preflight)
        }
    }
}
