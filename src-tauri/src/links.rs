//! Pages that the app can open in the browser: a fixed table. The window names an entry, never an address.

use serde::Deserialize;
use url::Url;

use crate::failure::{CommandFailure, FailureCode};

/// A page of the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS), ts(export))]
#[serde(rename_all = "kebab-case")]
pub enum LinkId {
    /// Scalekit's documentation.
    ScalekitDocs,
    /// Scalekit's dashboard, where environments, redirect addresses and logs are.
    ScalekitDashboard,
    /// What the MCP specification says about signing in.
    McpAuthorization,
    /// RFC 9728, OAuth 2.0 Protected Resource Metadata.
    ResourceMetadata,
    /// RFC 8414, OAuth 2.0 Authorization Server Metadata.
    ServerMetadata,
}

impl LinkId {
    /// Every page.
    pub const ALL: [Self; 5] = [
        Self::ScalekitDocs,
        Self::ScalekitDashboard,
        Self::McpAuthorization,
        Self::ResourceMetadata,
        Self::ServerMetadata,
    ];

    /// Its address.
    pub fn address(self) -> &'static str {
        match self {
            Self::ScalekitDocs => "https://docs.scalekit.com/",
            Self::ScalekitDashboard => "https://app.scalekit.com/",
            Self::McpAuthorization => "https://modelcontextprotocol.io/specification/latest/basic/authorization",
            Self::ResourceMetadata => "https://www.rfc-editor.org/rfc/rfc9728",
            Self::ServerMetadata => "https://www.rfc-editor.org/rfc/rfc8414",
        }
    }
}

/// Asks the system to open a page. It says that a browser was asked, not that the page arrived. Blocks for a moment.
///
/// # Errors
/// When the system has nothing that opens web pages.
pub fn open(link: LinkId) -> Result<(), CommandFailure> {
    let could_not = || {
        CommandFailure::new(
            FailureCode::LinkNotOpened,
            format!("Your system could not open a browser. You can type the address yourself: {}", link.address()),
        )
    };
    let page = web_page(link.address()).ok_or_else(could_not)?;
    open_page(&page).map_err(|error| could_not().because(error))
}

/// Asks the system to open a page that was parsed.
///
/// # Errors
/// When it is no web page, or the system has nothing that opens one: what it said.
pub fn open_page(page: &Url) -> Result<(), String> {
    let page = web_page(page.as_str()).ok_or("it is not an address of the web")?;
    open::that_detached(page.as_str()).map_err(|error| error.to_string())
}

/// The address, when it is one that a browser shows: whatever else a system might start with it is not meant.
fn web_page(address: &str) -> Option<Url> {
    Url::parse(address).ok().filter(|url| matches!(url.scheme(), "https" | "http") && url.has_host())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_link_is_a_page_over_https() {
        for link in LinkId::ALL {
            assert_eq!(web_page(link.address()).expect("an address").scheme(), "https", "{link:?}");
        }
    }

    #[test]
    fn what_is_no_web_page_is_not_opened() {
        for address in ["file:///etc/passwd", "ms-settings:privacy", "mailto:a@example.com", "-version", "calc.exe", ""]
        {
            assert_eq!(web_page(address), None, "{address}");
        }
    }
}
