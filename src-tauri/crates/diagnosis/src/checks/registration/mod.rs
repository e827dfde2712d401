//! The checks of the stage `registration`, in order, and what they share.

use super::as_metadata::metadata;
use crate::check::{Check, Outcome};
use crate::clients::{ClientId, JUDGED};
use crate::evidence::Evidence;
use crate::registering::{Attempt, attempts, registers};

mod reg_cimd_allowed;
mod reg_cimd_doc;
mod reg_cimd_loopback;
mod reg_dcr_app_type;
mod reg_dcr_redirects;
mod reg_dcr_response;
mod reg_dcr_secret_expiry;
mod reg_dcr_status;
mod reg_growth;
mod reg_route_choice;
mod reg_stale;
mod reg_static;
mod reg_wrong_credential_type;

pub(super) const ALL: &[&Check] = &[
    &reg_route_choice::CHECK,
    &reg_dcr_status::CHECK,
    &reg_dcr_redirects::CHECK,
    &reg_dcr_response::CHECK,
    &reg_dcr_app_type::CHECK,
    &reg_dcr_secret_expiry::CHECK,
    &reg_cimd_doc::CHECK,
    &reg_cimd_allowed::CHECK,
    &reg_cimd_loopback::CHECK,
    &reg_static::CHECK,
    &reg_wrong_credential_type::CHECK,
    &reg_stale::CHECK,
    &reg_growth::CHECK,
];

/// Why nobody looked.
pub(crate) const NOT_TRIED: &str = "nobody agreed to a registration, which stays on the server";

/// The registrations that were tried, or what the check has to say instead.
fn tried(evidence: &Evidence) -> Result<Vec<Attempt<'_>>, Outcome> {
    let attempts = attempts(evidence);
    if !attempts.is_empty() {
        return Ok(attempts);
    }
    Err(match metadata(evidence) {
        Ok(_) => Outcome::SetAside(NOT_TRIED),
        Err(outcome) => outcome,
    })
}

/// The judged clients that register here and for which `hit` holds: an empty list when that is every judged client, `None` when
/// it is none.
fn registering_clients(evidence: &Evidence, hit: impl Fn(ClientId) -> bool) -> Option<Vec<ClientId>> {
    let clients: Vec<ClientId> =
        JUDGED.iter().copied().filter(|client| registers(*client, evidence) && hit(*client)).collect();
    match clients.len() {
        0 => None,
        all if all == JUDGED.len() => Some(Vec::new()),
        _ => Some(clients),
    }
}
