//! What functions and operators take and give.

use super::shape::{Form, Shape};
use crate::condition::Type;
use crate::condition::functions::Style;

/// One way in which something can be applied. A receiver is the first argument.
pub(super) struct Overload {
    pub(super) takes: &'static [Takes],
    gives: Gives,
}

/// What an argument is to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Takes {
    Anything,
    One(Type),
    /// A list of these.
    ListOf(Type),
}

/// What the result is.
#[derive(Clone, Copy, Debug)]
enum Gives {
    Anything,
    One(Type),
    ListOf(Type),
    /// What the first argument is.
    First,
    /// A list of anything.
    List,
    /// An element of the first argument.
    Element,
    /// An element of the first argument, where there is one.
    OptionalElement,
    /// The first argument in an optional.
    Some,
    /// What the first argument holds.
    Held,
}

/// No way of applying something to these arguments.
#[derive(Debug)]
pub(super) struct Mismatch {
    /// The first argument that no way goes on with.
    pub(super) argument: usize,
    /// What it would have to be.
    pub(super) expected: Vec<Type>,
}

impl Takes {
    fn accepts(self, shape: &Shape<'_>) -> bool {
        match self {
            Takes::Anything => true,
            Takes::One(of) => shape.may_be(of),
            Takes::ListOf(of) => {
                let elements = shape.elements();
                shape.may_be(Type::List) && (elements.is_nothing() || elements.may_be(of))
            }
        }
    }

    fn expected(self) -> Option<Type> {
        match self {
            Takes::Anything => None,
            Takes::One(of) => Some(of),
            Takes::ListOf(_) => Some(Type::List),
        }
    }
}

impl Overload {
    fn result<'s>(&self, arguments: &[Shape<'s>]) -> Shape<'s> {
        let first = || arguments.first().cloned().unwrap_or_else(Shape::any);
        match self.gives {
            Gives::Anything => Shape::any(),
            Gives::One(of) => Shape::one(of),
            Gives::ListOf(of) => Shape::list(Shape::one(of)),
            // Of the argument's types, the one that this way takes.
            Gives::First => match (first(), self.takes.first().and_then(|takes| takes.expected())) {
                (first, Some(of)) => {
                    let forms = first.forms().map(|forms| forms.into_iter().filter(|form| form.type_of() == of));
                    forms.map_or_else(|| Shape::one(of), |forms| Shape::of(forms.collect::<Vec<Form<'s>>>()))
                }
                (first, None) => first,
            },
            Gives::List => Shape::one(Type::List),
            Gives::Element => non_empty(first().elements()),
            Gives::OptionalElement => Shape::optional(non_empty(first().elements())),
            Gives::Some => Shape::optional(first()),
            Gives::Held => first().held(),
        }
    }
}

/// What the elements of an empty list are is not known.
fn non_empty(shape: Shape<'_>) -> Shape<'_> {
    if shape.is_nothing() { Shape::any() } else { shape }
}

/// What applying something comes to.
///
/// # Errors
/// If there is no way of applying it.
pub(super) fn apply<'s>(overloads: &[Overload], arguments: &[Shape<'s>]) -> Result<Shape<'s>, Mismatch> {
    let mut ways: Vec<&Overload> = overloads.iter().filter(|way| way.takes.len() == arguments.len()).collect();
    for (position, argument) in arguments.iter().enumerate() {
        let takes = |way: &&Overload| way.takes.get(position).copied();
        let accepting: Vec<&Overload> =
            ways.iter().copied().filter(|way| takes(way).is_some_and(|takes| takes.accepts(argument))).collect();
        if accepting.is_empty() {
            let mut expected: Vec<Type> = ways.iter().filter_map(|way| takes(way)?.expected()).collect();
            let mut seen = Vec::new();
            expected.retain(|of| {
                !seen.contains(of) && {
                    seen.push(*of);
                    true
                }
            });
            return Err(Mismatch { argument: position, expected });
        }
        ways = accepting;
    }
    Ok(Shape::any_of(ways.into_iter().map(|way| way.result(arguments))))
}

/// The ways of calling a function, by its name.
pub(super) fn of_function(name: &str, style: Style) -> Option<&'static [Overload]> {
    FUNCTIONS.iter().find(|(known, known_style, _)| *known == name && *known_style == style).map(|(_, _, ways)| *ways)
}

/// How many arguments a function takes, the receiver included; none if there is no such function.
pub(in crate::condition) fn arities(name: &str, style: Style) -> Vec<usize> {
    let ways = of_function(name, style).unwrap_or_default();
    let mut counts: Vec<usize> = ways.iter().map(|way| way.takes.len()).collect();
    counts.sort_unstable();
    counts.dedup();
    counts
}

/// Every function that is written like this.
pub(in crate::condition) fn function_names(style: Style) -> impl Iterator<Item = &'static str> {
    FUNCTIONS.iter().filter(move |(_, of, _)| *of == style).map(|(name, ..)| *name)
}

const fn way(takes: &'static [Takes], gives: Gives) -> Overload {
    Overload { takes, gives }
}

const ANY: Takes = Takes::Anything;
const BOOL: Takes = Takes::One(Type::Bool);
const INT: Takes = Takes::One(Type::Int);
const UINT: Takes = Takes::One(Type::UInt);
const DOUBLE: Takes = Takes::One(Type::Double);
const STRING: Takes = Takes::One(Type::String);
const BYTES: Takes = Takes::One(Type::Bytes);
const LIST: Takes = Takes::One(Type::List);
const MAP: Takes = Takes::One(Type::Map);
const TIME: Takes = Takes::One(Type::Timestamp);
const SPAN: Takes = Takes::One(Type::Duration);
const OPTIONAL: Takes = Takes::One(Type::Optional);
const IP: Takes = Takes::One(Type::Ip);
const CIDR: Takes = Takes::One(Type::Cidr);
const STRINGS: Takes = Takes::ListOf(Type::String);

const TO_BOOL: Gives = Gives::One(Type::Bool);
const TO_INT: Gives = Gives::One(Type::Int);
const TO_UINT: Gives = Gives::One(Type::UInt);
const TO_DOUBLE: Gives = Gives::One(Type::Double);
const TO_STRING: Gives = Gives::One(Type::String);
const TO_BYTES: Gives = Gives::One(Type::Bytes);
const TO_TIME: Gives = Gives::One(Type::Timestamp);
const TO_SPAN: Gives = Gives::One(Type::Duration);

const OF_TIME: &[Overload] = &[way(&[TIME], TO_INT), way(&[TIME, STRING], TO_INT)];
const OF_TIME_OR_SPAN: &[Overload] = &[way(&[TIME], TO_INT), way(&[TIME, STRING], TO_INT), way(&[SPAN], TO_INT)];
const INDEX_OF: &[Overload] = &[way(&[STRING, STRING], TO_INT), way(&[STRING, STRING, INT], TO_INT)];
const OF_STRING: &[Overload] = &[way(&[STRING], TO_STRING)];
const TEST_STRING: &[Overload] = &[way(&[STRING], TO_BOOL)];
const TEST_STRINGS: &[Overload] = &[way(&[STRING, STRING], TO_BOOL)];
const ROUND: &[Overload] = &[way(&[DOUBLE], TO_DOUBLE)];
const TEST_DOUBLE: &[Overload] = &[way(&[DOUBLE], TO_BOOL)];
const OF_NUMBER: &[Overload] = &[way(&[INT], TO_INT), way(&[UINT], TO_UINT), way(&[DOUBLE], TO_DOUBLE)];
const EXTREME: &[Overload] =
    &[way(&[INT], TO_INT), way(&[UINT], TO_UINT), way(&[DOUBLE], TO_DOUBLE), way(&[LIST], Gives::Element)];
const BITS: &[Overload] = &[way(&[INT, INT], TO_INT), way(&[UINT, UINT], TO_UINT)];
const SHIFT: &[Overload] = &[way(&[INT, INT], TO_INT), way(&[UINT, INT], TO_UINT)];
const OF_LIST: &[Overload] = &[way(&[LIST], Gives::First)];
const TEST_IP: &[Overload] = &[way(&[IP], TO_BOOL)];
const SIZE: &[Overload] = &[way(&[STRING], TO_INT), way(&[BYTES], TO_INT), way(&[LIST], TO_INT), way(&[MAP], TO_INT)];

use Style::{Global, Method};

const FUNCTIONS: &[(&str, Style, &[Overload])] = &[
    ("bool", Global, &[way(&[BOOL], TO_BOOL), way(&[STRING], TO_BOOL)]),
    ("bytes", Global, &[way(&[BYTES], TO_BYTES), way(&[STRING], TO_BYTES)]),
    (
        "double",
        Global,
        &[way(&[DOUBLE], TO_DOUBLE), way(&[INT], TO_DOUBLE), way(&[UINT], TO_DOUBLE), way(&[STRING], TO_DOUBLE)],
    ),
    ("duration", Global, &[way(&[STRING], TO_SPAN), way(&[SPAN], TO_SPAN)]),
    ("dyn", Global, &[way(&[ANY], Gives::Anything)]),
    (
        "int",
        Global,
        &[
            way(&[STRING], TO_INT),
            way(&[INT], TO_INT),
            way(&[UINT], TO_INT),
            way(&[DOUBLE], TO_INT),
            way(&[TIME], TO_INT),
        ],
    ),
    (
        "string",
        Global,
        &[
            way(&[STRING], TO_STRING),
            way(&[BOOL], TO_STRING),
            way(&[INT], TO_STRING),
            way(&[UINT], TO_STRING),
            way(&[DOUBLE], TO_STRING),
            way(&[BYTES], TO_STRING),
            way(&[TIME], TO_STRING),
            way(&[SPAN], TO_STRING),
            way(&[IP], TO_STRING),
            way(&[CIDR], TO_STRING),
        ],
    ),
    ("timestamp", Global, &[way(&[STRING], TO_TIME), way(&[INT], TO_TIME), way(&[TIME], TO_TIME)]),
    ("type", Global, &[way(&[ANY], Gives::One(Type::Type))]),
    ("uint", Global, &[way(&[STRING], TO_UINT), way(&[UINT], TO_UINT), way(&[INT], TO_UINT), way(&[DOUBLE], TO_UINT)]),
    ("getFullYear", Method, OF_TIME),
    ("getMonth", Method, OF_TIME),
    ("getDate", Method, OF_TIME),
    ("getDayOfMonth", Method, OF_TIME),
    ("getDayOfWeek", Method, OF_TIME),
    ("getDayOfYear", Method, OF_TIME),
    ("getHours", Method, OF_TIME_OR_SPAN),
    ("getMinutes", Method, OF_TIME_OR_SPAN),
    ("getSeconds", Method, OF_TIME_OR_SPAN),
    ("getMilliseconds", Method, OF_TIME_OR_SPAN),
    ("size", Global, SIZE),
    ("size", Method, SIZE),
    ("startsWith", Method, TEST_STRINGS),
    ("endsWith", Method, TEST_STRINGS),
    ("contains", Method, TEST_STRINGS),
    ("matches", Method, TEST_STRINGS),
    ("matches", Global, TEST_STRINGS),
    ("charAt", Method, &[way(&[STRING, INT], TO_STRING)]),
    ("indexOf", Method, INDEX_OF),
    ("lastIndexOf", Method, INDEX_OF),
    ("join", Method, &[way(&[STRINGS], TO_STRING), way(&[STRINGS, STRING], TO_STRING)]),
    ("lowerAscii", Method, OF_STRING),
    ("upperAscii", Method, OF_STRING),
    ("replace", Method, &[way(&[STRING, STRING, STRING], TO_STRING), way(&[STRING, STRING, STRING, INT], TO_STRING)]),
    (
        "split",
        Method,
        &[
            way(&[STRING, STRING], Gives::ListOf(Type::String)),
            way(&[STRING, STRING, INT], Gives::ListOf(Type::String)),
        ],
    ),
    ("substring", Method, &[way(&[STRING, INT], TO_STRING), way(&[STRING, INT, INT], TO_STRING)]),
    ("trim", Method, OF_STRING),
    ("reverse", Method, &[way(&[STRING], TO_STRING), way(&[LIST], Gives::First)]),
    ("strings.quote", Global, OF_STRING),
    ("format", Method, &[way(&[STRING, LIST], TO_STRING)]),
    ("math.greatest", Global, EXTREME),
    ("math.least", Global, EXTREME),
    ("math.ceil", Global, ROUND),
    ("math.floor", Global, ROUND),
    ("math.round", Global, ROUND),
    ("math.trunc", Global, ROUND),
    ("math.abs", Global, OF_NUMBER),
    ("math.sign", Global, OF_NUMBER),
    ("math.isNaN", Global, TEST_DOUBLE),
    ("math.isInf", Global, TEST_DOUBLE),
    ("math.isFinite", Global, TEST_DOUBLE),
    ("math.bitAnd", Global, BITS),
    ("math.bitOr", Global, BITS),
    ("math.bitXor", Global, BITS),
    ("math.bitNot", Global, &[way(&[INT], TO_INT), way(&[UINT], TO_UINT)]),
    ("math.bitShiftLeft", Global, SHIFT),
    ("math.bitShiftRight", Global, SHIFT),
    ("math.sqrt", Global, &[way(&[INT], TO_DOUBLE), way(&[UINT], TO_DOUBLE), way(&[DOUBLE], TO_DOUBLE)]),
    ("slice", Method, &[way(&[LIST, INT, INT], Gives::First)]),
    ("flatten", Method, &[way(&[LIST], Gives::List), way(&[LIST, INT], Gives::List)]),
    ("distinct", Method, OF_LIST),
    ("sort", Method, OF_LIST),
    ("@sortByAssociatedKeys", Method, &[way(&[LIST, LIST], Gives::First)]),
    ("lists.range", Global, &[way(&[INT], Gives::ListOf(Type::Int))]),
    ("first", Method, &[way(&[LIST], Gives::OptionalElement)]),
    ("last", Method, &[way(&[LIST], Gives::OptionalElement)]),
    ("base64.encode", Global, &[way(&[BYTES], TO_STRING)]),
    ("base64.decode", Global, &[way(&[STRING], TO_BYTES)]),
    ("ip", Global, &[way(&[STRING], Gives::One(Type::Ip))]),
    ("isIP", Global, TEST_STRING),
    ("ip.isCanonical", Global, TEST_STRING),
    ("cidr", Global, &[way(&[STRING], Gives::One(Type::Cidr))]),
    ("isCIDR", Global, TEST_STRING),
    ("family", Method, &[way(&[IP], TO_INT)]),
    ("isUnspecified", Method, TEST_IP),
    ("isLoopback", Method, TEST_IP),
    ("isGlobalUnicast", Method, TEST_IP),
    ("isLinkLocalMulticast", Method, TEST_IP),
    ("isLinkLocalUnicast", Method, TEST_IP),
    ("containsIP", Method, &[way(&[CIDR, IP], TO_BOOL), way(&[CIDR, STRING], TO_BOOL)]),
    ("containsCIDR", Method, &[way(&[CIDR, CIDR], TO_BOOL), way(&[CIDR, STRING], TO_BOOL)]),
    ("ip", Method, &[way(&[CIDR], Gives::One(Type::Ip))]),
    ("masked", Method, &[way(&[CIDR], Gives::One(Type::Cidr))]),
    ("prefixLength", Method, &[way(&[CIDR], TO_INT)]),
    ("isMask", Method, &[way(&[CIDR], TO_BOOL)]),
    ("optional.of", Global, &[way(&[ANY], Gives::Some)]),
    ("optional.ofNonZeroValue", Global, &[way(&[ANY], Gives::Some)]),
    ("optional.none", Global, &[way(&[], Gives::One(Type::Optional))]),
    ("hasValue", Method, &[way(&[OPTIONAL], TO_BOOL)]),
    ("value", Method, &[way(&[OPTIONAL], Gives::Held)]),
    ("optional.unwrap", Global, &[way(&[LIST], Gives::List)]),
    ("unwrapOpt", Method, &[way(&[LIST], Gives::List)]),
];

pub(super) const ADD: &[Overload] = &[
    way(&[INT, INT], TO_INT),
    way(&[UINT, UINT], TO_UINT),
    way(&[DOUBLE, DOUBLE], TO_DOUBLE),
    way(&[STRING, STRING], TO_STRING),
    way(&[BYTES, BYTES], TO_BYTES),
    way(&[LIST, LIST], Gives::List),
    way(&[TIME, SPAN], TO_TIME),
    way(&[SPAN, TIME], TO_TIME),
    way(&[SPAN, SPAN], TO_SPAN),
];

pub(super) const SUBTRACT: &[Overload] = &[
    way(&[INT, INT], TO_INT),
    way(&[UINT, UINT], TO_UINT),
    way(&[DOUBLE, DOUBLE], TO_DOUBLE),
    way(&[TIME, TIME], TO_SPAN),
    way(&[TIME, SPAN], TO_TIME),
    way(&[SPAN, SPAN], TO_SPAN),
];

pub(super) const MULTIPLY: &[Overload] =
    &[way(&[INT, INT], TO_INT), way(&[UINT, UINT], TO_UINT), way(&[DOUBLE, DOUBLE], TO_DOUBLE)];

pub(super) const MODULO: &[Overload] = &[way(&[INT, INT], TO_INT), way(&[UINT, UINT], TO_UINT)];

pub(super) const NEGATE: &[Overload] = &[way(&[INT], TO_INT), way(&[DOUBLE], TO_DOUBLE)];

pub(super) const ORDER: &[Overload] = &[
    way(&[INT, INT], TO_BOOL),
    way(&[INT, UINT], TO_BOOL),
    way(&[INT, DOUBLE], TO_BOOL),
    way(&[UINT, INT], TO_BOOL),
    way(&[UINT, UINT], TO_BOOL),
    way(&[UINT, DOUBLE], TO_BOOL),
    way(&[DOUBLE, INT], TO_BOOL),
    way(&[DOUBLE, UINT], TO_BOOL),
    way(&[DOUBLE, DOUBLE], TO_BOOL),
    way(&[STRING, STRING], TO_BOOL),
    way(&[TIME, TIME], TO_BOOL),
    way(&[SPAN, SPAN], TO_BOOL),
    way(&[BYTES, BYTES], TO_BOOL),
    way(&[BOOL, BOOL], TO_BOOL),
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::condition::functions;

    #[test]
    fn every_function_has_a_signature_for_each_number_of_arguments() {
        for (_, name, style, (fewest, most)) in functions::all() {
            let ways = of_function(name, style).unwrap_or_else(|| panic!("{name}"));
            for arguments in fewest..=most {
                assert!(ways.iter().any(|way| way.takes.len() == arguments), "{name} with {arguments}");
            }
            assert!(ways.iter().all(|way| (fewest..=most).contains(&way.takes.len())), "{name}");
        }
    }
}
