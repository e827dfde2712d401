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

/// How a story looks at the screens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Look {
    /// In light, and then in German and in the smallest window too.
    Light,
    /// In dark.
    Dark,
    /// At twice the size, from the start: once it was enlarged the web view goes on laying pages out as for a narrow window.
    Twice,
}

impl Look {
    /// How the desktop is set.
    pub fn theme(self) -> Theme {
        if self == Self::Dark { Theme::Dark } else { Theme::Light }
    }

    /// Opens the app in a home with these files, to be looked at in this way.
    pub async fn open(self, files: &[(&str, &str)]) -> App {
        let app = App::open_with(self.theme(), files).await;
        if self == Self::Twice {
            app.reads("Practice").await;
            enlarge(&app, 2).await;
        }
        app
    }
}

/// Checks the screen with axe, looks whether all of it can be read, and takes its picture. Those in German, in the smallest
/// window and at twice the size stay beside the build.
pub async fn picture(app: &App, name: &str, look: Look) {
    let plain = &match look {
        Look::Twice => format!("{name}-twice"),
        look => format!("{name}-{}", look.theme().name()),
    };
    accessible(app, plain).await;
    let mut offences = offences(app, plain).await;
    if look == Look::Twice {
        shoot_aside(app, plain).await;
    } else {
        shoot(app, plain).await;
    }
    if look == Look::Light {
        for way in ["german", "small", "small-german"] {
            let (width, height) = if way.starts_with("small") { (800, 600) } else { LARGE };
            app.resize(width, height).await;
            speak(app, if way.ends_with("german") { "de" } else { "en" }).await;
            let name = &format!("{name}-{way}");
            offences.extend(self::offences(app, name).await);
            shoot_aside(app, name).await;
        }
        speak(app, "en").await;
        app.resize(LARGE.0, LARGE.1).await;
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
