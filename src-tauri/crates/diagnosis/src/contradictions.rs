//! Where a server's settings contradict each other, the server, or the token.

use url::Url;

use crate::check::{Confidence, Severity};
use crate::evidence::Evidence;
use crate::framework::{self, Framework};
use crate::scalekit::{self, IdKind};
use crate::settings::{Role, Setting, SettingValue, Settings};
use crate::trial::Trial;

/// One contradiction.
#[derive(Debug, Clone, PartialEq)]
pub struct Contradiction {
    /// The variant of `local-server-env`.
    pub variant: &'static str,
    /// The setting's name as written.
    pub setting: String,
    /// What it is compared with, and what should stand there.
    pub expected: Option<(&'static str, String)>,
    /// What stands there, when it may be shown.
    pub actual: Option<String>,
    /// How bad.
    pub severity: Severity,
    /// How sure.
    pub confidence: Confidence,
    /// One more clause.
    pub why: Option<String>,
}

/// All of them, the plainest first. `None`: no settings were given.
pub fn contradictions(evidence: &Evidence) -> Option<Vec<Contradiction>> {
    let settings = evidence.settings.as_ref()?.value()?;
    let look = Look::at(evidence);
    let mut found = Vec::new();
    for role in [
        Role::Environment,
        Role::ClientId,
        Role::ClientSecret,
        Role::ResourceId,
        Role::Audience,
        Role::ServerUrl,
        Role::Metadata,
    ] {
        if let Some(setting) = settings.get(role) {
            look.examine(setting, settings, &mut found);
        }
    }
    if look.works {
        // Whatever stands there, the server takes tokens with it.
        for one in &mut found {
            one.severity = Severity::Warning;
        }
    }
    found.sort_by_key(|one| one.severity);
    Some(found)
}

/// What the settings are compared with.
struct Look<'a> {
    evidence: &'a Evidence,
    framework: Option<Framework>,
    environment: Option<String>,
    resource_id: Option<String>,
    addresses: Vec<String>,
    audiences: Vec<String>,
    works: bool,
}

impl<'a> Look<'a> {
    fn at(evidence: &'a Evidence) -> Self {
        let trial = Trial::of_readable(evidence).ok();
        let seen = scalekit::recognise(evidence);
        let issuers = evidence.issuers();
        let environment = seen
            .as_ref()
            .and_then(|seen| seen.environment.clone())
            .or_else(|| Some(Url::parse(issuers.first()?.trim()).ok()?.origin().ascii_serialization()));
        let resource = evidence.resource_metadata_read().and_then(|read| read.resource().map(str::to_owned));
        let typed = evidence.subject.server.as_ref().map(|_| evidence.subject.typed.trim().to_owned());
        Self {
            evidence,
            framework: framework::of(evidence).map(|guess| guess.framework),
            environment,
            resource_id: seen.and_then(|seen| seen.resource_id),
            addresses: [resource, typed].into_iter().flatten().collect(),
            audiences: trial.as_ref().map(|trial| trial.token.audiences()).unwrap_or_default(),
            works: trial.is_some_and(|trial| trial.is_in()),
        }
    }

    fn examine(&self, setting: &Setting, all: &Settings, found: &mut Vec<Contradiction>) {
        let make = |variant| Contradiction {
            variant,
            setting: setting.name.clone(),
            expected: None,
            actual: None,
            severity: Severity::Error,
            confidence: Confidence::Certain,
            why: None,
        };
        match &setting.value {
            SettingValue::Reference => {}
            SettingValue::Empty => found.push(Contradiction {
                // An empty setting may be one that this server does not use.
                severity: Severity::Warning,
                ..make("empty")
            }),
            SettingValue::Placeholder { text } => {
                found.push(Contradiction { actual: Some(text.clone()), ..make("placeholder") });
            }
            SettingValue::Unreadable { why } => {
                found.push(Contradiction { why: Some(why.clone()), ..make("metadata-unreadable") });
            }
            SettingValue::Hidden { looks_like } => match (setting.role, looks_like) {
                (Role::ClientSecret, Some(kind)) => {
                    found.push(Contradiction { why: Some((*kind).to_owned()), ..make("swapped") });
                }
                (Role::ResourceId, _) => found.push(self.shaped(make("resource-id-shape"), "in another form")),
                _ => {}
            },
            SettingValue::Document { resource, authorization_servers } => {
                self.document(resource.as_deref(), authorization_servers, all, &make, found);
            }
            SettingValue::Text { text, dirty } => {
                if *dirty {
                    found.push(Contradiction { actual: Some(text.clone()), ..make("quotes") });
                    return;
                }
                let text = text.as_str();
                match setting.role {
                    Role::Environment => found.extend(self.environment(text, &make)),
                    Role::ClientId => {
                        let wrong = IdKind::of(text).filter(|kind| {
                            !matches!(kind, IdKind::ApiCredential | IdKind::Client | IdKind::OrganizationClient)
                        });
                        found.extend(wrong.map(|kind| Contradiction {
                            actual: Some(text.to_owned()),
                            why: Some(kind.words().to_owned()),
                            ..make("client-id-shape")
                        }));
                    }
                    Role::ResourceId => found.extend(self.resource_id(text, &make)),
                    Role::Audience => found.extend(self.audience(text, &make)),
                    Role::ServerUrl => found.extend(self.server_url(text, &make)),
                    Role::ClientSecret | Role::Metadata => {}
                }
            }
        }
    }

    fn shaped(&self, made: Contradiction, actual: &str) -> Contradiction {
        let expected = self.resource_id.clone().unwrap_or_else(|| "res_ and digits".to_owned());
        Contradiction { expected: Some(("The server's id", expected)), actual: Some(actual.to_owned()), ..made }
    }

    fn environment(&self, text: &str, make: &impl Fn(&'static str) -> Contradiction) -> Option<Contradiction> {
        let actual = Some(text.to_owned());
        let Some(url) = Url::parse(text).ok().filter(|url| url.has_host()) else {
            let expected = self.environment.clone().map(|environment| ("The sign-in service", environment));
            return Some(Contradiction { actual, expected, ..make("environment-shape") });
        };
        let origin = url.origin().ascii_serialization();
        if let Some(expected) = self.environment.clone().filter(|expected| *expected != origin) {
            // Two names of one service can differ and both be right.
            let same_keys = self.evidence.signature.as_ref().and_then(|fact| fact.value());
            let confidence = if same_keys.is_some() { Confidence::Certain } else { Confidence::Likely };
            let expected = Some(("The server sends people to", expected));
            return Some(Contradiction { actual, expected, confidence, ..make("environment-differs") });
        }
        if !url.path().trim_matches('/').is_empty() || url.query().is_some() {
            return Some(Contradiction {
                actual,
                expected: Some(("The environment", origin)),
                ..make("environment-shape")
            });
        }
        // FastMCP takes the slash off; whoever compares the issuer letter by letter does not.
        let compares = matches!(self.framework, Some(Framework::FastapiFastmcp | Framework::Other));
        (text.ends_with('/') && compares).then(|| Contradiction {
            actual,
            expected: Some(("The environment", origin)),
            confidence: Confidence::Likely,
            ..make("environment-slash")
        })
    }

    fn resource_id(&self, text: &str, make: &impl Fn(&'static str) -> Contradiction) -> Option<Contradiction> {
        if IdKind::of(text) != Some(IdKind::Resource) {
            let made = self.shaped(make("resource-id-shape"), text);
            return Some(Contradiction { why: IdKind::of(text).map(|kind| kind.words().to_owned()), ..made });
        }
        let in_token = self.audiences.iter().find(|audience| IdKind::of(audience) == Some(IdKind::Resource));
        let differs = |expected: &String| expected != text;
        if let Some(expected) = self.resource_id.as_ref().filter(|expected| differs(expected)) {
            return Some(Contradiction {
                actual: Some(text.to_owned()),
                expected: Some(("The server's metadata names", expected.clone())),
                ..make("resource-id-differs")
            });
        }
        let expected =
            in_token.filter(|expected| differs(expected) && !self.audiences.iter().any(|have| have == text))?;
        Some(Contradiction {
            actual: Some(text.to_owned()),
            expected: Some(("The token is for", expected.clone())),
            ..make("resource-id-differs")
        })
    }

    fn audience(&self, text: &str, make: &impl Fn(&'static str) -> Contradiction) -> Option<Contradiction> {
        let nearest = |among: &[String]| {
            among
                .iter()
                .find(|one| one.trim_end_matches('/') == text.trim_end_matches('/'))
                .or_else(|| among.iter().find(|one| (one.contains("://")) == text.contains("://")))
                .or(among.first())
                .cloned()
        };
        // Several can be allowed: a list, with commas or as JSON.
        let is_one_of = |have: &String| text.split([',', ' ', '[', ']', '"', '\'']).any(|one| one == have);
        if !self.audiences.is_empty() {
            if self.audiences.iter().any(is_one_of) {
                return None;
            }
            return Some(Contradiction {
                actual: Some(text.to_owned()),
                expected: Some(("The token is for", nearest(&self.audiences)?)),
                ..make("audience-differs")
            });
        }
        let mut names = self.addresses.clone();
        names.extend(self.resource_id.clone());
        if names.is_empty() || names.iter().any(is_one_of) {
            return None;
        }
        Some(Contradiction {
            actual: Some(text.to_owned()),
            expected: Some(("The server is called", nearest(&names)?)),
            severity: Severity::Warning,
            confidence: Confidence::Likely,
            ..make("audience-differs")
        })
    }

    fn server_url(&self, text: &str, make: &impl Fn(&'static str) -> Contradiction) -> Option<Contradiction> {
        let server = self.evidence.subject.server.as_ref()?;
        let url = Url::parse(text).ok().filter(|url| url.has_host())?;
        if url.origin() == server.origin() {
            return None;
        }
        // A server that publishes the right name nevertheless takes it from elsewhere.
        let published = self.addresses.first().and_then(|address| Url::parse(address).ok());
        let harmless = published.is_some_and(|published| published.origin() == server.origin());
        Some(Contradiction {
            actual: Some(text.to_owned()),
            expected: Some(("The server is reached at", server.origin().ascii_serialization())),
            severity: if harmless { Severity::Warning } else { Severity::Error },
            confidence: Confidence::Likely,
            ..make("server-url-differs")
        })
    }

    fn document(
        &self,
        resource: Option<&str>,
        authorization_servers: &[String],
        all: &Settings,
        make: &impl Fn(&'static str) -> Contradiction,
        found: &mut Vec<Contradiction>,
    ) {
        let Some(first) = authorization_servers.first() else {
            found.push(Contradiction {
                why: Some("authorization_servers is missing in it".to_owned()),
                ..make("metadata-unreadable")
            });
            return;
        };
        let origin = |address: &str| Url::parse(address.trim()).ok().map(|url| url.origin().ascii_serialization());
        let environment = all.text(Role::Environment).and_then(|(_, text)| origin(text));
        if let (Some(set), Some(named)) = (environment, origin(first))
            && set != named
        {
            found.push(Contradiction {
                actual: Some(named),
                expected: Some(("The environment in the settings", set)),
                ..make("metadata-environment")
            });
        }
        let id =
            all.text(Role::ResourceId).map(|(_, text)| text).filter(|text| IdKind::of(text) == Some(IdKind::Resource));
        if let (Some(set), Some(named)) = (id, scalekit::resource_id_of(first))
            && set != named
        {
            found.push(Contradiction {
                actual: Some(named.to_owned()),
                expected: Some(("The id in the settings", set.to_owned())),
                ..make("metadata-environment")
            });
        }
        let served = self.evidence.resource_metadata_read();
        let served_resource = served.as_ref().and_then(|read| read.resource());
        let served_issuer = served.as_ref().and_then(|read| read.authorization_servers().into_iter().next());
        let differs = match (served_resource, resource) {
            (Some(served), Some(set)) if served != set => Some((served.to_owned(), set.to_owned())),
            _ => served_issuer.filter(|served| served != first).map(|served| (served, first.clone())),
        };
        if let Some((served, set)) = differs {
            found.push(Contradiction {
                actual: Some(set),
                expected: Some(("The server publishes", served)),
                severity: Severity::Warning,
                confidence: Confidence::Likely,
                ..make("metadata-not-served")
            });
        }
    }
}
