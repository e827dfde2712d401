//! Why no HTTP answer came, found in the causes behind the library's error.

use std::error::Error;
use std::io;

use mcp_auth_diagnosis::evidence::{NoAnswer, NoAnswerKind, TlsFault};

use crate::names::NameFault;
use crate::trust;

/// The kind of silence behind an error of the HTTP library. The detail names no URL: it may hold a secret.
pub(crate) fn no_answer(error: reqwest::Error) -> NoAnswer {
    let error = error.without_url();
    let causes = causes(&error);
    let kind = kind(&error, &causes);
    let mut words: Vec<String> = Vec::new();
    for cause in &causes {
        let said = cause.to_string();
        // Each layer repeats the one below it in its own words.
        if words.last().is_none_or(|last| !said.contains(last.as_str()) && !last.contains(&said)) {
            words.push(said);
        }
    }
    NoAnswer { kind, detail: words.join(": ") }
}

/// The kind behind a plain connection's error.
pub(crate) fn of_connection(error: &io::Error) -> NoAnswerKind {
    of_io(error.kind()).unwrap_or(NoAnswerKind::Other)
}

/// The TLS cause inside an error of a handshake, when there is one.
pub(crate) fn tls_fault(error: &(dyn Error + 'static)) -> Option<TlsFault> {
    causes(error)
        .into_iter()
        .find_map(|cause| cause.downcast_ref::<rustls::Error>())
        .map(|error| trust::fault(error, &[]))
}

fn kind(error: &reqwest::Error, causes: &[&(dyn Error + 'static)]) -> NoAnswerKind {
    fn first<'a, T: Error + 'static>(causes: &[&'a (dyn Error + 'static)]) -> Option<&'a T> {
        causes.iter().find_map(|cause| cause.downcast_ref::<T>())
    }
    if let Some(fault) = first::<NameFault>(causes) {
        return match fault {
            NameFault::NotFound { .. } => NoAnswerKind::NameNotFound,
            NameFault::Refused { address, .. } => NoAnswerKind::PrivateAddress { address: address.to_string() },
        };
    }
    if let Some(error) = first::<rustls::Error>(causes) {
        return NoAnswerKind::Tls { fault: trust::fault(error, &[]) };
    }
    if error.is_timeout() {
        return if error.is_connect() { NoAnswerKind::ConnectTimedOut } else { NoAnswerKind::AnswerTimedOut };
    }
    if causes.iter().any(|cause| cause.to_string().starts_with("tunnel error")) {
        return NoAnswerKind::Proxy;
    }
    if let Some(error) = first::<hyper::Error>(causes) {
        if error.is_parse_too_large() {
            return NoAnswerKind::HeadersTooLarge;
        }
        if error.is_parse() {
            return NoAnswerKind::NotHttp;
        }
        if error.is_incomplete_message() || error.is_closed() || error.is_canceled() {
            return NoAnswerKind::Closed;
        }
    }
    let io_errors = causes.iter().filter_map(|cause| cause.downcast_ref::<io::Error>());
    io_errors.filter_map(|error| of_io(error.kind())).next().unwrap_or(NoAnswerKind::Other)
}

fn of_io(kind: io::ErrorKind) -> Option<NoAnswerKind> {
    use io::ErrorKind as Io;
    match kind {
        Io::ConnectionRefused => Some(NoAnswerKind::Refused),
        Io::HostUnreachable | Io::NetworkUnreachable | Io::NetworkDown | Io::AddrNotAvailable => {
            Some(NoAnswerKind::Unreachable)
        }
        Io::ConnectionReset | Io::ConnectionAborted | Io::BrokenPipe | Io::UnexpectedEof | Io::NotConnected => {
            Some(NoAnswerKind::Closed)
        }
        Io::TimedOut => Some(NoAnswerKind::ConnectTimedOut),
        _ => None,
    }
}

/// An error and everything behind it. `io::Error::source` skips the error it wraps, so that is asked for by itself.
fn causes<'a>(error: &'a (dyn Error + 'static)) -> Vec<&'a (dyn Error + 'static)> {
    const DEEPEST: usize = 32;
    let mut all: Vec<&(dyn Error + 'static)> = Vec::new();
    let mut next: Vec<&(dyn Error + 'static)> = vec![error];
    while let Some(cause) = next.pop() {
        if all.len() == DEEPEST {
            break;
        }
        all.push(cause);
        if let Some(source) = cause.source() {
            next.push(source);
        }
        if let Some(inner) = cause.downcast_ref::<io::Error>().and_then(io::Error::get_ref) {
            next.push(inner);
        }
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tls_cause_two_levels_inside_an_io_error_is_found() {
        let tls = rustls::Error::InvalidMessage(rustls::InvalidMessage::InvalidContentType);
        let inner = io::Error::new(io::ErrorKind::InvalidData, tls);
        let outer = io::Error::other(inner);
        assert_eq!(tls_fault(&outer), Some(TlsFault::PlainHttp));
    }
}
