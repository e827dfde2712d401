//! What keeps an app on this computer from starting at all, or from hearing the answer of the browser.

use crate::check::{Confidence, Owner};
use crate::clients::ClientId;
use crate::messages::Message;
use crate::subject::Symptom;

/// The table.
pub(super) static TABLE: &[Message] = &[
    Message {
        outweighs: true,
        ..Message::new(
            "program-files-cut",
            r#"(?i)["'«“„]?[A-Z]:\\{1,2}Program(?:me|mi|as)?["'»”“]? (?:is not recognized|ist entweder falsch|n.est pas reconnu|no se reconoce|non . riconosciuto|não é reconhecido)"#,
            ("local-runtime", "space-in-path"),
            Owner::User,
            Confidence::Certain,
            "Windows cut the path of the helper program at its first space.",
            "The helper stands below `C:\\Program Files` and an argument has a space in it; together they break the command line, so the helper never ran.",
        )
    },
    Message {
        outweighs: true,
        ..Message::new(
            "program-not-known",
            r#"(?i)(?:["'«“„]|^|\n|\s)(?P<program>(?:npx|npm|node|uvx|uv|bunx|bun|pnpm|yarn|docker|deno)(?:\.cmd|\.exe)?)["'»”“’]? ?(?::[^\n]{0,20} )?(?:is not recognized as|ist entweder falsch geschrieben|wurde nicht als Name|n.est pas reconnu|no se reconoce|non . riconosciuto|não é reconhecido|不是内部或外部命令|は、内部コマンド)"#,
            ("local-runtime", "npx-not-found"),
            Owner::User,
            Confidence::Certain,
            "Windows does not know the helper program {program}.",
            "Node is not installed, or the app does not see where it is. The helper never ran, so no sign-in began.",
        )
    },
    Message {
        outweighs: true,
        ..Message::new(
            "program-not-there",
            r#"(?i)(?:command not found:|exec: \\?["']|env: [‘']?|No such file or directory: \\?["']|(?:sh|bash|zsh|dash|fish): (?:line \d+: |\d+: )?)(?P<program>(?:\S*[/\\])?(?:npx|npm|node|uvx|uv|bunx|bun|pnpm|yarn|docker|deno|python3?)(?:\.cmd|\.exe)?)\b[^\n]{0,12}(?:: (?:command not found|not found|executable file not found|No such file or directory)|\s*$|[\s,;.)]|: executable)"#,
            ("local-runtime", "npx-not-found"),
            Owner::User,
            Confidence::Likely,
            "The client could not start the helper program {program}: it does not find it.",
            "Programs that are started from the desktop do not see everything that a terminal sees (another PATH). The helper never ran, so no sign-in began.",
        )
    },
    Message {
        outweighs: true,
        ..Message::new(
            "powershell-script",
            r#"(?i)(?:npx|npm|pnpm|mcp-remote)\.ps1[^\n]{0,120}(?:cannot be loaded|kann nicht geladen werden|impossible de charger|no se puede cargar)"#,
            ("local-runtime", "needs-cmd-c"),
            Owner::User,
            Confidence::Likely,
            "Windows does not let scripts run, and npx is one here (npx.ps1).",
            "`cmd /c npx` starts the same program without PowerShell.",
        )
    },
    Message {
        outweighs: true,
        ..Message::new(
            "spawn-einval",
            r#"spawn(?: \S+)? EINVAL"#,
            ("local-runtime", "needs-cmd-c"),
            Owner::User,
            Confidence::Likely,
            "Windows refused to start the helper program directly.",
            "On Windows npx is a script, which newer Node starts only through `cmd /c`.",
        )
    },
    Message {
        outweighs: true,
        ..Message::new(
            "npx-copy-broken",
            r#"(?i)(?:ERR_MODULE_NOT_FOUND|Cannot find (?:module|package))[^\n]{0,200}_npx|_npx[^\n]{0,200}ENOTEMPTY|ENOTEMPTY[^\n]{0,300}_npx|npm (?:ERR!|error) (?:code )?ENOTEMPTY"#,
            ("local-runtime", "broken-copy"),
            Owner::User,
            Confidence::Certain,
            "The copy of the helper program that npx keeps on this computer is damaged.",
            "An update was cut short. npx goes on using the damaged copy until it is moved away.",
        )
    },
    Message {
        outweighs: true,
        ..Message::new(
            "npm-no-package",
            r#"(?i)npm (?:ERR!|error) (?:code )?(?:E404|ETARGET)|npm (?:ERR!|error) (?:404|notarget) "#,
            ("local-runtime", "helper-not-fetched"),
            Owner::User,
            Confidence::Certain,
            "npm does not know the helper program under the name or version in the settings.",
            "The name is misspelt, or that version does not exist. The helper never ran, so no sign-in began.",
        )
    },
    Message {
        outweighs: true,
        ..Message::new(
            "npm-no-way",
            r#"(?i)npm (?:ERR!|error) code (?P<reason>EACCES|EPERM|ENOTFOUND|ETIMEDOUT|ECONNREFUSED|ECONNRESET|EAI_AGAIN|E401|E403|SELF_SIGNED_CERT_IN_CHAIN|UNABLE_TO_GET_ISSUER_CERT_LOCALLY|ERR_SOCKET_TIMEOUT)"#,
            ("local-runtime", "helper-not-fetched"),
            Owner::User,
            Confidence::Certain,
            "npm could not fetch the helper program ({reason}).",
            "The helper never ran, so no sign-in began. The server was not even asked.",
        )
    },
    Message {
        outweighs: true,
        ..Message::new(
            "node-engine",
            r#"(?i)EBADENGINE[^\n]*package: '(?:undici|mcp-remote)@[^\n]*(?:\n[^\n]*){1,3}current: \{ node: 'v?(?P<version>\d+[\d.]*)|EBADENGINE\s+package: '(?:undici|mcp-remote)@"#,
            ("local-runtime", "node-too-old"),
            Owner::User,
            Confidence::Likely,
            "The helper program runs on a Node that is too old for it.",
            "mcp-remote needs Node 20.18.1 or newer. The client picked an older one that is also on this computer.",
        )
    },
    Message {
        outweighs: true,
        ..Message::new(
            "port-reserved",
            r#"(?i)listen EACCES:? (?:permission denied )?(?:(?:\S*):)?(?P<port>\d{2,5})"#,
            ("local-port-free", "reserved"),
            Owner::User,
            Confidence::Certain,
            "This system does not give out port {port}, where the sign-in should come back to.",
            "The client could not listen for the answer from the browser.",
        )
    },
    Message {
        outweighs: true,
        ..Message::new(
            "config-not-readable",
            r#"(?i)Could not load app settings|(?:error|failed|could ?n.t|unable|invalid)[^\n]{0,100}(?:claude_desktop_config|mcp_config|mcp_settings|cline_mcp_settings|[./\\]mcp)\.jsonc?\b[^\n]{0,200}(?:JSON|pars|position|token|syntax)"#,
            ("local-config-readable", "broken"),
            Owner::User,
            Confidence::Certain,
            "The app cannot read its settings file: something in it is no JSON.",
            "A comma, a bracket or a quotation mark is missing or too many. Until that is put right the app knows no server.",
        )
    },
    Message {
        outweighs: true,
        ..Message::new(
            "config-entry-refused",
            r#"(?i)Does not adhere to MCP server configuration schema|entries of your MCP configuration file are not valid|must explicitly specify ['"]?type['"]?|Server type must be ['"]?stdio|Invalid MCP (?:settings|server) (?:schema|config(?:uration)?)\b|Invalid MCP settings"#,
            ("local-config-used", "entry-refused"),
            Owner::User,
            Confidence::Certain,
            "The app does not take an entry of its settings as it is written.",
            "For a server with an address the entry needs a `url` and, in many apps, a `type` that the app knows. What it does not take it leaves out.",
        )
    },
    Message {
        outweighs: true,
        client: Some(ClientId::GeminiCli),
        ..Message::new(
            "gemini-registration-at-root",
            r#"No client ID provided and dynamic registration not supported"#,
            ("asm-registration-route", "none"),
            Owner::Client,
            Confidence::Likely,
            "Gemini CLI found no address at which it could introduce itself.",
            "It asks at the root of the sign-in service first. Where the service keeps what belongs to this server below a path, as Scalekit does, the root says nothing of registration, and Gemini CLI gives up. Write the service's `registration_endpoint` into `oauth.registrationUrl` of the server's entry in `settings.json`, or an id that was set up for it into `oauth.clientId`.",
        )
    },
    Message {
        outweighs: true,
        client: Some(ClientId::GeminiCli),
        ..Message::new(
            "gemini-folder-untrusted",
            r#"MCP servers are configured but disabled because this folder is untrusted"#,
            ("local-config-used", "unclear"),
            Owner::User,
            Confidence::Certain,
            "Gemini CLI starts no server in a folder that you have not trusted.",
            "Trust the folder (`/permissions` in Gemini CLI), or start it in one that you have.",
        )
    },
    Message {
        outweighs: true,
        client: Some(ClientId::McpRemote),
        ..Message::new(
            "mcp-remote-no-http",
            r#"Non-HTTPS URLs are only allowed for localhost"#,
            ("local-mcp-remote-arguments", "needs-allow-http"),
            Owner::User,
            Confidence::Certain,
            "mcp-remote refuses an address that begins with http://.",
            "It takes such addresses only on this computer, or when `--allow-http` stands behind the address.",
        )
    },
    Message {
        outweighs: true,
        client: Some(ClientId::McpRemote),
        ..Message::new(
            "mcp-remote-usage",
            r#"Usage: npx (?:tsx )?(?:proxy|client|mcp-remote)\S* <https?://server-url>"#,
            ("local-mcp-remote-arguments", "flag-before-url"),
            Owner::User,
            Confidence::Certain,
            "mcp-remote did not find the server's address among its arguments.",
            "The address has to be the first argument behind `mcp-remote`.",
        )
    },
    Message {
        outweighs: true,
        client: Some(ClientId::McpRemote),
        ..Message::new(
            "mcp-remote-header",
            r#"(?i)ignoring invalid header argument"#,
            ("local-mcp-remote-arguments", "unknown-flag"),
            Owner::User,
            Confidence::Certain,
            "mcp-remote left out a header that it could not read.",
            "A space cut the header in two on its way. Write it without one, as `Name:${VALUE}`, and put the value under `env`.",
        )
    },
    Message {
        outweighs: true,
        client: Some(ClientId::McpRemote),
        ..Message::new(
            "other-copy-signs-in",
            r#"Authentication is still pending in another instance|Stopped after \d+ sign-ins in \d+s"#,
            ("local-cache", "several-instances"),
            Owner::User,
            Confidence::Likely,
            "Several copies of mcp-remote sign in to this server at once.",
            "They wait for each other, or take each other's keys away. One app at a time may sign in.",
        )
    },
    Message {
        outweighs: true,
        symptom: Some(Symptom::BrowserNeverOpens),
        ..Message::new(
            "no-browser-opened",
            r#"(?i)(?:could not|couldn.t|failed to|unable to) (?:automatically )?open (?:a |the |your )?(?:default )?(?:web )?browser"#,
            ("browser-round-trip", "launcher-error"),
            Owner::User,
            Confidence::Likely,
            "The client could not open a browser.",
            "The sign-in page has to be opened by hand: the client prints its address.",
        )
    },
    Message {
        outweighs: true,
        ..Message::new(
            "way-back-refused",
            r#"(?i)(?:localhost|127\.0\.0\.1)\S{0,40} (?:hat die Verbindung abgelehnt|a refusé (?:la connexion|de se connecter)|ha rechazado la conexión|rechazó la conexión|ha rifiutato la connessione|recusou)|Firefox (?:can.t establish a connection|kann keine Verbindung)[^\n]{0,80}(?:localhost|127\.0\.0\.1)|Safari[^\n]{0,120}(?:can.t connect to the server|keine Verbindung zum Server)[^\n]{0,12}(?:localhost|127\.0\.0\.1)"#,
            ("authz-callback-listener", "other-half"),
            Owner::User,
            Confidence::Likely,
            "The sign-in came back to this computer and nobody was listening there any more.",
            "The client had ended or listens on another address (127.0.0.1 against ::1), so the answer from the browser was lost.",
        )
    },
    Message {
        outweighs: true,
        ..Message::new(
            "way-back-address",
            r#"^\s*https?://(?:localhost|127\.0\.0\.1|\[::1\])(?::\d+)?/\S*[?&]code=\S*\s*$"#,
            ("authz-callback-listener", "other-half"),
            Owner::User,
            Confidence::Likely,
            "The sign-in came back to this computer, and its answer stands in the address bar.",
            "That is the last step: the browser has the answer, and the client does not. If the page does not open, the client had ended or listens elsewhere.",
        )
    },
    Message {
        outweighs: true,
        ..Message::new(
            "address-cut-short",
            r#"(?i)missing (?:required )?(?:parameters?:? ?)?["'‘“]?(?:client_id|response_type|redirect_uri)\b|(?:client_id|response_type|redirect_uri)["'’”]? (?:parameter )?is (?:missing|required)"#,
            ("browser-round-trip", "hit-truncated"),
            Owner::User,
            Confidence::Possible,
            "The sign-in page misses a part of its address.",
            "Some ways of opening a browser cut the address at its first `&`. Then everything behind it is lost.",
        )
    },
    Message {
        outweighs: true,
        ..Message::new(
            "state-mismatch",
            r#"(?i)(?:OAuth )?state (?:parameter )?(?:mismatch|does not match|validation failed)|Invalid (?:OAuth )?state\b|possible CSRF"#,
            ("authz-state", "refused"),
            Owner::User,
            Confidence::Likely,
            "The answer from the sign-in page does not belong to the attempt that the app waits for.",
            "Two sign-ins ran at once, or the page of an older attempt was used. Start again, in one tab.",
        )
    },
    Message {
        outweighs: true,
        client: Some(ClientId::McpInspector),
        ..Message::new(
            "inspector-proxy",
            r#"(?i)Error Connecting to MCP Inspector Proxy|Proxy Session Token"#,
            ("cl-inspector", "no-proxy"),
            Owner::User,
            Confidence::Likely,
            "The Inspector's page does not reach the Inspector's own helper (its proxy).",
            "The helper does not run, listens on another port, or wants the token that stands in the address which it printed at its start.",
        )
    },
];
