//! The journey as a person walks it: a verdict read from the screen, the fault removed, *Check again* turns green; with the
//! pointer and with the keyboard alone.

use serde_json::json;

use crate::app::{App, Theme};
use crate::steps::{broken, press};

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
