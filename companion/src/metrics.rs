//! What the companion counts, in the OpenMetrics text format.

mod budget;
mod feed;
mod related;
mod search;

use std::fmt;
use std::time::Duration;

use prometheus_client::encoding::text;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::metrics::info::Info;
use prometheus_client::registry::{Registry, Unit};

use crate::feed::WorkerCounts;
use crate::publisher::Published;

use budget::BudgetMetrics;
pub(crate) use budget::{BudgetEvent, Came, Ended, ReserveOutcome, StoreOperation, StoreState};
use feed::FeedMetrics;
pub(crate) use feed::Refusal;
use related::RelatedMetrics;
pub(crate) use search::{JobStatus, SearchCounts, SearchLevels, SearchMetrics, VectorError};

const COMPILE_BUCKETS: [f64; 12] = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0, 10.0];

/// Every metric family; shared by reference.
#[derive(Debug)]
pub(crate) struct Metrics {
    registry: Registry,
    /// Families whose names are not the program's own.
    plain: Registry,
    load_failures: Counter,
    compile_duration: Histogram,
    policies: Gauge,
    epoch: Gauge,
    version: Gauge,
    bytes: Gauge,
    degraded: Gauge,
    state_errors: Counter,
    pub(crate) budget: BudgetMetrics,
    pub(crate) feed: FeedMetrics,
    pub(crate) related: RelatedMetrics,
    pub(crate) search: SearchMetrics,
}

impl Metrics {
    /// `expected_workers` is shown only if an operator has said it.
    pub(crate) fn new(expected_workers: Option<u32>) -> Self {
        let mut registry = Registry::with_prefix("tollgate");
        let build = Info::new([("version", env!("CARGO_PKG_VERSION"))]);
        registry.register("build", "The program that is running", build);
        let feed = FeedMetrics::registered(&mut registry, expected_workers);
        let related = RelatedMetrics::registered(&mut registry);
        let mut plain = Registry::default();
        let search = SearchMetrics::registered(&mut plain, &mut registry);
        let budget = BudgetMetrics::registered(&mut plain);
        let metrics = Metrics {
            load_failures: Counter::default(),
            compile_duration: Histogram::new(COMPILE_BUCKETS),
            policies: Gauge::default(),
            epoch: Gauge::default(),
            version: Gauge::default(),
            bytes: Gauge::default(),
            degraded: Gauge::default(),
            state_errors: Counter::default(),
            budget,
            feed,
            related,
            search,
            registry,
            plain,
        };
        metrics.registered()
    }

    fn registered(mut self) -> Self {
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

    /// The text of a scrape.
    pub(crate) fn scrape(&self, workers: WorkerCounts, search: SearchLevels) -> Result<String, fmt::Error> {
        self.feed.count(workers);
        self.search.level(search);
        let mut out = String::new();
        text::encode_registry(&mut out, &self.registry)?;
        text::encode_registry(&mut out, &self.plain)?;
        text::encode_eof(&mut out)?;
        Ok(out)
    }
}

fn gauge(value: u64) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}
