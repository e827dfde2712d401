//! Requests of a sign-in, and how they are shown: every secret that is known is taken out, then everything that looks like one.

use std::time::Instant;

use mcp_auth_diagnosis::evidence::{Answer, NoAnswer};
use mcp_auth_diagnosis::redact::{self, HIDDEN, Secret};
use mcp_auth_diagnosis::report::ExchangeLine;
use mcp_auth_probes::{Call, Web};

/// The secrets of one flow.
#[derive(Default)]
pub struct Secrets(Vec<Secret>);

impl Secrets {
    /// Another one that must never be shown.
    pub fn keep(&mut self, secret: &Secret) {
        const SHORTEST: usize = 4;
        if secret.len() >= SHORTEST {
            self.0.push(secret.clone());
        }
    }

    /// The text without any of them.
    pub fn hide(&self, text: &str) -> String {
        let known = self.0.iter().fold(text.to_owned(), |text, secret| {
            let encoded: String = url::form_urlencoded::byte_serialize(secret.expose().as_bytes()).collect();
            text.replace(secret.expose(), HIDDEN).replace(&encoded, HIDDEN)
        });
        redact::mask(&known)
    }
}

/// Sends a request and tells how it went. `shown` is the body as it may be shown.
pub async fn send(
    web: &Web,
    call: Call,
    purpose: &str,
    shown: String,
    began: Instant,
) -> (Result<Answer, NoAnswer>, ExchangeLine) {
    let at_ms = u32::try_from(began.elapsed().as_millis()).unwrap_or(u32::MAX);
    let mut line = ExchangeLine {
        purpose: purpose.to_owned(),
        method: call.method.to_owned(),
        url: call.url.to_string(),
        request: call
            .headers
            .iter()
            .map(|(name, value)| format!("{name}: {}\n", if name == "authorization" { HIDDEN } else { value }))
            .chain((!shown.is_empty()).then(|| format!("\n{shown}")))
            .collect(),
        result: String::new(),
        answer: String::new(),
        at_ms,
        took_ms: 0,
    };
    let start = Instant::now();
    let outcome = web.send(call).await;
    line.took_ms = u32::try_from(start.elapsed().as_millis()).unwrap_or(u32::MAX);
    (outcome, line)
}

/// Writes the answer into the line, once every secret in it is known.
pub fn tell(line: &mut ExchangeLine, outcome: &Result<Answer, NoAnswer>, secrets: &Secrets) {
    const SHOWN: usize = 4_000;
    match outcome {
        Ok(answer) => {
            let fields: String = answer
                .headers
                .0
                .iter()
                .map(|(name, value)| format!("{name}: {}\n", if name == "set-cookie" { HIDDEN } else { value }))
                .collect();
            let body: String = answer.body.text.chars().take(SHOWN).collect();
            line.result = format!("HTTP {}", answer.status);
            line.answer = secrets.hide(&format!("{fields}\n{body}"));
        }
        Err(silence) => {
            line.result = "no answer".to_owned();
            line.answer = secrets.hide(&silence.detail);
        }
    }
    line.url = secrets.hide(&line.url);
    line.request = secrets.hide(&line.request);
}
