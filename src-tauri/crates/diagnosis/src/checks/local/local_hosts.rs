use crate::check::{Category, Check, Confidence, Finding, Outcome, Owner, Requirement, Severity, Stage};
use crate::computer::concern;
use crate::computer::{HostsEntry, HostsReading};
use crate::evidence::{Evidence, Look, Purpose};

pub const CHECK: Check = Check {
    code: "local-hosts",
    stage: Stage::Local,
    category: Category::Connection,
    owner: Owner::User,
    requirement: Requirement::Should,
    reference: "hosts(5); RFC 6761 section 6.3 (localhost)",
    after: &[],
    variants: &["override", "localhost-elsewhere"],
    words: include_str!("local_hosts.md"),
    examine,
};

fn examine(evidence: &Evidence) -> Outcome {
    let computer = match concern::computer(evidence) {
        Ok(computer) => computer,
        Err(outcome) => return outcome,
    };
    let hosts = &computer.hosts;
    let Some(file) = &hosts.file else { return Outcome::SetAside("the hosts file was not looked at") };
    if let Some(why) = &hosts.unreadable {
        return Outcome::Unknown(format!("{file} {why}"));
    }
    let mut findings = Vec::new();
    for (host, purpose) in hosts_of(evidence) {
        let Some(entry) = hosts.overrides.iter().find(|entry| entry.name == host) else { continue };
        let silent = matches!(evidence.look(&purpose), Look::NoAnswer(_));
        // What works is left alone: people point names at their own computer on purpose.
        if silent {
            findings.push(overridden(file, entry));
        }
    }
    if let Some(address) = elsewhere(hosts) {
        findings.push(
            Finding::new(&CHECK, "localhost-elsewhere")
                .value("file", file.clone())
                .value("address", address.clone())
                .proof(format!("{file}: {address} localhost")),
        );
    }
    Outcome::of(findings)
}

/// The server and its sign-in service, with a request that says whether they answer.
fn hosts_of(evidence: &Evidence) -> Vec<(String, Purpose)> {
    let mut hosts = Vec::new();
    let name = |url: &url::Url| url.domain().map(str::to_ascii_lowercase);
    if let Some(host) = evidence.subject.server.as_ref().and_then(name) {
        hosts.push((host, Purpose::Initialize));
    }
    for exchange in evidence.exchanges() {
        if let (Purpose::ServerMetadata { .. }, Some(host)) = (&exchange.purpose, name(&exchange.request.url))
            && !hosts.iter().any(|(have, _)| *have == host)
        {
            hosts.push((host, exchange.purpose.clone()));
        }
    }
    hosts
}

fn overridden(file: &str, entry: &HostsEntry) -> Finding {
    Finding::new(&CHECK, "override")
        .severity(Severity::Error)
        .confidence(Confidence::Likely)
        .value("file", file)
        .value("line", entry.line.to_string())
        .value("host", entry.name.clone())
        .value("address", entry.address.clone())
        .proof(format!("{file}:{}: {} {}", entry.line, entry.address, entry.name))
}

/// `localhost` given to an address that is not this computer.
fn elsewhere(hosts: &HostsReading) -> Option<&String> {
    hosts.localhost.iter().find(|address| {
        let ip = address.split('%').next().unwrap_or(address).parse::<std::net::IpAddr>();
        // fe80::1 is what old Macs write.
        ip.is_ok_and(|ip| !ip.is_loopback() && !address.starts_with("fe80"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::computer::Computer;
    use crate::computer::sample::of;
    use crate::evidence::NoAnswerKind;
    use crate::sample::Sample;

    fn with(hosts: HostsReading) -> Sample {
        of(Computer { hosts: HostsReading { file: Some("/etc/hosts".to_owned()), ..hosts }, ..Computer::default() })
    }

    fn entry() -> HostsReading {
        let entry = HostsEntry { name: "mcp.example.com".to_owned(), address: "10.0.0.9".to_owned(), line: 4 };
        HostsReading { overrides: vec![entry], ..HostsReading::default() }
    }

    #[test]
    fn a_usual_file_is_fine_and_unseen_is_set_aside() {
        let usual =
            HostsReading { localhost: vec!["127.0.0.1".to_owned(), "::1".to_owned()], ..HostsReading::default() };
        assert_eq!(with(usual).examine(&CHECK), Outcome::Pass);
        assert!(matches!(Sample::healthy().examine(&CHECK), Outcome::SetAside(_)));
        let unreadable = HostsReading { unreadable: Some("may not be read".to_owned()), ..HostsReading::default() };
        assert!(matches!(with(unreadable).examine(&CHECK), Outcome::Unknown(_)));
    }

    #[test]
    fn an_own_address_counts_only_where_nothing_answers() {
        assert_eq!(with(entry()).examine(&CHECK), Outcome::Pass);
        let finding = with(entry()).silence(Purpose::Initialize, NoAnswerKind::ConnectTimedOut).finding(&CHECK);
        assert_eq!((finding.variant, finding.values["line"].as_str()), ("override", "4"));
    }

    #[test]
    fn it_is_said_before_the_silence_that_it_causes() {
        let sample = with(entry()).silence(Purpose::Initialize, NoAnswerKind::ConnectTimedOut);
        let verdict = crate::triage::diagnose(sample.evidence(), 0).verdict.expect("a verdict");
        assert_eq!(verdict.code, "local-hosts");
    }

    #[test]
    fn localhost_is_this_computer() {
        let odd = HostsReading { localhost: vec!["192.168.0.2".to_owned()], ..HostsReading::default() };
        assert_eq!(with(odd).finding(&CHECK).variant, "localhost-elsewhere");
    }
}
