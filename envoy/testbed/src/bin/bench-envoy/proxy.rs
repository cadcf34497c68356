use std::collections::BTreeMap;
use std::fs;
use std::net::SocketAddr;
use std::path::Path;

use anyhow::{Context, Result, bail, ensure};
use serde_json::Value;
use tempfile::TempDir;
use tollgate_testbed::client::Http1;
use tollgate_testbed::ports::{self, loopback};
use tollgate_testbed::{Companion, CompanionOptions, Feed, Process, Source, artifacts, client, until};

use crate::authorizer::Authorizer;
use crate::configuration::{AUTHORIZER, cluster, config, filters, listener};
use crate::cores::Cores;
use crate::cpu::Worker;
use crate::load::Wrk;
use crate::policies;
use crate::requests::Requests;
use crate::variant::{Identity, Variant};
use crate::workload::{Request, Workload};

/// Requests of each kind that every variant must answer as expected before anything is timed.
const SAMPLE: usize = 200;

/// Envoy with a listener for each variant, and all that these need.
#[derive(Debug)]
pub(crate) struct Proxy {
    _process: Process,
    pub(crate) worker: Worker,
    listeners: BTreeMap<Variant, u16>,
    requests: BTreeMap<Identity, Lists>,
    admin: u16,
    pub(crate) wrk: Wrk,
    companions: Vec<Companion>,
    _authorizer: Authorizer,
    _folder: TempDir,
}

/// The workload's requests under one kind of identity.
#[derive(Debug)]
pub(crate) struct Lists {
    pub(crate) allowed: Requests,
    pub(crate) denied: Requests,
}

impl Proxy {
    /// `searched`: with companions that have been told of another model than that of their vectors.
    pub(crate) fn start(workload: &Workload, variants: &[Variant], cores: Cores, searched: bool) -> Result<Self> {
        let folder = TempDir::with_prefix("tollgate-bench-")?;
        let path = folder.path();
        let authorizer = Authorizer::start()?;
        let mut companions = Vec::new();
        let mut clusters = vec![cluster(AUTHORIZER, authorizer.address())];
        let mut requests = BTreeMap::new();
        for identity in Identity::ALL {
            let feed_port = ports::free()?;
            clusters.push(cluster(identity.cluster(), loopback(feed_port)));
            let list = |name: &str, requests| {
                Requests::new(requests, identity, path.join(format!("{}-{name}", identity.cluster())))
            };
            let lists =
                Lists { allowed: list("allowed", &workload.allowed)?, denied: list("denied", &workload.denied)? };
            requests.insert(identity, lists);
            if variants.iter().any(|variant| variant.is_tollgate() && variant.identity() == identity) {
                companions.push(companion(workload, identity, feed_port, path, searched)?);
            }
        }
        let admin = ports::free()?;
        let mut listeners = BTreeMap::new();
        let mut listening = Vec::new();
        for &variant in variants {
            let port = ports::free()?;
            listeners.insert(variant, port);
            listening.push(listener(variant, port, filters(variant, &workload.policies)?)?);
        }
        let mut process = launch(&config(admin, &listening, &clusters), path, cores)?;
        wait_ready(&mut process, admin)?;
        for companion in &companions {
            until("envoy's worker enforces the policies", || {
                let workers = companion.workers()?;
                // The VM of the main thread, too.
                Ok(workers.current.filter(|current| workers.all_enforce(*current) && workers.enforcing(*current) > 1))
            })?;
        }
        let worker = Worker::of(process.id())?;
        Ok(Proxy {
            _process: process,
            worker,
            listeners,
            requests,
            admin,
            wrk: Wrk::new(path)?,
            companions,
            _authorizer: authorizer,
            _folder: folder,
        })
    }

    /// The companions of its workers.
    pub(crate) fn companions(&self) -> &[Companion] {
        &self.companions
    }

    pub(crate) fn variants(&self) -> impl Iterator<Item = Variant> + Clone {
        self.listeners.keys().copied()
    }

    pub(crate) fn address(&self, variant: Variant) -> Result<SocketAddr> {
        Ok(loopback(*self.listeners.get(&variant).with_context(|| format!("`{}` has no listener", variant.name()))?))
    }

    pub(crate) fn lists(&self, variant: Variant) -> Result<&Lists> {
        self.requests.get(&variant.identity()).context("no requests with this identity")
    }

    /// How many requests a variant's listener has seen so far.
    pub(crate) fn seen(&self, variant: Variant) -> Result<u64> {
        let name = format!("http.{}.downstream_rq_total", variant.name());
        let filter = name.replace('.', "%5C.");
        let page = client::get(loopback(self.admin), &format!("/stats?filter=^{filter}$"))?.text();
        let value = page.lines().find_map(|line| line.strip_prefix(&name)?.strip_prefix(": ")?.trim().parse().ok());
        value.with_context(|| format!("envoy has no statistic `{name}`"))
    }

    /// Compares answers of every variant with the workload's reference.
    pub(crate) fn check(&self, workload: &Workload) -> Result<()> {
        for variant in self.variants() {
            let lists = self.lists(variant)?;
            self.check_list(variant, &workload.allowed, &lists.allowed, 200)?;
            self.check_list(variant, &workload.denied, &lists.denied, if variant.decides() { 403 } else { 200 })?;
        }
        Ok(())
    }

    fn check_list(&self, variant: Variant, requests: &[Request], list: &Requests, expected: u16) -> Result<()> {
        let mut connection = Http1::connect(self.address(variant)?)?;
        for (request, head) in requests.iter().zip(&list.heads).step_by(requests.len().div_ceil(SAMPLE).max(1)) {
            connection.send(head.as_bytes())?;
            let Some(answer) = connection.read(false)? else { bail!("envoy closes the connection") };
            ensure!(
                answer.status == expected,
                "`{}` answers {} to {request:?}, expected {expected}: {}",
                variant.name(),
                answer.status,
                answer.text()
            );
        }
        Ok(())
    }
}

/// A companion with the workload's policies, on the load's core like this process.
fn companion(
    workload: &Workload,
    identity: Identity,
    feed_port: u16,
    folder: &Path,
    searched: bool,
) -> Result<Companion> {
    let folder = folder.join(identity.cluster());
    let policies = folder.join("policies");
    fs::create_dir_all(&policies)?;
    fs::write(policies.join("generated.json"), policies::set(&workload.policies, identity).to_string())?;
    let mut companion = Companion::new(CompanionOptions {
        source: Source::Files,
        binary: artifacts::companion()?,
        policies,
        state: folder.join("state.db"),
        feed: Feed::Plain(feed_port),
        signing: None,
        http_port: ports::free()?,
        expected_workers: Some(1),
        log: folder.join("companion.log"),
        arguments: Vec::new(),
        clock: None,
    });
    companion.start()?;
    if searched {
        until("all policies have vectors", || {
            Ok(companion.migrations()?.serving.filter(|serving| serving.stale == 0 && !serving.version.is_empty()))
        })?;
        companion.terminate()?;
        let other = ["--model-version", "v2", "--migrate", "manual", "--embedding-cache", "0"];
        companion.options().arguments = other.map(str::to_owned).to_vec();
        companion.start()?;
    }
    Ok(companion)
}

/// Envoy with one worker, all of it on its core.
pub(crate) fn launch(config: &Value, folder: &Path, cores: Cores) -> Result<Process> {
    let path = folder.join("envoy.json");
    fs::write(&path, config.to_string())?;
    let mut command = cores.on_proxy(&artifacts::envoy()?);
    command.arg("--config-path").arg(path);
    command.args(["--concurrency", "1", "--disable-hot-restart", "--log-level", "warning"]);
    Process::spawn("envoy", command, &folder.join("envoy.log"))
}

pub(crate) fn wait_ready(process: &mut Process, admin: u16) -> Result<()> {
    until("envoy becomes live", || {
        process.require_running()?;
        Ok(client::get(loopback(admin), "/ready").ok().filter(|response| response.status == 200))
    })?;
    Ok(())
}
