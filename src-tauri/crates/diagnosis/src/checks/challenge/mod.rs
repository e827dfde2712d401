//! The checks of the stage `challenge`, in order.

use crate::check::{Check, Confidence, Finding, Owner};
use crate::door;
use crate::evidence::Evidence;

mod challenge_blanket;
mod challenge_consistent;
mod challenge_error_when_anonymous;
mod challenge_metadata_absolute;
mod challenge_metadata_fetch;
mod challenge_metadata_host;
mod challenge_metadata_scheme;
mod challenge_multiple;
mod challenge_present;
mod challenge_quoting;
mod challenge_resource_metadata;
mod challenge_scheme;
mod challenge_scheme_case;
mod challenge_scope;
mod challenge_status;

/// The server says that it takes a key, and nothing offers a sign-in: the key is the way in.
fn wants_a_key(check: &'static Check, evidence: &Evidence) -> Finding {
    let finding = Finding::new(check, "wants-a-key").owner(Owner::User).confidence(Confidence::Likely);
    match evidence.door() {
        Some(door) => {
            finding.value("says", door::excerpt(door.answer).unwrap_or_default()).proof(door::line(door.exchange))
        }
        None => finding,
    }
}

pub(super) const ALL: &[&Check] = &[
    &challenge_status::CHECK,
    &challenge_present::CHECK,
    &challenge_scheme::CHECK,
    &challenge_resource_metadata::CHECK,
    &challenge_quoting::CHECK,
    &challenge_metadata_absolute::CHECK,
    &challenge_metadata_scheme::CHECK,
    &challenge_metadata_host::CHECK,
    &challenge_metadata_fetch::CHECK,
    &challenge_multiple::CHECK,
    &challenge_error_when_anonymous::CHECK,
    &challenge_scope::CHECK,
    &challenge_consistent::CHECK,
    &challenge_blanket::CHECK,
    &challenge_scheme_case::CHECK,
];
