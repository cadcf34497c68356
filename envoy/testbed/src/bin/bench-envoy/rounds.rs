use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use anyhow::{Result, ensure};

use crate::lone;
use crate::proxy::Proxy;
use crate::variant::Variant;

/// Of each measurement.
const LONE: Duration = Duration::from_millis(300);

/// A variant and which of the requests it was given.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Subject {
    pub(crate) variant: Variant,
    /// Refused requests rather than allowed ones.
    pub(crate) denied: bool,
}

impl Subject {
    pub(crate) const fn allowed(variant: Variant) -> Self {
        Subject { variant, denied: false }
    }

    pub(crate) const fn denied(variant: Variant) -> Self {
        Subject { variant, denied: true }
    }
}

impl fmt::Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.variant.name(), if self.denied { ", denied" } else { "" })
    }
}

/// What one subject did in one round.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sample {
    /// Of Envoy's worker for each request, user and system, in microseconds.
    pub(crate) cpu: f64,
    /// Requests a second.
    pub(crate) rate: f64,
    /// Share of the time in which the worker had something to do.
    pub(crate) busy: f64,
    /// Microseconds.
    pub(crate) p50: f64,
    /// Microseconds.
    pub(crate) p99: f64,
}

pub(crate) type Samples = BTreeMap<Subject, Vec<Sample>>;

/// Every subject in turn, again and again; the first round only warms up.
pub(crate) fn run(proxy: &Proxy, rounds: usize) -> Result<Samples> {
    let denied = proxy.variants().filter(|variant| *variant == Variant::Tollgate).map(Subject::denied);
    let mut subjects: Vec<Subject> = proxy.variants().map(Subject::allowed).chain(denied).collect();
    let mut samples = Samples::new();
    for round in 0..=rounds {
        for &subject in &subjects {
            let sample = measure(proxy, subject)?;
            if round > 0 {
                samples.entry(subject).or_default().push(sample);
            }
        }
        // Nobody always follows the same one's caches.
        subjects.rotate_left(1);
        subjects.reverse();
    }
    Ok(samples)
}

/// One subject, now.
pub(crate) fn measure(proxy: &Proxy, subject: Subject) -> Result<Sample> {
    let Subject { variant, denied } = subject;
    let lists = proxy.lists(variant)?;
    let requests = if denied { &lists.denied } else { &lists.allowed };
    let address = proxy.address(variant)?;
    let (seen, before) = (proxy.seen(variant)?, proxy.worker.time_when_idle()?);
    let load = proxy.wrk.send(requests, address)?;
    let after = proxy.worker.time()?;
    // What was under way when the load stopped has been paid for, and counts.
    let rest = proxy.worker.time_when_idle()?;
    let seen = proxy.seen(variant)? - seen;
    ensure!(load.answers > 0 && seen >= load.answers, "`{}`: {seen} requests, {load:?}", variant.name());
    let expected = if denied { load.answers } else { 0 };
    ensure!(load.refusals == expected, "`{}` refuses {} of {}", variant.name(), load.refusals, load.answers);
    let latency = lone::measure(address, &requests.heads, LONE, denied)?;
    let busy = (after.ran - before.ran + (after.waited - before.waited)).as_secs_f64() / load.duration;
    Ok(Sample {
        cpu: (rest.ran - before.ran).as_secs_f64() * 1e6 / seen as f64,
        rate: load.answers as f64 / load.duration,
        busy,
        p50: latency.p50,
        p99: latency.p99,
    })
}
