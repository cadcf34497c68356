use std::collections::HashMap;

use super::location::Place;
use super::printable::shown;
use super::report::{Problem, Report};

/// The names of one kind of entry over all files, and where they are written.
#[derive(Default)]
pub(super) struct Registry(HashMap<String, Place>);

impl Registry {
    /// Reports a name that is taken. `noun` is what the entry is called, such as `policy`.
    pub(super) fn declare(&mut self, noun: &str, name: &str, place: Place, report: &mut Report<'_>) {
        match self.0.get(name) {
            None => {
                self.0.insert(name.to_owned(), place);
            }
            Some(first) => {
                let problem = Problem::new(format!("{noun} {} is already declared at", shown(name)));
                report.refuse(place, problem.other(*first, "; rename or remove one of the two"));
            }
        }
    }

    pub(super) fn contains(&self, name: &str) -> bool {
        self.0.contains_key(name)
    }

    /// Every name, and where it is declared.
    pub(super) fn iter(&self) -> impl Iterator<Item = (&str, Place)> {
        self.0.iter().map(|(name, place)| (name.as_str(), *place))
    }

    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }
}
