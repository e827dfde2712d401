//! The checks of this stage, in order.

use crate::check::Check;

mod token_client_auth;
mod token_exchange;
mod token_lifetime;
mod token_redirect_same;
mod token_refresh_issued;
mod token_refresh_works;
mod token_resource;
mod token_response;
mod token_revoked;
mod token_verifier;

pub(super) const ALL: &[&Check] = &[
    &token_exchange::CHECK,
    &token_client_auth::CHECK,
    &token_verifier::CHECK,
    &token_redirect_same::CHECK,
    &token_resource::CHECK,
    &token_response::CHECK,
    &token_refresh_issued::CHECK,
    &token_refresh_works::CHECK,
    &token_lifetime::CHECK,
    &token_revoked::CHECK,
];
