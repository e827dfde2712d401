//! The checks of the stage `token_validation`, in order.

use crate::check::Check;

mod tok_alg;
mod tok_aud_match;
mod tok_aud_present;
mod tok_aud_shape;
mod tok_auth_header_stripped;
mod tok_bad_status;
mod tok_exp;
mod tok_format;
mod tok_header_size;
mod tok_iss;
mod tok_iss_migration;
mod tok_jwks_reachable;
mod tok_jwks_rotation;
mod tok_kid;
mod tok_nbf_iat;
mod tok_opaque_introspect;
mod tok_query_token;
mod tok_required_claims;
mod tok_scope_shape;
mod tok_server_clock;
mod tok_server_verdict;
mod tok_signature;
mod tok_typ;
mod tok_wrong_env;

pub(super) const ALL: &[&Check] = &[
    &tok_format::CHECK,
    &tok_alg::CHECK,
    &tok_kid::CHECK,
    &tok_jwks_reachable::CHECK,
    &tok_jwks_rotation::CHECK,
    &tok_signature::CHECK,
    &tok_iss::CHECK,
    &tok_iss_migration::CHECK,
    &tok_aud_present::CHECK,
    &tok_aud_match::CHECK,
    &tok_aud_shape::CHECK,
    &tok_exp::CHECK,
    &tok_nbf_iat::CHECK,
    &tok_server_clock::CHECK,
    &tok_typ::CHECK,
    &tok_required_claims::CHECK,
    &tok_scope_shape::CHECK,
    &tok_opaque_introspect::CHECK,
    &tok_server_verdict::CHECK,
    &tok_wrong_env::CHECK,
    &tok_bad_status::CHECK,
    &tok_query_token::CHECK,
    &tok_auth_header_stripped::CHECK,
    &tok_header_size::CHECK,
];
