//! What a sign-in page says before anybody signs in.
//!
//! The questions are asked without cookies and without following redirects, so nobody is signed in by them. Many services look at the
//! app and its return address before they show a login page, and complain there; others complain only afterwards. So
//! "a login page came" is told apart from "it was accepted" by a question that no service may accept.

use url::Url;

use crate::clients::{ClientId, Engine};
use crate::discovery::tidy;
use crate::evidence::{Answer, Evidence, Exchange, Purpose};
use crate::introduction;

/// The app with an id that was set up by hand.
pub const KNOWN_CLIENT: &str = "known-client";
/// The app with an id that it remembers.
pub const CACHED_CLIENT: &str = "cached-client";
/// An app that nobody introduced.
pub const UNKNOWN_CLIENT: &str = "unknown-client";
/// A known app with a return address that nobody registered.
pub const UNKNOWN_REDIRECT: &str = "unknown-redirect";
/// A known app with its return address on another port of this computer.
pub const OTHER_PORT: &str = "other-port";
/// A known app that skips PKCE.
pub const NO_PKCE: &str = "no-pkce";
/// The same request without `resource`.
pub const NO_RESOURCE: &str = "no-resource";
/// The same request without `scope`.
pub const NO_SCOPE: &str = "no-scope";
/// The app by the address of its public document.
pub const DOCUMENT: &str = "document";
/// The same with the return address on another port.
pub const DOCUMENT_PORT: &str = "document-port";

/// A registered app with one of its return addresses.
pub fn with_redirect(uri: &str) -> String {
    format!("redirect-uri {uri}")
}

/// An app under this id was introduced by nobody.
pub const NOBODY: &str = "mcp-auth-check-unknown-client";

/// The example of RFC 7636 appendix B. Nothing is exchanged for it.
const CODE_CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

/// The address that a client would open in a browser, to ask what the page says to it. Nobody is signed in by that: what comes
/// back is never exchanged.
pub fn address(
    page: &Url,
    evidence: &Evidence,
    client: Option<ClientId>,
    client_id: &str,
    redirect_uri: &str,
    leave_out: &[&str],
) -> Url {
    let engine: Option<Engine> = client.and_then(ClientId::engine);
    let pairs = [
        ("response_type", Some("code".to_owned())),
        ("client_id", Some(client_id.to_owned())),
        ("redirect_uri", Some(redirect_uri.to_owned())),
        ("state", Some("mcp-auth-check".to_owned())),
        ("code_challenge", Some(CODE_CHALLENGE.to_owned())),
        ("code_challenge_method", Some("S256".to_owned())),
        ("resource", introduction::resource(engine, evidence)),
        ("scope", introduction::scopes(engine, evidence)),
    ];
    let mut url = page.clone();
    url.query_pairs_mut().extend_pairs(
        pairs
            .into_iter()
            .filter(|(name, _)| !leave_out.contains(name))
            .filter_map(|(name, value)| Some((name, value?))),
    );
    url
}

/// Takes a code on the way back, and cookies, out of the answer to a question before it becomes evidence.
pub fn without_codes(mut answer: Answer) -> Answer {
    for (name, value) in &mut answer.headers.0 {
        if name == "location" {
            *value = masked_code(value);
        } else if name == "set-cookie" {
            MASK.clone_into(value);
        }
    }
    answer
}

const MASK: &str = "********";

/// `code=…` and tokens in the query or fragment of an address, masked; the rest as it was.
fn masked_code(address: &str) -> String {
    let mut masked = String::with_capacity(address.len());
    for (at, part) in address.split_inclusive(['?', '&', '#']).enumerate() {
        let name = part.split('=').next().unwrap_or_default();
        if at > 0 && matches!(name, "code" | "access_token" | "id_token" | "refresh_token") && part.contains('=') {
            let end = if part.ends_with(['&', '#', '?']) { &part[part.len() - 1..] } else { "" };
            masked.push_str(&format!("{name}={MASK}{end}"));
        } else {
            masked.push_str(part);
        }
    }
    masked
}

/// What came of one question.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reading {
    /// A login page, or the way to one.
    SignIn,
    /// Sent back to the app at once: with an error, or as if somebody had signed in.
    Back {
        /// The error code (RFC 6749 section 4.1.2.1).
        error: Option<String>,
        /// Its description, on one line.
        description: String,
    },
    /// Refused on a page of the service's own.
    Refused {
        /// The error code, when the page names one.
        error: Option<String>,
        /// What it says, on one line.
        text: String,
    },
    /// The question named no return address, and the refusal says nothing certain about the app: it may be about that alone.
    Incomplete,
    /// An error of the service itself, or no answer.
    Broken,
}

impl Reading {
    /// It complains about the return address.
    pub fn about_redirect(&self) -> bool {
        match self {
            Self::Refused { error, text } => {
                let code = error.as_deref().unwrap_or_default();
                code.contains("redirect") || text.to_ascii_lowercase().contains("redirect")
            }
            _ => false,
        }
    }

    /// It complains about the app's id.
    pub fn about_client(&self) -> bool {
        let words = [
            "client by id",
            "unknown client",
            "client not found",
            "invalid client",
            "invalid_client",
            "client_id",
            "client id",
        ];
        match self {
            Self::Refused { error, text } => {
                let text = text.to_ascii_lowercase();
                let code = error.as_deref().unwrap_or_default();
                let says = code.contains("client") || words.iter().any(|word| text.contains(word));
                says && !self.about_redirect()
            }
            Self::Back { error: Some(code), .. } => code.contains("client"),
            _ => false,
        }
    }

    /// It says in so many words that it does not know the app; an id that is only repeated is not enough.
    fn names_unknown_client(&self) -> bool {
        let words = ["client by id", "unknown client", "client not found", "invalid client", "invalid_client"];
        let text = self.text().to_ascii_lowercase();
        let code = self.code().is_some_and(|code| code.contains("client"));
        !self.about_redirect() && (code || words.iter().any(|word| text.contains(word)))
    }

    /// The error code, wherever it stands.
    pub fn code(&self) -> Option<&str> {
        match self {
            Self::Back { error, .. } | Self::Refused { error, .. } => error.as_deref(),
            _ => None,
        }
    }

    /// Everything it says.
    pub fn text(&self) -> &str {
        match self {
            Self::Back { description, .. } => description,
            Self::Refused { text, .. } => text,
            _ => "",
        }
    }

    /// Nothing was complained about so far.
    pub fn goes_on(&self) -> bool {
        matches!(self, Self::SignIn | Self::Back { error: None, .. })
    }
}

/// One question with its answer.
#[derive(Debug, Clone)]
pub struct Asked<'a> {
    /// What was asked.
    pub question: &'a str,
    /// For which client, when it is one of those that are known.
    pub client: Option<ClientId>,
    /// The id that was sent.
    pub client_id: String,
    /// The return address that was sent.
    pub redirect_uri: String,
    /// What came.
    pub reading: Reading,
    /// The exchange itself.
    pub exchange: &'a Exchange,
}

/// Every question that was asked, in order.
pub fn asked(evidence: &Evidence) -> Vec<Asked<'_>> {
    evidence
        .exchanges()
        .iter()
        .filter_map(|exchange| {
            let Purpose::Authorize { question, client } = &exchange.purpose else { return None };
            let sent = |name: &str| parameter(&exchange.request.url, name).unwrap_or_default();
            Some(Asked {
                question,
                client: client.parse().ok(),
                client_id: sent("client_id"),
                redirect_uri: sent("redirect_uri"),
                reading: read(exchange),
                exchange,
            })
        })
        .collect()
}

/// The service shows its login page to everybody first, so a login page tells nothing about the app or its return address.
pub fn asks_later(asked: &[Asked<'_>], question: &str) -> bool {
    asked.iter().any(|one| one.question == question && one.reading.goes_on())
}

/// Reads what came of a question.
pub fn read(exchange: &Exchange) -> Reading {
    let reading = as_it_stands(exchange);
    let nowhere = || parameter(&exchange.request.url, "redirect_uri").is_none_or(|uri| uri.trim().is_empty());
    match &reading {
        // A page that misses the return address refuses every app, known or not.
        Reading::Refused { .. } if nowhere() && !reading.names_unknown_client() => Reading::Incomplete,
        _ => reading,
    }
}

fn as_it_stands(exchange: &Exchange) -> Reading {
    let Ok(answer) = &exchange.outcome else { return Reading::Broken };
    if let Some(to) = answer.redirect(&exchange.request.url) {
        let sent = parameter(&exchange.request.url, "redirect_uri").and_then(|uri| Url::parse(&uri).ok());
        let error = parameter(&to, "error").or_else(|| fragment(&to, "error"));
        let said = parameter(&to, "error_description").or_else(|| fragment(&to, "error_description"));
        let description = tidy(&said.unwrap_or_default(), 300);
        if sent.is_some_and(|sent| is_way_back(&sent, &to)) {
            return Reading::Back { error, description };
        }
        let names_error =
            to.path_segments().is_some_and(|mut parts| parts.any(|part| part.eq_ignore_ascii_case("error")));
        if error.is_some() || names_error {
            let text = if description.is_empty() { tidy(to.as_str(), 300) } else { description };
            return Reading::Refused { error, text };
        }
        return Reading::SignIn;
    }
    let json = answer.body.json().ok();
    let member = |name: &str| json.and_then(|value| value.get(name)?.as_str().map(str::to_owned));
    let error = member("error").or_else(|| member("code"));
    let text = match member("error_description").or_else(|| member("message")) {
        Some(text) => tidy(&text, 300),
        None => tidy(&visible(&answer.body.text), 300),
    };
    match answer.status {
        429 | 500.. => Reading::Broken,
        400.. => Reading::Refused { error: error.or_else(|| named_code(&text)), text },
        _ if error.is_some() => Reading::Refused { error, text },
        // A short page with one of these words is an error page, whatever its status says.
        _ if text.chars().count() < 300 && named_code(&text).is_some() => {
            Reading::Refused { error: named_code(&text), text }
        }
        _ => Reading::SignIn,
    }
}

/// A code of the standards, or of services that were seen, in a text.
fn named_code(text: &str) -> Option<String> {
    const CODES: [&str; 12] = [
        "invalid_client_metadata_url",
        "invalid_client_id",
        "invalid_client",
        "unauthorized_client",
        "invalid_redirect_uri",
        "redirect_uri_mismatch",
        "invalid_scope",
        "invalid_target",
        "invalid_resource",
        "unsupported_response_type",
        "invalid_request",
        "AADSTS9010010",
    ];
    CODES.into_iter().find(|code| text.contains(code)).map(str::to_owned)
}

/// A page's text without its tags, scripts and styles; no more than what is needed to recognise a message.
fn visible(page: &str) -> String {
    let mut text = String::new();
    let mut rest = page.get(..page.len().min(64 * 1024)).unwrap_or(page);
    while let Some(open) = rest.find('<') {
        text.push_str(&rest[..open]);
        text.push(' ');
        let tag = &rest[open..];
        let lower: String = tag.chars().take(8).collect::<String>().to_ascii_lowercase();
        let end = if lower.starts_with("<script") {
            "</script>"
        } else if lower.starts_with("<style") {
            "</style>"
        } else {
            ">"
        };
        match tag.find(end) {
            Some(at) => rest = &tag[at + end.len()..],
            None => return text,
        }
    }
    text.push_str(rest);
    text
}

fn is_way_back(sent: &Url, to: &Url) -> bool {
    sent.scheme() == to.scheme()
        && sent.host_str() == to.host_str()
        && sent.port() == to.port()
        && sent.path() == to.path()
}

fn parameter(url: &Url, name: &str) -> Option<String> {
    url.query_pairs().find(|(have, _)| have == name).map(|(_, value)| value.into_owned())
}

fn fragment(url: &Url, name: &str) -> Option<String> {
    let pairs = url::form_urlencoded::parse(url.fragment()?.as_bytes());
    pairs.into_owned().find(|(have, _)| have == name).map(|(_, value)| value)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evidence::{Body, Headers};
    use crate::sample::{Sample, authorize};

    fn reading(status: u16, headers: &[(&str, &str)], body: &str) -> Reading {
        let sample = authorize(
            Sample::healthy(),
            DOCUMENT,
            "cursor",
            "m2m_1",
            "http://localhost:8787/callback",
            status,
            headers,
            body,
        );
        asked(sample.evidence())[0].reading.clone()
    }

    #[test]
    fn a_question_without_a_return_address_says_nothing_of_it_when_it_is_refused() {
        let without = |body: &str| {
            let sample = authorize(Sample::healthy(), CACHED_CLIENT, "codex", "m2m_1", "", 400, &[], body);
            asked(sample.evidence())[0].reading.clone()
        };
        for missing in [
            "redirect_uri is missing or not a URL",
            "invalid_request: the request of client_id m2m_1 is not complete",
            "{\"error\": \"invalid_request\", \"error_description\": \"Missing parameter: redirect_uri\"}",
            "{\"error\": \"invalid_client\", \"error_description\": \"no redirect_uri for client\"}",
            "",
        ] {
            assert_eq!(without(missing), Reading::Incomplete, "{missing}");
        }
        assert!(without("{\"error\": \"invalid_client\"}").about_client());
        assert!(without("unable to retrieve client by id").about_client());
    }

    #[test]
    fn codes_and_cookies_never_become_evidence() {
        let to = "http://localhost:1/callback?code=canary-3&state=x#id_token=canary-4";
        let headers =
            Headers(vec![("location".to_owned(), to.to_owned()), ("set-cookie".to_owned(), "s=canary-5".to_owned())]);
        let kept = without_codes(Answer { status: 302, headers, body: Body::default() }).headers;
        assert_eq!(kept.get("location"), Some("http://localhost:1/callback?code=********&state=x#id_token=********"));
        assert!(!format!("{kept:?}").contains("canary"));
    }

    #[test]
    fn pages_and_ways_back_are_told_apart() {
        assert_eq!(reading(200, &[], "<html><form>Log in <input value=redirect_uri></form></html>"), Reading::SignIn);
        assert_eq!(reading(302, &[("location", "/login?next=%2Fauthorize")], ""), Reading::SignIn);
        let back = reading(302, &[("location", "http://localhost:8787/callback?error=invalid_scope&state=x")], "");
        assert_eq!(back.code(), Some("invalid_scope"));
        let page = reading(400, &[], "<h1>Sorry</h1><script>client_id</script><p>redirect_uri mismatch</p>");
        assert!(page.about_redirect() && !page.about_client());
        assert!(reading(400, &[], "unable to retrieve client by id").about_client());
        assert!(reading(200, &[], "<p>invalid_client_metadata_url</p>").about_client());
        assert!(reading(302, &[("location", "https://as.example/error?error=invalid_client")], "").about_client());
        assert_eq!(reading(503, &[], ""), Reading::Broken);
    }
}
