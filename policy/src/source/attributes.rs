use crate::data::{Data, Fields};

use super::node::{Key, Node, Value};
use super::printable::shown;
use super::report::{InFile, Problem};

/// Deepest nesting of attribute values.
const MAX_DEPTH: usize = 16;

/// Most bytes of an attribute's name.
const MAX_NAME: usize = 256;

/// What conditions read of every principal, so that no attribute can be called the same.
const BUILT_IN: &[&str] = &["id", "roles", "attr"];

/// The attributes of a principal.
pub(super) fn read(node: &Node<'_>, file: &mut InFile<'_, '_>) -> Option<Fields> {
    let entries = match &node.value {
        Value::Map(entries) if !entries.is_empty() => entries,
        Value::Map(_) => {
            file.refuse(node.at, "`attr` is empty; add an attribute or remove the field");
            return None;
        }
        other => {
            let problem = Problem::new(format!("`attr` is a mapping, not {}", other.noun()));
            file.refuse(node.at, problem.help("write it as `{department: legal}`"));
            return None;
        }
    };
    for (key, _) in entries {
        if BUILT_IN.contains(&&*key.name) {
            let name = &key.name;
            file.refuse(
                key.at,
                format!(
                    "no attribute can be called `{name}`: in conditions, `principal.{name}` is built in; rename it"
                ),
            );
        }
    }
    fields(entries, 1, file)
}

fn fields(entries: &[(Key<'_>, Node<'_>)], depth: usize, file: &mut InFile<'_, '_>) -> Option<Fields> {
    let mut members = Vec::with_capacity(entries.len());
    for (key, node) in entries {
        if key.name.is_empty() || key.name.len() > MAX_NAME {
            file.refuse(key.at, format!("an attribute name has 1 to {MAX_NAME} bytes; rename it"));
        }
        if let Some(value) = data(node, depth, file) {
            members.push((Box::from(&*key.name), value));
        }
    }
    // The parser refuses repeated keys.
    (members.len() == entries.len()).then(|| Fields::new(members).ok()).flatten()
}

/// A value, `depth` levels deep.
pub(super) fn data(node: &Node<'_>, depth: usize, file: &mut InFile<'_, '_>) -> Option<Data> {
    if depth > MAX_DEPTH {
        file.refuse(node.at, format!("attributes nest deeper than {MAX_DEPTH} levels; flatten them"));
        return None;
    }
    if !is_plain(node, file) {
        return None;
    }
    Some(match &node.value {
        Value::Null => Data::Null,
        Value::Bool(value) => Data::Bool(*value),
        Value::Int(value) => Data::Int(*value),
        Value::UInt(value) => Data::UInt(*value),
        Value::Double(value) => Data::from_double(*value),
        Value::Text(text) => Data::String(Box::from(&**text)),
        Value::List(items) => {
            let values: Vec<Data> = items.iter().filter_map(|item| data(item, depth + 1, file)).collect();
            (values.len() == items.len()).then(|| Data::List(values.into()))?
        }
        Value::Map(entries) => Data::Map(fields(entries, depth + 1, file)?),
    })
}

/// Whether a value is spelt in a way that every reader takes for the same; says so if it is not.
pub(super) fn is_plain(node: &Node<'_>, file: &mut InFile<'_, '_>) -> bool {
    let spelling =
        file.text.get(node.written.start..).and_then(|text| text.get(..node.written.len)).unwrap_or_default();
    let problem = surprising(&node.value, spelling);
    let is_plain = problem.is_none();
    if let Some(problem) = problem {
        file.refuse(node.at, problem);
    }
    is_plain
}

/// Spellings that readers of YAML take for different values: `017`, `1_000`, `0x10`, `TRUE`. Only JSON's have one reading.
fn surprising(value: &Value<'_>, spelling: &str) -> Option<Problem> {
    let plain = match value {
        Value::Bool(_) => matches!(spelling, "true" | "false"),
        Value::Null => matches!(spelling, "null" | "~" | ""),
        Value::Int(_) | Value::UInt(_) => is_integer(spelling),
        // A double here is an integer that no 64 bits hold.
        Value::Double(_) if is_integer(spelling) => {
            let problem = Problem::new(format!("{} is too large for an exact number", shown(spelling)));
            return Some(problem.help("put it in quotes if it is an identifier"));
        }
        Value::Double(_) => is_decimal(spelling),
        Value::Text(_) | Value::List(_) | Value::Map(_) => true,
    };
    (!plain).then(|| {
        let problem = Problem::new(format!("{} can be read in more than one way", shown(spelling)));
        problem.help("put it in quotes if it is text; otherwise write it as JSON does: `true`, `null`, `15`, `1000`")
    })
}

fn is_integer(spelling: &str) -> bool {
    let digits = spelling.strip_prefix('-').unwrap_or(spelling);
    digits == "0" || (!digits.starts_with('0') && is_digits(digits))
}

fn is_decimal(spelling: &str) -> bool {
    let (mantissa, exponent) = match spelling.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, Some(exponent.strip_prefix(['+', '-']).unwrap_or(exponent))),
        None => (spelling, None),
    };
    let (whole, fraction) = match mantissa.split_once('.') {
        Some((whole, fraction)) => (whole, Some(fraction)),
        None => (mantissa, None),
    };
    is_integer(whole) && fraction.is_none_or(is_digits) && exponent.is_none_or(is_digits)
}

fn is_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}
