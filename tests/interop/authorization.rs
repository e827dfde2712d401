//! A real authorization server, which nobody here wrote, issues the tokens: `oidc-provider`, with registration, PKCE, resource
//! indicators and JWT access tokens.

use std::collections::BTreeMap;

use mcp_auth_diagnosis::report::Report;
use url::Url;

use crate::servers::{Environment, Program, RESOURCE_ID, Real, diagnose, silent, told};

/// The authorization server, running.
pub struct Issuer {
    real: Real,
}

impl Issuer {
    pub fn start() -> Self {
        Self { real: Real::run("node", "authorization-server.mjs", &[RESOURCE_ID]) }
    }

    pub fn environment(&self) -> Environment {
        let url = self.real.url.as_str().trim_end_matches('/').to_owned();
        Environment { issuer: format!("{url}/resources/{RESOURCE_ID}"), url }
    }

    async fn control(&self, what: &str, query: &[(&str, &str)]) -> String {
        let mut url = self.real.url.join(&format!("/control/{what}")).expect("a URL");
        url.query_pairs_mut().extend_pairs(query);
        let answer = reqwest::Client::new().post(url).send().await.expect("an answer");
        answer.error_for_status().expect("its control").text().await.expect("its answer")
    }

    /// Forgets every client, code and token.
    pub async fn forget(&self) {
        self.control("forget", &[]).await;
    }

    /// Signs with another key from now on, and lists it alone.
    pub async fn rotate(&self) {
        self.control("rotate", &[]).await;
    }

    /// From now on this goes wrong.
    pub async fn fault(&self, name: &str) {
        self.control("fault", &[("name", name)]).await;
    }

    /// A token signed with its key, good but for what is said.
    pub async fn token(&self, twist: &[(&str, &str)]) -> String {
        self.control("token", twist).await
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn its_tokens_get_their_verdict_at_every_server() {
    const SCOPED: [Program; 3] = [Program::TypeScriptSdk, Program::FastMcpScalekit, Program::PythonSdk];
    let issuer = Issuer::start();
    let environment = issuer.environment();
    let mut wrong = String::new();
    let mut judge = |program: Program, twist: &[(&str, &str)], report: &Report, code: &str| {
        let verdict = report.verdict.as_ref().map_or("none", |verdict| &verdict.code);
        if !verdict.starts_with(code) {
            wrong += &format!("{program:?}, {twist:?}: {verdict}, not {code}\n{}", told(report));
        }
    };
    for program in Program::ALL {
        let real = Real::start(program, &environment);
        silent(program, &diagnose(&real.url, None).await);
        silent(program, &diagnose(&real.url, Some(issuer.token(&[]).await)).await);
        let twists: [(&[(&str, &str)], &str); 4] = [
            (&[("audience", "res_999")], "tok-aud-match"),
            (&[("ttl", "-3600")], "tok-exp"),
            (&[("key", "other")], "tok-kid"),
            (&[("scope", "todo:write")], if SCOPED.contains(&program) { "scope-" } else { "none" }),
        ];
        for (twist, code) in twists {
            let report = diagnose(&real.url, Some(issuer.token(twist).await)).await;
            judge(program, twist, &report, code);
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rotation_of_its_keys_is_followed_or_the_server_is_told_to_fetch_them_again() {
    for program in Program::ALL {
        let issuer = Issuer::start();
        let real = Real::start(program, &issuer.environment());
        // As Scalekit writes it: the id and the address.
        let both = format!("{RESOURCE_ID} {}", real.url);
        let token = async || issuer.token(&[("audience", both.as_str())]).await;
        // It has fetched the keys and remembers them.
        silent(program, &diagnose(&real.url, Some(token().await)).await);
        issuer.rotate().await;
        let report = diagnose(&real.url, Some(token().await)).await;
        match report.verdict.as_ref().map(|verdict| verdict.code.as_str()) {
            // It looked again, and so takes the new key.
            None => silent(program, &report),
            // A refusal without a word leaves several causes, and the way out of each ends with a restart, which fetches the keys.
            Some("tok-server-verdict" | "tok-iss-migration") => {
                let words = serde_json::to_string(&report.verdict).expect("JSON");
                assert!(words.to_lowercase().contains("restart"), "{program:?}: {words}");
            }
            code => assert_eq!(code, Some("tok-jwks-rotation"), "{program:?}: {}", told(&report)),
        }
    }
}

/// The way of a browser that shows nothing: it follows redirects and keeps cookies. True when the last page was reached.
pub async fn walk(mut url: Url) -> bool {
    let browser = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build().expect("a browser");
    let mut cookies = BTreeMap::new();
    for _ in 0..20 {
        let cookie: Vec<String> = cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let Ok(answer) = browser.get(url.clone()).header("cookie", cookie.join("; ")).send().await else {
            return false;
        };
        for set in answer.headers().get_all("set-cookie").iter().filter_map(|set| set.to_str().ok()) {
            let pair = set.split(';').next().and_then(|pair| pair.split_once('='));
            cookies.extend(pair.map(|(name, value)| (name.to_owned(), value.to_owned())));
        }
        let location = answer.headers().get("location").and_then(|to| to.to_str().ok());
        match location.and_then(|to| url.join(to).ok()) {
            Some(next) => url = next,
            None => return true,
        }
    }
    false
}
