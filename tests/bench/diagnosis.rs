//! A whole diagnosis beside the requests that depend on one another and that nobody who signs in can leave out: the call that is
//! turned away, the sign-in details it points to, the instructions of the sign-in service that these name, and the keys that
//! those name. One after the other, on plain sockets, with no thought about the answers.

use std::io::{self, Read as _, Write as _};
use std::net::TcpStream;
use std::time::Duration;

use mcp_auth_diagnosis::evidence::MetadataForm;
use mcp_auth_diagnosis::oauth::well_known;
use mcp_auth_diagnosis::report::{Report, State};
use mcp_auth_diagnosis::subject::Subject;
use mcp_auth_probes::{ProbeConfig, ProbePlan, diagnose};
use serde_json::Value;
use tokio::runtime::Runtime;
use tokio_util::sync::CancellationToken;
use url::Url;

use crate::Fault;
use crate::practice::Servers;
use crate::table::{Bar, Row, in_turns, timed};

const LATENCIES: [(u64, Bar, usize); 4] =
    [(0, Bar::Above(30.0), 31), (20, Bar::None, 15), (50, Bar::Ratio(1.25), 15), (100, Bar::None, 9)];

pub fn rows() -> Result<Vec<Row>, Fault> {
    let runtime = Runtime::new()?;
    let mut rows = Vec::new();
    for (latency, bar, turns) in LATENCIES {
        let servers = Servers::start(&[latency])?;
        let server = &servers.urls[0];
        let (took, least) = in_turns(turns, || timed(|| whole(&runtime, server)), || timed(|| chain(server)))?;
        rows.push(Row::of_times(
            &format!("a whole diagnosis, {latency} ms added to each answer"),
            took,
            "the four requests that wait for one another",
            least,
            bar,
        ));
    }
    Ok(rows)
}

/// How this program looks at the world: like the app, but not at this computer.
pub fn config() -> ProbeConfig {
    ProbeConfig { use_proxy: false, ..ProbeConfig::default() }
}

/// A diagnosis from nothing to the verdict.
pub fn whole(runtime: &Runtime, server: &Url) -> Result<(), Fault> {
    let subject = Subject::server(server.clone());
    let plan = ProbePlan::for_subject(&subject);
    healthy(&runtime.block_on(diagnose(subject, plan, &config(), |_| {}, CancellationToken::new())))
}

/// What went wrong is not worth measuring.
pub fn healthy(report: &Report) -> Result<(), Fault> {
    if report.state == State::Healthy { Ok(()) } else { Err("the practice server was not found healthy".into()) }
}

fn chain(server: &Url) -> Result<(), Fault> {
    const MESSAGE: &str = r#"{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-06-18","capabilities":{},"clientInfo":{"name":"bench","version":"0"}}}"#;
    let refused = request("POST", server, MESSAGE)?;
    let details = refused.split("resource_metadata=\"").nth(1).and_then(|rest| rest.split('"').next());
    let details = json(&request("GET", &details.ok_or("no signpost")?.parse()?, "")?)?;
    let issuer = details["authorization_servers"][0].as_str().ok_or("no sign-in service")?;
    let instructions = well_known::server_metadata(issuer, MetadataForm::OauthInsert).ok_or("no address")?;
    let instructions = json(&request("GET", &instructions, "")?)?;
    json(&request("GET", &instructions["jwks_uri"].as_str().ok_or("no keys")?.parse()?, "")?)?;
    Ok(())
}

/// One exchange on a connection of its own; the whole answer as text.
fn request(method: &str, url: &Url, body: &str) -> Result<String, Fault> {
    let address = url.socket_addrs(|| None)?.into_iter().next().ok_or("no address")?;
    let mut stream = TcpStream::connect(address)?;
    stream.set_nodelay(true)?;
    stream.set_read_timeout(Some(Duration::from_secs(10)))?;
    let text = format!(
        "{method} {} HTTP/1.1\r\nhost: {}:{}\r\naccept: application/json, text/event-stream\r\n\
         content-type: application/json\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}",
        url.path(),
        url.host_str().unwrap_or_default(),
        address.port(),
        body.len()
    );
    stream.write_all(text.as_bytes())?;
    let mut answer = String::new();
    match stream.read_to_string(&mut answer) {
        Err(error) if error.kind() != io::ErrorKind::ConnectionReset => Err(error.into()),
        _ => Ok(answer),
    }
}

fn json(answer: &str) -> Result<Value, Fault> {
    let (_, body) = answer.split_once("\r\n\r\n").ok_or("an answer without a body")?;
    let (first, last) = (body.find('{').ok_or("no JSON")?, body.rfind('}').ok_or("no JSON")?);
    Ok(serde_json::from_str(&body[first..=last])?)
}
