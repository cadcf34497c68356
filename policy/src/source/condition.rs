use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use crate::condition::{AttributeTypes, ConditionProblem, Environment, Program, Use, check, lower_checked};
use crate::set::{Condition, Names, Schemas};

use super::location::{FileId, Mark};
use super::node::{Node, Spot};
use super::printable::printable;
use super::report::{InFile, Report};
use super::scalar::refuse_part;
use super::value::text;

/// Most characters of a message about a condition.
const MAX_MESSAGE: usize = 400;

/// An expression as it stands in a file. It is lowered once the variables of all files are known.
#[derive(Debug)]
pub(super) struct Written {
    pub(super) text: String,
    file: FileId,
    spot: Spot,
}

impl Written {
    /// `what` is what messages call it, such as "`condition`".
    pub(super) fn read(node: &Node<'_>, what: &str, file: &mut InFile<'_, '_>) -> Option<Self> {
        let text = text(node, what, file)?.to_owned();
        Some(Written { text, file: file.id(), spot: node.spot() })
    }

    /// As it was read when its file was at another place among the files.
    pub(super) fn again(text: &str, file: FileId, spot: Spot) -> Self {
        Written { text: text.to_owned(), file, spot }
    }

    pub(super) fn spot(&self) -> Spot {
        self.spot
    }

    /// Reports what is wrong with a part of it.
    pub(super) fn refuse(&self, problem: &ConditionProblem, report: &mut Report<'_>) {
        let ConditionProblem { offset, len, message } = problem;
        // The parser repeats what it cannot read.
        let message = printable(message.chars(), MAX_MESSAGE, '\u{fffd}');
        refuse_part(self.spot, &self.text, Mark { start: *offset, len: *len }, message, &mut report.file(self.file));
    }

    /// Whether what it reads may be declared in a file that could not be read.
    pub(super) fn is_in_doubt(&self, report: &Report<'_>) -> bool {
        report.incomplete && may_read_variables(&self.text)
    }
}

/// Whether what a text means depends on the set's variables.
fn may_read_variables(text: &str) -> bool {
    text.contains("variables")
}

/// What conditions are checked against: what the whole set says of attributes.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Surroundings {
    pub(super) schemas: Schemas,
    /// Whether policies or routes name a kind of resource that has no schema, while others have one.
    pub(super) strangers: bool,
}

/// What a text was lowered to, and what it says.
#[derive(Debug)]
pub(super) struct Lowered {
    pub(super) program: Program,
    words: Arc<str>,
}

impl Lowered {
    /// The condition of a policy or a derived role that is written with the text.
    pub(super) fn condition(&self, written: Written) -> Condition {
        Condition { text: written.text, words: Arc::clone(&self.words), program: self.program.clone() }
    }
}

/// A text that was met before.
#[derive(Debug)]
struct Known {
    lowered: Result<Lowered, ConditionProblem>,
    /// What is certainly wrong with it, by the kinds that it is about.
    problems: HashMap<String, Vec<ConditionProblem>>,
    /// How often it was asked for since the set was begun, less how often that was taken back.
    uses: usize,
}

/// The conditions of a set, each text parsed once: sets repeat themselves, and a set repeats most of the one before.
#[derive(Debug, Default)]
pub(super) struct Conditions {
    known: HashMap<String, Known>,
    /// Of the set before; what this one does not use again is forgotten with it.
    before: HashMap<String, Known>,
    variables: BTreeMap<String, String>,
    environment: Environment,
    surroundings: Surroundings,
}

impl Conditions {
    /// For the next set: what this one used is at hand, as far as it means the same under that set's variables.
    pub(super) fn next(self, variables: BTreeMap<String, String>, surroundings: Surroundings) -> Self {
        let mut before = self.known;
        if variables != self.variables {
            before.retain(|text, _| !may_read_variables(text));
        }
        if surroundings != self.surroundings {
            before.values_mut().for_each(|known| known.problems.clear());
        }
        let environment = Environment::policy().with_variables(variables.clone());
        Conditions { known: HashMap::new(), before, variables, environment, surroundings }
    }

    /// What conditions may read as `variables`.
    pub(super) fn variables(&self) -> &BTreeMap<String, String> {
        &self.variables
    }

    /// What conditions are checked against.
    pub(super) fn surroundings(&self) -> &Surroundings {
        &self.surroundings
    }

    /// How many texts are at hand.
    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.known.len()
    }

    /// A condition that was lowered is in the set no longer. What nothing uses is forgotten.
    pub(super) fn release(&mut self, text: &str) {
        if let Some(known) = self.known.get_mut(text) {
            known.uses = known.uses.saturating_sub(1);
            if known.uses == 0 {
                self.known.remove(text);
            }
        }
    }

    /// Lowers a condition about `kinds`, where these are known, and reports what is wrong with it.
    pub(super) fn lower(
        &mut self,
        written: &Written,
        kinds: Option<&Names>,
        report: &mut Report<'_>,
    ) -> Option<&Lowered> {
        let text = written.text.as_str();
        // A file that cannot be read may hold the schemas.
        let kinds = kinds.filter(|_| !report.incomplete);
        let about = about(text, kinds);
        let types = AttributeTypes::new(&self.surroundings.schemas, kinds, self.surroundings.strangers);
        if !self.known.contains_key(text) {
            let (text, known) = self.before.remove_entry(text).unwrap_or_else(|| {
                let mut problems = HashMap::new();
                let lowered = lower_checked(text, &self.environment, &types, Use::Condition).map(|checked| {
                    problems.insert(about.clone(), checked.problems);
                    Lowered { program: checked.program, words: checked.words }
                });
                (text.to_owned(), Known { lowered, problems, uses: 0 })
            });
            self.known.insert(text, Known { uses: 0, ..known });
        }
        let known = self.known.get_mut(text)?;
        known.uses += 1;
        let lowered = match &known.lowered {
            Ok(lowered) => lowered,
            Err(problem) => {
                if !written.is_in_doubt(report) {
                    written.refuse(problem, report);
                }
                return None;
            }
        };
        let check = || check(text, &self.environment, &types, Use::Condition);
        let problems = known.problems.entry(about).or_insert_with(check);
        problems.iter().for_each(|problem| written.refuse(problem, report));
        problems.is_empty().then_some(lowered)
    }
}

/// What a condition is about, as far as it matters to it. Names of kinds have no spaces.
fn about(text: &str, kinds: Option<&Names>) -> String {
    match kinds {
        Some(Names::Of(kinds)) if text.contains("resource") || may_read_variables(text) => kinds.join(" "),
        Some(_) => "*".to_owned(),
        None => String::new(),
    }
}
