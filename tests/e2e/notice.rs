//! The message that the system shows when a watched server is well again, taken by a desktop of its own on a bus of its own.

use std::collections::HashMap;
use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use mcp_auth_practice::Fault;
use serde_json::json;
use tokio::sync::mpsc;
use tokio::time::timeout;
use zbus::{OwnedVariant, connection};

use crate::app::App;
use crate::steps::{broken, press};

/// What must never be on a lock screen.
const SECRET: &str = "sk_CANARY_4711";

#[tokio::test]
async fn the_system_says_it_when_a_watched_server_is_well_again() {
    let bus = Bus::start();
    let (shown, mut messages) = mpsc::unbounded_channel();
    let desk = connection::Builder::address(bus.address.as_str())
        .name("org.freedesktop.Notifications")
        .serve_at("/org/freedesktop/Notifications", Desk(shown))
        .build()
        .await
        .expect("a desktop");

    let practice = broken("resource-other-path").await;
    let url = format!("{}?api_key={SECRET}", practice.mcp_url());
    let config = json!({"mcpServers": {"todo": {"url": url, "headers": {"x-key": SECRET}}}}).to_string();
    let app = bus.open_app(&config).await;
    app.reads("todo").await;
    press(&app, "Not sure").await;
    app.reads("belong to another path of the same server").await;
    let switch = app.find_saying("label", "Keep watching").await;
    app.click(&switch).await;
    // It has looked, and the fault was still there: nothing to tell.
    app.reads("Last looked at").await;
    let before = app.run("return document.querySelector('.watch .small').innerText", json!([])).await;
    let again = "return document.querySelector('.watch .small').innerText !== arguments[0] || null";
    app.until(again, json!([before])).await.expect("it looks again");
    assert!(messages.try_recv().is_err(), "a message although nothing has changed");

    practice.set_fault(None).await;
    app.reads("It is fixed.").await;
    let (title, body) = timeout(Duration::from_secs(20), messages.recv()).await.expect("a message").expect("a desktop");
    assert_eq!(title, "It is fixed");
    assert_eq!(body, "What was broken at todo is gone. A check of everything found no other fault.");
    assert!(!body.contains(SECRET) && !body.contains("http"), "{body}");
    assert!(messages.try_recv().is_err(), "one message is enough");
    app.close().await;
    drop(desk);
}

/// Where the desktop takes messages and shows none, the window still turns green.
#[tokio::test]
async fn a_system_that_shows_no_messages_keeps_nothing_from_turning_green() {
    let bus = Bus::start();
    let practice = broken("resource-other-path").await;
    let config = json!({"mcpServers": {"todo": {"url": practice.mcp_url().to_string()}}}).to_string();
    let app = bus.open_app(&config).await;
    app.reads("todo").await;
    press(&app, "Not sure").await;
    app.reads("belong to another path of the same server").await;
    let switch = app.find_saying("label", "Keep watching").await;
    app.click(&switch).await;
    practice.set_fault(Fault::named("as-missing")).await;
    // One fault gives way to another one: that is told, and is no reason to claim anything.
    app.reads("The fault from before is gone").await;
    practice.set_fault(None).await;
    app.reads("It is fixed.").await;
    app.close().await;
}

/// The part of a desktop that shows messages, as the Desktop Notifications Specification asks for it.
struct Desk(mpsc::UnboundedSender<(String, String)>);

#[zbus::interface(name = "org.freedesktop.Notifications")]
impl Desk {
    #[allow(clippy::too_many_arguments, reason = "the specification's own")]
    fn notify(
        &self,
        _app_name: String,
        _replaces: u32,
        _icon: String,
        summary: String,
        body: String,
        _actions: Vec<String>,
        _hints: HashMap<String, OwnedVariant>,
        _expires: i32,
    ) -> u32 {
        // The story may be over.
        let _ = self.0.send((summary, body));
        1
    }

    fn close_notification(&self, _id: u32) {}

    fn get_capabilities(&self) -> Vec<String> {
        vec!["body".to_owned()]
    }

    fn get_server_information(&self) -> (String, String, String, String) {
        let text = |text: &str| text.to_owned();
        (text("a desktop"), text("nobody"), text("1"), text("1.2"))
    }
}

/// A bus that nobody else is on.
struct Bus {
    address: String,
    process: Child,
}

impl Bus {
    fn start() -> Self {
        let mut process = Command::new("dbus-daemon")
            .args(["--session", "--nofork", "--nopidfile", "--print-address=1"])
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("dbus-daemon: `cargo xtask test e2e` brings it");
        let mut address = String::new();
        let said = process.stdout.take().expect("it says where it is");
        BufReader::new(said).read_line(&mut address).expect("it says where it is");
        Self { address: address.trim().to_owned(), process }
    }

    /// The app on this bus, in a home where Cursor has this config.
    async fn open_app(&self, config: &str) -> App {
        let on_this_bus = |command: &mut Command| {
            command.env("DBUS_SESSION_BUS_ADDRESS", &self.address);
        };
        App::open_on(&[(".cursor/mcp.json", config)], on_this_bus).await
    }
}

impl Drop for Bus {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
