//! Connections and bodies that misbehave below HTTP.

use std::{convert::Infallible, future::pending, io, time::Duration};

use futures::stream;
use http_body_util::{BodyExt, StreamBody, combinators::BoxBody};
use hyper::body::{Bytes, Frame};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use crate::{
    answer::{Fields, Reply},
    behaviour::{BodyFault, Socket},
};

/// Plays the fault out. Ends when the client has had enough.
pub(crate) async fn misbehave(mut stream: TcpStream, fault: Socket) -> io::Result<()> {
    match fault {
        // These listen and speak HTTP, or do not get here at all.
        Socket::Refuse | Socket::OneFamily | Socket::PlainHttp | Socket::AcceptThenClose => Ok(()),
        Socket::Reset => {
            hear(&mut stream).await?;
            stream.set_zero_linger()
        }
        Socket::Stall => {
            hear(&mut stream).await?;
            pending::<Infallible>().await;
            Ok(())
        }
        Socket::Trickle => {
            hear(&mut stream).await?;
            for byte in
                b"HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\nX-Patience: ".iter().chain([b'.'; 3600].iter())
            {
                stream.write_all(&[*byte]).await?;
                tokio::time::sleep(Duration::from_secs(1)).await;
            }
            Ok(())
        }
        Socket::EndlessHeaders => {
            hear(&mut stream).await?;
            stream.write_all(b"HTTP/1.1 200 OK\r\n").await?;
            let many = "X-And-Another: one more header field, and there is no end to them\r\n".repeat(100);
            loop {
                stream.write_all(many.as_bytes()).await?;
            }
        }
        Socket::NotHttp => {
            hear(&mut stream).await?;
            stream.write_all(b"220 mail.example.com ESMTP ready\r\n").await?;
            stream.shutdown().await
        }
    }
}

/// Waits for the first bytes of a request, so that the fault is not mistaken for a refused connection.
async fn hear(stream: &mut TcpStream) -> io::Result<()> {
    let mut first = [0; 4096];
    stream.read(&mut first).await.map(drop)
}

/// Replaces the body of a right answer by one that is sent badly.
pub(crate) fn spoil(reply: Reply, fault: BodyFault) -> Reply {
    let (mut head, _) = reply.into_parts();
    head.headers.remove("content-length");
    let body = match fault {
        BodyFault::Huge => chunks(vec![vec![b' '; 64 * 1024]; 800], Duration::ZERO, Then::End),
        BodyFault::GzipBomb => chunks(vec![gzip_bomb()], Duration::ZERO, Then::End),
        BodyFault::Trickle => {
            let bytes = b"{\"resource\":\"".iter().chain([b'.'; 3600].iter());
            chunks(bytes.map(|byte| vec![*byte]).collect(), Duration::from_secs(1), Then::End)
        }
        BodyFault::CutShort => chunks(vec![b"{\"resource\":".to_vec()], Duration::ZERO, Then::End),
        BodyFault::Reset => chunks(Vec::new(), Duration::ZERO, Then::Break),
        BodyFault::Stall => chunks(Vec::new(), Duration::ZERO, Then::Wait),
    };
    let mut reply = Reply::from_parts(head, body);
    match fault {
        BodyFault::GzipBomb => reply.set("content-encoding", "gzip"),
        BodyFault::CutShort => reply.set("content-length", "512"),
        _ => {}
    }
    reply
}

/// An event stream that says something and then stays open.
pub(crate) fn held_open(reply: Reply, first: &str) -> Reply {
    let (head, _) = reply.into_parts();
    Reply::from_parts(head, chunks(vec![first.as_bytes().to_vec()], Duration::ZERO, Then::Wait))
}

#[derive(Clone, Copy)]
enum Then {
    End,
    Break,
    Wait,
}

fn chunks(chunks: Vec<Vec<u8>>, pause: Duration, then: Then) -> BoxBody<Bytes, io::Error> {
    let stream = stream::unfold(chunks.into_iter(), move |mut rest| async move {
        let next = match (rest.next(), then) {
            (Some(chunk), _) => {
                if !pause.is_zero() {
                    tokio::time::sleep(pause).await;
                }
                Ok(Frame::data(Bytes::from(chunk)))
            }
            (None, Then::End) => return None,
            (None, Then::Break) => Err(io::Error::from(io::ErrorKind::ConnectionReset)),
            (None, Then::Wait) => pending().await,
        };
        Some((next, rest))
    });
    BodyExt::boxed(StreamBody::new(stream))
}

/// A gzip file (RFC 1952) of 40 MB of zeros in 250 kB: one literal, then "the same again, 258 times" in fixed codes
/// (RFC 1951 section 3.2.6). Its checksum is left at zero: a reader that gets that far has lost already.
fn gzip_bomb() -> Vec<u8> {
    const REPEATS: usize = 155_000;
    let mut bits = Bits::default();
    bits.push("1"); // last block
    bits.push("10"); // fixed codes: 01, least significant bit first
    bits.push("00110000"); // literal 0
    for _ in 0..REPEATS {
        bits.push("1100010100000"); // length 258, distance 1
    }
    bits.push("0000000"); // end of block
    let mut file = vec![0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255];
    file.extend(bits.bytes);
    file.extend([0; 8]);
    file
}

#[derive(Default)]
struct Bits {
    bytes: Vec<u8>,
    used: usize,
}

impl Bits {
    fn push(&mut self, bits: &str) {
        for bit in bits.bytes() {
            if self.used.is_multiple_of(8) {
                self.bytes.push(0);
            }
            if let Some(last) = self.bytes.last_mut() {
                *last |= (bit - b'0') << (self.used % 8);
            }
            self.used += 1;
        }
    }
}

/// What is gzip and does not say so: a file (RFC 1952) with one stored block.
pub(crate) fn gzip_stored(content: &[u8]) -> Vec<u8> {
    let content = &content[..content.len().min(usize::from(u16::MAX))];
    let length = u16::try_from(content.len()).unwrap_or(u16::MAX);
    let mut file = vec![0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255, 1];
    file.extend(length.to_le_bytes());
    file.extend((!length).to_le_bytes());
    file.extend(content);
    file.extend(crc32(content).to_le_bytes());
    file.extend(u32::from(length).to_le_bytes());
    file
}

fn crc32(bytes: &[u8]) -> u32 {
    let step = |crc: u32, byte: &u8| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| (crc >> 1) ^ (0xedb8_8320 & (crc & 1).wrapping_neg()))
    };
    !bytes.iter().fold(u32::MAX, step)
}
