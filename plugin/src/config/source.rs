use std::time::Duration;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use tollgate_policy::data::Data;
use tollgate_policy::time;

use crate::trust::Trust;

use super::members::{InvalidMember, members, text};
use super::trust::{self, InvalidTrust};
use super::{ClusterName, InvalidConfig};

/// Where snapshots come from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    /// From the companion, as they are published.
    Feed(FeedConfig),
    /// From the configuration itself, which holds the only one.
    Standalone(StandaloneConfig),
}

/// A companion, and what is taken from it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FeedConfig {
    /// The Envoy cluster of the companion.
    pub cluster: ClusterName,
    /// Who has to have signed a snapshot; unsigned ones are taken if this is missing.
    pub trust: Option<Trust>,
    /// How old the signature of a snapshot may be when it comes.
    pub max_issued_age: Option<Duration>,
    /// How long a snapshot decides that nobody confirms to be the current one.
    pub max_staleness: Option<Duration>,
}

/// A snapshot that comes with the configuration.
#[derive(Clone, PartialEq, Eq)]
pub struct StandaloneConfig {
    /// The snapshot, encoded.
    pub snapshot: Vec<u8>,
    /// Who has to have signed it.
    pub trust: Option<Trust>,
}

impl std::fmt::Debug for StandaloneConfig {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "StandaloneConfig({} bytes, {:?})", self.snapshot.len(), self.trust)
    }
}

impl Source {
    pub(super) fn read(feed: Option<&Data>, standalone: Option<&Data>) -> Result<Self, InvalidConfig> {
        match (feed, standalone) {
            (Some(feed), None) => FeedConfig::read(feed).map(Source::Feed),
            (None, Some(standalone)) => StandaloneConfig::read(standalone).map(Source::Standalone),
            (None, None) => Err(InvalidConfig::NoSource),
            (Some(_), Some(_)) => Err(InvalidConfig::TwoSources),
        }
    }
}

impl FeedConfig {
    fn read(feed: &Data) -> Result<Self, InvalidConfig> {
        let names = ["cluster", "audience", "keys", "max_issued_age", "max_staleness"];
        let [cluster, audience, keys, max_issued_age, max_staleness] = members(feed, "feed", names)?;
        let cluster = text("cluster", cluster.ok_or(InvalidMember::Missing("cluster"))?)?;
        let trust = trust::read(audience, keys)?;
        let max_issued_age = span("max_issued_age", max_issued_age)?;
        if trust.is_none() && max_issued_age.is_some() {
            return Err(InvalidTrust::Idle("max_issued_age").into());
        }
        Ok(FeedConfig {
            cluster: cluster.to_owned().try_into()?,
            trust,
            max_issued_age,
            max_staleness: span("max_staleness", max_staleness)?,
        })
    }
}

impl StandaloneConfig {
    fn read(standalone: &Data) -> Result<Self, InvalidConfig> {
        let [snapshot, audience, keys] = members(standalone, "standalone", ["snapshot", "audience", "keys"])?;
        let encoded = text("snapshot", snapshot.ok_or(InvalidMember::Missing("snapshot"))?)?;
        let snapshot =
            BASE64_STANDARD.decode(encoded).map_err(|_| InvalidMember::Type("snapshot", "the base64 of a snapshot"))?;
        Ok(StandaloneConfig { snapshot, trust: trust::read(audience, keys)? })
    }
}

/// A span of at least three seconds: the companion confirms what is current every second, and an answer may be late.
fn span(name: &'static str, value: Option<&Data>) -> Result<Option<Duration>, InvalidMember> {
    let Some(value) = value else { return Ok(None) };
    let span = value.as_str().and_then(time::Duration::parse).and_then(|span| u64::try_from(span.nanos()).ok());
    match span.map(Duration::from_nanos) {
        Some(span) if span >= Duration::from_secs(3) => Ok(Some(span)),
        _ => Err(InvalidMember::Type(name, "a span of at least three seconds, such as \"90s\", \"15m\" or \"24h\"")),
    }
}
