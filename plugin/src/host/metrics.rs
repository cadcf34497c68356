use std::cell::OnceCell;

use crate::counters::{Counter, Counters};
use crate::gauges::Gauge;

use super::abi::{self, MetricKind};
use super::log;

/// The ids of the proxy's metrics; one set per VM, since the proxy remembers every definition.
struct Ids {
    counters: Vec<(Counter, u32)>,
    gauges: Vec<(Gauge, u32)>,
}

thread_local! {
    static IDS: OnceCell<Ids> = const { OnceCell::new() };
}

/// Defines the metrics, once.
pub(super) fn define() {
    with_ids(|_| ());
}

/// Tells the proxy what has been counted since the last time.
pub(super) fn flush(counters: &Counters) {
    with_ids(|ids| {
        for (counter, id) in &ids.counters {
            let count = counters.take(*counter);
            if let Ok(offset @ 1..) = i64::try_from(count)
                && abi::increment_metric(*id, offset).is_err()
            {
                counters.add(*counter, count);
            }
        }
    });
}

/// Shows a value.
pub(super) fn show(gauge: Gauge, value: u64) {
    with_ids(|ids| {
        if let Some((_, id)) = ids.gauges.iter().find(|(known, _)| *known == gauge) {
            // The next tick tries again.
            let _ = abi::record_metric(*id, value);
        }
    });
}

fn with_ids<T>(act: impl FnOnce(&Ids) -> T) -> T {
    IDS.with(|ids| {
        act(ids.get_or_init(|| Ids {
            counters: Counter::ALL
                .into_iter()
                .filter_map(|it| Some((it, id(MetricKind::Counter, it.metric())?)))
                .collect(),
            gauges: Gauge::ALL.into_iter().filter_map(|it| Some((it, id(MetricKind::Gauge, it.metric())?))).collect(),
        }))
    })
}

/// A metric that cannot be defined is not shown; decisions do not depend on it.
fn id(kind: MetricKind, name: &str) -> Option<u32> {
    let defined = abi::define_metric(kind, name);
    defined.inspect_err(|status| log::warn(&format!("metric `{name}` cannot be defined: {status}"))).ok()
}
