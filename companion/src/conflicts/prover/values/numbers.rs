use tollgate_policy::data::Data;

use super::super::said::Rumour;
use super::draft::Draft;
use super::{Candidate, Values};

/// Beyond it, neighbours are equal as doubles.
const EXACT: f64 = 9_007_199_254_740_992.0;

/// Whether numbers are among what is said.
pub(super) fn are_named(rumour: &Rumour) -> bool {
    rumour.values.iter().any(|value| double(value).is_some())
}

/// The numbers that are named, those between them, below and above; as many of each as there are variables.
pub(super) fn add(rumour: &Rumour, draft: &mut Draft) {
    let copies = rumour.variables.clamp(1, 4);
    let mut named: Vec<f64> = rumour.values.iter().filter_map(double).collect();
    named.sort_by(f64::total_cmp);
    named.dedup();
    if named.iter().any(|number| number.abs() > EXACT) {
        draft.lacks();
    }
    for value in rumour.values.iter().filter(|value| double(value).is_some()) {
        draft.is(value.clone());
    }
    for pair in named.windows(2) {
        if let [low, high] = pair {
            between(*low, *high, copies, draft);
        }
    }
    let (low, high) = (named.first().copied().unwrap_or(0.0), named.last().copied().unwrap_or(0.0));
    for step in (1_u32..).take(copies) {
        draft.is(Data::from_double((high + f64::from(step)).floor()));
        draft.is(Data::from_double((low - f64::from(step)).ceil()));
    }
}

fn between(low: f64, high: f64, copies: usize, draft: &mut Draft) {
    let whole = (1_u32..).map(|step| low.floor() + f64::from(step)).take_while(|number| *number < high).take(copies);
    let whole: Vec<f64> = whole.collect();
    for number in &whole {
        draft.is(Data::from_double(*number));
    }
    if whole.len() < copies {
        let parts = f64::from(u32::try_from(copies).unwrap_or(1) + 1);
        for part in (1_u32..).take(copies) {
            draft.is(Data::from_double(low + (high - low) * f64::from(part) / parts));
        }
    }
}

pub(super) fn double(value: &Data) -> Option<f64> {
    match value {
        #[expect(clippy::cast_precision_loss, reason = "beyond 2^53 nothing is claimed")]
        Data::Int(number) => Some(*number as f64),
        #[expect(clippy::cast_precision_loss, reason = "beyond 2^53 nothing is claimed")]
        Data::UInt(number) => Some(*number as f64),
        Data::Double(number) => Some(*number),
        _ => None,
    }
}

/// Ports of a source: those that are named, and those beside them.
pub(super) fn ports(rumour: &Rumour) -> Values {
    let mut draft = Draft::new(None);
    let named = rumour.values.iter().chain(&rumour.hints.values).filter_map(|value| match value {
        Data::Int(port) => u16::try_from(*port).ok(),
        _ => None,
    });
    let mut named: Vec<u16> = named.collect();
    named.sort_unstable();
    for port in &named {
        for near in [*port, port.saturating_add(1), port.saturating_sub(1)] {
            draft.is(Data::Int(i64::from(near)));
        }
    }
    for port in [40_000_u16, 443, 1, 0, u16::MAX] {
        draft.is(Data::Int(i64::from(port)));
    }
    if rumour.variables > 1 || rumour.values.iter().any(|value| matches!(value, Data::Double(_))) {
        draft.lacks();
    }
    let Values { candidates, complete } = draft.finish();
    Values {
        candidates: candidates.into_iter().filter(|candidate| *candidate != Candidate::Absent).collect(),
        complete,
    }
}
