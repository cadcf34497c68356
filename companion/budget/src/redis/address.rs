use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

/// Where Redis is: `redis://host:port`, `rediss://host:port` for TLS, or `redis+unix:///path`; a user may stand before the
/// host (`redis://user@host`), and a database's number after it (`redis://host/2`). The port is 6379 if there is none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RedisAddress {
    pub(super) place: Place,
    pub(super) user: Option<String>,
    pub(super) database: u32,
}

/// How it is reached.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Place {
    Host { host: String, port: u16, is_secured: bool },
    Socket(PathBuf),
}

/// A text that is no address of Redis.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidAddress {
    /// It begins with something else.
    #[error("{} is no address of redis: it begins with `redis://`, `rediss://` or `redis+unix://`", shown(.0))]
    Scheme(String),
    /// It has a password, which would be in lists of processes and in logs.
    #[error("the address of redis has a password: put it into a file, and name that")]
    Password,
    /// Something in it cannot be read.
    #[error("{} is no address of redis: {what}", shown(address))]
    Part {
        /// As it was given.
        address: String,
        /// What is wrong.
        what: &'static str,
    },
}

impl FromStr for RedisAddress {
    type Err = InvalidAddress;

    fn from_str(text: &str) -> Result<Self, InvalidAddress> {
        if let Some(path) = text.strip_prefix("redis+unix://") {
            return RedisAddress::socket(text, path);
        }
        let (is_secured, rest) = match (text.strip_prefix("redis://"), text.strip_prefix("rediss://")) {
            (Some(rest), _) => (false, rest),
            (_, Some(rest)) => (true, rest),
            _ => return Err(InvalidAddress::Scheme(text.to_owned())),
        };
        let part = |what| InvalidAddress::Part { address: text.to_owned(), what };
        let (user, rest) = match rest.rsplit_once('@') {
            Some((user, _)) if user.contains(':') => return Err(InvalidAddress::Password),
            Some((user, rest)) => (Some(user.to_owned()).filter(|user| !user.is_empty()), rest),
            None => (None, rest),
        };
        let (authority, database) = rest.split_once('/').unwrap_or((rest, ""));
        let database = match database {
            "" => 0,
            number => number.parse().map_err(|_| part("a database has a number"))?,
        };
        // An address of IP version 6 is in brackets, and has colons itself.
        let (host, port) = match authority.rsplit_once(':') {
            Some((host, port)) if !port.contains(']') => (host, port.parse().map_err(|_| part("its port is none"))?),
            _ => (authority, 6379),
        };
        let host = host.trim_start_matches('[').trim_end_matches(']').to_owned();
        if host.is_empty() {
            return Err(part("it names no host"));
        }
        Ok(RedisAddress { place: Place::Host { host, port, is_secured }, user, database })
    }
}

/// As it is told of, unless there may be a password in it.
fn shown(text: &str) -> String {
    if text.contains(['@', '?']) { "this".to_owned() } else { format!("`{text}`") }
}

impl RedisAddress {
    /// Whether it is reached by TLS.
    #[must_use]
    pub fn is_secured(&self) -> bool {
        matches!(self.place, Place::Host { is_secured: true, .. })
    }

    fn socket(text: &str, path: &str) -> Result<Self, InvalidAddress> {
        if !path.starts_with('/') {
            return Err(InvalidAddress::Part { address: text.to_owned(), what: "the path of its socket is absolute" });
        }
        Ok(RedisAddress { place: Place::Socket(path.into()), user: None, database: 0 })
    }
}

impl fmt::Display for RedisAddress {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.place {
            Place::Socket(path) => write!(formatter, "redis+unix://{}", path.display()),
            Place::Host { host, port, is_secured } => {
                let scheme = if *is_secured { "rediss" } else { "redis" };
                let host = if host.contains(':') { format!("[{host}]") } else { host.clone() };
                write!(formatter, "{scheme}://{host}:{port}/{}", self.database)
            }
        }
    }
}
