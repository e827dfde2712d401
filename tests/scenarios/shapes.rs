//! Shapes of servers and sign-in services that people run, beside the faults of single checks: what must be said about each, and
//! about the healthy ones that look like them, nothing.

use mcp_auth_diagnosis::check::Owner;
use mcp_auth_diagnosis::report::{Report, State};
use mcp_auth_diagnosis::subject::Subject;
use mcp_auth_probes::ProbePlan;
use mcp_auth_tests::diagnosing::{self, config, told};
use mcp_auth_tests::scripted::{Route, route};
use tokio_util::sync::CancellationToken;

use crate::real_cases::{DETAILS, INSTRUCTIONS, challenge, instructions, open, serve};

/// One shape and what must be said about it.
struct Shape {
    name: &'static str,
    mcp: Vec<Route>,
    auth: Vec<Route>,
    client_id: Option<&'static str>,
    /// The verdict: its code, its variant, who has to act. `None`: nothing is wrong.
    says: Option<(&'static str, &'static str, Owner)>,
}

fn shape(name: &'static str, says: Option<(&'static str, &'static str, Owner)>) -> Shape {
    Shape { name, mcp: Vec::new(), auth: Vec::new(), client_id: None, says }
}

impl Shape {
    fn mcp(mut self, route: Route) -> Self {
        self.mcp.push(route);
        self
    }

    fn auth(mut self, route: Route) -> Self {
        self.auth.push(route);
        self
    }
}

const PAGE: &str = "<!doctype html><html><head><title>Acme</title></head><body><div id=root></div></body></html>";

/// The address of a sign-in service that takes no new apps.
fn closed() -> String {
    instructions(r#""registration_endpoint":"{auth}/register","#, "")
}

/// An open server that sends nothing unasked.
fn listening() -> Route {
    route("GET", "/mcp", 405, "")
}

fn shapes() -> Vec<Shape> {
    use Owner::{AuthorizationServer, McpServer, User};
    let asks = |text: &'static str| route("GET", "/authorize", 404, text);
    let other = r#"{"resource":"{mcp}/other","authorization_servers":["{mcp}"]}"#;
    let gone = |variant| Some(("asm-endpoints-alive", variant, AuthorizationServer));
    vec![
        // A sign-in page that does not know the made-up app is there, whatever the status.
        shape("404 from a sign-in page that does not know the app, as JSON", None)
            .auth(asks(r#"{"error":"invalid_client","error_description":"Client not found"}"#)),
        shape("404 from a sign-in page that does not know the app, as a page", None)
            .auth(asks("<h1>Application not found</h1>")),
        shape("404 from a token endpoint that does not know the app", None)
            .auth(route("POST", "/token", 404, r#"{"error":"invalid_client"}"#)),
        shape("no route, and the whole address repeated", gone("not-found")).auth(asks(
            r#"{"message":"Route GET:/authorize?response_type=code&client_id=mcp-auth-check-made-up-client not found"}"#,
        )),
        shape("a token endpoint that takes no messages", gone("not-found")).auth(route("POST", "/token", 405, "")),
        shape("no route, in two words", gone("not-found")).auth(asks(r#"{"detail":"Not Found"}"#)),
        // A page stands where the details belong: that is the cause, with and without a signpost to it.
        shape("a web app answers for the details, and the signpost is bare", Some(("prm-content-type", "web-page", McpServer)))
            .mcp(challenge(r#"Bearer error="invalid_token""#))
            .mcp(route("GET", DETAILS, 200, PAGE))
            .mcp(route("GET", "/.well-known/*", 200, PAGE)),
        // An open server whose host has a sign-in for something else.
        shape("an open endpoint beside one that has a sign-in", None).mcp(open()).mcp(listening()).mcp(route("GET", DETAILS, 200, other)),
        shape("an open server in a web app", None).mcp(open()).mcp(listening()).mcp(route("GET", "/.well-known/*", 200, PAGE)),
        // Amazon API Gateway: its 403 that means "no such route".
        shape("a gateway without this route", Some(("reach-path", "elsewhere", User)))
            .mcp(Route {
                path: "/api/mcp",
                ..challenge(r#"Bearer resource_metadata="{mcp}/.well-known/oauth-protected-resource/api/mcp""#)
            })
            .mcp(
                route("POST", "/*", 403, r#"{"message":"Missing Authentication Token"}"#)
                    .with("x-amzn-errortype", "MissingAuthenticationTokenException"),
            ),
        // A sign-in service that takes no new apps, and those who need no introduction.
        shape("no way in", Some(("asm-registration-route", "none", AuthorizationServer)))
            .auth(route("GET", INSTRUCTIONS, 200, closed())),
        Shape { client_id: Some("set-up-by-hand"), ..shape("no way in, and an id that was set up", None) }
            .auth(route("GET", INSTRUCTIONS, 200, closed())),
        // Two first calls at once, which no app makes, trip it; one alone does not.
        shape("a server that trips over its own start", None)
            .mcp(Route {
                when: Some("cache-control: no-cache"),
                ..challenge(r#"Bearer resource_metadata="{mcp}/.well-known/oauth-protected-resource/mcp", scope="mcp:read""#)
            })
            .mcp(route("POST", "/mcp", 500, "Task group is not initialized").when("server/discover")),
        // A limit that our own questions used up says nothing about an app, which asks fewer.
        shape("the first call came too late", None)
            .mcp(route("POST", "/mcp", 429, "").when("\"initialize\"").with("retry-after", "30")),
    ]
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn what_people_run_gets_the_right_verdict() {
    diagnosing::all(shapes().into_iter().map(|shape| (shape.name.to_owned(), tell(shape)))).await;
}

async fn tell(shape: Shape) -> Result<(), String> {
    let (_servers, url) = serve(shape.mcp, shape.auth).await.map_err(|error| error.to_string())?;
    let mut subject = Subject::server(url);
    subject.client_id = shape.client_id.map(str::to_owned);
    let plan = ProbePlan::for_subject(&subject);
    let report = mcp_auth_probes::diagnose(subject, plan, &config(), |_| {}, CancellationToken::new()).await;
    judge(shape.says, &report)
}

fn judge(says: Option<(&str, &str, Owner)>, report: &Report) -> Result<(), String> {
    let fits = match (says, &report.verdict) {
        (None, None) => report.state == State::Healthy,
        (Some((code, variant, owner)), Some(verdict)) => {
            (verdict.code.as_str(), verdict.variant.as_str(), verdict.owner) == (code, variant, owner)
        }
        _ => false,
    };
    if fits { Ok(()) } else { Err(format!("expected {says:?}; it says {}", told(report))) }
}
