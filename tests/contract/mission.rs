//! Every step that the app was asked to take a person through, and where each one lives: the check that sees it, the card
//! of the guide that asks or says it, the screen that shows it. A step whose place is gone is a step that nobody takes.

use mcp_auth_diagnosis::checks;

use crate::none;
use crate::repository::read;

/// Where a step lives.
#[derive(Clone, Copy)]
enum Place {
    /// A check of the catalogue sees it.
    Check(&'static str),
    /// A card of a guide asks or says it, in every language, in these English words.
    Card(&'static str, &'static str, &'static str),
    /// A file of the window or of the engine says it.
    Says(&'static str, &'static str),
}

use Place::{Card, Check, Says};

/// A step, in short, and its places.
type Step = (&'static str, &'static [Place]);

const WORDS: &str = "ui/src/words/en.ts";
const HOME: &str = "ui/src/screens/Home.svelte";
const PAGES: &str = "ui/src/words/clients.en.ts";
const REFUSED: &str = "src-tauri/crates/diagnosis/src/checks/token_validation/tok_server_verdict.md";

const STEPS: &[Step] = &[
    // How it behaves.
    (
        "one question before anything is suggested",
        &[Says(WORDS, "At what stage does it fail?"), Says(HOME, "SYMPTOMS")],
    ),
    (
        "never all causes at once: one verdict, the rest folded",
        &[Says("ui/src/screens/Check.svelte", "headline bind:heading"), Says("ui/src/screens/Check.svelte", "<Fold")],
    ),
    ("step by step, one card at a time", &[Says("ui/src/screens/Guide.svelte", "one card at a time")]),
    // The seven categories.
    ("category 1: connection, handshake", &[Says(WORDS, "connection: 'It does not connect'")]),
    ("category 2: redirect_uri", &[Says(WORDS, "The way back is refused (redirect_uri)")]),
    ("category 3: CORS", &[Says(WORDS, "A web page is not let in (CORS)")]),
    ("category 4: 401 after a token was issued", &[Says(WORDS, "Signed in, and still refused (401)")]),
    ("category 5: scope", &[Says(WORDS, "Not allowed to use a tool (scope)")]),
    ("category 6: one client", &[Says(WORDS, "Only one client fails")]),
    ("category 7: the browser", &[Says(WORDS, "The browser does not open")]),
    // Step 1: the point of failure.
    ("it fails before or while connecting", &[Says(WORDS, "before or while it signs you in")]),
    ("it fails when a tool is called", &[Says(WORDS, "It connects, then a tool fails")]),
    ("the browser never opens", &[Says(WORDS, "The browser never opens"), Says(HOME, "'browser-never-opens'")]),
    ("it works in one client and not in another", &[Says(WORDS, "It works in another client")]),
    // Step 2: the health of the server.
    (
        "a call without a token is answered by 401 with WWW-Authenticate",
        &[
            Check("challenge-status"),
            Check("challenge-present"),
            Card("connection", "health", "HTTP 401 with a WWW-Authenticate header"),
        ],
    ),
    (
        "the challenge is Bearer and names the resource metadata",
        &[
            Check("challenge-scheme"),
            Check("challenge-resource-metadata"),
            Card("connection", "health", "resource_metadata="),
        ],
    ),
    (
        "without it, the server's settings are mended first",
        &[Card("connection", "health-broken", "The server has to be mended first")],
    ),
    ("with it, the metadata comes next", &[Card("connection", "metadata", "Does the server say where to sign in?")]),
    // Step 3: the metadata.
    (
        "the metadata is valid JSON, the one that the dashboard shows",
        &[Check("prm-json"), Card("connection", "metadata", "Metadata JSON")],
    ),
    (
        "500: PROTECTED_RESOURCE_METADATA is missing or malformed",
        &[Check("prm-status"), Card("connection", "metadata-500", "PROTECTED_RESOURCE_METADATA")],
    ),
    (
        "authorization_servers of another environment",
        &[Check("prm-live-vs-dashboard"), Card("connection", "metadata-environment", "authorization_servers")],
    ),
    (
        "resource is not what the server expects as audience",
        &[Check("prm-resource-match"), Card("connection", "metadata-resource", "EXPECTED_AUDIENCE")],
    ),
    // The handshake.
    (
        "both hold: ask for CORS errors",
        &[
            Card("connection", "cors", "Are there CORS errors in the browser"),
            Card("connection", "cors-how", "Console"),
        ],
    ),
    ("yes: on to CORS", &[Says("ui/src/guides/guides.ts", "yes: 'guide:cors'")]),
    // redirect_uri.
    (
        "a client remembers an old address",
        &[
            Check("reg-stale"),
            Check("local-cache"),
            Card("redirect-uri", "which", "a registration from an earlier address"),
        ],
    ),
    (
        "mcp-remote: its folder below ~/.mcp-auth, then connect again",
        &[
            Card("redirect-uri", "mcp-remote", "mcp-remote-<version>"),
            Says("ui/src/screens/ComputerScreen.svelte", "ClearDialog"),
        ],
    ),
    (
        "VS Code: remove the dynamic authentication provider",
        &[Card("redirect-uri", "vscode", "Authentication: Remove Dynamic Authentication Provider")],
    ),
    (
        "Claude Desktop: no clearing on this computer; another host name helps",
        &[
            Card("redirect-uri", "claude", "has no way to clear a stored sign-in on this computer"),
            Card("redirect-uri", "claude-other", "another domain or subdomain"),
        ],
    ),
    // CORS.
    ("the dashboard's Allowed Callback URLs", &[Card("cors", "callback", "Allowed Callback URLs")]),
    ("http://localhost:6274/ for MCP Inspector", &[Card("cors", "callback", "http://localhost:6274/ and")]),
    ("the callback address of production", &[Card("cors", "production", "callback address of the deployed client")]),
    ("connect again", &[Card("cors", "production", "Connect again")]),
    (
        "the server itself lets the page in",
        &[Check("cors-preflight"), Check("cors-expose"), Card("cors", "server", "CORS layer")],
    ),
    // Token validation.
    (
        "which framework: FastMCP, FastAPI with FastMCP, or Express",
        &[Card("token", "framework", "FastMCP with ScalekitProvider"), Card("token", "framework", "Express (Node)")],
    ),
    (
        "SCALEKIT_RESOURCE_ID begins with res_ and is the dashboard's",
        &[
            Check("local-server-env"),
            Card("token", "fastmcp-id", "It begins with res_"),
            Says(REFUSED, "SCALEKIT_RESOURCE_ID"),
        ],
    ),
    ("MCP_URL with its slash is the registered one", &[Card("token", "fastmcp-url", "MCP_URL ends in a slash")]),
    ("FastMCP reads its settings when it starts: restart", &[Card("token", "restart", "Restart the server")]),
    (
        "EXPECTED_AUDIENCE is the Server URL to the last slash",
        &[
            Check("tok-aud-match"),
            Card("token", "audience", "http://localhost:3002/ is not http://localhost:3002"),
            Says(REFUSED, "EXPECTED_AUDIENCE"),
        ],
    ),
    (
        "SK_ENV_URL is the environment that issues the tokens",
        &[
            Check("tok-wrong-env"),
            Card("token", "environment", "SK_ENV_URL"),
            Card("token", "environment", "Settings › API Credentials"),
            Says(REFUSED, "SK_ENV_URL"),
        ],
    ),
    (
        "validate_access_token returns True, validateToken does not throw",
        &[
            Card("token", "validate", "validate_access_token returns True"),
            Card("token", "validate", "validateToken does not throw"),
            Says(REFUSED, "validate_access_token"),
        ],
    ),
    // Scope.
    ("which tool fails, which scopes are configured", &[Card("scope", "tool", "the name of the tool that fails")]),
    ("the scope exists in the dashboard", &[Card("scope", "exists", "MCP Servers › your server › Scopes")]),
    (
        "the client asked for the scope",
        &[Check("scope-requested-at-all"), Card("scope", "requested", "Did the client ask for it?")],
    ),
    (
        "the token's scope claim",
        &[
            Check("scope-granted"),
            Card("scope", "pass", "Is the scope in the pass?"),
            Says("ui/src/screens/Inspect.svelte", "what: 'token' | 'settings'"),
        ],
    ),
    ("missing: connect again and grant it", &[Card("scope", "reconnect", "Connect again and grant it")]),
    // Clients.
    (
        "Claude Desktop and a port other than 443",
        &[Check("reach-port-443"), Card("client", "port", "port 443 only"), Says(PAGES, "on port 443")],
    ),
    ("a reverse proxy on 443", &[Card("client", "proxy", "Nginx or Caddy")]),
    (
        "do not expect a direct connection",
        &[Card("client", "port", "Do not expect a direct connection to a custom port")],
    ),
    (
        "several tabs: mcp-remote and the connector, never both",
        &[Check("cl-duplicate"), Card("client", "tabs", "Never run both at the same time")],
    ),
    // The browser.
    ("macOS: which page of the settings", &[Card("browser", "mac", "App Management")]),
    (
        "Windows: which page of the settings",
        &[Card("browser", "windows", "Allow apps to manage your default app settings")],
    ),
    ("Linux: xdg-open", &[Check("browser-opener"), Card("browser", "linux", "which xdg-open")]),
    ("restart the client after a change", &[Card("browser", "restart", "Quit the client completely")]),
    (
        "a page that arrives is the proof",
        &[Check("browser-round-trip"), Card("browser", "test", "only a page that arrives does")],
    ),
    // At the end.
    ("separate environments", &[Says(WORDS, "Development and production have a Scalekit environment each.")]),
    ("addresses of their own", &[Says(WORDS, "mcp-dev.your-domain")]),
    (
        "the audience of the right environment",
        &[Says(WORDS, "EXPECTED_AUDIENCE (or MCP_URL) points to the environment")],
    ),
    ("callback addresses for both", &[Says(WORDS, "registered in the dashboard for both environments")]),
    ("an eye on the logs", &[Says(WORDS, "Dashboard › Authentication › Logs")]),
    (
        "closed with after a repair",
        &[
            Says("ui/src/screens/Check.svelte", "t().check.closing"),
            Says("ui/src/guides/guides.ts", "['environments', 'urls', 'audience', 'callbacks', 'logs']"),
        ],
    ),
    // What comes before a library is suspected.
    (
        "the settings are compared before anything else is suspected",
        &[Card("token", "framework", "its own settings are compared")],
    ),
];

#[test]
fn every_step_has_its_place() {
    none(STEPS.iter().flat_map(|(step, places)| homeless(step, places, &read)).collect());
}

/// What is never advised, in whatever words are read by people.
#[test]
fn nothing_advises_what_must_not_be_done() {
    let words = [WORDS, "ui/src/words/de.ts", "ui/src/words/guides.en.ts", "ui/src/words/guides.de.ts", PAGES];
    none(words.iter().flat_map(|file| forbidden(file, &read(file))).collect());
}

#[test]
fn a_step_whose_place_is_gone_is_told() {
    let empty = |_: &str| String::new();
    assert_eq!(homeless("x", &[Check("no-such-check")], &empty).len(), 1);
    assert_eq!(homeless("x", &[Says("a", "b")], &empty).len(), 1);
    assert!(!homeless("x", &[Card("cors", "who", "Who turns")], &empty).is_empty());
    assert!(homeless("x", &[Card("cors", "who", "Who turns the web page away?")], &read).is_empty());
    assert!(!homeless("x", &[Card("cors", "who", "said on another card")], &read).is_empty());
    assert_eq!(forbidden("a", "Switch off the token validation for a moment").len(), 1);
}

fn homeless(step: &str, places: &[Place], read: &dyn Fn(&str) -> String) -> Vec<String> {
    let gone = |what: String| format!("\"{step}\": {what}");
    let mut complaints = Vec::new();
    for place in places {
        match *place {
            Check(code) if checks::named(code).is_none() => complaints.push(gone(format!("no check {code}"))),
            Check(_) => {}
            Says(file, words) if !read(file).contains(words) => {
                complaints.push(gone(format!("{file} does not say {words:?}")));
            }
            Says(..) => {}
            Card(guide, card, words) => {
                if part(&read("ui/src/guides/guides.ts"), guide, card).is_none() {
                    complaints.push(gone(format!("no card {card} in the guide {guide}")));
                }
                match part(&read("ui/src/words/guides.en.ts"), guide, card) {
                    Some(text) if text.contains(words) => {}
                    _ => complaints.push(gone(format!("the card {card} of {guide} does not say {words:?}"))),
                }
                if part(&read("ui/src/words/guides.de.ts"), guide, card).is_none() {
                    complaints.push(gone(format!("the card {card} of {guide} has no German")));
                }
            }
        }
    }
    complaints
}

/// The lines of one card: below its guide's name, up to the next card.
fn part(text: &str, guide: &str, card: &str) -> Option<String> {
    let opens = |line: &str, name: &str| {
        let line = line.trim_start();
        line.starts_with(&format!("{name}: {{")) || line.starts_with(&format!("'{name}': {{"))
    };
    let depth = |line: &str| line.len() - line.trim_start().len();
    let mut lines = text.lines().skip_while(|line| depth(line) != 2 || !opens(line, guide)).skip(1);
    let mut lines = lines.by_ref().take_while(|line| depth(line) > 2).skip_while(|line| !opens(line, card));
    let first = lines.next()?;
    let rest = lines.take_while(|line| depth(line) > depth(first));
    Some(std::iter::once(first).chain(rest).collect::<Vec<_>>().join("\n"))
}

/// Advice that must not be given: to switch a check off, or to touch the keys that tokens are signed with.
fn forbidden(file: &str, text: &str) -> Vec<String> {
    const OFF: [&str; 8] = [
        "switch off the",
        "disable the",
        "disable token",
        "turn off the",
        "skip the",
        "ignore the",
        "schalten sie die prüfung",
        "prüfung ab",
    ];
    const CHECKS: [&str; 7] =
        ["validation", "signature", "audience", "issuer", "certificate check", "jwks", "signaturprüfung"];
    let lines = text.lines().map(str::to_lowercase).enumerate();
    let bad = lines.filter(|(_, line)| {
        (OFF.iter().any(|off| line.contains(off)) && CHECKS.iter().any(|check| line.contains(check)))
            || (line.contains("jwks") && line.contains("dashboard"))
    });
    bad.map(|(at, line)| format!("{file}:{}: {}", at + 1, line.trim())).collect()
}
