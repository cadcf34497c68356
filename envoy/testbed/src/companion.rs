use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};
use serde::Deserialize;

use crate::client::{self, Response};
use crate::clock::Clock;
use crate::feed::Feed;
use crate::ports::loopback;
use crate::process::Process;
use crate::signing::Signing;
use crate::wait::until;

/// How to run the companion. The ports stay the same over restarts.
#[derive(Clone, Debug)]
pub struct CompanionOptions {
    /// The `tollgate` binary.
    pub binary: PathBuf,
    /// Where policies come from.
    pub source: Source,
    /// The folder of policy files.
    pub policies: PathBuf,
    /// The state that outlives a restart.
    pub state: PathBuf,
    /// Where plugin VMs connect.
    pub feed: Feed,
    /// Who vouches for what is sent; none, and it is not signed.
    pub signing: Option<Signing>,
    /// Health, metrics and the API.
    pub http_port: u16,
    /// How many workers a complete deployment has.
    pub expected_workers: Option<u32>,
    /// Where its output goes.
    pub log: PathBuf,
    /// More of what `serve` is told.
    pub arguments: Vec<String>,
    /// The time of day that it sees, if it is another than the machine's.
    pub clock: Option<Clock>,
}

/// Where the companion's policies come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// A folder.
    Files,
    /// Its API.
    Api,
}

/// The companion, running or not.
#[derive(Debug)]
pub struct Companion {
    options: CompanionOptions,
    process: Option<Process>,
    /// What the API asks for.
    token: Option<String>,
}

/// A snapshot's number. Later ones are greater.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
pub struct SnapshotId {
    /// Raised when the companion has lost count.
    pub epoch: u64,
    /// Raised with every snapshot.
    pub version: u64,
}

/// What the companion says of the plugin VMs.
#[derive(Clone, Debug, Deserialize)]
pub struct Workers {
    /// What they should be enforcing; none before the first good policy set.
    pub current: Option<SnapshotId>,
    /// Every plugin VM it has heard of.
    pub workers: Vec<Worker>,
}

/// One plugin VM.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Worker {
    /// The VM's random id.
    pub vm_id: String,
    /// What it enforces.
    pub applied: Option<SnapshotId>,
    /// Whether it has been heard of lately.
    pub alive: bool,
    /// Whether it started with a snapshot that another VM had left.
    pub warm: bool,
    /// Whether it has handled a request; the VM on Envoy's main thread never does.
    pub serving: bool,
    /// The last snapshot it refused.
    pub last_nack: Option<Nack>,
    /// How long its worker could not take requests when it applied the last one.
    pub last_apply_micros: Option<u64>,
}

/// How far a version is enforced.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Enforcement {
    /// Live VMs that decide with it or with a later one.
    pub applied_by: usize,
    /// Live VMs.
    pub alive: usize,
    /// From its publication until the last of them did, in milliseconds.
    pub last_ms: Option<f64>,
}

/// What it says of the models that policies are searched by.
#[derive(Clone, Debug, Deserialize)]
pub struct Migrations {
    /// What serves.
    pub serving: Option<Generation>,
    /// What a rollback would go to.
    pub kept: Option<Generation>,
    migration: Option<serde_json::Value>,
}

/// The vectors of one model.
#[derive(Clone, Debug, Deserialize)]
pub struct Generation {
    /// Of the model.
    pub version: String,
    /// Policies whose vector is not there or no longer right.
    pub stale: usize,
}

impl Migrations {
    /// Whether one goes on.
    #[must_use]
    pub fn is_under_way(&self) -> bool {
        self.migration.is_some()
    }
}

#[derive(Deserialize)]
struct History {
    snapshots: Vec<SnapshotId>,
    next: Option<String>,
}

#[derive(Deserialize)]
struct Version {
    enforcement: Enforcement,
}

/// A refused snapshot.
#[derive(Clone, Debug, Deserialize)]
pub struct Nack {
    /// Which, if that could be told.
    #[serde(flatten)]
    pub id: Option<SnapshotId>,
    /// Why.
    pub reason: String,
}

impl Workers {
    /// Whether every live VM enforces this snapshot or a later one, and there is one.
    #[must_use]
    pub fn all_enforce(&self, id: SnapshotId) -> bool {
        self.enforcing(id) > 0 && self.live().all(|worker| worker.applied >= Some(id))
    }

    /// How many live VMs enforce this snapshot or a later one.
    #[must_use]
    pub fn enforcing(&self, id: SnapshotId) -> usize {
        self.live().filter(|worker| worker.applied >= Some(id)).count()
    }

    fn live(&self) -> impl Iterator<Item = &Worker> {
        self.workers.iter().filter(|worker| worker.alive)
    }
}

impl std::fmt::Display for SnapshotId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}.{}", self.epoch, self.version)
    }
}

impl std::str::FromStr for SnapshotId {
    type Err = anyhow::Error;

    fn from_str(text: &str) -> Result<Self> {
        let (epoch, version) = text.split_once('.').with_context(|| format!("`{text}` is no id of a snapshot"))?;
        Ok(SnapshotId { epoch: epoch.parse()?, version: version.parse()? })
    }
}

impl Companion {
    /// A companion that has not been started.
    #[must_use]
    pub fn new(options: CompanionOptions) -> Self {
        Companion { options, process: None, token: None }
    }

    /// Starts it, if it is not running, and waits until it answers.
    ///
    /// # Errors
    ///
    /// When it ends at once, with the end of its log.
    pub fn start(&mut self) -> Result<()> {
        if self.process.is_some() {
            return Ok(());
        }
        let options = &self.options;
        let mut command = Command::new(&options.binary);
        let tokens = options.state.with_extension("tokens");
        self.token = Some(token(&options.binary, &tokens)?);
        command.arg("serve").arg("--state").arg(&options.state).arg("--tokens").arg(tokens);
        match options.source {
            Source::Files => command.arg("--policies").arg(&options.policies),
            Source::Api => command.args(["--source", "api"]),
        };
        command.args(&options.arguments);
        options.feed.serve(&mut command);
        if let Some(Signing { key, audience }) = &options.signing {
            command.arg("--sign-key").arg(&key.file).args(["--audience", audience]);
        }
        command.args(["--http", &loopback(options.http_port).to_string()]);
        if let Some(workers) = options.expected_workers {
            command.args(["--expect-workers", &workers.to_string()]);
        }
        if let Some(clock) = &options.clock {
            clock.show_to(&mut command);
        }
        let mut process = Process::spawn("companion", command, &options.log)?;
        until("the companion answers", || {
            process.require_running()?;
            Ok(client::get(self.address(), "/healthz").ok().filter(|response| response.status == 200))
        })?;
        self.process = Some(process);
        Ok(())
    }

    /// Ends it as a crash would.
    ///
    /// # Errors
    ///
    /// When the signal is refused.
    pub fn kill(&mut self) -> Result<()> {
        if let Some(mut process) = self.process.take() {
            process.kill()?;
        }
        Ok(())
    }

    /// Ends it in good order.
    ///
    /// # Errors
    ///
    /// When it leaves with a failure.
    pub fn terminate(&mut self) -> Result<()> {
        let Some(mut process) = self.process.take() else { return Ok(()) };
        let status = process.terminate()?;
        anyhow::ensure!(status.success(), "the companion ended with {status}:\n{}", process.log_tail());
        Ok(())
    }

    /// How it will run when it is started the next time.
    pub fn options(&mut self) -> &mut CompanionOptions {
        &mut self.options
    }

    /// The state file: while the companion is down it can be lost, or put back as it once was.
    #[must_use]
    pub fn state(&self) -> &Path {
        &self.options.state
    }

    /// Where plugin VMs connect.
    #[must_use]
    pub fn feed(&self) -> &Feed {
        &self.options.feed
    }

    /// Health, metrics and the API.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        loopback(self.options.http_port)
    }

    /// Where its output goes.
    #[must_use]
    pub fn log(&self) -> &Path {
        &self.options.log
    }

    /// A metric's value; `None` if it has none of that name. Names are whole, labels included.
    ///
    /// # Errors
    ///
    /// When it does not answer.
    pub fn metric(&self, name: &str) -> Result<Option<f64>> {
        let value = |line: &str| line.strip_prefix(name)?.strip_prefix(' ')?.trim().parse().ok();
        Ok(self.metrics()?.lines().find_map(value))
    }

    /// The operating system's id of the process, while it runs.
    #[must_use]
    pub fn id(&self) -> Option<u32> {
        self.process.as_ref().map(Process::id)
    }

    /// The process, while it runs.
    pub fn process(&mut self) -> Option<&mut Process> {
        self.process.as_mut()
    }

    /// The answer of `/readyz`: 200 if all is well.
    ///
    /// # Errors
    ///
    /// When it does not answer.
    pub fn readiness(&self) -> Result<Response> {
        self.ask("/readyz")
    }

    /// Prometheus exposition of its metrics.
    ///
    /// # Errors
    ///
    /// When it does not answer.
    pub fn metrics(&self) -> Result<String> {
        Ok(self.ask("/metrics")?.text())
    }

    /// The ids of all versions that were published, newest first.
    ///
    /// # Errors
    ///
    /// When it does not answer, or not in this form.
    pub fn history(&self) -> Result<Vec<SnapshotId>> {
        let (mut all, mut before) = (Vec::new(), String::new());
        loop {
            let page: History = self.read(&format!("/v1/snapshots?limit=1000{before}"))?;
            all.extend(page.snapshots);
            match page.next {
                Some(next) => before = format!("&before={next}"),
                None => return Ok(all),
            }
        }
    }

    /// How far a version is enforced.
    ///
    /// # Errors
    ///
    /// When it does not answer, or not in this form.
    pub fn enforcement(&self, id: SnapshotId) -> Result<Enforcement> {
        let version: Version = self.read(&format!("/v1/snapshots/{id}"))?;
        Ok(version.enforcement)
    }

    /// Publishes a whole policy set.
    ///
    /// # Errors
    ///
    /// When it is refused.
    pub fn publish(&self, set: &str) -> Result<SnapshotId> {
        self.change("POST", "/v1/snapshots", &[], set)
    }

    /// Publishes one policy in the place of another version of it.
    ///
    /// # Errors
    ///
    /// When it is refused.
    pub fn put(&self, policy: &str, text: &str) -> Result<SnapshotId> {
        self.change("PUT", &format!("/v1/policies/{policy}"), &[("if-match", "*")], text)
    }

    /// What becomes of the vectors of policy search.
    ///
    /// # Errors
    ///
    /// When it does not answer, or not in this form.
    pub fn migrations(&self) -> Result<Migrations> {
        self.read("/v1/migrations")
    }

    /// Asks for a migration, or with `/cancel`, `/rollback` or `/forget` for another end of it.
    ///
    /// # Errors
    ///
    /// When it is refused.
    pub fn migrate(&self, how: &str) -> Result<Migrations> {
        self.change("POST", &format!("/v1/migrations{how}"), &[], "")
    }

    fn change<T: serde::de::DeserializeOwned>(
        &self,
        method: &str,
        path: &str,
        condition: &[(&str, &str)],
        text: &str,
    ) -> Result<T> {
        let token = self.token.as_ref().context("it has not been started")?;
        let authorization = format!("Bearer {token}");
        let mut headers = condition.to_vec();
        headers.extend([("authorization", authorization.as_str()), ("content-type", "application/json")]);
        headers.push(("connection", "close"));
        let response = client::Http1::connect(self.address())?.request(method, path, &headers, text.as_bytes())?;
        serde_json::from_slice(&response.body)
            .with_context(|| format!("{method} {path} was answered `{}`", response.text()))
    }

    /// What the API answers at this path.
    ///
    /// # Errors
    ///
    /// When it does not answer, or not in this form.
    pub fn read<T: serde::de::DeserializeOwned>(&self, path: &str) -> Result<T> {
        let response = self.ask(path)?;
        serde_json::from_slice(&response.body).with_context(|| format!("`{path}` was answered `{}`", response.text()))
    }

    /// Every plugin VM it knows, and what they should be enforcing.
    ///
    /// # Errors
    ///
    /// When it does not answer, or not in this form.
    pub fn workers(&self) -> Result<Workers> {
        self.read("/v1/workers")
    }

    fn ask(&self, path: &str) -> Result<Response> {
        client::get(self.address(), path).with_context(|| format!("the companion, `{path}`"))
    }
}

/// Makes a token, and the file that the companion knows it by.
fn token(binary: &Path, file: &Path) -> Result<String> {
    let output = Command::new(binary).args(["token", "new", "testbed"]).output()?;
    let text = String::from_utf8(output.stdout)?;
    let (token, line) = text.split_once('\n').with_context(|| format!("`tollgate token new` wrote `{text}`"))?;
    std::fs::write(file, line)?;
    Ok(token.to_owned())
}
