//! The JSON documents of discovery, right and with one thing wrong.

use serde_json::{Value, json};

use crate::{
    answer::{self, Fields, Reply},
    behaviour::{Document, Garble, Quirk},
    sockets, tokens,
    world::{Layout, World},
};

/// Resource metadata (RFC 9728 section 2), with the members that Scalekit's dashboard shows.
pub(crate) fn resource_metadata(world: &World) -> Value {
    json!({
        "authorization_servers": [world.layout().issuer],
        "bearer_methods_supported": ["header"],
        "resource": world.resource(),
        "resource_documentation": format!("{}/docs", world.mcp),
        "scopes_supported": world.resource_scopes(),
    })
}

/// Authorization server metadata (RFC 8414 section 2).
pub(crate) fn metadata(world: &World) -> Value {
    let Layout { issuer, origin, authorize, token, register, revoke, keys, .. } = world.layout();
    json!({
        "issuer": issuer,
        "authorization_endpoint": format!("{origin}{authorize}"),
        "token_endpoint": format!("{origin}{token}"),
        "registration_endpoint": format!("{origin}{register}"),
        "revocation_endpoint": format!("{origin}{revoke}"),
        "jwks_uri": format!("{origin}{keys}"),
        "response_types_supported": ["code"],
        "response_modes_supported": ["query"],
        "grant_types_supported": ["authorization_code", "refresh_token"],
        "token_endpoint_auth_methods_supported": ["none", "client_secret_post", "client_secret_basic"],
        "code_challenge_methods_supported": ["S256"],
        "client_id_metadata_document_supported": true,
        "scopes_supported": world.known_scopes(),
        "authorization_response_iss_parameter_supported": true,
    })
}

/// The environment's own OpenID Connect metadata: another issuer, and no registration endpoint.
pub(crate) fn environment_metadata(world: &World) -> Value {
    let Layout { origin, keys, .. } = world.layout();
    json!({
        "issuer": origin,
        "authorization_endpoint": format!("{origin}/oauth/authorize"),
        "token_endpoint": format!("{origin}/oauth/token"),
        "jwks_uri": format!("{origin}{keys}"),
        "response_types_supported": ["code"],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["RS256"],
        "grant_types_supported": ["authorization_code", "refresh_token"],
        "token_endpoint_auth_methods_supported": ["client_secret_post", "client_secret_basic"],
        "code_challenge_methods_supported": ["S256"],
        "scopes_supported": ["openid", "profile", "email", "offline_access"],
    })
}

/// The same as an OpenID Connect document: with what that requires in addition.
pub(crate) fn oidc_metadata(world: &World) -> Value {
    let mut document = metadata(world);
    document["subject_types_supported"] = json!(["public"]);
    document["id_token_signing_alg_values_supported"] = json!(["RS256"]);
    document
}

/// Serves a document with the edits and the garbling that the present fault asks for.
pub(crate) fn serve(world: &World, document: Document, status: u16, content: Value) -> Reply {
    let mut content = edited(world, document, content);
    let Some(garble) = world.behaviour().garble(document) else {
        return answer::json(status, &content);
    };
    let fetches = {
        let mut store = world.store();
        store.fetches += 1;
        store.fetches
    };
    if garble == Garble::Alternating && fetches % 2 == 0 {
        let name = if document == Document::Metadata { "issuer" } else { "resource" };
        content[name] = json!("https://the-other-half.example.com");
    }
    let text = content.to_string();
    let kind = Some("application/json");
    match garble {
        Garble::AsTextPlain => answer::whole(status, Some("text/plain"), text),
        Garble::AsOctetStream => answer::whole(status, Some("application/octet-stream"), text),
        Garble::TrailingComma => answer::whole(status, kind, format!("{},}}", text.trim_end_matches('}'))),
        Garble::Twice => answer::whole(status, kind, json!(text).to_string()),
        Garble::ByteOrderMark => answer::whole(status, kind, format!("\u{feff}{text}")),
        Garble::InArray => answer::whole(status, kind, format!("[{text}]")),
        Garble::CalledGzip => {
            let mut reply = answer::whole(status, kind, text);
            reply.set("content-encoding", "gzip");
            reply
        }
        Garble::SilentGzip => answer::whole(status, kind, sockets::gzip_stored(text.as_bytes())),
        Garble::Padded => answer::whole(status, kind, format!("{}{text}", " ".repeat(2 * 1024 * 1024))),
        Garble::Alternating => answer::whole(status, kind, text),
    }
}

/// A document with the edits of the present fault.
pub(crate) fn edited(world: &World, document: Document, mut content: Value) -> Value {
    for (member, template) in world.behaviour().edits(document) {
        let Some(members) = content.as_object_mut() else { break };
        match template {
            Some(template) => {
                // What does not read as JSON is meant as a plain string.
                let text = world.fill(template);
                members.insert((*member).to_owned(), serde_json::from_str(&text).unwrap_or(Value::String(text)));
            }
            None => {
                members.shift_remove(*member);
            }
        }
    }
    content
}

pub(crate) fn keys(world: &World) -> Reply {
    serve(world, Document::Keys, 200, world.keys.document(tokens::rotated(world)))
}

/// Whether the MCP origin serves a second, root copy of the resource metadata.
pub(crate) fn has_root_copy(world: &World) -> bool {
    world.has(Quirk::RootCopy) || world.resource_metadata_path() == ROOT_RESOURCE_METADATA
}

/// RFC 9728 section 3: the well-known path without a suffix.
pub(crate) const ROOT_RESOURCE_METADATA: &str = "/.well-known/oauth-protected-resource";
