//! Macros: calls whose arguments are not all evaluated where they stand.

use cel_interpreter::common::ast::{CallExpr, Expr, IdedExpr, SelectExpr};

use super::ast::Parsed;
use super::node::Fold;
use super::{ConditionProblem, environment};

/// A macro call, taken apart.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Macro<'e> {
    /// `has(operand.field)`; the selection may itself be optional (`has(a.?b.c)`).
    Has(&'e SelectExpr),
    /// A macro over the elements of a range.
    Fold {
        kind: Fold,
        range: &'e IdedExpr,
        variable: &'e str,
        /// Of the two-variable forms: the value beside the index or key.
        second: Option<&'e str>,
        /// What an element must meet to be taken; of the mapping macros.
        filter: Option<&'e IdedExpr>,
        body: &'e IdedExpr,
    },
    /// `cel.bind(variable, value, body)`.
    Bind { variable: &'e str, value: &'e IdedExpr, body: &'e IdedExpr },
    /// `operand.optMap(variable, body)`; flat: the body gives an optional itself.
    OptionalMap { flat: bool, operand: &'e IdedExpr, variable: &'e str, body: &'e IdedExpr },
}

/// The macro that a call is, if it is one.
///
/// # Errors
/// If its arguments are not what the macro takes.
pub(crate) fn recognise<'e>(call: &'e CallExpr, parsed: &Parsed) -> Result<Option<Macro<'e>>, ConditionProblem> {
    let name = call.func_name.as_str();
    match (name, call.target.as_deref(), call.args.as_slice()) {
        ("has", None, [argument]) => match &argument.expr {
            Expr::Select(select) if !select.test => Ok(Some(Macro::Has(select))),
            _ => Err(parsed.problem(argument, "`has` takes a selection such as `has(resource.ownerId)`".to_owned())),
        },
        ("bind", Some(target), [variable, value, body]) if environment::spells(target, "cel") => {
            let variable = name_of(variable, parsed)?;
            Ok(Some(Macro::Bind { variable, value, body }))
        }
        ("optMap" | "optFlatMap", Some(operand), [variable, body]) => {
            let variable = name_of(variable, parsed)?;
            Ok(Some(Macro::OptionalMap { flat: name == "optFlatMap", operand, variable, body }))
        }
        (_, Some(range), arguments) => fold(name, range, arguments, parsed),
        _ => Ok(None),
    }
}

fn fold<'e>(
    name: &str,
    range: &'e IdedExpr,
    arguments: &'e [IdedExpr],
    parsed: &Parsed,
) -> Result<Option<Macro<'e>>, ConditionProblem> {
    let (kind, first, second, filter, body) = match (name, arguments) {
        ("all", [x, body]) => (Fold::All, x, None, None, body),
        ("all", [x, y, body]) => (Fold::All, x, Some(y), None, body),
        ("exists", [x, body]) => (Fold::Exists, x, None, None, body),
        ("exists", [x, y, body]) => (Fold::Exists, x, Some(y), None, body),
        ("exists_one" | "existsOne", [x, body]) => (Fold::ExistsOne, x, None, None, body),
        ("exists_one" | "existsOne", [x, y, body]) => (Fold::ExistsOne, x, Some(y), None, body),
        ("filter", [x, body]) => (Fold::Filter, x, None, None, body),
        ("map", [x, body]) => (Fold::Map, x, None, None, body),
        ("map", [x, filter, body]) => (Fold::Map, x, None, Some(filter), body),
        ("sortBy", [x, body]) => (Fold::SortBy, x, None, None, body),
        ("transformList", [x, y, body]) => (Fold::Map, x, Some(y), None, body),
        ("transformList", [x, y, filter, body]) => (Fold::Map, x, Some(y), Some(filter), body),
        ("transformMap", [x, y, body]) => (Fold::TransformMap, x, Some(y), None, body),
        ("transformMap", [x, y, filter, body]) => (Fold::TransformMap, x, Some(y), Some(filter), body),
        ("transformMapEntry", [x, y, body]) => (Fold::TransformMapEntry, x, Some(y), None, body),
        ("transformMapEntry", [x, y, filter, body]) => (Fold::TransformMapEntry, x, Some(y), Some(filter), body),
        _ => return Ok(None),
    };
    if let (Fold::SortBy, Expr::Literal(_) | Expr::Map(_) | Expr::Struct(_)) = (kind, &range.expr) {
        return Err(parsed.problem(range, "`sortBy` sorts a list, and this is none".to_owned()));
    }
    let variable = name_of(first, parsed)?;
    let second = second.map(|second| name_of(second, parsed)).transpose()?;
    if let (Some(second), Some(at)) = (second, arguments.get(1))
        && second == variable
    {
        return Err(parsed.problem(at, format!("both variables of the macro are called `{second}`")));
    }
    Ok(Some(Macro::Fold { kind, range, variable, second, filter, body }))
}

fn name_of<'e>(argument: &'e IdedExpr, parsed: &Parsed) -> Result<&'e str, ConditionProblem> {
    match &argument.expr {
        Expr::Ident(name) if !name.starts_with('.') => Ok(name),
        _ => Err(parsed.problem(argument, "a macro's variable must be a plain name".to_owned())),
    }
}
