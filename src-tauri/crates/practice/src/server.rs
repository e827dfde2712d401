//! The doors: accepting connections, TLS, and one exchange after the other.

use std::{convert::Infallible, io, net::SocketAddr, sync::Arc, time::Duration};

use http::Request;
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use jiff::{Timestamp, fmt::rfc2822::DateTimePrinter};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::{TcpListener, TcpSocket, TcpStream},
    sync::watch,
};
use tokio_rustls::TlsAcceptor;
use tokio_util::sync::CancellationToken;

use crate::{
    answer::{self, Asked, Fields, Reply},
    authorization,
    behaviour::{Behaviour, Place, Socket},
    cors, mcp,
    record::{Recorded, Server},
    sockets,
    tls::TlsKind,
    world::World,
};

/// Connections that wait to be accepted.
const BACKLOG: u32 = 256;

/// One address of one of the two servers.
pub(crate) struct Door {
    pub server: Server,
    pub address: SocketAddr,
    pub state: DoorState,
}

pub(crate) enum DoorState {
    Open(TcpListener),
    /// Nothing listens; the socket only keeps the port for later.
    Shut(Option<TcpSocket>),
}

impl Door {
    pub async fn open(server: Server, address: SocketAddr) -> io::Result<Door> {
        let listener = TcpListener::bind(address).await?;
        Ok(Door { server, address: listener.local_addr()?, state: DoorState::Open(listener) })
    }

    /// Serves until stopped. After each change of the fault it reports the turn that it follows from then on.
    pub async fn keep(mut self, world: Arc<World>, follows: watch::Sender<u64>, stop: CancellationToken) {
        let mut turns = world.turns();
        loop {
            let (turn, behaviour) = *turns.borrow_and_update();
            self.turn(behaviour);
            follows.send_replace(turn);
            tokio::select! {
                () = stop.cancelled() => return,
                changed = turns.changed() => if changed.is_err() { return },
                () = self.accept(&world, &stop) => {}
            }
        }
    }

    fn turn(&mut self, behaviour: Behaviour) {
        let shut = match behaviour.socket(self.server) {
            Some(Socket::Refuse) => true,
            Some(Socket::OneFamily) => self.address.is_ipv6(),
            _ => false,
        };
        let state = std::mem::replace(&mut self.state, DoorState::Shut(None));
        self.state = match state {
            DoorState::Open(listener) if shut => {
                drop(listener);
                DoorState::Shut(reserve(self.address).ok())
            }
            DoorState::Shut(reserved) if !shut => {
                let reserved = reserved.map_or_else(|| reserve(self.address), Ok);
                match reserved.and_then(|socket| socket.listen(BACKLOG)) {
                    Ok(listener) => DoorState::Open(listener),
                    Err(error) => {
                        tracing::warn!(address = %self.address, %error, "the practice server could not listen again");
                        DoorState::Shut(None)
                    }
                }
            }
            same => same,
        };
    }

    async fn accept(&self, world: &Arc<World>, stop: &CancellationToken) {
        let DoorState::Open(listener) = &self.state else {
            return std::future::pending().await;
        };
        loop {
            match listener.accept().await {
                Ok((stream, _)) => {
                    tokio::spawn(connection(world.clone(), self.server, stream, stop.clone()));
                }
                // Out of file descriptors, most likely: give others a moment to close theirs.
                Err(_) => tokio::time::sleep(Duration::from_millis(20)).await,
            }
        }
    }
}

fn reserve(address: SocketAddr) -> io::Result<TcpSocket> {
    let socket = if address.is_ipv6() { TcpSocket::new_v6()? } else { TcpSocket::new_v4()? };
    // Connections that were open a moment ago keep the port busy otherwise. On Windows the option means something else.
    #[cfg(unix)]
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    Ok(socket)
}

/// One connection, until it ends or the fault changes: nothing of the old behaviour outlives a change.
async fn connection(world: Arc<World>, server: Server, stream: TcpStream, stop: CancellationToken) {
    let mut turns = world.turns();
    tokio::select! {
        () = stop.cancelled() => {}
        _ = turns.changed() => {}
        result = talk(&world, server, stream) => if let Err(error) = result {
            tracing::trace!(%error, "a connection of the practice server ended early");
        }
    }
}

async fn talk(world: &Arc<World>, server: Server, stream: TcpStream) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let behaviour = world.behaviour();
    let socket = behaviour.socket(server);
    match socket {
        None | Some(Socket::OneFamily | Socket::PlainHttp) => {}
        Some(fault) => return sockets::misbehave(stream, fault).await,
    }
    let kind = match server {
        Server::Mcp => behaviour.certificate().or(world.options.tls).unwrap_or(TlsKind::Good),
        Server::Auth => TlsKind::Good,
    };
    match world.certificates.as_ref().and_then(|certificates| certificates.config(kind)) {
        Some(config) if socket != Some(Socket::PlainHttp) => {
            let stream = TlsAcceptor::from(config).accept(stream).await?;
            serve(world, server, stream).await
        }
        _ => serve(world, server, stream).await,
    }
}

async fn serve(
    world: &Arc<World>,
    server: Server,
    stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
) -> io::Result<()> {
    let service = service_fn(|request| {
        let world = world.clone();
        async move { Ok::<_, Infallible>(exchange(&world, server, request).await) }
    });
    http1::Builder::new()
        .timer(TokioTimer::new())
        .serve_connection(TokioIo::new(stream), service)
        .await
        .map_err(io::Error::other)
}

async fn exchange(world: &World, server: Server, request: Request<Incoming>) -> Reply {
    let Some(asked) = Asked::read(server, request).await else {
        return answer::text(413, "The request is too large");
    };
    if !world.options.latency.is_zero() {
        tokio::time::sleep(world.options.latency).await;
    }
    world.record(|at| Recorded::of(&asked, at));
    let all = match server {
        Server::Mcp => Place::AllOfMcp,
        Server::Auth => Place::AllOfAuth,
    };
    let mut reply = match (world.behaviour().answer(&[all]), cors::preflight(world, &asked), server) {
        (Some(canned), ..) => answer::canned(world, canned),
        (_, Some(preflight), _) => preflight,
        (.., Server::Mcp) => mcp::answer(world, &asked),
        (.., Server::Auth) => authorization::answer(world, &asked),
    };
    cors::finish(world, &asked, &mut reply);
    date(world, server, &mut reply);
    reply
}

/// The `Date` (RFC 9110 section 6.6.1) by the clock of this server.
fn date(world: &World, server: Server, reply: &mut Reply) {
    if let Ok(now) = Timestamp::from_second(world.now(server))
        && let Ok(date) = DateTimePrinter::new().timestamp_to_rfc9110_string(&now)
    {
        reply.set("date", &date);
    }
}
