use std::collections::HashMap;

use super::location::Place;
use super::printable::shown;
use super::registry::Registry;
use super::report::{Problem, Report};
use super::suggest::closest;

/// Names by which entries refer to others of one kind, each with the places where it is written.
#[derive(Default)]
pub(super) struct References(HashMap<String, Vec<Place>>);

impl References {
    pub(super) fn add(&mut self, name: &str, place: Place) {
        match self.0.get_mut(name) {
            Some(places) => places.push(place),
            None => {
                self.0.insert(name.to_owned(), vec![place]);
            }
        }
    }

    /// Every name, and where it is written.
    pub(super) fn iter(&self) -> impl Iterator<Item = (&String, &[Place])> {
        self.0.iter().map(|(name, places)| (name, places.as_slice()))
    }

    /// Every name, and where it is written first.
    pub(super) fn first(&self) -> impl Iterator<Item = (&str, Place)> {
        self.0.iter().filter_map(|(name, places)| Some((name.as_str(), *places.iter().min()?)))
    }

    /// Reports those that nothing is declared for. `noun` is what the entries are called, such as `scope`.
    pub(super) fn check(&self, noun: &str, declared: &Registry, help: &str, report: &mut Report<'_>) {
        for (name, places) in self.0.iter().filter(|(name, _)| !declared.contains(name)) {
            let meant = closest(name, declared.names()).map(|meant| format!("; did you mean `{meant}`?"));
            let message = format!("there is no {noun} {}{}", shown(name), meant.unwrap_or_default());
            for place in places {
                report.refuse(*place, Problem::new(message.as_str()).help(help));
            }
        }
    }
}
