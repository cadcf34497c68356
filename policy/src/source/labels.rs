use std::collections::BTreeMap;

use super::names::LABEL;
use super::node::{Node, Value};
use super::printable::shown;
use super::report::{InFile, Problem};
use super::value::text_within;

/// Most labels of one policy.
const MAX_LABELS: usize = 64;

/// Longest value of a label, in bytes.
const MAX_VALUE: usize = 256;

pub(super) fn read(node: &Node<'_>, file: &mut InFile<'_, '_>) -> Option<BTreeMap<String, String>> {
    let entries = match &node.value {
        Value::Map(entries) if (1..=MAX_LABELS).contains(&entries.len()) => entries,
        Value::Map(entries) if entries.is_empty() => {
            file.refuse(node.at, "`labels` is empty; add a label or remove the field");
            return None;
        }
        Value::Map(_) => {
            file.refuse(node.at, format!("`labels` has more than {MAX_LABELS} labels; remove some"));
            return None;
        }
        other => {
            let problem = Problem::new(format!("`labels` is a mapping, not {}", other.noun()));
            file.refuse(node.at, problem.help("write it as `{team: documents}`"));
            return None;
        }
    };
    let mut labels = BTreeMap::new();
    for (key, node) in entries {
        let value = text_within(node, &format!("label {}", shown(&key.name)), MAX_VALUE, file);
        match LABEL.refusal(&key.name) {
            Some(refusal) => file.refuse(key.at, refusal),
            None => labels.extend(value.map(|value| (key.name.to_string(), value.to_owned()))),
        }
    }
    (labels.len() == entries.len()).then_some(labels)
}
