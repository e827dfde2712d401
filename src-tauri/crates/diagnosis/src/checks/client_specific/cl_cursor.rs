use crate::check::{Category, Check, Finding, Outcome, Owner, Requirement, Stage};
use crate::checks::UNREACHED;
use crate::clients::ClientId;
use crate::discovery;
use crate::evidence::Evidence;

pub const CHECK: Check = Check {
    code: "cl-cursor",
    stage: Stage::ClientSpecific,
    category: Category::Client,
    owner: Owner::User,
    requirement: Requirement::Should,
    reference: "TypeScript SDK 1, resource check",
    after: UNREACHED,
    variants: &["other-address"],
    words: include_str!("cl_cursor.md"),
    examine,
};

fn examine(evidence: &Evidence) -> Outcome {
    match discovery::configured_otherwise(evidence, ClientId::Cursor) {
        Err(outcome) => outcome,
        Ok(None) => Outcome::Pass,
        Ok(Some(other)) => Outcome::fail(
            Finding::new(&CHECK, "other-address")
                .affects([ClientId::Cursor])
                .value("config", other.config.clone())
                .value("entry", other.name.clone())
                .value("resource", other.resource.clone())
                .compare("The server calls itself", other.resource, "The settings say", other.url)
                .proof(format!(
                    "{}{}",
                    other.config,
                    other.line.map(|line| format!(", line {line}")).unwrap_or_default()
                )),
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample::{SERVER, Sample};

    #[test]
    fn a_healthy_server_is_fine() {
        assert!(matches!(Sample::healthy().examine(&CHECK), Outcome::SetAside(_)));
    }

    #[test]
    fn nothing_seen_is_never_a_pass() {
        let outcome = Sample::unseen(SERVER).examine(&CHECK);
        assert!(matches!(outcome, Outcome::Unknown(_) | Outcome::SetAside(_)), "{outcome:?}");
    }

    #[test]
    fn an_entry_that_differs_from_the_servers_own_address_is_told() {
        let own = "https://mcp.example.com/mcp/";
        let with = |url: &str| {
            Sample::healthy()
                .resource_metadata(|document| document["resource"] = own.into())
                .change(|evidence| evidence.subject.server = url::Url::parse(own).ok())
                .configured(ClientId::Cursor, url, crate::computer::Route::Native { transport: None })
        };
        assert_eq!(with(own).examine(&CHECK), Outcome::Pass);
        assert_eq!(with("https://mcp.example.com/mcp").finding(&CHECK).variant, "other-address");
    }
}
