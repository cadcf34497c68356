use granit_parser::{Event, Parser};
use tollgate_policy::source::tree::{Node, Value, read};
use tollgate_policy::source::{Diagnostics, SourceFile};

/// What must not change: values, and comments.
pub(super) struct Content {
    value: Owned,
    /// Sorted: where they stand may change.
    comments: Vec<String>,
}

/// A value with its spelling, where that can matter.
#[derive(Debug, PartialEq, Eq)]
enum Owned {
    Text(String),
    /// Kind and spelling of what is no text: readers may take `017` for different numbers.
    Other(&'static str, String),
    List(Vec<Owned>),
    /// Sorted by key: keys are unique, and mappings have no order.
    Map(Vec<(String, Owned)>),
}

/// Reads a file as the loader does, and its comments.
pub(super) fn content(file: &SourceFile) -> Result<Content, Diagnostics> {
    let value = read(file, |root, document| Some(owned(root, document.text)))?;
    let mut comments: Vec<String> = Parser::new_from_str(&file.text)
        .filter_map(|event| match event {
            Ok((Event::Comment(text, _), _)) => Some(text.trim_end().to_owned()),
            _ => None,
        })
        .collect();
    comments.sort();
    Ok(Content { value, comments })
}

/// Says what differs.
pub(super) fn compare(before: &Content, after: &Content) -> Result<(), &'static str> {
    if before.value != after.value {
        return Err("values would change");
    }
    if before.comments != after.comments {
        return Err("comments would change");
    }
    Ok(())
}

fn owned(node: &Node<'_>, text: &str) -> Owned {
    let spelling = || text.get(node.written.start..).and_then(|text| text.get(..node.written.len)).unwrap_or_default();
    match &node.value {
        Value::Text(text) => Owned::Text(text.to_string()),
        Value::List(items) => Owned::List(items.iter().map(|item| owned(item, text)).collect()),
        Value::Map(entries) => {
            let mut entries: Vec<_> =
                entries.iter().map(|(key, node)| (key.name.to_string(), owned(node, text))).collect();
            entries.sort_by(|(a, _), (b, _)| a.cmp(b));
            Owned::Map(entries)
        }
        other => Owned::Other(other.noun(), spelling().to_owned()),
    }
}
