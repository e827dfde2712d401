//! The ways in which an answer can be bad, played out byte by byte on the connection.

use std::io;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::world::{Hits, Reply};

/// One way of being bad.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    // Of the listener: whatever is asked.
    Refuse,
    ResetOnConnect,
    CloseOnConnect,
    SilentOnConnect,
    SpeaksFirst,
    BadTlsRecords,
    TlsAlertLoop,
    TlsHalfHandshake,
    HttpsToHttp,
    // Of the answer: before it, in its head.
    Reset,
    Close,
    Stall,
    Trickle,
    ResetAfterHead,
    StallAfterHead,
    EndlessHeaders,
    GiantHeader,
    EndlessContinue,
    EndlessHints,
    SwitchesProtocols,
    NotHttp,
    RandomBytes,
    Http09,
    BadStatus,
    ControlBytesInHeader,
    ManyChallenges,
    // Of its length and body.
    CutBody,
    StallInBody,
    TrickleBody,
    LengthTooLong,
    LengthTooShort,
    TwoLengths,
    ImpossibleLength,
    BadChunks,
    HugeChunk,
    CutChunk,
    FiftyMegabytes,
    EndlessBody,
    GzipBomb,
    EventStreamWithoutEnd,
    // Redirects.
    TwentyFiveRedirects,
    RedirectLoop,
    RedirectNowhere,
    RedirectToScript,
    // Of the content.
    DeepLists,
    DeepObjects,
    DuplicateKeys,
    HugeNumbers,
    WrongTypes,
    NotUtf8,
    ManyMembers,
    LongText,
    TerminalText,
    EmptyBody,
}

/// Where a fault does its harm.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// There is no answer at all.
    Connection,
    /// There is no readable head.
    Head,
    /// The answer sends elsewhere.
    Redirect,
    /// The head is right, what follows is not.
    Body,
    /// It is only unusual: a right answer is still there.
    Nowhere,
}

use Fault as F;

impl Fault {
    /// Those of a whole listener.
    pub const OF_LISTENER: [Self; 9] = [
        F::Refuse,
        F::ResetOnConnect,
        F::CloseOnConnect,
        F::SilentOnConnect,
        F::SpeaksFirst,
        F::BadTlsRecords,
        F::TlsAlertLoop,
        F::TlsHalfHandshake,
        F::HttpsToHttp,
    ];

    /// Those of one answer.
    pub const OF_ANSWER: [Self; 45] = [
        F::Reset,
        F::Close,
        F::Stall,
        F::Trickle,
        F::ResetAfterHead,
        F::StallAfterHead,
        F::EndlessHeaders,
        F::GiantHeader,
        F::EndlessContinue,
        F::EndlessHints,
        F::SwitchesProtocols,
        F::NotHttp,
        F::RandomBytes,
        F::Http09,
        F::BadStatus,
        F::ControlBytesInHeader,
        F::ManyChallenges,
        F::CutBody,
        F::StallInBody,
        F::TrickleBody,
        F::LengthTooLong,
        F::LengthTooShort,
        F::TwoLengths,
        F::ImpossibleLength,
        F::BadChunks,
        F::HugeChunk,
        F::CutChunk,
        F::FiftyMegabytes,
        F::EndlessBody,
        F::GzipBomb,
        F::EventStreamWithoutEnd,
        F::TwentyFiveRedirects,
        F::RedirectLoop,
        F::RedirectNowhere,
        F::RedirectToScript,
        F::DeepLists,
        F::DeepObjects,
        F::DuplicateKeys,
        F::HugeNumbers,
        F::WrongTypes,
        F::NotUtf8,
        F::ManyMembers,
        F::LongText,
        F::TerminalText,
        F::EmptyBody,
    ];

    /// Whether the address of the listener says https.
    pub fn over_tls(self) -> bool {
        matches!(self, F::BadTlsRecords | F::TlsAlertLoop | F::TlsHalfHandshake | F::HttpsToHttp)
    }

    /// Where it does its harm.
    pub fn part(self) -> Part {
        match self {
            F::HttpsToHttp => Part::Redirect,
            _ if Self::OF_LISTENER.contains(&self) => Part::Connection,
            F::Reset
            | F::Close
            | F::Stall
            | F::Trickle
            | F::EndlessHeaders
            | F::GiantHeader
            | F::EndlessContinue
            | F::EndlessHints
            | F::SwitchesProtocols
            | F::NotHttp
            | F::RandomBytes
            | F::Http09
            | F::BadStatus
            | F::ControlBytesInHeader => Part::Head,
            F::TwentyFiveRedirects | F::RedirectLoop | F::RedirectNowhere | F::RedirectToScript => Part::Redirect,
            F::DuplicateKeys | F::ManyMembers | F::ManyChallenges | F::LongText => Part::Nowhere,
            _ => Part::Body,
        }
    }
}

/// What a listener does instead of serving. `HttpsToHttp` is played by the world, which has the certificate.
pub async fn instead_of_serving(fault: Fault, mut stream: TcpStream, hits: &Hits) -> io::Result<()> {
    match fault {
        F::ResetOnConnect => stream.set_zero_linger(),
        F::SilentOnConnect => hold(&mut stream).await,
        F::SpeaksFirst => {
            write(&mut stream, hits, b"220 mail.example.com ESMTP ready\r\n").await?;
            hold(&mut stream).await
        }
        F::BadTlsRecords => {
            first(&mut stream).await?;
            // A handshake record that says it is 64 KB long, then noise.
            write(&mut stream, hits, b"\x16\x03\x03\xff\xff").await?;
            write(&mut stream, hits, &noise(64 * 1024)).await?;
            hold(&mut stream).await
        }
        F::TlsAlertLoop => {
            first(&mut stream).await?;
            // Warning alerts without end: user_canceled.
            flood(&mut stream, hits, &b"\x15\x03\x03\x00\x02\x01\x5a".repeat(500)).await
        }
        F::TlsHalfHandshake => {
            first(&mut stream).await?;
            // The beginning of a ServerHello, and then nothing.
            write(&mut stream, hits, b"\x16\x03\x03\x00\x7a\x02\x00\x00\x76\x03\x03").await?;
            hold(&mut stream).await
        }
        _ => Ok(()),
    }
}

/// Plays the fault out instead of giving this answer. `here` is the address that was asked, `origin` its origin.
pub async fn play(
    fault: Fault,
    stream: &mut TcpStream,
    hits: &Hits,
    right: &Reply,
    path: &str,
    origin: &str,
) -> io::Result<()> {
    let head = |more: &str| format!("{}{more}\r\n", right.head());
    let sized = |body: &[u8]| [head(&format!("content-length: {}\r\n", body.len())).as_bytes(), body].concat();
    let json = |status: u16, body: &[u8]| {
        let head = Reply { status, ..right.clone() }.json().head();
        [format!("{head}content-length: {}\r\n\r\n", body.len()).as_bytes(), body].concat()
    };
    let body = right.body.as_bytes();
    // An answer without a body of its own gets one, so that there is something to break off.
    let body = if body.is_empty() { b"{\"a\": \"body\"}".as_slice() } else { body };
    let redirect = |to: &str| format!("HTTP/1.1 307 Temporary\r\nlocation: {to}\r\ncontent-length: 0\r\n\r\n");
    let good = if right.status < 300 { right.status } else { 200 };
    match fault {
        F::Reset => return stream.set_zero_linger(),
        F::Stall => return hold(stream).await,
        F::Trickle => trickle(stream, hits, &sized(body)).await?,
        F::ResetAfterHead => {
            write(stream, hits, head("content-length: 64\r\n").as_bytes()).await?;
            return stream.set_zero_linger();
        }
        F::StallAfterHead => {
            write(stream, hits, head("content-length: 64\r\n").as_bytes()).await?;
            return hold(stream).await;
        }
        F::EndlessHeaders => {
            write(stream, hits, right.head().as_bytes()).await?;
            let many = "x-and-another: one more, and there is no end to them\r\n".repeat(200);
            return flood(stream, hits, many.as_bytes()).await;
        }
        F::GiantHeader => {
            write(stream, hits, format!("{}x-long: ", right.head()).as_bytes()).await?;
            return flood(stream, hits, &[b'x'; 16 * 1024]).await;
        }
        F::EndlessContinue => return flood(stream, hits, &b"HTTP/1.1 100 Continue\r\n\r\n".repeat(100)).await,
        F::EndlessHints => {
            return flood(stream, hits, &b"HTTP/1.1 103 Early Hints\r\nlink: </x>\r\n\r\n".repeat(100)).await;
        }
        F::SwitchesProtocols => {
            write(
                stream,
                hits,
                b"HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\nconnection: upgrade\r\n\r\n",
            )
            .await?;
            return hold(stream).await;
        }
        F::NotHttp => write(stream, hits, b"-ERR unknown command\r\nSSH-2.0-OpenSSH_9.6\r\n").await?,
        F::RandomBytes => write(stream, hits, &noise(4096)).await?,
        F::Http09 => write(stream, hits, b"<html>An answer of 1991, without a head</html>").await?,
        F::BadStatus => write(stream, hits, b"HTTP/1.1 99999999999999999999 Yes\r\ncontent-length: 0\r\n\r\n").await?,
        F::ControlBytesInHeader => {
            let more = b"x-bell: \x07\x1b]0;owned\x07\r\nx-\x00name: 1\r\n";
            write(stream, hits, &[right.head().as_bytes(), more, b"content-length: 0\r\n\r\n"].concat()).await?;
        }
        F::ManyChallenges => {
            let many = format!("www-authenticate: Bearer {}\r\n", "a=\"b\", Basic realm=\"\\\"".repeat(100)).repeat(20);
            let more = format!("{many}content-length: {}\r\n", right.body.len());
            write(stream, hits, [head(&more).as_bytes(), right.body.as_bytes()].concat().as_slice()).await?;
        }
        F::CutBody => {
            write(stream, hits, head(&format!("content-length: {}\r\n", body.len())).as_bytes()).await?;
            write(stream, hits, &body[..body.len() / 2]).await?;
        }
        F::StallInBody => {
            write(stream, hits, head(&format!("content-length: {}\r\n", body.len())).as_bytes()).await?;
            write(stream, hits, &body[..body.len() / 2]).await?;
            return hold(stream).await;
        }
        F::TrickleBody => {
            write(stream, hits, head(&format!("content-length: {}\r\n", body.len() + 3600)).as_bytes()).await?;
            trickle(stream, hits, &[body, &[b' '; 3600]].concat()).await?;
        }
        F::LengthTooLong => {
            write(stream, hits, head(&format!("content-length: {}\r\n", body.len() + 100)).as_bytes()).await?;
            write(stream, hits, body).await?;
        }
        F::LengthTooShort => {
            write(stream, hits, head(&format!("content-length: {}\r\n", body.len() / 2)).as_bytes()).await?;
            write(stream, hits, body).await?;
        }
        F::TwoLengths => {
            write(stream, hits, head("content-length: 4\r\ncontent-length: 40\r\n").as_bytes()).await?;
            write(stream, hits, body).await?;
        }
        F::ImpossibleLength => {
            write(stream, hits, head("content-length: 99999999999999999999999\r\n").as_bytes()).await?;
            write(stream, hits, body).await?;
        }
        F::BadChunks => {
            write(stream, hits, head("transfer-encoding: chunked\r\n").as_bytes()).await?;
            write(stream, hits, b"zz\r\nno number at all\r\n").await?;
        }
        F::HugeChunk => {
            write(stream, hits, head("transfer-encoding: chunked\r\n").as_bytes()).await?;
            write(stream, hits, b"fffffffffffffff0\r\n").await?;
            return flood(stream, hits, &[b' '; 16 * 1024]).await;
        }
        F::CutChunk => {
            write(stream, hits, head("transfer-encoding: chunked\r\n").as_bytes()).await?;
            write(stream, hits, format!("{:x}\r\n", body.len() + 50).as_bytes()).await?;
            write(stream, hits, body).await?;
        }
        F::FiftyMegabytes => {
            const LENGTH: usize = 50 * 1024 * 1024;
            write(stream, hits, head(&format!("content-length: {LENGTH}\r\n")).as_bytes()).await?;
            for _ in 0..LENGTH / (64 * 1024) {
                write(stream, hits, &[b' '; 64 * 1024]).await?;
            }
        }
        F::EndlessBody => {
            write(stream, hits, head("transfer-encoding: chunked\r\n").as_bytes()).await?;
            return flood(stream, hits, format!("4000\r\n{}\r\n", " ".repeat(0x4000)).as_bytes()).await;
        }
        F::GzipBomb => {
            let bomb = gzip_bomb();
            let head = head(&format!("content-encoding: gzip\r\ncontent-length: {}\r\n", bomb.len()));
            write(stream, hits, &[head.as_bytes(), &bomb].concat()).await?;
        }
        F::EventStreamWithoutEnd => {
            write(stream, hits, b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n\r\n").await?;
            return flood(stream, hits, &b": still here\n".repeat(1000)).await;
        }
        F::TwentyFiveRedirects => {
            let step: usize = path.rsplit_once("/step/").and_then(|(_, at)| at.parse().ok()).unwrap_or(0);
            if step == 25 {
                write(stream, hits, &sized(right.body.as_bytes())).await?;
            } else {
                write(stream, hits, redirect(&format!("{origin}/step/{}", step + 1)).as_bytes()).await?;
            }
        }
        F::RedirectLoop => write(stream, hits, redirect(&format!("{origin}{path}")).as_bytes()).await?,
        F::RedirectNowhere => write(stream, hits, redirect("http://[::1").as_bytes()).await?,
        F::RedirectToScript => write(stream, hits, redirect("javascript:alert(1)").as_bytes()).await?,
        F::DeepLists => write(stream, hits, &json(good, "[".repeat(60_000).as_bytes())).await?,
        F::DeepObjects => {
            let deep = [&b"{\"resource\":".repeat(5_000)[..], b"1", &b"}".repeat(5_000)[..]].concat();
            write(stream, hits, &json(good, &deep)).await?;
        }
        F::DuplicateKeys => {
            // The last one counts for most readers.
            let twice = match right.body.strip_prefix('{') {
                Some(rest) => format!("{{\"issuer\":\"https://evil.example\",\"resource\":1,{rest}"),
                None => "{\"a\":1,\"a\":2}".to_owned(),
            };
            write(stream, hits, &json(good, twice.as_bytes())).await?;
        }
        F::HugeNumbers => {
            let huge = "9".repeat(4000);
            let text = format!(
                "{{\"resource\":{huge},\"authorization_servers\":[1e999999,-{huge}],\"issuer\":1e-999999,\"expires_in\":{huge},\
                 \"access_token\":-0,\"client_id\":{huge},\"jsonrpc\":\"2.0\",\"result\":{huge},\"keys\":[{huge}]}}"
            );
            write(stream, hits, &json(good, text.as_bytes())).await?;
        }
        F::WrongTypes => write(stream, hits, &json(good, wrong_types(&right.body).as_bytes())).await?,
        F::NotUtf8 => {
            let bytes: Vec<u8> = body.iter().flat_map(|byte| [*byte, 0xff, 0xc3]).collect();
            write(stream, hits, &json(good, &bytes)).await?;
        }
        F::ManyMembers => {
            let many: String = (0..2_000).map(|at| format!("\"member-{at}\":{at},")).collect();
            let text = if right.body.starts_with('{') {
                format!("{{{many}{}", &right.body[1..])
            } else {
                format!("{{{many}\"end\":1}}")
            };
            write(stream, hits, &json(right.status, text.as_bytes())).await?;
        }
        F::LongText => {
            let text = format!("{}\n{}", right.body, " ".repeat(30_000));
            write(stream, hits, &sized(text.as_bytes())).await?;
        }
        F::TerminalText => {
            let text = "\u{1b}]0;owned\u{7}\u{1b}[2J\u{202e}\u{0}<script>alert(1)</script>\u{ffff}";
            write(stream, hits, &json(right.status.max(400), text.as_bytes())).await?;
        }
        F::EmptyBody => write(stream, hits, &sized(b"")).await?,
        _ => {}
    }
    stream.shutdown().await
}

/// Every value of a document replaced by one of another type.
fn wrong_types(text: &str) -> String {
    fn wrong(value: &serde_json::Value) -> serde_json::Value {
        use serde_json::{Value, json};
        match value {
            Value::Null => json!("null"),
            Value::Bool(_) => json!("true"),
            Value::Number(number) => json!([number.to_string()]),
            Value::String(_) => json!({"is": ["not", "a", "text"], "at": -1}),
            Value::Array(_) => json!("[]"),
            Value::Object(_) => json!([[], {}, null, 1.5]),
        }
    }
    match serde_json::from_str::<serde_json::Value>(text) {
        Ok(serde_json::Value::Object(object)) => {
            let changed = object.iter().map(|(name, value)| (name.clone(), wrong(value)));
            serde_json::Value::Object(changed.collect()).to_string()
        }
        _ => "[null, 1, {\"issuer\": {}}]".to_owned(),
    }
}

/// Writes the same again and again, at a rate that leaves the other side time to act.
async fn flood(stream: &mut TcpStream, hits: &Hits, bytes: &[u8]) -> io::Result<()> {
    loop {
        write(stream, hits, bytes).await?;
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

async fn trickle(stream: &mut TcpStream, hits: &Hits, bytes: &[u8]) -> io::Result<()> {
    for byte in bytes {
        write(stream, hits, &[*byte]).await?;
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
    Ok(())
}

/// Says nothing more, until the other side has had enough.
async fn hold(stream: &mut TcpStream) -> io::Result<()> {
    let mut rest = [0; 1024];
    while stream.read(&mut rest).await? > 0 {}
    Ok(())
}

async fn first(stream: &mut TcpStream) -> io::Result<()> {
    stream.read(&mut [0; 4096]).await.map(drop)
}

/// Writes and counts what the system took.
pub async fn write(stream: &mut TcpStream, hits: &Hits, mut bytes: &[u8]) -> io::Result<()> {
    while !bytes.is_empty() {
        let taken = stream.write(bytes).await?;
        if taken == 0 {
            return Err(io::ErrorKind::WriteZero.into());
        }
        hits.wrote(taken);
        bytes = &bytes[taken..];
    }
    Ok(())
}

/// Always the same bytes, of every kind.
fn noise(length: usize) -> Vec<u8> {
    let mut state = 0x2545_f491_4f6c_dd1d_u64;
    let next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state.to_le_bytes()[3]
    };
    std::iter::repeat_with(next).take(length).collect()
}

/// A gzip file (RFC 1952) that unpacks to 40 MB of zeros: one literal, then "the same again, 258 times" in fixed codes
/// (RFC 1951 section 3.2.6).
fn gzip_bomb() -> Vec<u8> {
    let mut file = vec![0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255];
    let (mut byte, mut used) = (0_u8, 0);
    let mut push = |bits: &str| {
        for bit in bits.bytes() {
            byte |= (bit - b'0') << used;
            used += 1;
            if used == 8 {
                file.push(std::mem::take(&mut byte));
                used = 0;
            }
        }
    };
    push("11000110000");
    for _ in 0..155_000 {
        push("1100010100000");
    }
    push("00000000000000");
    file.extend([0; 8]);
    file
}
