//! The keys of the environment and the access tokens that they sign.

use std::sync::OnceLock;

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, jwk::Jwk};
use rcgen::{KeyPair, PKCS_RSA_SHA256};
use serde::Serialize;
use serde_json::{Value, json};

use crate::{
    PracticeError,
    behaviour::Quirk,
    record::Server,
    store::Grant,
    world::{RESOURCE_ID, Shape, World},
};

/// What an access token should look like. All but the first few are wrong in one way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum TokenShape {
    /// RS256, issuer of the resource, both audiences, `scope` as a string.
    Good,
    /// Good, with the environment's root as issuer: the older form, still right.
    EnvironmentIssuer,
    /// `aud` holds the resource id only; right unless the server insists on its URL.
    ResourceIdAudience,
    /// `aud` holds the server's URL only.
    UrlAudience,
    /// Good, with the scopes as an array named `scopes`, like tokens for machines.
    ArrayScopes,
    /// For another server.
    WrongAudience,
    /// `aud` is the server's URL with a slash too many.
    SlashAudience,
    /// `aud` is a general word of the sign-in service, as Keycloak's.
    GeneralAudience,
    /// `aud` is a name that server and sign-in service can agree on.
    NamedAudience,
    /// No `aud`.
    NoAudience,
    /// Ran out an hour ago.
    Expired,
    /// `exp` in milliseconds.
    MillisecondExpiry,
    /// No `exp`.
    NoExpiry,
    /// `nbf` and `iat` ten minutes ahead.
    NotYetValid,
    /// From another issuer, whose keys are its own.
    OtherIssuer,
    /// Signed with the listed key; the issuer is a name that the sign-in service has inside its network.
    InnerIssuer,
    /// The right issuer with a slash too many.
    SlashIssuer,
    /// Signed with a key that the key set does not list.
    UnknownKey,
    /// No `kid`.
    NoKeyId,
    /// Signed with the newest key, which an old copy of the key set lacks.
    RotatedKey,
    /// The signature does not fit.
    BadSignature,
    /// Not signed.
    AlgNone,
    /// Signed with a shared secret.
    Hs256,
    /// Without the scopes the server needs.
    MissingScope,
    /// The scopes with dots where the server has colons.
    SpelledScope,
    /// No scope at all.
    NoScope,
    /// Not a JWT.
    Opaque,
    /// An ID token.
    IdToken,
}

/// Two RSA keys: the one in use, and the one that follows when keys rotate.
pub(crate) struct Keys {
    current: Key,
    next: Key,
}

struct Key {
    id: &'static str,
    signs: EncodingKey,
    public: Jwk,
}

impl Keys {
    /// Made once for the whole process: RSA keys take a moment.
    pub fn get() -> Result<&'static Keys, PracticeError> {
        static KEYS: OnceLock<Result<Keys, String>> = OnceLock::new();
        let make = || Ok(Keys { current: Key::make("snk_1001")?, next: Key::make("snk_1002")? });
        KEYS.get_or_init(|| make().map_err(|error: PracticeError| error.to_string()))
            .as_ref()
            .map_err(|error| PracticeError::Keys(error.clone()))
    }

    /// The key set document (RFC 7517 section 5). After a rotation only the new key is listed.
    pub fn document(&self, rotated: bool) -> Value {
        let key = if rotated { &self.next } else { &self.current };
        let mut public = serde_json::to_value(&key.public).unwrap_or_default();
        public["kid"] = json!(key.id);
        public["alg"] = json!("RS256");
        public["use"] = json!("sig");
        json!({ "keys": [public] })
    }

    /// The key of that id, for checking a signature. Without an id, the current one.
    pub fn verifying(&self, id: Option<&str>, rotated: bool) -> Option<DecodingKey> {
        let known = if rotated { &self.next } else { &self.current };
        if id.is_some_and(|id| id != known.id) {
            return None;
        }
        DecodingKey::from_jwk(&known.public).ok()
    }
}

impl Key {
    fn make(id: &'static str) -> Result<Key, PracticeError> {
        let pair = KeyPair::generate_for(&PKCS_RSA_SHA256)?;
        let signs = EncodingKey::from_rsa_pem(pair.serialize_pem().as_bytes())?;
        let public = Jwk::from_encoding_key(&signs, Algorithm::RS256)?;
        Ok(Key { id, signs, public })
    }
}

/// Whether the environment has changed its keys: then the key set lists the new one only.
pub(crate) fn rotated(world: &World) -> bool {
    world.behaviour().token_shape() == Some(TokenShape::RotatedKey)
}

/// How long an access token lives, in seconds.
pub(crate) fn lifetime(world: &World) -> i64 {
    if world.has(Quirk::ShortTokens) { 60 } else { 3600 }
}

/// Makes a token of that shape for a grant, by the clock of the authorization server.
pub(crate) fn mint(world: &World, shape: TokenShape, grant: &Grant) -> Result<String, PracticeError> {
    if shape == TokenShape::Opaque {
        return Ok(world.store().unique("opaque_"));
    }
    let (algorithm, key) = match shape {
        TokenShape::Hs256 => (Algorithm::HS256, &EncodingKey::from_secret(b"shared between the two servers")),
        TokenShape::RotatedKey => (Algorithm::RS256, &world.keys.next.signs),
        TokenShape::UnknownKey | TokenShape::OtherIssuer => (Algorithm::RS256, &world.keys.next.signs),
        _ => (Algorithm::RS256, &world.keys.current.signs),
    };
    let claims = claims(world, shape, grant);
    if shape == TokenShape::AlgNone {
        let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
        return Ok(format!("{}.{}.", part(&json!({"alg": "none", "typ": "JWT"})), part(&claims)));
    }
    let mut header = Header::new(algorithm);
    header.kid = match shape {
        TokenShape::NoKeyId | TokenShape::Hs256 => None,
        TokenShape::UnknownKey => Some("snk_9999".to_owned()),
        TokenShape::OtherIssuer => Some("elsewhere-1".to_owned()),
        TokenShape::RotatedKey => Some(world.keys.next.id.to_owned()),
        _ => Some(world.keys.current.id.to_owned()),
    };
    let token = jsonwebtoken::encode(&header, &claims, key)?;
    if shape != TokenShape::BadSignature {
        return Ok(token);
    }
    let (signed, signature) = token.rsplit_once('.').unwrap_or((&token, ""));
    let reversed: String = signature.chars().rev().collect();
    Ok(format!("{signed}.{reversed}"))
}

fn claims(world: &World, shape: TokenShape, grant: &Grant) -> Value {
    let now = world.now(Server::Auth);
    let layout = world.layout();
    let resource = world.resource();
    let issuer = match shape {
        TokenShape::OtherIssuer => "https://elsewhere.example.com".to_owned(),
        TokenShape::InnerIssuer => "http://sign-in.internal:8080".to_owned(),
        TokenShape::SlashIssuer => format!("{}/", layout.issuer),
        TokenShape::EnvironmentIssuer => layout.origin,
        // The Express sample pins nothing; its environment still signs as itself.
        _ if world.options.shape == Shape::Express => layout.origin,
        _ => layout.issuer,
    };
    let token_id = world.store().number("tkn_");
    let mut claims = json!({
        "iss": issuer,
        "aud": [RESOURCE_ID, resource],
        "sub": "usr_2001",
        "client_id": grant.client_id,
        "oid": "org_3001",
        "sid": "ses_4001",
        "jti": token_id,
        "scope": grant.scope,
        "permissions": [],
        "roles": [],
        "iat": now,
        "nbf": now,
        "exp": now + lifetime(world),
    });
    let without = |claims: &mut Value, name: &str| {
        if let Some(claims) = claims.as_object_mut() {
            claims.shift_remove(name);
        }
    };
    match shape {
        TokenShape::ResourceIdAudience => claims["aud"] = json!([RESOURCE_ID]),
        TokenShape::UrlAudience => claims["aud"] = json!([resource]),
        TokenShape::WrongAudience => claims["aud"] = json!(["res_9876543210", "https://other.example.com/mcp"]),
        TokenShape::SlashAudience => claims["aud"] = json!([format!("{resource}/")]),
        TokenShape::GeneralAudience => claims["aud"] = json!("account"),
        TokenShape::NamedAudience => claims["aud"] = json!("todo-api"),
        TokenShape::NoAudience => without(&mut claims, "aud"),
        TokenShape::SpelledScope => {
            let scope = claims["scope"].as_str().unwrap_or_default().replace(':', ".");
            claims["scope"] = json!(scope);
        }
        TokenShape::Expired => {
            claims["iat"] = json!(now - 7200);
            claims["nbf"] = json!(now - 7200);
            claims["exp"] = json!(now - 3600);
        }
        TokenShape::MillisecondExpiry => claims["exp"] = json!((now - 7200) * 1000),
        TokenShape::NoExpiry => without(&mut claims, "exp"),
        TokenShape::NotYetValid => {
            claims["iat"] = json!(now + 600);
            claims["nbf"] = json!(now + 600);
        }
        TokenShape::ArrayScopes => {
            without(&mut claims, "scope");
            claims["scopes"] = json!(grant.scope.split_whitespace().collect::<Vec<_>>());
        }
        TokenShape::MissingScope => claims["scope"] = json!("openid profile"),
        TokenShape::NoScope => without(&mut claims, "scope"),
        TokenShape::IdToken => {
            claims["aud"] = json!([grant.client_id]);
            claims["nonce"] = json!("practice");
            claims["at_hash"] = json!("cHJhY3RpY2U");
            without(&mut claims, "scope");
        }
        _ => {}
    }
    claims
}
