use std::sync::Arc;

use tollgate_policy::source::tree::{InFile, Key, Mark, Node, Problem, Value, closest, listed, shown};

use super::Expectation;
use super::expectation::Answers;

/// What a mapping of expectations uses for "every other".
const OTHERS: &str = "*";

/// Most cases without an expectation that a message lists.
const MAX_LISTED: usize = 3;

/// A list of a test: its names are the keys of one level of the expectations.
pub(super) struct Level {
    /// Such as `an action`.
    pub(super) noun: &'static str,
    pub(super) names: Vec<Arc<str>>,
}

/// The expectations of a test, one for each combination of its lists, the last list changing fastest.
pub(super) struct Table(Vec<Option<Cell>>);

/// An expectation, and where it is written.
type Cell = (Expectation, Mark);

impl Table {
    /// Without any expectation.
    pub(super) fn empty(cases: usize) -> Self {
        Table(vec![None; cases])
    }

    /// Reads nested mappings, one for each level; an expectation in place of a mapping holds for all beneath.
    pub(super) fn read(node: &Node<'_>, levels: &[Level], answers: Answers, file: &mut InFile<'_, '_>) -> Option<Self> {
        let mut filling = Filling { cells: vec![None; size(levels)], answers, is_sound: true };
        filling.fill(node, levels, &[0], file);
        if !filling.is_sound {
            return None;
        }
        let missing: Vec<usize> =
            (0..).zip(&filling.cells).filter(|(_, cell)| cell.is_none()).map(|(at, _)| at).collect();
        if missing.is_empty() {
            return Some(Table(filling.cells));
        }
        let shown: Vec<_> = missing.iter().take(MAX_LISTED).map(|cell| combination(*cell, levels)).collect();
        let more = match missing.len().saturating_sub(MAX_LISTED) {
            0 => String::new(),
            more => format!(" and {more} more"),
        };
        let problem = Problem::new(format!("nothing is expected of {}{more}; add it", shown.join("; ")));
        file.refuse(node.at, problem.help("`\"*\"` stands for all that are not listed"));
        None
    }

    pub(super) fn into_cells(self) -> impl Iterator<Item = Option<Cell>> {
        self.0.into_iter()
    }
}

struct Filling {
    cells: Vec<Option<Cell>>,
    answers: Answers,
    /// Nothing was refused.
    is_sound: bool,
}

impl Filling {
    /// Reads what is expected of all blocks of cells that start at these cells and have the size of the levels.
    fn fill(&mut self, node: &Node<'_>, levels: &[Level], starts: &[usize], file: &mut InFile<'_, '_>) {
        let expected = match (&node.value, levels.split_first()) {
            (Value::Map(entries), Some((level, beneath))) => {
                return self.fill_level(entries, level, beneath, starts, file);
            }
            (Value::Map(_), None) => Expectation::read_details(node, self.answers, file),
            _ => Expectation::read(node, self.answers, file),
        };
        let Some(expected) = expected else {
            self.is_sound = false;
            return;
        };
        let size = size(levels);
        for start in starts {
            for cell in self.cells.iter_mut().skip(*start).take(size) {
                *cell = Some((expected.clone(), node.at));
            }
        }
    }

    fn fill_level(
        &mut self,
        entries: &[(Key<'_>, Node<'_>)],
        level: &Level,
        beneath: &[Level],
        starts: &[usize],
        file: &mut InFile<'_, '_>,
    ) {
        let stride = size(beneath);
        let names = |key: &Key<'_>| level.names.iter().position(|name| **name == *key.name);
        for (key, node) in entries {
            let positions: Vec<usize> = match names(key) {
                Some(position) => vec![position],
                None if key.name == OTHERS => {
                    let is_listed = |name: &Arc<str>| entries.iter().any(|(key, _)| *key.name == **name);
                    (0..).zip(&level.names).filter(|(_, name)| !is_listed(name)).map(|(position, _)| position).collect()
                }
                None => {
                    self.is_sound = false;
                    file.refuse(key.at, unknown(key, level));
                    continue;
                }
            };
            let inner: Vec<usize> = starts
                .iter()
                .flat_map(|start| positions.iter().map(move |position| start + position * stride))
                .collect();
            self.fill(node, beneath, &inner, file);
        }
    }
}

fn unknown(key: &Key<'_>, level: &Level) -> Problem {
    let names: Vec<&str> = level.names.iter().map(|name| &**name).collect();
    let meant = closest(&key.name, names.iter().copied()).map(|meant| format!("; did you mean `{meant}`?"));
    let message = format!("{} is not {} of this test{}", shown(&key.name), level.noun, meant.unwrap_or_default());
    Problem::new(message).help(format!("write one of {}, or `\"*\"` for all others", listed(&names)))
}

fn size(levels: &[Level]) -> usize {
    levels.iter().map(|level| level.names.len()).product()
}

/// The names that stand for a cell.
fn combination(mut cell: usize, levels: &[Level]) -> String {
    let mut names = Vec::with_capacity(levels.len());
    for level in levels.iter().rev() {
        let len = level.names.len().max(1);
        names.extend(level.names.get(cell % len).map(|name| &**name));
        cell /= len;
    }
    names.reverse();
    listed(&names)
}
