use std::fmt;

use crate::condition::compare::equal;
use crate::condition::fuel::Fuel;
use crate::condition::{Type, Value};
use crate::data::Data;
use crate::set::Schema;

/// What a value may be, as far as that can be told before there is one.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Shape<'s> {
    forms: Forms<'s>,
    /// The only values that it may have, where they are known.
    values: Option<Vec<Data>>,
}

#[derive(Clone, Debug, PartialEq)]
enum Forms<'s> {
    /// Anything at all.
    Any,
    /// Any value of JSON: an attribute without a schema.
    Json,
    /// One of these.
    Of(Vec<Form<'s>>),
}

/// One of the things that a value may be.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Form<'s> {
    /// Of a type without parts.
    Scalar(Type),
    /// A list of such elements.
    List(Box<Shape<'s>>),
    /// A map of such keys and values.
    Map(Box<Shape<'s>>, Box<Shape<'s>>),
    /// A JSON object of this schema.
    Object(&'s Schema),
    Optional(Box<Shape<'s>>),
}

/// The types of JSON that have no parts.
const JSON_SCALARS: [Type; 6] = [Type::Null, Type::Bool, Type::Int, Type::UInt, Type::Double, Type::String];

/// Most values that are told apart.
const MAX_VALUES: usize = 256;

impl<'s> Form<'s> {
    pub(super) fn type_of(&self) -> Type {
        match self {
            Form::Scalar(of) => *of,
            Form::List(_) => Type::List,
            Form::Map(..) | Form::Object(_) => Type::Map,
            Form::Optional(_) => Type::Optional,
        }
    }

    pub(super) fn list(element: Shape<'s>) -> Self {
        Form::List(Box::new(element))
    }

    pub(super) fn map(key: Shape<'s>, value: Shape<'s>) -> Self {
        Form::Map(Box::new(key), Box::new(value))
    }
}

impl<'s> Shape<'s> {
    pub(super) fn any() -> Self {
        Shape { forms: Forms::Any, values: None }
    }

    pub(super) fn json() -> Self {
        Shape { forms: Forms::Json, values: None }
    }

    pub(super) fn of(forms: Vec<Form<'s>>) -> Self {
        Shape { forms: Forms::Of(forms), values: None }
    }

    pub(super) fn one(of: Type) -> Self {
        let form = match of {
            Type::List => Form::list(Shape::any()),
            Type::Map => Form::map(Shape::any(), Shape::any()),
            Type::Optional => Form::Optional(Box::new(Shape::any())),
            scalar => Form::Scalar(scalar),
        };
        Shape::of(vec![form])
    }

    pub(super) fn list(element: Shape<'s>) -> Self {
        Shape::of(vec![Form::list(element)])
    }

    pub(super) fn map(key: Shape<'s>, value: Shape<'s>) -> Self {
        Shape::of(vec![Form::map(key, value)])
    }

    pub(super) fn optional(of: Shape<'s>) -> Self {
        Shape::of(vec![Form::Optional(Box::new(of))])
    }

    /// Exactly this value, if it has no parts.
    pub(super) fn constant(value: Data) -> Self {
        Shape { values: Some(vec![value.clone()]), ..Shape::one(Value::from(&value).type_of()) }
    }

    /// One of these values.
    pub(super) fn among(self, values: Vec<Data>) -> Self {
        Shape { values: (values.len() <= MAX_VALUES).then_some(values), ..self }
    }

    /// What it may be; `None` if that is anything.
    pub(super) fn forms(&self) -> Option<Vec<Form<'s>>> {
        match &self.forms {
            Forms::Any => None,
            Forms::Json => {
                let parts = [Form::list(Shape::json()), Form::map(Shape::one(Type::String), Shape::json())];
                Some(JSON_SCALARS.into_iter().map(Form::Scalar).chain(parts).collect())
            }
            Forms::Of(forms) => Some(forms.clone()),
        }
    }

    /// The only values that it may have, where they are known.
    pub(super) fn values(&self) -> Option<&[Data]> {
        self.values.as_deref()
    }

    /// The one value that it has, where that is known.
    pub(super) fn value(&self) -> Option<&Data> {
        match self.values()? {
            [value] => Some(value),
            _ => None,
        }
    }

    /// The types that it may be of; `None` if those are all.
    pub(super) fn types(&self) -> Option<Vec<Type>> {
        Some(self.forms()?.iter().map(Form::type_of).collect())
    }

    pub(super) fn may_be(&self, of: Type) -> bool {
        match &self.forms {
            Forms::Any => true,
            Forms::Json => is_json(of),
            Forms::Of(forms) => forms.iter().any(|form| form.type_of() == of),
        }
    }

    pub(super) fn may_be_any_of(&self, types: &[Type]) -> bool {
        types.iter().any(|of| self.may_be(*of))
    }

    /// Whether it is of this type for certain.
    pub(super) fn is_only(&self, of: Type) -> bool {
        matches!(&self.forms, Forms::Of(forms) if forms.iter().all(|form| form.type_of() == of))
    }

    /// What is one or the other.
    pub(super) fn or(self, other: Shape<'s>) -> Self {
        let values = match (self.values, other.values) {
            (Some(mut own), Some(others)) => {
                own.extend(others);
                Some(own).filter(|values| values.len() <= MAX_VALUES)
            }
            _ => None,
        };
        let forms = match (self.forms, other.forms) {
            (Forms::Any, _) | (_, Forms::Any) => Forms::Any,
            (Forms::Json, Forms::Json) => Forms::Json,
            (Forms::Of(forms), other) | (other, Forms::Of(forms)) if forms.is_empty() => other,
            (own, others) => {
                let mut forms = Shape { forms: own, values: None }.forms().unwrap_or_default();
                for form in (Shape { forms: others, values: None }).forms().unwrap_or_default() {
                    if !forms.contains(&form) {
                        forms.push(form);
                    }
                }
                Forms::Of(forms)
            }
        };
        Shape { forms, values }
    }

    /// What is one of these; nothing at all of none.
    pub(super) fn any_of(shapes: impl IntoIterator<Item = Shape<'s>>) -> Self {
        let mut shapes = shapes.into_iter();
        let first = shapes.next().unwrap_or_else(|| Shape::of(Vec::new()));
        shapes.fold(first, Shape::or)
    }

    /// Whether it is what no value is.
    pub(super) fn is_nothing(&self) -> bool {
        matches!(&self.forms, Forms::Of(forms) if forms.is_empty())
    }

    /// What the elements of a list are, where it is one.
    pub(super) fn elements(&self) -> Shape<'s> {
        let Some(forms) = self.forms() else { return Shape::any() };
        let lists = forms.into_iter().filter_map(|form| match form {
            Form::List(element) => Some(*element),
            _ => None,
        });
        Shape::any_of(lists)
    }

    /// What an optional holds, where it is one.
    pub(super) fn held(&self) -> Shape<'s> {
        let Some(forms) = self.forms() else { return Shape::any() };
        let held = forms.into_iter().filter_map(|form| match form {
            Form::Optional(held) => Some(*held),
            _ => None,
        });
        let held = Shape::any_of(held);
        if held.is_nothing() { Shape::any() } else { held }
    }

    /// What the keys and the values of a map are, where it is one.
    pub(super) fn entries(&self) -> (Shape<'s>, Shape<'s>) {
        let Some(forms) = self.forms() else { return (Shape::any(), Shape::any()) };
        let entries = forms.into_iter().filter_map(|form| match form {
            Form::Map(key, value) => Some((*key, *value)),
            Form::Object(_) => Some((Shape::one(Type::String), Shape::json())),
            _ => None,
        });
        let nothing = Shape::of(Vec::new());
        entries.fold((nothing.clone(), nothing), |(keys, values), (key, value)| (keys.or(key), values.or(value)))
    }

    /// Whether a value of one can be equal to a value of the other.
    pub(super) fn may_equal(&self, other: &Shape<'_>) -> bool {
        self.is_of_type_with(other) && self.shares_value_with(other)
    }

    /// Whether there is a type that both may be of, or numbers.
    pub(super) fn is_of_type_with(&self, other: &Shape<'_>) -> bool {
        let may_equal = |of: Type, shape: &Shape<'_>| match is_number(of) {
            true => shape.may_be_any_of(&[Type::Int, Type::UInt, Type::Double]),
            false => shape.may_be(of),
        };
        match (&self.forms, &other.forms) {
            (Forms::Any, _) | (_, Forms::Any) | (Forms::Json, Forms::Json) => true,
            (Forms::Of(forms), _) if forms.is_empty() => true,
            (_, Forms::Of(forms)) if forms.is_empty() => true,
            (Forms::Of(forms), _) => forms.iter().any(|form| may_equal(form.type_of(), other)),
            (_, Forms::Of(forms)) => forms.iter().any(|form| may_equal(form.type_of(), self)),
        }
    }

    fn shares_value_with(&self, other: &Shape<'_>) -> bool {
        let (Some(own), Some(others)) = (self.values(), other.values()) else { return true };
        own.iter().any(|value| others.iter().any(|other| same(value, other)))
    }
}

fn same(a: &Data, b: &Data) -> bool {
    equal(Value::from(a), Value::from(b), &mut Fuel::of(u32::MAX)).unwrap_or(true)
}

pub(super) fn is_number(of: Type) -> bool {
    matches!(of, Type::Int | Type::UInt | Type::Double)
}

fn is_json(of: Type) -> bool {
    JSON_SCALARS.contains(&of) || matches!(of, Type::List | Type::Map)
}

/// A type with its article.
pub(super) fn noun(of: Type) -> &'static str {
    match of {
        Type::Null => "null",
        Type::Bool => "a boolean",
        Type::Int => "an int",
        Type::UInt => "a uint",
        Type::Double => "a double",
        Type::String => "a string",
        Type::Bytes => "bytes",
        Type::List => "a list",
        Type::Map => "a map",
        Type::Timestamp => "a timestamp",
        Type::Duration => "a duration",
        Type::Type => "a type",
        Type::Optional => "an optional",
        Type::Ip => "an IP address",
        Type::Cidr => "a CIDR range",
    }
}

/// `a string or an int`.
pub(super) fn alternatives(types: &[Type]) -> String {
    let is = |of: Type| types.contains(&of);
    let all_numbers = is(Type::Int) && is(Type::UInt) && is(Type::Double);
    let mut nouns: Vec<&str> = Vec::new();
    for of in types {
        let noun = match of {
            of if is_number(*of) && all_numbers => "a number",
            // What JSON Schema calls an integer.
            Type::Int | Type::UInt if is(Type::Int) && is(Type::UInt) => "a whole number",
            of => noun(*of),
        };
        if !nouns.contains(&noun) {
            nouns.push(noun);
        }
    }
    match nouns.split_last() {
        None => "nothing".to_owned(),
        Some((last, [])) => (*last).to_owned(),
        Some((last, others)) => format!("{} or {last}", others.join(", ")),
    }
}

impl fmt::Display for Shape<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.forms {
            Forms::Any => f.write_str("a value"),
            Forms::Json => f.write_str("a JSON value"),
            Forms::Of(forms) => match forms.as_slice() {
                [Form::List(element)] => match element.types().as_deref() {
                    Some([Type::String]) => f.write_str("a list of strings"),
                    Some([Type::Int]) => f.write_str("a list of ints"),
                    _ => f.write_str("a list"),
                },
                forms => f.write_str(&alternatives(&forms.iter().map(Form::type_of).collect::<Vec<_>>())),
            },
        }
    }
}
