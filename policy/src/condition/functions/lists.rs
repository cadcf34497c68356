//! The `lists` extension.

use std::cmp::Ordering;

use bumpalo::collections::Vec;

use crate::condition::compare::{equal, order};
use crate::condition::fault::FaultKind;
use crate::condition::fuel::Fuel;
use crate::condition::value::{List, Value};
use crate::condition::workspace::Workspace;
use crate::sort::sort_by;

use super::Signature;
use super::arguments::{int, list};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Listing {
    Slice,
    Flatten,
    Distinct,
    Sort,
    SortByKeys,
    Range,
    First,
    Last,
}

pub(super) const TABLE: &[Signature<Listing>] = &[
    Signature::method("slice", (3, 3), Listing::Slice),
    Signature::method("flatten", (1, 2), Listing::Flatten),
    Signature::method("distinct", (1, 1), Listing::Distinct),
    Signature::method("sort", (1, 1), Listing::Sort),
    // What `sortBy` means, over a list of as many keys; no author can write its name.
    Signature::method("@sortByAssociatedKeys", (2, 2), Listing::SortByKeys),
    Signature::global("lists.range", (1, 1), Listing::Range),
    Signature::method("first", (1, 1), Listing::First),
    Signature::method("last", (1, 1), Listing::Last),
];

pub(super) fn call<'a>(
    function: Listing,
    arguments: &[Value<'a>],
    workspace: &mut Workspace<'a, '_>,
) -> Result<Value<'a>, FaultKind> {
    match (function, arguments) {
        (Listing::Slice, [of, start, end]) => slice(list(*of)?, int(*start)?, int(*end)?, workspace),
        (Listing::Flatten, [of]) => flatten(list(*of)?, 1, workspace),
        (Listing::Flatten, [of, depth]) => flatten(list(*of)?, int(*depth)?, workspace),
        (Listing::Distinct, [of]) => distinct(list(*of)?, workspace),
        (Listing::Sort, [of]) => sort(list(*of)?, list(*of)?, workspace),
        (Listing::SortByKeys, [of, keys]) => sort(list(*of)?, list(*keys)?, workspace),
        (Listing::Range, [end]) => range(int(*end)?, workspace),
        (Listing::First, [of]) => optional(list(*of)?.get(0), workspace),
        (Listing::Last, [of]) => {
            let of = list(*of)?;
            optional(of.len().checked_sub(1).and_then(|last| of.get(last)), workspace)
        }
        _ => Err(FaultKind::Types),
    }
}

/// The same elements from the last to the first.
pub(super) fn reverse<'a>(of: List<'a>, workspace: &mut Workspace<'a, '_>) -> Result<Value<'a>, FaultKind> {
    let mut items = workspace.items();
    for index in (0..of.len()).rev() {
        if let Some(item) = of.get(index) {
            workspace.push(&mut items, item)?;
        }
    }
    Ok(workspace.list(items))
}

fn slice<'a>(of: List<'a>, start: i64, end: i64, workspace: &mut Workspace<'a, '_>) -> Result<Value<'a>, FaultKind> {
    let position = |index: i64| usize::try_from(index).ok().filter(|index| *index <= of.len());
    let (start, end) = position(start).zip(position(end)).ok_or(FaultKind::OutOfRange)?;
    if start > end {
        return Err(FaultKind::Invalid("starts past its end"));
    }
    let mut items = workspace.items();
    for index in start..end {
        if let Some(item) = of.get(index) {
            workspace.push(&mut items, item)?;
        }
    }
    Ok(workspace.list(items))
}

fn flatten<'a>(of: List<'a>, depth: i64, workspace: &mut Workspace<'a, '_>) -> Result<Value<'a>, FaultKind> {
    if depth < 0 {
        return Err(FaultKind::Invalid("is to a negative depth"));
    }
    let mut items = workspace.items();
    flatten_into(&mut items, of, depth, workspace)?;
    Ok(workspace.list(items))
}

/// As deep as values nest, which what builds them bounds.
fn flatten_into<'a>(
    items: &mut Vec<'a, Value<'a>>,
    of: List<'a>,
    depth: i64,
    workspace: &mut Workspace<'a, '_>,
) -> Result<(), FaultKind> {
    for item in of.iter() {
        match item {
            Value::List(inner) if depth > 0 => {
                workspace.fuel.step()?;
                flatten_into(items, inner, depth - 1, workspace)?;
            }
            item => workspace.push(items, item)?,
        }
    }
    Ok(())
}

/// The first of each set of equal elements.
fn distinct<'a>(of: List<'a>, workspace: &mut Workspace<'a, '_>) -> Result<Value<'a>, FaultKind> {
    let mut items = workspace.items();
    for item in of.iter() {
        let mut seen = false;
        for other in &items {
            workspace.fuel.step()?;
            if equal(item, *other, workspace.fuel)? {
                seen = true;
                break;
            }
        }
        if !seen {
            workspace.push(&mut items, item)?;
        }
    }
    Ok(workspace.list(items))
}

/// Elements in the order of their keys, which are all of one type that has an order; equal keys keep their elements' order.
fn sort<'a>(of: List<'a>, keys: List<'a>, workspace: &mut Workspace<'a, '_>) -> Result<Value<'a>, FaultKind> {
    if of.len() != keys.len() {
        return Err(FaultKind::Types);
    }
    let mut pairs = Vec::new_in(workspace.arena);
    let mut bytes = 0_usize;
    for (index, (item, key)) in of.iter().zip(keys.iter()).enumerate() {
        workspace.fuel.steps(2)?;
        let kind = keys.get(0).map(Value::type_of);
        bytes =
            bytes.saturating_add(ordered_bytes(key).filter(|_| kind == Some(key.type_of())).ok_or(FaultKind::Types)?);
        if matches!(key, Value::Double(number) if number.is_nan()) {
            return Err(FaultKind::Invalid("has no order for NaN"));
        }
        pairs.push((key, index, item));
    }
    workspace.fuel.sorting(pairs.len(), bytes)?;
    sort_by(&mut pairs, |(a, first, _), (b, second, _)| {
        let order = order(*a, *b, &mut Fuel(u32::MAX)).ok().flatten().flatten();
        order.unwrap_or(Ordering::Equal).then(first.cmp(second)).is_lt()
    });
    let mut items = Vec::with_capacity_in(pairs.len(), workspace.arena);
    items.extend(pairs.iter().map(|(_, _, item)| *item));
    Ok(workspace.list(items))
}

/// How many bytes comparing a value reads; none if its type has no order.
fn ordered_bytes(value: Value<'_>) -> Option<usize> {
    match value {
        Value::Str(text) => Some(text.len()),
        Value::Bytes(bytes) => Some(bytes.len()),
        Value::Bool(_)
        | Value::Int(_)
        | Value::UInt(_)
        | Value::Double(_)
        | Value::Timestamp(_)
        | Value::Duration(_) => Some(0),
        _ => None,
    }
}

/// The integers from 0 up to, without, an end.
fn range<'a>(end: i64, workspace: &mut Workspace<'a, '_>) -> Result<Value<'a>, FaultKind> {
    let mut items = workspace.items();
    for number in 0..end {
        workspace.push(&mut items, Value::Int(number))?;
    }
    Ok(workspace.list(items))
}

fn optional<'a>(value: Option<Value<'a>>, workspace: &mut Workspace<'a, '_>) -> Result<Value<'a>, FaultKind> {
    match value {
        Some(value) => workspace.some(value),
        None => Ok(Value::Optional(None)),
    }
}
