use std::fmt::{self, Display as _, Write as _};

use super::{Data, List, Map, Value};

/// Elements of a list or map that are written.
const SHOWN: usize = 8;
/// Characters of a string that are written.
const CHARACTERS: usize = 80;
/// Levels of lists and maps that are written.
const LEVELS: usize = 4;

/// In CEL's own syntax where there is one; cut short, with `…`, where it is long.
impl fmt::Display for Value<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_value(*self, LEVELS, f)
    }
}

fn write_value(value: Value<'_>, levels: usize, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    match value {
        Value::Null => f.write_str("null"),
        Value::Bool(value) => value.fmt(f),
        Value::Int(value) => value.fmt(f),
        Value::UInt(value) => write!(f, "{value}u"),
        Value::Double(value) => write!(f, "{value:?}"),
        Value::Str(text) => write_text(text, f),
        Value::Bytes(bytes) => write!(f, "bytes of length {}", bytes.len()),
        Value::List(list) => write_list(list, levels, f),
        Value::Map(map) => write_map(map, levels, f),
        Value::Timestamp(time) => write!(f, "timestamp('{time}')"),
        Value::Duration(time) => write!(f, "duration('{time}')"),
        Value::Type(of) => f.write_str(of.name()),
        Value::Optional(None) => f.write_str("optional.none()"),
        Value::Optional(Some(value)) => {
            f.write_str("optional.of(")?;
            inner(*value, levels, f)?;
            f.write_char(')')
        }
        Value::Ip(address) => write!(f, "ip('{address}')"),
        Value::Cidr(range) => write!(f, "cidr('{}/{}')", range.address, range.prefix),
    }
}

fn inner(value: Value<'_>, levels: usize, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    match levels.checked_sub(1) {
        Some(levels) => write_value(value, levels, f),
        None => f.write_char('…'),
    }
}

fn write_text(text: &str, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    f.write_char('\'')?;
    for character in text.chars().take(CHARACTERS) {
        match character {
            '\'' => f.write_str("\\'")?,
            '\\' => f.write_str("\\\\")?,
            '\n' => f.write_str("\\n")?,
            other if other.is_control() => write!(f, "\\u{:04x}", u32::from(other))?,
            other => f.write_char(other)?,
        }
    }
    f.write_str(if text.chars().nth(CHARACTERS).is_some() { "…'" } else { "'" })
}

fn write_list(list: List<'_>, levels: usize, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    f.write_char('[')?;
    for (position, item) in list.iter().take(SHOWN).enumerate() {
        f.write_str(if position > 0 { ", " } else { "" })?;
        inner(item, levels, f)?;
    }
    f.write_str(if list.len() > SHOWN { ", …]" } else { "]" })
}

fn write_map(map: Map<'_>, levels: usize, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    f.write_char('{')?;
    for (position, (key, value)) in map.iter().take(SHOWN).enumerate() {
        f.write_str(if position > 0 { ", " } else { "" })?;
        inner(key, levels, f)?;
        f.write_str(": ")?;
        inner(value, levels, f)?;
    }
    f.write_str(if map.len() > SHOWN { ", …}" } else { "}" })
}

/// As the [`Value`] it is.
impl fmt::Display for Data {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Value::from(self).fmt(f)
    }
}
