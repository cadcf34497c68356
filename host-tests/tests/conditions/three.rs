//! The three evaluators side by side.

use std::sync::Arc;

use tollgate_policy::condition::{ConditionProblem, Environment};
use tollgate_policy::engine::{Effect, Scratch};
use tollgate_policy::set::{Condition, Names, Policy, PolicySet};
use tollgate_policy::snapshot::{Snapshot, SnapshotId, encode};

use super::answer::{Answer, Known};
use super::batch::{Batch, REQUESTS};
use super::forms::Grammar;
use super::guest::Guest;
use super::judge::{Judge, Judged, Tally};

pub(crate) struct Three<'g> {
    judge: Judge<'g>,
    guest: Guest,
    scratch: Scratch,
}

impl<'g> Three<'g> {
    pub(crate) fn new(grammar: &'g Grammar) -> Self {
        Three { judge: Judge::new(grammar), guest: Guest::start(), scratch: Scratch::default() }
    }

    pub(crate) fn tally(&self) -> &Tally {
        &self.judge.tally
    }

    pub(crate) fn into_tally(self) -> Tally {
        self.judge.tally
    }

    /// Evaluates a batch in all three.
    ///
    /// # Errors
    /// If their answers differ, and not as known: what there is to know about it.
    pub(crate) fn compare(&mut self, batch: &Batch<'g>) -> Result<(), String> {
        let asked: Vec<Asked> = self
            .judge
            .judge(batch)?
            .into_iter()
            .filter_map(|judged| ask(judged).transpose())
            .collect::<Result<_, _>>()?;
        let bytes = snapshot(asked.iter().map(|asked| asked.condition.clone()));
        let snapshot = Snapshot::decode(&bytes).map_err(|error| error.to_string())?;
        self.guest.load(&bytes);
        let wasm = self.guest.conditions(batch.seed, REQUESTS);
        let mut wasm = wasm.lines();
        for (place, request) in batch.requests.iter().enumerate() {
            for native in request.answers(&snapshot, &mut self.scratch).lines() {
                let wasm = wasm.next().unwrap_or("nothing");
                let asked: &Asked = native
                    .split(':')
                    .next()
                    .and_then(|index| index.parse().ok())
                    .map(|index: usize| &asked[index])
                    .unwrap();
                if native != wasm || asked.expected(place).is_some_and(|expected| expected != short(native)) {
                    return Err(format!(
                        "{}\n  native: {native}\n  wasm:   {wasm}\n  value:  {}\n  seed:   {}\n  over:   {request:?}",
                        asked.condition.text, asked.answers[place], batch.seed
                    ));
                }
            }
        }
        match wasm.next() {
            None => Ok(()),
            Some(line) => Err(format!("wasm says more: {line}\n  seed:   {}", batch.seed)),
        }
    }
}

/// A snapshot of policies that carry these conditions, with numbers for names.
pub(crate) fn snapshot(conditions: impl Iterator<Item = Condition>) -> Vec<u8> {
    let policy = |(index, condition): (usize, Condition)| Policy {
        kinds: Names::Any,
        actions: Names::Any,
        roles: Names::Any,
        condition: Some(condition),
        ..Policy::new(&index.to_string(), Effect::Allow)
    };
    let set =
        PolicySet { policies: conditions.enumerate().map(policy).map(Arc::new).collect(), ..PolicySet::default() };
    encode(&set, SnapshotId::default()).unwrap()
}

pub(crate) fn lowered(text: &str) -> Result<Condition, ConditionProblem> {
    Condition::lowered(text, &Environment::policy())
}

/// What WebAssembly is asked about an expression.
struct Asked {
    condition: Condition,
    /// The expression's values as computed natively over plain maps, for each request.
    answers: Vec<Answer>,
    /// Whether the condition is that the expression has the first request's value.
    compared: bool,
}

impl Asked {
    /// What the condition comes to, where the values tell.
    fn expected(&self, request: usize) -> Option<&'static str> {
        match &self.answers[request] {
            Answer::Bounded => None,
            Answer::Value(Known::Bool(true)) if !self.compared => Some("yes"),
            Answer::Value(Known::Bool(false)) if !self.compared => Some("no"),
            Answer::Value(value) if self.compared && request == 0 => Some(if has_nan(value) { "no" } else { "yes" }),
            Answer::Value(_) if self.compared => None,
            Answer::Value(_) | Answer::Error(_) => Some("error"),
        }
    }
}

/// A boolean expression as it is; of another, whether it is the value that it has over the first request. None if that is too
/// much for a condition.
fn ask(judged: Judged) -> Result<Option<Asked>, String> {
    let value = match &judged.answers[0] {
        Answer::Value(Known::Bool(_) | Known::Own(_)) | Answer::Error(_) | Answer::Bounded => None,
        Answer::Value(value) => Some(value),
    };
    let text = match value {
        Some(value) => format!("({}) == ({value})", judged.text),
        None => judged.text.clone(),
    };
    let compared = value.is_some();
    match lowered(&text) {
        Ok(condition) => Ok(Some(Asked { condition, answers: judged.answers, compared })),
        Err(problem) if too_much(&problem) => Ok(None),
        Err(problem) => Err(format!("{text}\n  is refused in policies: {problem}")),
    }
}

/// The gist of a line of answers.
fn short(line: &str) -> &str {
    match line.split_once(": ") {
        Some((_, answer @ ("yes" | "no"))) => answer,
        Some((_, answer)) if answer.contains("more steps than") => answer,
        _ => "error",
    }
}

fn too_much(problem: &ConditionProblem) -> bool {
    ["is longer than", "has more than", "nests deeper than"].iter().any(|words| problem.message.contains(words))
}

/// Whether it is, or holds, a value that is not equal to itself.
fn has_nan(value: &Known) -> bool {
    match value {
        Known::Double(value) => value.is_nan(),
        Known::List(items) => items.iter().any(has_nan),
        Known::Map(entries) => entries.iter().any(|(_, value)| has_nan(value)),
        Known::Optional(Some(value)) => has_nan(value),
        _ => false,
    }
}
