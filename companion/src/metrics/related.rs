use std::time::Duration;

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::{Registry, Unit};

use crate::related::Extract;

use super::gauge;

/// From one edited policy to a whole index of very many.
const UPDATE_BUCKETS: [f64; 9] = [0.01, 0.05, 0.25, 1.0, 5.0, 15.0, 60.0, 300.0, 1800.0];

/// What is counted of the index snapshot.
#[derive(Debug)]
pub(crate) struct RelatedMetrics {
    policies: Gauge,
    bytes: Gauge,
    update_duration: Histogram,
    sent: Counter,
    sent_bytes: Counter,
    refused: Family<RefusedLabels, Counter>,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct RefusedLabels {
    reason: &'static str,
}

const REFUSED: &str = "refused";
const UNANSWERED: &str = "unanswered";

impl RelatedMetrics {
    pub(super) fn registered(registry: &mut Registry) -> Self {
        let metrics = RelatedMetrics {
            policies: Gauge::default(),
            bytes: Gauge::default(),
            update_duration: Histogram::new(UPDATE_BUCKETS),
            sent: Counter::default(),
            sent_bytes: Counter::default(),
            refused: Family::default(),
        };
        let policies = "Policies in the index snapshot; 0 if there is none";
        registry.register("related_policies", policies, metrics.policies.clone());
        registry.register_with_unit("related", "Size of the index snapshot", Unit::Bytes, metrics.bytes.clone());
        let duration = "Time to bring the index snapshot up to date, at the lowest priority";
        registry.register_with_unit(
            "related_update_duration",
            duration,
            Unit::Seconds,
            metrics.update_duration.clone(),
        );
        registry.register("related_parts_sent", "Parts of index snapshots sent to VMs", metrics.sent.clone());
        let bytes = "Bytes of index snapshots sent to VMs";
        registry.register_with_unit("related_parts_sent", bytes, Unit::Bytes, metrics.sent_bytes.clone());
        let refused = "Parts of index snapshots that a VM has refused, or not answered";
        registry.register("related_parts_refused", refused, metrics.refused.clone());
        for reason in [REFUSED, UNANSWERED] {
            drop(metrics.refused.get_or_create(&RefusedLabels { reason }));
        }
        metrics
    }

    /// There is another, or none.
    pub(crate) fn made(&self, extract: Option<&Extract>) {
        self.policies.set(extract.map_or(0, |extract| gauge(extract.policies as u64)));
        self.bytes.set(extract.map_or(0, |extract| gauge(extract.bytes() as u64)));
    }

    pub(crate) fn updated_in(&self, duration: Duration) {
        self.update_duration.observe(duration.as_secs_f64());
    }

    pub(crate) fn sent(&self, bytes: usize) {
        self.sent.inc();
        self.sent_bytes.inc_by(bytes as u64);
    }

    pub(crate) fn refused(&self) {
        self.refused.get_or_create(&RefusedLabels { reason: REFUSED }).inc();
    }

    pub(crate) fn unanswered(&self) {
        self.refused.get_or_create(&RefusedLabels { reason: UNANSWERED }).inc();
    }
}
