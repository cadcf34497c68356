use std::collections::HashMap;
use std::ops::Range;

use serde::Serialize;
use tollgate_policy::condition::{Environment, Outcome, Program, SourceMap, Step, lower_mapped};
use tollgate_policy::engine::Query;
use tollgate_policy::set::PolicySet;

/// Most different values that are told of one part.
const MAX_VALUES: usize = 4;

/// The conditions of a set, each lowered once with the places of its parts.
#[derive(Debug)]
pub(crate) struct Conditions {
    environment: Environment,
    lowered: HashMap<String, Option<(Program, SourceMap)>>,
}

/// A condition, and what its parts came to, outer ones first.
#[derive(Debug, Serialize)]
pub(crate) struct Watched {
    pub(crate) text: String,
    pub(crate) steps: Vec<WatchedStep>,
}

/// A part of a condition.
#[derive(Debug, Serialize)]
pub(crate) struct WatchedStep {
    /// Its text.
    pub(crate) text: String,
    /// Where it stands, in bytes.
    pub(crate) range: Range<usize>,
    /// How many parts it is in.
    pub(crate) depth: usize,
    /// What it came to; empty if others decided before it was reached. More than one where a macro evaluates it for each
    /// element of a list.
    pub(crate) values: Vec<String>,
    #[serde(skip)]
    pub(crate) seen: Seen,
}

/// The kinds of outcome that a part had.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Seen {
    pub(crate) is_true: bool,
    pub(crate) is_false: bool,
    pub(crate) is_error: bool,
    /// It is no boolean.
    pub(crate) is_other: bool,
}

impl Seen {
    /// Both together.
    pub(crate) fn or(self, other: Seen) -> Seen {
        Seen {
            is_true: self.is_true || other.is_true,
            is_false: self.is_false || other.is_false,
            is_error: self.is_error || other.is_error,
            is_other: self.is_other || other.is_other,
        }
    }

    /// Whether it was true or false once.
    pub(crate) fn is_boolean(self) -> bool {
        self.is_true || self.is_false
    }

    /// Whether it was evaluated at all.
    pub(crate) fn is_reached(self) -> bool {
        self != Seen::default()
    }
}

impl Conditions {
    /// Of a set: its variables have a meaning in conditions.
    pub(crate) fn of(set: &PolicySet) -> Self {
        let environment = Environment::policy().with_variables(set.variables.clone());
        Conditions { environment, lowered: HashMap::new() }
    }

    /// What the parts of a condition come to. Nothing for a text that is not a condition, which no loaded set has.
    pub(crate) fn watch(&mut self, text: &str, query: &Query<'_>) -> Option<Watched> {
        if !self.lowered.contains_key(text) {
            self.lowered.insert(text.to_owned(), lower_mapped(text, &self.environment).ok());
        }
        let (program, map) = self.lowered.get(text)?.as_ref()?;
        let mut steps: Vec<WatchedStep> =
            program.watch(map, query).into_iter().filter_map(|step| watched(text, step)).collect();
        steps.sort_by_key(|step| (step.range.start, std::cmp::Reverse(step.range.end)));
        steps.dedup_by(|next, first| next.range == first.range);
        let ranges: Vec<Range<usize>> = steps.iter().map(|step| step.range.clone()).collect();
        for step in &mut steps {
            step.depth = ranges.iter().filter(|outer| is_within(&step.range, outer)).count();
        }
        Some(Watched { text: text.to_owned(), steps })
    }
}

/// Nothing for a literal, whose value is its text.
fn watched(text: &str, step: Step) -> Option<WatchedStep> {
    let Step { range, outcomes, .. } = step;
    let written = text.get(range.clone())?;
    let mut seen = Seen::default();
    let mut values: Vec<String> = Vec::new();
    for outcome in &outcomes {
        match outcome {
            Outcome::Bool(true) => seen.is_true = true,
            Outcome::Bool(false) => seen.is_false = true,
            Outcome::Error(_) => seen.is_error = true,
            Outcome::Value(_) => seen.is_other = true,
        }
        let value = outcome.to_string();
        if !values.contains(&value) && values.len() < MAX_VALUES {
            values.push(value);
        }
    }
    let is_literal = matches!(values.as_slice(), [value] if same_literal(value, written));
    (!is_literal && !written.is_empty()).then(|| WatchedStep {
        text: written.to_owned(),
        range,
        depth: 0,
        values,
        seen,
    })
}

/// Whether a part is in another one.
pub(crate) fn is_within(inner: &Range<usize>, outer: &Range<usize>) -> bool {
    outer.start <= inner.start && inner.end <= outer.end && outer != inner
}

fn same_literal(value: &str, written: &str) -> bool {
    let bare = |text: &str| text.trim_matches(['"', '\'']).to_owned();
    let is_quoted = written.starts_with(['"', '\'']);
    value == written || (is_quoted && bare(value) == bare(written))
}
