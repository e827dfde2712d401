//! The addresses at which metadata is published.

use url::Url;

use crate::evidence::{MetadataForm, Place};

/// The address of protected-resource metadata for an MCP URL (RFC 9728 section 3.1). [`Place::Header`] has none: the challenge
/// names it.
pub fn resource_metadata(server: &Url, place: Place) -> Option<Url> {
    match place {
        Place::Header => None,
        Place::Path => (server.path() != "/").then(|| insert(server, "oauth-protected-resource")),
        Place::Root => Some(root(server, "oauth-protected-resource")),
    }
}

/// The address of authorization-server metadata for an issuer. `None` when the issuer is not an http(s) URL, or when the form
/// does not differ from an earlier one (an issuer without a path).
pub fn server_metadata(issuer: &str, form: MetadataForm) -> Option<Url> {
    let issuer =
        Url::parse(issuer.trim()).ok().filter(|url| matches!(url.scheme(), "http" | "https") && url.has_host())?;
    let has_path = !issuer.path().trim_end_matches('/').is_empty();
    match form {
        MetadataForm::OauthInsert => Some(insert(&issuer, "oauth-authorization-server")),
        MetadataForm::OidcInsert => Some(insert(&issuer, "openid-configuration")),
        MetadataForm::OidcAppend => has_path.then(|| append(&issuer, "openid-configuration")),
        MetadataForm::OauthAppend => has_path.then(|| append(&issuer, "oauth-authorization-server")),
    }
}

/// The address of the metadata that a server of revision 2025-03-26 publishes of itself.
pub fn own_server_metadata(server: &Url, place: Place) -> Option<Url> {
    match place {
        Place::Header => None,
        Place::Path => (server.path() != "/").then(|| insert(server, "oauth-authorization-server")),
        Place::Root => Some(root(server, "oauth-authorization-server")),
    }
}

fn insert(base: &Url, name: &str) -> Url {
    let path = base.path().trim_end_matches('/').to_owned();
    let mut url = root(base, name);
    url.set_path(&format!("/.well-known/{name}{path}"));
    url
}

fn append(base: &Url, name: &str) -> Url {
    let path = base.path().trim_end_matches('/').to_owned();
    let mut url = root(base, name);
    url.set_path(&format!("{path}/.well-known/{name}"));
    url
}

fn root(base: &Url, name: &str) -> Url {
    let mut url = base.clone();
    url.set_query(None);
    url.set_fragment(None);
    url.set_path(&format!("/.well-known/{name}"));
    url
}

#[cfg(test)]
mod tests {
    use super::*;

    fn url(text: &str) -> Url {
        Url::parse(text).expect("a URL")
    }

    #[test]
    fn resource_metadata_keeps_the_path_behind_the_well_known() {
        let server = url("https://mcp.example.com/team/mcp?x=1");
        assert_eq!(
            resource_metadata(&server, Place::Path),
            Some(url("https://mcp.example.com/.well-known/oauth-protected-resource/team/mcp"))
        );
        assert_eq!(
            resource_metadata(&server, Place::Root),
            Some(url("https://mcp.example.com/.well-known/oauth-protected-resource"))
        );
        assert_eq!(resource_metadata(&url("https://mcp.example.com/"), Place::Path), None);
    }

    #[test]
    fn an_issuer_with_a_path_has_four_addresses_and_one_without_has_two() {
        let four = "https://auth.example.com/tenant1";
        let addresses = |issuer| {
            [MetadataForm::OauthInsert, MetadataForm::OidcInsert, MetadataForm::OidcAppend, MetadataForm::OauthAppend]
                .map(|form| server_metadata(issuer, form).map(|url| url.path().to_owned()))
        };
        assert_eq!(
            addresses(four),
            [
                Some("/.well-known/oauth-authorization-server/tenant1".to_owned()),
                Some("/.well-known/openid-configuration/tenant1".to_owned()),
                Some("/tenant1/.well-known/openid-configuration".to_owned()),
                Some("/tenant1/.well-known/oauth-authorization-server".to_owned()),
            ]
        );
        assert_eq!(addresses("https://auth.example.com/")[2], None);
        assert_eq!(addresses("javascript:alert(1)"), [None, None, None, None]);
    }
}
