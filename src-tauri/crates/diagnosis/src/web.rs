//! What a web page may do, by the rules of browsers (Fetch, "CORS protocol").

use crate::check::{Finding, Outcome};
use crate::clients::ClientId;
use crate::evidence::{Answer, Evidence, Exchange, Look, Purpose};

/// Whether a page on an origin may read an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reads {
    /// It may.
    Yes,
    /// The answer allows nobody.
    No,
    /// The answer allows another origin.
    Another,
    /// The answer allows more than one, which browsers reject.
    Twice,
}

/// Whether a page on this origin may read this answer.
pub fn reads(answer: &Answer, origin: &str) -> Reads {
    let values: Vec<&str> = answer.headers.all("access-control-allow-origin").map(str::trim).collect();
    match values.as_slice() {
        [] => Reads::No,
        [one] if one.contains(',') => Reads::Twice,
        [one] if *one == "*" || one.eq_ignore_ascii_case(origin) => Reads::Yes,
        [_] => Reads::Another,
        _ => Reads::Twice,
    }
}

/// The origin of the page, the exchange and its answer, for a look at the server as a web page has it. When there is none:
/// the outcome of a check that needs it.
pub fn asked<'a>(evidence: &'a Evidence, purpose: &Purpose) -> Result<(String, &'a Exchange, &'a Answer), Outcome> {
    match (evidence.exchange(purpose), evidence.look(purpose)) {
        (Some(exchange), Look::Answered(answer)) => {
            let origin = exchange.request.headers.get("origin").or(evidence.subject.origin.as_deref());
            Ok((origin.unwrap_or("http://localhost:6274").to_owned(), exchange, answer))
        }
        (_, Look::NoAnswer(silence)) => {
            Err(Outcome::Unknown(format!("no answer to the web page ({})", silence.detail)))
        }
        _ => Err(Outcome::SetAside("no web page is involved")),
    }
}

/// The members of a comma-separated header, in lower case, of all its fields.
pub fn list(answer: &Answer, name: &str) -> Vec<String> {
    let members =
        answer.headers.all(name).flat_map(|value| value.split(',').map(|one| one.trim().to_ascii_lowercase()));
    members.filter(|one| !one.is_empty()).collect()
}

/// A refusal that names the origin as its reason.
pub fn refuses_origin(answer: &Answer) -> bool {
    let text = answer.body.text.to_ascii_lowercase();
    text.contains("origin")
        && ["invalid", "not allowed", "forbidden", "disallowed", "rejected"].iter().any(|word| text.contains(word))
}

/// The clients that are (or can be) web pages.
pub fn browsers() -> impl Iterator<Item = ClientId> {
    ClientId::all().filter(|client| client.is_browser())
}

/// A finding that only web pages meet.
pub fn finding(finding: Finding) -> Finding {
    finding.affects(browsers())
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::evidence::{Body, Headers};
    use crate::sample::Sample;

    /// A sample that a page of MCP Inspector looks at.
    pub fn page(sample: Sample) -> Sample {
        sample.change(|evidence| evidence.subject.origin = Some("http://localhost:6274".to_owned()))
    }

    #[test]
    fn one_star_or_the_very_origin_may_read() {
        let answer = |values: &[&str]| Answer {
            status: 200,
            headers: Headers(
                values.iter().map(|value| ("access-control-allow-origin".to_owned(), (*value).to_owned())).collect(),
            ),
            body: Body::new(""),
        };
        let origin = "http://localhost:6274";
        assert_eq!(reads(&answer(&["*"]), origin), Reads::Yes);
        assert_eq!(reads(&answer(&[origin]), origin), Reads::Yes);
        assert_eq!(reads(&answer(&[]), origin), Reads::No);
        assert_eq!(reads(&answer(&["http://localhost:6274/"]), origin), Reads::Another);
        assert_eq!(reads(&answer(&["*", origin]), origin), Reads::Twice);
        assert_eq!(reads(&answer(&["*, *"]), origin), Reads::Twice);
    }
}
