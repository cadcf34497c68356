use std::collections::BTreeSet;

use cel_interpreter::common::ast::{Expr, IdedExpr};

use super::attributes::member;
use super::shape::Form;
use super::{Checker, Data, Shape, Type};
use crate::source::tree::closest;

/// Most known names that a message lists.
const MAX_LISTED: usize = 8;

impl<'s> Checker<'_, 's> {
    /// What `of.field` may be; `part` is the selection.
    pub(super) fn select(&mut self, of: &Shape<'s>, field: &str, part: &IdedExpr) -> Shape<'s> {
        match selected(of, field) {
            Selected::Shape(shape) => shape,
            Selected::Unknown(known) => {
                let at = self.field(part);
                self.report(at, unknown_attribute(field, &known))
            }
            Selected::NoFields => {
                let at = self.field(part);
                self.report(at, format!("only objects and maps have members such as `{field}`, and this is {of}"))
            }
        }
    }

    /// As [`Self::select`], where what is missing is none.
    pub(super) fn optional_select(&mut self, of: &Shape<'s>, field: &str, part: &IdedExpr) -> Shape<'s> {
        let shape = self.select(of, field, part);
        let shape = if of.is_only(Type::Optional) { shape.held() } else { shape };
        Shape::optional(shape)
    }

    /// What `of[index]` may be; `part` is the whole.
    pub(super) fn index(&mut self, of: &Shape<'s>, index: &Shape<'s>, part: &IdedExpr) -> Shape<'s> {
        if let Some(Data::String(name)) = index.value()
            && !of.may_be(Type::List)
            && of.forms().is_some_and(|forms| !forms.iter().any(|form| matches!(form, Form::Map(..))))
        {
            let name = name.clone();
            return self.select(of, &name, part);
        }
        let Some(forms) = of.forms() else { return Shape::any() };
        let may_index_list = index.may_be_any_of(&[Type::Int, Type::UInt, Type::Double]);
        let may_index_map = may_index_list || index.may_be_any_of(&[Type::Bool, Type::String]);
        let found: Vec<Shape<'s>> = forms
            .iter()
            .filter_map(|form| match form {
                Form::List(element) if may_index_list => Some((**element).clone()),
                Form::Map(_, value) if may_index_map => Some((**value).clone()),
                Form::Object(_) if index.may_be(Type::String) => Some(Shape::json()),
                Form::Optional(_) => Some(Shape::any()),
                _ => None,
            })
            .collect();
        if !found.is_empty() {
            let found = Shape::any_of(found);
            return if found.is_nothing() { Shape::any() } else { found };
        }
        let at = self.parsed.extent(part);
        let message = match of.is_only(Type::List) {
            true => format!("the elements of a list are found by their position, and this is {index}"),
            false => format!("only lists and maps have elements to be found by {index}, and this is {of}"),
        };
        self.report(at, message)
    }

    /// Whether there is something under a name can be asked of objects and maps.
    pub(super) fn has(&mut self, of: &Shape<'s>, field: &str, part: &IdedExpr) {
        self.select(of, field, part);
    }

    /// Where the name of a selection stands.
    fn field(&self, part: &IdedExpr) -> std::ops::Range<usize> {
        match &part.expr {
            Expr::Select(_) => self.parsed.token(part),
            _ => self.parsed.extent(part),
        }
    }
}

enum Selected<'s> {
    Shape(Shape<'s>),
    /// No object that it may be has it; the names that these have.
    Unknown(BTreeSet<&'s str>),
    NoFields,
}

fn selected<'s>(of: &Shape<'s>, field: &str) -> Selected<'s> {
    let Some(forms) = of.forms() else { return Selected::Shape(Shape::any()) };
    let mut found = Vec::new();
    let mut unknown = None;
    for form in forms {
        match form {
            Form::Map(key, value) if key.is_nothing() || key.may_be(Type::String) => found.push(*value),
            Form::Object(schema) => match member(schema, field) {
                Some(shape) => found.push(shape),
                None => unknown.get_or_insert_with(BTreeSet::new).extend(schema.properties.keys().map(String::as_str)),
            },
            Form::Optional(held) => match selected(&held, field) {
                Selected::Shape(shape) => found.push(Shape::optional(shape)),
                Selected::Unknown(names) => unknown.get_or_insert_with(BTreeSet::new).extend(names),
                Selected::NoFields => {}
            },
            _ => {}
        }
    }
    match (found.is_empty(), unknown) {
        (false, _) => {
            let found = Shape::any_of(found);
            Selected::Shape(if found.is_nothing() { Shape::any() } else { found })
        }
        (true, Some(names)) => Selected::Unknown(names),
        (true, None) => Selected::NoFields,
    }
}

fn unknown_attribute(name: &str, known: &BTreeSet<&str>) -> String {
    if let Some(meant) = closest(name, known.iter().copied()) {
        return format!("unknown attribute `{name}`; did you mean `{meant}`?");
    }
    let listed: Vec<String> = known.iter().take(MAX_LISTED).map(|name| format!("`{name}`")).collect();
    let known = match listed.as_slice() {
        [] => "it has none".to_owned(),
        listed => format!("it has {}{}", listed.join(", "), if known.len() > MAX_LISTED { " and others" } else { "" }),
    };
    format!("unknown attribute `{name}`: by its schema {known}")
}
