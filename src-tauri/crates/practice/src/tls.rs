//! Certificates made on the spot, right and wrong.

use std::sync::Arc;

use jiff::{Span, Zoned};
use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair, KeyUsagePurpose,
    date_time_ymd,
};
use rustls::{
    ServerConfig,
    pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer},
};
use serde::Serialize;

use crate::PracticeError;

/// What is wrong with the certificate of the MCP server. The authorization server always has a good one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum TlsKind {
    /// Right, for whoever trusts [`crate::Practice::ca_pem`].
    Good,
    /// Ran out yesterday.
    Expired,
    /// Runs out in three days.
    ExpiringSoon,
    /// Valid from next month.
    NotYetValid,
    /// For another name.
    WrongName,
    /// From an authority that nobody trusts.
    UnknownIssuer,
    /// Signed by itself.
    SelfSigned,
    /// Right, but the server leaves out the certificate in the middle of the chain.
    MissingIntermediate,
}

impl TlsKind {
    const ALL: [TlsKind; 8] = [
        TlsKind::Good,
        TlsKind::Expired,
        TlsKind::ExpiringSoon,
        TlsKind::NotYetValid,
        TlsKind::WrongName,
        TlsKind::UnknownIssuer,
        TlsKind::SelfSigned,
        TlsKind::MissingIntermediate,
    ];
}

pub(crate) struct Certificates {
    pub ca_pem: String,
    configs: Vec<(TlsKind, Arc<ServerConfig>)>,
}

impl Certificates {
    pub fn make() -> Result<Certificates, PracticeError> {
        let (ca_pem, ca) = authority("Practice authority")?;
        let (_, stranger) = authority("Some other authority")?;
        let middle = intermediate(&ca)?;
        let configs = TlsKind::ALL.into_iter().map(|kind| {
            let signer = match kind {
                TlsKind::UnknownIssuer => Some(&stranger),
                TlsKind::SelfSigned => None,
                TlsKind::MissingIntermediate => Some(&middle),
                _ => Some(&ca),
            };
            Ok((kind, leaf(kind, signer)?))
        });
        Ok(Certificates { ca_pem, configs: configs.collect::<Result<_, PracticeError>>()? })
    }

    pub fn config(&self, wanted: TlsKind) -> Option<Arc<ServerConfig>> {
        self.configs.iter().find(|(kind, _)| *kind == wanted).map(|(_, config)| config.clone())
    }
}

type Authority = Issuer<'static, KeyPair>;

fn authority(name: &str) -> Result<(String, Authority), PracticeError> {
    let key = KeyPair::generate()?;
    let params = authority_params(name)?;
    let pem = params.self_signed(&key)?.pem();
    Ok((pem, Issuer::new(params, key)))
}

fn intermediate(root: &Authority) -> Result<Authority, PracticeError> {
    let key = KeyPair::generate()?;
    let params = authority_params("Practice intermediate authority")?;
    // Signed so that the chain exists; the server never shows it.
    params.signed_by(&key, root)?;
    Ok(Issuer::new(params, key))
}

fn authority_params(name: &str) -> Result<CertificateParams, PracticeError> {
    let mut params = CertificateParams::new(Vec::new())?;
    params.distinguished_name.push(DnType::CommonName, name);
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::DigitalSignature];
    valid(&mut params, -30, 365);
    Ok(params)
}

fn leaf(kind: TlsKind, signer: Option<&Authority>) -> Result<Arc<ServerConfig>, PracticeError> {
    let names = match kind {
        TlsKind::WrongName => vec!["other.example.com".to_owned()],
        _ => vec!["localhost".to_owned(), "127.0.0.1".to_owned(), "::1".to_owned()],
    };
    let key = KeyPair::generate()?;
    let mut params = CertificateParams::new(names)?;
    params.distinguished_name.push(DnType::CommonName, "Practice server");
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    match kind {
        TlsKind::Expired => valid(&mut params, -60, -1),
        TlsKind::ExpiringSoon => valid(&mut params, -60, 3),
        TlsKind::NotYetValid => valid(&mut params, 30, 90),
        _ => valid(&mut params, -1, 90),
    }
    let certificate = match signer {
        Some(signer) => params.signed_by(&key, signer)?,
        None => params.self_signed(&key)?,
    };
    let chain = vec![CertificateDer::from(certificate.der().to_vec())];
    let key = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(key.serialize_der()));
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let mut config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .with_no_client_auth()
        .with_single_cert(chain, key)?;
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(Arc::new(config))
}

/// Valid from and until so many days from today.
fn valid(params: &mut CertificateParams, from: i64, until: i64) {
    let [not_before, not_after] = [from, until].map(|days| {
        let day = Zoned::now().date().saturating_add(Span::new().days(days));
        date_time_ymd(day.year().into(), day.month().unsigned_abs(), day.day().unsigned_abs())
    });
    params.not_before = not_before;
    params.not_after = not_after;
}
