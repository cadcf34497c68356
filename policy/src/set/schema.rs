use std::collections::{BTreeMap, BTreeSet};

use crate::data::Data;

use super::Names;

/// What attributes look like, where the set says so. Without a schema, anything is expected of them.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Schemas {
    /// Of the attributes of principals, whatever their source.
    pub principal: Option<Schema>,
    /// Of the attributes of resources, by kind.
    pub resources: BTreeMap<String, Schema>,
}

impl Schemas {
    /// Whether a kind of resource has no schema where other kinds have one: then conditions about every kind can count on
    /// nothing that schemas say.
    pub(crate) fn is_stranger(&self, kind: &str) -> bool {
        !self.resources.is_empty() && !self.resources.contains_key(kind)
    }

    /// How many of these kinds are.
    pub(crate) fn strangers_among(&self, kinds: &Names) -> usize {
        match kinds {
            Names::Of(kinds) => kinds.iter().filter(|kind| self.is_stranger(kind)).count(),
            Names::Any => 0,
        }
    }
}

/// A JSON Schema, as far as it is supported: what a value may be. Annotations are not kept.
///
/// As in JSON Schema, what is said of members and elements concerns only values that are objects and arrays.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Schema {
    /// The types that the value may have; empty means any.
    pub types: BTreeSet<SchemaType>,
    /// `enum` or `const`: the values it may have, not empty, each of one of the types.
    pub values: Option<Vec<Data>>,
    /// Schemas of members by name.
    pub properties: BTreeMap<String, Schema>,
    /// Members that every such object has; each may be there according to the rest of the schema.
    pub required: BTreeSet<String>,
    /// What other members may be.
    pub additional: Additional,
    /// Schema of every element; absent means any.
    pub items: Option<Box<Schema>>,
}

/// The types of JSON Schema.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum SchemaType {
    /// `null`.
    Null,
    /// `boolean`.
    Boolean,
    /// `integer`: a whole number, however it is written.
    Integer,
    /// `number`: any number, whole ones too.
    Number,
    /// `string`.
    String,
    /// `array`.
    Array,
    /// `object`.
    Object,
}

/// Members of an object that its schema does not name.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Additional {
    /// The schema does not say: they may be there, with any value, but conditions that read them are taken to be mistyped.
    #[default]
    Unsaid,
    /// They may be there, with any value.
    Any,
    /// There are none.
    None,
    /// They may be there, with values of this schema.
    Of(Box<Schema>),
}

impl SchemaType {
    /// All of them, by the names that schemas use.
    pub const NAMES: [(&str, SchemaType); 7] = [
        ("string", SchemaType::String),
        ("number", SchemaType::Number),
        ("integer", SchemaType::Integer),
        ("boolean", SchemaType::Boolean),
        ("object", SchemaType::Object),
        ("array", SchemaType::Array),
        ("null", SchemaType::Null),
    ];

    /// Whether a value is of this type.
    #[must_use]
    pub fn includes(self, value: &Data) -> bool {
        match self {
            SchemaType::Null => matches!(value, Data::Null),
            SchemaType::Boolean => matches!(value, Data::Bool(_)),
            SchemaType::Integer => matches!(value, Data::Int(_) | Data::UInt(_)),
            SchemaType::Number => matches!(value, Data::Int(_) | Data::UInt(_) | Data::Double(_)),
            SchemaType::String => matches!(value, Data::String(_)),
            SchemaType::Array => matches!(value, Data::List(_)),
            SchemaType::Object => matches!(value, Data::Map(_)),
        }
    }
}

impl Schema {
    /// Whether a value can be of this type: one of its types is, or it names none.
    #[must_use]
    pub fn may_be(&self, of: SchemaType) -> bool {
        let is = |own: &SchemaType| *own == of || (*own == SchemaType::Number && of == SchemaType::Integer);
        self.types.is_empty() || self.types.iter().any(is)
    }

    /// The schema of a member: `None` where an object cannot have it. A member of unknown shape has the empty schema.
    #[must_use]
    pub fn member(&self, name: &str) -> Option<&Schema> {
        static ANY: Schema = Schema::any();
        match (self.properties.get(name), &self.additional) {
            (Some(schema), _) => Some(schema),
            (None, Additional::Unsaid | Additional::Any) => Some(&ANY),
            (None, Additional::None) => None,
            (None, Additional::Of(schema)) => Some(schema),
        }
    }

    /// The schema that says nothing.
    #[must_use]
    pub const fn any() -> Self {
        Schema {
            types: BTreeSet::new(),
            values: None,
            properties: BTreeMap::new(),
            required: BTreeSet::new(),
            additional: Additional::Unsaid,
            items: None,
        }
    }
}
