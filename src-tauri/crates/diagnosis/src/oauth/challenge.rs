//! `WWW-Authenticate`, read twice: strictly, as RFC 9110 section 11.6.1 says, and tolerantly, as clients that scan for
//! `resource_metadata=` do. Where the two differ, some clients find the way and others do not.

use std::collections::HashSet;

use crate::evidence::Headers;

/// All challenges of one answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Challenges {
    /// The values of every `WWW-Authenticate` field, in order.
    pub fields: Vec<String>,
    /// A field under another name that carries a challenge, as gateways make it: name and value.
    pub renamed: Option<(String, String)>,
    /// The tolerant reading: everything that could be made out.
    pub tolerant: Vec<Challenge>,
    /// The strict reading, or where the grammar breaks.
    pub strict: Result<(), GrammarFault>,
}

/// Where a challenge breaks the grammar.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GrammarFault {
    /// The field's value.
    pub field: String,
    /// What the strict reader says, with the place.
    pub what: String,
}

/// One challenge.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Challenge {
    /// The scheme as written, e.g. `Bearer`.
    pub scheme: String,
    /// Its parameters, in order.
    pub parameters: Vec<Parameter>,
}

/// One parameter of a challenge.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parameter {
    /// The name as written.
    pub name: String,
    /// The value without its quotes.
    pub value: String,
    /// How it was quoted.
    pub quoting: Quoting,
    /// There was a comma (or nothing) before it, as the grammar wants.
    pub comma_before: bool,
}

/// How a value was quoted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Quoting {
    /// `"…"`.
    Double,
    /// `'…'`: the quotes become part of the value for most readers.
    Single,
    /// `“…”`: pasted from a text processor.
    Typographic,
    /// Bare, and made of token characters alone: legal.
    Token,
    /// Bare, with characters that need quotes, such as `:` and `/`.
    Bare,
}

impl Challenges {
    /// The first `Bearer` challenge.
    pub fn bearer(&self) -> Option<&Challenge> {
        self.tolerant.iter().find(|challenge| challenge.scheme.eq_ignore_ascii_case("bearer"))
    }

    /// The first value of this parameter among the `Bearer` challenges, then among all.
    pub fn parameter(&self, name: &str) -> Option<&Parameter> {
        let of = |challenge: &'_ Challenge| {
            challenge.parameters.iter().position(|have| have.name.eq_ignore_ascii_case(name))
        };
        let bearer_first = self
            .tolerant
            .iter()
            .filter(|challenge| challenge.scheme.eq_ignore_ascii_case("bearer"))
            .chain(self.tolerant.iter().filter(|challenge| !challenge.scheme.eq_ignore_ascii_case("bearer")));
        bearer_first.into_iter().find_map(|challenge| of(challenge).map(|at| &challenge.parameters[at]))
    }

    /// The value of `resource_metadata`, as a tolerant client reads it.
    pub fn resource_metadata(&self) -> Option<&str> {
        self.parameter("resource_metadata").map(|parameter| parameter.value.as_str())
    }

    /// The scopes that the challenge asks for.
    pub fn scopes(&self) -> Option<Vec<String>> {
        self.parameter("scope").map(|parameter| parameter.value.split_ascii_whitespace().map(str::to_owned).collect())
    }
}

/// Names under which gateways hand on a challenge that they took away.
const RENAMED: &[&str] = &[
    "x-amzn-remapped-www-authenticate",
    "x-www-authenticate",
    "x-original-www-authenticate",
    "x-ms-www-authenticate",
    "proxy-authenticate",
];

/// Reads the challenges of an answer.
pub fn read(headers: &Headers) -> Challenges {
    let fields: Vec<String> = headers.all("www-authenticate").map(str::to_owned).collect();
    let renamed = RENAMED
        .iter()
        .find_map(|name| headers.get(name).map(|value| ((*name).to_owned(), value.to_owned())))
        .filter(|(name, value)| name != "proxy-authenticate" || value.to_ascii_lowercase().starts_with("bearer"));
    let tolerant = fields.iter().flat_map(|field| tolerant(field)).collect();
    let strict = fields.iter().try_for_each(|field| strict(field));
    Challenges { fields, renamed, tolerant, strict }
}

fn strict(field: &str) -> Result<(), GrammarFault> {
    match http_auth::parse_challenges(field) {
        Ok(_) => Ok(()),
        Err(error) => Err(GrammarFault { field: field.to_owned(), what: error.to_string() }),
    }
}

/// A hand-written scan: a word followed by `=` is a parameter, a word followed by anything else begins a challenge.
fn tolerant(field: &str) -> Vec<Challenge> {
    let mut challenges: Vec<Challenge> = Vec::new();
    let mut rest = field.trim_start();
    let mut comma = true;
    while !rest.is_empty() {
        if let Some(after) = rest.strip_prefix([',', ';']) {
            comma = true;
            rest = after.trim_start();
            continue;
        }
        let word_length = rest.find(|character: char| !is_token(character)).unwrap_or(rest.len());
        if word_length == 0 {
            let skipped = rest.chars().next().map_or(1, char::len_utf8);
            rest = rest[skipped..].trim_start();
            continue;
        }
        let (word, after) = rest.split_at(word_length);
        let after_space = after.trim_start();
        match after_space.strip_prefix('=') {
            Some(value) if !challenges.is_empty() => {
                let (value, quoting, remaining) = take_value(value.trim_start());
                if let Some(challenge) = challenges.last_mut() {
                    challenge.parameters.push(Parameter { name: word.to_owned(), value, quoting, comma_before: comma });
                }
                rest = remaining.trim_start();
            }
            Some(value) => {
                // A parameter without a scheme before it: keep it under an empty scheme.
                let (value, quoting, remaining) = take_value(value.trim_start());
                let parameter = Parameter { name: word.to_owned(), value, quoting, comma_before: true };
                challenges.push(Challenge { scheme: String::new(), parameters: vec![parameter] });
                rest = remaining.trim_start();
            }
            None => {
                challenges.push(Challenge { scheme: word.to_owned(), parameters: Vec::new() });
                comma = true;
                rest = after_space;
                continue;
            }
        }
        comma = false;
    }
    challenges
}

fn take_value(text: &str) -> (String, Quoting, &str) {
    let mut characters = text.chars();
    match characters.next() {
        Some('"') => {
            let mut value = String::new();
            let mut escaped = false;
            for (at, character) in text.char_indices().skip(1) {
                match character {
                    _ if escaped => {
                        value.push(character);
                        escaped = false;
                    }
                    '\\' => escaped = true,
                    '"' => return (value, Quoting::Double, &text[at + 1..]),
                    other => value.push(other),
                }
            }
            (value, Quoting::Double, "")
        }
        Some('\'') => take_until(text, 1, &['\''], Quoting::Single),
        Some(open @ ('“' | '”' | '„' | '‘' | '’')) => {
            take_until(text, open.len_utf8(), &['“', '”', '‘', '’'], Quoting::Typographic)
        }
        _ => {
            let end = text.find(|character: char| character == ',' || character.is_whitespace()).unwrap_or(text.len());
            let value = text[..end].to_owned();
            let quoting = if value.chars().all(is_token) { Quoting::Token } else { Quoting::Bare };
            (value, quoting, &text[end..])
        }
    }
}

fn take_until<'a>(text: &'a str, from: usize, close: &[char], quoting: Quoting) -> (String, Quoting, &'a str) {
    let inner = &text[from..];
    match inner.char_indices().find(|(_, character)| close.contains(character)) {
        Some((end, character)) => (inner[..end].to_owned(), quoting, &inner[end + character.len_utf8()..]),
        None => (inner.to_owned(), quoting, ""),
    }
}

/// A token character of RFC 9110 section 5.6.2.
fn is_token(character: char) -> bool {
    character.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~".contains(character) && character != '\''
}

/// The schemes that were asked for, without repeats, in order.
pub fn schemes(challenges: &Challenges) -> Vec<String> {
    let mut seen = HashSet::new();
    challenges
        .tolerant
        .iter()
        .filter(|challenge| !challenge.scheme.is_empty() && seen.insert(challenge.scheme.to_ascii_lowercase()))
        .map(|challenge| challenge.scheme.clone())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(values: &[&str]) -> Headers {
        Headers(values.iter().map(|value| ("www-authenticate".to_owned(), (*value).to_owned())).collect())
    }

    #[test]
    fn a_full_challenge_reads_the_same_both_ways() {
        let read = read(&headers(&[
            r#"Bearer realm="OAuth", resource_metadata="https://a.example/.well-known/x", scope="a b""#,
        ]));
        assert!(read.strict.is_ok());
        assert_eq!(read.resource_metadata(), Some("https://a.example/.well-known/x"));
        assert_eq!(read.scopes(), Some(vec!["a".to_owned(), "b".to_owned()]));
        assert!(read.tolerant[0].parameters.iter().all(|parameter| parameter.comma_before));
    }

    #[test]
    fn what_real_servers_get_wrong_is_still_found() {
        let bare = read(&headers(&["Bearer resource_metadata=https://a.example/x"]));
        assert!(bare.strict.is_err());
        assert_eq!(bare.parameter("resource_metadata").map(|p| p.quoting), Some(Quoting::Bare));
        assert_eq!(bare.resource_metadata(), Some("https://a.example/x"));

        let no_comma = read(&headers(&[r#"Bearer realm="x" resource_metadata="https://a.example/x""#]));
        assert!(no_comma.strict.is_err());
        assert_eq!(no_comma.parameter("resource_metadata").map(|p| p.comma_before), Some(false));

        let single = read(&headers(&["Bearer resource_metadata='https://a.example/x'"]));
        assert_eq!(single.parameter("resource_metadata").map(|p| p.quoting), Some(Quoting::Single));
    }

    #[test]
    fn several_challenges_in_one_field_or_several_are_kept_apart() {
        let one = read(&headers(&[r#"Basic realm="x", Bearer resource_metadata="https://a.example/x""#]));
        assert_eq!(schemes(&one), ["Basic", "Bearer"]);
        let two = read(&headers(&[r#"Basic realm="x""#, r#"Bearer resource_metadata="https://a.example/x""#]));
        assert_eq!(schemes(&two), ["Basic", "Bearer"]);
        assert_eq!(two.resource_metadata(), Some("https://a.example/x"));
    }

    #[test]
    fn a_gateway_that_renames_the_field_is_seen() {
        let headers = Headers(vec![("x-amzn-Remapped-www-authenticate".to_owned(), "Bearer x=1".to_owned())]);
        assert!(read(&headers).renamed.is_some());
    }

    proptest::proptest! {
        #[test]
        fn no_field_makes_it_panic(field in "\\PC*") {
            let _ = read(&headers(&[&field]));
        }
    }
}
