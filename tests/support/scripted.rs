//! A tiny HTTP server that answers what a table says, for servers that no shape of the practice server is like.
//!
//! Templates in header values and bodies: `{mcp}` is the origin of the server itself, `{auth}` that of its neighbour.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::AbortHandle;

/// One line of the table. The first that fits a request answers it; what fits none is not found.
#[derive(Debug, Clone)]
pub struct Route {
    /// The method, or `*` for any.
    pub method: &'static str,
    /// The path without the query; a `*` at the end stands for anything.
    pub path: &'static str,
    /// Answers only requests whose head or body contains this text.
    pub when: Option<&'static str>,
    /// The answer.
    pub answer: Answer,
}

/// A fixed answer.
#[derive(Debug, Clone)]
pub struct Answer {
    /// The status code.
    pub status: u16,
    /// Header fields; templates.
    pub headers: Vec<(&'static str, String)>,
    /// The body; a template.
    pub body: String,
}

/// A route whose answer has a body and a content type by the look of it.
pub fn route(method: &'static str, path: &'static str, status: u16, body: impl Into<String>) -> Route {
    let body = body.into();
    let kind = match body.trim_start().as_bytes().first() {
        Some(b'{' | b'[') => Some("application/json"),
        Some(b'<') => Some("text/html; charset=utf-8"),
        Some(_) => Some("text/plain; charset=utf-8"),
        None => None,
    };
    let headers = kind.map(|kind| ("content-type", kind.to_owned())).into_iter().collect();
    Route { method, path, when: None, answer: Answer { status, headers, body } }
}

impl Route {
    /// The same with one header field more.
    pub fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.answer.headers.push((name, value.into()));
        self
    }

    /// The same for requests that contain this text only.
    pub fn when(mut self, text: &'static str) -> Self {
        self.when = Some(text);
        self
    }

    fn fits(&self, asked: &Asked) -> bool {
        let path = match self.path.strip_suffix('*') {
            Some(start) => asked.path.starts_with(start),
            None => asked.path == self.path,
        };
        path && (self.method == "*" || self.method == asked.method)
            && self.when.is_none_or(|text| asked.head.contains(text) || asked.body.contains(text))
    }
}

/// One request as it came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asked {
    /// The method.
    pub method: String,
    /// The path without the query.
    pub path: String,
    /// Everything before the body, names of fields in lower case.
    pub head: String,
    /// The body.
    pub body: String,
}

/// The running server. Dropping it stops it.
pub struct Scripted {
    address: SocketAddr,
    asked: Arc<Mutex<Vec<Asked>>>,
    serving: AbortHandle,
}

/// A port that is taken and not served yet.
pub struct Reserved(TcpListener);

impl Reserved {
    /// Takes a free port on loopback.
    ///
    /// # Errors
    /// When there is none.
    pub async fn new() -> io::Result<Self> {
        TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.map(Self)
    }

    /// `http://127.0.0.1:port`.
    ///
    /// # Errors
    /// When the system does not tell the port.
    pub fn origin(&self) -> io::Result<String> {
        Ok(format!("http://{}", self.0.local_addr()?))
    }

    /// Serves the table from now on. `neighbour` is what `{auth}` stands for.
    ///
    /// # Errors
    /// When the system does not tell the port.
    pub fn serve(self, routes: Vec<Route>, mcp: &str, auth: &str) -> io::Result<Scripted> {
        let address = self.0.local_addr()?;
        let asked: Arc<Mutex<Vec<Asked>>> = Arc::default();
        let seen = asked.clone();
        let routes = Arc::new(routes);
        let origins: Arc<(String, String)> = Arc::new((mcp.to_owned(), auth.to_owned()));
        let serving = tokio::spawn(async move {
            while let Ok((stream, _)) = self.0.accept().await {
                tokio::spawn(talk(stream, routes.clone(), seen.clone(), origins.clone()));
            }
        });
        Ok(Scripted { address, asked, serving: serving.abort_handle() })
    }
}

impl Scripted {
    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// What was asked so far.
    pub fn asked(&self) -> Vec<Asked> {
        self.asked.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Drop for Scripted {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

async fn talk(
    mut stream: TcpStream,
    routes: Arc<Vec<Route>>,
    seen: Arc<Mutex<Vec<Asked>>>,
    origins: Arc<(String, String)>,
) -> io::Result<()> {
    let mut bytes = Vec::new();
    while let Some(asked) = read(&mut stream, &mut bytes).await? {
        let answer = routes.iter().find(|route| route.fits(&asked)).map(|route| route.answer.clone());
        let answer = answer.unwrap_or_else(|| route("*", "*", 404, "Not Found").answer);
        seen.lock().unwrap_or_else(PoisonError::into_inner).push(asked);
        let fill = |text: &str| text.replace("{mcp}", &origins.0).replace("{auth}", &origins.1);
        let body = fill(&answer.body);
        let mut head = format!("HTTP/1.1 {} Scripted\r\ncontent-length: {}\r\n", answer.status, body.len());
        for (name, value) in &answer.headers {
            head.push_str(&format!("{name}: {}\r\n", fill(value)));
        }
        stream.write_all(format!("{head}\r\n{body}").as_bytes()).await?;
    }
    Ok(())
}

/// The next request on this connection; `None` when there is none.
async fn read(stream: &mut TcpStream, bytes: &mut Vec<u8>) -> io::Result<Option<Asked>> {
    let end = loop {
        if let Some(end) = bytes.windows(4).position(|four| four == b"\r\n\r\n") {
            break end;
        }
        if stream.read_buf(bytes).await? == 0 {
            return Ok(None);
        }
    };
    let head = String::from_utf8_lossy(&bytes[..end]).into_owned();
    let lower: String = head
        .lines()
        .map(|line| match line.split_once(": ") {
            Some((name, value)) => format!("{}: {value}\n", name.to_ascii_lowercase()),
            None => format!("{line}\n"),
        })
        .collect();
    let length = lower.lines().find_map(|line| line.strip_prefix("content-length: ")?.trim().parse::<usize>().ok());
    let whole = end + 4 + length.unwrap_or(0);
    while bytes.len() < whole {
        if stream.read_buf(bytes).await? == 0 {
            return Ok(None);
        }
    }
    let body = String::from_utf8_lossy(&bytes[end + 4..whole]).into_owned();
    bytes.drain(..whole);
    let mut first = lower.split([' ', '\n']);
    let method = first.next().unwrap_or_default().to_owned();
    let target = first.next().unwrap_or_default();
    let path = target.split('?').next().unwrap_or_default().to_owned();
    Ok(Some(Asked { method, path, head: lower, body }))
}
