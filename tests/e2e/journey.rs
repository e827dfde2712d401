//! The journey as a person walks it: a verdict read from the screen, the fault removed, *Check again* turns green; with the
//! pointer and with the keyboard alone.

use serde_json::json;

use crate::app::{App, Theme};
use crate::steps::{Look, broken, picture, press};

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
    assert!(app.focused().await.name.contains(VERDICT), "the verdict has the focus");
    reach(&app, "Repair the practice server").await;
    app.press(ENTER).await;
    app.reads("is repaired").await;
    reach(&app, "Check again").await;
    app.press(ENTER).await;
    app.reads("It is fixed.").await;
    reach(&app, "Before you go: the closing checklist").await;
    app.press(ENTER).await;
    app.reads("Five habits").await;
    reach(&app, "Back").await;
    app.press(ENTER).await;
    app.reads("It is fixed.").await;
    app.close().await;
}

/// What a screen reader says of each screen: every control has a name, every screen a heading that has the focus, and the
/// parts come in the order in which they are needed.
#[tokio::test]
async fn a_screen_reader_can_tell_the_whole_journey() {
    let app = App::open().await;
    app.reads("No MCP server was found").await;
    told(
        &app,
        &[
            "link Skip to the content",
            "button MCP Auth Troubleshooter",
            "button This computer",
            "button Practice",
            "button Language",
            "heading What does not sign you in?",
            "textbox Paste a server address or an error message",
            "button Use this",
            "button Practise on one",
            "heading At what stage does it fail?",
            "button It does not connect",
            "button Not sure",
        ],
    )
    .await;
    press(&app, "Practise on one").await;
    app.reads("Find a fault").await;
    assert_eq!(app.focused().await.name, "Practice");
    told(
        &app,
        &[
            "heading Practice",
            "heading The first run, in a minute",
            "button Begin with this one",
            "searchbox Find a fault",
        ],
    )
    .await;
    press(&app, "Begin with this one").await;
    app.reads(VERDICT).await;
    assert!(app.focused().await.name.contains(VERDICT), "the verdict has the focus");
    told(
        &app,
        &[
            "list The way from this computer to the tools",
            "heading The sign-in details belong to another path of the same server.",
            "heading What to do",
            "button Open the guide for this",
            "button Make a report",
            "button Repair the practice server",
            "button Check again",
            "button Copy what to send them",
        ],
    )
    .await;
    // The map is read with a word for each state, not by its colours.
    let map = app.run("return document.querySelector('.map').innerText.replace(/\\s+/g, ' ')", json!([])).await;
    assert!(map.as_str().is_some_and(|map| map.contains("MCP server broken here")), "{map}");
    press(&app, "Repair the practice server").await;
    app.reads("is repaired").await;
    press(&app, "Check again").await;
    app.reads("It is fixed.").await;
    assert_eq!(app.focused().await.name, "It is fixed.");
    told(&app, &["heading It is fixed.", "button Before you go: the closing checklist"]).await;
    app.close().await;
}

#[tokio::test]
async fn a_server_under_watch_turns_green_by_itself_when_it_is_repaired() {
    let practice = broken("resource-other-path").await;
    let config = json!({"mcpServers": {"todo": {"url": practice.mcp_url().to_string()}}}).to_string();
    let app = App::open_with(Theme::Light, &[(".cursor/mcp.json", &config)]).await;
    app.reads("todo").await;
    press(&app, "Not sure").await;
    app.reads(VERDICT).await;
    let switch = app.find_saying("label", "Keep watching").await;
    app.click(&switch).await;
    app.reads("Last looked at").await;
    // Somebody who waits looks at something else meanwhile.
    press(&app, "Guides").await;
    app.reads("Watching todo").await;
    picture(&app, "watching", Look::Light).await;
    practice.set_fault(None).await;
    app.reads("What was broken at todo is fixed.").await;
    press(&app, "Show it").await;
    app.reads("It is fixed.").await;
    app.close().await;
}

/// While results stream, what is there already stays where it is.
#[tokio::test]
async fn nothing_moves_while_the_results_stream() {
    let practice = broken("resource-other-path").await;
    let config = json!({"mcpServers": {"todo": {"url": practice.mcp_url().to_string()}}}).to_string();
    let app = App::open_with(Theme::Light, &[(".cursor/mcp.json", &config)]).await;
    app.reads("todo").await;
    let watch = "const places = (window.places = {});\
        const look = () => { for (const part of ['h1', '.map', '.map li:nth-child(3)', '.map li:nth-child(8)', '.answer', '.dock']) {\
        const one = document.querySelector('main:has(.map) ' + part); if (!one) continue;\
        const box = one.getBoundingClientRect(); (places[part] ??= []).push(Math.round(box.left) + '/' + Math.round(box.top)); }\
        requestAnimationFrame(look); }; requestAnimationFrame(look)";
    app.run(watch, json!([])).await;
    press(&app, "Not sure").await;
    app.reads(VERDICT).await;
    app.picture().await;
    let places = app
        .run("return Object.entries(window.places).map(([part, all]) => [part, [...new Set(all)]])", json!([]))
        .await;
    let places = places.as_array().expect("a list");
    assert!(places.len() >= 6, "{places:?}");
    for part in places {
        assert_eq!(part[1].as_array().map(Vec::len), Some(1), "it moved: {part}");
    }
    app.close().await;
}

/// In the smallest window: the bar and the dock stay where they are, and what lies between them does not move under the person
/// who goes through the dock with the keyboard.
#[tokio::test]
async fn nothing_moves_while_the_keyboard_goes_through_the_dock() {
    let practice = broken("resource-other-path").await;
    let config = json!({"mcpServers": {"todo": {"url": practice.mcp_url().to_string()}}}).to_string();
    let app = App::open_with(Theme::Light, &[(".cursor/mcp.json", &config)]).await;
    app.resize(800, 600).await;
    app.reads("todo").await;
    press(&app, "Not sure").await;
    app.reads(VERDICT).await;
    reach(&app, "Copy what to send them").await;
    let places = "return ['.bar', 'h1', '.verdict h2', '.dock'].map(one => Math.round(document.querySelector(one).getBoundingClientRect().top))";
    let before = app.run(places, json!([])).await;
    assert_eq!(before[0], 0, "the bar is there: {before}");
    for name in ["Check again", "Keep watching"] {
        app.press(TAB).await;
        assert!(app.focused().await.name.starts_with(name), "{:?}", app.focused().await);
        app.picture().await;
        assert_eq!(app.run(places, json!([])).await, before, "{name}");
    }
    press(&app, "This computer").await;
    app.reads("Only looked at").await;
    app.close().await;
}

/// What can be put right and what can be brought back come together with the list, so that nothing in it moves afterwards.
#[tokio::test]
async fn nothing_moves_on_this_computer_once_it_is_there() {
    let cursor = json!({"mcpServers": {"todo": {"url": "https://mcp.example.com/mcp"}}}).to_string();
    let desktop = json!({"mcpServers": {"notes": {"url": "https://mcp.example.com/mcp"}}}).to_string();
    let files = [
        (".cursor/mcp.json", cursor.as_str()),
        (".config/Claude/claude_desktop_config.json", desktop.as_str()),
        (".claude.json", "{\"mcpServers\": {\"half\": "),
    ];
    let app = App::open_with(Theme::Light, &files).await;
    app.reads("todo").await;
    let watch = "const places = (window.places = {});\
        const look = () => { for (const one of document.querySelectorAll('main .client > header, main .server > summary, main .mend')) {\
        const box = one.getBoundingClientRect(); const name = one.innerText.replace(/\\s+/g, ' ').trim();\
        (places[name] ??= []).push(Math.round(box.left) + '/' + Math.round(box.top + scrollY)); }\
        requestAnimationFrame(look); }; requestAnimationFrame(look)";
    app.run(watch, json!([])).await;
    for place in ["This computer", "Practice", "This computer"] {
        press(&app, place).await;
        app.reads(if place == "Practice" { "Find a fault" } else { "Put it right" }).await;
        app.picture().await;
    }
    let moved = "return Object.entries(window.places).map(([name, all]) => [name, [...new Set(all)]])";
    let places = app.run(moved, json!([])).await;
    let places = places.as_array().expect("a list");
    assert!(places.len() >= 6, "{places:?}");
    for part in places {
        assert_eq!(part[1].as_array().map(Vec::len), Some(1), "it moved: {part}");
    }
    app.close().await;
}

/// Whether a screen reader meets these, in this order, and nothing without a name.
async fn told(app: &App, wanted: &[&str]) {
    let things = app.things().await;
    let said: Vec<String> = things.iter().map(|thing| format!("{} {}", thing.role, thing.name)).collect();
    let nameless = ["button", "link", "textbox", "searchbox", "combobox", "checkbox", "switch", "radio", "heading"];
    let nameless: Vec<_> =
        things.iter().filter(|thing| nameless.contains(&thing.role.as_str()) && thing.name.trim().is_empty()).collect();
    assert!(nameless.is_empty(), "without a name: {nameless:?}");
    let mut rest = said.iter();
    for one in wanted {
        assert!(rest.any(|line| line.starts_with(one)), "no \"{one}\" in its place; there is:\n{}", said.join("\n"));
    }
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
