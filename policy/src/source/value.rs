use std::collections::HashSet;

use crate::set::Names;

use super::mapping::listed;
use super::names::NameRule;
use super::node::{Node, Value};
use super::printable::shown;
use super::report::{InFile, Problem};
use super::suggest::closest;

/// Most items of a list: roles of a policy, hosts of a route.
const MAX_ITEMS: usize = 256;

/// A string that is not empty. `what` is what messages call it, such as "`name`".
pub fn text<'n>(node: &'n Node<'_>, what: &str, file: &mut InFile<'_, '_>) -> Option<&'n str> {
    let problem = match &node.value {
        Value::Text(text) if text.trim().is_empty() => format!("{what} is empty; write a value"),
        Value::Text(text) => return Some(text),
        Value::Null => format!("{what} has no value; write a string"),
        Value::Bool(_) | Value::Int(_) | Value::UInt(_) | Value::Double(_) => {
            format!("{what} is a string, not {}; put the value in quotes", node.value.noun())
        }
        Value::List(_) | Value::Map(_) => format!("{what} is a string, not {}", node.value.noun()),
    };
    file.refuse(node.at, problem);
    None
}

/// A string of at most so many bytes.
pub fn text_within<'n>(node: &'n Node<'_>, what: &str, max_len: usize, file: &mut InFile<'_, '_>) -> Option<&'n str> {
    let text = text(node, what, file)?;
    if text.len() > max_len {
        file.refuse(node.at, format!("{what} is longer than {max_len} bytes; shorten it"));
        return None;
    }
    Some(text)
}

/// `true` or `false`.
pub(super) fn truth(node: &Node<'_>, what: &str, file: &mut InFile<'_, '_>) -> Option<bool> {
    if let Value::Bool(value) = node.value {
        return Some(value);
    }
    file.refuse(node.at, format!("{what} is `true` or `false`, not {}", node.value.noun()));
    None
}

/// A name that follows a rule.
pub(super) fn name<'n>(node: &'n Node<'_>, what: &str, rule: &NameRule, file: &mut InFile<'_, '_>) -> Option<&'n str> {
    let name = text(node, what, file)?;
    if let Some(refusal) = rule.refusal(name) {
        file.refuse(node.at, refusal);
        return None;
    }
    Some(name)
}

/// One of a few words.
pub fn choice<T: Copy>(
    node: &Node<'_>,
    what: &str,
    choices: &[(&'static str, T)],
    file: &mut InFile<'_, '_>,
) -> Option<T> {
    let words: Vec<&str> = choices.iter().map(|(word, _)| *word).collect();
    let Value::Text(text) = &node.value else {
        file.refuse(node.at, format!("{what} is one of {}, not {}", listed(&words), node.value.noun()));
        return None;
    };
    if let Some((_, chosen)) = choices.iter().find(|(word, _)| word == text) {
        return Some(*chosen);
    }
    let meant = closest(text, words.iter().copied()).map(|meant| format!("; did you mean `{meant}`?"));
    let message = format!("{what} is one of {}, not {}{}", listed(&words), shown(text), meant.unwrap_or_default());
    file.refuse(node.at, message);
    None
}

/// The items of a list that is neither empty nor too long. `example` is shown where it is not a list.
pub fn items<'n, 't>(
    node: &'n Node<'t>,
    what: &str,
    example: &str,
    file: &mut InFile<'_, '_>,
) -> Option<&'n [Node<'t>]> {
    let problem = match &node.value {
        Value::List(items) if items.is_empty() => format!("{what} is an empty list; add an item"),
        Value::List(items) if items.len() > MAX_ITEMS => {
            format!("{what} has {} items, the limit is {MAX_ITEMS}; split the entry into several", items.len())
        }
        Value::List(items) => return Some(items),
        Value::Null => format!("{what} has no value; write a list such as `{example}`"),
        _ => format!("{what} is a list, not {}; write it as `{example}`", node.value.noun()),
    };
    file.refuse(node.at, problem);
    None
}

/// A list of strings without repetition, each read by `item`.
pub fn distinct(
    node: &Node<'_>,
    what: &str,
    example: &str,
    file: &mut InFile<'_, '_>,
    mut item: impl FnMut(&Node<'_>, &mut InFile<'_, '_>) -> Option<String>,
) -> Option<Vec<String>> {
    let nodes = items(node, what, example, file)?;
    let mut seen = HashSet::with_capacity(nodes.len());
    let mut values = Vec::with_capacity(nodes.len());
    for node in nodes {
        let Some(value) = item(node, file) else { continue };
        if seen.insert(value.clone()) {
            values.push(value);
        } else {
            file.refuse(node.at, format!("{} is listed twice in {what}; remove one of the two", shown(&value)));
        }
    }
    (values.len() == nodes.len()).then_some(values)
}

/// A list of names, or the wildcard, which stands alone.
pub(super) fn names(
    node: &Node<'_>,
    what: &str,
    example: &str,
    rule: &NameRule,
    file: &mut InFile<'_, '_>,
) -> Option<Names> {
    let is_wildcard = |node: &Node<'_>| matches!(&node.value, Value::Text(text) if text == "*");
    if let Value::List(items) = &node.value
        && let Some(wildcard) = items.iter().find(|item| is_wildcard(item))
    {
        if items.len() == 1 {
            return Some(Names::Any);
        }
        let problem = Problem::new(format!(
            "`\"*\"` stands alone in {what}; remove the other names, or give them a policy of their own"
        ));
        file.refuse(wildcard.at, problem.help("write `[\"*\"]`, or list names without it"));
        return None;
    }
    distinct(node, what, example, file, |item, file| {
        Some(name(item, &format!("an item of {what}"), rule, file)?.to_owned())
    })
    .map(Names::Of)
}
