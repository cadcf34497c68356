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

/// The conditions of a set. Sets repeat themselves: each text is parsed once.
#[derive(Default)]
pub(super) struct Conditions(HashMap<String, Result<Program, ConditionProblem>>);

impl Conditions {
    pub(super) fn read(&mut self, node: &Node<'_>, file: &mut InFile<'_, '_>) -> Option<Condition> {
        let text = text(node, "`condition`", file)?;
        if !self.0.contains_key(text) {
            self.0.insert(text.to_owned(), lower(text));
        }
        match self.0.get(text)? {
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
