//! What a hostile script could do if one ever ran in the window: nothing that leaves it.

use serde_json::json;

use crate::app::App;

/// Runs a script and tells how it ended: `done` with what it made, or `refused` with the words of the refusal.
async fn tried(app: &App, script: &str) -> String {
    let script = format!(
        "const done = arguments[0]; (async () => {{ {script} }})().then(\
         made => done('done ' + JSON.stringify(made ?? null)), refusal => done('refused ' + (refusal?.message ?? refusal)))"
    );
    let ended = app.run_async(&script, json!([])).await.expect("the script ends");
    ended.as_str().expect("words").to_owned()
}

#[tokio::test]
async fn the_window_shows_its_own_pages_and_opens_no_other() {
    let app = App::open().await;
    let home = app.address().await;

    let opened = tried(&app, "return String(window.open('https://evil.example/'))").await;
    assert_eq!(opened, "done \"null\"", "a new window");
    for way in [
        "location.href = 'https://evil.example/'",
        "location.href = 'file:///etc/passwd'",
        "const link = document.createElement('a'); link.href = 'https://evil.example/'; document.body.append(link); link.click()",
        "const link = document.createElement('a'); link.href = 'https://evil.example/'; link.target = '_blank'; document.body.append(link); link.click()",
        "const form = document.createElement('form'); form.action = 'https://evil.example/'; document.body.append(form); form.submit()",
    ] {
        // The page still answers a moment later, and is where it was.
        tried(
            &app,
            &format!("{way}; await new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))"),
        )
        .await;
        assert_eq!(app.address().await, home, "{way}");
    }
    assert_eq!(app.windows().await, 1);
    app.close().await;
}

#[tokio::test]
async fn nothing_that_a_page_makes_up_is_run() {
    let app = App::open().await;
    for way in ["return eval('1 + 1')", "return new Function('return 2')()"] {
        let ended = tried(&app, way).await;
        assert!(ended.starts_with("refused"), "{way}: {ended}");
    }
    for way in [
        "const script = document.createElement('script'); script.textContent = 'window.ran = true'; document.body.append(script)",
        "const script = document.createElement('script'); script.src = 'data:text/javascript,window.ran = true'; document.body.append(script)",
        "const image = document.createElement('img'); image.setAttribute('onerror', 'window.ran = true'); image.src = 'nothing.png'; document.body.append(image)",
        "const link = document.createElement('a'); link.href = 'javascript:window.ran = true'; document.body.append(link); link.click()",
        "const frame = document.createElement('iframe'); frame.srcdoc = '<script>parent.ran = true</script>'; document.body.append(frame)",
    ] {
        tried(&app, &format!("{way}; await new Promise(done => setTimeout(done, 100))")).await;
        assert_eq!(app.run("return window.ran ?? null", json!([])).await, json!(null), "{way}");
    }
    app.close().await;
}

#[tokio::test]
async fn nothing_is_sent_to_another_place() {
    let app = App::open().await;
    let listener = tokio::net::TcpListener::bind(("127.0.0.1", 0)).await.expect("a port");
    let port = listener.local_addr().expect("an address").port();
    for way in [
        format!("return (await fetch('http://127.0.0.1:{port}/')).status"),
        format!(
            "return await new Promise((yes, no) => {{ const r = new XMLHttpRequest(); r.open('GET', 'http://127.0.0.1:{port}/'); r.onload = yes; r.onerror = () => no('error'); r.send() }})"
        ),
        format!(
            "return await new Promise((yes, no) => {{ const s = new WebSocket('ws://127.0.0.1:{port}/'); s.onopen = yes; s.onerror = () => no('error') }})"
        ),
        format!(
            "return await new Promise((yes, no) => {{ const i = new Image(); i.onload = yes; i.onerror = () => no('error'); i.src = 'http://127.0.0.1:{port}/p.png' }})"
        ),
        format!(
            "return await new Promise((yes, no) => {{ const s = document.createElement('script'); s.onload = yes; s.onerror = () => no('error'); s.src = 'http://127.0.0.1:{port}/s.js'; document.body.append(s) }})"
        ),
    ] {
        let ended = tried(&app, &way).await;
        assert!(ended.starts_with("refused"), "{way}: {ended}");
    }
    let nobody_came =
        std::future::poll_fn(|context| std::task::Poll::Ready(listener.poll_accept(context).is_pending())).await;
    assert!(nobody_came, "something was sent out of the window");
    app.close().await;
}

#[tokio::test]
async fn the_page_can_ask_for_its_own_commands_only() {
    let app = App::open().await;
    assert_eq!(app.run("return typeof window.__TAURI__", json!([])).await, "undefined");
    let own = tried(&app, "return (await window.__TAURI_INTERNALS__.invoke('catalogue')).length > 0").await;
    assert_eq!(own, "done true");
    for (command, arguments) in [
        ("plugin:window|close", json!({ "label": "main" })),
        (
            "plugin:webview|create_webview_window",
            json!({ "options": { "label": "x", "url": "https://evil.example/" } }),
        ),
        ("plugin:event|emit", json!({ "event": "x", "payload": null })),
        ("plugin:clipboard-manager|read_text", json!({})),
        ("plugin:path|resolve_directory", json!({ "directory": 21 })),
        ("plugin:shell|open", json!({ "path": "https://evil.example/" })),
        ("plugin:fs|read_text_file", json!({ "path": "/etc/passwd" })),
        ("hidden", json!({})),
    ] {
        let ended =
            tried(&app, &format!("return await window.__TAURI_INTERNALS__.invoke({command:?}, {arguments})")).await;
        assert!(
            ended.starts_with("refused") && (ended.contains("not allowed") || ended.contains("not found")),
            "{command}: {ended}"
        );
    }
    let link =
        tried(&app, "return await window.__TAURI_INTERNALS__.invoke('open_link', { link: 'https://evil.example/' })")
            .await;
    assert!(link.starts_with("refused"), "an address is no link: {link}");
    app.close().await;
}

#[tokio::test]
async fn the_ground_under_the_page_is_frozen() {
    let app = App::open().await;
    let changed = tried(&app, "Object.prototype.planted = true; return ({}).planted === true").await;
    assert_ne!(changed, "done true");
    app.close().await;
}
