use granit_parser::ScalarStyle;
use serde_json::Value;

use super::layout::WIDTH;
use super::order::ordered;
use super::syntax::{Child, Document, Kind, Node, Scalar, Unsupported};

/// The canonical form of a JSON file.
pub(super) fn write(document: &Document) -> Result<String, Unsupported> {
    let Some(root) = &document.root else { return Ok(String::new()) };
    if !document.comments.is_empty() {
        return Err(unsupported("JSON has no comments; rename the file to `.yaml`, or remove them"));
    }
    let mut text = String::new();
    value(root, 0, &mut Vec::new(), &mut text)?;
    text.push('\n');
    Ok(text)
}

fn value<'d>(node: &'d Node, indent: usize, path: &mut Vec<&'d str>, text: &mut String) -> Result<(), Unsupported> {
    let line = one_line(node, path)?;
    let is_section = path.is_empty() || (path.len() == 1 && matches!(node.kind, Kind::List { .. }));
    if !is_section && indent + line.chars().count() <= WIDTH {
        text.push_str(&line);
        return Ok(());
    }
    let inner = " ".repeat(indent + 2);
    let mut separator = "\n";
    match &node.kind {
        Kind::List { items, .. } if !items.is_empty() => {
            text.push('[');
            for item in items {
                text.push_str(separator);
                text.push_str(&inner);
                value(&item.node, indent + 2, path, text)?;
                separator = ",\n";
            }
        }
        Kind::Map { entries, .. } if !entries.is_empty() => {
            text.push('{');
            for (key, child) in ordered(path, entries) {
                text.push_str(separator);
                text.push_str(&format!("{inner}{}: ", string(&key.value)));
                path.push(&key.value);
                value(&child.node, indent + 2, path, text)?;
                path.pop();
                separator = ",\n";
            }
        }
        _ => {
            text.push_str(&line);
            return Ok(());
        }
    }
    text.push('\n');
    text.push_str(&" ".repeat(indent));
    text.push(if matches!(node.kind, Kind::List { .. }) { ']' } else { '}' });
    Ok(())
}

fn one_line(node: &Node, path: &[&str]) -> Result<String, Unsupported> {
    if node.anchor.is_some() {
        return Err(unsupported("JSON has no anchors; rename the file to `.yaml`"));
    }
    match &node.kind {
        Kind::Alias(_) => Err(unsupported("JSON has no aliases; rename the file to `.yaml`")),
        Kind::Scalar(scalar) => self::scalar(scalar),
        Kind::List { items, .. } => {
            let items: Result<Vec<String>, _> = items.iter().map(|item| one_line(&item.node, path)).collect();
            Ok(format!("[{}]", items?.join(", ")))
        }
        Kind::Map { entries, .. } => {
            let one = |(key, child): &(Scalar, Child)| {
                let path: Vec<&str> = path.iter().copied().chain([key.value.as_str()]).collect();
                Ok(format!("{}: {}", string(&key.value), one_line(&child.node, &path)?))
            };
            let entries: Result<Vec<String>, _> = ordered(path, entries).into_iter().map(one).collect();
            Ok(format!("{{{}}}", entries?.join(", ")))
        }
    }
}

fn scalar(scalar: &Scalar) -> Result<String, Unsupported> {
    match scalar.style {
        ScalarStyle::Plain if serde_json::from_str::<Value>(&scalar.raw).is_ok() => Ok(scalar.raw.clone()),
        ScalarStyle::Plain => Err(unsupported("the file holds text without quotes; rename it to `.yaml`")),
        _ => Ok(string(&scalar.value)),
    }
}

fn string(text: &str) -> String {
    Value::from(text).to_string()
}

fn unsupported(reason: &'static str) -> Unsupported {
    Unsupported { line: 1, reason }
}
