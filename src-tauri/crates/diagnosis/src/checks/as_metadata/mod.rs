//! The checks of the stage `as-metadata`, in order, and what they share.

use serde_json::{Map, Value};

use super::resource_metadata::gate;
use crate::check::{Check, Outcome};
use crate::discovery;
use crate::evidence::{Evidence, Exchange, MetadataForm, Purpose};

mod asm_append_only;
mod asm_cache;
mod asm_cimd_flag;
mod asm_endpoints_alive;
mod asm_endpoints_https;
mod asm_env_vs_resource;
mod asm_grants;
mod asm_html;
mod asm_iss_flag;
mod asm_issuer;
mod asm_issuer_slash;
mod asm_issuer_template;
mod asm_jwks;
mod asm_nulls;
mod asm_offline_access;
mod asm_on_mcp_origin;
mod asm_pkce_present;
mod asm_pkce_s256;
mod asm_reachable;
mod asm_registration_route;
mod asm_required;
mod asm_response_types;
mod asm_scopes_cover;
mod asm_status;
mod asm_token_auth_none;

pub(crate) use asm_endpoints_alive::sign_in_page_in_doubt;

pub(super) const ALL: &[&Check] = &[
    &asm_reachable::CHECK,
    &asm_append_only::CHECK,
    &asm_status::CHECK,
    &asm_html::CHECK,
    &asm_issuer::CHECK,
    &asm_issuer_slash::CHECK,
    &asm_issuer_template::CHECK,
    &asm_required::CHECK,
    &asm_response_types::CHECK,
    &asm_nulls::CHECK,
    &asm_endpoints_https::CHECK,
    &asm_endpoints_alive::CHECK,
    &asm_pkce_present::CHECK,
    &asm_pkce_s256::CHECK,
    &asm_token_auth_none::CHECK,
    &asm_grants::CHECK,
    &asm_offline_access::CHECK,
    &asm_scopes_cover::CHECK,
    &asm_registration_route::CHECK,
    &asm_cimd_flag::CHECK,
    &asm_iss_flag::CHECK,
    &asm_jwks::CHECK,
    &asm_on_mcp_origin::CHECK,
    &asm_cache::CHECK,
    &asm_env_vs_resource::CHECK,
];

/// What must hold before the sign-in service can be asked.
pub(crate) const NAMED: &[&str] = &["challenge-present", "prm-as-present", "prm-as-url", "prm-as-multiple"];
/// What must hold before its metadata can be read.
pub(crate) const READABLE: &[&str] = &[
    "challenge-present",
    "prm-as-present",
    "prm-as-url",
    "prm-as-multiple",
    "asm-reachable",
    "asm-append-only",
    "asm-status",
    "asm-html",
];

/// What came from each form, in the order in which clients try them.
pub(super) type Forms<'a> = Vec<(MetadataForm, &'a Exchange)>;

/// The first issuer and what came from the forms that clients try, or what the check has to say instead.
pub(super) fn forms(evidence: &Evidence) -> Result<(String, Forms<'_>), Outcome> {
    // A server of the revision 2025-03-26 was found by what these checks ask.
    if let Some(outcome) = gate(evidence) {
        return Err(outcome);
    }
    let Some(issuer) = evidence.issuers().into_iter().next() else {
        return Err(Outcome::SetAside("no sign-in service is named"));
    };
    let forms = discovery::metadata_forms(evidence, &issuer);
    if forms.is_empty() {
        return Err(Outcome::Unknown("nobody asked the sign-in service".to_owned()));
    }
    Ok((issuer, forms))
}

/// The metadata that can be read.
pub(crate) struct Metadata<'a> {
    pub exchange: &'a Exchange,
    pub members: &'a Map<String, Value>,
    /// The issuer that the resource metadata names; `None` for a server that is its own sign-in service.
    pub named: Option<String>,
    /// Read at an address of OpenID Connect, whose documents must hold more.
    pub is_oidc: bool,
}

impl Metadata<'_> {
    /// `url says "name": value`.
    pub fn says(&self, name: &str) -> String {
        let value = self.members.get(name).map_or_else(|| "absent".to_owned(), Value::to_string);
        format!("{} says \"{name}\": {}", self.exchange.request.url, discovery::tidy(&value, 300))
    }

    /// A member when it is text.
    pub fn text(&self, name: &str) -> Option<&str> {
        self.members.get(name)?.as_str()
    }

    /// The texts of a list, when the member is one.
    pub fn list(&self, name: &str) -> Option<Vec<&str>> {
        Some(self.members.get(name)?.as_array()?.iter().filter_map(Value::as_str).collect())
    }

    /// There is a way for a client to introduce itself by its public document, however the switch is written.
    pub fn takes_documents(&self) -> bool {
        match self.members.get("client_id_metadata_document_supported") {
            Some(Value::Bool(takes)) => *takes,
            Some(Value::String(text)) => text == "true",
            _ => false,
        }
    }
}

/// The metadata in use, or what the check has to say instead.
pub(crate) fn metadata(evidence: &Evidence) -> Result<Metadata<'_>, Outcome> {
    if evidence.unauthorized().is_none()
        && let Some(outcome) = gate(evidence)
    {
        return Err(outcome);
    }
    let unread = || Outcome::Unknown("the sign-in service's metadata could not be read".to_owned());
    let named = evidence.issuers().into_iter().next();
    let Some((purpose, answer)) = evidence.server_metadata() else {
        let nobody = named.is_none() && evidence.unauthorized().is_some();
        return Err(if nobody { Outcome::SetAside("no sign-in service is named") } else { unread() });
    };
    let exchange = evidence.exchange(&purpose).ok_or_else(unread)?;
    let is_oidc =
        matches!(purpose, Purpose::ServerMetadata { form: MetadataForm::OidcInsert | MetadataForm::OidcAppend, .. });
    Ok(Metadata { exchange, members: discovery::object(answer).ok_or_else(unread)?, named, is_oidc })
}
