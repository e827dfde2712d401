//! Waits on this computer for the browser to come back: one answer to one path, then it is gone.

use std::convert::Infallible;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

use http_body_util::Full;
use hyper::body::{Bytes, Incoming};
use hyper::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, HOST, REFERRER_POLICY};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use mcp_auth_diagnosis::introduction::Loopback;
use mcp_auth_diagnosis::redact::Secret;
use tokio::net::TcpListener;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use url::Url;

/// What the browser brought back.
#[derive(Debug, Default)]
pub struct Returned {
    pub code: Option<Secret>,
    pub state: Option<Secret>,
    pub iss: Option<String>,
    pub error: Option<String>,
    pub error_description: Option<String>,
}

/// Listens until it is dropped.
pub struct Listener {
    /// The address that the browser is sent back to.
    pub redirect_uri: String,
    /// The client's own port was taken, and another one is used.
    pub moved: Option<u16>,
    answers: mpsc::Receiver<Returned>,
    turned_away: Arc<AtomicU32>,
    stop: CancellationToken,
}

/// What each connection needs.
struct Door {
    hosts: Vec<String>,
    path: String,
    answered: AtomicBool,
    answers: mpsc::Sender<Returned>,
    turned_away: Arc<AtomicU32>,
}

impl Listener {
    /// Listens where a client would. When its port is taken, a free one is used instead.
    ///
    /// # Errors
    /// When this computer lets nobody listen.
    pub async fn open(at: Loopback) -> std::io::Result<Self> {
        let wanted = at.port.unwrap_or(0);
        let (four, moved) = match TcpListener::bind((Ipv4Addr::LOCALHOST, wanted)).await {
            Ok(listener) => (listener, None),
            Err(_) if wanted != 0 => (TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?, Some(wanted)),
            Err(error) => return Err(error),
        };
        let port = four.local_addr()?.port();
        let mut listeners = vec![four];
        if at.host == "localhost" {
            // A browser may take ::1 for localhost. Without IPv6 there is nothing to miss.
            listeners.extend(TcpListener::bind(SocketAddr::new(Ipv6Addr::LOCALHOST.into(), port)).await.ok());
        }
        let (answers, receiver) = mpsc::channel(1);
        let turned_away = Arc::new(AtomicU32::new(0));
        let door = Arc::new(Door {
            hosts: ["localhost", "127.0.0.1", "[::1]"].map(|host| format!("{host}:{port}")).to_vec(),
            path: at.path.to_owned(),
            answered: AtomicBool::new(false),
            answers,
            turned_away: turned_away.clone(),
        });
        let stop = CancellationToken::new();
        for listener in listeners {
            tokio::spawn(keep(listener, door.clone(), stop.clone()));
        }
        let redirect_uri = format!("http://{}:{port}{}", at.host, at.path);
        Ok(Self { redirect_uri, moved, answers: receiver, turned_away, stop })
    }

    /// The one answer.
    pub async fn answer(&mut self) -> Option<Returned> {
        self.answers.recv().await
    }

    /// How many requests were turned away: another host, another answer.
    pub fn turned_away(&self) -> u32 {
        self.turned_away.load(Ordering::Relaxed)
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

async fn keep(listener: TcpListener, door: Arc<Door>, stop: CancellationToken) {
    loop {
        let stream = tokio::select! {
            () = stop.cancelled() => return,
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => stream,
                Err(_) => continue,
            },
        };
        let door = door.clone();
        let stop = stop.clone();
        tokio::spawn(async move {
            let service = service_fn(move |request| {
                let door = door.clone();
                async move { Ok::<_, Infallible>(serve(&door, &request).await) }
            });
            let connection = http1::Builder::new().keep_alive(false).serve_connection(TokioIo::new(stream), service);
            tokio::pin!(connection);
            tokio::select! {
                // A browser that goes away has its reasons.
                _ = connection.as_mut() => {}
                () = stop.cancelled() => {
                    // The page that says that it worked is still sent.
                    connection.as_mut().graceful_shutdown();
                    let _ = connection.await;
                }
            }
        });
    }
}

async fn serve(door: &Door, request: &Request<Incoming>) -> Response<Full<Bytes>> {
    let host = request.headers().get(HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
    let away = |status, page| {
        door.turned_away.fetch_add(1, Ordering::Relaxed);
        answer(status, page)
    };
    // Another name for this computer is how a page elsewhere would reach in (DNS rebinding).
    if !door.hosts.iter().any(|own| own.eq_ignore_ascii_case(host)) {
        return away(StatusCode::MISDIRECTED_REQUEST, NOT_HERE);
    }
    if request.uri().path() != door.path {
        return answer(StatusCode::NOT_FOUND, NOT_HERE);
    }
    if request.method() != Method::GET {
        return away(StatusCode::METHOD_NOT_ALLOWED, NOT_HERE);
    }
    if door.answered.swap(true, Ordering::SeqCst) {
        return away(StatusCode::GONE, GONE);
    }
    let returned = read(request.uri().query().unwrap_or_default());
    let page = match (&returned.code, &returned.error) {
        (Some(_), None) => CAME_BACK,
        _ => CAME_BACK_WITHOUT,
    };
    // The flow may have ended a moment ago.
    let _ = door.answers.send(returned).await;
    answer(StatusCode::OK, page)
}

fn read(query: &str) -> Returned {
    const LONGEST: usize = 500;
    let Ok(url) = Url::parse(&format!("http://localhost/?{query}")) else { return Returned::default() };
    let mut returned = Returned::default();
    for (name, value) in url.query_pairs() {
        let short = || value.chars().filter(|c| !c.is_control()).take(LONGEST).collect::<String>();
        match name.as_ref() {
            "code" => returned.code = Some(Secret::new(value.into_owned())).filter(|code| !code.is_empty()),
            "state" => returned.state = Some(Secret::new(value.into_owned())),
            "iss" => returned.iss = Some(short()),
            "error" => returned.error = Some(short()),
            "error_description" => returned.error_description = Some(mcp_auth_diagnosis::redact::mask(&short())),
            _ => {}
        }
    }
    returned
}

fn answer(status: StatusCode, words: &str) -> Response<Full<Bytes>> {
    let page = format!(
        "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>MCP Auth Troubleshooter</title>\
         <meta name=\"viewport\" content=\"width=device-width\"><main><h1>{words}</h1>\
         <p>You can close this tab and go back to MCP Auth Troubleshooter.</p></main></html>"
    );
    let mut response = Response::new(Full::new(Bytes::from(page)));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    for (name, value) in [
        (CONTENT_TYPE, "text/html; charset=utf-8"),
        (CACHE_CONTROL, "no-store"),
        (REFERRER_POLICY, "no-referrer"),
        (CONTENT_SECURITY_POLICY, "default-src 'none'; frame-ancestors 'none'"),
    ] {
        headers.insert(name, hyper::header::HeaderValue::from_static(value));
    }
    response
}

const CAME_BACK: &str = "The sign-in came back to this computer.";
const CAME_BACK_WITHOUT: &str = "The sign-in came back without success.";
const GONE: &str = "This sign-in was answered already.";
const NOT_HERE: &str = "There is nothing here.";

#[cfg(test)]
mod tests {
    use super::*;

    const AT: Loopback = Loopback { host: "127.0.0.1", port: None, path: "/callback" };

    #[tokio::test]
    async fn one_answer_is_taken_and_the_second_is_turned_away() {
        let mut listener = Listener::open(AT).await.expect("a listener");
        let url = format!("{}?code=canary-code&state=s", listener.redirect_uri);
        let page = reqwest::get(&url).await.expect("an answer").text().await.expect("a page");
        assert!(page.contains("came back") && !page.contains("canary-code"), "{page}");
        assert_eq!(reqwest::get(&url).await.expect("an answer").status(), 410);
        let returned = listener.answer().await.expect("the first answer");
        assert_eq!(returned.code.map(|code| code.len()), Some("canary-code".len()));
        assert_eq!(listener.turned_away(), 1);
    }

    #[tokio::test]
    async fn another_host_name_and_another_path_are_no_answer() {
        let listener = Listener::open(AT).await.expect("a listener");
        let client = reqwest::Client::new();
        let other = client.get(&listener.redirect_uri).header("host", "evil.example").send().await.expect("an answer");
        assert_eq!(other.status(), 421);
        let favicon = listener.redirect_uri.replace("/callback", "/favicon.ico");
        assert_eq!(reqwest::get(favicon).await.expect("an answer").status(), 404);
        assert_eq!(listener.turned_away(), 1);
    }

    #[tokio::test]
    async fn a_taken_port_is_left_alone() {
        let taken = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.expect("a port");
        let port = taken.local_addr().expect("an address").port();
        let listener = Listener::open(Loopback { port: Some(port), ..AT }).await.expect("a listener");
        assert_eq!(listener.moved, Some(port));
        assert!(!listener.redirect_uri.contains(&format!(":{port}/")));
    }

    #[tokio::test]
    async fn it_is_gone_when_the_flow_is() {
        let listener = Listener::open(AT).await.expect("a listener");
        let url = listener.redirect_uri.clone();
        drop(listener);
        while reqwest::get(&url).await.is_ok() {
            tokio::task::yield_now().await;
        }
    }
}
