use std::net::IpAddr;

use super::value::{Cidr, Type, Value};
use crate::time::{Duration, Timestamp};

/// A constant that a node cannot hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Constant {
    Timestamp(Timestamp),
    Duration(Duration),
    Type(Type),
    Ip(IpAddr),
    Cidr(Cidr),
}

impl From<Constant> for Value<'_> {
    fn from(constant: Constant) -> Self {
        match constant {
            Constant::Timestamp(value) => Value::Timestamp(value),
            Constant::Duration(value) => Value::Duration(value),
            Constant::Type(value) => Value::Type(value),
            Constant::Ip(value) => Value::Ip(value),
            Constant::Cidr(value) => Value::Cidr(value),
        }
    }
}
