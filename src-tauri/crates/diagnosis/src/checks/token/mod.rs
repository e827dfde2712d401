//! The checks of this stage, in order.

use crate::check::Check;

mod token_client_auth;
mod token_exchange;
mod token_lifetime;
mod token_refresh_issued;
mod token_refresh_works;
mod token_response;
mod token_verifier;

pub(super) const ALL: &[&Check] = &[
    &token_exchange::CHECK,
    &token_client_auth::CHECK,
    &token_verifier::CHECK,
    &token_response::CHECK,
    &token_refresh_issued::CHECK,
    &token_refresh_works::CHECK,
    &token_lifetime::CHECK,
];
