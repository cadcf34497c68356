use std::collections::BTreeSet;
use std::fs;
use std::net::SocketAddr;
use std::time::Duration;

use anyhow::{Context, Result};
use serde_json::json;
use tempfile::TempDir;
use tollgate_testbed::budgets::{
    Audit, Made, Mix, Plan, Traffic, Watch, plugin_configuration, policies, require_counted, reservation, settled, vm,
};
use tollgate_testbed::client::{Http1, Response};
use tollgate_testbed::{Clock, Keeps, Provider, Redis, SCRIPT, Testbed, TestbedOptions, until};

/// Noon, so that nothing happens at midnight that is not meant to.
pub(super) const NOON: Duration = Duration::from_secs(12 * 3600);

/// Whatever is said of a call in seconds ends within this.
pub(super) const MINUTE: Duration = Duration::from_secs(60);

/// A companion leaves leases alone for a third of one after it has started: that is waited for by the clock on the wall.
const LEASE: [&str; 2] = ["--budget-lease", "90"];

/// Everything, with a clock that can be put forward, in front of a provider.
pub(super) struct Site {
    pub(super) testbed: Testbed,
    pub(super) clock: Clock,
    /// Where budgets are, unless they are in a file of the companion's.
    pub(super) redis: Option<Redis>,
    /// VMs that have ended with what they had still to tell.
    pub(super) lost: BTreeSet<String>,
    _folder: TempDir,
}

/// Where budgets are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Store {
    Sqlite,
    Redis,
}

impl Site {
    /// Starts it at this time of the day, with these limits.
    pub(super) fn start(store: Store, time: Duration, limits: &[&str]) -> Result<Self> {
        Self::start_with(store, time, limits, |_| {})
    }

    pub(super) fn start_with(
        store: Store,
        time: Duration,
        limits: &[&str],
        vary: impl FnOnce(&mut TestbedOptions),
    ) -> Result<Self> {
        let folder = TempDir::with_prefix("tollgate-")?;
        let rules = folder.path().join("policies");
        fs::create_dir(&rules)?;
        fs::write(rules.join("policies.yaml"), policies(limits))?;
        let clock = Clock::tomorrow_at(time, folder.path())?;
        let redis = match store {
            Store::Sqlite => None,
            Store::Redis => Some(Redis::start_at(Some(clock.clone()), Keeps::Everything)?),
        };
        let mut options = TestbedOptions {
            workers: 4,
            policies: rules,
            plugin_configuration: Some(plugin_configuration()),
            provider: true,
            clock: Some(clock.clone()),
            companion_arguments: [
                LEASE.map(str::to_owned).to_vec(),
                redis.as_ref().map(Redis::arguments).unwrap_or_default(),
            ]
            .concat(),
            ..TestbedOptions::default()
        };
        vary(&mut options);
        let testbed = Testbed::start(&options)?;
        let site = Site { testbed, clock, redis, lost: BTreeSet::new(), _folder: folder };
        site.wait_ready()?;
        Ok(site)
    }

    /// Waits until every worker decides and every companion counts.
    pub(super) fn wait_ready(&self) -> Result<()> {
        self.testbed.wait_enforced_by_all()?;
        until("budgets can be used", || {
            for companion in self.testbed.companions() {
                if companion.readiness()?.json()?.pointer("/budgets/state").is_none_or(|state| state != "open") {
                    return Ok(None);
                }
            }
            Ok(Some(()))
        })
    }

    pub(super) fn provider(&self) -> Result<&Provider> {
        self.testbed.provider.as_ref().context("the testbed has no provider")
    }

    /// Begins a call, on a connection of its own, and leaves its answer unread.
    pub(super) fn begin(&self, plan: &Plan) -> Result<Http1> {
        let Plan { path, org, script, body, .. } = plan;
        let token = self.testbed.keys.token(&json!({"sub": "ann", "org": org}), 60 * MINUTE)?;
        let message = format!(
            "POST {path} HTTP/1.1\r\nhost: t\r\nauthorization: Bearer {token}\r\n\
             content-type: application/json\r\n{SCRIPT}: {script}\r\ncontent-length: {}\r\n\r\n{body}",
            body.len()
        );
        let mut client = Http1::connect(self.testbed.envoy.address())?;
        client.send(message.as_bytes())?;
        Ok(client)
    }

    /// Makes a call.
    pub(super) fn call(&self, plan: &Plan) -> Result<Response> {
        self.begin(plan)?.read(false)?.context("no answer")
    }

    /// So many clients that make calls of a mix.
    pub(super) fn traffic(&self, clients: usize, most: u64, mix: Mix) -> Result<Traffic> {
        let Testbed { envoy, keys, .. } = &self.testbed;
        Traffic::start(envoy.address(), keys, &Mix::ORGS, clients, most, move |number| mix.plan(number))
    }

    /// Looks at all limits from now on.
    pub(super) fn watch(&self) -> Watch {
        let companions: Vec<SocketAddr> = self.testbed.companions().map(tollgate_testbed::Companion::address).collect();
        Watch::start(companions)
    }

    /// Envoy ends as by a crash, and another one starts.
    pub(super) fn restart_envoy(&mut self) -> Result<()> {
        self.testbed.envoy.kill()?;
        self.lose_vms()?;
        self.testbed.envoy.start_again()?;
        self.wait_ready()
    }

    /// Every VM that has served a call until now is gone.
    pub(super) fn lose_vms(&mut self) -> Result<()> {
        let served = self.provider()?.served();
        let reserved = served.iter().filter_map(|call| reservation(call.header("x-decision")?));
        self.lost.extend(reserved.map(|id| vm(&id).to_owned()));
        Ok(())
    }

    /// Once all clients have gone: fails unless every call is settled at what the provider counts, or as the documentation says,
    /// counters have what the ledgers have, and nothing is held.
    #[expect(clippy::print_stdout, reason = "each call that is settled by an estimate is named")]
    pub(super) fn audit(&self, made: &Made) -> Result<Audit> {
        let ledger = settled(&self.testbed, &self.clock, &self.lost)?;
        let audit = Audit::of(&ledger, &self.provider()?.served(), made, &self.lost)?;
        println!("{made}\n{audit}");
        audit.require_sound()?;
        require_counted(&self.testbed, &ledger)?;
        Ok(audit)
    }
}
