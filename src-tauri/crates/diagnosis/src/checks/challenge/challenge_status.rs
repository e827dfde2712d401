use crate::check::{Category, Check, Confidence, Finding, Outcome, Owner, Requirement, Severity, Stage};
use crate::checks::UNREACHED;
use crate::door::{self, Said};
use crate::evidence::{Evidence, Look, Purpose};
use url::Url;

pub const CHECK: Check = Check {
    code: "challenge-status",
    stage: Stage::Challenge,
    category: Category::Connection,
    owner: Owner::McpServer,
    requirement: Requirement::Must,
    reference: "MCP 2026-07-28, Error Handling; RFC 9728 section 5.1",
    after: UNREACHED,
    variants: &[
        "open",
        "no-sign-in",
        "ok-with-error",
        "error-answer",
        "redirect",
        "login-page",
        "web-page",
        "not-mcp",
        "forbidden",
        "bad-request",
        "method-not-allowed",
        "other-status",
    ],
    words: include_str!("challenge_status.md"),
    examine,
};

fn examine(evidence: &Evidence) -> Outcome {
    let Some(door) = evidence.door() else {
        return match evidence.first_call() {
            Look::NotLooked => Outcome::Unknown("the server was not called".to_owned()),
            _ => Outcome::Unknown("the server was not reached".to_owned()),
        };
    };
    let finding = |variant| {
        Finding::new(&CHECK, variant)
            .value("status", door.answer.status.to_string())
            .value("url", door.exchange.request.url.as_str())
            .value("says", door::excerpt(door.answer).unwrap_or_else(|| "nothing".to_owned()))
            .proof(door::line(door.exchange))
    };
    if door.said == Said::Open && fails_at_once(door.answer) {
        return Outcome::fail(finding("error-answer"));
    }
    match door.said {
        Said::SignIn => Outcome::Pass,
        Said::Open => open(evidence, finding),
        Said::RefusedIn200 => Outcome::fail(finding("ok-with-error")),
        Said::Redirect if evidence.leads_to_login() => {
            let target = door.answer.headers.get("location").unwrap_or_default();
            Outcome::fail(finding("redirect").value("target", target))
        }
        Said::Page if has_password_field(door.answer) => Outcome::fail(finding("login-page")),
        Said::Page => Outcome::fail(finding("web-page")),
        Said::NotMcp => Outcome::fail(finding("not-mcp")),
        Said::Forbidden => Outcome::fail(finding("forbidden")),
        Said::BadRequest => Outcome::fail(finding("bad-request")),
        Said::WrongVerb => {
            let allow = door.answer.headers.get("allow").unwrap_or("–");
            Outcome::fail(finding("method-not-allowed").value("allow", allow))
        }
        Said::Other => Outcome::fail(finding("other-status")),
        Said::NotAcceptable | Said::MediaType | Said::OtherEra | Said::Version => {
            Outcome::SetAside("the server refuses the form of the call, before any question of signing in")
        }
        Said::BotFilter
        | Said::TunnelOffline
        | Said::HostRefused
        | Said::TooMany
        | Said::ServerError
        | Said::Redirect
        | Said::NotHere => Outcome::SetAside("it was not the server itself, or not the endpoint, that answered"),
    }
}

/// The reply to the first call is an error of the server's own (JSON-RPC section 5.1: internal and server errors), under a status
/// that says success.
fn fails_at_once(answer: &crate::evidence::Answer) -> bool {
    door::rpc_error(answer)
        .is_some_and(|(code, _)| code == -32603 || ((-32099..=-32000).contains(&code) && !door::is_modern_code(code)))
}

/// The first call was answered. That is fine where the tools ask for a sign-in, and where the server has none.
fn open(evidence: &Evidence, finding: impl Fn(&'static str) -> Finding) -> Outcome {
    let later = [Purpose::ToolsList, Purpose::ToolsCall];
    if later.iter().filter_map(|purpose| evidence.answer(purpose)).any(|answer| answer.status == 401) {
        return Outcome::Pass;
    }
    let tools = match evidence.look(&Purpose::ToolsList) {
        Look::NotLooked => return Outcome::Unknown("it was not asked whether the tools are guarded".to_owned()),
        Look::NoAnswer(silence) => return Outcome::Unknown(format!("the tools were not listed ({})", silence.detail)),
        Look::Answered(answer) => answer,
    };
    if door::said(tools) == Said::RefusedIn200 {
        let says = door::excerpt(tools).unwrap_or_default();
        let status = tools.status.to_string();
        return Outcome::fail(finding("ok-with-error").value("status", status).value("says", says));
    }
    if !(200..300).contains(&tools.status) {
        return Outcome::SetAside("the first call is open, and the tools are not given to strangers");
    }
    let sign_in = evidence.issuers();
    // What stands at the well-known addresses may speak of another endpoint of the same host, which has a sign-in.
    let about_this =
        evidence.subject.server.as_ref().zip(evidence.resource_metadata_read()).is_some_and(|(called, read)| {
            let path = |url: &Url| url.path().trim_end_matches('/').to_owned();
            read.resource()
                .and_then(|text| Url::parse(text.trim()).ok())
                .is_some_and(|named| path(&named) == path(called))
        });
    let Some(issuer) = sign_in.first().filter(|_| about_this) else {
        return Outcome::fail(
            finding("no-sign-in").severity(Severity::Info).proof("tools/list, with no token, was answered"),
        );
    };
    // It says itself that a sign-in is needed, and asks nobody for one.
    Outcome::fail(
        finding("open")
            .confidence(Confidence::Likely)
            .value("issuer", issuer.as_str())
            .proof("tools/list, with no token, was answered")
            .proof(format!("its resource metadata names {issuer} as the place to sign in")),
    )
}

fn has_password_field(answer: &crate::evidence::Answer) -> bool {
    let text = answer.body.text.to_ascii_lowercase();
    text.contains("type=\"password\"") || text.contains("type='password'") || text.contains("type=password")
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

    const HTML: &[(&str, &str)] = &[("content-type", "text/html")];
    const RESULT: &str = r#"{"jsonrpc":"2.0","id":1,"result":{}}"#;

    fn says(status: u16, headers: &[(&str, &str)], body: &str) -> Sample {
        Sample::unseen(SERVER).answer(Purpose::Initialize, status, headers, body)
    }

    #[test]
    fn every_other_answer_has_its_words() {
        for (status, headers, body, variant) in [
            (403, &[] as &[(&str, &str)], "no", "forbidden"),
            (400, &[], "no", "bad-request"),
            (405, &[("allow", "GET")], "", "method-not-allowed"),
            (302, &[("location", "/login")], "", "redirect"),
            (200, HTML, "<html><input type=\"password\">", "login-page"),
            (200, HTML, "<html>Hello", "web-page"),
            (200, &[], "{\"hello\":1}", "not-mcp"),
            (200, &[], "{\"error\":\"unauthorized\"}", "ok-with-error"),
            (418, &[], "", "other-status"),
        ] {
            assert_eq!(says(status, headers, body).finding(&CHECK).variant, variant);
        }
    }

    #[test]
    fn an_open_server_is_at_fault_only_where_it_says_that_it_needs_a_sign_in() {
        let open = |sample: Sample| {
            sample.answer(Purpose::Initialize, 200, &[], RESULT).answer(Purpose::ToolsList, 200, &[], RESULT)
        };
        let none = open(Sample::unseen(SERVER)).finding(&CHECK);
        assert_eq!((none.variant, none.severity), ("no-sign-in", Severity::Info));
        let needed = open(Sample::healthy()).finding(&CHECK);
        assert_eq!((needed.variant, needed.severity), ("open", Severity::Error));
    }

    #[test]
    fn an_error_under_a_good_status_is_no_answer() {
        let unauthorized =
            r#"{"jsonrpc":"2.0","id":2,"error":{"code":-32001,"message":"Unauthorized: missing token"}}"#;
        let later = says(200, &[], RESULT).answer(Purpose::ToolsList, 200, &[], unauthorized).finding(&CHECK);
        assert_eq!(later.variant, "ok-with-error");
        let broken = r#"{"jsonrpc":"2.0","id":1,"error":{"code":-32603,"message":"MCP server process failed"}}"#;
        let finding = says(200, &[], broken).answer(Purpose::ToolsList, 200, &[], broken).finding(&CHECK);
        assert_eq!((finding.variant, finding.severity), ("error-answer", Severity::Error));
        let no_tools = r#"{"jsonrpc":"2.0","id":2,"error":{"code":-32601,"message":"Method not found"}}"#;
        let without = says(200, &[], RESULT).answer(Purpose::ToolsList, 200, &[], no_tools).finding(&CHECK);
        assert_eq!(without.variant, "no-sign-in", "a server need not have tools");
    }

    #[test]
    fn a_server_that_guards_only_its_tools_is_fine() {
        let late = says(200, &[], RESULT).answer(Purpose::ToolsList, 401, &[], "");
        assert_eq!(late.examine(&CHECK), Outcome::Pass);
    }
}
