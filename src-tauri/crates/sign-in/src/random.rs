//! States, verifiers and challenges.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use mcp_auth_diagnosis::redact::Secret;
use sha2::{Digest as _, Sha256};

/// 32 random bytes as 43 characters of base64url: a state, or a code verifier (RFC 7636 section 4.1).
///
/// # Errors
/// When the system gives no random bytes.
pub fn secret() -> Result<Secret, getrandom::Error> {
    let mut bytes = [0_u8; 32];
    getrandom::fill(&mut bytes)?;
    Ok(Secret::new(URL_SAFE_NO_PAD.encode(bytes)))
}

/// The S256 challenge of a verifier (RFC 7636 section 4.2).
pub fn challenge(verifier: &Secret) -> String {
    URL_SAFE_NO_PAD.encode(Sha256::digest(verifier.expose().as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_challenge_is_that_of_the_rfc() {
        // RFC 7636 appendix B.
        let verifier = Secret::new("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk");
        assert_eq!(challenge(&verifier), "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM");
    }

    #[test]
    fn two_secrets_differ_and_cannot_be_printed() {
        let (one, other) = (secret().expect("random"), secret().expect("random"));
        assert_ne!(one.expose(), other.expose());
        assert_eq!(one.len(), 43);
        assert!(!format!("{one:?}").contains(one.expose()));
    }
}
