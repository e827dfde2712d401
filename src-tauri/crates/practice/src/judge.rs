//! How the MCP server judges a token.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use jsonwebtoken::{Algorithm, Validation};
use serde_json::Value;

use crate::{
    behaviour::Quirk,
    record::Server,
    tokens,
    world::{RESOURCE_ID, World},
};

/// Leeway for the times in a token, in seconds.
const LEEWAY: i64 = 30;

/// The scopes of a good token, or why it is refused. The reasons are what a server would say, no more.
pub(crate) fn judge(world: &World, token: &str) -> Result<Vec<String>, &'static str> {
    if world.has(Quirk::AnyToken) {
        return Ok(world.resource_scopes());
    }
    if world.has(Quirk::RefusesEveryToken) {
        return Err("Token verification failed");
    }
    let claims = verified(world, token)?;
    check_issuer(world, &claims)?;
    check_audience(world, &claims)?;
    check_times(world, &claims)?;
    Ok(scopes(world, &claims))
}

/// The claims, once the signature holds (RFC 7515 section 5.2).
fn verified(world: &World, token: &str) -> Result<Value, &'static str> {
    let header = token.split('.').next().and_then(|part| URL_SAFE_NO_PAD.decode(part).ok());
    let header: Value = header.and_then(|header| serde_json::from_slice(&header).ok()).ok_or("Token is not a JWT")?;
    if header["alg"] != "RS256" {
        return Err("Token is signed in a way this server does not trust");
    }
    let rotated = tokens::rotated(world) && !world.has(Quirk::RemembersOldKey);
    let key = world.keys.verifying(header["kid"].as_str(), rotated).ok_or("Token is signed with an unknown key")?;
    let mut signature_only = Validation::new(Algorithm::RS256);
    signature_only.required_spec_claims.clear();
    signature_only.validate_aud = false;
    signature_only.validate_exp = false;
    jsonwebtoken::decode::<Value>(token, &key, &signature_only)
        .map(|token| token.claims)
        .map_err(|_| "The signature of the token does not fit")
}

fn check_issuer(world: &World, claims: &Value) -> Result<(), &'static str> {
    let layout = world.layout();
    let issuer = claims["iss"].as_str().unwrap_or_default();
    // Scalekit is moving from the first form to the second; a right server takes both.
    let fits = issuer == layout.origin || (issuer == layout.issuer && !world.has(Quirk::WantsEnvironmentIssuer));
    fits.then_some(()).ok_or("Token comes from another issuer")
}

fn check_audience(world: &World, claims: &Value) -> Result<(), &'static str> {
    let has = |wanted: &str| match &claims["aud"] {
        Value::String(one) => one == wanted,
        Value::Array(many) => many.iter().any(|one| one == wanted),
        _ => false,
    };
    let resource = world.resource();
    let fits = if world.has(Quirk::WantsSlashAudience) {
        has(&format!("{resource}/"))
    } else if world.has(Quirk::WantsResourceId) {
        has(RESOURCE_ID)
    } else if world.has(Quirk::WantsUrlAudience) {
        has(&resource)
    } else {
        has(RESOURCE_ID) || has(&resource)
    };
    fits.then_some(()).ok_or("Token was not issued for this resource")
}

fn check_times(world: &World, claims: &Value) -> Result<(), &'static str> {
    let now = world.now(Server::Mcp);
    let leeway = if world.has(Quirk::StrictClock) { 0 } else { LEEWAY };
    match claims["exp"].as_i64() {
        None => return Err("Token has no expiration time"),
        Some(until) if until + leeway < now => return Err("Token has expired"),
        Some(until) if until > now.saturating_mul(100) => return Err("Token has no sensible expiration time"),
        Some(_) => {}
    }
    let from = claims["nbf"].as_i64().unwrap_or(i64::MIN);
    if from.saturating_sub(leeway) > now { Err("Token is not valid yet") } else { Ok(()) }
}

/// `scope` as a string or an array, `scopes`, `scp`: whichever the token has.
fn scopes(world: &World, claims: &Value) -> Vec<String> {
    let names: &[&str] = if world.has(Quirk::WantsScopesArray) { &["scopes"] } else { &["scope", "scopes", "scp"] };
    names
        .iter()
        .flat_map(|name| match &claims[*name] {
            Value::String(text) => text.split_whitespace().map(str::to_owned).collect(),
            Value::Array(items) => items.iter().filter_map(|item| Some(item.as_str()?.to_owned())).collect(),
            _ => Vec::new(),
        })
        .collect()
}
