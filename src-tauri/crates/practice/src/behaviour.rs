//! What a fault is, and the questions the servers ask of it wherever they make an answer.

use serde::Serialize;

use crate::{TlsKind, TokenShape, faults, record::Server};

/// One way of being broken: what the Practice screen says about it, and the check that has to find it.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Fault {
    /// Kebab-case and unique; the name on the command line.
    pub name: &'static str,
    /// One calm line of what is broken.
    pub words: &'static str,
    /// The playbook that leads to it.
    pub playbook: Playbook,
    /// The check that should report it (its code in the catalogue) and the variant of that check.
    pub expects: (&'static str, &'static str),
    /// How bad it is. Only an error makes a verdict.
    pub severity: Severity,
    /// What a diagnosis has to do before it can see the fault.
    pub needs: Needs,
    #[serde(skip)]
    pub(crate) twists: &'static [Twist],
}

impl Fault {
    /// The fault of that name.
    pub fn named(name: &str) -> Option<&'static Fault> {
        faults().iter().find(|fault| fault.name == name)
    }
}

/// The seven playbooks, in the mission's order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
#[allow(missing_docs, reason = "the names are the mission's")]
pub enum Playbook {
    Connection,
    RedirectUri,
    Cors,
    Token,
    Scope,
    Client,
    Browser,
}

/// How bad a fault is for the clients it hits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Severity {
    /// The affected clients do not connect.
    Error,
    /// Works now, fragile or insecure.
    Warning,
    /// Good to know.
    Info,
}

/// What it takes to see a fault.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Needs {
    /// Requests without a token are enough.
    Nothing,
    /// The client in question is a web page: requests carry an `Origin`.
    WebPage,
    /// A registration is made, after consent.
    Registration,
    /// Somebody signs in.
    SignIn,
    /// A token, which a sign-in or [`crate::Practice::fresh_token`] gives.
    Token,
}

/// One deviation from the right answer. A fault has one, sometimes two that only make sense together.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Twist {
    /// These header fields instead of the right `WWW-Authenticate`, as (name, template).
    Challenge(&'static [(&'static str, &'static str)]),
    /// One fixed answer at one place.
    Answer(Place, Canned),
    /// Members of a JSON document set to a JSON template, or taken out.
    Edit(Document, &'static [(&'static str, Option<&'static str>)]),
    /// A document that is right and written down wrongly.
    Garble(Document, Garble),
    /// A body that starts well and is sent badly.
    Body(Place, BodyFault),
    /// The endpoint answers at this path instead of the one in the URL.
    EndpointAt(&'static str),
    /// The authorization endpoint sends the browser back with this error (RFC 6749 section 4.1.2.1).
    AuthorizeError(&'static str),
    /// Registration refuses redirect URIs of this kind.
    RefusesRedirects(RedirectKind),
    /// The token endpoint gives out tokens of this shape.
    Tokens(TokenShape),
    /// The clock of one server, in seconds ahead of the true time.
    Clock(Server, i64),
    /// The connection itself misbehaves.
    Socket(Server, Socket),
    /// The certificate of the MCP server.
    Certificate(TlsKind),
    /// A rule that is broken in a way a table cannot say.
    Quirk(Quirk),
}

/// Where an answer is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    /// Everything the MCP server answers.
    AllOfMcp,
    /// Everything the authorization server answers.
    AllOfAuth,
    /// The MCP endpoint, whatever is asked.
    Endpoint,
    /// POST to the MCP endpoint.
    Post,
    /// GET on the MCP endpoint, before the token is looked at.
    Get,
    /// A request to the endpoint that carries an `Authorization` header.
    WithToken,
    /// A request to the endpoint whose token was refused.
    BadToken,
    /// A request to the endpoint whose token was accepted.
    GoodToken,
    /// A call whose token lacks the scope.
    Insufficient,
    /// A JSON-RPC notification.
    Notification,
    /// `tools/list`.
    ToolsList,
    /// A request of the 2026-07-28 era.
    Modern,
    /// Resource metadata, every copy.
    ResourceMetadata,
    /// Resource metadata at the root well-known path.
    RootResourceMetadata,
    /// Authorization server metadata, every form.
    Metadata,
    /// A copy of authorization server metadata on the MCP origin.
    MetadataCopy,
    Keys,
    Register,
    Authorize,
    Token,
    /// A refresh at the token endpoint.
    Refresh,
}

/// A JSON document that can be edited.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Document {
    ResourceMetadata,
    /// The copy at the root well-known path only, which then exists.
    RootResourceMetadata,
    Metadata,
    Keys,
    Registration,
    TokenReply,
    /// The reply to a refresh.
    RefreshReply,
}

/// A fixed answer. Header values and body are templates: `{mcp}`, `{auth}`, `{url}`, `{prm}`, `{issuer}`, `{scope}`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Canned {
    pub status: u16,
    pub headers: &'static [(&'static str, &'static str)],
    pub body: &'static str,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Garble {
    AsTextPlain,
    AsOctetStream,
    TrailingComma,
    /// JSON in a JSON string.
    Twice,
    ByteOrderMark,
    InArray,
    /// Says gzip, sends plain text.
    CalledGzip,
    /// Is gzip, does not say so.
    SilentGzip,
    /// More than a megabyte of white space.
    Padded,
    /// Another `issuer` or `resource` at every fetch.
    Alternating,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum BodyFault {
    /// 50 MB.
    Huge,
    /// A few kilobytes that unpack to 40 MB.
    GzipBomb,
    /// One byte a second.
    Trickle,
    /// Ends before the length it announced.
    CutShort,
    /// Headers, then the connection is gone.
    Reset,
    /// Headers, then nothing for ever.
    Stall,
}

/// What happens on the connection before any HTTP.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Socket {
    /// Nothing listens.
    Refuse,
    /// Listens on 127.0.0.1 only although the URL says `[::1]`.
    OneFamily,
    AcceptThenClose,
    Reset,
    Stall,
    Trickle,
    EndlessHeaders,
    NotHttp,
    /// Plain HTTP on an https port.
    PlainHttp,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum RedirectKind {
    PrivateScheme,
    HttpLoopback,
    ClaudeConnector,
    /// The name `localhost`, while 127.0.0.1 is fine.
    LocalhostName,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Quirk {
    // Which requests need a token.
    Open,
    GetOpen,
    EveryPathLocked,
    /// Any token will do.
    AnyToken,
    /// Only the word `Bearer` with a capital letter.
    CaseSensitiveScheme,
    TokenInQuery,
    // Discovery.
    ColdStart,
    RedirectChain,
    /// A second, root copy of the resource metadata.
    RootCopy,
    /// Metadata answers at the path-append form only.
    AppendFormOnly,
    /// Metadata answers at the OpenID Connect forms only.
    OidcFormOnly,
    /// The MCP server serves a copy of the metadata of the authorization server.
    MetadataCopy,
    // Registration and authorization.
    DropsRedirects,
    /// New apps may not name permissions.
    RefusesScopes,
    /// Registered without a word, refused in the browser.
    RefusesRedirectLater,
    LiteralLoopbackPort,
    /// A return to 127.0.0.1 is refused, to localhost is not.
    LoopbackByNameOnly,
    RefusesClientIdUrls,
    NoIss,
    WrongIss,
    StateChanged,
    StateMissing,
    CodeInFragment,
    PkceOptional,
    OpenerCut,
    // Token.
    FormEncodedReply,
    NoRefreshToken,
    ShortTokens,
    // How the MCP server judges tokens.
    RefusesEveryToken,
    StripsAuthorization,
    WantsSlashAudience,
    WantsResourceId,
    WantsUrlAudience,
    WantsEnvironmentIssuer,
    RemembersOldKey,
    WantsScopesArray,
    /// No leeway for times a moment ahead.
    StrictClock,
    // Scope.
    NeverGrants,
    NarrowChallenge,
    // Cross-origin.
    NoCors,
    NoCorsOnAuth,
    NoCorsOnRefusal,
    NoCorsOnWellKnown,
    PreflightLocked,
    PreflightRefused,
    PreflightRedirected,
    NothingExposed,
    WildcardHeaders,
    OldHeadersOnly,
    PostOnly,
    TwoOrigins,
    OriginRefused,
    // Transport.
    SecondRequestFails,
    OneSession,
    ModernOnly,
    EventStreamOnly,
    ForgetsSessions,
    NoTools,
    HeadersDropped,
}

/// The present fault, as the servers see it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Behaviour(pub Option<&'static Fault>);

impl Behaviour {
    pub fn has(self, quirk: Quirk) -> bool {
        self.twists().contains(&Twist::Quirk(quirk))
    }

    /// The fixed answer for the first of these places that has one.
    pub fn answer(self, places: &[Place]) -> Option<&'static Canned> {
        self.twists().iter().find_map(|twist| match twist {
            Twist::Answer(place, canned) if places.contains(place) => Some(canned),
            _ => None,
        })
    }

    pub fn body_fault(self, places: &[Place]) -> Option<BodyFault> {
        self.twists().iter().find_map(|twist| match twist {
            Twist::Body(place, fault) if places.contains(place) => Some(*fault),
            _ => None,
        })
    }

    pub fn challenge(self) -> Option<&'static [(&'static str, &'static str)]> {
        self.twists().iter().find_map(|twist| match twist {
            Twist::Challenge(fields) => Some(*fields),
            _ => None,
        })
    }

    pub fn edits(self, document: Document) -> impl Iterator<Item = &'static (&'static str, Option<&'static str>)> {
        self.twists()
            .iter()
            .filter_map(move |twist| match twist {
                Twist::Edit(of, edits) if *of == document => Some(*edits),
                _ => None,
            })
            .flatten()
    }

    pub fn garble(self, document: Document) -> Option<Garble> {
        self.twists().iter().find_map(|twist| match twist {
            Twist::Garble(of, garble) if *of == document => Some(*garble),
            _ => None,
        })
    }

    pub fn endpoint_path(self) -> Option<&'static str> {
        self.twists().iter().find_map(|twist| match twist {
            Twist::EndpointAt(path) => Some(*path),
            _ => None,
        })
    }

    pub fn authorize_error(self) -> Option<&'static str> {
        self.twists().iter().find_map(|twist| match twist {
            Twist::AuthorizeError(error) => Some(*error),
            _ => None,
        })
    }

    pub fn refused_redirects(self) -> Option<RedirectKind> {
        self.twists().iter().find_map(|twist| match twist {
            Twist::RefusesRedirects(kind) => Some(*kind),
            _ => None,
        })
    }

    /// The shape of the tokens that the token endpoint gives out.
    pub fn token_shape(self) -> Option<TokenShape> {
        self.twists().iter().find_map(|twist| match twist {
            Twist::Tokens(shape) => Some(*shape),
            _ => None,
        })
    }

    /// How many seconds the clock of this server is ahead.
    pub fn clock(self, server: Server) -> i64 {
        let ahead = self.twists().iter().find_map(|twist| match twist {
            Twist::Clock(of, seconds) if *of == server => Some(*seconds),
            _ => None,
        });
        ahead.unwrap_or(0)
    }

    pub fn socket(self, server: Server) -> Option<Socket> {
        self.twists().iter().find_map(|twist| match twist {
            Twist::Socket(of, socket) if *of == server => Some(*socket),
            _ => None,
        })
    }

    pub fn certificate(self) -> Option<TlsKind> {
        self.twists().iter().find_map(|twist| match twist {
            Twist::Certificate(kind) => Some(*kind),
            _ => None,
        })
    }

    /// Whether the fault can only be shown over https.
    pub fn needs_tls(self) -> bool {
        self.certificate().is_some() || self.socket(Server::Mcp) == Some(Socket::PlainHttp)
    }

    fn twists(self) -> &'static [Twist] {
        self.0.map_or(&[], |fault| fault.twists)
    }
}
