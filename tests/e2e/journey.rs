//! The journey as a person walks it: a verdict read from the screen, the fault removed, *Check again* turns green; with the
//! pointer, with the keyboard alone, in light and in dark, with pictures of every screen.

use std::path::PathBuf;
use std::{env, fs};

use mcp_auth_practice::{Fault, Options, Practice};
use serde_json::json;

use crate::app::{App, Theme};

/// Tab, Enter and Space in WebDriver's table (section 17.4.2).
const TAB: char = '\u{e004}';
const ENTER: char = '\u{e007}';

/// What the fault of the first practice run reads like.
const VERDICT: &str = "belong to another path of the same server";

#[tokio::test]
async fn a_newcomer_reaches_a_verdict_through_practice_in_three_clicks() {
    let app = App::open().await;
    press(&app, "Practise on one").await;
    press(&app, "Begin with this one").await;
    app.reads(VERDICT).await;
    press(&app, "Repair the practice server").await;
    app.reads("is repaired").await;
    press(&app, "Check again").await;
    app.reads("It is fixed.").await;
    app.close().await;
}

#[tokio::test]
async fn a_server_in_a_clients_config_gets_its_verdict_in_two_clicks() {
    let practice = broken("resource-other-path").await;
    let config = json!({"mcpServers": {"todo": {"url": practice.mcp_url().to_string()}}}).to_string();
    let app = App::open_with(Theme::Light, &[(".cursor/mcp.json", &config)]).await;
    app.reads("todo").await;
    let choice = app.find_beginning("button", "It does not connect").await;
    app.click(&choice).await;
    app.reads(VERDICT).await;
    practice.set_fault(None).await;
    press(&app, "Check again").await;
    app.reads("It is fixed.").await;
    app.close().await;
}

#[tokio::test]
async fn the_keyboard_alone_walks_the_whole_journey() {
    let app = App::open().await;
    for name in ["Practise on one", "Begin with this one"] {
        reach(&app, name).await;
        app.press(ENTER).await;
    }
    app.reads(VERDICT).await;
    reach(&app, "Repair the practice server").await;
    app.press(ENTER).await;
    app.reads("is repaired").await;
    reach(&app, "Check again").await;
    app.press(ENTER).await;
    app.reads("It is fixed.").await;
    app.close().await;
}

#[tokio::test]
async fn every_screen_is_free_of_offences_in_light_and_dark_and_has_its_picture() {
    let practice = broken("resource-other-path").await;
    let url = practice.mcp_url().to_string();
    let cursor = json!({"mcpServers": {"todo": {"url": url}}}).to_string();
    let desktop = json!({"mcpServers": {"notes": {"command": "npx", "args": ["-y", "mcp-remote@0.1.38", "https://notes.example/mcp"]}}});
    let files = [
        (".cursor/mcp.json", cursor.as_str()),
        (".config/Claude/claude_desktop_config.json", &desktop.to_string()),
        (".claude.json", "{\"mcpServers\": {\"half\": "),
    ];
    for theme in [Theme::Light, Theme::Dark] {
        let app = App::open_with(theme, &files).await;
        app.reads("todo").await;
        picture(&app, "home", theme).await;
        for (nav, heading, name) in [
            ("This computer", "Cursor", "computer"),
            ("Guides", "Guides", "guides"),
            ("Browser", "Browser", "browser"),
            ("History", "History", "history"),
            ("Practice", "Practice", "practice"),
        ] {
            press(&app, nav).await;
            app.reads(heading).await;
            picture(&app, name, theme).await;
        }
        press(&app, "Begin with this one").await;
        app.reads(VERDICT).await;
        picture(&app, "verdict", theme).await;
        app.close().await;
    }
}

async fn broken(fault: &str) -> Practice {
    let fault = Fault::named(fault).unwrap_or_else(|| panic!("no fault {fault}"));
    Practice::start(Options { fault: Some(fault), ..Options::default() }).await.expect("a server")
}

async fn press(app: &App, name: &str) {
    let button = app.find("button", name).await;
    app.click(&button).await;
}

/// Goes on with Tab until this has the focus.
async fn reach(app: &App, name: &str) {
    app.find("button", name).await;
    const MOST: usize = 300;
    for _ in 0..MOST {
        if app.focused().await.name == name {
            return;
        }
        app.press(TAB).await;
    }
    panic!("the keyboard never reached {name:?}");
}

/// Checks the screen with axe and takes its picture.
async fn picture(app: &App, name: &str, theme: Theme) {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("..");
    let axe = fs::read_to_string(root.join("ui/node_modules/axe-core/axe.min.js")).expect("axe: `npm --prefix ui ci`");
    app.run(&axe, json!([])).await;
    let offences = app
        .run_async(
            "const done = arguments[arguments.length - 1];\
             axe.run().then(({ violations }) => done(violations.map(one =>\
             one.id + ': ' + one.nodes.map(node => node.html + ' ' + node.failureSummary).join(' | '))), error => done([String(error)]))",
            json!([]),
        )
        .await
        .expect("axe ends");
    assert_eq!(offences, json!([]), "{name} in {}", theme.name());

    let folder = match env::var_os("UPDATE_SCREENSHOTS") {
        Some(_) => root.join(".github/screenshots"),
        None => root.join("target/screenshots"),
    };
    fs::create_dir_all(&folder).expect("a folder");
    fs::write(folder.join(format!("{name}-{}.png", theme.name())), app.picture().await).expect("a picture");
}
