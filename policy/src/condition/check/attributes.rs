use super::shape::{Form, Shape};
use crate::condition::Type;
use crate::data::Data;
use crate::set::{Additional, Names, Schema, SchemaType, Schemas};

/// What is known of attributes where a condition is evaluated: the schemas of the principal and of the kinds of resource
/// that the condition is about.
///
/// A condition about several kinds is checked against all of them at once: an attribute is unknown only if none of them
/// has it, and may be what any of them says. A kind without a schema has any attribute. A condition about every kind is
/// about those that have schemas, as long as the set names no other.
#[derive(Clone, Debug)]
pub struct AttributeTypes<'s> {
    principal: Option<&'s Schema>,
    /// The kinds; absent for all.
    kinds: Option<&'s [String]>,
    resources: Vec<&'s Schema>,
    /// A kind without a schema is among them.
    open: bool,
}

impl<'s> AttributeTypes<'s> {
    /// Nothing is known.
    #[must_use]
    pub fn unknown() -> Self {
        AttributeTypes { principal: None, kinds: None, resources: Vec::new(), open: true }
    }

    /// For a condition about `kinds`, where these are known. `strangers`: whether the set names a kind without a schema.
    #[must_use]
    pub fn new(schemas: &'s Schemas, kinds: Option<&'s Names>, strangers: bool) -> Self {
        let of_kind = |kind: &String| schemas.resources.get(kind);
        let (kinds, resources, open): (_, Vec<_>, _) = match kinds {
            None => (None, Vec::new(), true),
            Some(Names::Of(kinds)) => (
                Some(kinds.as_slice()),
                kinds.iter().filter_map(of_kind).collect(),
                kinds.iter().any(|kind| of_kind(kind).is_none()),
            ),
            Some(Names::Any) => (None, schemas.resources.values().collect(), strangers),
        };
        let open = open || resources.is_empty();
        AttributeTypes { principal: schemas.principal.as_ref(), kinds, resources, open }
    }

    pub(super) fn kind(&self) -> Shape<'s> {
        let kind = Shape::one(Type::String);
        match self.kinds {
            Some(kinds) => kind.among(kinds.iter().map(|kind| Data::from(kind.as_str())).collect()),
            None => kind,
        }
    }

    pub(super) fn principal(&self) -> Shape<'s> {
        match self.principal {
            Some(schema) => Shape::of(vec![Form::Object(schema)]),
            None => Shape::map(Shape::one(Type::String), Shape::json()),
        }
    }

    pub(super) fn resource(&self) -> Shape<'s> {
        match self.open {
            true => Shape::map(Shape::one(Type::String), Shape::json()),
            false => Shape::of(self.resources.iter().map(|schema| Form::Object(schema)).collect()),
        }
    }
}

/// What a value of a schema may be.
pub(super) fn shape_of(schema: &Schema) -> Shape<'_> {
    let says_nothing = schema.types.is_empty() && schema.properties.is_empty() && schema.items.is_none();
    if says_nothing && schema.additional == Additional::default() {
        return with_values(Shape::json(), schema);
    }
    let mut forms = Vec::new();
    for (_, of) in SchemaType::NAMES.iter().filter(|(_, of)| schema.may_be(*of)) {
        match of {
            SchemaType::Null => forms.push(Form::Scalar(Type::Null)),
            SchemaType::Boolean => forms.push(Form::Scalar(Type::Bool)),
            SchemaType::Integer => forms.extend([Form::Scalar(Type::Int), Form::Scalar(Type::UInt)]),
            SchemaType::Number => forms.push(Form::Scalar(Type::Double)),
            SchemaType::String => forms.push(Form::Scalar(Type::String)),
            SchemaType::Array => forms.push(Form::list(schema.items.as_deref().map_or_else(Shape::json, shape_of))),
            SchemaType::Object => forms.push(Form::Object(schema)),
        }
    }
    with_values(Shape::of(forms), schema)
}

/// Known values say more than a type.
fn with_values<'s>(shape: Shape<'s>, schema: &'s Schema) -> Shape<'s> {
    let Some(values) = &schema.values else { return shape };
    let plain = |value: &Data| !matches!(value, Data::List(_) | Data::Map(_));
    if !values.iter().all(plain) {
        return shape;
    }
    Shape::any_of(values.iter().map(|value| Shape::constant(value.clone())))
}

/// What a member of an object may be; nothing where it is unknown.
///
/// JSON Schema lets objects have members that it does not name, unless it says otherwise. Here they have to be let in
/// by `additionalProperties`: a misspelt attribute would be one of them. An object that no member is named of is open.
pub(super) fn member<'s>(schema: &'s Schema, name: &str) -> Option<Shape<'s>> {
    match (schema.properties.get(name), &schema.additional) {
        (Some(schema), _) => Some(shape_of(schema)),
        (None, Additional::Unsaid) => schema.properties.is_empty().then(Shape::json),
        (None, Additional::Any) => Some(Shape::json()),
        (None, Additional::None) => None,
        (None, Additional::Of(schema)) => Some(shape_of(schema)),
    }
}
