use crate::authorize::{self, CACHED_CLIENT, Reading, UNKNOWN_CLIENT};
use crate::check::{Category, Check, Confidence, Finding, Outcome, Owner, Requirement, Stage};
use crate::clients::ClientId;
use crate::computer::concern::{self, clear, whose_entry};
use crate::computer::mcp_remote::{Version, forgets_other_redirect, loopback_port, stored_port_wins};
use crate::computer::{ConfiguredServer, Held, StoredEntry};
use crate::discovery::line;
use crate::evidence::Evidence;
use crate::scalekit::is_right_issuer;

pub const CHECK: Check = Check {
    code: "reg-stale",
    stage: Stage::Registration,
    category: Category::RedirectUri,
    owner: Owner::User,
    requirement: Requirement::Should,
    reference: "MCP SEP-2352 (clients keep one registration for each authorization server); RFC 6749 sections 4.1.2.1 and 5.2",
    after: &[],
    variants: &[
        "unknown-client",
        "return-address-refused",
        "foreign-redirect",
        "redirect-changed",
        "other-issuer",
        "ended",
    ],
    words: include_str!("reg_stale.md"),
    examine,
};

fn examine(evidence: &Evidence) -> Outcome {
    let computer = match concern::computer(evidence) {
        Ok(computer) => computer,
        Err(outcome) => return outcome,
    };
    let registered: Vec<(&StoredEntry, Option<&ConfiguredServer>)> = concern::stored(evidence, computer)
        .into_iter()
        .filter(|(entry, _)| entry.holds.contains(&Held::Registration) && entry.looked_into)
        .collect();
    if registered.is_empty() {
        return Outcome::SetAside("no registration is stored for this server on this computer");
    }
    let mut findings = Vec::new();
    let mut unsure = None;
    for (entry, user) in registered {
        if let Some(finding) = by_itself(entry, user, evidence) {
            findings.push(finding);
            continue;
        }
        match asked(entry, user, evidence) {
            Ok(Some(finding)) => findings.push(finding),
            Ok(None) => {}
            Err(why) => unsure = Some(why),
        }
    }
    match unsure {
        Some(why) if findings.is_empty() => Outcome::Unknown(why),
        _ => Outcome::of(findings),
    }
}

fn finding(entry: &StoredEntry, user: Option<&ConfiguredServer>, variant: &'static str) -> Finding {
    let place = entry.files.iter().find(|file| file.kind == Held::Registration).map_or(&entry.store, |file| &file.path);
    Finding::new(&CHECK, variant)
        .affects(whose_entry(entry, user))
        .value("client", user.map_or(entry.client, |user| user.client).name())
        .value("client_id", entry.client_id.clone().unwrap_or_default())
        .value("place", place.clone())
        .action(clear(entry))
}

/// What can be told without asking anybody.
fn by_itself(entry: &StoredEntry, user: Option<&ConfiguredServer>, evidence: &Evidence) -> Option<Finding> {
    if let Some(at) = entry.secret_expires_at_ms.filter(|at| *at <= evidence.began_ms) {
        let proof = format!("client_secret_expires_at lies {} hours back", (evidence.began_ms - at) / 3_600_000);
        return Some(finding(entry, user, "ended").proof(proof));
    }
    if let Some(stored) = &entry.issuer {
        let mut now = evidence.issuers();
        now.extend(evidence.server_metadata_read().and_then(|read| read.text("issuer").map(str::to_owned)));
        let stored = stored.trim_end_matches('/');
        let same = |named: &String| {
            let named = named.trim_end_matches('/');
            named == stored || is_right_issuer(stored, named) || is_right_issuer(named, stored)
        };
        if let Some(current) = now.first().filter(|_| !now.iter().any(same)) {
            let finding = finding(entry, user, "other-issuer").confidence(Confidence::Likely);
            return Some(finding.compare("registered at", stored, "the server names", current.clone()));
        }
    }
    let uses = user?.mcp_remote.as_ref()?;
    let version = Version::parse(uses.version.as_deref()?)?;
    if entry.client != ClientId::McpRemote || uses.static_client || entry.redirect_uris.is_empty() {
        return None;
    }
    let registered = entry.redirect_uris.join(", ");
    let loopback = entry.redirect_uris.iter().find_map(|uri| loopback_port(uri));
    if loopback.is_none() && !forgets_other_redirect(version) {
        let finding = finding(entry, user, "foreign-redirect").value("version", version.to_string());
        return Some(finding.proof(format!("redirect_uris: {registered}")));
    }
    let expected = uses.redirect_uri.as_deref()?;
    // Versions that take the stored address as it is, or notice the difference themselves, get along.
    if stored_port_wins(version) || forgets_other_redirect(version) {
        return None;
    }
    // The oldest ones take a free port when theirs is held, and never register again.
    let held = evidence.computer.as_ref().and_then(|fact| fact.value()).is_some_and(|computer| {
        computer
            .ports
            .iter()
            .any(|one| Some(one.port) == uses.port && matches!(one.state, crate::computer::PortState::Held { .. }))
    });
    if !held && entry.redirect_uris.iter().any(|uri| uri == expected) {
        return None;
    }
    let will = if held { "another port, because its own is held".to_owned() } else { expected.to_owned() };
    Some(finding(entry, user, "redirect-changed").value("version", version.to_string()).compare(
        "registered",
        registered,
        "will be used",
        will,
    ))
}

/// What the sign-in service says of it.
fn asked(entry: &StoredEntry, user: Option<&ConfiguredServer>, evidence: &Evidence) -> Result<Option<Finding>, String> {
    let Some(client_id) = entry.client_id.as_deref() else { return Ok(None) };
    let all = authorize::asked(evidence);
    let Some(one) = all.iter().rev().find(|one| one.question == CACHED_CLIENT && one.client_id == client_id) else {
        return Err("the sign-in page was not asked about the stored registration".to_owned());
    };
    let of_nobody = || all.iter().rev().filter(|asked| asked.question == UNKNOWN_CLIENT);
    let same_way_back = of_nobody().find(|asked| asked.redirect_uri == one.redirect_uri);
    let made_up = same_way_back.or_else(|| of_nobody().next()).map(|asked| &asked.reading);
    let unknown = |confidence| {
        let said =
            if one.reading.text().is_empty() { "nothing more".to_owned() } else { one.reading.text().to_owned() };
        Ok(Some(
            finding(entry, user, "unknown-client").confidence(confidence).value("said", said).proof(line(one.exchange)),
        ))
    };
    match &one.reading {
        reading if reading.about_client() => {
            let by_code = reading.code().is_some_and(|code| code.contains("client"));
            unknown(if by_code { Confidence::Certain } else { Confidence::Likely })
        }
        reading if reading.about_redirect() && entry.redirect_uris.is_empty() => {
            Err("the store does not keep the return address that was registered, and the usual one is refused"
                .to_owned())
        }
        reading if reading.about_redirect() => {
            let uris = entry.redirect_uris.join(", ");
            let refused = finding(entry, user, "return-address-refused").confidence(Confidence::Likely);
            Ok(Some(refused.value("redirect_uri", uris).proof(line(one.exchange))))
        }
        // A refusal without a reason that an app gets too which cannot exist.
        reading @ Reading::Refused { .. } if made_up == Some(reading) => unknown(Confidence::Likely),
        Reading::Refused { .. } => Err("the sign-in page refuses without saying whether it knows the app".to_owned()),
        Reading::Incomplete => {
            Err("the store keeps no return address, without which the sign-in page does not look at the app".to_owned())
        }
        Reading::Broken => {
            Err("the sign-in page did not answer when it was asked about the stored registration".to_owned())
        }
        Reading::SignIn | Reading::Back { .. } if made_up.is_some_and(Reading::goes_on) => {
            Err("the sign-in service looks at the app only after the login".to_owned())
        }
        Reading::SignIn | Reading::Back { .. } => Ok(None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::computer::PortState;
    use crate::computer::sample::{in_store, mcp_remote, of, remote_entry};
    use crate::sample::{ISSUER, Sample, authorize as ask};

    const BACK: &str = "http://localhost:3334/oauth/callback";

    fn asking(status: u16, headers: &[(&str, &str)], body: &str) -> Sample {
        ask(of(mcp_remote("0.15.1")), CACHED_CLIENT, "mcp-remote", "cid-3", BACK, status, headers, body)
    }

    fn beside(sample: Sample, status: u16, headers: &[(&str, &str)], body: &str) -> Sample {
        ask(sample, UNKNOWN_CLIENT, "mcp-remote", "made-up", BACK, status, headers, body)
    }

    #[test]
    fn unseen_is_no_pass() {
        assert!(matches!(Sample::healthy().examine(&CHECK), Outcome::SetAside(_)));
        assert!(matches!(of(mcp_remote("0.15.1")).examine(&CHECK), Outcome::Unknown(_)));
    }

    #[test]
    fn a_registration_that_the_service_knows_is_fine() {
        let login = [("location", "https://acme.scalekit.com/login?state=1")];
        let known = beside(asking(302, &login, ""), 400, &[], "{\"error\": \"invalid_client\"}");
        assert_eq!(known.examine(&CHECK), Outcome::Pass);
        let later = beside(asking(302, &login, ""), 302, &login, "");
        assert!(matches!(later.examine(&CHECK), Outcome::Unknown(_)));
    }

    #[test]
    fn a_forgotten_registration_is_named_with_its_file_and_cleared() {
        let said = "{\"error\": \"invalid_client\", \"error_description\": \"unable to retrieve client by id\"}";
        let finding = asking(400, &[], said).finding(&CHECK);
        assert_eq!((finding.variant, finding.confidence), ("unknown-client", Confidence::Certain));
        assert_eq!(finding.affects, [ClientId::ClaudeDesktop, ClientId::McpRemote]);
        assert!(finding.action.is_some() && finding.values["place"].ends_with("_client_info.json"));
    }

    #[test]
    fn a_refusal_without_a_reason_is_measured_by_an_app_that_cannot_exist() {
        let vague =
            "{\"error\": \"invalid_request\", \"error_description\": \"The authorization request is refused.\"}";
        assert!(matches!(asking(400, &[], vague).examine(&CHECK), Outcome::Unknown(_)));
        let finding = beside(asking(400, &[], vague), 400, &[], vague).finding(&CHECK);
        assert_eq!((finding.variant, finding.confidence), ("unknown-client", Confidence::Likely));
    }

    #[test]
    fn a_refused_return_address_is_another_matter() {
        let said =
            "{\"error\": \"invalid_request\", \"error_description\": \"redirect_uri is not registered for client\"}";
        assert_eq!(asking(400, &[], said).finding(&CHECK).variant, "return-address-refused");
    }

    #[test]
    fn an_address_that_nobody_stored_accuses_nobody() {
        let mut computer = mcp_remote("0.15.1");
        computer.stored[0].redirect_uris.clear();
        let said = "redirect_uri is missing or not a URL";
        let without = ask(of(computer.clone()), CACHED_CLIENT, "mcp-remote", "cid-3", "", 400, &[], said);
        assert!(matches!(beside(without, 400, &[], said).examine(&CHECK), Outcome::Unknown(_)));
        let said = "redirect_uri is not registered for client";
        let guessed = ask(of(computer), CACHED_CLIENT, "mcp-remote", "cid-3", BACK, 400, &[], said);
        assert!(matches!(guessed.examine(&CHECK), Outcome::Unknown(_)));
    }

    #[test]
    fn a_registration_without_an_address_on_this_computer_stops_old_versions() {
        let foreign = |version: &str| {
            let mut computer = mcp_remote(version);
            computer.stored[0].redirect_uris = vec!["https://mcp.example.com/callback".to_owned()];
            of(computer)
        };
        assert_eq!(foreign("0.1.37").finding(&CHECK).variant, "foreign-redirect");
        assert!(matches!(foreign("0.15.1").examine(&CHECK), Outcome::Unknown(_)));
    }

    #[test]
    fn the_oldest_versions_come_back_elsewhere_when_their_port_is_held() {
        let mut computer = mcp_remote("0.1.4");
        computer.servers[0].mcp_remote.as_mut().expect("known").port = Some(3334);
        let expected = "http://localhost:3334/oauth/callback".to_owned();
        computer.servers[0].mcp_remote.as_mut().expect("known").redirect_uri = Some(expected.clone());
        computer.stored[0].redirect_uris = vec![expected];
        assert!(matches!(of(computer.clone()).examine(&CHECK), Outcome::Unknown(_)));
        computer
            .ports
            .push(crate::computer::sample::port(3334, PortState::Held { program: None, pid: None, mcp_remote: None }));
        assert_eq!(of(computer).finding(&CHECK).variant, "redirect-changed");
    }

    #[test]
    fn a_registration_at_another_service_is_compared() {
        let mut computer = mcp_remote("0.15.1");
        computer.stored[0].issuer = Some("https://old.scalekit.com/resources/res_9".to_owned());
        let finding = of(computer).finding(&CHECK);
        assert_eq!(finding.variant, "other-issuer");
        assert_eq!(finding.comparison.expect("two values").actual, ISSUER);
        let mut computer = mcp_remote("0.15.1");
        computer.stored[0].secret_expires_at_ms = Some(1);
        assert_eq!(of(computer).finding(&CHECK).variant, "ended");
    }

    #[test]
    fn entries_that_nothing_uses_do_not_count() {
        let mut computer = mcp_remote("0.15.1");
        computer.stored = vec![remote_entry(in_store("mcp-remote-0.1.36"))];
        computer.stored[0].used = crate::computer::Used::Leftover;
        assert!(matches!(of(computer).examine(&CHECK), Outcome::SetAside(_)));
    }
}
