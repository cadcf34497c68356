use super::location::Mark;
use super::node::{Key, Node, Value};
use super::printable::shown;
use super::report::{InFile, Problem};
use super::suggest::closest;

/// The fields that a kind of mapping has.
pub struct Shape {
    /// Such as `a policy`.
    pub noun: &'static str,
    /// In the order in which they are best written.
    pub fields: &'static [&'static str],
    /// Fields that the language is designed to have and this version does not.
    pub planned: &'static [&'static str],
}

/// A mapping of a known shape.
pub struct Mapping<'n, 't> {
    /// Where it is.
    pub at: Mark,
    shape: &'static Shape,
    entries: &'n [(Key<'t>, Node<'t>)],
    /// Fields that are there under a misspelt name.
    misspelt: Vec<&'static str>,
}

impl<'n, 't> Mapping<'n, 't> {
    /// Reports unknown fields; the known ones can be read all the same.
    pub fn read(node: &'n Node<'t>, shape: &'static Shape, file: &mut InFile<'_, '_>) -> Option<Self> {
        let Value::Map(entries) = &node.value else {
            let Shape { noun, fields, .. } = shape;
            let problem = Problem::new(format!("{noun} is a mapping, not {}", node.value.noun()));
            file.refuse(node.at, problem.help(format!("write `field: value` with the fields {}", listed(fields))));
            return None;
        };
        let mut misspelt = Vec::new();
        for (key, _) in entries {
            if !shape.fields.contains(&&*key.name) {
                let is_planned = shape.planned.contains(&&*key.name);
                let meant = closest(&key.name, shape.fields.iter().copied()).filter(|_| !is_planned);
                misspelt.extend(meant.filter(|meant| !misspelt.contains(meant)));
                file.refuse(key.at, unknown(key, shape, meant, is_planned));
            }
        }
        Some(Mapping { at: node.at, shape, entries, misspelt })
    }

    /// The value of a field.
    #[must_use]
    pub fn get(&self, field: &str) -> Option<&'n Node<'t>> {
        self.entries.iter().find(|(key, _)| key.name == field).map(|(_, node)| node)
    }

    /// Whether it has no other field than this.
    pub(super) fn holds_only(&self, field: &str) -> bool {
        self.entries.iter().all(|(key, _)| key.name == field)
    }

    /// Reports a missing field.
    pub fn require(&self, field: &str, file: &mut InFile<'_, '_>) -> Option<&'n Node<'t>> {
        let found = self.get(field);
        if found.is_none() && !self.misspelt.contains(&field) {
            file.refuse(self.at, format!("{} needs the field `{field}`", self.shape.noun));
        }
        found
    }

    /// Exactly one of these fields.
    pub fn one_of(
        &self,
        fields: &'static [&'static str],
        file: &mut InFile<'_, '_>,
    ) -> Option<(&'static str, &'n Node<'t>)> {
        let mut present = fields.iter().filter_map(|field| Some((*field, self.get(field)?)));
        let (first, second) = (present.next(), present.next());
        if first.is_some() && second.is_none() {
            return first;
        }
        if first.is_none() && fields.iter().any(|field| self.misspelt.contains(field)) {
            return None;
        }
        let at = second.map_or(self.at, |(_, node)| node.at);
        let count = if second.is_some() { "more than one" } else { "none" };
        file.refuse(at, format!("{} has exactly one of {}; here is {count}", self.shape.noun, listed(fields)));
        None
    }
}

fn unknown(key: &Key<'_>, shape: &Shape, meant: Option<&str>, is_planned: bool) -> Problem {
    let Shape { noun, fields, .. } = shape;
    let name = shown(&key.name);
    let problem = if is_planned {
        Problem::new(format!("field {name} of {noun} is not supported by this version; remove it"))
    } else if let Some(meant) = meant {
        Problem::new(format!("{noun} has no field {name}; did you mean `{meant}`?"))
    } else {
        Problem::new(format!("{noun} has no field {name}; remove it"))
    };
    problem.help(format!("{noun} may have the fields {}", listed(fields)))
}

/// Names in backticks, with commas.
pub fn listed(names: &[&str]) -> String {
    names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}
