use std::fmt::{self, Write};
use std::sync::atomic::AtomicU64;
use std::time::Duration;

use prometheus_client::encoding::{EncodeLabelSet, EncodeLabelValue, LabelValueEncoder};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::{Registry, Unit};

use crate::feed::WorkerCounts;

use super::gauge;

/// From half a millisecond, which is a worker on the same machine, to five seconds, which is an incident.
const ENFORCED_BUCKETS: [f64; 13] = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0];

/// From a delta of one policy to a whole snapshot of very many.
const APPLY_BUCKETS: [f64; 11] = [0.00005, 0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.025, 0.1, 0.5, 2.5];

/// What the feed counts.
#[derive(Debug)]
pub(crate) struct FeedMetrics {
    workers: Family<WorkerLabels, Gauge>,
    worst_lag: Gauge<f64, AtomicU64>,
    acks: Counter,
    nacks: Counter,
    publish_to_enforced: Histogram,
    apply_duration: Histogram,
    sent: Family<SentLabels, Counter>,
    sent_bytes: Family<SentLabels, Counter>,
    refused: Family<RefusedLabels, Counter>,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct WorkerLabels {
    state: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct SentLabels {
    kind: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct RefusedLabels {
    reason: Refusal,
}

/// Why a connection or a stream was not accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Refusal {
    /// No TLS, or no certificate that is trusted.
    Tls,
    /// The TLS handshake took too long.
    TlsTimeout,
    /// A node that is not to be admitted.
    Node,
    /// No hello, or one that cannot be understood.
    Hello,
    /// Nothing was said at all.
    Silent,
    /// The plugin reads another snapshot format.
    Format,
    /// There are too many streams or VMs.
    Full,
}

impl EncodeLabelValue for Refusal {
    fn encode(&self, encoder: &mut LabelValueEncoder<'_>) -> fmt::Result {
        encoder.write_str(match self {
            Refusal::Tls => "tls",
            Refusal::TlsTimeout => "tls_timeout",
            Refusal::Node => "node",
            Refusal::Hello => "hello",
            Refusal::Silent => "silent",
            Refusal::Format => "format",
            Refusal::Full => "full",
        })
    }
}

impl Refusal {
    const ALL: [Refusal; 7] = [
        Refusal::Tls,
        Refusal::TlsTimeout,
        Refusal::Node,
        Refusal::Hello,
        Refusal::Silent,
        Refusal::Format,
        Refusal::Full,
    ];
}

impl FeedMetrics {
    /// `expected_workers` is shown only if an operator has said it.
    pub(super) fn registered(registry: &mut Registry, expected_workers: Option<u32>) -> Self {
        let metrics = FeedMetrics {
            workers: Family::default(),
            worst_lag: Gauge::default(),
            acks: Counter::default(),
            nacks: Counter::default(),
            publish_to_enforced: Histogram::new(ENFORCED_BUCKETS),
            apply_duration: Histogram::new(APPLY_BUCKETS),
            sent: Family::default(),
            sent_bytes: Family::default(),
            refused: Family::default(),
        };
        let workers = "Plugin VMs by what is to be known of them; one can be several of these";
        registry.register("feed_workers", workers, metrics.workers.clone());
        let lag = "Longest time that a VM, silent ones included, has been without a newer snapshot";
        registry.register_with_unit("feed_worst_lag", lag, Unit::Seconds, metrics.worst_lag.clone());
        if let Some(expected) = expected_workers {
            let gauge = Gauge::<i64>::default();
            gauge.set(expected.into());
            registry.register("feed_workers_expected", "Workers that the operator expects", gauge);
        }
        registry.register("feed_acks", "Snapshots that a VM has applied", metrics.acks.clone());
        registry.register("feed_nacks", "Snapshots that a VM has refused", metrics.nacks.clone());
        let enforced = "Time from publishing a snapshot to its enforcement, once per version and VM";
        let histogram = metrics.publish_to_enforced.clone();
        registry.register_with_unit("feed_publish_to_enforced", enforced, Unit::Seconds, histogram);
        let apply = "Time that a VM was busy applying a snapshot or a delta";
        registry.register_with_unit("feed_apply_duration", apply, Unit::Seconds, metrics.apply_duration.clone());
        registry.register("feed_snapshots_sent", "Whole snapshots and deltas sent", metrics.sent.clone());
        let bytes = "Bytes of whole snapshots and deltas sent";
        registry.register_with_unit("feed_snapshots_sent", bytes, Unit::Bytes, metrics.sent_bytes.clone());
        let refused = "Connections and streams that were not accepted";
        registry.register("feed_refused", refused, metrics.refused.clone());
        // What has not happened yet is zero, not absent: alerts compare with it.
        for reason in Refusal::ALL {
            drop(metrics.refused.get_or_create(&RefusedLabels { reason }));
        }
        for kind in [WHOLE, DELTA] {
            drop(metrics.sent.get_or_create(&SentLabels { kind }));
            drop(metrics.sent_bytes.get_or_create(&SentLabels { kind }));
        }
        metrics
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

    pub(crate) fn applied_in(&self, duration: Duration) {
        self.apply_duration.observe(duration.as_secs_f64());
    }

    pub(crate) fn sent(&self, is_delta: bool, bytes: usize) {
        let labels = SentLabels { kind: if is_delta { DELTA } else { WHOLE } };
        self.sent.get_or_create(&labels).inc();
        self.sent_bytes.get_or_create(&labels).inc_by(bytes as u64);
    }

    pub(crate) fn refused(&self, reason: Refusal) {
        self.refused.get_or_create(&RefusedLabels { reason }).inc();
    }

    /// Workers come and go silently, so they are counted for each scrape.
    pub(super) fn count(&self, workers: WorkerCounts) {
        let WorkerCounts { alive, behind, serving, nacked, incompatible, silent, worst_lag } = workers;
        let states = [
            ("alive", alive),
            ("behind", behind),
            ("serving", serving),
            ("nacked", nacked),
            ("incompatible", incompatible),
            ("silent", silent),
        ];
        for (state, count) in states {
            self.workers.get_or_create(&WorkerLabels { state }).set(gauge(count as u64));
        }
        self.worst_lag.set(worst_lag.as_secs_f64());
    }
}

const WHOLE: &str = "full";
const DELTA: &str = "delta";
