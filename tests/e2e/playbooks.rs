//! Each of the mission's seven categories, walked by somebody who sees the app for the first time: from the first screen to
//! the verdict, to the fix, to *It is fixed*, in the real window.

use mcp_auth_practice::Fault;
use serde_json::json;

use crate::app::{App, Theme};
use crate::steps::{broken, legible, press, shoot_aside};

/// Faults of every category that the practice server has: some need a look alone, some a token, some a registration, some a
/// sign-in.
const FAULTS: [&str; 15] = [
    // connection
    "resource-other-path",
    "issuer-other",
    "sign-in-unavailable",
    // redirect_uri
    "registration-off",
    "redirect-refused-at-token",
    "registration-locked",
    // CORS
    "preflight-locked",
    "no-cors",
    // token
    "token-for-another-server",
    "server-wants-slash",
    "code-refused",
    // scope
    "scope-missing",
    "scope-never-granted",
    "scope-lacking-without-challenge",
    // the way back
    "state-changed",
];

#[tokio::test]
async fn every_category_is_walked_from_the_first_screen_to_the_fix_and_back_to_green() {
    let app = App::open().await;
    for name in FAULTS {
        let fault = Fault::named(name).unwrap_or_else(|| panic!("no fault {name}"));
        // Three clicks: to practise, the kind of fault, the fault. No question.
        press(&app, "Practice").await;
        open_group(&app, fault).await;
        press(&app, fault.words).await;
        let verdict = app.until(SAYS, json!([])).await.unwrap_or_else(|_| panic!("{name}: no verdict"));
        assert!(verdict["title"].as_str().is_some_and(|title| title.len() > 15), "{name}: {verdict}");
        // Who fixes it, and what to do, stand on the screen without unfolding anything.
        assert!(verdict["who"].as_str().is_some_and(|who| who.ends_with('.')), "{name}: {verdict}");
        assert!(verdict["steps"].as_u64() >= Some(1), "{name}: {verdict}");
        legible(&app, name).await;
        shoot_aside(&app, &format!("playbook-{name}")).await;
        press(&app, "Repair the practice server").await;
        app.reads("is repaired").await;
        press(&app, "Check again").await;
        app.reads("It is fixed.").await;
        if name == FAULTS[0] || name == "code-refused" {
            shoot_aside(&app, &format!("playbook-{name}-fixed")).await;
        }
    }
    app.close().await;
}

/// What the verdict on the screen says.
const SAYS: &str = "const card = document.querySelector('.verdict.headline');\
    return card && { title: card.querySelector('h2').innerText, who: card.querySelector('.who').innerText.trim(),\
    steps: card.querySelectorAll('.todo > .steps > li').length }";

/// Unfolds the kind of faults that this one belongs to.
async fn open_group(app: &App, fault: &Fault) {
    let kind = "const one = [...document.querySelectorAll('main details')].find(one => one.textContent.includes(arguments[0]));\
        return one?.querySelector('summary') ?? null";
    let kind = app.find_by(kind, json!([fault.words])).await;
    app.click(&kind).await;
}

/// The faults that live on this computer: nothing is wrong with the server, the client cannot use it.
#[tokio::test]
async fn what_only_one_client_cannot_do_is_told_from_its_settings() {
    // Claude's connectors sign in from the cloud, and mcp-remote beside them signs in as well.
    let healthy = mcp_auth_practice::Practice::start(mcp_auth_practice::Options::default()).await.expect("a server");
    let url = healthy.mcp_url().to_string();
    let desktop = json!({"mcpServers": {"todo": {"url": url}}}).to_string();
    let app = App::open_with(Theme::Light, &[(".config/Claude/claude_desktop_config.json", &desktop)]).await;
    app.reads("todo").await;
    shoot_aside(&app, "playbook-client-home").await;
    press(&app, "It works in another client").await;
    let ended = "return document.querySelector('.answer:not(.running) h2')?.innerText ?? null";
    app.until(ended, json!([])).await.expect("an answer");
    shoot_aside(&app, "playbook-client").await;
    app.close().await;
}

/// A browser that never opens is found by a test that opens one.
#[tokio::test]
async fn a_browser_that_never_opens_is_found_by_opening_one() {
    let practice = broken("resource-other-path").await;
    let config = json!({"mcpServers": {"todo": {"url": practice.mcp_url().to_string()}}}).to_string();
    let app = App::open_with(Theme::Light, &[(".cursor/mcp.json", &config)]).await;
    app.reads("todo").await;
    press(&app, "The browser never opens").await;
    press(&app, "Test the browser").await;
    let ended = "return document.querySelector('.verdict.headline h2, main h2[tabindex]')?.innerText ?? null";
    app.until(ended, json!([])).await.expect("an answer");
    shoot_aside(&app, "playbook-browser").await;
    app.close().await;
}
