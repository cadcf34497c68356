#[cfg(feature = "compiler")]
mod display;

use std::net::IpAddr;

use crate::data::{Data, Fields};
use crate::texts::same;
use crate::time::{Duration, Timestamp};

/// A value during evaluation: a scalar, or borrowed from the request, the snapshot or the arena.
///
/// The wide tag keeps every variant's content aligned: values are copied as words.
#[derive(Clone, Copy, Debug)]
#[repr(u64)]
pub enum Value<'a> {
    /// `null`.
    Null,
    /// A boolean.
    Bool(bool),
    /// A signed integer.
    Int(i64),
    /// An unsigned integer.
    UInt(u64),
    /// A floating-point number.
    Double(f64),
    /// A string.
    Str(&'a str),
    /// Bytes.
    Bytes(&'a [u8]),
    /// A list.
    List(List<'a>),
    /// A map.
    Map(Map<'a>),
    /// A point in time.
    Timestamp(Timestamp),
    /// A span of time.
    Duration(Duration),
    /// A type.
    Type(Type),
    /// A value that may be absent.
    Optional(Option<&'a Value<'a>>),
    /// An IP address.
    Ip(IpAddr),
    /// A range of IP addresses.
    Cidr(Cidr),
}

/// The types of values, as `type()` gives them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Type {
    /// Of `null`.
    Null,
    /// Of booleans.
    Bool,
    /// Of signed integers.
    Int,
    /// Of unsigned integers.
    UInt,
    /// Of floating-point numbers.
    Double,
    /// Of strings.
    String,
    /// Of bytes.
    Bytes,
    /// Of lists, whatever their elements.
    List,
    /// Of maps, whatever their keys and values.
    Map,
    /// Of points in time.
    Timestamp,
    /// Of spans of time.
    Duration,
    /// Of types.
    Type,
    /// Of optionals.
    Optional,
    /// Of IP addresses.
    Ip,
    /// Of ranges of IP addresses.
    Cidr,
}

/// A range of IP addresses: an address and how many of its leading bits count.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Cidr {
    /// The address as written, bits beyond the prefix included.
    pub address: IpAddr,
    /// At most 32 for IPv4, 128 for IPv6.
    pub prefix: u8,
}

/// A list, wherever its elements are.
#[derive(Clone, Copy, Debug)]
pub enum List<'a> {
    /// Of attribute values.
    Data(&'a [Data]),
    /// Of strings, as a principal's roles are.
    Strings(&'a [Box<str>]),
    /// Built by the expression.
    Built(&'a [Value<'a>]),
}

/// A map, wherever its entries are.
#[derive(Clone, Copy, Debug)]
pub enum Map<'a> {
    /// An attribute object.
    Fields(&'a Fields),
    /// Few named values, with unique names.
    Pairs(&'a [(&'a str, Value<'a>)]),
    /// Built by the expression: keys are booleans, numbers or strings, and differ.
    Built(&'a [(Value<'a>, Value<'a>)]),
}

impl Type {
    /// Every type; positions are codes: append only.
    pub(crate) const ALL: [Type; 15] = [
        Type::Null,
        Type::Bool,
        Type::Int,
        Type::UInt,
        Type::Double,
        Type::String,
        Type::Bytes,
        Type::List,
        Type::Map,
        Type::Timestamp,
        Type::Duration,
        Type::Type,
        Type::Optional,
        Type::Ip,
        Type::Cidr,
    ];

    /// CEL's name for it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Type::Null => "null_type",
            Type::Bool => "bool",
            Type::Int => "int",
            Type::UInt => "uint",
            Type::Double => "double",
            Type::String => "string",
            Type::Bytes => "bytes",
            Type::List => "list",
            Type::Map => "map",
            Type::Timestamp => "google.protobuf.Timestamp",
            Type::Duration => "google.protobuf.Duration",
            Type::Type => "type",
            Type::Optional => "optional_type",
            Type::Ip => "net.IP",
            Type::Cidr => "net.CIDR",
        }
    }
}

impl Value<'_> {
    /// Its type.
    #[must_use]
    pub fn type_of(self) -> Type {
        match self {
            Value::Null => Type::Null,
            Value::Bool(_) => Type::Bool,
            Value::Int(_) => Type::Int,
            Value::UInt(_) => Type::UInt,
            Value::Double(_) => Type::Double,
            Value::Str(_) => Type::String,
            Value::Bytes(_) => Type::Bytes,
            Value::List(_) => Type::List,
            Value::Map(_) => Type::Map,
            Value::Timestamp(_) => Type::Timestamp,
            Value::Duration(_) => Type::Duration,
            Value::Type(_) => Type::Type,
            Value::Optional(_) => Type::Optional,
            Value::Ip(_) => Type::Ip,
            Value::Cidr(_) => Type::Cidr,
        }
    }
}

impl<'a> From<&'a Data> for Value<'a> {
    fn from(data: &'a Data) -> Self {
        match data {
            Data::Null => Value::Null,
            Data::Bool(value) => Value::Bool(*value),
            Data::Int(value) => Value::Int(*value),
            Data::UInt(value) => Value::UInt(*value),
            Data::Double(value) => Value::Double(*value),
            Data::String(value) => Value::Str(value),
            Data::List(items) => Value::List(List::Data(items)),
            Data::Map(fields) => Value::Map(Map::Fields(fields)),
        }
    }
}

impl<'a> From<&'a Fields> for Map<'a> {
    fn from(fields: &'a Fields) -> Self {
        Map::Fields(fields)
    }
}

impl Default for Map<'_> {
    fn default() -> Self {
        Map::Pairs(&[])
    }
}

impl<'a> List<'a> {
    /// How many elements it has.
    #[must_use]
    pub fn len(self) -> usize {
        match self {
            List::Data(items) => items.len(),
            List::Strings(items) => items.len(),
            List::Built(items) => items.len(),
        }
    }

    /// Whether it has none.
    #[must_use]
    pub fn is_empty(self) -> bool {
        self.len() == 0
    }

    /// The element at a position.
    #[must_use]
    pub fn get(self, index: usize) -> Option<Value<'a>> {
        match self {
            List::Data(items) => items.get(index).map(Value::from),
            List::Strings(items) => items.get(index).map(|text| Value::Str(text)),
            List::Built(items) => items.get(index).copied(),
        }
    }

    /// Its elements in order.
    pub fn iter(self) -> impl Iterator<Item = Value<'a>> {
        (0..self.len()).filter_map(move |index| self.get(index))
    }
}

impl<'a> Map<'a> {
    /// How many entries it has.
    #[must_use]
    pub fn len(self) -> usize {
        match self {
            Map::Fields(fields) => fields.len(),
            Map::Pairs(pairs) => pairs.len(),
            Map::Built(entries) => entries.len(),
        }
    }

    /// Whether it has none.
    #[must_use]
    pub fn is_empty(self) -> bool {
        self.len() == 0
    }

    /// The value under a string.
    #[must_use]
    pub fn get(self, name: &str) -> Option<Value<'a>> {
        match self {
            Map::Fields(fields) => fields.get(name).map(Value::from),
            Map::Pairs(pairs) => pairs.iter().find(|(key, _)| same(key, name)).map(|(_, value)| *value),
            Map::Built(entries) => {
                entries.iter().find(|(key, _)| matches!(key, Value::Str(key) if *key == name)).map(|(_, value)| *value)
            }
        }
    }

    /// The string under a string, if it is one.
    pub(crate) fn text(self, name: &str) -> Option<&'a str> {
        match self {
            Map::Fields(fields) => fields.get(name)?.as_str(),
            Map::Pairs(pairs) => match pairs.iter().find(|(key, _)| same(key, name)) {
                Some((_, Value::Str(text))) => Some(text),
                _ => None,
            },
            Map::Built(_) => match self.get(name) {
                Some(Value::Str(text)) => Some(text),
                _ => None,
            },
        }
    }

    /// The entry at a position.
    #[must_use]
    #[inline(never)]
    pub fn entry(self, index: usize) -> Option<(Value<'a>, Value<'a>)> {
        match self {
            Map::Fields(fields) => {
                fields.as_slice().get(index).map(|(name, value)| (Value::Str(name), Value::from(value)))
            }
            Map::Pairs(pairs) => pairs.get(index).map(|(name, value)| (Value::Str(name), *value)),
            Map::Built(entries) => entries.get(index).copied(),
        }
    }

    /// Its entries.
    pub fn iter(self) -> impl Iterator<Item = (Value<'a>, Value<'a>)> {
        (0..self.len()).filter_map(move |index| self.entry(index))
    }
}
