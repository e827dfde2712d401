//! The signature of a token against the keys that the sign-in service publishes. Nothing but the signature is checked here:
//! times, issuer and audience are the checks' to judge.

use std::str::FromStr;

use jsonwebtoken::jwk::{AlgorithmParameters, Jwk};
use jsonwebtoken::{Algorithm, DecodingKey, Validation};
use mcp_auth_diagnosis::oauth::token::{Signature, TokenReading};
use mcp_auth_diagnosis::redact::Secret;
use serde_json::Value;

/// What can be said of the signature without any keys.
pub(crate) fn without_keys(reading: &TokenReading) -> Option<Signature> {
    let alg = reading.alg().unwrap_or_default();
    if alg.eq_ignore_ascii_case("none") {
        return Some(Signature::Unsigned);
    }
    if alg.starts_with("HS") {
        return Some(Signature::SharedSecret { alg: alg.to_owned() });
    }
    (!alg.is_empty() && Algorithm::from_str(alg).is_err()).then(|| Signature::Unusual { alg: alg.to_owned() })
}

/// Checks the signature against a key set (RFC 7517 section 5).
///
/// # Errors
/// When the key set cannot be used, as a clause.
pub fn verify(token: &Secret, reading: &TokenReading, document: &Value) -> Result<Signature, String> {
    if let Some(known) = without_keys(reading) {
        return Ok(known);
    }
    let listed = document
        .get("keys")
        .and_then(Value::as_array)
        .ok_or_else(|| "the keys of the sign-in service have no list named keys".to_owned())?;
    // Keys of kinds that this program does not know stand in real key sets; they are passed over, as RFC 7517 wants.
    let keys: Vec<Jwk> = listed.iter().filter_map(|key| serde_json::from_value(key.clone()).ok()).collect();
    let ids: Vec<String> = listed.iter().filter_map(|key| key.get("kid")?.as_str()).map(str::to_owned).collect();
    let kid = reading.kid().map(str::to_owned);
    let named = kid.as_ref().is_some_and(|kid| ids.contains(kid));
    if let Some(kid) = &kid
        && !named
        && ids.len() == listed.len()
    {
        return Ok(Signature::UnknownKey { kid: kid.clone(), listed: ids });
    }
    let alg = reading.alg().unwrap_or_default();
    let algorithm = Algorithm::from_str(alg).map_err(|_| "the token does not say how it is signed".to_owned())?;
    let candidates: Vec<&Jwk> = keys
        .iter()
        // A key without a name may be the one that the token means.
        .filter(|key| kid.is_none() || if named { key.common.key_id == kid } else { key.common.key_id.is_none() })
        .filter(|key| fits(key, algorithm))
        .collect();
    if candidates.is_empty() {
        return Ok(Signature::NoFittingKey { alg: alg.to_owned() });
    }
    let good = candidates.iter().any(|key| {
        DecodingKey::from_jwk(key).is_ok_and(|key| {
            let mut signature_only = Validation::new(algorithm);
            signature_only.required_spec_claims.clear();
            signature_only.validate_exp = false;
            signature_only.validate_nbf = false;
            signature_only.validate_aud = false;
            jsonwebtoken::decode::<Value>(token.expose(), &key, &signature_only).is_ok()
        })
    });
    Ok(if good { Signature::Good { kid } } else { Signature::Bad { kid } })
}

/// Whether a key is of the kind that the algorithm needs.
fn fits(key: &Jwk, algorithm: Algorithm) -> bool {
    let name = format!("{algorithm:?}");
    match &key.algorithm {
        AlgorithmParameters::RSA(_) => name.starts_with("RS") || name.starts_with("PS"),
        AlgorithmParameters::EllipticCurve(_) => name.starts_with("ES"),
        AlgorithmParameters::OctetKeyPair(_) => name.starts_with("Ed"),
        _ => false,
    }
}
