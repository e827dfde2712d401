//! A client for the W3C's WebDriver, as much of it as the stories need.
//!
//! It finds things the way people do who cannot see them: by role and name. It waits for the page to change, never for
//! time to pass.

use std::fmt::Write as _;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use reqwest::{Client, Method};
use serde_json::{Value, json};

/// How long the page may take until something is there, in milliseconds. Only a failing story waits that long.
const PATIENCE_MS: u32 = 30_000;

/// The key under which an element travels (WebDriver section 12).
const ELEMENT: &str = "element-6066-11e4-a52e-4f735466cecf";

/// What a person can press, fill in or read as a landmark.
const HAS_A_ROLE: &str = "a[href], button, input, textarea, select, summary, h1, h2, h3, [role], [tabindex]";

/// One window under control.
pub struct Driver {
    http: Client,
    session: String,
}

/// Something on the page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Element(String);

impl Driver {
    /// Starts the program in a session of its own.
    pub async fn open(address: &str, program: &str) -> Self {
        let http = Client::builder().no_proxy().build().expect("an HTTP client");
        let wanted = json!({ "capabilities": { "alwaysMatch": { "webkitgtk:browserOptions": { "binary": program, "args": [] } } } });
        let begun = exchange(&http, Method::POST, &format!("{address}/session"), Some(wanted)).await;
        let begun = begun.unwrap_or_else(|error| panic!("the window did not open: {error}"));
        let id = begun["sessionId"].as_str().expect("a session has an id");
        let driver = Self { http, session: format!("{address}/session/{id}") };
        driver.post("timeouts", json!({ "script": PATIENCE_MS, "pageLoad": PATIENCE_MS, "implicit": 0 })).await;
        driver
    }

    /// Ends the session, and with it the program.
    pub async fn close(self) {
        // The program may end before it has answered.
        let _ = exchange(&self.http, Method::DELETE, &self.session, None).await;
    }

    /// The one thing with this role and exactly this accessible name, once it is there.
    pub async fn find(&self, role: &str, name: &str) -> Element {
        self.find_where(role, &format!("named \"{name}\""), |label| label == name).await
    }

    /// The first thing with this role whose accessible name begins so, once it is there.
    pub async fn find_beginning(&self, role: &str, name: &str) -> Element {
        self.find_where(role, &format!("whose name begins \"{name}\""), |label| label.starts_with(name)).await
    }

    /// The first thing of this kind (a CSS selector) whose own words begin so, once it can be seen: for long lists, where
    /// asking for every role and name would take its time.
    pub async fn find_saying(&self, selector: &str, words: &str) -> Element {
        let condition = "return [...document.querySelectorAll(arguments[0])].find(one => one.checkVisibility() && !one.disabled &&\
            (one.innerText ?? '').replace(/\\s+/g, ' ').trim().startsWith(arguments[1])) ?? null";
        match self.until(condition, json!([selector, words])).await {
            Ok(found) => element(&found).expect("an element"),
            Err(_) => panic!("no {selector} that says {words:?}. The page says:\n{}", self.text().await),
        }
    }

    /// The element that a script finds, once it is there.
    pub async fn find_by(&self, script: &str, arguments: Value) -> Element {
        let found = self.until(script, arguments).await.unwrap_or_else(|error| panic!("{script}: {error}"));
        element(&found).expect("an element")
    }

    /// Makes the window this large, in CSS pixels.
    pub async fn resize(&self, width: u32, height: u32) {
        self.post("window/rect", json!({ "x": 0, "y": 0, "width": width, "height": height })).await;
        let look = "const done = arguments[arguments.length - 1], width = arguments[0];\
            const look = () => Math.abs(innerWidth - width) < 2 ? done(true) : requestAnimationFrame(look); look();";
        self.run_async(look, json!([width])).await.expect("the window takes its size");
    }

    async fn find_where(&self, role: &str, wanted: &str, fits: impl Fn(&str) -> bool) -> Element {
        for _ in 0..PATIENCE_MS / 250 {
            if let Some(found) = self.things().await.into_iter().find(|thing| thing.role == role && fits(&thing.name)) {
                return found.element;
            }
            self.next_change().await;
        }
        let mut there = String::new();
        for thing in self.things().await {
            let _ = writeln!(there, "  {} \"{}\"", thing.role, thing.name);
        }
        panic!("no {role} {wanted}. There are:\n{there}and this text:\n{}", self.text().await);
    }

    /// Everything visible with a role, in the order of the page. What is hidden or gone meanwhile is left out.
    pub async fn things(&self) -> Vec<Thing> {
        let visible = format!("return [...document.querySelectorAll({HAS_A_ROLE:?})].filter(e => e.checkVisibility())");
        let mut things = Vec::new();
        for element in self.run(&visible, json!([])).await.as_array().into_iter().flatten().filter_map(element) {
            let (role, name) =
                (self.about(&element, "computedrole").await, self.about(&element, "computedlabel").await);
            if let (Ok(role), Ok(name)) = (role, name) {
                things.push(Thing { element, role: words(&role), name: words(&name) });
            }
        }
        things
    }

    async fn about(&self, element: &Element, what: &str) -> Result<Value, String> {
        exchange(&self.http, Method::GET, &format!("{}/element/{}/{what}", self.session, element.0), None).await
    }

    /// Presses something with the pointer. Where everything is enlarged the driver aims at the place that the element would
    /// have at its plain size, and misses: there the element is pressed by itself, if nothing lies over it.
    pub async fn click(&self, element: &Element) {
        let enlarged = "if (outerWidth < innerWidth * 1.5) return 'plain';\
            const [one] = arguments; one.scrollIntoView({ block: 'nearest' });\
            const { left, top, width, height } = one.getBoundingClientRect();\
            const seen = document.elementFromPoint(left + width / 2, top + height / 2);\
            if (!seen || !(one.contains(seen) || seen.contains(one))) return 'covered by ' + seen?.outerHTML;\
            one.focus(); one.click(); return 'pressed'";
        match words(&self.run(enlarged, json!([{ ELEMENT: element.0 }])).await).as_str() {
            "pressed" => {}
            "plain" => drop(self.post(&format!("element/{}/click", element.0), json!({})).await),
            covered => panic!("it cannot be pressed: {covered}"),
        }
    }

    /// Types into something, after what is there.
    pub async fn type_into(&self, element: &Element, text: &str) {
        self.post(&format!("element/{}/value", element.0), json!({ "text": text })).await;
    }

    /// Empties a field.
    pub async fn clear(&self, element: &Element) {
        self.post(&format!("element/{}/clear", element.0), json!({})).await;
    }

    /// Presses a key and lets it go, wherever the focus is. Keys without a character are in WebDriver's table (section 17.4.2).
    pub async fn press(&self, key: char) {
        self.chord(&[key]).await;
    }

    /// Presses keys one after the other, then lets them go.
    pub async fn chord(&self, keys: &[char]) {
        let down = keys.iter().map(|key| json!({ "type": "keyDown", "value": key.to_string() }));
        let up = keys.iter().rev().map(|key| json!({ "type": "keyUp", "value": key.to_string() }));
        let keyboard = json!({ "type": "key", "id": "keyboard", "actions": down.chain(up).collect::<Vec<_>>() });
        self.post("actions", json!({ "actions": [keyboard] })).await;
    }

    /// What has the focus.
    pub async fn focused(&self) -> Thing {
        let focused = self.run("return document.activeElement", json!([])).await;
        let element = element(&focused).expect("something has the focus");
        let role = words(&self.about(&element, "computedrole").await.unwrap_or_default());
        let name = words(&self.about(&element, "computedlabel").await.unwrap_or_default());
        Thing { element, role, name }
    }

    /// The text that can be read on the page.
    pub async fn text(&self) -> String {
        words(&self.run("return document.body.innerText", json!([])).await)
    }

    /// Waits until the page can be read to say this, and returns all that it says.
    pub async fn reads(&self, wanted: &str) -> String {
        let condition = "const text = document.body.innerText; return text.includes(arguments[0]) ? text : null";
        match self.until(condition, json!([wanted])).await {
            Ok(text) => words(&text),
            Err(_) => panic!("the page never said {wanted:?}. It says:\n{}", self.text().await),
        }
    }

    /// Waits until the script returns something, looking again after every change of the page.
    pub async fn until(&self, script: &str, arguments: Value) -> Result<Value, String> {
        let watch = "const done = arguments[arguments.length - 1], given = [...arguments].slice(0, -1);\
            const look = function () { CONDITION };\
            const watcher = new MutationObserver(() => check());\
            const check = () => { const seen = look(...given); if (seen) { watcher.disconnect(); done(seen); } };\
            watcher.observe(document, { subtree: true, childList: true, attributes: true, characterData: true });\
            check();";
        self.run_async(&watch.replace("CONDITION", script), arguments).await
    }

    async fn next_change(&self) {
        let script = "const done = arguments[0];\
            const watcher = new MutationObserver(() => { watcher.disconnect(); done(); });\
            watcher.observe(document, { subtree: true, childList: true, attributes: true, characterData: true });\
            setTimeout(() => { watcher.disconnect(); done(); }, 250);";
        let _ = self.run_async(script, json!([])).await;
    }

    /// Runs a script in the page.
    pub async fn run(&self, script: &str, arguments: Value) -> Value {
        self.post("execute/sync", json!({ "script": script, "args": arguments })).await
    }

    /// Runs a script in the page that ends when it calls its last argument.
    pub async fn run_async(&self, script: &str, arguments: Value) -> Result<Value, String> {
        let body = json!({ "script": script, "args": arguments });
        exchange(&self.http, Method::POST, &format!("{}/execute/async", self.session), Some(body)).await
    }

    /// The address of the page.
    pub async fn address(&self) -> String {
        let url = exchange(&self.http, Method::GET, &format!("{}/url", self.session), None).await;
        words(&url.expect("a page has an address"))
    }

    /// How many windows there are.
    pub async fn windows(&self) -> usize {
        let handles = exchange(&self.http, Method::GET, &format!("{}/window/handles", self.session), None).await;
        handles.expect("a list").as_array().map_or(0, Vec::len)
    }

    /// The window as a picture (PNG), after what was last changed has been drawn.
    pub async fn picture(&self) -> Vec<u8> {
        let drawn = "requestAnimationFrame(() => requestAnimationFrame(arguments[0]))";
        self.run_async(drawn, json!([])).await.expect("the page draws");
        let picture = exchange(&self.http, Method::GET, &format!("{}/screenshot", self.session), None).await;
        BASE64_STANDARD.decode(words(&picture.expect("a picture"))).expect("a picture is base64")
    }

    async fn post(&self, path: &str, body: Value) -> Value {
        let answer = exchange(&self.http, Method::POST, &format!("{}/{path}", self.session), Some(body)).await;
        answer.unwrap_or_else(|error| panic!("{path}: {error}"))
    }
}

/// Something on the page, as assistive technology presents it.
#[derive(Debug, Clone)]
pub struct Thing {
    /// To act on it.
    pub element: Element,
    /// Its computed role.
    pub role: String,
    /// Its computed name.
    pub name: String,
}

async fn exchange(http: &Client, method: Method, url: &str, body: Option<Value>) -> Result<Value, String> {
    let request = http.request(method, url);
    let request = match &body {
        Some(body) => request.json(body),
        None => request,
    };
    let answer = request.send().await.map_err(|error| error.to_string())?;
    let ok = answer.status().is_success();
    let mut answer: Value = answer.json().await.map_err(|error| error.to_string())?;
    let value = answer["value"].take();
    if ok { Ok(value) } else { Err(format!("{}: {}", words(&value["error"]), words(&value["message"]))) }
}

fn element(value: &Value) -> Option<Element> {
    Some(Element(value[ELEMENT].as_str()?.to_owned()))
}

fn words(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}
