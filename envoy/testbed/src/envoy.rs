use std::collections::BTreeMap;
use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::artifacts;
use crate::bootstrap::Bootstrap;
use crate::client::{self, Response};
use crate::ports::loopback;
use crate::process::Process;
use crate::wait::until;

/// How to run Envoy.
#[derive(Clone, Debug)]
pub struct EnvoyOptions {
    /// What it runs.
    pub bootstrap: Bootstrap,
    /// Worker threads.
    pub concurrency: u32,
    /// `trace`, `debug`, `info`, `warning`, `error` …
    pub log_level: String,
    /// Whether another Envoy can take over from it: [`Envoy::hot_restart`].
    pub hot_restart: bool,
}

/// A running Envoy.
#[derive(Debug)]
pub struct Envoy {
    process: Process,
    options: EnvoyOptions,
    folder: PathBuf,
    /// How many have taken over so far.
    restarts: u32,
}

impl Envoy {
    /// Starts Envoy and waits until it is live. Its configuration and log go to `folder`.
    ///
    /// # Errors
    ///
    /// When there is no Envoy, or it refuses its configuration, with the end of its log.
    pub fn start(options: &EnvoyOptions, folder: &Path) -> Result<Self> {
        let process = spawn(options, folder, 0)?;
        let mut envoy = Envoy { process, options: options.clone(), folder: folder.to_owned(), restarts: 0 };
        envoy.wait_live()?;
        Ok(envoy)
    }

    /// Ends it as a crash would.
    ///
    /// # Errors
    ///
    /// When the signal is refused.
    pub fn kill(&mut self) -> Result<()> {
        self.process.kill().map(drop)
    }

    /// Starts another one in the place of one that has ended.
    ///
    /// # Errors
    ///
    /// When it does not start.
    pub fn start_again(&mut self) -> Result<()> {
        self.restarts = 0;
        self.process = spawn(&self.options, &self.folder, 0)?;
        self.wait_live()
    }

    fn wait_live(&mut self) -> Result<()> {
        until("envoy becomes live", || {
            self.process.require_running()?;
            Ok(client::get(self.admin(), "/ready").ok().filter(|response| response.status == 200))
        })?;
        Ok(())
    }

    /// Has a new Envoy take over the listeners of this one, which finishes what it has begun and ends.
    ///
    /// # Errors
    ///
    /// When the new one does not start, or the old one does not end.
    pub fn hot_restart(&mut self) -> Result<()> {
        self.restarts += 1;
        let new = spawn(&self.options, &self.folder, self.restarts)?;
        let mut old = std::mem::replace(&mut self.process, new);
        until("the old envoy ends", || {
            self.process.require_running()?;
            old.exited()
        })?;
        until("the new envoy answers", || {
            self.process.require_running()?;
            Ok(client::get(self.admin(), "/ready").ok().filter(|response| response.status == 200))
        })?;
        Ok(())
    }

    /// Has Envoy check a configuration without running it. Files go to `folder`.
    ///
    /// # Errors
    ///
    /// When there is no Envoy, or it refuses the configuration, with what it said.
    pub fn validate(bootstrap: &Bootstrap, folder: &Path) -> Result<()> {
        let mut command = Command::new(artifacts::envoy()?);
        command.args(["--mode", "validate", "--disable-hot-restart", "--config-path"]);
        let output = command.arg(write(bootstrap, folder)?).output()?;
        if !output.status.success() {
            bail!("envoy refuses the configuration:\n{}", String::from_utf8_lossy(&output.stderr));
        }
        Ok(())
    }

    /// Where requests enter, in plain HTTP.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        loopback(self.options.bootstrap.listener_port)
    }

    /// Where requests enter with TLS, if the configuration has that listener.
    #[must_use]
    pub fn tls_address(&self) -> Option<SocketAddr> {
        self.options.bootstrap.tls.as_ref().map(|tls| loopback(tls.port))
    }

    /// The admin interface.
    #[must_use]
    pub fn admin(&self) -> SocketAddr {
        loopback(self.options.bootstrap.admin_port)
    }

    /// The process, for signals and its log.
    pub fn process(&mut self) -> &mut Process {
        &mut self.process
    }

    /// A counter's or gauge's value; `None` if Envoy has none of that name.
    ///
    /// # Errors
    ///
    /// When the admin interface does not answer.
    pub fn stat(&self, name: &str) -> Result<Option<u64>> {
        Ok(self.stats(name)?.remove(name))
    }

    /// Every counter and gauge whose name contains `part` (letters, digits, `.`, `_` and `-` only).
    ///
    /// # Errors
    ///
    /// When the admin interface does not answer.
    pub fn stats(&self, part: &str) -> Result<BTreeMap<String, u64>> {
        let filter = part.replace('.', "%5C.");
        let page = self.ask(&format!("/stats?filter={filter}"))?.text();
        let line = |line: &str| {
            let (name, value) = line.split_once(": ")?;
            Some((name.to_owned(), value.trim().parse().ok()?))
        };
        Ok(page.lines().filter_map(line).collect())
    }

    /// How often a plugin VM had to be replaced, or could not be: 0 means that nothing trapped one.
    ///
    /// # Errors
    ///
    /// When the admin interface does not answer.
    pub fn vm_reloads(&self) -> Result<u64> {
        Ok(self.stats("vm_reload")?.values().sum())
    }

    /// Prometheus exposition of every metric.
    ///
    /// # Errors
    ///
    /// When the admin interface does not answer.
    pub fn prometheus(&self) -> Result<String> {
        Ok(self.ask("/stats/prometheus")?.text())
    }

    fn ask(&self, path: &str) -> Result<Response> {
        client::get(self.admin(), path).with_context(|| format!("envoy's admin interface, `{path}`"))
    }
}

fn spawn(options: &EnvoyOptions, folder: &Path, restarts: u32) -> Result<Process> {
    let mut command = Command::new(artifacts::envoy()?);
    command.arg("--config-path").arg(write(&options.bootstrap, folder)?);
    command.args(["--concurrency", &options.concurrency.to_string(), "--log-level", &options.log_level]);
    // Without a name of its own it discovers nothing, from files either.
    command.args(["--service-node", "testbed", "--service-cluster", "testbed"]);
    let base_id = folder.join("envoy.base-id");
    match (options.hot_restart, restarts) {
        // Without hot restart it needs no base id and no shared memory, so any number run side by side.
        (false, _) => command.arg("--disable-hot-restart"),
        (true, 0) => command.arg("--use-dynamic-base-id").arg("--base-id-path").arg(&base_id),
        (true, _) => {
            let id = fs::read_to_string(&base_id).context("the base id of the running envoy")?;
            command.args(["--base-id", id.trim(), "--restart-epoch", &restarts.to_string()])
        }
    };
    // The default of ten minutes would outlast every test; nothing here drains.
    command.args(["--drain-time-s", "1", "--parent-shutdown-time-s", "2"]);
    Process::spawn("envoy", command, &folder.join("envoy.log"))
}

fn write(bootstrap: &Bootstrap, folder: &Path) -> Result<PathBuf> {
    // JSON is YAML to Envoy, by this file's name too.
    let path = folder.join("envoy.json");
    fs::write(&path, serde_json::to_vec_pretty(&bootstrap.render()?)?)?;
    Ok(path)
}
