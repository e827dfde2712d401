//! Who is trusted: this system's trust store, and Mozilla's roots alone as Node and Python programs have them.
//!
//! A verdict always comes with its cause, read from the chain itself where the library's words do not say enough.

use std::sync::{Arc, OnceLock};

use mcp_auth_diagnosis::evidence::{Certificate, TlsFault};
use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::CryptoProvider;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{
    AlertDescription, CertificateError, ClientConfig, DigitallySignedStruct, InvalidMessage, OtherError, RootCertStore,
    SignatureScheme,
};
use x509_parser::prelude::{FromDer, GeneralName, X509Certificate};

use crate::config::ProbeConfig;

type Verifier = Arc<dyn ServerCertVerifier>;

/// The two trust stores of a run. Reading the system's takes a moment, so each is made once, when first needed.
pub(crate) struct Trust {
    /// PEM, for both.
    extra: Option<String>,
    /// PEM, for the system's only.
    private: Option<String>,
    system: OnceLock<Result<Verifier, String>>,
    mozilla: OnceLock<Result<Verifier, String>>,
}

impl Trust {
    /// The trust of a run. Runs without roots of their own share one for the life of the process.
    pub fn of(config: &ProbeConfig) -> Arc<Self> {
        static PLAIN: OnceLock<Arc<Trust>> = OnceLock::new();
        let make = |extra, private| Self { extra, private, system: OnceLock::new(), mozilla: OnceLock::new() };
        match (&config.extra_roots_pem, &config.private_roots_pem) {
            (None, None) => PLAIN.get_or_init(|| Arc::new(make(None, None))).clone(),
            (extra, private) => Arc::new(make(extra.clone(), private.clone())),
        }
    }

    /// This system's verdict. Blocks while the store is read for the first time.
    pub fn system(&self) -> Result<Verifier, String> {
        let make = || {
            let roots = certificates(self.extra.as_deref()).chain(certificates(self.private.as_deref()));
            rustls_platform_verifier::Verifier::new_with_extra_roots(roots, provider())
                .map(|verifier| Arc::new(verifier) as Verifier)
                .map_err(|error| error.to_string())
        };
        self.system.get_or_init(make).clone()
    }

    /// The verdict of Mozilla's roots.
    pub fn mozilla(&self) -> Result<Verifier, String> {
        let make = || {
            let mut roots = RootCertStore::empty();
            roots.add_parsable_certificates(webpki_root_certs::TLS_SERVER_ROOT_CERTS.iter().cloned());
            roots.add_parsable_certificates(certificates(self.extra.as_deref()));
            WebPkiServerVerifier::builder_with_provider(Arc::new(roots), provider())
                .build()
                .map(|verifier| verifier as Verifier)
                .map_err(|error| error.to_string())
        };
        self.mozilla.get_or_init(make).clone()
    }

    /// The client side of TLS for HTTP requests, with the system's verdict and its cause.
    pub fn for_requests(&self) -> Result<ClientConfig, String> {
        let mut config = client(Arc::new(Explaining(self.system()?)))?;
        config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        Ok(config)
    }
}

/// The client side of TLS that trusts nobody: for `http://`, where no certificate is looked at and no store has to be read.
pub(crate) fn trusting_nobody() -> Result<ClientConfig, String> {
    let builder = ClientConfig::builder_with_provider(provider()).with_safe_default_protocol_versions();
    let builder = builder.map_err(|error| error.to_string())?;
    Ok(builder.with_root_certificates(RootCertStore::empty()).with_no_client_auth())
}

/// The client side of TLS that only looks at the chain. Nothing is ever sent over such a connection.
pub(crate) fn only_looking(seen: Arc<OnceLock<Presented>>) -> Result<ClientConfig, String> {
    let mut config = client(Arc::new(Looking { seen, provider: provider() }))?;
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(config)
}

/// What a server presented in a handshake.
#[derive(Debug)]
pub(crate) struct Presented {
    pub chain: Vec<CertificateDer<'static>>,
    pub name: ServerName<'static>,
    pub ocsp: Vec<u8>,
}

impl Presented {
    /// The verdict of one trust store, with its cause.
    pub fn judge(&self, verifier: &Verifier) -> Result<(), TlsFault> {
        let Some((leaf, rest)) = self.chain.split_first() else {
            return Err(TlsFault::Other { what: "the server sent no certificate".to_owned() });
        };
        verifier
            .verify_server_cert(leaf, rest, &self.name, &self.ocsp, UnixTime::now())
            .map(|_| ())
            .map_err(|error| fault(&error, &self.chain))
    }

    /// The chain, readable. Certificates that cannot be read are left out.
    pub fn certificates(&self) -> Vec<Certificate> {
        self.chain.iter().filter_map(|der| certificate(der)).collect()
    }
}

/// The cause behind a TLS error, with what the chain (empty when it was not seen) says of itself.
pub(crate) fn fault(error: &rustls::Error, chain: &[CertificateDer<'_>]) -> TlsFault {
    let leaf = chain.first().and_then(|der| certificate(der));
    let leaf = leaf.as_ref();
    let seconds = |time: &UnixTime| i64::try_from(time.as_secs()).ok();
    match error {
        rustls::Error::InvalidCertificate(error) => match error {
            CertificateError::Other(OtherError(inner)) => match inner.downcast_ref::<Judged>() {
                Some(Judged(fault)) => fault.clone(),
                None => by_its_own_words(leaf, &inner.to_string()),
            },
            CertificateError::Expired => TlsFault::Expired { not_after: leaf.map(|leaf| leaf.not_after) },
            CertificateError::ExpiredContext { not_after, .. } => TlsFault::Expired { not_after: seconds(not_after) },
            CertificateError::NotValidYet => TlsFault::NotYetValid { not_before: leaf.map(|leaf| leaf.not_before) },
            CertificateError::NotValidYetContext { not_before, .. } => {
                TlsFault::NotYetValid { not_before: seconds(not_before) }
            }
            CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
                TlsFault::WrongName { presented: leaf.map(|leaf| leaf.names.clone()).unwrap_or_default() }
            }
            CertificateError::Revoked => TlsFault::Revoked,
            CertificateError::UnknownIssuer => match leaf {
                Some(leaf) if leaf.subject == leaf.issuer => TlsFault::SelfSigned,
                _ => TlsFault::UnknownIssuer,
            },
            other => by_its_own_words(leaf, &rustls::Error::InvalidCertificate(other.clone()).to_string()),
        },
        rustls::Error::InvalidMessage(InvalidMessage::InvalidContentType) => TlsFault::PlainHttp,
        rustls::Error::AlertReceived(
            AlertDescription::ProtocolVersion
            | AlertDescription::HandshakeFailure
            | AlertDescription::InsufficientSecurity,
        )
        | rustls::Error::PeerIncompatible(_) => TlsFault::NoCommonProtocol,
        other => TlsFault::Other { what: other.to_string() },
    }
}

/// The verdicts of some systems are words only; the certificate's own dates and names say the rest.
fn by_its_own_words(leaf: Option<&Certificate>, what: &str) -> TlsFault {
    let now = i64::try_from(UnixTime::now().as_secs()).unwrap_or(i64::MAX);
    match leaf {
        Some(leaf) if leaf.not_after < now => TlsFault::Expired { not_after: Some(leaf.not_after) },
        Some(leaf) if leaf.not_before > now => TlsFault::NotYetValid { not_before: Some(leaf.not_before) },
        Some(leaf) if leaf.subject == leaf.issuer => TlsFault::SelfSigned,
        _ => TlsFault::Other { what: what.to_owned() },
    }
}

fn certificate(der: &CertificateDer<'_>) -> Option<Certificate> {
    let (_, parsed) = X509Certificate::from_der(der).ok()?;
    let names = parsed.subject_alternative_name().ok().flatten().map(|names| {
        let readable = names.value.general_names.iter().filter_map(|name| match name {
            GeneralName::DNSName(name) => Some((*name).to_owned()),
            GeneralName::IPAddress(bytes) => address(bytes),
            _ => None,
        });
        readable.collect()
    });
    Some(Certificate {
        subject: parsed.subject().to_string(),
        issuer: parsed.issuer().to_string(),
        names: names.unwrap_or_default(),
        not_before: parsed.validity().not_before.timestamp(),
        not_after: parsed.validity().not_after.timestamp(),
    })
}

fn address(bytes: &[u8]) -> Option<String> {
    let v4 = <[u8; 4]>::try_from(bytes).map(std::net::IpAddr::from);
    v4.or_else(|_| <[u8; 16]>::try_from(bytes).map(std::net::IpAddr::from)).ok().map(|address| address.to_string())
}

fn certificates(pem: Option<&str>) -> impl Iterator<Item = CertificateDer<'static>> {
    let read = |pem: &str| CertificateDer::pem_slice_iter(pem.as_bytes()).filter_map(Result::ok).collect::<Vec<_>>();
    pem.map(read).unwrap_or_default().into_iter()
}

fn provider() -> Arc<CryptoProvider> {
    static PROVIDER: OnceLock<Arc<CryptoProvider>> = OnceLock::new();
    PROVIDER.get_or_init(|| Arc::new(rustls::crypto::aws_lc_rs::default_provider())).clone()
}

fn client(verifier: Verifier) -> Result<ClientConfig, String> {
    let builder = ClientConfig::builder_with_provider(provider()).with_safe_default_protocol_versions();
    // "Dangerous" is any verifier of one's own. Explaining asks the system's; Looking never sends anything.
    let builder = builder.map_err(|error| error.to_string())?.dangerous();
    Ok(builder.with_custom_certificate_verifier(verifier).with_no_client_auth())
}

/// A verdict whose cause is already known, on its way through the HTTP library.
#[derive(Debug, thiserror::Error)]
#[error("the certificate is not accepted: {0:?}")]
struct Judged(TlsFault);

/// The system's verdict, with the cause kept beside it.
#[derive(Debug)]
struct Explaining(Verifier);

impl ServerCertVerifier for Explaining {
    fn verify_server_cert(
        &self,
        leaf: &CertificateDer<'_>,
        rest: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        ocsp: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        self.0.verify_server_cert(leaf, rest, name, ocsp, now).map_err(|error| {
            let judged = Judged(fault(&error, std::slice::from_ref(leaf)));
            rustls::Error::InvalidCertificate(CertificateError::Other(OtherError(Arc::new(judged))))
        })
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        leaf: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.0.verify_tls12_signature(message, leaf, signed)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        leaf: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.0.verify_tls13_signature(message, leaf, signed)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.supported_verify_schemes()
    }
}

/// Writes down what is presented and lets the handshake go on, so that the version is seen too.
#[derive(Debug)]
struct Looking {
    seen: Arc<OnceLock<Presented>>,
    provider: Arc<CryptoProvider>,
}

impl ServerCertVerifier for Looking {
    fn verify_server_cert(
        &self,
        leaf: &CertificateDer<'_>,
        rest: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        ocsp: &[u8],
        _now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        let chain = std::iter::once(leaf).chain(rest).map(|der| der.clone().into_owned()).collect();
        // A second certificate in one handshake cannot happen; the first would stay.
        let _ = self.seen.set(Presented { chain, name: name.to_owned(), ocsp: ocsp.to_vec() });
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        leaf: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        rustls::crypto::verify_tls12_signature(message, leaf, signed, &self.provider.signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        leaf: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        rustls::crypto::verify_tls13_signature(message, leaf, signed, &self.provider.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}
