//! The checks of the stage `resource-metadata`, in order, and what they share.

use serde_json::{Map, Value};
use url::Url;

use crate::check::{Check, Finding, Outcome, Severity};
use crate::clients::hit_by;
use crate::discovery;
use crate::evidence::{Evidence, Exchange, Look, Place, Purpose};

mod prm_agree;
mod prm_as_multiple;
mod prm_as_present;
mod prm_as_url;
mod prm_bearer_methods;
mod prm_content_type;
mod prm_empty_urls;
mod prm_extra;
mod prm_json;
pub(crate) use prm_json::fault as fault_of_body;
mod prm_live_vs_dashboard;
mod prm_null_arrays;
mod prm_path_wellknown;
mod prm_public;
mod prm_resource_match;
mod prm_resource_present;
pub(crate) use prm_resource_present::is_an_error;
mod prm_resource_scheme;
mod prm_resource_slash;
mod prm_root_wellknown;
mod prm_scopes;
mod prm_status;

pub(super) const ALL: &[&Check] = &[
    &prm_path_wellknown::CHECK,
    &prm_root_wellknown::CHECK,
    &prm_agree::CHECK,
    &prm_public::CHECK,
    &prm_status::CHECK,
    &prm_content_type::CHECK,
    &prm_json::CHECK,
    &prm_resource_present::CHECK,
    &prm_resource_match::CHECK,
    &prm_resource_slash::CHECK,
    &prm_resource_scheme::CHECK,
    &prm_as_present::CHECK,
    &prm_as_url::CHECK,
    &prm_as_multiple::CHECK,
    &prm_empty_urls::CHECK,
    &prm_null_arrays::CHECK,
    &prm_scopes::CHECK,
    &prm_bearer_methods::CHECK,
    &prm_extra::CHECK,
    &prm_live_vs_dashboard::CHECK,
];

/// What must hold before anybody can read a document.
pub(crate) const READABLE: &[&str] =
    &["prm-path-wellknown", "prm-public", "prm-status", "prm-content-type", "prm-json"];

/// Why the stage does not arise, if it does not: no sign-in is asked for, or the server is its own sign-in service.
pub(crate) fn gate(evidence: &Evidence) -> Option<Outcome> {
    if evidence.unauthorized().is_none() {
        return Some(match evidence.first_call() {
            Look::Answered(_) => Outcome::SetAside("the server did not ask for a sign-in"),
            _ => Outcome::Unknown("the server gave no answer".to_owned()),
        });
    }
    if discovery::is_legacy(evidence) {
        return Some(Outcome::SetAside("the server is its own sign-in service, as the revision 2025-03-26 has it"));
    }
    if discovery::left_out_by_guessing(evidence).is_some() {
        return Some(Outcome::SetAside("the sign-in went through at guessed addresses, which is told at the signpost"));
    }
    let looked = [Place::Header, Place::Path, Place::Root]
        .into_iter()
        .any(|place| evidence.exchange(&Purpose::ResourceMetadata { place }).is_some());
    (!looked).then(|| Outcome::Unknown("nobody looked for the resource metadata".to_owned()))
}

/// The resource metadata that can be read.
pub(super) struct Document<'a> {
    pub exchange: &'a Exchange,
    pub members: &'a Map<String, Value>,
}

impl Document<'_> {
    /// `GET url says "name": value`.
    pub fn says(&self, name: &str) -> String {
        let value = self.members.get(name).map_or_else(|| "absent".to_owned(), Value::to_string);
        format!("{} says \"{name}\": {}", self.exchange.request.url, discovery::tidy(&value, 200))
    }

    /// The strings among the entries of `authorization_servers`.
    pub fn issuers(&self) -> Vec<&str> {
        match self.members.get("authorization_servers") {
            Some(Value::Array(list)) => list.iter().filter_map(Value::as_str).collect(),
            Some(Value::String(one)) => vec![one],
            _ => Vec::new(),
        }
    }
}

/// The copy in use, when it is a JSON object; else what the check has to say instead.
pub(super) fn document(evidence: &Evidence) -> Result<Document<'_>, Outcome> {
    if let Some(outcome) = gate(evidence) {
        return Err(outcome);
    }
    let unread = || Outcome::Unknown("the resource metadata could not be read".to_owned());
    let (place, answer) = evidence.resource_metadata().ok_or_else(unread)?;
    let members = discovery::object(answer).ok_or_else(unread)?;
    let exchange = evidence.exchange(&Purpose::ResourceMetadata { place }).ok_or_else(unread)?;
    Ok(Document { exchange, members })
}

/// The `resource` of the copy in use beside the URL that was called, when both are URLs.
pub(super) fn resource(evidence: &Evidence) -> Result<(Document<'_>, Url, Url), Outcome> {
    let document = document(evidence)?;
    let called = evidence.subject.server.clone().ok_or_else(|| Outcome::Unknown("no server was given".to_owned()))?;
    let named = document.members.get("resource").and_then(Value::as_str).and_then(|text| Url::parse(text.trim()).ok());
    match named.filter(Url::has_host) {
        Some(named) => Ok((document, called, named)),
        None => Err(Outcome::SetAside("the metadata names no address to compare")),
    }
}

/// What a check of the copies says where none came. What was answered instead, and whom that hits, is said by other checks.
pub(super) fn none_came(copies: &[&Exchange]) -> Outcome {
    const WHY: &str = "no copy of the resource metadata came";
    let answered = copies.iter().any(|exchange| exchange.outcome.is_ok());
    if answered { Outcome::SetAside(WHY) } else { Outcome::Unknown(WHY.to_owned()) }
}

/// Names the clients that end without a place to sign in. Nobody does: a warning.
pub(super) fn lost(evidence: &Evidence, finding: Finding) -> Finding {
    match hit_by(|_, engine| discovery::loses_resource_metadata(engine, evidence)) {
        Some(clients) => finding.affects(clients),
        None => finding.severity(Severity::Warning),
    }
}
