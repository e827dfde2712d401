use crate::browser::{self, BrowserReading, ReturnAddress, ReturnWay};
use crate::check::{Category, Check, Confidence, Finding, Outcome, Owner, Requirement, Severity, Stage};
use crate::evidence::Evidence;

pub const CHECK: Check = Check {
    code: "browser-way-back",
    stage: Stage::Browser,
    category: Category::Browser,
    owner: Owner::User,
    requirement: Requirement::Should,
    reference: "RFC 8252 section 7.1; makeplane/plane-mcp-server#159",
    after: &["authz-browser-open"],
    variants: &["nobody-answers", "program-gone"],
    words: include_str!("browser_way_back.md"),
    examine,
};

fn examine(evidence: &Evidence) -> Outcome {
    let reading = match browser::seen(evidence) {
        Ok(reading) => reading,
        Err(outcome) => return outcome,
    };
    let schemes: Vec<&ReturnAddress> =
        reading.way_back.iter().filter(|address| address.way == ReturnWay::Scheme).collect();
    if schemes.is_empty() {
        return Outcome::SetAside("no client in question comes back through a scheme of its own");
    }
    let mut unknown = false;
    let mut findings = Vec::new();
    for address in schemes {
        match look(address, reading) {
            Ok(Some(finding)) => findings.push(finding),
            Ok(None) => {}
            Err(()) => unknown = true,
        }
    }
    if findings.is_empty() && unknown {
        return Outcome::Unknown("whether the client's own addresses lead to it could not be read".to_owned());
    }
    Outcome::of(findings)
}

fn look(address: &ReturnAddress, reading: &BrowserReading) -> Result<Option<Finding>, ()> {
    let scheme = address.uri.split(':').next().unwrap_or_default();
    let handler = reading.handler(scheme).ok_or(())?;
    let asked = reading.client == Some(address.client);
    let finding = |variant| {
        Finding::new(&CHECK, variant)
            .severity(if asked { Severity::Error } else { Severity::Warning })
            .confidence(Confidence::Likely)
            .affects([address.client])
            .value("client", address.client.name())
            .value("scheme", scheme.to_owned())
            .value("uri", address.uri.clone())
            .proof(format!("{} comes back to {}", address.client.name(), address.uri))
    };
    match (&handler.id, handler.installed) {
        (_, Some(true)) => Ok(None),
        (Some(id), Some(false)) => Ok(Some(
            finding("program-gone")
                .value("program", handler.program.clone().unwrap_or_else(|| id.clone()))
                .proof(format!("{scheme}:// is opened by {id}, whose program is not there")),
        )),
        // Only where every handler stands in a list that can be read is a missing one known to be missing, and only a
        // client that was asked about is known to be used here.
        (None, Some(false)) if asked => {
            Ok(Some(finding("nobody-answers").proof(format!("no program is set to open {scheme}:// addresses"))))
        }
        (None, Some(false)) => Ok(None),
        (_, None) => Err(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::browser::Handler;
    use crate::browser::sample::{linux, of, with};
    use crate::clients::ClientId;
    use crate::sample::Sample;

    fn cursor(id: Option<&str>, installed: Option<bool>, asked: bool) -> Sample {
        with(linux(), |reading| {
            reading.client = asked.then_some(ClientId::Cursor);
            reading.way_back.push(ReturnAddress {
                client: ClientId::Cursor,
                uri: "cursor://anysphere.cursor-mcp/oauth/callback".to_owned(),
                way: ReturnWay::Scheme,
                port: None,
            });
            reading.handlers.push(Handler {
                scheme: "cursor".to_owned(),
                id: id.map(str::to_owned),
                installed,
                ..Handler::default()
            });
        })
    }

    #[test]
    fn a_handler_that_is_there_passes_and_unseen_does_not() {
        assert_eq!(cursor(Some("cursor-url-handler.desktop"), Some(true), true).examine(&CHECK), Outcome::Pass);
        assert!(matches!(cursor(None, None, true).examine(&CHECK), Outcome::Unknown(_)));
        assert!(matches!(of(linux()).examine(&CHECK), Outcome::SetAside(_)));
        assert!(matches!(Sample::healthy().examine(&CHECK), Outcome::SetAside(_)));
    }

    #[test]
    fn nobody_answers_the_clients_address() {
        let finding = cursor(None, Some(false), true).finding(&CHECK);
        assert_eq!((finding.variant, finding.severity), ("nobody-answers", Severity::Error));
        assert_eq!(cursor(None, Some(false), false).examine(&CHECK), Outcome::Pass, "Cursor may not be here at all");
    }

    #[test]
    fn the_program_behind_the_address_is_gone() {
        let finding = cursor(Some("cursor-url-handler.desktop"), Some(false), true).finding(&CHECK);
        assert_eq!((finding.variant, finding.severity), ("program-gone", Severity::Error));
        let unasked = cursor(Some("cursor-url-handler.desktop"), Some(false), false).finding(&CHECK);
        assert_eq!(unasked.severity, Severity::Warning);
    }
}
