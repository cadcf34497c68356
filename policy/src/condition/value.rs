use crate::data::{Data, Fields};

/// A value during evaluation: a scalar, or borrowed from the request, the snapshot or the arena.
#[derive(Clone, Copy, Debug)]
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
    /// A map with string keys.
    Map(Map<'a>),
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
    pub(crate) fn len(self) -> usize {
        match self {
            List::Data(items) => items.len(),
            List::Strings(items) => items.len(),
            List::Built(items) => items.len(),
        }
    }

    pub(crate) fn get(self, index: usize) -> Option<Value<'a>> {
        match self {
            List::Data(items) => items.get(index).map(Value::from),
            List::Strings(items) => items.get(index).map(|text| Value::Str(text)),
            List::Built(items) => items.get(index).copied(),
        }
    }

    pub(crate) fn iter(self) -> impl Iterator<Item = Value<'a>> {
        (0..self.len()).filter_map(move |index| self.get(index))
    }
}

impl<'a> Map<'a> {
    pub(crate) fn len(self) -> usize {
        match self {
            Map::Fields(fields) => fields.len(),
            Map::Pairs(pairs) => pairs.len(),
        }
    }

    pub(crate) fn get(self, name: &str) -> Option<Value<'a>> {
        match self {
            Map::Fields(fields) => fields.get(name).map(Value::from),
            Map::Pairs(pairs) => pairs.iter().find(|(key, _)| *key == name).map(|(_, value)| *value),
        }
    }

    pub(crate) fn entry(self, index: usize) -> Option<(&'a str, Value<'a>)> {
        match self {
            Map::Fields(fields) => fields.as_slice().get(index).map(|(name, value)| (&**name, Value::from(value))),
            Map::Pairs(pairs) => pairs.get(index).copied(),
        }
    }

    pub(crate) fn iter(self) -> impl Iterator<Item = (&'a str, Value<'a>)> {
        (0..self.len()).filter_map(move |index| self.entry(index))
    }
}
