//! Attributes as the schemas of a set have them.

use tollgate_policy::condition::{Origin, Place};
use tollgate_policy::data::{Data, Fields};
use tollgate_policy::set::{Schema, SchemaType, Schemas};

use super::said::Rumour;
use super::space::Variable;
use super::values::{Candidate, Values};

/// Deepest value that is looked into or made.
const MAX_DEPTH: usize = 32;

/// What is known of the attributes of a point's principal and resource.
#[derive(Clone, Copy, Debug)]
pub(super) struct Described<'s> {
    principal: Option<&'s Schema>,
    resource: Option<&'s Schema>,
}

/// What is known of one attribute.
enum Known<'s> {
    Nothing,
    /// There is no such attribute.
    Unknown,
    Of(&'s Schema, bool),
}

impl<'s> Described<'s> {
    pub(super) fn of(schemas: &'s Schemas, kind: &str) -> Self {
        Described { principal: schemas.principal.as_ref(), resource: schemas.resources.get(kind) }
    }

    /// Adds what has to be there.
    pub(super) fn fill_principal(&self, attributes: &mut Vec<(Box<str>, Data)>) {
        self.principal.into_iter().for_each(|schema| fill(schema, attributes, 0));
    }

    /// Adds what has to be there.
    pub(super) fn fill_resource(&self, attributes: &mut Vec<(Box<str>, Data)>) {
        self.resource.into_iter().for_each(|schema| fill(schema, attributes, 0));
    }

    fn known(&self, place: &Place) -> Known<'s> {
        let (root, name) = match &place.origin {
            Origin::Principal(name) => (self.principal, name),
            Origin::Resource(name) => (self.resource, name),
            _ => return Known::Nothing,
        };
        let Some(mut schema) = root else { return Known::Nothing };
        let mut required = false;
        for name in std::iter::once(name).chain(&place.members) {
            required = schema.required.contains(name);
            match schema.member(name) {
                Some(member) => schema = member,
                None => return Known::Unknown,
            }
        }
        Known::Of(schema, required)
    }
}

/// Takes away what a schema does not have, and adds what it names; whether something was taken away.
pub(super) fn restrict(described: &Described<'_>, variable: &Variable, rumour: &Rumour, values: &mut Values) -> bool {
    let before = values.candidates.len();
    let taken;
    match described.known(&variable.place) {
        Known::Nothing => return false,
        Known::Unknown => {
            values.candidates.retain(|candidate| *candidate == Candidate::Absent);
            taken = values.candidates.len() < before;
        }
        Known::Of(schema, required) => {
            values.candidates.retain(|candidate| match candidate {
                Candidate::Absent => !required,
                Candidate::Object => schema.may_be(SchemaType::Object) && schema.values.is_none(),
                Candidate::Is(value) => admits(schema, value, 0),
                Candidate::Roles(_) | Candidate::Time(_) => true,
            });
            taken = values.candidates.len() < before;
            values.complete &= stands_for_all(schema, variable, rumour);
            let named = schema.values.iter().flatten().cloned().chain(sample(schema, 0));
            for value in named.map(Candidate::Is).filter(|_| !variable.has_members) {
                if !values.candidates.contains(&value) {
                    values.candidates.push(value);
                }
            }
        }
    }
    taken
}

/// Whether what is left of the candidates, and what a schema adds, stand for all that it has.
fn stands_for_all(schema: &Schema, variable: &Variable, rumour: &Rumour) -> bool {
    let is_said = !schema.types.is_empty() || schema.values.is_some();
    let (lists, objects) = (schema.may_be(SchemaType::Array), schema.may_be(SchemaType::Object));
    if !is_said {
        return true;
    }
    // Of the lists and objects that differ only one is made, and nothing of what the other's schema names.
    let is_compared = rumour.variables > 1 && (lists || objects || schema.values.is_some());
    // Objects have what is looked for in them, or not, as lists do; but no such object is made.
    let is_searched = !rumour.elements.is_empty() && objects && schema.values.is_none();
    let is_one_of = variable.has_members && schema.values.is_some();
    !(is_compared || is_searched || is_one_of)
}

/// Whether a value is as a schema has it.
fn admits(schema: &Schema, value: &Data, depth: usize) -> bool {
    let is_typed = schema.types.is_empty() || schema.types.iter().any(|of| of.includes(value));
    let is_named = schema.values.as_ref().is_none_or(|values| values.contains(value));
    if !is_typed || !is_named || depth > MAX_DEPTH {
        return false;
    }
    match value {
        Data::List(items) => {
            schema.items.as_ref().is_none_or(|of| items.iter().all(|item| admits(of, item, depth + 1)))
        }
        Data::Map(fields) => {
            schema.required.iter().all(|name| fields.get(name).is_some())
                && fields.iter().all(|(name, value)| schema.member(name).is_some_and(|of| admits(of, value, depth + 1)))
        }
        _ => true,
    }
}

/// Some value that a schema has.
fn sample(schema: &Schema, depth: usize) -> Option<Data> {
    if depth > MAX_DEPTH {
        return None;
    }
    if let Some(values) = &schema.values {
        return values.first().cloned();
    }
    let of = [
        SchemaType::String,
        SchemaType::Integer,
        SchemaType::Number,
        SchemaType::Boolean,
        SchemaType::Array,
        SchemaType::Object,
        SchemaType::Null,
    ];
    Some(match of.into_iter().find(|of| schema.may_be(*of))? {
        SchemaType::String => Data::from("something"),
        SchemaType::Integer | SchemaType::Number => Data::Int(1),
        SchemaType::Boolean => Data::Bool(false),
        SchemaType::Array => Data::List(Box::default()),
        SchemaType::Null => Data::Null,
        SchemaType::Object => {
            let mut members = Vec::new();
            fill(schema, &mut members, depth + 1);
            Data::Map(Fields::new(members).ok()?)
        }
    })
}

/// Adds the members that every such object has.
fn fill(schema: &Schema, members: &mut Vec<(Box<str>, Data)>, depth: usize) {
    for (name, value) in members.iter_mut() {
        if let (Data::Map(fields), Some(of)) = (&*value, schema.member(name)) {
            let mut inner = fields.as_slice().to_vec();
            fill(of, &mut inner, depth + 1);
            if let Ok(filled) = Fields::new(inner) {
                *value = Data::Map(filled);
            }
        }
    }
    for name in &schema.required {
        if !members.iter().any(|(known, _)| **known == **name)
            && let Some(value) = schema.member(name).and_then(|of| sample(of, depth + 1))
        {
            members.push((name.as_str().into(), value));
        }
    }
}
