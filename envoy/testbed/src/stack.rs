use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use serde_json::Value;
use tempfile::TempDir;

use crate::bootstrap::{Bootstrap, ClientCertificates, Tls};
use crate::certificates::{Authority, San};
use crate::clock::Clock;
use crate::companion::{Companion, CompanionOptions, SnapshotId, Source, Workers};
use crate::envoy::{Envoy, EnvoyOptions};
use crate::feed::{Feed, Transport};
use crate::keys::Keys;
use crate::provider::Provider;
use crate::relay::Relay;
use crate::signing::Signing;
use crate::upstream::Upstream;
use crate::wait::until;
use crate::{artifacts, ports};

/// What a [`Testbed`] consists of. The default is the demo's: the whole path, two workers, the sample policies.
#[derive(Clone, Debug)]
pub struct TestbedOptions {
    /// Envoy's worker threads.
    pub workers: u32,
    /// Where the companion's policies come from.
    pub source: Source,
    /// Policy files, copied into the testbed's own folder so that they can be edited there.
    pub policies: PathBuf,
    /// Whether the plugin and the companion take part; without them Envoy lets through what `jwt_authn` accepts.
    pub plugin: bool,
    /// A module in place of the plugin.
    pub module: Option<PathBuf>,
    /// The plugin's whole configuration, in place of the template's.
    pub plugin_configuration: Option<Value>,
    /// A whole HTTP filter in the place of the template's with the plugin.
    pub filter: Option<Value>,
    /// How Envoy and the companion reach each other.
    pub transport: Transport,
    /// Who vouches for what the companion sends; none, and it is not signed.
    pub signing: Option<Signing>,
    /// Makes `jwt_authn` also put the verified claims into this header.
    pub forward_payload_header: Option<String>,
    /// Paths with this prefix have no token requirement at all.
    pub without_jwt: Option<String>,
    /// Takes back what makes Envoy refuse or normalise requests before the plugin sees them, and lets heads be large.
    pub lax: bool,
    /// Whether the feed runs through a [`Relay`] that can damage it; it is plain then.
    pub relay: bool,
    /// A second listener with TLS that asks this of clients.
    pub tls: Option<ClientCertificates>,
    /// Envoy's log level.
    pub log_level: String,
    /// Whether another Envoy can take over while this one runs.
    pub hot_restart: bool,
    /// Whether allowed requests go to a provider of models.
    pub provider: bool,
    /// Whether Envoy speaks HTTP/2 to where allowed requests go.
    pub upstream_http2: bool,
    /// How many companions Envoy has to choose from. With several, their feeds are plain.
    pub companions: usize,
    /// More of what companions are told.
    pub companion_arguments: Vec<String>,
    /// The time of day that companions see, if it is another than the machine's.
    pub clock: Option<Clock>,
}

impl Default for TestbedOptions {
    fn default() -> Self {
        TestbedOptions {
            workers: 2,
            source: Source::Files,
            policies: artifacts::sample_policies(),
            plugin: true,
            module: None,
            plugin_configuration: None,
            filter: None,
            transport: Transport::Plain,
            signing: None,
            forward_payload_header: None,
            without_jwt: None,
            lax: false,
            relay: false,
            tls: None,
            log_level: "warning".to_owned(),
            hot_restart: false,
            provider: false,
            upstream_http2: false,
            companions: 1,
            companion_arguments: Vec::new(),
            clock: None,
        }
    }
}

/// Envoy, companion, upstream, keys and certificates that fit together.
#[derive(Debug)]
pub struct Testbed {
    /// The proxy.
    pub envoy: Envoy,
    /// The companion; not started where the options leave it out.
    pub companion: Companion,
    /// The others, where the options ask for several.
    pub more_companions: Vec<Companion>,
    /// Where allowed requests end.
    pub upstream: Upstream,
    /// Where they end instead, where the options ask for it.
    pub provider: Option<Provider>,
    /// Signs tokens that Envoy accepts.
    pub keys: Keys,
    /// Signs certificates that the TLS listener accepts.
    pub authority: Authority,
    /// Between Envoy and the companion, where the options ask for it.
    pub relay: Option<Relay>,
    workers: usize,
    folder: TempDir,
}

impl Testbed {
    /// Starts everything: the companion first, then Envoy. Nothing waits for snapshots to arrive in the workers.
    ///
    /// # Errors
    ///
    /// When a part is missing or does not start.
    pub fn start(options: &TestbedOptions) -> Result<Self> {
        Self::launch(options, options.plugin)
    }

    /// Starts everything but the companion.
    ///
    /// # Errors
    ///
    /// When a part is missing or does not start.
    pub fn start_without_companion(options: &TestbedOptions) -> Result<Self> {
        Self::launch(options, false)
    }

    fn launch(options: &TestbedOptions, companion_too: bool) -> Result<Self> {
        let folder = TempDir::with_prefix("tollgate-")?;
        let path = folder.path();
        copy(&options.policies, &policies(path))?;
        let (keys, authority, upstream) = (Keys::generate()?, Authority::generate()?, Upstream::start()?);
        let provider = options.provider.then(Provider::start).transpose()?;
        let jwks_file = path.join("jwks.json");
        fs::write(&jwks_file, keys.jwks().to_string())?;
        let companion_port = ports::free()?;
        let feed = Feed::new(options.transport, companion_port, &authority, path)?;
        let more_ports = (1..options.companions).map(|_| ports::free()).collect::<Result<Vec<_>>>()?;
        let relay = options.relay.then(|| Relay::start(ports::loopback(companion_port))).transpose()?;
        let bootstrap = Bootstrap {
            admin_port: ports::free()?,
            listener_port: ports::free()?,
            upstream_port: provider.as_ref().map_or(upstream.address(), Provider::address).port(),
            upstream_http2: options.upstream_http2,
            more_companions: more_ports.clone(),
            feed: relay.as_ref().map_or_else(|| feed.clone(), |relay| Feed::Plain(relay.address().port())),
            jwks_file,
            plugin: match &options.module {
                Some(module) => Some(module.clone()),
                None => options.plugin.then(artifacts::plugin).transpose()?,
            },
            plugin_configuration: options.plugin_configuration.clone(),
            filter: options.filter.clone(),
            forward_payload_header: options.forward_payload_header.clone(),
            without_jwt: options.without_jwt.clone(),
            lax: options.lax,
            tls: options.tls.map(|clients| tls(&authority, clients, path)).transpose()?,
        };
        let binary = if options.plugin { artifacts::companion()? } else { PathBuf::new() };
        let new_companion = |name: &str, feed: Feed| -> Result<Companion> {
            let mut companion = Companion::new(CompanionOptions {
                binary: binary.clone(),
                source: options.source,
                policies: policies(path),
                state: path.join(format!("state{name}.db")),
                feed,
                signing: options.signing.clone(),
                http_port: ports::free()?,
                expected_workers: (options.companions == 1).then_some(options.workers),
                log: path.join(format!("companion{name}.log")),
                arguments: options.companion_arguments.clone(),
                clock: options.clock.clone(),
            });
            if companion_too {
                companion.start()?;
            }
            Ok(companion)
        };
        let companion = new_companion("", feed)?;
        let more = more_ports.iter().enumerate();
        let more_companions = more.map(|(index, port)| new_companion(&format!("-{}", index + 2), Feed::Plain(*port)));
        let more_companions = more_companions.collect::<Result<Vec<_>>>()?;
        let workers = usize::try_from(options.workers)?;
        let envoy = EnvoyOptions {
            bootstrap,
            concurrency: options.workers,
            log_level: options.log_level.clone(),
            hot_restart: options.hot_restart,
        };
        let envoy = Envoy::start(&envoy, path)?;
        Ok(Testbed { envoy, companion, more_companions, upstream, provider, keys, authority, relay, workers, folder })
    }

    /// The folder of policy files that the companion watches.
    #[must_use]
    pub fn policies(&self) -> PathBuf {
        policies(self.folder.path())
    }

    /// Whether every VM of this Envoy, the one on its main thread included, enforces this snapshot or a later one.
    #[must_use]
    pub fn all_enforce(&self, workers: &Workers, id: SnapshotId) -> bool {
        workers.all_enforce(id) && workers.enforcing(id) > self.workers
    }

    /// Waits until every VM of this Envoy enforces what its companion serves now, whichever of several that is.
    ///
    /// # Errors
    ///
    /// When that takes too long, or a companion does not answer.
    pub fn wait_enforced_by_all(&self) -> Result<()> {
        until("every worker enforces its companion's snapshot", || {
            let mut enforcing = 0;
            for companion in self.companions() {
                let workers = companion.workers()?;
                match workers.current {
                    Some(current) => enforcing += workers.enforcing(current),
                    None => return Ok(None),
                }
            }
            Ok((enforcing > self.workers).then_some(()))
        })
    }

    /// All companions.
    pub fn companions(&self) -> impl Iterator<Item = &Companion> {
        std::iter::once(&self.companion).chain(&self.more_companions)
    }

    /// Waits until every VM of this Envoy enforces what the companion serves now, and says what that is.
    ///
    /// # Errors
    ///
    /// When that takes too long, or the companion does not answer.
    pub fn wait_enforced(&self) -> Result<SnapshotId> {
        until("every worker enforces the companion's snapshot", || {
            let workers = self.companion.workers()?;
            Ok(workers.current.filter(|current| self.all_enforce(&workers, *current)))
        })
    }

    /// How many worker threads Envoy has.
    #[must_use]
    pub fn workers(&self) -> usize {
        self.workers
    }

    /// A folder for whatever else a test needs; it goes with the testbed.
    #[must_use]
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }
}

fn policies(folder: &Path) -> PathBuf {
    folder.join("policies")
}

fn tls(authority: &Authority, clients: ClientCertificates, folder: &Path) -> Result<Tls> {
    let tls = Tls {
        port: ports::free()?,
        certificate: folder.join("server.pem"),
        key: folder.join("server.key"),
        trusted_ca: folder.join("ca.pem"),
        clients,
    };
    authority.issue(&[San::Ip(std::net::Ipv4Addr::LOCALHOST.into())])?.write(&tls.certificate, &tls.key)?;
    authority.write_root(&tls.trusted_ca)?;
    Ok(tls)
}

fn copy(from: &Path, to: &Path) -> Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from).with_context(|| format!("policies in `{}`", from.display()))? {
        let entry = entry?;
        if entry.file_type()?.is_file() {
            fs::copy(entry.path(), to.join(entry.file_name()))?;
        }
    }
    Ok(())
}
