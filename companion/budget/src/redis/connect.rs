use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::{fs, io};

use redis::aio::MultiplexedConnection;
use redis::{AsyncConnectionConfig, RedisConnectionInfo, RedisError, cmd};
use rustls::pki_types::pem::{self, PemObject as _};
use rustls::pki_types::{CertificateDer, InvalidDnsNameError, PrivateKeyDer, ServerName};
use rustls::{ClientConfig, RootCertStore, crypto};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpStream, UnixStream};
use tokio::sync::Notify;
use tokio::task::JoinHandle;
use tokio_rustls::TlsConnector;

use super::address::Place;
use super::settings::RedisSettings;

/// Why there is no connection.
#[derive(Debug, thiserror::Error)]
pub(super) enum ConnectError {
    #[error("cannot reach it: {0}")]
    Reach(#[from] io::Error),
    #[error("cannot read {what} from `{}`: {source}", path.display())]
    File { what: &'static str, path: PathBuf, source: io::Error },
    #[error("cannot read {what} from `{}`: {source}", path.display())]
    Pem { what: &'static str, path: PathBuf, source: pem::Error },
    #[error("the password in `{}` is empty", .0.display())]
    Empty(PathBuf),
    #[error("cannot read what the system trusts: {0}")]
    System(rustls_native_certs::Error),
    #[error("its name is none that a certificate has: {0}")]
    Name(#[from] InvalidDnsNameError),
    #[error("its authorities or our certificate are not fit: {0}")]
    Tls(#[from] rustls::Error),
    #[error("it says: {0}")]
    Refused(#[from] RedisError),
    #[error("it does not say its `{0}` in `INFO`: is it Redis or Valkey?")]
    Info(&'static str),
    #[error("its `maxmemory-policy` is `{0}`, by which counters would vanish: set it to `noeviction`")]
    Evicts(String),
    #[error("it is a replica, which cannot be written")]
    Replica,
}

/// A connection to one process, for as long as that lives.
pub(super) struct Connected {
    pub(super) connection: MultiplexedConnection,
    /// What that process calls itself: another one, even if it was started with the same data, has another name.
    pub(super) life: String,
    /// Reads and writes.
    pub(super) driver: Driver,
}

/// Ends with whoever has it.
pub(super) struct Driver {
    task: JoinHandle<()>,
    /// Told when the connection has come to its end by itself.
    pub(super) ended: Arc<Notify>,
}

impl Drop for Driver {
    fn drop(&mut self) {
        self.task.abort();
    }
}

trait Stream: AsyncRead + AsyncWrite + Unpin + Send {}

impl<S: AsyncRead + AsyncWrite + Unpin + Send> Stream for S {}

/// Connects to where the settings say, or to the node of a cluster that has been named instead.
pub(super) async fn connect(
    settings: &RedisSettings,
    instead: Option<&(String, u16)>,
) -> Result<Connected, ConnectError> {
    let stream: Box<dyn Stream> = match &settings.address.place {
        Place::Socket(path) => Box::new(UnixStream::connect(path).await?),
        Place::Host { host, port, is_secured } => {
            let (host, port) = instead.map_or((host, *port), |(host, port)| (host, *port));
            let stream = TcpStream::connect((host.as_str(), port)).await?;
            stream.set_nodelay(true)?;
            if *is_secured { Box::new(secure(settings, host, stream).await?) } else { Box::new(stream) }
        }
    };
    let mut login = RedisConnectionInfo::default().set_skip_set_lib_name().set_db(settings.address.database.into());
    if let Some(password) = password(settings)? {
        login = login.set_password(password);
    }
    if let Some(user) = &settings.address.user {
        login = login.set_username(user);
    }
    // Whoever asks keeps the time himself.
    let config = AsyncConnectionConfig::new().set_connection_timeout(None).set_response_timeout(None);
    let (mut connection, driver) = MultiplexedConnection::new_with_config(&login, stream, config).await?;
    let ended = Arc::new(Notify::new());
    let tell = Arc::clone(&ended);
    let task = tokio::spawn(async move {
        driver.await;
        tell.notify_one();
    });
    let driver = Driver { task, ended };
    let info: String = cmd("INFO").query_async(&mut connection).await?;
    let life = fit(&info)?;
    Ok(Connected { connection, life, driver })
}

async fn secure(
    settings: &RedisSettings,
    host: &str,
    stream: TcpStream,
) -> Result<tokio_rustls::client::TlsStream<TcpStream>, ConnectError> {
    let name = ServerName::try_from(host.to_owned())?;
    Ok(TlsConnector::from(Arc::new(tls(settings)?)).connect(name, stream).await?)
}

/// Whom to trust, and what to show.
pub(super) fn tls(settings: &RedisSettings) -> Result<ClientConfig, ConnectError> {
    let config = ClientConfig::builder_with_provider(Arc::new(crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()?
        .with_root_certificates(roots(settings.authorities.as_deref())?);
    match &settings.identity {
        None => Ok(config.with_no_client_auth()),
        Some((chain, key)) => Ok(config.with_client_auth_cert(
            certificates("a certificate", chain)?,
            PrivateKeyDer::from_pem_file(key).map_err(|source| pem("a private key", key, source))?,
        )?),
    }
}

/// As its file has it now; none if there is no file.
pub(super) fn password(settings: &RedisSettings) -> Result<Option<String>, ConnectError> {
    let Some(path) = &settings.password else { return Ok(None) };
    let text = fs::read_to_string(path).map_err(|source| file("a password", path, source))?;
    match text.trim_end() {
        "" => Err(ConnectError::Empty(path.clone())),
        password => Ok(Some(password.to_owned())),
    }
}

fn roots(authorities: Option<&Path>) -> Result<RootCertStore, ConnectError> {
    let mut roots = RootCertStore::empty();
    let Some(path) = authorities else {
        let mut system = rustls_native_certs::load_native_certs();
        if let Some(error) = system.errors.pop().filter(|_| system.certs.is_empty()) {
            return Err(ConnectError::System(error));
        }
        // What of it cannot be used is not trusted.
        roots.add_parsable_certificates(system.certs);
        return Ok(roots);
    };
    for authority in certificates("authorities", path)? {
        roots.add(authority)?;
    }
    Ok(roots)
}

fn certificates(what: &'static str, path: &Path) -> Result<Vec<CertificateDer<'static>>, ConnectError> {
    let read = CertificateDer::pem_file_iter(path).and_then(Iterator::collect::<Result<Vec<_>, _>>);
    let read = read.map_err(|source| pem(what, path, source))?;
    if read.is_empty() { Err(pem(what, path, pem::Error::NoItemsFound)) } else { Ok(read) }
}

fn file(what: &'static str, path: &Path, source: io::Error) -> ConnectError {
    ConnectError::File { what, path: path.to_owned(), source }
}

fn pem(what: &'static str, path: &Path, source: pem::Error) -> ConnectError {
    ConnectError::Pem { what, path: path.to_owned(), source }
}

/// What it calls itself, if it keeps what it is given.
fn fit(info: &str) -> Result<String, ConnectError> {
    let said = |name: &'static str| {
        let mut lines = info.lines().filter_map(|line| line.split_once(':'));
        lines.find(|(field, _)| *field == name).map(|(_, value)| value.trim()).ok_or(ConnectError::Info(name))
    };
    if said("role")? != "master" {
        return Err(ConnectError::Replica);
    }
    let policy = said("maxmemory_policy")?;
    if said("maxmemory")? != "0" && policy != "noeviction" {
        return Err(ConnectError::Evicts(policy.to_owned()));
    }
    Ok(said("run_id")?.to_owned())
}
