use crate::check::{Category, Check, Confidence, Finding, Outcome, Owner, Requirement, Stage};
use crate::evidence::{Evidence, NoAnswerKind};

pub const CHECK: Check = Check {
    code: "reach-dns",
    stage: Stage::Reach,
    category: Category::Connection,
    owner: Owner::Network,
    requirement: Requirement::Must,
    reference: "RFC 1034; RFC 6761",
    after: &["reach-url-valid"],
    variants: &["not-found", "private-name", "no-resolver"],
    words: include_str!("reach_dns.md"),
    examine,
};

fn examine(evidence: &Evidence) -> Outcome {
    let Some(server) = &evidence.subject.server else { return Outcome::SetAside("no server was named") };
    if evidence.server_answered() {
        return Outcome::Pass;
    }
    let host = server.host_str().unwrap_or_default().to_ascii_lowercase();
    let looked_up = evidence.addresses.get(&host);
    let unknown = evidence.silence().is_some_and(|silence| silence.kind == NoAnswerKind::NameNotFound);
    match looked_up.map(|fact| &fact.seen) {
        Some(Ok(addresses)) if !addresses.ips.is_empty() => Outcome::Pass,
        Some(Ok(addresses)) => not_found(&host, addresses.error.as_deref()),
        _ if unknown => not_found(&host, evidence.silence().map(|silence| silence.detail.as_str())),
        Some(Err(blind)) => Outcome::Unknown(blind.why.clone()),
        None => Outcome::Unknown("the name was not looked up".to_owned()),
    }
}

fn not_found(host: &str, words: Option<&str>) -> Outcome {
    let words = words.unwrap_or("no address");
    // Names under these domains never have an address (RFC 6761, RFC 2606), whatever the resolver's mood.
    let never = ["invalid", "example", "test", "localhost"].iter().any(|last| host.rsplit('.').next() == Some(last));
    let finding = if !never && (words.contains("Temporary failure") || words.contains("no answer from the resolver")) {
        Finding::new(&CHECK, "no-resolver").confidence(Confidence::Likely)
    } else if host.ends_with(".local") || host.ends_with(".internal") || !host.contains('.') {
        Finding::new(&CHECK, "private-name").owner(Owner::User)
    } else {
        Finding::new(&CHECK, "not-found").owner(Owner::User)
    };
    Outcome::fail(finding.value("host", host).proof(format!("look-up of {host}: {words}")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample::{SERVER, Sample};

    #[test]
    fn a_healthy_server_is_fine() {
        assert!(matches!(Sample::healthy().examine(&CHECK), Outcome::Pass));
    }

    #[test]
    fn nothing_seen_is_never_a_pass() {
        let outcome = Sample::unseen(SERVER).examine(&CHECK);
        assert!(matches!(outcome, Outcome::Unknown(_) | Outcome::SetAside(_)), "{outcome:?}");
    }

    fn without(host: &str, error: &str) -> Sample {
        let addresses = crate::evidence::Addresses { ips: Vec::new(), error: Some(error.to_owned()) };
        Sample::unseen(&format!("https://{host}/mcp")).change(|evidence| {
            evidence.addresses.insert(host.to_owned(), crate::sample::fact(Ok(addresses)));
        })
    }

    #[test]
    fn a_name_without_address_is_told_from_a_resolver_that_fails() {
        assert_eq!(without("mcp.acme.dev", "Name or service not known").finding(&CHECK).variant, "not-found");
        assert_eq!(
            without("mcp.acme.dev", "Temporary failure in name resolution").finding(&CHECK).variant,
            "no-resolver"
        );
        assert_eq!(without("a.invalid", "Temporary failure in name resolution").finding(&CHECK).variant, "not-found");
        assert_eq!(without("wiki", "Name or service not known").finding(&CHECK).variant, "private-name");
    }

    #[test]
    fn an_answer_through_a_proxy_proves_the_name() {
        let sample = without("mcp.example.com", "x").answer(crate::evidence::Purpose::Initialize, 401, &[], "");
        assert_eq!(sample.examine(&CHECK), Outcome::Pass);
    }
}
