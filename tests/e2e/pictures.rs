//! Every screen in every state that has a picture: in light and dark, in both languages, in the smallest window, at twice the
//! size, with what is long, written from right to left, broken or missing.

use mcp_auth_diagnosis::computer::mcp_remote::{self, Named, Version};
use mcp_auth_practice::{Options, Practice};
use serde_json::json;
use tokio::net::TcpListener;

use crate::app::{App, Theme};
use crate::steps::{Look, broken, picture, press};

/// Follows the links that a sign-in page consists of, as a browser does.
const BROWSER: &str = "#!/bin/sh\nexec curl --silent --location --max-time 20 --output /dev/null \"$1\"\n";

#[tokio::test]
async fn every_screen_can_be_read_in_light() {
    walk_all_screens(Look::Light).await;
}

#[tokio::test]
async fn every_screen_can_be_read_in_dark() {
    walk_all_screens(Look::Dark).await;
}

#[tokio::test]
async fn every_screen_can_be_read_at_twice_the_size() {
    walk_all_screens(Look::Twice).await;
}

async fn walk_all_screens(look: Look) {
    let practice = broken("resource-other-path").await;
    let healthy = Practice::start(Options::default()).await.expect("a server");
    let (url, fine) = (practice.mcp_url().to_string(), healthy.mcp_url().to_string());
    let cursor = json!({"mcpServers": {"todo": {"url": url}, "calendar": {"url": fine}}}).to_string();
    let through = json!({"mcpServers": {"notes": {"command": "npx", "args": ["-y", "mcp-remote@0.1.29", fine]}}});
    let hash = mcp_remote::hash(&Named { url: fine.clone(), ..Named::default() }, Version(0, 1, 29));
    let stored = |what: &str| format!(".mcp-auth/mcp-remote-0.1.29/{hash}_{what}");
    let registration = json!({"client_id": "app-1", "redirect_uris": ["http://localhost:3334/oauth/callback"]});
    let tokens = json!({"access_token": "pass", "token_type": "bearer", "expires_in": 3600});
    let files = [
        (".cursor/mcp.json", cursor.as_str()),
        (".config/Claude/claude_desktop_config.json", &through.to_string()),
        (".claude.json", "{\"mcpServers\": {\"half\": "),
        (&stored("client_info.json"), &registration.to_string()),
        (&stored("tokens.json"), &tokens.to_string()),
        ("bin/xdg-open", BROWSER),
    ];
    let app = look.open(&files).await;
    app.reads("todo").await;
    picture(&app, "home", look).await;

    // A check that runs: this server takes its time.
    let silent = TcpListener::bind(("127.0.0.1", 0)).await.expect("a port");
    let slow = format!("http://{}/mcp", silent.local_addr().expect("an address"));
    paste(&app, &slow).await;
    press(&app, "Not sure").await;
    app.find_saying("button", "Stop").await;
    picture(&app, "checking", look).await;
    press(&app, "Stop").await;
    app.reads("You stopped the check.").await;
    picture(&app, "stopped", look).await;
    drop(silent);

    // The verdict, folded and unfolded.
    press(&app, "MCP Auth Troubleshooter").await;
    choose(&app, "todo").await;
    press(&app, "It does not connect").await;
    app.reads("belong to another path of the same server").await;
    picture(&app, "verdict", look).await;
    unfold(&app).await;
    picture(&app, "verdict-unfolded", look).await;
    press(&app, "Make a report").await;
    app.reads("Exactly this text").await;
    app.until("return document.querySelector('main pre')?.innerText.length > 200 || null", json!([]))
        .await
        .expect("it");
    picture(&app, "report", look).await;

    for (nav, heading, name) in
        [("Guides", "One question at a time", "guides"), ("History", "What was checked", "history")]
    {
        press(&app, nav).await;
        app.reads(heading).await;
        picture(&app, name, look).await;
    }
    press(&app, "Guides").await;
    press(&app, "2").await;
    app.reads("Step 1").await;
    picture(&app, "guide", look).await;
    press(&app, "It works now").await;
    app.reads("Five habits").await;
    picture(&app, "closing", look).await;

    press(&app, "This computer").await;
    // What can be put right comes a moment later, and makes room for itself.
    app.reads("Put it right").await;
    press(&app, "About Cursor").await;
    app.reads("How it signs in").await;
    picture(&app, "client", look).await;

    // What is stored, moved away and brought back.
    press(&app, "This computer").await;
    app.reads("Only looked at").await;
    picture(&app, "computer", look).await;
    unfold(&app).await;
    picture(&app, "computer-unfolded", look).await;
    let forget = app.find_saying("main button", "Forget it … Sign-in and registration").await;
    app.click(&forget).await;
    app.reads("Exactly this, and nothing else").await;
    picture(&app, "forget", look).await;
    let go = app.find_saying("dialog button", "Move ").await;
    app.click(&go).await;
    app.reads("it was looked at again to make sure").await;
    picture(&app, "receipt", look).await;
    press(&app, "Undo").await;
    app.reads("back.").await;
    picture(&app, "undone", look).await;

    // Several servers.
    press(&app, "MCP Auth Troubleshooter").await;
    press(&app, "Check all servers").await;
    press(&app, "Check all again").await;
    app.reads("2 of 2 servers checked").await;
    picture(&app, "many", look).await;

    press(&app, "Browser").await;
    app.reads("Only a page that arrives").await;
    picture(&app, "browser", look).await;
    // The page of the test goes out and comes back.
    press(&app, "Test the browser").await;
    // What fetches it here names no browser, so that nobody can say whether one opened.
    app.reads("It cannot be told yet whether your browser opens.").await;
    app.find_saying("button", "Test again").await;
    picture(&app, "browser-tested", look).await;
    app.close().await;
}

/// A healthy server, and a sign-in to it from the plan to the taking back.
#[tokio::test]
async fn a_sign_in_can_be_read_from_the_plan_to_its_end() {
    for look in [Look::Dark, Look::Light, Look::Twice] {
        sign_in(look).await;
    }
}

async fn sign_in(look: Look) {
    let app = look.open(&[("bin/xdg-open", BROWSER)]).await;
    // A healthy server, and signing in to it.
    press(&app, "Practice").await;
    app.reads("The first run").await;
    picture(&app, "practice", look).await;
    press(&app, "A server without a fault").await;
    app.reads("Everything that can be seen without signing in is fine.").await;
    picture(&app, "healthy", look).await;
    press(&app, "Try signing in").await;
    app.find_saying("button", "Open 127.0.0.1").await;
    picture(&app, "sign-in", look).await;
    unfold(&app).await;
    picture(&app, "sign-in-unfolded", look).await;
    press(&app, "Open 127.0.0.1").await;
    app.reads("The sign-in works.").await;
    picture(&app, "sign-in-done", look).await;
    press(&app, "End the sign-in").await;
    app.reads("It was taken back.").await;
    app.close().await;
}

/// What servers, clients and people may write: long, from right to left, with markup in it, and broken.
#[tokio::test]
async fn what_is_long_foreign_or_broken_can_be_read_as_well() {
    let practice = broken("resource-other-path").await;
    let long = format!("{}?{}", practice.mcp_url(), "tenant=a-very-long-name-of-a-tenant&".repeat(12));
    let unbroken = format!("https://{}.example/{}", "subdomain".repeat(7), "x".repeat(300));
    let names = json!({"mcpServers": {
        "the-server-of-the-team-that-looks-after-the-things-to-do-in-the-north-western-region": {"url": long},
        "Pneumonoultramicroscopicsilicovolcanoconiosis".repeat(3): {"url": unbroken},
        "خادم المهام של המשימות": {"url": "https://مثال.إختبار/مهام/mcp"},
        "<b>bold</b> & <script>alert(1)</script>": {"url": "https://mcp.example.com/<script>"},
    }});
    let files = [
        (".cursor/mcp.json", names.to_string()),
        (".claude.json", "{\"mcpServers\": {\"half\": ".to_owned()),
        (".config/Claude/claude_desktop_config.json", "\u{feff}{\"mcpServers\": [1, 2]}".to_owned()),
        (
            ".config/Code/User/mcp.json",
            "// nothing\n{\"servers\": {\"a\": {\"type\": \"htp\", \"url\": 5},},}".to_owned(),
        ),
    ];
    let files: Vec<(&str, &str)> = files.iter().map(|(name, text)| (*name, text.as_str())).collect();
    for look in [Look::Light, Look::Twice] {
        walk_what_is_foreign(look, &files).await;
    }
}

async fn walk_what_is_foreign(look: Look, files: &[(&str, &str)]) {
    let app = look.open(files).await;
    app.reads("In the settings of").await;
    picture(&app, "foreign-home", look).await;
    choose(&app, "the-server-of-the-team").await;
    press(&app, "Not sure").await;
    app.reads("belong to another path of the same server").await;
    picture(&app, "foreign-verdict", look).await;
    unfold(&app).await;
    picture(&app, "foreign-unfolded", look).await;
    press(&app, "This computer").await;
    app.reads("Only looked at").await;
    unfold(&app).await;
    picture(&app, "foreign-computer", look).await;
    press(&app, "History").await;
    app.reads("What was checked").await;
    picture(&app, "foreign-history", look).await;
    app.close().await;
}

#[tokio::test]
async fn a_computer_with_nothing_on_it_still_has_a_next_step() {
    for look in [Look::Light, Look::Dark, Look::Twice] {
        walk_what_is_empty(look).await;
    }
}

async fn walk_what_is_empty(look: Look) {
    let app = look.open(&[]).await;
    app.reads("No MCP server was found").await;
    picture(&app, "empty-home", look).await;
    press(&app, "This computer").await;
    app.reads("Only looked at").await;
    picture(&app, "empty-computer", look).await;
    press(&app, "History").await;
    app.reads("Nothing yet").await;
    picture(&app, "empty-history", look).await;
    app.close().await;
}

/// A hundred servers fill in, each in the place that it has from the start, in about the time of the slowest.
#[tokio::test]
async fn a_hundred_servers_fill_in_where_they_stand() {
    let practice = broken("resource-other-path").await;
    let mut url = practice.mcp_url();
    let servers: serde_json::Map<_, _> = (0..100)
        .map(|at| {
            url.set_query(Some(&format!("n={at}")));
            (format!("server-{at:03}"), json!({"url": url.to_string()}))
        })
        .collect();
    let config = json!({ "mcpServers": servers }).to_string();
    let app = App::open_with(Theme::Light, &[(".cursor/mcp.json", &config)]).await;
    app.reads("100 servers").await;
    press(&app, "Check all servers").await;
    app.find_saying("h1", "All servers of this computer").await;
    let places = "return [...document.querySelectorAll('main li')].map(one => Math.round(one.offsetTop))";
    let before = app.run(places, json!([])).await;
    assert_eq!(before.as_array().map(Vec::len), Some(100));
    app.reads("100 of 100 servers checked").await;
    picture(&app, "hundred", Look::Light).await;
    assert_eq!(app.run(places, json!([])).await, before, "nothing has moved");
    app.close().await;
}

async fn paste(app: &App, text: &str) {
    let field = app.find_saying("textarea", "").await;
    app.clear(&field).await;
    app.type_into(&field, text).await;
    press(app, "Use this").await;
    app.until("return document.querySelector('main .servers input:checked')", json!([]))
        .await
        .expect("it is understood");
}

/// Chooses a server of the list.
async fn choose(app: &App, name: &str) {
    let row = app.find_saying("main label.row", name).await;
    app.click(&row).await;
}

/// Unfolds everything that can be unfolded.
async fn unfold(app: &App) {
    app.run("document.querySelectorAll('main details').forEach(one => { one.open = true })", json!([])).await;
}
