use std::borrow::Cow;
use std::fmt;

use serde::de::{self, Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_saphyr::{Location, Spanned};

use super::location::Mark;

/// Longest string of a policy file, in bytes.
pub(super) const MAX_STRING: usize = 8 << 10;

/// The error for a longer one.
pub(super) const TOO_LONG: &str = "string too long";

/// A value of a policy file, and where it stands.
#[derive(Debug)]
pub struct Node<'t> {
    /// Where the value is used: for an alias, the alias.
    pub at: Mark,
    /// Where the value is written: for an alias, what it stands for.
    pub written: Mark,
    /// The value.
    pub value: Value<'t>,
}

/// Where a value stands, without it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Spot {
    pub(super) at: Mark,
    pub(super) written: Mark,
}

/// What a node holds.
#[derive(Debug)]
pub enum Value<'t> {
    /// Nothing, or `null`.
    Null,
    /// A boolean.
    Bool(bool),
    /// A whole number.
    Int(i64),
    /// A whole number past `i64::MAX`.
    UInt(u64),
    /// Any other number.
    Double(f64),
    /// A string.
    Text(Cow<'t, str>),
    /// A list.
    List(Vec<Node<'t>>),
    /// A mapping, in the order of the file.
    Map(Vec<(Key<'t>, Node<'t>)>),
}

/// A key of a mapping; keys are unique in it.
#[derive(Debug)]
pub struct Key<'t> {
    /// Where it is written.
    pub at: Mark,
    /// The key.
    pub name: Cow<'t, str>,
}

impl Value<'_> {
    /// What it is, for messages.
    #[must_use]
    pub fn noun(&self) -> &'static str {
        match self {
            Value::Null => "nothing",
            Value::Bool(_) => "a boolean",
            Value::Int(_) | Value::UInt(_) | Value::Double(_) => "a number",
            Value::Text(_) => "a string",
            Value::List(_) => "a list",
            Value::Map(_) => "a mapping",
        }
    }
}

impl<'t> Node<'t> {
    pub(super) fn spot(&self) -> Spot {
        Spot { at: self.at, written: self.written }
    }

    fn of(spanned: Spanned<Value<'t>>) -> Self {
        let Spanned { value, referenced, defined } = spanned;
        Node { at: mark(referenced), written: mark(defined), value }
    }
}

fn mark(location: Location) -> Mark {
    let bytes = |offset: Option<u64>| offset.and_then(|offset| usize::try_from(offset).ok()).unwrap_or_default();
    Mark { start: bytes(location.span().byte_offset()), len: bytes(location.span().byte_len()) }
}

impl<'de> Deserialize<'de> for Node<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Spanned::deserialize(deserializer).map(Node::of)
    }
}

impl<'de> Deserialize<'de> for Key<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let Spanned { value: Name(name), referenced, .. } = Spanned::deserialize(deserializer)?;
        Ok(Key { at: mark(referenced), name })
    }
}

impl<'de> Deserialize<'de> for Value<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ValueVisitor)
    }
}

/// A key, borrowed from the text where it stands there as it is.
struct Name<'t>(Cow<'t, str>);

impl<'de> Deserialize<'de> for Name<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match deserializer.deserialize_str(ValueVisitor)? {
            Value::Text(name) => Ok(Name(name)),
            _ => Err(de::Error::custom("a key must be a string")),
        }
    }
}

fn bounded<E: de::Error>(text: Cow<'_, str>) -> Result<Value<'_>, E> {
    if text.len() > MAX_STRING {
        return Err(E::custom(TOO_LONG));
    }
    Ok(Value::Text(text))
}

struct ValueVisitor;

impl<'de> Visitor<'de> for ValueVisitor {
    type Value = Value<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_unit<E: de::Error>(self) -> Result<Value<'de>, E> {
        Ok(Value::Null)
    }

    fn visit_none<E: de::Error>(self) -> Result<Value<'de>, E> {
        Ok(Value::Null)
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value<'de>, D::Error> {
        Value::deserialize(deserializer)
    }

    fn visit_bool<E: de::Error>(self, value: bool) -> Result<Value<'de>, E> {
        Ok(Value::Bool(value))
    }

    fn visit_i64<E: de::Error>(self, value: i64) -> Result<Value<'de>, E> {
        Ok(Value::Int(value))
    }

    fn visit_u64<E: de::Error>(self, value: u64) -> Result<Value<'de>, E> {
        Ok(i64::try_from(value).map_or(Value::UInt(value), Value::Int))
    }

    fn visit_f64<E: de::Error>(self, value: f64) -> Result<Value<'de>, E> {
        Ok(Value::Double(value))
    }

    fn visit_borrowed_str<E: de::Error>(self, text: &'de str) -> Result<Value<'de>, E> {
        bounded(Cow::Borrowed(text))
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Value<'de>, E> {
        self.visit_string(text.to_owned())
    }

    fn visit_string<E: de::Error>(self, text: String) -> Result<Value<'de>, E> {
        bounded(Cow::Owned(text))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Value<'de>, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = list.next_element()? {
            items.push(item);
        }
        Ok(Value::List(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Value<'de>, A::Error> {
        let mut entries = Vec::new();
        while let Some(entry) = map.next_entry()? {
            entries.push(entry);
        }
        Ok(Value::Map(entries))
    }
}
