use std::fs;
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::SystemTime;

use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::{VerifierBuilderError, WebPkiClientVerifier};
use rustls::{RootCertStore, ServerConfig, crypto};
use tokio_rustls::TlsAcceptor;

/// The files of mutual TLS, as PEM.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TlsFiles {
    /// The server's certificate, and those between it and its authority.
    pub certificate: PathBuf,
    /// The server's private key.
    pub key: PathBuf,
    /// The authorities whose clients may connect.
    pub client_ca: PathBuf,
}

/// Why there is no TLS.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// A file cannot be read as what it should be.
    #[error("cannot read {what} in `{}`: {source}", path.display())]
    File {
        /// What should be in it.
        what: &'static str,
        /// Which file.
        path: PathBuf,
        /// Why not.
        source: rustls::pki_types::pem::Error,
    },
    /// The authorities cannot be used.
    #[error("no client can be verified with `{}`: {source}", path.display())]
    Authorities {
        /// Which file.
        path: PathBuf,
        /// Why not.
        source: VerifierBuilderError,
    },
    /// The files do not go together.
    #[error("the certificate in `{}` cannot be used: {source}", path.display())]
    Certificate {
        /// Which file.
        path: PathBuf,
        /// Why not.
        source: rustls::Error,
    },
}

/// Accepts clients by the files as they are now: a certificate is renewed by replacing its files.
#[derive(Debug)]
pub(crate) struct Tls {
    files: TlsFiles,
    loaded: Mutex<Loaded>,
}

#[derive(Debug)]
struct Loaded {
    stamps: [Option<Stamp>; 3],
    config: Arc<ServerConfig>,
}

/// What changes when a file is replaced, or something else is put under its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Stamp {
    inode: u64,
    length: u64,
    modified: Option<SystemTime>,
}

impl Tls {
    pub(crate) fn new(files: TlsFiles) -> Result<Self, TlsError> {
        let stamps = files.stamps();
        let config = files.load()?;
        Ok(Tls { files, loaded: Mutex::new(Loaded { stamps, config }) })
    }

    /// For the next client. Files that are halfway replaced, or wrong, leave what was there before in force.
    pub(super) fn acceptor(&self) -> TlsAcceptor {
        let mut loaded = self.loaded.lock().unwrap_or_else(PoisonError::into_inner);
        let stamps = self.files.stamps();
        if stamps != loaded.stamps {
            loaded.stamps = stamps;
            match self.files.load() {
                Ok(config) => {
                    tracing::info!("the feed's certificates were read again");
                    loaded.config = config;
                }
                Err(error) => tracing::warn!(%error, "the feed's certificates have changed and cannot be used"),
            }
        }
        Arc::clone(&loaded.config).into()
    }
}

impl TlsFiles {
    fn stamps(&self) -> [Option<Stamp>; 3] {
        [&self.certificate, &self.key, &self.client_ca].map(|path| stamp(path).ok())
    }

    fn load(&self) -> Result<Arc<ServerConfig>, TlsError> {
        let provider = Arc::new(crypto::ring::default_provider());
        let mut roots = RootCertStore::empty();
        for authority in certificates("authorities", &self.client_ca)? {
            roots.add(authority).map_err(|source| TlsError::Certificate { path: self.client_ca.clone(), source })?;
        }
        let verifier = WebPkiClientVerifier::builder_with_provider(roots.into(), Arc::clone(&provider))
            .build()
            .map_err(|source| TlsError::Authorities { path: self.client_ca.clone(), source })?;
        let chain = certificates("a certificate", &self.certificate)?;
        let key = PrivateKeyDer::from_pem_file(&self.key).map_err(|source| TlsError::File {
            what: "a private key",
            path: self.key.clone(),
            source,
        })?;
        let unusable = |source| TlsError::Certificate { path: self.certificate.clone(), source };
        let mut config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(unusable)?
            .with_client_cert_verifier(verifier)
            .with_single_cert(chain, key)
            .map_err(unusable)?;
        config.alpn_protocols = vec![b"h2".to_vec()];
        Ok(Arc::new(config))
    }
}

fn certificates(what: &'static str, path: &Path) -> Result<Vec<CertificateDer<'static>>, TlsError> {
    CertificateDer::pem_file_iter(path).and_then(Iterator::collect).map_err(|source| TlsError::File {
        what,
        path: path.to_owned(),
        source,
    })
}

fn stamp(path: &Path) -> io::Result<Stamp> {
    let found = fs::metadata(path)?;
    Ok(Stamp { inode: found.ino(), length: found.len(), modified: found.modified().ok() })
}
