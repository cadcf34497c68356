use cel_interpreter::common::ast::IdedExpr;

use super::shape::Form;
use super::{Checker, Shape, Type};
use crate::condition::macros::Macro;
use crate::condition::node::Fold;

impl<'s> Checker<'_, 's> {
    pub(super) fn macro_call(&mut self, call: Macro<'_>, part: &IdedExpr) -> Shape<'s> {
        match call {
            Macro::Has(select) => {
                // A selection on a root asks of an attribute; its own place is that of the argument.
                let argument = super::super::ast::children(&part.expr).into_iter().next();
                let Some(argument) = argument else { return Shape::one(Type::Bool) };
                match self.place(argument) {
                    Some(place) => {
                        self.at_place(place, argument);
                    }
                    None => {
                        let of = self.shape(&select.operand);
                        self.has(&of, &select.field, argument);
                    }
                }
                Shape::one(Type::Bool)
            }
            Macro::Fold { kind, range, variable, second, filter, body } => {
                let over = self.shape(range);
                let name = fold_name(kind);
                let takes_maps = kind != Fold::SortBy;
                if !(over.may_be(Type::List) || takes_maps && over.may_be(Type::Map)) {
                    let at = self.parsed.extent(range);
                    let takes = if takes_maps { "a list or a map" } else { "a list" };
                    return self.report(at, format!("`{name}` goes over {takes}, and this is {over}"));
                }
                let variables = items(&over, variable, second);
                let taken = variables.first().map_or_else(Shape::any, |(_, shape)| shape.clone());
                let values = self.within(variables, |checker| {
                    if let Some(filter) = filter {
                        checker.boolean(filter, &format!("the filter of `{name}`"));
                    }
                    match kind {
                        Fold::All | Fold::Exists | Fold::ExistsOne | Fold::Filter => {
                            checker.boolean(body, &format!("`{name}`"));
                            Shape::any()
                        }
                        _ => checker.shape(body),
                    }
                });
                self.folded(kind, &over, taken, values, body)
            }
            Macro::Bind { variable, value, body } => {
                let value = self.shape(value);
                self.within(vec![(variable.to_owned(), value)], |checker| checker.shape(body))
            }
            Macro::OptionalMap { flat, operand, variable, body } => {
                let of = self.shape(operand);
                if !of.may_be(Type::Optional) {
                    let at = self.parsed.extent(operand);
                    let name = if flat { "optFlatMap" } else { "optMap" };
                    return self.report(
                        at,
                        format!("`{name}` takes an optional, and this is {of}; write `?.` where the value is read"),
                    );
                }
                let value = self.within(vec![(variable.to_owned(), of.held())], |checker| checker.shape(body));
                match flat {
                    true if !value.may_be(Type::Optional) => {
                        let at = self.parsed.extent(body);
                        self.report(
                            at,
                            format!("the body of `optFlatMap` is an optional, and this is {value}; write `optMap`"),
                        )
                    }
                    true => value,
                    false => Shape::optional(value),
                }
            }
        }
    }

    /// What a macro over elements gives.
    fn folded(
        &mut self,
        kind: Fold,
        over: &Shape<'s>,
        taken: Shape<'s>,
        values: Shape<'s>,
        body: &IdedExpr,
    ) -> Shape<'s> {
        match kind {
            Fold::All | Fold::Exists | Fold::ExistsOne => Shape::one(Type::Bool),
            Fold::Filter => Shape::list(taken),
            Fold::Map => Shape::list(values),
            Fold::SortBy => match over.is_only(Type::List) {
                true => over.clone(),
                false => Shape::one(Type::List),
            },
            Fold::TransformMap => Shape::map(over.entries().0.or(Shape::one(Type::Int)), values),
            Fold::TransformMapEntry if !values.may_be(Type::Map) => {
                let at = self.parsed.extent(body);
                self.report(
                    at,
                    format!("the body of `transformMapEntry` is a map such as `{{key: value}}`, and this is {values}"),
                )
            }
            Fold::TransformMapEntry => Shape::one(Type::Map),
        }
    }

    /// Looks at what sees these variables.
    fn within<T>(&mut self, variables: Vec<(String, Shape<'s>)>, look: impl FnOnce(&mut Self) -> T) -> T {
        let outside = self.locals.len();
        self.locals.extend(variables);
        let result = look(self);
        self.locals.truncate(outside);
        result
    }
}

/// What a macro's variables stand for: an element or a key; or an index or key, and the value.
fn items<'s>(over: &Shape<'s>, variable: &str, second: Option<&str>) -> Vec<(String, Shape<'s>)> {
    let known = |shape: Shape<'s>| if shape.is_nothing() { Shape::any() } else { shape };
    let Some(forms) = over.forms() else {
        let names = std::iter::once(variable).chain(second);
        return names.map(|name| (name.to_owned(), Shape::any())).collect();
    };
    let has = |wanted: Type| forms.iter().any(|form: &Form<'s>| form.type_of() == wanted);
    let (keys, values) = over.entries();
    let nothing = || Shape::of(Vec::new());
    match second {
        None => vec![(variable.to_owned(), known(over.elements().or(keys)))],
        Some(second) => {
            let positions = if has(Type::List) { Shape::one(Type::Int) } else { nothing() };
            vec![
                (variable.to_owned(), known(positions.or(keys))),
                (second.to_owned(), known(over.elements().or(values))),
            ]
        }
    }
}

fn fold_name(kind: Fold) -> &'static str {
    match kind {
        Fold::All => "all",
        Fold::Exists => "exists",
        Fold::ExistsOne => "exists_one",
        Fold::Filter => "filter",
        Fold::Map => "map",
        Fold::TransformMap => "transformMap",
        Fold::TransformMapEntry => "transformMapEntry",
        Fold::SortBy => "sortBy",
    }
}
