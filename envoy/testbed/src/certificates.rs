use std::fs;
use std::path::Path;
use std::sync::Arc;

use anyhow::{Context, Result};
use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair, SanType};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::{ClientConfig, RootCertStore};

/// A certificate authority made at run time.
#[derive(Debug)]
pub struct Authority {
    issuer: Issuer<'static, KeyPair>,
    root: CertificateDer<'static>,
    root_pem: String,
}

/// A certificate with its key.
#[derive(Debug)]
pub struct Identity {
    certificate: CertificateDer<'static>,
    certificate_pem: String,
    key: KeyPair,
}

/// A subject alternative name.
#[derive(Clone, Copy, Debug)]
pub enum San<'a> {
    /// For example `spiffe://example.org/billing`.
    Uri(&'a str),
    /// For example `billing.example.org`.
    Dns(&'a str),
    /// An address.
    Ip(std::net::IpAddr),
}

impl Authority {
    /// A new authority with a new key.
    ///
    /// # Errors
    ///
    /// When no key can be made.
    pub fn generate() -> Result<Self> {
        let mut params = CertificateParams::new(Vec::new())?;
        // A name of its own: a certificate with its issuer's name counts as self-signed.
        params.distinguished_name.push(DnType::CommonName, "testbed authority");
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate()?;
        let root = params.self_signed(&key)?;
        Ok(Authority { root: root.der().clone(), root_pem: root.pem(), issuer: Issuer::new(params, key) })
    }

    /// A certificate signed by this authority.
    ///
    /// # Errors
    ///
    /// When a name is not ASCII.
    pub fn issue(&self, sans: &[San<'_>]) -> Result<Identity> {
        let key = KeyPair::generate()?;
        let certificate = params(sans)?.signed_by(&key, &self.issuer)?;
        Ok(Identity { certificate: certificate.der().clone(), certificate_pem: certificate.pem(), key })
    }

    /// Writes the root certificate as PEM.
    ///
    /// # Errors
    ///
    /// When the file can't be written.
    pub fn write_root(&self, path: &Path) -> Result<()> {
        fs::write(path, &self.root_pem).with_context(|| format!("`{}`", path.display()))
    }

    /// TLS settings of a client that trusts this authority and shows `identity`, if any.
    ///
    /// # Errors
    ///
    /// When the identity's certificate and key don't fit TLS.
    pub fn client(&self, identity: Option<&Identity>) -> Result<Arc<ClientConfig>> {
        let mut roots = RootCertStore::empty();
        roots.add(self.root.clone())?;
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let builder = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()?
            .with_root_certificates(roots);
        Ok(Arc::new(match identity {
            None => builder.with_no_client_auth(),
            Some(identity) => {
                let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(identity.key.serialize_der()));
                builder.with_client_auth_cert(vec![identity.certificate.clone()], key)?
            }
        }))
    }
}

impl Identity {
    /// A certificate that vouches for itself only.
    ///
    /// # Errors
    ///
    /// When a name is not ASCII.
    pub fn self_signed(sans: &[San<'_>]) -> Result<Self> {
        let key = KeyPair::generate()?;
        let certificate = params(sans)?.self_signed(&key)?;
        Ok(Identity { certificate: certificate.der().clone(), certificate_pem: certificate.pem(), key })
    }

    /// Writes certificate and key as PEM.
    ///
    /// # Errors
    ///
    /// When a file can't be written.
    pub fn write(&self, certificate: &Path, key: &Path) -> Result<()> {
        fs::write(certificate, &self.certificate_pem).with_context(|| format!("`{}`", certificate.display()))?;
        fs::write(key, self.key.serialize_pem()).with_context(|| format!("`{}`", key.display()))
    }
}

fn params(sans: &[San<'_>]) -> Result<CertificateParams> {
    let mut params = CertificateParams::new(Vec::new())?;
    for san in sans {
        params.subject_alt_names.push(match san {
            San::Uri(uri) => SanType::URI((*uri).try_into()?),
            San::Dns(name) => SanType::DnsName((*name).try_into()?),
            San::Ip(address) => SanType::IpAddress(*address),
        });
    }
    Ok(params)
}
