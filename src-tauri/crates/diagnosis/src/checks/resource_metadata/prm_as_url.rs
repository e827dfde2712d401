use super::document;
use crate::check::{Category, Check, Finding, Outcome, Owner, Requirement, Stage};
use crate::clients::{Engine, hit_by};
use crate::discovery::{is_internal, metadata_forms, object};
use crate::evidence::{Evidence, MetadataForm, NoAnswerKind, Purpose};
use crate::scalekit::IdKind;
use crate::subject::is_loopback;
use url::Url;

pub const CHECK: Check = Check {
    code: "prm-as-url",
    stage: Stage::ResourceMetadata,
    category: Category::Connection,
    owner: Owner::McpServer,
    requirement: Requirement::Must,
    reference: "RFC 9728 section 2; RFC 8414 section 2",
    after: &["prm-path-wellknown", "prm-public", "prm-status", "prm-content-type", "prm-json", "prm-as-present"],
    variants: &[
        "not-a-url",
        "unsafe",
        "placeholder",
        "private-address",
        "metadata-document",
        "endpoint",
        "several-in-one",
        "blank",
        "wrong-id",
        "query",
        "http",
    ],
    words: include_str!("prm_as_url.md"),
    examine,
};

fn examine(evidence: &Evidence) -> Outcome {
    let document = match document(evidence) {
        Ok(document) => document,
        Err(outcome) => return outcome,
    };
    let issuers = document.issuers();
    // Every client that was read takes the first entry and no other.
    let Some(first) = issuers.first() else { return Outcome::SetAside("the metadata names no sign-in service") };
    let Some((variant, detail)) = fault(first, evidence) else {
        if first.trim() == *first {
            return Outcome::Pass;
        }
        // Whoever compares the name with what the service calls itself compares the blank as well.
        let hit = hit_by(|_, engine| matches!(engine, Engine::TypeScript2 | Engine::Python1 | Engine::Python2));
        let finding = Finding::new(&CHECK, "blank")
            .affects(hit.unwrap_or_default())
            .value("url", document.exchange.request.url.as_str())
            .value("issuer", first.trim())
            .proof(document.says("authorization_servers"));
        return Outcome::fail(finding);
    };
    Outcome::fail(
        Finding::new(&CHECK, variant)
            .value("url", document.exchange.request.url.as_str())
            .value("issuer", crate::discovery::tidy(first, 300))
            .value("detail", detail)
            .proof(document.says("authorization_servers")),
    )
}

fn fault(issuer: &str, evidence: &Evidence) -> Option<(&'static str, String)> {
    let plain = |variant| Some((variant, String::new()));
    // Before parsing: a placeholder often is no URL.
    let lower = issuer.to_ascii_lowercase();
    let marks =
        ["<", ">", "{", "}", "${", "your_", "your-env", "your-domain", "yourdomain", "your-tenant", "%7b", "changeme"];
    if marks.iter().any(|mark| lower.contains(mark)) {
        return plain("placeholder");
    }
    let Some(url) = Url::parse(issuer.trim()).ok() else { return plain("not-a-url") };
    if issuer.matches("://").count() > 1 {
        return plain("several-in-one");
    }
    if !matches!(url.scheme(), "http" | "https") || issuer.contains(['$', '`', '|', '\\', ' ', '"', '\'', ';']) {
        return plain("unsafe");
    }
    if !url.has_host() {
        return plain("not-a-url");
    }
    if let Some(address) = private_address(issuer, &url, evidence) {
        return Some(("private-address", address));
    }
    if url.path().contains("/.well-known/") || url.path().ends_with("/.well-known") {
        return plain("metadata-document");
    }
    if is_endpoint(issuer, &url, evidence) {
        return plain("endpoint");
    }
    let last = url.path().trim_matches('/').rsplit('/').next().unwrap_or_default();
    let kind = IdKind::of(last);
    if url.path().contains("/resources/") && kind.is_some_and(|kind| kind != IdKind::Resource) {
        return Some(("wrong-id", kind.map(IdKind::words).unwrap_or_default().to_owned()));
    }
    if url.query().is_some() || url.fragment().is_some() {
        return plain("query");
    }
    if url.scheme() == "http" && !is_loopback(&url) {
        return plain("http");
    }
    None
}

/// One of the service's addresses instead of its name: the path says so, and no instructions stand where apps look for them.
fn is_endpoint(issuer: &str, url: &Url, evidence: &Evidence) -> bool {
    const ENDS: [&str; 5] = ["/authorize", "/token", "/register", "/oauth2/auth", "/protocol/openid-connect/auth"];
    let path = url.path().trim_end_matches('/').to_ascii_lowercase();
    let forms = metadata_forms(evidence, issuer);
    ENDS.iter().any(|end| path.ends_with(end))
        && !forms.is_empty()
        && !forms.iter().any(|(_, exchange)| exchange.outcome.as_ref().is_ok_and(|answer| object(answer).is_some()))
}

/// The private address behind an issuer that a server elsewhere names: refused by the probe, or plain to see.
fn private_address(issuer: &str, url: &Url, evidence: &Evidence) -> Option<String> {
    let forms = [MetadataForm::OauthInsert, MetadataForm::OidcInsert, MetadataForm::OidcAppend];
    let refused = forms.into_iter().find_map(|form| {
        let exchange = evidence.exchange(&Purpose::ServerMetadata { issuer: issuer.to_owned(), form })?;
        match exchange.outcome.as_ref().err().map(|silence| &silence.kind) {
            Some(NoAnswerKind::PrivateAddress { address }) => Some(address.clone()),
            _ => None,
        }
    });
    let at_home = evidence.subject.server.as_ref().is_none_or(is_internal);
    refused.or_else(|| {
        let private = !at_home && is_internal(url);
        private.then(|| url.host_str().unwrap_or_default().to_owned())
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample::{ISSUER, Sample};

    fn names(issuer: &str) -> Sample {
        Sample::healthy().resource_metadata(|document| document["authorization_servers"] = vec![issuer].into())
    }

    #[test]
    fn each_variant() {
        for (issuer, variant) in [
            ("acme.scalekit.com", "not-a-url"),
            ("javascript:alert(1)", "unsafe"),
            ("smb://h/x", "unsafe"),
            ("http://a:$(calc.exe)@h/", "unsafe"),
            ("https://<your-env>.scalekit.com/resources/res_1", "placeholder"),
            ("https://YOUR_ENV.scalekit.dev", "placeholder"),
            ("http://localhost:9000", "private-address"),
            ("http://[::ffff:127.0.0.1]:6379/", "private-address"),
            ("http://10.0.0.7/", "private-address"),
            ("https://a.example/.well-known/oauth-authorization-server", "metadata-document"),
            ("https://acme.scalekit.com/resources/conn_12", "wrong-id"),
            ("https://a.example/?x=1", "query"),
            ("https://a.example,https://b.example", "several-in-one"),
            ("https://a.example\n", "blank"),
            ("http://auth.example.com", "http"),
        ] {
            assert_eq!(names(issuer).finding(&CHECK).variant, variant, "{issuer}");
        }
    }

    #[test]
    fn a_name_that_leads_into_a_private_network_is_named_with_its_address() {
        let issuer = "https://auth.example.com";
        let sample = names(issuer).silence(
            Purpose::ServerMetadata { issuer: issuer.to_owned(), form: MetadataForm::OauthInsert },
            NoAnswerKind::PrivateAddress { address: "10.1.2.3".to_owned() },
        );
        let finding = sample.finding(&CHECK);
        assert_eq!((finding.variant, finding.values["detail"].as_str()), ("private-address", "10.1.2.3"));
    }

    #[test]
    fn a_server_on_this_computer_may_name_its_neighbour() {
        let sample = names("http://localhost:9000")
            .change(|evidence| evidence.subject.server = Url::parse("http://localhost:3002/mcp").ok());
        assert_eq!(sample.examine(&CHECK), Outcome::Pass);
        assert_eq!(names(ISSUER).examine(&CHECK), Outcome::Pass);
        assert!(matches!(Sample::unseen("https://a.example/").examine(&CHECK), Outcome::Unknown(_)));
    }
}
