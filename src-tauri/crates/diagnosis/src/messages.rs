//! The messages that clients, servers and sign-in services show, and what each of them tells.
//!
//! A message aims the diagnosis: what it names is measured, and the measurement is what counts. Only where nothing can be
//! measured (the client's own process, a sign-in that was not made) does the message itself become the finding, and it
//! says so. Sources: the released clients and SDKs, and public threads, read in November 2026.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use regex::{Regex, RegexSet};
use serde::{Deserialize, Serialize};

use crate::check::{Confidence, Owner};
use crate::clients::ClientId;
use crate::pasted::{pattern, with_plain_words};
use crate::subject::Symptom;

/// What one message says.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS), ts(export))]
pub struct Said {
    /// The message's name in the table, kebab-case.
    pub message: String,
    /// What it says, in one plain sentence.
    pub sentence: String,
    /// What it means for the sign-in.
    pub meaning: String,
    /// The very words, masked and cut.
    pub quote: String,
    /// The check that it aims at.
    pub code: String,
    /// The check's variant.
    pub variant: String,
    /// The client that writes this, when only one does.
    pub client: Option<ClientId>,
    /// At what stage it fails.
    pub symptom: Option<Symptom>,
    /// What it names, e.g. the port or the address.
    pub values: BTreeMap<String, String>,
}

/// One entry of the table.
pub struct Message {
    /// Its name, kebab-case and unique.
    pub name: &'static str,
    /// What it looks like. Named groups become values.
    pub pattern: &'static str,
    /// The check and the variant that it aims at.
    pub aims: (&'static str, &'static str),
    /// Who has to fix it, when the message is all there is.
    pub owner: Owner,
    /// How sure the message alone makes us.
    pub confidence: Confidence,
    /// Counts although the check passes on this computer now: the client runs in another environment than we do.
    pub outweighs: bool,
    /// The client that writes it.
    pub client: Option<ClientId>,
    /// At what stage it fails.
    pub symptom: Option<Symptom>,
    /// What it says, in one plain sentence; `{name}` is a value.
    pub sentence: &'static str,
    /// What it means.
    pub meaning: &'static str,
}

impl Message {
    /// The entry of that name.
    pub fn named(name: &str) -> Option<&'static Self> {
        TABLE.iter().find(|message| message.name == name)
    }
}

/// What a masked text says, the most telling first: the table's order.
pub fn read(masked: &str) -> Vec<Said> {
    static SET: LazyLock<RegexSet> = LazyLock::new(|| {
        RegexSet::new(TABLE.iter().map(|message| with_plain_words(message.pattern)))
            .unwrap_or_else(|error| unreachable!("a pattern of the table does not compile: {error}"))
    });
    static PATTERNS: LazyLock<Vec<Regex>> =
        LazyLock::new(|| TABLE.iter().map(|message| pattern(message.pattern)).collect());
    SET.matches(masked).into_iter().filter_map(|at| said(&TABLE[at], &PATTERNS[at], masked)).collect()
}

fn said(message: &Message, pattern: &Regex, text: &str) -> Option<Said> {
    const QUOTED: usize = 300;
    let found = pattern.captures(text)?;
    let mut values = BTreeMap::new();
    for name in pattern.capture_names().flatten() {
        if let Some(value) = found.name(name) {
            values.insert(name.to_owned(), value.as_str().chars().take(QUOTED).collect::<String>());
        }
    }
    let whole = found.get(0)?;
    let start = text[..whole.start()].rfind('\n').map_or(0, |at| at + 1);
    let end = text[whole.end()..].find('\n').map_or(text.len(), |at| whole.end() + at);
    Some(Said {
        message: message.name.to_owned(),
        sentence: fill(message.sentence, &values),
        meaning: fill(message.meaning, &values),
        quote: text[start..end].trim().chars().take(QUOTED).collect(),
        code: message.aims.0.to_owned(),
        variant: message.aims.1.to_owned(),
        client: message.client,
        symptom: message.symptom,
        values,
    })
}

fn fill(text: &str, values: &BTreeMap<String, String>) -> String {
    values.iter().fold(text.to_owned(), |text, (name, value)| text.replace(&format!("{{{name}}}"), value))
}

/// The table. Where a text holds several, the earlier one counts more: causes stand before consequences.
pub static TABLE: &[Message] = &[
    Message {
        name: "spawn-enoent",
        pattern: r#"(?i)spawn (?P<program>(?:\S*[/\\])?(?:npx|npm|node|uvx|uv|bunx|bun|pnpm|docker|python3?)(?:\.cmd|\.exe)?) ENOENT"#,
        aims: ("local-runtime", "npx-not-found"),
        owner: Owner::User,
        confidence: Confidence::Certain,
        outweighs: true,
        client: None,
        symptom: Some(Symptom::Connecting),
        sentence: "The client could not start the helper program {program}: it does not find it.",
        meaning: "Programs that are started from the desktop do not see everything that a terminal sees (another PATH). The helper never ran, so no sign-in began.",
    },
    Message {
        name: "windows-program-files",
        pattern: r#"'[Cc]:\\Program' is not recognized"#,
        aims: ("local-runtime", "space-in-path"),
        owner: Owner::User,
        confidence: Confidence::Certain,
        outweighs: true,
        client: None,
        symptom: Some(Symptom::Connecting),
        sentence: "Windows cut the path of the helper program at its first space.",
        meaning: "The helper stands below `C:\\Program Files` and an argument has a space in it; together they break the command line, so the helper never ran.",
    },
    Message {
        name: "node-too-old",
        pattern: r#"ReferenceError: File is not defined"#,
        aims: ("local-runtime", "node-too-old"),
        owner: Owner::User,
        confidence: Confidence::Certain,
        outweighs: true,
        client: Some(ClientId::McpRemote),
        symptom: Some(Symptom::Connecting),
        sentence: "The helper program runs on a Node that is too old (below 20.18.1).",
        meaning: "mcp-remote needs Node 20.18.1 or newer. The client picked an older one that is also on this computer.",
    },
    Message {
        name: "node-syntax",
        pattern: r#"SyntaxError: Unexpected token '(?:\.|\?|\?\?=)'"#,
        aims: ("local-runtime", "node-too-old"),
        owner: Owner::User,
        confidence: Confidence::Likely,
        outweighs: true,
        client: None,
        symptom: Some(Symptom::Connecting),
        sentence: "The helper program runs on a Node that is too old.",
        meaning: "The client picked an old Node that cannot read the helper program.",
    },
    Message {
        name: "windows-cmd-c",
        pattern: r#"(?i)Windows requires 'cmd /c' wrapper to execute npx"#,
        aims: ("local-runtime", "needs-cmd-c"),
        owner: Owner::User,
        confidence: Confidence::Certain,
        outweighs: true,
        client: Some(ClientId::ClaudeCode),
        symptom: Some(Symptom::Connecting),
        sentence: "On Windows this client can start npx only through cmd.",
        meaning: "The config says `npx`, and Windows can only start it as `cmd /c npx`.",
    },
    Message {
        name: "port-busy",
        pattern: r#"(?i)(?:listen )?EADDRINUSE:? (?:address already in use )?(?:(?:127\.0\.0\.1|localhost|\[?::1?\]?|0\.0\.0\.0):)?(?P<port>\d{2,5})"#,
        aims: ("local-port-free", "taken"),
        owner: Owner::User,
        confidence: Confidence::Certain,
        outweighs: true,
        client: None,
        symptom: Some(Symptom::Connecting),
        sentence: "Another program holds port {port}, where the sign-in should come back to.",
        meaning: "The client could not listen for the answer from the browser.",
    },
    Message {
        name: "xdg-open-missing",
        pattern: r#"(?i)(?:spawn|exec(?:utable file)?:?|fork/exec)[^\n]{0,40}xdg-open[^\n]{0,60}(?:ENOENT|not found|no such file)"#,
        aims: ("browser-opener", "xdg-open-missing"),
        owner: Owner::User,
        confidence: Confidence::Certain,
        outweighs: true,
        client: None,
        symptom: Some(Symptom::BrowserNeverOpens),
        sentence: "The client could not open a browser: `xdg-open` is not there.",
        meaning: "Linux programs open web pages through `xdg-open`. Without it no sign-in page appears.",
    },
    Message {
        name: "xdg-open-denied",
        pattern: r#"(?i)xdg-open[^\n]{0,40}permission denied"#,
        aims: ("browser-opener", "xdg-open-missing"),
        owner: Owner::User,
        confidence: Confidence::Certain,
        outweighs: true,
        client: None,
        symptom: Some(Symptom::BrowserNeverOpens),
        sentence: "The client was not allowed to run `xdg-open`, which opens the browser.",
        meaning: "No sign-in page appears until `xdg-open` may be run.",
    },
    Message {
        name: "local-network-denied",
        pattern: r#"(?i)ERR_BLOCKED_BY_(?:LOCAL|PRIVATE)_NETWORK_ACCESS_CHECKS|Permission was denied for this request to access the \S{0,2}(?:loopback|local|private|unknown)\S{0,2} address space|Local Network Access[^\n]{0,60}(?:denied|blocked)"#,
        aims: ("authz-callback-browser-block", "local-network"),
        owner: Owner::User,
        confidence: Confidence::Certain,
        outweighs: true,
        client: None,
        symptom: Some(Symptom::Connecting),
        sentence: "The browser stopped the last step back to the app: web pages may not reach this computer.",
        meaning: "You have signed in, and the app never heard of it. The browser asks once whether a page may reach this computer (Local Network Access), and that was refused or not answered.",
    },
    Message {
        name: "https-only-loopback",
        pattern: r#"(?i)(?:HTTPS-Only Mode|Secure (?:Site|Connection) Not Available|SSL_ERROR_RX_RECORD_TOO_LONG|ERR_SSL_PROTOCOL_ERROR)[^\n]{0,160}(?:localhost|127\.0\.0\.1)|(?:localhost|127\.0\.0\.1)[^\n]{0,160}(?:HTTPS-Only Mode|Secure (?:Site|Connection) Not Available|SSL_ERROR_RX_RECORD_TOO_LONG|ERR_SSL_PROTOCOL_ERROR)"#,
        aims: ("authz-callback-browser-block", "https-only"),
        owner: Owner::User,
        confidence: Confidence::Likely,
        outweighs: true,
        client: None,
        symptom: Some(Symptom::Connecting),
        sentence: "The browser insists on a secure address for the last step, and the app listens on a plain one on this computer.",
        meaning: "The way back (http://localhost) never leaves this computer and has no certificate. A browser or an extension that changes it to https finds nobody there.",
    },
    Message {
        name: "app-address-not-opened",
        pattern: r#"(?i)Failed to launch \S?(?P<scheme>[a-z][a-z0-9+.-]*):[^\n]{0,400}(?:registered handler|user gesture)|ERR_UNKNOWN_URL_SCHEME|scheme does not have a registered handler"#,
        aims: ("authz-callback-browser-block", "app-prompt"),
        owner: Owner::User,
        confidence: Confidence::Certain,
        outweighs: true,
        client: None,
        symptom: Some(Symptom::Connecting),
        sentence: "The browser did not hand the answer to the app.",
        meaning: "The way back leads to the app itself, and the browser did not open it: its question was closed, or no app is registered for such addresses.",
    },
    Message {
        name: "refused-loopback",
        pattern: r#"(?i)(?:ERR_CONNECTION_REFUSED|refused to connect|connection refused)[^\n]{0,120}(?:localhost|127\.0\.0\.1|\[::1\])|(?:localhost|127\.0\.0\.1)[^\n]{0,80}(?:refused to connect|ERR_CONNECTION_REFUSED)"#,
        aims: ("authz-callback-listener", "other-half"),
        owner: Owner::User,
        confidence: Confidence::Likely,
        outweighs: true,
        client: None,
        symptom: Some(Symptom::Connecting),
        sentence: "The sign-in came back to this computer and nobody was listening there any more.",
        meaning: "The client had ended or listens on another address (127.0.0.1 against ::1), so the answer from the browser was lost.",
    },
    Message {
        name: "foreign-registration",
        pattern: r#"Cannot find localhost callback URI from existing client information"#,
        aims: ("reg-stale", "foreign-redirect"),
        owner: Owner::User,
        confidence: Confidence::Certain,
        outweighs: true,
        client: Some(ClientId::McpRemote),
        symptom: Some(Symptom::Connecting),
        sentence: "mcp-remote remembers a registration that has no return address on this computer.",
        meaning: "The sign-in service answered the registration with another return address than was asked for, and mcp-remote keeps it. Forget the saved sign-in; if it comes back, the service has to hand back the addresses that were asked for.",
    },
    Message {
        name: "cached-redirect-changed",
        pattern: r#"Cached client registration is for (?P<registered>\S+) but this session will use (?P<used>\S+?)\. Deleting it"#,
        aims: ("reg-stale", "redirect-changed"),
        owner: Owner::User,
        confidence: Confidence::Likely,
        outweighs: true,
        client: Some(ClientId::McpRemote),
        symptom: Some(Symptom::Connecting),
        sentence: "mcp-remote had registered {registered} and now uses {used}.",
        meaning: "It noticed and registers anew; two copies of it that run at once keep undoing each other's registration.",
    },
    Message {
        name: "verifier-race",
        pattern: r#"(?i)(?:No code verifier saved for session|incorrect code_verifier|code_verifier does not match|invalid code[_ ]verifier|code[_ ]verifier (?:is )?(?:invalid|mismatch))"#,
        aims: ("token-verifier", "overlapping-flows"),
        owner: Owner::User,
        confidence: Confidence::Likely,
        outweighs: true,
        client: None,
        symptom: Some(Symptom::Connecting),
        sentence: "Two sign-ins ran at once and mixed their keys (PKCE code verifier).",
        meaning: "One client at a time may sign in to a server. Old versions of mcp-remote keep one key for all of their copies.",
    },
    Message {
        name: "lost-client-info",
        pattern: r#"Existing OAuth client information is required when exchanging an authorization code"#,
        aims: ("local-cache", "lost-registration"),
        owner: Owner::User,
        confidence: Confidence::Certain,
        outweighs: true,
        client: Some(ClientId::McpRemote),
        symptom: Some(Symptom::Connecting),
        sentence: "The client lost its own registration in the middle of the sign-in.",
        meaning: "Another copy of it, or a clearing of its cache, took the registration away while the browser was open.",
    },
    Message {
        name: "stuck-secondary",
        pattern: r#"Authentication completed by another instance"#,
        aims: ("local-cache", "several-instances"),
        owner: Owner::User,
        confidence: Confidence::Possible,
        outweighs: true,
        client: Some(ClientId::McpRemote),
        symptom: Some(Symptom::Connecting),
        sentence: "Another copy of mcp-remote was signing in, and this one waited for it.",
        meaning: "Old versions (up to 0.2.1) wait for ever in this place.",
    },
    Message {
        name: "refused-fresh-token",
        pattern: r#"(?:Already attempted reconnection for reason: authentication-needed\. Giving up|Server returned 401 after (?:successful authentication|re-authentication)|the remote server refused the tokens it wrote|authorized, but the integration rejected the credentials|integration rejected the credentials it just issued)"#,
        aims: ("tok-server-verdict", "refused"),
        owner: Owner::McpServer,
        confidence: Confidence::Likely,
        outweighs: false,
        client: None,
        symptom: Some(Symptom::Connecting),
        sentence: "You signed in, and the server refused the fresh pass (401).",
        meaning: "The sign-in itself worked. The server expects another issuer, another audience or another key than this pass has.",
    },
    Message {
        name: "login-connection-id",
        pattern: r#"(?i)/auth-requests/[^\n]{0,200}(?:404|invalid ID)|(?:404|invalid ID)[^\n]{0,200}/auth-requests/"#,
        aims: ("authz-login-connection", "wrong-id"),
        owner: Owner::AuthorizationServer,
        confidence: Confidence::Likely,
        outweighs: true,
        client: None,
        symptom: Some(Symptom::Connecting),
        sentence: "The login page is asked for by an id that does not belong there (/auth-requests/ answers invalid ID).",
        meaning: "With Scalekit the id of the connection to your own login (conn_…) belongs there, and not the id of the server (res_…), both from the same environment.",
    },
    Message {
        name: "no-login-method",
        pattern: r#"(?i)no (?:login|authentication|sign-in) methods? (?:is |are |has been |have been )?(?:enabled|available|configured)"#,
        aims: ("authz-login-connection", "no-login-method"),
        owner: Owner::AuthorizationServer,
        confidence: Confidence::Likely,
        outweighs: true,
        client: None,
        symptom: Some(Symptom::Connecting),
        sentence: "The sign-in page has no way to log in.",
        meaning: "No login is switched on at the sign-in service, so nobody gets past its page.",
    },
    Message {
        name: "other-redirect-at-token",
        pattern: r#"(?i)redirect_?uri[^\n]{0,80}(?:does not match|doesn't match|differs?|mismatch|did not match)[^\n]{0,60}(?:authori[sz]ation request|initial|original|authori[sz]e request|in the code)|authorization code redirect_uri mismatch|Incorrect redirect_uri"#,
        aims: ("token-redirect-same", "differs"),
        owner: Owner::Client,
        confidence: Confidence::Likely,
        outweighs: true,
        client: None,
        symptom: Some(Symptom::Connecting),
        sentence: "The return address changed half-way through the sign-in.",
        meaning: "The app opened the sign-in page with one return address (redirect_uri) and fetched the pass with another. Two copies of a client that run at once do that; otherwise it is the client's to mend.",
    },
    Message {
        name: "token-revoked",
        pattern: r#"(?i)(?:refresh[ _]token|access[ _]token|token|grant|consent)[^\n.]{0,30} (?:has been|was|were|is|are) revoked|Session not active"#,
        aims: ("token-revoked", "retried"),
        owner: Owner::User,
        confidence: Confidence::Likely,
        outweighs: false,
        client: None,
        symptom: Some(Symptom::Connecting),
        sentence: "The sign-in was taken back, and the client keeps using it.",
        meaning: "Somebody signed out, or removed the app from the account. Forget the saved sign-in and sign in again.",
    },
    Message {
        name: "refresh-dead",
        pattern: r#"(?i)Proactive token refresh failed|Token expired without refresh token|refresh token (?:is )?(?:expired|revoked|invalid)"#,
        aims: ("token-refresh-works", "refused"),
        owner: Owner::User,
        confidence: Confidence::Likely,
        outweighs: false,
        client: None,
        symptom: Some(Symptom::Connecting),
        sentence: "The saved stay-signed-in pass (refresh token) is no longer good.",
        meaning: "Sign in once more. Two apps that share one saved sign-in make each other's pass void.",
    },
    Message {
        name: "invalid-client-metadata-url",
        pattern: r#"invalid_client_metadata_url"#,
        aims: ("reg-stale", "unknown-client"),
        owner: Owner::User,
        confidence: Confidence::Likely,
        outweighs: true,
        client: None,
        symptom: Some(Symptom::Connecting),
        sentence: "The sign-in service does not know this app's id (invalid_client_metadata_url).",
        meaning: "The app remembers an id from another environment, the server's own key (`skc_…`) was typed in as the app's id, or ID cards by address (CIMD) are not allowed there.",
    },
    Message {
        name: "unable-to-retrieve-client",
        pattern: r#"(?i)unable to retrieve client by id"#,
        aims: ("reg-stale", "unknown-client"),
        owner: Owner::User,
        confidence: Confidence::Likely,
        outweighs: true,
        client: None,
        symptom: Some(Symptom::Connecting),
        sentence: "The sign-in service does not know the app's saved id.",
        meaning: "The app registered in another environment and remembers that. Forget the saved sign-in of this server, then connect again.",
    },
    Message {
        name: "invalid-client",
        pattern: r#"(?i)\binvalid_client\b|Invalid client_id|unknown client|client (?:not found|does not exist)"#,
        aims: ("reg-stale", "unknown-client"),
        owner: Owner::User,
        confidence: Confidence::Likely,
        outweighs: true,
        client: None,
        symptom: Some(Symptom::Connecting),
        sentence: "The sign-in service does not know the app's saved id (invalid_client).",
        meaning: "The app remembers a registration that the service no longer has. Forget the saved sign-in of this server, then connect again.",
    },
    Message {
        name: "no-dcr",
        pattern: r#"(?i)does not support dynamic client registration|Dynamic Client Registration (?:is )?not supported|User did not provide client details"#,
        aims: ("asm-registration-route", "none"),
        owner: Owner::AuthorizationServer,
        confidence: Confidence::Possible,
        outweighs: false,
        client: None,
        symptom: Some(Symptom::Connecting),
        sentence: "The app found no way to introduce itself to the sign-in service.",
        meaning: "Either registration is switched off there, or the app lost the way to the sign-in service earlier and asked the wrong place.",
    },
    Message {
        name: "registration-failed",
        pattern: r#"(?i)(?:Registration failed|RegistrationRejectedError|Couldn't register with)[^\n]{0,120}"#,
        aims: ("reg-dcr-status", "forbidden"),
        owner: Owner::AuthorizationServer,
        confidence: Confidence::Possible,
        outweighs: false,
        client: None,
        symptom: Some(Symptom::Connecting),
        sentence: "The sign-in service refused to register the app.",
        meaning: "Registration is switched off, wants a token, or does not accept one of the app's return addresses.",
    },
    Message {
        name: "redirect-mismatch",
        pattern: r#"(?i)AADSTS50011|redirect[_ ]?uri[s]?[_ ](?:is )?(?:mismatch|not (?:registered|valid|allowed|match)|(?:does|did) not match)|redirect[_ ]?uri mismatch|(?:invalid|unregistered|mismatching)[_ ]redirect[_ ]?uri|redirect uri (?:provided )?does not match|redirect_uri[^\n]{0,60}(?:not (?:registered|in the allowlist|whitelisted|allowed)|does not match|mismatch)|Redirect URI must use HTTPS"#,
        aims: ("authz-redirect-registered", "not-registered"),
        owner: Owner::User,
        confidence: Confidence::Likely,
        outweighs: true,
        client: None,
        symptom: Some(Symptom::Connecting),
        sentence: "The app comes back to an address that the sign-in service does not know (redirect_uri).",
        meaning: "The app remembers a registration from another time (another port, another address), or the service does not allow this address.",
    },
    Message {
        name: "placeholder-port",
        pattern: r#"__PORT__"#,
        aims: ("cl-version", "placeholder"),
        owner: Owner::Client,
        confidence: Confidence::Certain,
        outweighs: true,
        client: None,
        symptom: Some(Symptom::Connecting),
        sentence: "The app sent a placeholder instead of a port in its return address.",
        meaning: "This is a mistake in the app: `__PORT__` was never filled in. A newer version is needed.",
    },
    Message {
        name: "vscode-resource-mismatch",
        pattern: r#"Protected Resource Metadata resource property value ["“](?P<actual>[^"”]+)["”][^\n]{0,80}does not match (?:target server url|expected value)[^"“\n]{0,40}["“](?P<expected>[^"”]+)["”]"#,
        aims: ("prm-resource-match", "other-path"),
        owner: Owner::McpServer,
        confidence: Confidence::Certain,
        outweighs: false,
        client: Some(ClientId::VsCode),
        symptom: Some(Symptom::Connecting),
        sentence: "The server calls itself {actual}, and the app called {expected}.",
        meaning: "VS Code compares the two letter by letter and stops.",
    },
    Message {
        name: "protected-resource-mismatch",
        pattern: r#"(?i)Protected resource (?P<actual>https?://\S+) does not match expected (?P<expected>https?://\S+)"#,
        aims: ("prm-resource-match", "other-path"),
        owner: Owner::McpServer,
        confidence: Confidence::Certain,
        outweighs: false,
        client: None,
        symptom: Some(Symptom::Connecting),
        sentence: "The server calls itself {actual}, and the app called {expected}.",
        meaning: "The two have to be the same address.",
    },
    Message {
        name: "issuer-mismatch-answer",
        pattern: r#"(?i)Issuer mismatch in authorization response"#,
        aims: ("authz-iss", "other"),
        owner: Owner::AuthorizationServer,
        confidence: Confidence::Certain,
        outweighs: false,
        client: None,
        symptom: Some(Symptom::Connecting),
        sentence: "The answer from the sign-in page is stamped by another service than the one that was asked (RFC 9207).",
        meaning: "Newer apps treat that as an attack and stop.",
    },
    Message {
        name: "issuer-mismatch-metadata",
        pattern: r#"(?i)Issuer mismatch in authorization server metadata|IssuerMismatchError|issuer[^\n]{0,60}does not match[^\n]{0,60}(?:expected|metadata)"#,
        aims: ("asm-issuer", "other"),
        owner: Owner::McpServer,
        confidence: Confidence::Likely,
        outweighs: false,
        client: None,
        symptom: Some(Symptom::Connecting),
        sentence: "The sign-in service calls itself by another name than your server says.",
        meaning: "Newer apps compare the two names and stop.",
    },
    Message {
        name: "no-pkce",
        pattern: r#"(?i)does not support code challenge method S256|does not support PKCE"#,
        aims: ("asm-pkce-s256", "plain-only"),
        owner: Owner::AuthorizationServer,
        confidence: Confidence::Likely,
        outweighs: false,
        client: None,
        symptom: Some(Symptom::Connecting),
        sentence: "The sign-in service does not offer the safety step that apps need (PKCE with S256).",
        meaning: "",
    },
    Message {
        name: "metadata-html",
        pattern: r#"(?i)Invalid OAuth error response: SyntaxError|Unexpected token '?<'?[^\n]{0,60}(?:JSON|DOCTYPE)|Raw body: 404"#,
        aims: ("asm-reachable", "not-found"),
        owner: Owner::McpServer,
        confidence: Confidence::Possible,
        outweighs: false,
        client: None,
        symptom: Some(Symptom::Connecting),
        sentence: "The app expected sign-in details and got a page or a plain text.",
        meaning: "It asked an address where no sign-in details are: it lost the way earlier.",
    },
    Message {
        name: "no-resource-metadata",
        pattern: r#"(?i)WWW-Authenticate header does not contain a resource_metadata|Failed to fetch resource metadata|No resource metadata|Error populating auth server metadata"#,
        aims: ("challenge-resource-metadata", "absent"),
        owner: Owner::McpServer,
        confidence: Confidence::Possible,
        outweighs: false,
        client: None,
        symptom: Some(Symptom::Connecting),
        sentence: "The app found no signpost to the sign-in details.",
        meaning: "",
    },
    Message {
        name: "claude-unreachable",
        pattern: r#"(?i)Couldn.?t reach the MCP server"#,
        aims: ("cl-claude-connector", "unreachable"),
        owner: Owner::McpServer,
        confidence: Confidence::Possible,
        outweighs: false,
        client: Some(ClientId::ClaudeConnectors),
        symptom: Some(Symptom::Connecting),
        sentence: "Claude's cloud could not reach the server, or found no way to register there.",
        meaning: "Claude's connectors call from Anthropic's servers, not from this computer: the address has to be public, over https, on port 443.",
    },
    Message {
        name: "claude-localhost",
        pattern: r#"(?i)Localhost URLs cannot be used because our servers cannot reach your local machine"#,
        aims: ("reach-public-for-cloud", "this-computer"),
        owner: Owner::User,
        confidence: Confidence::Certain,
        outweighs: false,
        client: Some(ClientId::ClaudeConnectors),
        symptom: Some(Symptom::Connecting),
        sentence: "Claude's connectors cannot reach an address on this computer.",
        meaning: "They run in Anthropic's cloud. Use a public address, or let a program on this computer connect (mcp-remote, Claude Code).",
    },
    Message {
        name: "tls-issuer",
        pattern: r#"(?i)unable to (?:get local issuer certificate|verify the first certificate)|UNABLE_TO_(?:GET_ISSUER_CERT(?:_LOCALLY)?|VERIFY_LEAF_SIGNATURE)|SELF_SIGNED_CERT_IN_CHAIN|self[- ]signed certificate in certificate chain|CERTIFICATE_VERIFY_FAILED"#,
        aims: ("reach-tls-chain", "unknown-issuer"),
        owner: Owner::Network,
        confidence: Confidence::Likely,
        outweighs: true,
        client: None,
        symptom: Some(Symptom::Connecting),
        sentence: "The app does not trust the server's security certificate (TLS), although a browser may.",
        meaning: "Company software or an incomplete certificate chain is the usual reason: programs on Node and Python have a list of trusted issuers of their own.",
    },
    Message {
        name: "tls-self-signed",
        pattern: r#"DEPTH_ZERO_SELF_SIGNED_CERT"#,
        aims: ("reach-tls-chain", "self-signed"),
        owner: Owner::McpServer,
        confidence: Confidence::Certain,
        outweighs: false,
        client: None,
        symptom: Some(Symptom::Connecting),
        sentence: "The server's security certificate is signed by itself.",
        meaning: "",
    },
    Message {
        name: "tls-expired",
        pattern: r#"CERT_HAS_EXPIRED|certificate has expired"#,
        aims: ("reach-tls-date", "expired"),
        owner: Owner::McpServer,
        confidence: Confidence::Certain,
        outweighs: false,
        client: None,
        symptom: Some(Symptom::Connecting),
        sentence: "The server's security certificate has run out.",
        meaning: "",
    },
    Message {
        name: "tls-name",
        pattern: r#"ERR_TLS_CERT_ALTNAME_INVALID|Hostname/IP does not match certificate"#,
        aims: ("reach-tls-name", "wrong-name"),
        owner: Owner::McpServer,
        confidence: Confidence::Certain,
        outweighs: false,
        client: None,
        symptom: Some(Symptom::Connecting),
        sentence: "The server's security certificate is for another name.",
        meaning: "",
    },
    Message {
        name: "dns",
        pattern: r#"(?i)getaddrinfo (?:ENOTFOUND|EAI_AGAIN) (?P<host>\S+)|ERR_NAME_NOT_RESOLVED|Could not resolve host"#,
        aims: ("reach-dns", "not-found"),
        owner: Owner::User,
        confidence: Confidence::Likely,
        outweighs: false,
        client: None,
        symptom: Some(Symptom::Connecting),
        sentence: "The server's name was not found.",
        meaning: "",
    },
    Message {
        name: "waf",
        pattern: r#"(?i)Just a moment\.\.\.|cf-mitigated: challenge|Attention Required! \| Cloudflare"#,
        aims: ("reach-waf", "challenge-page"),
        owner: Owner::McpServer,
        confidence: Confidence::Likely,
        outweighs: false,
        client: None,
        symptom: Some(Symptom::Connecting),
        sentence: "A bot filter stands before the server and wants a person.",
        meaning: "",
    },
    Message {
        name: "redirect-not-followed",
        pattern: r#"(?i)Redirect to (?P<target>\S+) not followed"#,
        aims: ("reach-redirect", "other-origin"),
        owner: Owner::McpServer,
        confidence: Confidence::Likely,
        outweighs: false,
        client: None,
        symptom: Some(Symptom::Connecting),
        sentence: "The server forwards to {target}, and the app does not follow with your pass.",
        meaning: "",
    },
    Message {
        name: "invalid-host",
        pattern: r#"(?i)Invalid Host(?: header)?"#,
        aims: ("reach-host-header", "misdirected"),
        owner: Owner::McpServer,
        confidence: Confidence::Likely,
        outweighs: false,
        client: None,
        symptom: Some(Symptom::Connecting),
        sentence: "The server refuses its own public name (421 Invalid Host).",
        meaning: "",
    },
    Message {
        name: "upscoping",
        pattern: r#"(?i)Server returned 403 after trying upscoping"#,
        aims: ("scope-stepup-loop", "unchanged"),
        owner: Owner::AuthorizationServer,
        confidence: Confidence::Certain,
        outweighs: false,
        client: None,
        symptom: Some(Symptom::CallingTool),
        sentence: "Signing in again did not bring the missing permission.",
        meaning: "",
    },
    Message {
        name: "insufficient-scope",
        pattern: r#"(?i)insufficient[_ ](?:scope|permissions)(?:[^\n]{0,80}?(?:scope|required|needs?)[=: \"']+(?P<scope>[A-Za-z0-9:._/ -]{2,120}))?"#,
        aims: ("scope-tool-needs", "missing"),
        owner: Owner::User,
        confidence: Confidence::Likely,
        outweighs: false,
        client: None,
        symptom: Some(Symptom::CallingTool),
        sentence: "You are signed in, but not for this tool (insufficient_scope).",
        meaning: "The pass lacks a permission that the tool needs.",
    },
    Message {
        name: "missing-scopes-claim",
        pattern: r#"Token missing required scopes: ?(?P<scope>[^\n\"']*)"#,
        aims: ("tok-scope-shape", "array-wanted"),
        owner: Owner::McpServer,
        confidence: Confidence::Likely,
        outweighs: false,
        client: None,
        symptom: Some(Symptom::CallingTool),
        sentence: "The server did not find the permissions in the pass ({scope}).",
        meaning: "Scalekit's SDK reads them from a list named `scopes`; passes of people have them in a text named `scope`.",
    },
    Message {
        name: "invalid-scope",
        pattern: r#"(?i)\binvalid_scope\b|AADSTS650053|asked for scope '(?P<scope>[^']+)' that doesn't exist"#,
        aims: ("authz-scope", "refused"),
        owner: Owner::McpServer,
        confidence: Confidence::Likely,
        outweighs: false,
        client: None,
        symptom: Some(Symptom::Connecting),
        sentence: "The app asked for a permission that the sign-in service does not know (invalid_scope).",
        meaning: "",
    },
    Message {
        name: "entra-resource",
        pattern: r#"AADSTS9010010"#,
        aims: ("authz-resource", "refused"),
        owner: Owner::AuthorizationServer,
        confidence: Confidence::Certain,
        outweighs: false,
        client: None,
        symptom: Some(Symptom::Connecting),
        sentence: "The sign-in service (Microsoft Entra) refuses the name of the server that the app sends along (resource).",
        meaning: "mcp-remote 0.1.43 and newer can leave it out: `--disable-resource-parameter`.",
    },
    Message {
        name: "invalid-target",
        pattern: r#"(?i)\binvalid_target\b"#,
        aims: ("authz-resource", "refused"),
        owner: Owner::AuthorizationServer,
        confidence: Confidence::Likely,
        outweighs: false,
        client: None,
        symptom: Some(Symptom::Connecting),
        sentence: "The sign-in service does not know the server that the app names (invalid_target).",
        meaning: "",
    },
    Message {
        name: "audience",
        pattern: r#"(?i)IDX10214|Audience validation failed|(?:unexpected|invalid|wrong) [\"“]?aud(?:ience)?[\"”]? claim|Token was not issued for this resource|not bound to the configured resource"#,
        aims: ("tok-aud-match", "other"),
        owner: Owner::McpServer,
        confidence: Confidence::Likely,
        outweighs: false,
        client: None,
        symptom: Some(Symptom::Connecting),
        sentence: "The pass is for another server name than the server expects (audience).",
        meaning: "",
    },
    Message {
        name: "issuer-token",
        pattern: r#"(?i)(?:unexpected|invalid|wrong) [\"“]?iss(?:uer)?[\"”]? claim|issuer (?:is )?invalid|IDX10205"#,
        aims: ("tok-iss", "other"),
        owner: Owner::McpServer,
        confidence: Confidence::Likely,
        outweighs: false,
        client: None,
        symptom: Some(Symptom::Connecting),
        sentence: "The pass comes from another sign-in service than the server expects (issuer).",
        meaning: "",
    },
    Message {
        name: "prm-missing",
        pattern: r#"PROTECTED_RESOURCE_METADATA config missing"#,
        aims: ("prm-status", "not-configured"),
        owner: Owner::McpServer,
        confidence: Confidence::Certain,
        outweighs: false,
        client: None,
        symptom: Some(Symptom::Connecting),
        sentence: "The server lacks its sign-in details (PROTECTED_RESOURCE_METADATA).",
        meaning: "",
    },
    Message {
        name: "connected-twice",
        pattern: r#"Already connected to a transport"#,
        aims: ("tr-second-request", "already-connected"),
        owner: Owner::McpServer,
        confidence: Confidence::Certain,
        outweighs: false,
        client: None,
        symptom: Some(Symptom::CallingTool),
        sentence: "The server can serve only its first visitor.",
        meaning: "",
    },
    Message {
        name: "scalekit-auth-unavailable",
        pattern: r#"Authentication service unavailable"#,
        aims: ("tok-jwks-reachable", "service-unavailable"),
        owner: Owner::McpServer,
        confidence: Confidence::Likely,
        outweighs: false,
        client: None,
        symptom: Some(Symptom::Connecting),
        sentence: "The server could not sign in to Scalekit itself.",
        meaning: "Its client id, client secret or environment address is not right.",
    },
    Message {
        name: "invalid-state",
        pattern: r#"(?i)\binvalid_state\b"#,
        aims: ("authz-state", "refused"),
        owner: Owner::User,
        confidence: Confidence::Possible,
        outweighs: false,
        client: None,
        symptom: Some(Symptom::Connecting),
        sentence: "The answer does not belong to this attempt (invalid_state).",
        meaning: "The sign-in page was open for longer than ten minutes, or in two tabs. Start again in one tab.",
    },
    Message {
        name: "invalid-grant",
        pattern: r#"(?i)\binvalid_grant\b"#,
        aims: ("token-exchange", "invalid-grant"),
        owner: Owner::User,
        confidence: Confidence::Possible,
        outweighs: false,
        client: None,
        symptom: Some(Symptom::Connecting),
        sentence: "The ticket from the sign-in was refused (invalid_grant).",
        meaning: "It was used twice, is too old, or belongs to another attempt.",
    },
    Message {
        name: "access-denied",
        pattern: r#"(?i)\baccess_denied\b"#,
        aims: ("authz-error", "access-denied"),
        owner: Owner::User,
        confidence: Confidence::Likely,
        outweighs: false,
        client: None,
        symptom: Some(Symptom::Connecting),
        sentence: "The sign-in was declined (access_denied).",
        meaning: "Somebody pressed Cancel, or a rule of your company does not allow it.",
    },
    Message {
        name: "cors",
        pattern: r#"(?i)blocked by CORS policy|CORS (?:error|Missing Allow Origin|request did not succeed)|No 'Access-Control-Allow-Origin'"#,
        aims: ("cors-401", "missing"),
        owner: Owner::McpServer,
        confidence: Confidence::Likely,
        outweighs: false,
        client: None,
        symptom: Some(Symptom::Connecting),
        sentence: "The browser kept the answer from the web page (CORS).",
        meaning: "",
    },
    Message {
        name: "insecure-page",
        pattern: r#"Cannot read propert(?:y|ies) of undefined \(reading 'digest'\)"#,
        aims: ("cl-inspector", "insecure-origin"),
        owner: Owner::User,
        confidence: Confidence::Certain,
        outweighs: true,
        client: Some(ClientId::McpInspector),
        symptom: Some(Symptom::Connecting),
        sentence: "The Inspector's page was opened at an address at which browsers offer no cryptography.",
        meaning: "Open it at `http://localhost:6274` or over https, not at an address of your network.",
    },
];

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::checks;

    #[test]
    fn every_message_aims_at_a_check_that_says_it() {
        let unsaid: Vec<String> = TABLE
            .iter()
            .filter_map(|message| {
                let (code, variant) = message.aims;
                let check = checks::named(code)?;
                let says = check.variants.contains(&variant);
                (!says).then(|| format!("{}: {code} has no variant {variant}: {:?}", message.name, check.variants))
            })
            .collect();
        assert!(unsaid.is_empty(), "\n{}\n", unsaid.join("\n"));
    }

    #[test]
    fn names_are_unique() {
        let names: BTreeSet<&str> = TABLE.iter().map(|message| message.name).collect();
        assert_eq!(names.len(), TABLE.len());
    }

    #[test]
    fn known_messages_are_recognised() {
        for (text, expected) in [
            ("Error: spawn npx ENOENT", "spawn-enoent"),
            ("Error: listen EADDRINUSE: address already in use 127.0.0.1:3334", "port-busy"),
            (
                "Fatal error: Error: Cannot find localhost callback URI from existing client information",
                "foreign-registration",
            ),
            (
                "AADSTS9010010: The resource parameter provided in the request doesn't match with the requested scopes.",
                "entra-resource",
            ),
            ("Error: spawn xdg-open ENOENT", "xdg-open-missing"),
            ("The redirect URI provided does not match any registered URI for this client.", "redirect-mismatch"),
            (
                "error=unauthorized_client&error_description=redirect_uri is not registered for client: http://127.0.0.1:1",
                "redirect-mismatch",
            ),
            (
                "invalid_redirect_uri: Redirect URI https://insiders.vscode.dev/redirect is not in the allowlist",
                "redirect-mismatch",
            ),
            ("HTTP 404: Invalid OAuth error response: SyntaxError: Unexpected non-whitespace", "metadata-html"),
            ("ReferenceError: File is not defined", "node-too-old"),
            ("UNABLE_TO_VERIFY_LEAF_SIGNATURE", "tls-issuer"),
        ] {
            let said = read(text);
            assert_eq!(said.first().map(|said| said.message.as_str()), Some(expected), "{text}: {said:?}");
        }
        let busy = read("listen EADDRINUSE: address already in use 127.0.0.1:3334");
        assert_eq!(busy[0].values["port"], "3334");
        assert!(busy[0].sentence.contains("3334"));
    }
}
