//! The TLS handshakes that failed: with whom, for whom, and why.

use crate::check::{Finding, Outcome, Owner};
use crate::clients::hit_by;
use crate::door::{self, Reach};
use crate::edge;
use crate::evidence::{Certificate, Evidence, NoAnswerKind, TlsFault};
use jiff::Timestamp;
use jiff::fmt::rfc2822;
use url::Url;

/// One handshake that did not end in trust.
#[derive(Debug, Clone)]
pub struct Failed {
    /// The host.
    pub host: String,
    /// It is the MCP server's own, not the authorization server's.
    pub is_server: bool,
    /// The cause.
    pub fault: TlsFault,
    /// This system's trust store refuses too. Otherwise only programs with Mozilla's roots do.
    pub everybody: bool,
    /// The chain as sent, leaf first.
    pub chain: Vec<Certificate>,
    /// Software on the way re-signed the connection; its name where the chain says it.
    pub inspected: Option<Option<&'static str>>,
}

impl Failed {
    /// The end of the chain as sent names a public authority, or an intermediate one, that was not sent along.
    pub fn lacks_intermediate(&self) -> bool {
        let [only] = self.chain.as_slice() else { return false };
        let issuer = only.issuer.to_ascii_lowercase();
        only.subject != only.issuer
            && (edge::is_public_authority(only)
                || ["intermediate", "issuing ca", "sub ca", "subca", "subordinate"]
                    .iter()
                    .any(|word| issuer.contains(word)))
    }

    /// The handshake broke down in a way that is about no certificate.
    pub fn came_to_no_certificate(&self) -> bool {
        let about_another_thing = matches!(&self.fault, TlsFault::Other { what } if !what.contains("certificate"));
        self.chain.is_empty() && about_another_thing
    }

    /// Puts host, issuer, clients and proof into a finding.
    pub fn finding(&self, finding: Finding) -> Finding {
        let issuer =
            self.chain.last().map(|last| last.issuer.clone()).unwrap_or_else(|| "an unknown authority".to_owned());
        let what = match &self.fault {
            TlsFault::Other { what } => what.clone(),
            other => format!("{other:?}"),
        };
        let who = if self.everybody {
            "this system"
        } else {
            "Mozilla's list of authorities, which Node and Python programs use,"
        };
        let proof = if self.came_to_no_certificate() {
            format!("TLS handshake with {}: it broke down before a certificate was shown ({what})", self.host)
        } else {
            format!("TLS handshake with {}: {who} refuses the certificate ({what}); issuer: {issuer}", self.host)
        };
        let finding = finding.value("host", self.host.clone()).value("issuer", issuer).value("what", what).proof(proof);
        let finding = if self.is_server { finding } else { finding.owner(Owner::AuthorizationServer) };
        if self.everybody {
            finding
        } else {
            finding.affects(hit_by(|id, _| id.ignores_system_trust()).unwrap_or_default())
        }
    }
}

/// The failed handshakes with the MCP server and its first authorization server, or why there are none to look at.
pub fn handshakes(evidence: &Evidence) -> Result<Vec<Failed>, Outcome> {
    let Some(server) = &evidence.subject.server else { return Err(Outcome::SetAside("no server was named")) };
    let issuer = evidence.issuers().into_iter().next().and_then(|issuer| Url::parse(issuer.trim()).ok());
    let origins: Vec<(&Url, bool)> = std::iter::once((server, true))
        .chain(issuer.iter().filter(|issuer| issuer.origin() != server.origin()).map(|issuer| (issuer, false)))
        .filter(|(url, _)| url.scheme() == "https")
        .collect();
    if origins.is_empty() {
        return Err(Outcome::SetAside("the connection is not encrypted"));
    }
    let mut failed = Vec::new();
    let mut looked = false;
    let mut blind = None;
    for (url, is_server) in origins {
        let system = evidence.tls.get(&door::origin(url));
        let answered = evidence
            .exchanges()
            .iter()
            .any(|exchange| exchange.outcome.is_ok() && exchange.request.url.origin() == url.origin());
        // The request itself is the better witness: it may have gone through a proxy.
        let said =
            evidence.exchanges().iter().filter(|exchange| exchange.request.url.origin() == url.origin()).find_map(
                |exchange| match &exchange.outcome {
                    Err(silence) => match &silence.kind {
                        NoAnswerKind::Tls { fault } => Some(fault.clone()),
                        _ => None,
                    },
                    Ok(_) => None,
                },
            );
        let reading = system.and_then(|fact| fact.value());
        let chain = reading.map(|reading| reading.chain.clone()).unwrap_or_default();
        let by_system = reading.and_then(|reading| reading.verdict.clone().err()).or(said).filter(|_| !answered);
        let mozilla = evidence.tls_mozilla.get(&door::origin(url)).and_then(|fact| fact.value());
        let by_mozilla = mozilla.and_then(|reading| reading.verdict.clone().err());
        looked |= answered || reading.is_some() || by_system.is_some();
        if is_server && !looked {
            blind = system.and_then(|fact| fact.seen.as_ref().err()).map(|blind| blind.why.clone());
        }
        let everybody = by_system.is_some();
        let Some(fault) = by_system.or(by_mozilla) else { continue };
        let inspected = inspected(evidence, url, &fault, everybody, &chain);
        let host = url.host_str().unwrap_or_default().to_owned();
        failed.push(Failed { host, is_server, fault, everybody, chain, inspected });
    }
    if !looked {
        return Err(Outcome::Unknown(blind.unwrap_or_else(|| "no handshake was tried".to_owned())));
    }
    Ok(failed)
}

fn inspected(
    evidence: &Evidence,
    url: &Url,
    fault: &TlsFault,
    everybody: bool,
    chain: &[Certificate],
) -> Option<Option<&'static str>> {
    if !matches!(fault, TlsFault::UnknownIssuer | TlsFault::SelfSigned | TlsFault::Other { .. }) {
        return None;
    }
    if let Some(name) = edge::inspection(chain) {
        return Some(Some(name));
    }
    // A root that was installed on this computer, on a server in public, whose certificate no public authority signed.
    let re_signed = !everybody
        && door::reach(url, evidence) == Reach::Public
        && chain.first().is_some_and(|leaf| leaf.subject != leaf.issuer)
        && !chain.iter().any(edge::is_public_authority);
    re_signed.then_some(None)
}

/// The leaf certificates that were accepted: host, who has to renew it, certificate.
pub fn accepted(evidence: &Evidence) -> impl Iterator<Item = (String, Owner, &Certificate)> {
    let server = evidence.subject.server.as_ref().map(door::origin);
    evidence.tls.iter().filter_map(move |(origin, fact)| {
        let reading = fact.value().filter(|reading| reading.verdict.is_ok())?;
        let owner = if Some(origin) == server.as_ref() { Owner::McpServer } else { Owner::AuthorizationServer };
        let host = Url::parse(origin).ok()?.host_str()?.to_owned();
        Some((host, owner, reading.chain.first()?))
    })
}

/// By how many seconds this computer's clock is ahead of the servers' (behind when negative), by the `Date` of their answers.
pub fn clock_ahead(evidence: &Evidence) -> Option<i64> {
    let mut ahead: Vec<i64> = evidence
        .exchanges()
        .iter()
        .filter_map(|exchange| {
            let date = exchange.outcome.as_ref().ok()?.headers.get("date")?;
            let theirs = rfc2822::parse(date).ok()?.timestamp().as_second();
            Some(i64::try_from(exchange.at_ms / 1000).ok()? - theirs)
        })
        .collect();
    ahead.sort_unstable();
    ahead.get(ahead.len() / 2).copied()
}

/// A day, for people.
pub fn day(seconds: i64) -> String {
    Timestamp::from_second(seconds).map(|time| time.strftime("%-d %B %Y").to_string()).unwrap_or_default()
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::evidence::{Purpose, TlsReading};
    use crate::sample::{SERVER, Sample, fact};

    fn reading(verdict: Result<(), TlsFault>, chain: &[Certificate]) -> TlsReading {
        TlsReading { verdict, version: None, chain: chain.to_vec() }
    }

    /// A server whose certificate nobody accepts.
    pub fn refused(fault: TlsFault, chain: Vec<Certificate>) -> Sample {
        Sample::unseen(SERVER).silence(Purpose::Initialize, NoAnswerKind::Tls { fault: fault.clone() }).change(
            |evidence| {
                evidence
                    .tls
                    .insert("https://mcp.example.com:443".to_owned(), fact(Ok(reading(Err(fault.clone()), &chain))));
                evidence
                    .tls_mozilla
                    .insert("https://mcp.example.com:443".to_owned(), fact(Ok(reading(Err(fault), &chain))));
            },
        )
    }

    /// A server whose certificate only this system's trust store accepts.
    pub fn refused_by_mozilla(server: &str, fault: TlsFault, chain: Vec<Certificate>) -> Sample {
        let origin = door::origin(&Url::parse(server).expect("a URL"));
        Sample::unseen(server).change(|evidence| {
            let found = crate::evidence::Addresses { ips: vec![[93, 184, 216, 34].into()], error: None };
            evidence.addresses.insert("mcp.example.com".to_owned(), fact(Ok(found)));
            evidence.tls.insert(origin.clone(), fact(Ok(reading(Ok(()), &chain))));
            evidence.tls_mozilla.insert(origin, fact(Ok(reading(Err(fault), &chain))));
        })
    }

    #[test]
    fn the_request_is_the_better_witness() {
        let answered = refused(TlsFault::UnknownIssuer, Vec::new()).answer(Purpose::Discover, 401, &[], "");
        let failed = handshakes(answered.evidence()).expect("looked");
        assert!(failed.iter().all(|one| !one.everybody));
    }

    #[test]
    fn a_day_reads_well() {
        assert_eq!(day(1_795_564_800), "25 November 2026");
    }
}
