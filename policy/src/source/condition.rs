use std::collections::HashMap;

use crate::condition::{ConditionProblem, Program, lower};
use crate::set::Condition;

use super::location::Mark;
use super::node::Node;
use super::printable::printable;
use super::report::InFile;
use super::scalar::refuse_part;
use super::value::text;

/// Most characters of a message about a condition.
const MAX_MESSAGE: usize = 400;

/// The conditions of a set, each text parsed once: sets repeat themselves, and a set repeats most of the one before.
#[derive(Debug, Default)]
pub(super) struct Conditions {
    lowered: HashMap<String, Result<Program, ConditionProblem>>,
    /// Of the set before; what this one does not use again is forgotten with it.
    before: HashMap<String, Result<Program, ConditionProblem>>,
}

impl Conditions {
    /// For the next set: what this one used is at hand.
    pub(super) fn next(self) -> Self {
        Conditions { lowered: HashMap::new(), before: self.lowered }
    }

    pub(super) fn read(&mut self, node: &Node<'_>, file: &mut InFile<'_, '_>) -> Option<Condition> {
        let text = text(node, "`condition`", file)?;
        if !self.lowered.contains_key(text) {
            let (text, outcome) = self.before.remove_entry(text).unwrap_or_else(|| (text.to_owned(), lower(text)));
            self.lowered.insert(text, outcome);
        }
        match self.lowered.get(text)? {
            Ok(program) => Some(Condition { text: text.to_owned(), program: program.clone() }),
            Err(ConditionProblem { offset, len, message }) => {
                // The parser repeats what it cannot read.
                let message = printable(message.chars(), MAX_MESSAGE, '\u{fffd}');
                refuse_part(node, text, Mark { start: *offset, len: *len }, message, file);
                None
            }
        }
    }
}
