//! Counters, gauges and histograms.

use std::collections::BTreeMap;

use wasmtime::{Caller, Linker};

use super::abi::{MetricKind, Status};
use super::calls::{HostCall, HostFn};
use super::guest::answer;
use super::state::HostState;
use super::vm::Vm;

/// Ids carry the kind in their lowest two bits.
const ID_STEP: u32 = 4;

/// Most samples of one histogram that are kept one by one.
const MAX_SAMPLES: usize = 1 << 16;

/// The values of all metrics, by kind and name.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct MetricValues {
    counters: BTreeMap<String, u64>,
    gauges: BTreeMap<String, u64>,
    histograms: BTreeMap<String, Vec<u64>>,
}

impl MetricValues {
    /// A counter's value; `None` if nobody defined it.
    pub fn counter(&self, name: &str) -> Option<u64> {
        self.counters.get(name).copied()
    }

    /// A gauge's value; `None` if nobody defined it.
    pub fn gauge(&self, name: &str) -> Option<u64> {
        self.gauges.get(name).copied()
    }

    /// A histogram's samples in order, the first 65,536 of them; `None` if nobody defined it.
    pub fn histogram(&self, name: &str) -> Option<&[u64]> {
        self.histograms.get(name).map(Vec::as_slice)
    }

    /// Every counter by name.
    pub fn counters(&self) -> impl Iterator<Item = (&str, u64)> {
        self.counters.iter().map(|(name, value)| (name.as_str(), *value))
    }

    /// Every gauge by name.
    pub fn gauges(&self) -> impl Iterator<Item = (&str, u64)> {
        self.gauges.iter().map(|(name, value)| (name.as_str(), *value))
    }

    fn define(&mut self, kind: MetricKind, name: &str) {
        let name = name.to_owned();
        match kind {
            MetricKind::Counter => drop(self.counters.entry(name).or_default()),
            MetricKind::Gauge => drop(self.gauges.entry(name).or_default()),
            MetricKind::Histogram => drop(self.histograms.entry(name).or_default()),
        }
    }

    fn get(&self, metric: &Metric) -> Result<u64, Status> {
        match metric.kind {
            MetricKind::Counter => self.counter(&metric.name).ok_or(Status::NotFound),
            MetricKind::Gauge => self.gauge(&metric.name).ok_or(Status::NotFound),
            MetricKind::Histogram => Err(Status::BadArgument),
        }
    }

    /// Counters add what is recorded, gauges take it, histograms collect it.
    fn record(&mut self, metric: &Metric, value: u64) {
        match metric.kind {
            MetricKind::Counter => {
                let counter = self.counters.entry(metric.name.clone()).or_default();
                *counter = counter.wrapping_add(value);
            }
            MetricKind::Gauge => {
                self.gauges.insert(metric.name.clone(), value);
            }
            MetricKind::Histogram => {
                let samples = self.histograms.entry(metric.name.clone()).or_default();
                if samples.len() < MAX_SAMPLES {
                    samples.push(value);
                }
            }
        }
    }

    /// A counter takes no zero and no negative offset.
    fn increment(&mut self, metric: &Metric, offset: i64) -> Result<(), Status> {
        let value = match metric.kind {
            MetricKind::Counter if offset > 0 => self.counters.entry(metric.name.clone()).or_default(),
            MetricKind::Gauge => self.gauges.entry(metric.name.clone()).or_default(),
            MetricKind::Counter | MetricKind::Histogram => return Err(Status::BadArgument),
        };
        *value = value.wrapping_add_signed(offset);
        Ok(())
    }
}

#[derive(Debug, Clone)]
struct Metric {
    kind: MetricKind,
    name: String,
}

/// The ids one VM was given. Every definition gets a new one, also of a known name: a guest that
/// defines a metric for each request grows this without end, in Envoy too.
#[derive(Debug, Default)]
pub(super) struct MetricIds {
    by_id: BTreeMap<u32, Metric>,
}

impl MetricIds {
    fn define(&mut self, metric: Metric) -> u32 {
        let step = u32::try_from(self.by_id.len()).unwrap_or(u32::MAX);
        let id = step.wrapping_add(1).wrapping_mul(ID_STEP) | metric.kind.code();
        self.by_id.insert(id, metric);
        id
    }

    fn get(&self, id: u32) -> Result<Metric, Status> {
        self.by_id.get(&id).cloned().ok_or(Status::NotFound)
    }

    pub(super) fn len(&self) -> usize {
        self.by_id.len()
    }
}

impl Vm {
    /// The current value of every metric of this VM's process.
    pub fn metrics(&self) -> MetricValues {
        self.state().process.metrics()
    }

    /// How many metric ids this VM was given, repeated definitions included.
    pub fn metric_definitions(&self) -> usize {
        self.state().metric_ids.len()
    }
}

pub(super) fn link(linker: &mut Linker<HostState>) -> wasmtime::Result<()> {
    linker.func_wrap("env", HostFn::DefineMetric.name(), define)?;
    linker.func_wrap("env", HostFn::GetMetric.name(), |caller: Caller<'_, HostState>, id: u32, to_value: u32| {
        answer(caller, HostFn::GetMetric, |guest| {
            guest.note(|| HostCall::GetMetric { id })?;
            let metric = guest.state().metric_ids.get(id)?;
            let value = guest.state().process.lock().metrics.get(&metric)?;
            guest.write_u64(to_value, value)
        })
    })?;
    linker.func_wrap("env", HostFn::RecordMetric.name(), |caller: Caller<'_, HostState>, id: u32, value: u64| {
        answer(caller, HostFn::RecordMetric, |guest| {
            guest.note(|| HostCall::RecordMetric { id, value })?;
            let metric = guest.state().metric_ids.get(id)?;
            guest.state().process.lock().metrics.record(&metric, value);
            Ok(())
        })
    })?;
    linker.func_wrap(
        "env",
        HostFn::IncrementMetric.name(),
        |caller: Caller<'_, HostState>, id: u32, offset: i64| {
            answer(caller, HostFn::IncrementMetric, |guest| {
                guest.note(|| HostCall::IncrementMetric { id, offset })?;
                let metric = guest.state().metric_ids.get(id)?;
                let mut process = guest.state().process.lock();
                Ok(process.metrics.increment(&metric, offset)?)
            })
        },
    )?;
    Ok(())
}

fn define(caller: Caller<'_, HostState>, kind: u32, name: u32, name_size: u32, to_id: u32) -> wasmtime::Result<u32> {
    answer(caller, HostFn::DefineMetric, |guest| {
        let kind = MetricKind::from_code(kind).ok_or(Status::BadArgument)?;
        let name = guest.text(name, name_size)?;
        guest.note(|| HostCall::DefineMetric { kind, name: name.clone() })?;
        guest.state().process.lock().metrics.define(kind, &name);
        let id = guest.state_mut().metric_ids.define(Metric { kind, name });
        guest.write_u32(to_id, id)
    })
}
