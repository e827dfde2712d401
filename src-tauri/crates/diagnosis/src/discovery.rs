//! What each client makes of the sign-in details that a server publishes: which copy it reads, what it refuses, and where
//! that leaves it.
//!
//! The rules are those of the released SDKs and clients (see [`crate::clients`]); for clients whose code nobody could read
//! only the specification's own order is assumed, and nothing stricter.

use serde_json::{Map, Value, json};
use url::Url;

use crate::check::Outcome;
use crate::clients::{ClientId, Engine, hit_by};
use crate::computer::Route;
use crate::evidence::{Answer, Evidence, Exchange, Look, MetadataForm, Place, Purpose};
use crate::oauth::server_metadata::{self, ServerMetadata};
use crate::sign_in;

/// What becomes of a client that looks for the resource metadata.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    /// It reads this copy.
    Uses(Place),
    /// It finds none that it can read, and takes the MCP server itself for the sign-in service (revision 2025-03-26).
    Legacy,
    /// It gives up.
    Stops,
    /// Nobody looked where it would look.
    NotSeen,
}

/// What becomes of this client at this server.
pub fn fate(engine: Engine, evidence: &Evidence) -> Fate {
    let named = evidence.exchange(&copy(Place::Header)).is_some();
    // Python tries every place. The others rely on the signpost alone where there is one.
    let places: &[Place] = match (named, engine) {
        (true, Engine::Python1 | Engine::Python2 | Engine::ChatGpt) => &[Place::Header, Place::Path, Place::Root],
        (true, _) => &[Place::Header],
        (false, _) => &[Place::Path, Place::Root],
    };
    let (mut looked, mut all_broken) = (false, true);
    for place in places {
        match evidence.look(&copy(*place)) {
            Look::NotLooked => {}
            Look::NoAnswer(_) => looked = true,
            Look::Answered(answer) if reads(engine, answer) => return Fate::Uses(*place),
            Look::Answered(answer) => {
                looked = true;
                all_broken &= answer.status >= 500;
                let goes_on = (300..500).contains(&answer.status) || answer.status == 502;
                if engine.is_typescript() && !goes_on {
                    return Fate::Legacy;
                }
            }
        }
    }
    match (looked, engine.is_python() && all_broken) {
        (false, _) => Fate::NotSeen,
        (true, true) => Fate::Stops,
        (true, false) => Fate::Legacy,
    }
}

/// Whether this client ends without a place to sign in because no copy of the resource metadata is of use to it.
pub fn loses_resource_metadata(engine: Engine, evidence: &Evidence) -> bool {
    match fate(engine, evidence) {
        Fate::Uses(_) | Fate::NotSeen => false,
        Fate::Legacy => !own_metadata_works(evidence),
        Fate::Stops => true,
    }
}

/// Members of the resource metadata that hold a URL.
const URL_MEMBERS: [&str; 4] = ["jwks_uri", "resource_policy_uri", "resource_tos_uri", "resource_documentation"];
/// Members of the resource metadata that hold a list.
pub const LIST_MEMBERS: [&str; 6] = [
    "authorization_servers",
    "scopes_supported",
    "bearer_methods_supported",
    "resource_signing_alg_values_supported",
    "authorization_details_types_supported",
    "dpop_signing_alg_values_supported",
];

/// Whether this client can read the answer as resource metadata.
pub fn reads(engine: Engine, answer: &Answer) -> bool {
    let Some(document) = object(answer) else { return false };
    let has_resource = document.get("resource").and_then(Value::as_str).is_some_and(|text| Url::parse(text).is_ok());
    let servers = document.get("authorization_servers");
    let has_mark = answer.body.text.starts_with('\u{feff}');
    has_resource
        && match engine {
            Engine::TypeScript1 | Engine::TypeScript2 => {
                servers.is_none_or(is_list_of_urls) && refused_members(engine, document).is_empty()
            }
            Engine::Python1 | Engine::Python2 => {
                servers
                    .is_some_and(|list| is_list_of_urls(list) && list.as_array().is_some_and(|list| !list.is_empty()))
                    && refused_members(engine, document).is_empty()
                    && !has_mark
            }
            Engine::VsCode => refused_members(engine, document).is_empty(),
            Engine::ClaudeCloud | Engine::ChatGpt => true,
        }
}

/// The members (beside `resource` and `authorization_servers`) for which this client throws the whole document away.
pub fn refused_members(engine: Engine, document: &Map<String, Value>) -> Vec<&'static str> {
    let mut refused = Vec::new();
    for name in URL_MEMBERS {
        let Some(value) = document.get(name) else { continue };
        let refuses = match engine {
            // The documentation's address alone may be any text.
            Engine::TypeScript1 | Engine::TypeScript2 => match value {
                Value::String(text) => name != "resource_documentation" && Url::parse(text).is_err(),
                _ => true,
            },
            Engine::Python1 | Engine::Python2 => match value {
                Value::String(text) => Url::parse(text).is_err(),
                Value::Null => false,
                _ => true,
            },
            _ => false,
        };
        if refuses {
            refused.push(name);
        }
    }
    for name in LIST_MEMBERS.into_iter().filter(|name| *name != "authorization_servers") {
        let Some(value) = document.get(name) else { continue };
        let is_list = value.as_array().is_some_and(|list| list.iter().all(Value::is_string));
        let refuses = match engine {
            Engine::TypeScript1 | Engine::TypeScript2 => !is_list,
            Engine::Python1 | Engine::Python2 => !is_list && !value.is_null(),
            Engine::VsCode => name == "scopes_supported" && !value.is_array(),
            Engine::ClaudeCloud | Engine::ChatGpt => false,
        };
        if refuses {
            refused.push(name);
        }
    }
    refused
}

fn is_list_of_urls(value: &Value) -> bool {
    value
        .as_array()
        .is_some_and(|list| list.iter().all(|entry| entry.as_str().is_some_and(|text| Url::parse(text).is_ok())))
}

/// The clients that refuse the server because it forwards to another of its addresses and its resource metadata names that
/// one. `None` when all of them take it.
pub fn refused_for_the_detour(evidence: &Evidence, called: &Url, target: &Url) -> Option<Vec<ClientId>> {
    let resource = evidence.resource_metadata_read().and_then(|read| Url::parse(read.resource()?).ok())?;
    if bare(&resource) != bare(target) {
        return None;
    }
    hit_by(|_, engine| !resource_matches(engine, called, &resource))
}

/// An entry in a client's settings that leads to this server under an address which the client will not find again in the
/// server's resource metadata.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OtherAddress {
    /// The settings file.
    pub config: String,
    /// The line, when known.
    pub line: Option<usize>,
    /// The entry's name.
    pub name: String,
    /// Its address, as written.
    pub url: String,
    /// What the server calls itself.
    pub resource: String,
}

/// The entry of this client that differs from what the server calls itself although the address that was checked does not.
/// `Err` when the question does not arise.
pub fn configured_otherwise(evidence: &Evidence, client: ClientId) -> Result<Option<OtherAddress>, Outcome> {
    let Some(computer) = &evidence.computer else { return Err(Outcome::SetAside("this computer was not looked at")) };
    if let Err(blind) = &computer.seen {
        return Err(Outcome::Unknown(blind.why.clone()));
    }
    let Some(engine) = client.engine() else { return Err(Outcome::SetAside("this client's rules are not known")) };
    let resource = evidence.resource_metadata_read().and_then(|read| read.resource().map(str::to_owned));
    let Some((resource, parsed)) = resource.and_then(|text| Url::parse(&text).ok().map(|url| (text, url))) else {
        return Err(Outcome::SetAside("the server does not say what it calls itself"));
    };
    let Some(server) = &evidence.subject.server else { return Err(Outcome::SetAside("no server was named")) };
    if !resource_matches(engine, server, &parsed) {
        return Err(Outcome::SetAside("the address that was checked differs already"));
    }
    let mut entries =
        evidence.configured().filter(|one| one.client == client && matches!(one.route, Route::Native { .. }));
    let mut any = false;
    let other = entries.find_map(|one| {
        any = true;
        let url = one.url.clone()?;
        let parsed_entry = Url::parse(url.trim()).ok()?;
        (!resource_matches(engine, &parsed_entry, &parsed)).then(|| OtherAddress {
            config: one.config.clone(),
            line: one.line,
            name: one.name.clone(),
            url,
            resource: resource.clone(),
        })
    });
    match (any, other) {
        (false, _) => Err(Outcome::SetAside("this client's settings do not name the server")),
        (true, other) => Ok(other),
    }
}

/// Whether this client takes `resource` for the server that it called.
pub fn resource_matches(engine: Engine, called: &Url, resource: &Url) -> bool {
    let (called, resource) = (bare(called), bare(resource));
    match engine {
        Engine::VsCode => called == resource,
        Engine::TypeScript1 | Engine::TypeScript2 => {
            called.origin() == resource.origin()
                && called.path().len() >= resource.path().len()
                && closed(called.path()).starts_with(&closed(resource.path()))
        }
        _ => called.origin() == resource.origin() && closed(called.path()).starts_with(&closed(resource.path())),
    }
}

/// Without query and fragment: no client that was read compares them.
pub fn bare(url: &Url) -> Url {
    let mut url = url.clone();
    url.set_query(None);
    url.set_fragment(None);
    url
}

fn closed(path: &str) -> String {
    format!("{}/", path.trim_end_matches('/'))
}

/// The copies that decide: the one that the challenge names, else those at the well-known addresses until one can be read.
pub fn deciding_copies(evidence: &Evidence) -> Vec<&Exchange> {
    if let Some(named) = evidence.exchange(&copy(Place::Header)) {
        return vec![named];
    }
    let mut found = Vec::new();
    for place in [Place::Path, Place::Root] {
        let Some(exchange) = evidence.exchange(&copy(place)) else { continue };
        found.push(exchange);
        if exchange.outcome.as_ref().is_ok_and(|answer| object(answer).is_some()) {
            break;
        }
    }
    found
}

/// A server of the revision 2025-03-26: it publishes no resource metadata and points to none, and is its own sign-in service.
pub fn is_legacy(evidence: &Evidence) -> bool {
    let absent = |place| match evidence.look(&copy(place)) {
        Look::NotLooked => true,
        Look::NoAnswer(_) => false,
        Look::Answered(answer) => (400..500).contains(&answer.status),
    };
    evidence.exchange(&copy(Place::Header)).is_none()
        && evidence.challenges().is_none_or(|challenges| challenges.resource_metadata().is_none())
        && absent(Place::Path)
        && absent(Place::Root)
        && own_metadata_works(evidence)
}

/// The MCP server publishes sign-in metadata of its own that a client without resource metadata can use.
pub fn own_metadata_works(evidence: &Evidence) -> bool {
    [Place::Path, Place::Root].into_iter().any(|place| {
        evidence.answer(&Purpose::OwnServerMetadata { place }).is_some_and(|answer| {
            let read = server_metadata::read(answer);
            answer.status == 200
                && read.endpoint("authorization_endpoint").is_some()
                && read.endpoint("token_endpoint").is_some()
        })
    })
}

/// Every name under which the server's sign-in service is known: those that the resource metadata gives, and its own.
pub fn named_issuers(evidence: &Evidence) -> Vec<String> {
    let mut named = evidence.issuers();
    let own = evidence.server_metadata_read().and_then(|read| read.text("issuer").map(str::to_owned));
    named.extend(own.filter(|own| !named.contains(own)));
    named
}

/// The MCP server signs people in itself: every name of its sign-in service is at the server's own origin.
pub fn signs_people_in_itself(evidence: &Evidence) -> bool {
    let server = evidence.subject.server.as_ref().map(Url::origin);
    let named = named_issuers(evidence);
    let origin = |named: &String| Url::parse(named.trim()).ok().map(|url| url.origin());
    !named.is_empty() && server.is_some() && named.iter().all(|named| origin(named) == server)
}

/// Whether this client guesses addresses at the MCP server itself when no document leads to a sign-in service.
pub const fn guesses(engine: Engine) -> bool {
    !matches!(engine, Engine::ClaudeCloud | Engine::ChatGpt)
}

/// What a client takes for the sign-in service where no document names one: `/authorize`, `/token` and `/register` at the MCP
/// server's origin (revision 2025-03-26, fallbacks for servers without metadata discovery). `None` where a document leads
/// somewhere, and for clients that do not guess.
pub fn guessed_service(engine: Engine, evidence: &Evidence) -> Option<ServerMetadata> {
    let asked = guesses(engine)
        && evidence.unauthorized().is_some()
        && fate(engine, evidence) == Fate::Legacy
        && evidence.issuers().is_empty()
        && evidence.server_metadata().is_none();
    let server = evidence.subject.server.as_ref().filter(|_| asked)?;
    let at = |path: &str| server.join(path).map(|url| url.to_string()).ok();
    let document = json!({
        "issuer": server.origin().ascii_serialization(),
        "authorization_endpoint": at("/authorize")?,
        "token_endpoint": at("/token")?,
        "registration_endpoint": at("/register")?,
    });
    Some(ServerMetadata { document: Ok(document) })
}

/// The clients that stay outside where a sign-in at guessed addresses went through. `None`: nobody got in that way.
pub fn left_out_by_guessing(evidence: &Evidence) -> Option<Vec<ClientId>> {
    let reading = sign_in::of(evidence).filter(|reading| reading.guessed)?;
    let got_in = reading.token.as_ref().is_some_and(|token| token.access_token);
    got_in.then(|| hit_by(|_, engine| !guesses(engine)).unwrap_or_default())
}

/// The document of an answer, when it is one JSON object with status 200.
pub fn object(answer: &Answer) -> Option<&Map<String, Value>> {
    (answer.status == 200).then(|| answer.body.json().ok())??.as_object()
}

/// The exchanges of the forms that clients try for one issuer, in their order.
pub fn metadata_forms<'a>(evidence: &'a Evidence, issuer: &str) -> Vec<(MetadataForm, &'a Exchange)> {
    MetadataForm::SPEC_ORDER
        .into_iter()
        .filter_map(|form| {
            Some((form, evidence.exchange(&Purpose::ServerMetadata { issuer: issuer.to_owned(), form })?))
        })
        .collect()
}

/// Whether this client comes to metadata of this issuer that it can read. The TypeScript SDKs stop at a server error and at an
/// answer that is no JSON, the Python SDKs at a server error; the others try the next form.
pub fn reads_server_metadata(engine: Engine, evidence: &Evidence, issuer: &str) -> bool {
    for (_, exchange) in metadata_forms(evidence, issuer) {
        let Ok(answer) = &exchange.outcome else { continue };
        if object(answer).is_some() {
            return true;
        }
        let stops = match engine {
            Engine::TypeScript1 | Engine::TypeScript2 => {
                answer.status == 200 || (answer.status >= 500 && answer.status != 502)
            }
            Engine::Python1 | Engine::Python2 => answer.status >= 500,
            _ => false,
        };
        if stops {
            return false;
        }
    }
    false
}

/// Whether a host is one that only a network of its own knows: by its name, or by its address as written.
pub fn is_internal(url: &Url) -> bool {
    use std::net::Ipv4Addr;
    let v4 = |ip: Ipv4Addr| ip.is_private() || ip.is_link_local() || ip.is_loopback() || ip.is_unspecified();
    match url.host() {
        Some(url::Host::Ipv4(ip)) => v4(ip),
        Some(url::Host::Ipv6(ip)) => {
            let first = ip.segments()[0];
            ip.is_loopback()
                || ip.is_unspecified()
                || first & 0xfe00 == 0xfc00
                || first & 0xffc0 == 0xfe80
                || ip.to_ipv4_mapped().is_some_and(v4)
        }
        Some(url::Host::Domain(name)) => {
            let name = name.trim_end_matches('.').to_ascii_lowercase();
            let ends = [".internal", ".local", ".svc", ".localhost", ".lan", ".intranet"];
            name == "localhost" || !name.contains('.') || ends.iter().any(|end| name.ends_with(end))
        }
        None => false,
    }
}

/// Why no program may open this address, if so: another scheme than http(s), or characters that a shell would act on.
pub fn unsafe_address(address: &str) -> bool {
    let odd = ['$', '`', '|', '\\', ' ', '"', '\'', ';', '<', '>', '\n', '\r', '\t'];
    let web = Url::parse(address).is_ok_and(|url| matches!(url.scheme(), "http" | "https") && url.has_host());
    !web || address.starts_with('-') || address.contains(odd)
}

/// One line of proof: what was asked and what came.
pub fn line(exchange: &Exchange) -> String {
    let asked = format!("{} {}", exchange.request.method, exchange.request.url);
    match &exchange.outcome {
        Err(silence) => format!("{asked}: no answer ({})", tidy(&silence.detail, 160)),
        Ok(answer) => {
            let label =
                answer.headers.get("content-type").map(|label| format!(", {}", tidy(label, 60))).unwrap_or_default();
            let place =
                answer.headers.get("location").map(|to| format!(", Location: {}", tidy(to, 160))).unwrap_or_default();
            let body = tidy(&answer.body.text, 160);
            let body = if body.is_empty() { String::new() } else { format!(": {body}") };
            format!("{asked}: HTTP {}{label}{place}{body}", answer.status)
        }
    }
}

/// A server's text on one line: no control characters, no marks that change the direction of writing, cut at `most` characters.
pub fn tidy(text: &str, most: usize) -> String {
    let hidden = |character: char| {
        character.is_control()
            || matches!(character, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}')
    };
    let words: String =
        text.chars().take(most * 8).map(|character| if hidden(character) { ' ' } else { character }).collect();
    let joined = words.split_whitespace().collect::<Vec<_>>().join(" ");
    match joined.char_indices().nth(most) {
        Some((at, _)) => format!("{}…", &joined[..at]),
        None => joined,
    }
}

fn copy(place: Place) -> Purpose {
    Purpose::ResourceMetadata { place }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clients::JUDGED;
    use crate::sample::Sample;

    fn url(text: &str) -> Url {
        Url::parse(text).expect("a URL")
    }

    #[test]
    fn every_client_reads_the_healthy_copy() {
        let sample = Sample::healthy();
        for client in JUDGED {
            let engine = client.engine().expect("rules");
            assert_eq!(fate(engine, sample.evidence()), Fate::Uses(Place::Header), "{client}");
        }
    }

    #[test]
    fn a_signpost_to_nowhere_is_fatal_for_all_but_those_who_guess() {
        let sample = Sample::healthy().answer(Purpose::ResourceMetadata { place: Place::Header }, 404, &[], "");
        assert_eq!(fate(Engine::Python2, sample.evidence()), Fate::Uses(Place::Path));
        assert_eq!(fate(Engine::TypeScript1, sample.evidence()), Fate::Legacy);
        assert!(loses_resource_metadata(Engine::VsCode, sample.evidence()));
    }

    #[test]
    fn one_slash_divides_the_clients() {
        let (without, with) = (url("https://a.example/mcp"), url("https://a.example/mcp/"));
        assert!(!resource_matches(Engine::TypeScript1, &without, &with));
        assert!(resource_matches(Engine::TypeScript1, &with, &without));
        assert!(resource_matches(Engine::Python1, &without, &with));
        assert!(!resource_matches(Engine::VsCode, &with, &without));
        assert!(resource_matches(Engine::VsCode, &url("https://a.example"), &url("https://a.example/")));
        assert!(!resource_matches(Engine::TypeScript2, &url("https://a.example/mcpx"), &without));
    }

    #[test]
    fn what_a_server_says_is_shown_inert() {
        assert_eq!(tidy("a\u{1b}[31m\n b\u{202e}c", 20), "a [31m b c");
        assert_eq!(tidy("abcdef", 3), "abc…");
    }
}
