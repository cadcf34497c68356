use std::num::{NonZeroU16, NonZeroU32};
use std::path::PathBuf;
use std::time::Duration;

use serde::{Deserialize, Deserializer, Serialize};
use tollgate_search::Dimensions;

use super::endpoint::Endpoint;
use super::key::KeyFrom;

/// How a service that embeds is asked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct HttpConfig {
    /// Where requests go, as a whole: `https://api.example.com/v1/embeddings`.
    pub(crate) url: Endpoint,
    /// What the service calls the model.
    pub(crate) model: String,
    /// How many numbers its vectors have.
    pub(crate) dimensions: Dimensions,
    /// Whether the service is asked for that many: only for models whose vectors can be shortened; others refuse the question.
    #[serde(default)]
    pub(crate) ask_for_dimensions: bool,
    /// Where the API key is, if there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) key: Option<KeyFrom>,
    /// Authorities to trust in the place of the system's, as PEM.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) authorities: Option<PathBuf>,
    /// Hosts that may be asked without TLS though they are not this machine: what is embedded, and the key, can be read on
    /// the way to them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) plaintext_hosts: Vec<String>,
    /// What one request may be.
    #[serde(default)]
    pub(crate) limits: Limits,
    #[serde(default, skip_serializing)]
    fallback: NoFallback,
}

/// What one request may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Limits {
    /// Most texts.
    pub(crate) texts: NonZeroU16,
    /// Most bytes of its body.
    pub(crate) bytes: NonZeroU32,
    /// How long it may take, from the connection to the last byte of the answer.
    pub(crate) seconds: NonZeroU16,
    /// How often it is made at most before it is given back as failed.
    pub(crate) attempts: NonZeroU16,
    /// How long somebody who searches waits for it.
    pub(crate) query_seconds: QuerySeconds,
}

/// How long somebody who searches waits for a vector, in seconds: 1 to 10. Whoever waits behind them waits as long.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "u16", into = "u16")]
pub(crate) struct QuerySeconds(u16);

/// A time that nobody should wait, or no time at all.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a query waits for 1 to {most} seconds, not {0}", most = QuerySeconds::MOST)]
pub(crate) struct QuerySecondsError(u16);

impl QuerySeconds {
    pub(crate) const MOST: u16 = 10;

    pub(super) fn get(self) -> Duration {
        Duration::from_secs(self.0.into())
    }
}

impl TryFrom<u16> for QuerySeconds {
    type Error = QuerySecondsError;

    fn try_from(seconds: u16) -> Result<Self, QuerySecondsError> {
        if (1..=Self::MOST).contains(&seconds) { Ok(QuerySeconds(seconds)) } else { Err(QuerySecondsError(seconds)) }
    }
}

impl From<QuerySeconds> for u16 {
    fn from(QuerySeconds(seconds): QuerySeconds) -> Self {
        seconds
    }
}

/// Refuses the field of that name with a reason, where an unknown field would be refused without.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct NoFallback;

impl Default for Limits {
    fn default() -> Self {
        const fn of(number: u16) -> NonZeroU16 {
            NonZeroU16::MIN.saturating_add(number - 1)
        }
        Limits {
            texts: of(64),
            bytes: NonZeroU32::MIN.saturating_add((1 << 20) - 1),
            seconds: of(30),
            attempts: of(4),
            query_seconds: QuerySeconds(2),
        }
    }
}

impl<'de> Deserialize<'de> for NoFallback {
    fn deserialize<D: Deserializer<'de>>(_: D) -> Result<Self, D::Error> {
        Err(serde::de::Error::custom(
            "there is no `fallback`: vectors of another model cannot be compared with these; to change the model, migrate",
        ))
    }
}

#[cfg(test)]
impl HttpConfig {
    pub(super) fn of(url: &str, dimensions: usize) -> Self {
        HttpConfig {
            url: url.parse().unwrap(),
            model: "tiny".to_owned(),
            dimensions: Dimensions::new(dimensions).unwrap(),
            ask_for_dimensions: false,
            key: None,
            authorities: None,
            plaintext_hosts: Vec::new(),
            limits: Limits::default(),
            fallback: NoFallback,
        }
    }
}
