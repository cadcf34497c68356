//! What the companion counts, in the OpenMetrics text format.

use std::fmt;
use std::time::Duration;

use prometheus_client::encoding::{EncodeLabelSet, text};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::metrics::info::Info;
use prometheus_client::registry::{Registry, Unit};

use crate::feed::WorkerCounts;
use crate::publisher::Published;

/// From half a millisecond, which is a worker on the same machine, to five seconds, which is an incident.
const ENFORCED_BUCKETS: [f64; 13] = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0];

const COMPILE_BUCKETS: [f64; 12] = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0, 10.0];

/// Every metric family; shared by reference.
#[derive(Debug)]
pub(crate) struct Metrics {
    registry: Registry,
    load_failures: Counter,
    compile_duration: Histogram,
    policies: Gauge,
    epoch: Gauge,
    version: Gauge,
    bytes: Gauge,
    degraded: Gauge,
    state_errors: Counter,
    workers: Family<WorkerLabels, Gauge>,
    acks: Counter,
    nacks: Counter,
    publish_to_enforced: Histogram,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct WorkerLabels {
    state: &'static str,
}

impl Metrics {
    /// `expected_workers` is shown only if an operator has said it.
    pub(crate) fn new(expected_workers: Option<u32>) -> Self {
        let mut registry = Registry::with_prefix("tollgate");
        let build = Info::new([("version", env!("CARGO_PKG_VERSION"))]);
        registry.register("build", "The program that is running", build);
        let metrics = Metrics {
            load_failures: Counter::default(),
            compile_duration: Histogram::new(COMPILE_BUCKETS),
            policies: Gauge::default(),
            epoch: Gauge::default(),
            version: Gauge::default(),
            bytes: Gauge::default(),
            degraded: Gauge::default(),
            state_errors: Counter::default(),
            workers: Family::default(),
            acks: Counter::default(),
            nacks: Counter::default(),
            publish_to_enforced: Histogram::new(ENFORCED_BUCKETS),
            registry,
        };
        metrics.registered(expected_workers)
    }

    fn registered(mut self, expected_workers: Option<u32>) -> Self {
        let registry = &mut self.registry;
        let failures = "Edits of the policy files that were refused";
        registry.register("policy_load_failures", failures, self.load_failures.clone());
        let duration = "Time to validate and compile the policy files";
        registry.register_with_unit("compile_duration", duration, Unit::Seconds, self.compile_duration.clone());
        registry.register("policies", "Policies in the published snapshot", self.policies.clone());
        registry.register("snapshot_epoch", "Epoch of the published snapshot", self.epoch.clone());
        registry.register("snapshot_version", "Version of the published snapshot", self.version.clone());
        registry.register_with_unit("snapshot", "Size of the published snapshot", Unit::Bytes, self.bytes.clone());
        registry.register("degraded", "1 while an older snapshot is served than the files say", self.degraded.clone());
        registry.register("state_errors", "Failures to use the state file", self.state_errors.clone());
        let workers = "Plugin VMs that are alive, behind the published snapshot, and serving requests";
        registry.register("feed_workers", workers, self.workers.clone());
        if let Some(expected) = expected_workers {
            let gauge = Gauge::<i64>::default();
            gauge.set(expected.into());
            registry.register("feed_workers_expected", "Workers that the operator expects", gauge);
        }
        registry.register("feed_acks", "Snapshots that a VM has applied", self.acks.clone());
        registry.register("feed_nacks", "Snapshots that a VM has refused", self.nacks.clone());
        let enforced = "Time from publishing a snapshot to its enforcement, once per version and VM";
        let histogram = self.publish_to_enforced.clone();
        registry.register_with_unit("feed_publish_to_enforced", enforced, Unit::Seconds, histogram);
        self
    }

    pub(crate) fn load_failed(&self) {
        self.load_failures.inc();
    }

    pub(crate) fn compiled_in(&self, duration: Duration) {
        self.compile_duration.observe(duration.as_secs_f64());
    }

    pub(crate) fn published(&self, published: &Published) {
        self.policies.set(gauge(published.policies as u64));
        self.epoch.set(gauge(published.id.epoch));
        self.version.set(gauge(published.id.version));
        self.bytes.set(gauge(published.content.size() as u64));
    }

    pub(crate) fn degraded(&self, degraded: bool) {
        self.degraded.set(degraded.into());
    }

    pub(crate) fn state_failed(&self) {
        self.state_errors.inc();
    }

    pub(crate) fn acked(&self) {
        self.acks.inc();
    }

    pub(crate) fn nacked(&self) {
        self.nacks.inc();
    }

    pub(crate) fn enforced_after(&self, delay: Duration) {
        self.publish_to_enforced.observe(delay.as_secs_f64());
    }

    /// The text of a scrape. Workers come and go silently, so they are counted for each.
    pub(crate) fn scrape(&self, workers: WorkerCounts) -> Result<String, fmt::Error> {
        let states = [("alive", workers.alive), ("behind", workers.behind), ("serving", workers.serving)];
        for (state, count) in states {
            self.workers.get_or_create(&WorkerLabels { state }).set(gauge(count as u64));
        }
        let mut out = String::new();
        text::encode(&mut out, &self.registry)?;
        Ok(out)
    }
}

fn gauge(value: u64) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}
