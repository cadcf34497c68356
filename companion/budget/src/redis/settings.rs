use std::path::PathBuf;
use std::time::Duration;

use super::address::RedisAddress;
use super::connect::{ConnectError, password, tls};

/// How Redis is asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RedisSettings {
    /// Where it is.
    pub address: RedisAddress,
    /// A file with the password; white space at its end is none of it. It is read anew with every connection.
    pub password: Option<PathBuf>,
    /// Whom Redis' certificate is to be from, as PEM; absent: whom the system trusts.
    pub authorities: Option<PathBuf>,
    /// A certificate with its chain, and its key, both as PEM, where Redis asks its clients for one.
    pub identity: Option<(PathBuf, PathBuf)>,
    /// What all keys begin with, in braces.
    pub prefix: Prefix,
    /// How long an answer is waited for, connecting included: at most [`LONGEST`](Self::LONGEST).
    pub patience: Duration,
    /// For how long an empty Redis that this companion has never known is closed, so that others can say that they have known
    /// it: rounded up to seconds. Not needed by a companion that works alone.
    pub grace: Duration,
}

/// With what the names of all keys begin, in braces, so that they are in one slot of a cluster: 1 to 64 letters, digits, `-`,
/// `_`, `.` and `:`. Companions with one prefix count together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Prefix(String);

/// A text that is no prefix.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no prefix of keys: it has 1 to 64 letters, digits, `-`, `_`, `.` and `:`")]
pub struct InvalidPrefix(String);

/// Why settings are of no use, wherever Redis is.
#[derive(Debug, thiserror::Error)]
pub enum InvalidSettings {
    /// A file that they name cannot be used.
    #[error("{0}")]
    File(String),
    /// They have certificates.
    #[error("it is not reached by TLS, which certificates are for: write `rediss://`")]
    NotSecured,
    /// Nobody logs in without one.
    #[error("its address names a user, whose password is missing: put it into a file, and name that")]
    NoPassword,
}

impl RedisSettings {
    /// How long an answer is waited for at most.
    pub const LONGEST: Duration = Duration::from_millis(250);

    /// The usual ones.
    #[must_use]
    pub fn new(address: RedisAddress) -> Self {
        RedisSettings {
            address,
            password: None,
            authorities: None,
            identity: None,
            prefix: Prefix::default(),
            patience: Self::LONGEST,
            grace: Duration::from_secs(3),
        }
    }

    /// Reads the files that they name as they are now, so that what is wrong with them is known before anything is asked.
    ///
    /// # Errors
    /// If they do not go together, or a file cannot be used.
    pub fn check(&self) -> Result<(), InvalidSettings> {
        let file = |error: ConnectError| InvalidSettings::File(error.to_string());
        if self.address.user.is_some() && self.password.is_none() {
            return Err(InvalidSettings::NoPassword);
        }
        password(self).map_err(file)?;
        if self.address.is_secured() {
            tls(self).map_err(file)?;
        } else if self.authorities.is_some() || self.identity.is_some() {
            return Err(InvalidSettings::NotSecured);
        }
        Ok(())
    }

    /// As they are used.
    pub(super) fn bounded(self) -> Self {
        RedisSettings { patience: self.patience.min(Self::LONGEST), ..self }
    }
}

impl Prefix {
    /// Takes a text, if it is fit to be a prefix.
    ///
    /// # Errors
    /// If it is not.
    pub fn new(text: &str) -> Result<Self, InvalidPrefix> {
        let is_fit = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.:".contains(&byte);
        let is_fit = (1..=64).contains(&text.len()) && text.bytes().all(is_fit);
        if is_fit { Ok(Prefix(text.to_owned())) } else { Err(InvalidPrefix(text.to_owned())) }
    }

    /// The key by whose name scripts find all others.
    pub(super) fn state_key(&self) -> String {
        format!("{{{}}}:state", self.0)
    }
}

/// `tollgate`
impl Default for Prefix {
    fn default() -> Self {
        Prefix("tollgate".to_owned())
    }
}
