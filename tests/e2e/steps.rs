//! What every story does: press, break, look whether all of it can be read, take a picture.

use std::path::PathBuf;
use std::{env, fs};

use mcp_auth_practice::{Fault, Options, Practice};
use serde_json::json;

use crate::app::{App, Theme};

/// A practice server of its own, broken in this way.
pub async fn broken(fault: &str) -> Practice {
    let fault = Fault::named(fault).unwrap_or_else(|| panic!("no fault {fault}"));
    Practice::start(Options { fault: Some(fault), ..Options::default() }).await.expect("a server")
}

/// Presses the button of this name.
pub async fn press(app: &App, name: &str) {
    let button = app.find_saying("button", name).await;
    app.click(&button).await;
}

/// Checks the screen with axe, looks whether all of it can be read, and takes its picture. In light also in German, in the
/// smallest window and at twice the size, whose pictures stay beside the build.
pub async fn picture(app: &App, name: &str, theme: Theme) {
    let plain = &format!("{name}-{}", theme.name());
    accessible(app, plain).await;
    let mut offences = offences(app, plain).await;
    shoot(app, plain).await;
    // After twice the size the web view goes on laying pages out as for a narrow window: not for the README's pictures.
    if theme == Theme::Light && env::var_os("UPDATE_SCREENSHOTS").is_none() {
        for way in ["german", "small", "small-german", "twice"] {
            let (width, height) = if way.starts_with("small") { (800, 600) } else { LARGE };
            let zoom = if way == "twice" { 2 } else { 1 };
            app.resize(width, height).await;
            enlarge(app, zoom).await;
            speak(app, if way.ends_with("german") { "de" } else { "en" }).await;
            let name = &format!("{name}-{way}");
            offences.extend(self::offences(app, name).await);
            shoot_aside(app, name).await;
        }
        speak(app, "en").await;
        enlarge(app, 1).await;
        for (width, height) in [(800, 600), LARGE] {
            app.resize(width, height).await;
            let there = "return matchMedia(`(width: ${arguments[0]}px)`).matches || null";
            app.until(there, json!([width])).await.expect("the window has its size");
        }
    }
    assert!(offences.is_empty(), "{}", offences.join("\n"));
}

/// The window as it opens.
const LARGE: (u32, u32) = (1080, 720);

/// Shows everything this many times as large, as the keys for it do.
pub async fn enlarge(app: &App, times: u32) {
    let script = "const done = arguments[arguments.length - 1], times = arguments[0];\
        window.__TAURI_INTERNALS__.invoke('plugin:webview|set_webview_zoom', { value: times }).then(() => {\
        const look = () => Math.abs(innerWidth * times - outerWidth) < 4 ? done(true) : requestAnimationFrame(look); look(); },\
        error => done(String(error)))";
    let ended = app.run_async(script, json!([times])).await.expect("the text grows");
    assert_eq!(ended, json!(true));
}

/// Chooses the language.
pub async fn speak(app: &App, code: &str) {
    let script = "const select = document.querySelector('.language select'); select.value = arguments[0];\
        select.dispatchEvent(new Event('change', { bubbles: true }))";
    app.run(script, json!([code])).await;
    let spoken = "return document.documentElement.lang === arguments[0] || null";
    app.until(spoken, json!([code])).await.expect("the language changes");
}

/// The folder of the repository.
fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// Takes a picture: into the repository when it is asked for, else beside the build.
pub async fn shoot(app: &App, name: &str) {
    let folder = match env::var_os("UPDATE_SCREENSHOTS") {
        Some(_) => root().join(".github/screenshots"),
        None => root().join("target/screenshots"),
    };
    fs::create_dir_all(&folder).expect("a folder");
    fs::write(folder.join(format!("{name}.png")), app.picture().await).expect("a picture");
}

/// Takes a picture beside the build alone: of what the README has no place for.
pub async fn shoot_aside(app: &App, name: &str) {
    let folder = root().join("target/screenshots");
    fs::create_dir_all(&folder).expect("a folder");
    fs::write(folder.join(format!("{name}.png")), app.picture().await).expect("a picture");
}

/// Fails with every offence that axe finds.
pub async fn accessible(app: &App, name: &str) {
    let axe =
        fs::read_to_string(root().join("ui/node_modules/axe-core/axe.min.js")).expect("axe: `npm --prefix ui ci`");
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
    assert_eq!(offences, json!([]), "{name}");
}

/// Fails when the page scrolls sideways, a text is cut off, two texts lie on each other, or a text leaves the window.
pub async fn legible(app: &App, name: &str) {
    let offences = offences(app, name).await;
    assert!(offences.is_empty(), "{}", offences.join("\n"));
}

async fn offences(app: &App, name: &str) -> Vec<String> {
    let offences = app.run(include_str!("legible.js"), json!([])).await;
    let offences = offences.as_array().into_iter().flatten();
    offences.map(|one| format!("{name}: {}", one.as_str().unwrap_or_default())).collect()
}
