//! A server may say the token back: in an error, in a header, in a page. It is taken out before anything is kept.

use mcp_auth_diagnosis::evidence::{Answer, Body, NoAnswer};
use mcp_auth_diagnosis::redact::Secret;

/// What a reader sees in its place.
const MASK: &str = "‹hidden›";
/// Shorter pieces could be ordinary words.
const SHORTEST: usize = 16;

/// Takes one token out of everything that is said.
#[derive(Debug, Default)]
pub(crate) struct Scrub {
    /// The token, then pieces of it that would still be of use to a thief, the longest first.
    pieces: Vec<Secret>,
}

impl Scrub {
    /// For this token. Of a JWT the claims and the signature count by themselves; its header says nothing secret.
    pub fn of(token: &Secret) -> Self {
        let whole = token.expose();
        let mut pieces: Vec<String> = vec![whole.to_owned()];
        pieces.extend(whole.split('.').skip(1).filter(|part| part.len() >= SHORTEST).map(str::to_owned));
        let mut written: Vec<String> = Vec::new();
        for piece in pieces {
            // As JSON and addresses write it.
            written.push(piece.replace('/', "\\/"));
            written.push(piece.replace('+', "%2B").replace('/', "%2F").replace('=', "%3D"));
            written.push(piece);
        }
        written.sort_by_key(|piece| std::cmp::Reverse(piece.len()));
        written.dedup();
        Self { pieces: written.into_iter().map(Secret::new).collect() }
    }

    /// Takes it out of an answer, or of the words about a missing one.
    pub fn clean(&self, outcome: &mut Result<Answer, NoAnswer>) {
        if self.pieces.is_empty() {
            return;
        }
        match outcome {
            Ok(answer) => {
                for (_, value) in &mut answer.headers.0 {
                    self.clean_text(value);
                }
                if self.is_in(&answer.body.text) {
                    let mut text = std::mem::take(&mut answer.body.text);
                    self.clean_text(&mut text);
                    let (length, truncated) = (answer.body.length, answer.body.truncated);
                    answer.body = Body::new(text);
                    answer.body.length = length;
                    answer.body.truncated = truncated;
                }
            }
            Err(silence) => self.clean_text(&mut silence.detail),
        }
    }

    fn is_in(&self, text: &str) -> bool {
        self.pieces.iter().any(|piece| text.contains(piece.expose()))
    }

    fn clean_text(&self, text: &mut String) {
        for piece in &self.pieces {
            if text.contains(piece.expose()) {
                *text = text.replace(piece.expose(), MASK);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use mcp_auth_diagnosis::evidence::Headers;

    use super::*;

    #[test]
    fn a_token_that_is_said_back_is_taken_out_whole_and_in_parts() {
        let token = Secret::new("eyJhbGciOiJSUzI1NiJ9.claims-canary-0123456789.signature-canary-0123456789");
        let scrub = Scrub::of(&token);
        let mut outcome = Ok(Answer {
            status: 401,
            headers: Headers(vec![("x-echo".to_owned(), format!("got {}", token.expose()))]),
            body: Body::new("bad signature signature-canary-0123456789 of claims-canary-0123456789."),
        });
        scrub.clean(&mut outcome);
        let kept =
            format!("{:?} {}", outcome, outcome.as_ref().map(|answer| answer.body.text.clone()).unwrap_or_default());
        assert!(!kept.contains("canary"), "{kept}");
        assert!(kept.contains(MASK));
    }

    #[test]
    fn without_a_token_nothing_is_touched() {
        let mut outcome = Ok(Answer { status: 200, headers: Headers::default(), body: Body::new("as it was") });
        Scrub::default().clean(&mut outcome);
        assert_eq!(outcome.map(|answer| answer.body.text).ok().as_deref(), Some("as it was"));
    }
}
