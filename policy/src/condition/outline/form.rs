use crate::condition::code::Code;
use crate::condition::constant::Constant;
use crate::condition::node::{Binary, Node, NodeId};
use crate::data::Data;
use crate::time::Timestamp;

use super::Place;
use super::place;

/// What a part says, where that is simple.
#[derive(Clone, Debug, PartialEq)]
pub enum Form {
    /// `has(place)`.
    Has(Place),
    /// A place that is a boolean.
    Is(Place),
    /// Two things compared.
    Compared(Comparison, Term, Term),
    /// Anything else.
    Other,
}

/// How two things are compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Comparison {
    /// `==` and `!=`.
    Equality,
    /// `<`, `<=`, `>` and `>=`.
    Order,
    /// `in`.
    Membership,
    /// `startsWith`.
    Prefix,
    /// `endsWith`.
    Suffix,
    /// `contains`.
    Substring,
}

/// One of two things that are compared.
#[derive(Clone, Debug, PartialEq)]
pub enum Term {
    /// What is read somewhere.
    Place(Place),
    /// A constant.
    Value(Data),
    /// A point in time.
    Time(Timestamp),
    /// A list of constants.
    List(Vec<Data>),
    /// Something computed.
    Other,
}

pub(super) fn of(code: &Code, id: NodeId) -> Form {
    if let Some(place) = place::asked_for(code, id) {
        return Form::Has(place);
    }
    if let Some(place) = place::read(code, id) {
        return Form::Is(place);
    }
    let Some(Node::Binary(operator, other)) = code.node(id) else { return Form::Other };
    let comparison = match operator {
        Binary::Equal | Binary::NotEqual => Comparison::Equality,
        Binary::Less | Binary::LessEqual | Binary::Greater | Binary::GreaterEqual => Comparison::Order,
        Binary::In => Comparison::Membership,
        Binary::StartsWith => Comparison::Prefix,
        Binary::EndsWith => Comparison::Suffix,
        Binary::Contains => Comparison::Substring,
        Binary::Add | Binary::Subtract | Binary::Multiply | Binary::Divide | Binary::Modulo => return Form::Other,
    };
    Form::Compared(comparison, term(code, id.operand()), term(code, other))
}

fn term(code: &Code, id: NodeId) -> Term {
    if let Some(place) = place::read(code, id) {
        return Term::Place(place);
    }
    match code.node(id) {
        Some(Node::Constant(constant)) => match code.constant_of(constant) {
            Some(Constant::Timestamp(time)) => Term::Time(time),
            _ => Term::Other,
        },
        Some(Node::List(len, start)) => {
            let values: Option<Vec<Data>> = code.elements(len, start).iter().map(|id| value(code, *id)).collect();
            values.map_or(Term::Other, Term::List)
        }
        _ => value(code, id).map_or(Term::Other, Term::Value),
    }
}

/// A constant without parts.
pub(super) fn value(code: &Code, id: NodeId) -> Option<Data> {
    Some(match code.node(id)? {
        Node::Null => Data::Null,
        Node::Bool(value) => Data::Bool(value),
        Node::Int(value) => Data::Int(i64::from(value)),
        Node::Int64(word) => Data::Int(code.word(word).cast_signed()),
        Node::UInt(word) => i64::try_from(code.word(word)).map_or(Data::UInt(code.word(word)), Data::Int),
        Node::Double(word) => Data::from_double(f64::from_bits(code.word(word))),
        Node::Str(text) => Data::from(code.string(text)),
        _ => return None,
    })
}
