//! The token before the server: what it says of itself, what we make of it, and what the server said to it.
//!
//! The checks of the stages `token-validation`, `scope` and `transport` share this reading, so that one fault is named once.

use crate::check::Outcome;
use crate::clock;
use crate::discovery;
use crate::evidence::{Answer, Evidence, Look, Purpose};
use crate::framework::{self, Framework, Guess};
use crate::oauth::challenge;
use crate::oauth::token::{Signature, TokenForm, TokenReading, TokenRole};
use crate::scalekit;

use url::Url;

/// Servers may be this many seconds generous with times; it is no fault of theirs.
const LEEWAY: i64 = 300;

/// The token before the server.
pub struct Trial<'a> {
    /// Everything that was seen.
    pub evidence: &'a Evidence,
    /// The token.
    pub token: &'a TokenReading,
    /// What the server said to it.
    pub says: Says<'a>,
    /// What the server is built with, as far as it is known.
    pub framework: Option<Guess>,
    /// The time by which the server judges, in seconds.
    pub now: i64,
}

/// What the server said to the token.
#[derive(Debug, Clone, Copy)]
pub enum Says<'a> {
    /// The token was not sent.
    NotAsked,
    /// It needs none: without a token it answers the same.
    Open,
    /// The token was sent and no answer came.
    Silent,
    /// It let the token in, whatever came of the request then.
    In(&'a Answer),
    /// 401.
    Refused(&'a Answer),
    /// 403 because of what the token may do.
    Lacking(&'a Answer),
    /// 403 for another reason.
    Forbidden(&'a Answer),
    /// The check of the token itself broke: 5xx.
    Broke(&'a Answer),
    /// Something that says nothing about the token: too large, too many, forwarded, nobody home.
    Unclear(&'a Answer),
}

impl<'a> Trial<'a> {
    /// The trial, or the outcome for a check that needs a token where there is none.
    ///
    /// # Errors
    /// When no token was given, or it could not be read.
    pub fn of(evidence: &'a Evidence) -> Result<Self, Outcome> {
        match &evidence.token {
            None => Err(Outcome::SetAside("no token was given")),
            Some(fact) => match &fact.seen {
                Err(blind) => Err(Outcome::Unknown(blind.why.clone())),
                Ok(token) => Ok(Self {
                    evidence,
                    token,
                    says: says(evidence),
                    framework: framework::of(evidence),
                    now: clock::server_now(evidence),
                }),
            },
        }
    }

    /// The trial of a token that can be read to its claims.
    ///
    /// # Errors
    /// As [`Trial::of`], and when the token is of another kind.
    pub fn of_readable(evidence: &'a Evidence) -> Result<Self, Outcome> {
        let trial = Self::of(evidence)?;
        match trial.token.form {
            TokenForm::Jwt => Ok(trial),
            _ => Err(Outcome::SetAside("the token cannot be read from outside")),
        }
    }

    /// The server let it in.
    pub fn is_in(&self) -> bool {
        matches!(self.says, Says::In(_) | Says::Lacking(_))
    }

    /// The answer with which the server turned the token away.
    pub fn refusal(&self) -> Option<&'a Answer> {
        match self.says {
            Says::Refused(answer) | Says::Forbidden(answer) | Says::Broke(answer) => Some(answer),
            _ => None,
        }
    }

    /// The reason that the refusal gives, when it gives one.
    pub fn reason(&self) -> Option<Reason> {
        self.refusal().and_then(reason)
    }

    /// Which framework, when it is known.
    pub fn is(&self, framework: Framework) -> bool {
        self.framework.as_ref().is_some_and(|guess| guess.framework == framework)
    }

    /// One line of what the server said to it, for the proof.
    pub fn said(&self) -> String {
        match self.says {
            Says::NotAsked => match &self.evidence.token_withheld {
                Some(why) => format!("The token was not sent: {why}"),
                None => "The token was not sent to the server".to_owned(),
            },
            Says::Open => "The server answers without a token too".to_owned(),
            Says::Silent => "The server did not answer the call with the token".to_owned(),
            Says::In(answer)
            | Says::Refused(answer)
            | Says::Lacking(answer)
            | Says::Forbidden(answer)
            | Says::Broke(answer)
            | Says::Unclear(answer) => format!("With the token the server answers {}", told(answer)),
        }
    }

    /// The issuers that the server's metadata makes us expect, as written.
    pub fn named_issuers(&self) -> Vec<String> {
        discovery::named_issuers(self.evidence)
    }

    /// Whether `iss` is one that belongs to this server. `None`: nothing to compare with.
    pub fn issuer_fits(&self) -> Option<bool> {
        let issuer = self.token.issuer()?;
        let named = self.named_issuers();
        if named.is_empty() {
            return None;
        }
        Some(named.iter().any(|named| scalekit::is_right_issuer(issuer, named)))
    }

    /// The token is from a sign-in service that has nothing to do with this server: another host than any that the server names.
    pub fn is_from_elsewhere(&self) -> bool {
        let Some(issuer) = self.token.issuer().and_then(|issuer| Url::parse(issuer.trim()).ok()) else {
            return false;
        };
        let named = self.named_issuers();
        // The signature says more than a name: a domain of the customer's own and the default one share their keys.
        let same_keys = matches!(self.signature(), Some(Signature::Good { .. }));
        !named.is_empty()
            && !same_keys
            && named.iter().filter_map(|named| Url::parse(named.trim()).ok()).all(|url| url.origin() != issuer.origin())
    }

    /// The token names another issuer than the server does, and not by a slash alone, and the keys do not say that it is the
    /// same one: another realm, pool, tenant or authorization server, be it on the same host.
    pub fn has_another_issuer(&self) -> bool {
        let Some(issuer) = self.token.issuer() else { return false };
        let slash =
            self.named_issuers().iter().any(|named| named.trim_end_matches('/') == issuer.trim_end_matches('/'));
        self.issuer_fits() == Some(false) && !slash && !matches!(self.signature(), Some(Signature::Good { .. }))
    }

    /// The server signs people in itself: who issues its tokens and who checks them is one program, which may keep a secret.
    pub fn is_its_own_service(&self) -> bool {
        discovery::signs_people_in_itself(self.evidence)
    }

    /// The token is for Microsoft Graph: what its sign-in service issues to an app that asks for nothing but the person's data. It
    /// names the older issuer then, and its signature is not for others to check.
    pub fn is_for_microsoft_graph(&self) -> bool {
        let audiences = self.token.audiences();
        audiences.iter().any(|one| one == MICROSOFT_GRAPH || one.trim_end_matches('/') == "https://graph.microsoft.com")
    }

    /// What came of checking the signature.
    pub fn signature(&self) -> Option<&'a Signature> {
        self.evidence.signature.as_ref()?.value()
    }

    /// The id of this MCP server in Scalekit, when it is secured with it.
    pub fn resource_id(&self) -> Option<String> {
        self.named_issuers()
            .iter()
            .find_map(|issuer| scalekit::resource_id_of(issuer).map(str::to_owned))
            .or_else(|| scalekit::recognise(self.evidence)?.resource_id)
    }

    /// The addresses by which the server is known: `resource` of its metadata, and what the user typed.
    pub fn addresses(&self) -> Vec<String> {
        let mut all = Vec::new();
        let resource = self.evidence.resource_metadata_read().and_then(|read| read.resource().map(str::to_owned));
        let typed = self.evidence.subject.server.as_ref().map(|_| self.evidence.subject.typed.trim().to_owned());
        for address in [resource, typed].into_iter().flatten() {
            if !all.contains(&address) {
                all.push(address);
            }
        }
        all
    }

    /// How `aud` relates to this server.
    pub fn audience(&self) -> Audience {
        let have = self.token.audiences();
        if have.is_empty() {
            return Audience::Missing;
        }
        let (addresses, id) = (self.addresses(), self.resource_id());
        if addresses.is_empty() && id.is_none() {
            return Audience::NotComparable;
        }
        let by_address = addresses.iter().any(|address| have.contains(address));
        let by_id = id.as_ref().is_some_and(|id| have.contains(id));
        match (by_id, by_address) {
            (true, true) => Audience::Fits,
            (true, false) => match slash_apart(&have, &addresses) {
                Some((have, want)) => Audience::IdAndSlash { have, want },
                None => Audience::IdOnly,
            },
            (false, true) if id.is_some() => Audience::AddressOnly,
            (false, true) => Audience::Fits,
            (false, false) => match slash_apart(&have, &addresses) {
                Some((have, want)) => Audience::Slash { have, want },
                None => Audience::Elsewhere,
            },
        }
    }

    /// Of what kind an audience is that does not name this server.
    pub fn stranger(&self) -> Stranger {
        let have = self.token.audiences();
        let urls: Vec<Url> = have.iter().filter_map(|one| web_address(one)).collect();
        let ours: Vec<Url> = self.addresses().iter().filter_map(|one| web_address(one)).collect();
        let same_host = |url: &&Url| ours.iter().any(|our| our.host_str() == url.host_str() && our.host().is_some());
        let issuers: Vec<Url> = self
            .named_issuers()
            .iter()
            .map(String::as_str)
            .chain(self.token.issuer())
            .filter_map(web_address)
            .collect();
        let of_the_service = |url: &Url| issuers.iter().any(|issuer| issuer.origin() == url.origin());
        // An app and a server that share one registration share its id; permissions show that the server is meant.
        let shared = self.token.scope_labels().iter().any(|label| label.name == "scp" && !label.scopes.is_empty());
        let clients: Vec<&str> = ["client_id", "azp", "appid", "cid"]
            .iter()
            .filter(|_| !shared)
            .filter_map(|name| self.token.text(name))
            .collect();
        if let Some(url) = urls.iter().filter(|url| !of_the_service(url)).find(same_host) {
            let have = have.iter().find(|one| web_address(one).as_ref() == Some(url)).cloned();
            return Stranger::SameHost { have: have.unwrap_or_else(|| url.to_string()) };
        }
        if self.is_for_microsoft_graph() {
            return Stranger::NoServer;
        }
        if self.names_another_server() || urls.iter().any(|url| !of_the_service(url)) {
            return Stranger::OtherServer;
        }
        let by_default = |one: &String| {
            web_address(one).is_some_and(|url| of_the_service(&url))
                || clients.contains(&one.as_str())
                || matches!(one.as_str(), "account" | "authenticated")
        };
        if have.iter().all(by_default) { Stranger::NoServer } else { Stranger::OtherName }
    }

    /// What is wrong with the token by our own reading, one clause each. Empty: nothing that can be seen from here.
    pub fn faults(&self) -> Vec<String> {
        let mut faults = Vec::new();
        match &self.token.form {
            TokenForm::Truncated { how } => faults.push(format!("a piece of it is missing ({how})")),
            TokenForm::Jwe | TokenForm::Opaque | TokenForm::Jwt => {}
        }
        match &self.token.role {
            TokenRole::Access => {}
            TokenRole::Id { why } => faults.push(format!("it is an ID token ({why})")),
            TokenRole::Refresh { why } => faults.push(format!("it is a refresh token ({why})")),
            TokenRole::Credential { why } => faults.push(why.clone()),
        }
        match self.signature() {
            Some(Signature::Unsigned) => faults.push("it is not signed (alg none)".to_owned()),
            Some(Signature::Bad { .. }) => faults.push("its signature does not fit".to_owned()),
            Some(Signature::UnknownKey { kid, .. }) => faults.push(format!("its key {kid} is not listed")),
            Some(Signature::SharedSecret { .. }) if self.is_its_own_service() => {}
            Some(Signature::SharedSecret { alg }) => faults.push(format!("it is signed with a shared secret ({alg})")),
            _ => {}
        }
        if let Some(until) = self.token.number("exp")
            && until.saturating_add(LEEWAY) <= self.now
        {
            faults.push(format!("it ran out at {}", clock::moment(until)));
        }
        if self.token.number("nbf").is_some_and(|from| from > self.now.saturating_add(LEEWAY)) {
            faults.push("it is not valid yet".to_owned());
        }
        if self.token.is_jwt() {
            if self.has_another_issuer() {
                faults.push(format!("it comes from {}", self.token.issuer().unwrap_or_default()));
            }
            match self.audience() {
                // Amazon Cognito names the app in client_id where others name the server in aud, and servers compare that.
                Audience::Missing if self.token.text("token_use") == Some("access") => {}
                Audience::Missing => faults.push("it does not say for which server it is (no aud)".to_owned()),
                // An audience of another kind can be a name that both sides agreed on; another server's id cannot.
                Audience::Elsewhere if self.names_another_server() => {
                    faults.push(format!("it is for {}", self.token.audiences().join(", ")));
                }
                _ => {}
            }
        }
        faults
    }

    /// The token's own dates are reason enough for a server that allows for no difference between clocks.
    pub fn is_out_of_its_time(&self) -> bool {
        self.token.number("exp").is_some_and(|until| until <= self.now)
            || ["nbf", "iat"].iter().any(|name| self.token.number(name).is_some_and(|from| from > self.now))
    }

    /// `aud` holds the id of another MCP server of Scalekit, and not ours.
    pub fn names_another_server(&self) -> bool {
        let Some(ours) = self.resource_id() else { return false };
        let have = self.token.audiences();
        !have.contains(&ours) && have.iter().any(|audience| audience.starts_with("res_"))
    }

    /// The permissions that the token stands for: as it says itself or, where it cannot be read, as the sign-in service said when
    /// it gave it out. A service that says nothing granted what was asked for (RFC 6749 section 5.1).
    pub fn held(&self) -> Vec<String> {
        if self.token.is_jwt() {
            return self.token.scopes();
        }
        let granted = self.evidence.sign_in.as_ref().and_then(|fact| {
            let reading = fact.value()?;
            let told = reading.refresh.as_ref().filter(|answer| answer.access_token).and_then(|one| one.scope.clone());
            let told = told.or_else(|| reading.token.as_ref()?.scope.clone());
            told.or_else(|| reading.requested_scope.clone())
        });
        granted.unwrap_or_default().split_ascii_whitespace().map(str::to_owned).collect()
    }

    /// The permission that the server says is lacking, and how it says so. `None`: it does not say such a thing.
    pub fn need(&self) -> Option<Need<'a>> {
        let first = |answer| (answer, None);
        let (told, (answer, tool)) = match self.says {
            Says::Lacking(answer) => (ToldAs::Forbidden, first(answer)),
            Says::Refused(answer) if self.is_lack_in_disguise(answer) => (ToldAs::Unauthorized, first(answer)),
            Says::In(answer)
                if answer.status < 300
                    && message(answer).is_none()
                    && refusal_in_success(answer).is_some_and(|text| speaks_of_lack(&text)) =>
            {
                (ToldAs::Success, first(answer))
            }
            Says::In(_) | Says::Open => self.need_of_a_tool()?,
            _ => return None,
        };
        let mut asked = challenge::read(&answer.headers).scopes().unwrap_or_default();
        if asked.is_empty() {
            asked = self.scopes_in(&answer.body.text, answer);
        }
        let named = !asked.is_empty();
        let worded = told != ToldAs::Forbidden || is_about_scope(answer);
        if asked.is_empty() && tool.is_none() && worded {
            asked = self.evidence.challenges().and_then(|challenges| challenges.scopes()).unwrap_or_default();
        }
        if asked.is_empty() && told == ToldAs::Unauthorized {
            asked = self.announced_scopes();
        }
        let held = self.held();
        let lacking = asked.iter().filter(|scope| !held.contains(*scope)).cloned().collect();
        Some(Need { told, answer, tool, asked, named, worded, lacking })
    }

    /// A 401 that is about a permission: it says so, or nothing else is wrong and a permission that the server asks for is not there.
    fn is_lack_in_disguise(&self, answer: &Answer) -> bool {
        if reason(answer) == Some(Reason::Scope) {
            return true;
        }
        let mut asked = self.asked_scopes();
        if asked.is_empty() {
            asked = self.announced_scopes();
        }
        let held = self.token.scopes();
        self.token.is_jwt()
            && reason(answer).is_none()
            && !asked.is_empty()
            && asked.iter().any(|scope| !held.contains(scope))
            && self.faults().is_empty()
            && self.issuer_fits() != Some(false)
            && matches!(self.signature(), Some(Signature::Good { .. }))
    }

    /// What the server answered to the list of tools and to a tool, the newest first, with the tool.
    fn answers_about_tools(&self) -> impl Iterator<Item = (&'a Answer, Option<String>)> + use<'a> {
        self.evidence.exchanges().iter().rev().filter_map(|exchange| {
            let tool = match &exchange.purpose {
                Purpose::TokenToolsCall { tool } => Some(tool.clone()),
                Purpose::TokenToolsList => None,
                _ => return None,
            };
            Some((exchange.outcome.as_ref().ok()?, tool))
        })
    }

    fn need_of_a_tool(&self) -> Option<(ToldAs, (&'a Answer, Option<String>))> {
        self.answers_about_tools().find_map(|(answer, tool)| {
            let told = match answer.status {
                403 if is_about_scope(answer) || is_plainly_forbidden(answer) => ToldAs::Forbidden,
                401 if reason(answer) == Some(Reason::Scope) => ToldAs::Unauthorized,
                200..=299 if tool.is_some() => {
                    let text = refusal_in_success(answer)?;
                    (speaks_of_lack(&text) || self.refuses_by_name(&text) || denied_by_protocol(answer))
                        .then_some(ToldAs::Success)?
                }
                _ => return None,
            };
            Some((told, (answer, tool)))
        })
    }

    /// A refusal that names a scope which is published and which the token does not have.
    fn refuses_by_name(&self, text: &str) -> bool {
        let lower = text.to_ascii_lowercase();
        let refuses = ["denied", "forbidden", "unauthorized", "not authorized", "not allowed"]
            .iter()
            .any(|word| lower.contains(word));
        let (held, known) = (self.token.scopes(), self.published_scopes());
        refuses
            && text
                .split(|c: char| c.is_whitespace() || "\"'`,;()[]{}".contains(c))
                .map(|word| word.trim_matches(|c: char| ".:!".contains(c)))
                .any(|word| known.iter().any(|scope| scope == word) && !held.iter().any(|scope| scope == word))
    }

    /// The answer with which the server turned the token away after it had let it in: on the list of tools, or on a tool.
    pub fn refused_later(&self) -> Option<(&'a Answer, Option<String>)> {
        if !matches!(self.says, Says::In(_) | Says::Open) || self.need().is_some() {
            return None;
        }
        let bad_token = |answer: &Answer| {
            let challenges = challenge::read(&answer.headers);
            challenges.parameter("error").is_some_and(|one| one.value.eq_ignore_ascii_case("invalid_token"))
        };
        self.answers_about_tools()
            .find(|(answer, _)| answer.status == 401 || (answer.status == 403 && bad_token(answer)))
    }

    /// The scopes that a text names: words that the server or the sign-in service publish as scopes, or that look like one.
    fn scopes_in(&self, text: &str, answer: &Answer) -> Vec<String> {
        let known = self.published_scopes();
        let described = challenge::read(&answer.headers).parameter("error_description").map(|one| one.value.clone());
        let text = format!("{} {}", text.chars().take(4_000).collect::<String>(), described.unwrap_or_default());
        let mut found: Vec<String> = Vec::new();
        for word in text.split(|c: char| c.is_whitespace() || "\"'`,;()[]{}\\".contains(c)) {
            let word = word.trim_matches(|c: char| ".:!".contains(c));
            let shaped = word.split_once(':').is_some_and(|(left, right)| {
                let plain = |part: &str| {
                    !part.is_empty() && part.chars().all(|c| c.is_ascii_alphanumeric() || "_-.:*".contains(c))
                };
                plain(left) && plain(right) && !right.starts_with("//") && left.chars().any(|c| c.is_ascii_alphabetic())
            });
            if (known.iter().any(|scope| scope == word) || shaped) && !found.iter().any(|have| have == word) {
                found.push(word.to_owned());
            }
        }
        found
    }

    /// Every scope that the server or its sign-in service publish.
    pub fn published_scopes(&self) -> Vec<String> {
        let mut all =
            self.evidence.resource_metadata_read().and_then(|read| read.scopes_supported()).unwrap_or_default();
        all.extend(
            self.evidence.server_metadata_read().and_then(|read| read.list("scopes_supported")).unwrap_or_default(),
        );
        all.extend(self.evidence.challenges().and_then(|challenges| challenges.scopes()).unwrap_or_default());
        all
    }

    /// The permissions that the server's metadata announces, where they are likely to be what it demands of every token: the token
    /// has none of them, or the framework announces just those that it demands. Samples that let every token in and look at
    /// permissions in the tools do not count.
    pub fn announced_scopes(&self) -> Vec<String> {
        // What every sign-in service knows of itself is no permission for a server.
        const OF_THE_SIGN_IN: [&str; 6] = ["openid", "profile", "email", "address", "phone", "offline_access"];
        if self.is(Framework::FastapiFastmcp) || self.is(Framework::Express) {
            return Vec::new();
        }
        let mut announced =
            self.evidence.resource_metadata_read().and_then(|read| read.scopes_supported()).unwrap_or_default();
        announced.retain(|scope| !OF_THE_SIGN_IN.contains(&scope.as_str()));
        let held = self.token.scopes();
        let demands_all = self.framework.as_ref().is_some_and(Guess::is_fastmcp);
        if demands_all || !announced.iter().any(|scope| held.contains(scope)) { announced } else { Vec::new() }
    }

    /// The check of tokens works: a made-up one is refused in order. A call with the real one that breaks breaks on something
    /// else than a mismatch, unless its words say so.
    pub fn breaks_on_this_token_alone(&self) -> bool {
        matches!(self.says, Says::Broke(_))
            && self.reason().is_none()
            && self.evidence.answer(&Purpose::MadeUpToken).is_some_and(|answer| answer.status == 401)
    }

    /// The token was given by the sign-in of this very run, so it comes from where this server sends its apps.
    pub fn is_fresh(&self) -> bool {
        crate::sign_in::of(self.evidence).is_some_and(|reading| reading.token.is_some() && reading.stopped.is_none())
    }

    /// The scopes that the server asks for: in the answer to the token, else in the first challenge.
    pub fn asked_scopes(&self) -> Vec<String> {
        let of = |answer: &Answer| challenge::read(&answer.headers).scopes().filter(|scopes| !scopes.is_empty());
        let answer = match self.says {
            Says::Refused(answer) | Says::Lacking(answer) | Says::Forbidden(answer) => of(answer),
            _ => None,
        };
        answer.or_else(|| self.evidence.challenges()?.scopes()).unwrap_or_default()
    }
}

/// A permission that the server says is lacking.
#[derive(Debug, Clone)]
pub struct Need<'a> {
    /// How it says so.
    pub told: ToldAs,
    /// Its answer.
    pub answer: &'a Answer,
    /// The tool that was called, when one was.
    pub tool: Option<String>,
    /// What it asks for, as far as it is known.
    pub asked: Vec<String>,
    /// This very answer names what it asks for.
    pub named: bool,
    /// It speaks of permissions; a bare 403 does not.
    pub worded: bool,
    /// What the token does not have of it.
    pub lacking: Vec<String>,
}

/// How a server says that a permission is lacking.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ToldAs {
    /// 403, as it should.
    Forbidden,
    /// 401, as if the token were bad.
    Unauthorized,
    /// 200, with an error inside.
    Success,
}

/// A text says that a permission is lacking: it has the words of a refusal near those for permissions.
fn speaks_of_lack(text: &str) -> bool {
    const SUBJECTS: [&str; 5] = ["scope", "permission", "privilege", " role", "entitlement"];
    const REFUSALS: [&str; 15] = [
        "insufficient",
        "missing",
        "lack",
        "require",
        "need",
        "not enough",
        "not have",
        "n't have",
        "not granted",
        "not include",
        "not contain",
        "no permission",
        "without the",
        "higher privilege",
        "not sufficient",
    ];
    let text = text.to_ascii_lowercase();
    // A file that may not be opened, in the words of the system.
    if ["eacces", "eperm", "errno 13", "operation not permitted"].iter().any(|words| text.contains(words)) {
        return false;
    }
    SUBJECTS.iter().any(|subject| {
        text.match_indices(subject).any(|(at, _)| {
            let around = &text[floor(&text, at.saturating_sub(45))..floor(&text, (at + 55).min(text.len()))];
            REFUSALS.iter().any(|refusal| around.contains(refusal))
        })
    })
}

/// A call of a tool that ends in an error of the protocol which says no, without a word why.
fn denied_by_protocol(answer: &Answer) -> bool {
    message(answer)
        .and_then(|message| Some(message.pointer("/error/message")?.as_str()?.to_ascii_lowercase()))
        .is_some_and(|text| {
            ["access denied", "permission denied", "forbidden", "unauthorized", "not authorized", "not allowed"]
                .iter()
                .any(|words| text.contains(words))
        })
}

/// What a call of a tool says instead of a result: the text of an error, in any of the ways in which servers send one with 200.
fn refusal_in_success(answer: &Answer) -> Option<String> {
    let Some(message) = message(answer) else {
        return answer.body.json().ok().and_then(error_member);
    };
    if let Some(error) = message.get("error") {
        return Some(error.get("message").and_then(serde_json::Value::as_str).unwrap_or_default().to_owned());
    }
    let result = message.get("result")?;
    let text: Vec<&str> =
        result.get("content")?.as_array()?.iter().filter_map(|one| one.get("text")?.as_str()).collect();
    let text = text.join("\n");
    if result.get("isError").and_then(serde_json::Value::as_bool) == Some(true) {
        return Some(text);
    }
    // Samples hand out an object with the error as if it were a result.
    serde_json::from_str(&text).ok().as_ref().and_then(error_member)
}

/// The text of an object that holds an error and nothing that could be a result.
fn error_member(value: &serde_json::Value) -> Option<String> {
    let error = value.as_object()?.get("error")?;
    Some(error.as_str().map_or_else(|| error.to_string(), str::to_owned))
}

/// How `aud` relates to a server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Audience {
    /// No `aud`.
    Missing,
    /// Nothing is known of the server to compare with.
    NotComparable,
    /// It names the server in every way that counts.
    Fits,
    /// It holds the server's id in Scalekit, and no address.
    IdOnly,
    /// It holds the server's id, and its address with a slash more or less.
    IdAndSlash {
        /// What stands there.
        have: String,
        /// What the server is called.
        want: String,
    },
    /// It holds the server's address, and not its id.
    AddressOnly,
    /// It holds the address with a slash more or less, and nothing else that fits.
    Slash {
        /// What stands there.
        have: String,
        /// What the server is called.
        want: String,
    },
    /// It names something else.
    Elsewhere,
}

/// An audience that does not name this server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Stranger {
    /// It names another server.
    OtherServer,
    /// It is an address on this server's host, written in another way: another scheme, port, path, or case.
    SameHost {
        /// What stands there.
        have: String,
    },
    /// It names no server: what the sign-in service writes when it was asked for none, such as the app, or itself.
    NoServer,
    /// It is a name that server and sign-in service can agree on.
    OtherName,
}

/// The id under which Microsoft's sign-in service knows its own directory.
const MICROSOFT_GRAPH: &str = "00000003-0000-0000-c000-000000000000";

fn web_address(text: &str) -> Option<Url> {
    Url::parse(text.trim()).ok().filter(|url| matches!(url.scheme(), "http" | "https") && url.has_host())
}

fn slash_apart(have: &[String], want: &[String]) -> Option<(String, String)> {
    have.iter().find_map(|have| {
        let fits = want.iter().find(|want| have.trim_end_matches('/') == want.trim_end_matches('/'))?;
        Some((have.clone(), fits.clone()))
    })
}

/// Why a server says that it turns a token away.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reason {
    /// It says that no token came.
    Missing,
    /// The audience.
    Audience,
    /// The issuer.
    Issuer,
    /// It ran out.
    Expired,
    /// It is not valid yet.
    NotYet,
    /// The keys could not be fetched.
    KeysOutOfReach,
    /// The signature, or its key.
    Signature,
    /// The way in which it is signed.
    Algorithm,
    /// The scope.
    Scope,
    /// The type in the header.
    Type,
    /// Nothing says until when it is good.
    NoEnd,
}

/// What an answer says, without the words that fit every reason.
fn words(answer: &Answer) -> String {
    let mut words = answer.body.text.chars().take(4_000).collect::<String>();
    for challenge in challenge::read(&answer.headers).tolerant {
        for parameter in challenge.parameters {
            if matches!(parameter.name.to_ascii_lowercase().as_str(), "error" | "error_description") {
                words.push(' ');
                words.push_str(&parameter.value);
            }
        }
    }
    // Quotes inside JSON and inside header fields have backslashes before them.
    let mut words = words.replace('\\', "").to_ascii_lowercase();
    for general in [
        "invalid, expired, or no longer recognized",
        "invalid or expired",
        "expired or invalid",
        "missing or invalid",
        "invalid or missing",
        "missing, invalid or expired",
        "missing, invalid, or expired",
        "missing or expired",
        // mcp-handler (Vercel): the same words for no token and for every token that its check gives nothing back for.
        "no authorization provided",
    ] {
        words = words.replace(general, "");
    }
    words
}

/// The reason that an answer gives.
pub fn reason(answer: &Answer) -> Option<Reason> {
    let words = words(answer);
    let says = |any: &[&str]| any.iter().any(|mark| words.contains(mark));
    let keys = says(&["jwks", "jwk set", "json web key", "signing key", "public key", "certs", "openid-configuration"]);
    let unreachable = says(&[
        "fetch",
        "timeout",
        "timed out",
        "connect",
        "unreachable",
        "unavailable",
        "certificate",
        "failed to load",
        "could not load",
        "expected 200",
        "unable to obtain",
        "unable to retrieve",
        "couldn't retrieve",
        "could not retrieve",
    ]);
    if (keys && unreachable) || says(NETWORK_TROUBLE) {
        return Some(Reason::KeysOutOfReach);
    }
    if speaks_of_lack(&words) {
        return Some(Reason::Scope);
    }
    if says(&[
        "audience",
        "\"aud\"",
        "'aud'",
        " aud ",
        "idx10214",
        "not issued for this resource",
        "not bound to the configured resource",
        "wrong resource",
        "intended for",
    ]) {
        return Some(Reason::Audience);
    }
    if says(&["issuer", "\"iss\"", "'iss'", " iss ", "idx10205", "issued by a different provider"]) {
        return Some(Reason::Issuer);
    }
    if says(&["not yet valid", "not valid yet", "not active", "nbf", "(iat)", "issued in the future", "in the future"])
    {
        return Some(Reason::NotYet);
    }
    if says(&["no expiration", "without an expiration", "without expiration", "missing expiration", "no expiry"]) {
        return Some(Reason::NoEnd);
    }
    if says(&["expired", "\"exp\"", "idx10223"]) {
        return Some(Reason::Expired);
    }
    if says(&[
        "\"alg\"",
        "'alg'",
        "alg value",
        "invalid algorithm",
        "invalid alg",
        "unsupported alg",
        "unexpected alg",
        "algorithm not allowed",
        "algorithm is not allowed",
        "algorithm not supported",
        "algorithm is not supported",
        "algorithm mismatch",
        "disallowed algorithm",
        "unexpected signing method",
        "signing method",
        "unexpected signature algorithm",
        "signature algorithm",
    ]) {
        return Some(Reason::Algorithm);
    }
    if says(&[
        "signature",
        "unknown key",
        "no matching",
        "kid",
        "idx10501",
        "idx10503",
        "idx10511",
        "no applicable key",
        "key not found",
        "key was not found",
        "matching key",
        "unable to find key",
        "keyfunc",
        "algorithm",
    ]) || keys
    {
        return Some(Reason::Signature);
    }
    if says(&["at+jwt", "\"typ\"", " typ "]) {
        return Some(Reason::Type);
    }
    says_missing(&words).then_some(Reason::Missing)
}

/// The network between the server and its sign-in service, in the words of the runtimes: nothing else makes the check of a token
/// speak of these.
const NETWORK_TROUBLE: &[&str] = &[
    "authentication service unavailable",
    "econnrefused",
    "econnreset",
    "etimedout",
    "enotfound",
    "eai_again",
    "getaddrinfo",
    "fetch failed",
    "fail to fetch",
    "failed to fetch",
    "name or service not known",
    "temporary failure in name resolution",
    "no such host",
    "nodename nor servname",
    "connection refused",
    "connection timed out",
    "connect timed out",
    "connection aborted",
    "request timed out",
    "read timed out",
    "deadline exceeded",
    "deadline_exceeded",
    "max retries exceeded",
    "unable to get local issuer certificate",
    "unable to get issuer cert",
    "unable to verify the first certificate",
    "self-signed certificate",
    "self signed certificate",
    "certificate verify failed",
    "certificate signed by unknown authority",
    "idx20803",
    "idx20804",
    "idx20807",
];

/// The answer says that no token came.
fn says_missing(words: &str) -> bool {
    const NAMES: [&str; 8] =
        ["token", "authorization", "bearer", "credential", "jwt", "auth header", "authentication", "api key"];
    // What stands around a mark, until the sentence ends. A claim that is missing stands in a token that came.
    let near = |mark: &str| {
        words.match_indices(mark).any(|(at, _)| {
            let before = &words[floor(words, at.saturating_sub(40))..at];
            let after = &words[at..floor(words, (at + 60).min(words.len()))];
            let around = format!("{before}{after}");
            NAMES.iter().any(|name| around.contains(name)) && !["claim", "field"].iter().any(|one| around.contains(one))
        })
    };
    let a_member_of_it = ["token is missing the", "token missing the", "token has no", "jwt is missing the"]
        .iter()
        .any(|mark| words.contains(mark));
    if a_member_of_it {
        return false;
    }
    [
        "missing",
        "no token",
        "no auth",
        "no bearer",
        "no credentials",
        "no jwt",
        "not provided",
        "not supplied",
        "not present",
        "was not sent",
        "no access token",
        "header required",
        "header is required",
        "header is expected",
        "header expected",
        "token required",
        "token is required",
        "must be provided",
    ]
    .iter()
    .any(|mark| near(mark))
        // FastAPI's and Spring's words, for a request without a token alone.
        || ["not authenticated", "full authentication is required"].iter().any(|mark| words.contains(mark))
}

/// The nearest boundary of a character at or before this place.
fn floor(text: &str, mut at: usize) -> usize {
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    at
}

/// The call without a token that the call with one is compared with: for servers that guard their tools alone, the list of tools.
fn deciding(evidence: &Evidence) -> (Purpose, Purpose) {
    let open = |purpose: &Purpose| evidence.answer(purpose).is_some_and(|answer| (200..300).contains(&answer.status));
    if open(&Purpose::Initialize) || (open(&Purpose::Discover) && !locked(evidence, &Purpose::Initialize)) {
        return (Purpose::ToolsList, Purpose::TokenToolsList);
    }
    let spoken = |purpose: &Purpose| {
        evidence.answer(purpose).is_some_and(|answer| !matches!(answer.status, 400 | 404 | 405 | 406 | 415 | 501))
    };
    if !spoken(&Purpose::TokenInitialize) && evidence.answer(&Purpose::TokenDiscover).is_some_and(|a| a.status != 404) {
        return (Purpose::Discover, Purpose::TokenDiscover);
    }
    (Purpose::Initialize, Purpose::TokenInitialize)
}

fn locked(evidence: &Evidence, purpose: &Purpose) -> bool {
    evidence.answer(purpose).is_some_and(|answer| answer.status == 401)
}

/// The call with the token that decides, and the one without it beside it.
pub fn calls(evidence: &Evidence) -> (Look<'_>, Look<'_>) {
    let (without, with) = deciding(evidence);
    (evidence.look(&without), evidence.look(&with))
}

fn says(evidence: &Evidence) -> Says<'_> {
    let (without, with) = calls(evidence);
    if let Look::Answered(plain) = without
        && (200..300).contains(&plain.status)
    {
        return Says::Open;
    }
    let answer = match with {
        Look::NotLooked => return Says::NotAsked,
        Look::NoAnswer(_) => return Says::Silent,
        Look::Answered(answer) => answer,
    };
    match answer.status {
        401 | 407 => Says::Refused(answer),
        403 if is_host_guard(answer) => Says::In(answer),
        403 if is_about_scope(answer) => Says::Lacking(answer),
        403 => Says::Forbidden(answer),
        500.. if is_already_connected(answer) => Says::In(answer),
        300..=399 | 408 | 413 | 429 | 431 | 502..=504 => Says::Unclear(answer),
        500.. => Says::Broke(answer),
        _ => Says::In(answer),
    }
}

/// The server guards its own name, and auth was passed before: the Python and TypeScript SDKs say so in these words.
pub fn is_host_guard(answer: &Answer) -> bool {
    let says = |words: &str| answer.body.text.to_ascii_lowercase().contains(words);
    matches!(answer.status, 403 | 421) && (answer.status == 421 || says("invalid host") || says("invalid origin"))
}

/// The TypeScript SDK from 1.26 on, when one server object is connected twice.
pub fn is_already_connected(answer: &Answer) -> bool {
    answer.status >= 500 && answer.body.text.contains("Already connected to a transport")
}

/// The TypeScript SDK, when one transport with sessions serves the whole program and its only session is taken.
pub fn is_already_initialized(answer: &Answer) -> bool {
    matches!(answer.status, 400..=499) && answer.body.text.to_ascii_lowercase().contains("server already initialized")
}

/// A 403 that speaks of scopes or permissions.
pub fn is_about_scope(answer: &Answer) -> bool {
    let challenges = challenge::read(&answer.headers);
    let error = challenges.parameter("error").map(|parameter| parameter.value.to_ascii_lowercase());
    match error.as_deref() {
        Some("insufficient_scope") => true,
        Some("invalid_token") => false,
        _ => {
            challenges.scopes().is_some_and(|scopes| !scopes.is_empty())
                || speaks_of_lack(&answer.body.text)
                || challenges.parameter("error_description").is_some_and(|one| speaks_of_lack(&one.value))
        }
    }
}

/// A 403 that gives no reason and is the server's own: no page of a gateway, no guard of host names, not about a bad token.
fn is_plainly_forbidden(answer: &Answer) -> bool {
    let challenges = challenge::read(&answer.headers);
    answer.status == 403
        && !answer.is_html()
        && !is_host_guard(answer)
        && challenges.parameter("error").is_none_or(|one| !one.value.eq_ignore_ascii_case("invalid_token"))
}

/// One answer in one line: its status, and the first words that it says.
pub fn told(answer: &Answer) -> String {
    let challenges = challenge::read(&answer.headers);
    let parameter = |name: &str| challenges.parameter(name).map(|parameter| parameter.value.clone());
    let mut line = format!("HTTP {}", answer.status);
    let words = parameter("error_description").or_else(|| {
        let body = answer.body.json().ok();
        let member = |name: &str| Some(body?.get(name)?.as_str()?.to_owned());
        member("error_description")
            .or_else(|| member("message"))
            .or_else(|| Some(body?.pointer("/error/message")?.as_str()?.to_owned()))
            .or_else(|| member("error"))
            .or_else(|| {
                let text = answer.body.text.trim();
                (!text.is_empty() && !answer.is_html() && text.len() < 200).then(|| text.to_owned())
            })
    });
    if let Some(error) = parameter("error") {
        line.push_str(&format!(" {error}"));
    }
    if let Some(words) = words {
        line.push_str(&format!(", \"{}\"", words.chars().take(300).collect::<String>()));
    }
    if let Some(scope) = parameter("scope") {
        line.push_str(&format!(", scope \"{scope}\""));
    }
    line
}

/// The JSON-RPC message of an answer, plain or as the first event of a stream.
pub fn message(answer: &Answer) -> Option<serde_json::Value> {
    let is_message = |value: &serde_json::Value| value.get("jsonrpc").is_some();
    if let Ok(value) = answer.body.json() {
        return Some(value.clone()).filter(is_message);
    }
    let data = answer.body.text.lines().filter_map(|line| line.strip_prefix("data:"));
    let messages: Vec<serde_json::Value> =
        data.filter_map(|data| serde_json::from_str(data.trim()).ok()).filter(is_message).collect();
    // The server may tell of its work before it replies.
    let reply = messages.iter().find(|message| message.get("method").is_none());
    reply.or(messages.first()).cloned()
}

/// The names of the tools that the token lets see. `None`: nobody looked, or no list came.
pub fn tools(evidence: &Evidence) -> Option<Vec<String>> {
    let answer = evidence.answer(&Purpose::TokenToolsList).or_else(|| evidence.answer(&Purpose::ToolsList))?;
    let tools = message(answer)?.pointer("/result/tools")?.as_array()?.clone();
    Some(tools.iter().filter_map(|tool| tool.get("name")?.as_str()).map(str::to_owned).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evidence::{Body, Headers};

    fn answer(status: u16, body: &str) -> Answer {
        Answer { status, headers: Headers::default(), body: Body::new(body) }
    }

    #[test]
    fn a_refusal_is_understood_in_the_words_of_many_servers() {
        for (words, expected) in [
            ("{\"error\":\"Missing Bearer token\"}", Some(Reason::Missing)),
            ("bad request: missing required Authorization header", Some(Reason::Missing)),
            ("{\"error_description\":\"Token was not issued for this resource\"}", Some(Reason::Audience)),
            ("IDX10214: Audience validation failed", Some(Reason::Audience)),
            ("External access token is not bound to the configured resource", Some(Reason::Audience)),
            ("unexpected \"iss\" claim value", Some(Reason::Issuer)),
            ("Token has expired", Some(Reason::Expired)),
            ("The token is not yet valid (nbf)", Some(Reason::NotYet)),
            ("Signature verification failed", Some(Reason::Signature)),
            ("Failed to fetch JWKS: timeout", Some(Reason::KeysOutOfReach)),
            ("{\"error\":\"Authentication service unavailable\"}", Some(Reason::KeysOutOfReach)),
            ("Token missing required scopes: todo:read", Some(Reason::Scope)),
            ("{\"error\":\"Token validation failed\"}", None),
            ("The provided bearer token is invalid, expired, or no longer recognized by the server.", None),
            ("Missing or invalid access token", None),
        ] {
            assert_eq!(reason(&answer(401, words)), expected, "{words}");
        }
    }

    #[test]
    fn every_library_has_words_of_its_own() {
        use Reason::{Algorithm, Audience, Expired, Issuer, KeysOutOfReach, Missing, Scope, Signature, Type};
        for (words, expected) in [
            // jose
            ("unexpected \\\"typ\\\" JWT header value", Some(Type)),
            ("\\\"alg\\\" (Algorithm) Header Parameter value not allowed", Some(Algorithm)),
            ("Expected 200 OK from the JSON Web Key Set HTTP response", Some(KeysOutOfReach)),
            ("no applicable key found in the JSON Web Key Set", Some(Signature)),
            // PyJWT
            ("The specified alg value is not allowed", Some(Algorithm)),
            (
                "Fail to fetch data from the url, err: \\\"<urlopen error [Errno -2] Name or service not known>\\\"",
                Some(KeysOutOfReach),
            ),
            ("Unable to find a signing key that matches: \\\"key-1\\\"", Some(Signature)),
            ("Token is missing the \\\"aud\\\" claim", Some(Audience)),
            // golang-jwt, go-oidc
            ("token is unverifiable: error while executing keyfunc: key not found", Some(Signature)),
            ("oidc: id token issued by a different provider, expected x got y", Some(Issuer)),
            ("dial tcp: lookup auth.example.com: no such host", Some(KeysOutOfReach)),
            ("signing method ES256 is invalid", Some(Algorithm)),
            // ASP.NET, Spring, Envoy, node
            ("IDX20803: Unable to obtain configuration from: https://x", Some(KeysOutOfReach)),
            ("The signature key was not found", Some(Signature)),
            ("Couldn't retrieve remote JWK set: Connect timed out", Some(KeysOutOfReach)),
            ("Jwt expired at 2026-11-30T00:00:00Z", Some(Expired)),
            ("The request requires higher privileges than provided by the access token.", Some(Scope)),
            ("Jwks remote fetch is failed", Some(KeysOutOfReach)),
            ("Jwt is missing", Some(Missing)),
            ("jwt must be provided", Some(Missing)),
            ("unable to get local issuer certificate", Some(KeysOutOfReach)),
            // A claim that is missing stands in a token that came.
            ("Token is missing the \\\"sub\\\" claim", None),
            ("Invalid token: missing email claim", None),
            // The same words for everything say nothing.
            ("Authentication required", None),
            ("Unauthorized", None),
        ] {
            assert_eq!(reason(&answer(401, &format!("{{\"error\":\"{words}\"}}"))), expected, "{words}");
        }
    }

    #[test]
    fn a_lack_is_heard_in_many_words_and_not_where_there_is_none() {
        for lack in [
            "Not enough permissions",
            "insufficient privileges",
            "You do not have permission to use this tool",
            "This tool requires the todo:write scope",
            "Access denied. You need the todo:write scope.",
            "Access denied: missing role admin",
        ] {
            assert!(speaks_of_lack(lack), "{lack}");
        }
        for other in [
            "EACCES: permission denied, open '/etc/x', need it",
            "Forbidden",
            "title is required",
            "scope of the work: large",
        ] {
            assert!(!speaks_of_lack(other), "{other}");
        }
        let call = |result: &str| {
            refusal_in_success(&answer(200, &format!("{{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{result}}}")))
        };
        let text = |text: &str, error: bool| {
            serde_json::json!({"isError": error, "content": [{"type": "text", "text": text}]}).to_string()
        };
        assert!(call(&text("missing scope", true)).is_some());
        assert!(call(&text("{\"error\": \"missing scope\"}", false)).is_some());
        assert_eq!(call(&text("Ask which scopes the API requires", false)), None);
    }

    #[test]
    fn an_audience_that_is_not_ours_is_of_one_of_four_kinds() {
        use crate::sample::Sample;
        let of = |audience: serde_json::Value| {
            let sample = Sample::healthy().token(move |claims| {
                claims["aud"] = audience;
                claims["client_id"] = "m2m_app".into();
            });
            let evidence = sample.evidence().clone();
            Trial::of(&evidence).expect("a token").stranger()
        };
        assert_eq!(of("https://other.example.com/mcp".into()), Stranger::OtherServer);
        assert_eq!(of("res_999".into()), Stranger::OtherServer);
        let same = |have: &str| Stranger::SameHost { have: have.to_owned() };
        assert_eq!(of("http://mcp.example.com/mcp".into()), same("http://mcp.example.com/mcp"));
        assert_eq!(of("https://mcp.example.com".into()), same("https://mcp.example.com"));
        for none in ["account", "m2m_app", "https://acme.scalekit.com/userinfo", MICROSOFT_GRAPH] {
            assert_eq!(of(none.into()), Stranger::NoServer, "{none}");
        }
        for name in ["todo-api", "api://todo", "2f1e9b0a-1111-4c1e-9a3a-0d2f4e5c6b7a"] {
            assert_eq!(of(name.into()), Stranger::OtherName, "{name}");
        }
        assert_eq!(of(vec!["account", "todo-api"].into()), Stranger::OtherName);
    }

    #[test]
    fn host_guards_and_scope_refusals_are_told_apart() {
        assert!(is_host_guard(&answer(421, "Invalid Host header")));
        assert!(is_host_guard(&answer(403, "Invalid Origin: x")));
        assert!(!is_host_guard(&answer(403, "Forbidden")));
        assert!(is_about_scope(&answer(403, "{\"error\":\"insufficient_scope\"}")));
        assert!(!is_about_scope(&answer(403, "{\"error\":\"invalid_token\"}")));
    }

    proptest::proptest! {
        #[test]
        fn no_answer_makes_it_panic(text in "\\PC{0,200}", status in 100u16..600) {
            let _ = (reason(&answer(status, &text)), told(&answer(status, &text)));
        }
    }
}
