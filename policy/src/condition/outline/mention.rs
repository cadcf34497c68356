use std::net::IpAddr;

use crate::condition::code::Code;
use crate::condition::constant::Constant;
use crate::condition::node::{Node, NodeId, Unary};
use crate::condition::value::Cidr;
use crate::data::Data;
use crate::time::{Duration, Timestamp};

use super::form;

/// Something that a part names: what it reads is probably held against it.
#[derive(Clone, Debug, PartialEq)]
pub enum Mention {
    /// A constant.
    Value(Data),
    /// A point in time.
    Time(Timestamp),
    /// A span of time.
    Span(Duration),
    /// An address.
    Ip(IpAddr),
    /// A range of addresses.
    Cidr(Cidr),
    /// A pattern, by a text that matches it.
    Match(String),
    /// The size of something counts.
    Size,
}

pub(super) fn of(code: &Code, id: NodeId) -> Option<Mention> {
    match code.node(id)? {
        Node::Constant(constant) => match code.constant_of(constant)? {
            Constant::Timestamp(time) => Some(Mention::Time(time)),
            Constant::Duration(span) => Some(Mention::Span(span)),
            Constant::Ip(address) => Some(Mention::Ip(address)),
            Constant::Cidr(range) => Some(Mention::Cidr(range)),
            Constant::Type(_) => None,
        },
        Node::Matches(pattern) => code.pattern(pattern)?.example().map(Mention::Match),
        Node::Unary(Unary::Size) => Some(Mention::Size),
        _ => form::value(code, id).map(Mention::Value),
    }
}
