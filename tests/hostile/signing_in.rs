//! Every fault at every hop of a sign-in: it ends with a reason, takes nothing for a token that is none, and says what is left
//! on the server.

use std::sync::Arc;

use mcp_auth_diagnosis::sign_in::{Created, Stop};
use mcp_auth_diagnosis::subject::Subject;
use mcp_auth_probes::Web;
use mcp_auth_sign_in::{Opener, SignedIn, Wish, diagnose};
use mcp_auth_tests::diagnosing::told;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_util::sync::CancellationToken;
use url::Url;

use crate::faults::{Fault, Part};
use crate::matrix::{config, play, whole};
use crate::world::{Hop, TOKEN, World};

/// The hops of a sign-in.
const HOPS: [Hop; 5] = [Hop::Register, Hop::Exchange, Hop::Refresh, Hop::ToolsList, Hop::Revoke];

#[test]
fn without_a_fault_it_goes_through_and_is_taken_back() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(async {
        let world = World::start(Hop::Endpoint, None).await.expect("servers");
        let (report, signed_in, tools) = try_it(&world).await.expect("a sign-in");
        assert_eq!(signed_in.reading.stopped, None, "{report}: {:?}", signed_in.reading.steps);
        assert_eq!(tools, ["list_todos"]);
        assert!(created(&signed_in, "grant").is_some_and(|made| made.taken_back));
    });
}

#[test]
fn whatever_a_server_does_a_sign_in_ends_with_a_reason() {
    let mut cells = Vec::new();
    for hop in HOPS {
        let of_listener = Fault::OF_LISTENER.into_iter().filter(|_| hop.alone_at().is_some());
        let of_answer = Fault::OF_ANSWER.into_iter().enumerate().filter(|(at, _)| {
            // Reading a token is the same code for an exchange and a refresh, and a list of tools is the diagnosis' own.
            matches!(hop, Hop::Register | Hop::Exchange) || at % 3 == hop as usize % 3
        });
        cells.extend(of_listener.chain(of_answer.map(|(_, fault)| fault)).map(|fault| (hop, fault)));
    }
    assert!(cells.len() >= 100, "{}", cells.len());
    play(cells, async |hop, fault| {
        let world = World::start(hop, Some(fault)).await.map_err(|error| error.to_string())?;
        let (report, signed_in, _) = try_it(&world).await?;
        if world.hits.played() == 0 {
            return Err(format!("the fault was never met; {report}"));
        }
        judge(hop, fault, &signed_in).map(|()| format!("{:?}, {report}", signed_in.reading.stopped))
    })
    .judge();
}

/// Looks, signs in, looks again, and takes everything back.
async fn try_it(world: &World) -> Result<(String, SignedIn, Vec<String>), String> {
    let (config, wish) = (config(), Wish::default());
    let subject = Subject::server(world.url());
    let done = diagnose(subject, &wish, &config, &browser(), |_| {}, |_| {}, CancellationToken::new()).await;
    whole(&done.report)?;
    let Some(mut signed_in) = done.signed_in else {
        return Err(format!("it did not begin: {:?}; {}", done.not_possible, told(&done.report)));
    };
    signed_in.take_back(&Web::new(world.url(), &config)).await;
    let shown = format!("{:?}", signed_in.reading);
    let report = serde_json::to_string(&done.report).map_err(|error| error.to_string())?;
    for text in [shown, report] {
        if text.contains(TOKEN) || text.contains("opaque-refresh-token") {
            return Err("a token is in what is shown".to_owned());
        }
    }
    Ok((told(&done.report), signed_in, done.tools))
}

fn judge(hop: Hop, fault: Fault, signed_in: &SignedIn) -> Result<(), String> {
    let reading = &signed_in.reading;
    let token = reading.token.as_ref().is_some_and(|answer| answer.access_token);
    let broken = fault.part() != Part::Nowhere && fault != Fault::EventStreamWithoutEnd;
    let made = created(signed_in, "registration").is_some();
    match hop {
        // A registration that was answered unreadably may have been made; nothing is exchanged for it.
        Hop::Register if broken && reading.stopped != Some(Stop::Registration) => {
            Err(format!("it went on after the registration: {:?}", reading.stopped))
        }
        Hop::Exchange if broken && (token || reading.stopped != Some(Stop::Token)) => {
            Err(format!("it went on after the exchange: {:?}", reading.stopped))
        }
        Hop::Exchange if broken && created(signed_in, "grant").is_some() => Err("a grant was made up".to_owned()),
        // The pass that was there stays good.
        Hop::Refresh if reading.stopped.is_some() || !token => Err(format!("it stopped: {:?}", reading.stopped)),
        Hop::Refresh if broken && reading.refresh.as_ref().is_some_and(|answer| answer.access_token) => {
            Err("a token was made up".to_owned())
        }
        Hop::ToolsList if reading.stopped.is_some() => Err(format!("it stopped: {:?}", reading.stopped)),
        Hop::Revoke if matches!(fault.part(), Part::Connection | Part::Head | Part::Redirect) => {
            let taken_back = created(signed_in, "grant").is_some_and(|made| made.taken_back);
            if taken_back { Err("it says that the token was taken back".to_owned()) } else { Ok(()) }
        }
        _ if hop != Hop::Register && !made => Err("the registration is not told".to_owned()),
        _ => Ok(()),
    }
}

fn created<'a>(signed_in: &'a SignedIn, kind: &str) -> Option<&'a Created> {
    signed_in.reading.created.iter().find(|made| made.kind == kind)
}

/// A browser whose user has agreed already: it comes back at once.
pub fn browser() -> Opener {
    Arc::new(|url| {
        let of = |name: &str| url.query_pairs().find(|(have, _)| have == name).map(|(_, value)| value.into_owned());
        let (Some(back), Some(state)) = (of("redirect_uri"), of("state")) else {
            return Err("no way back was named".to_owned());
        };
        let mut back: Url = back.parse().map_err(|error| format!("{back}: {error}"))?;
        back.query_pairs_mut().append_pair("code", "code-of-this-story").append_pair("state", &state);
        tokio::spawn(come_back(back));
        Ok(())
    })
}

async fn come_back(to: Url) -> std::io::Result<()> {
    let host = format!("{}:{}", to.host_str().unwrap_or_default(), to.port().unwrap_or(80));
    let mut stream = TcpStream::connect(&host).await?;
    let path = &to[url::Position::BeforePath..];
    stream.write_all(format!("GET {path} HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\n\r\n").as_bytes()).await?;
    stream.read_to_end(&mut Vec::new()).await.map(drop)
}
