use std::collections::HashMap;

use crate::set::budget::{Limit, Pattern, ScopeKind, Unit, Whose, Window};
use crate::source::assembly::Assembly;
use crate::source::location::Place;
use crate::source::mapping::{Mapping, Shape};
use crate::source::names::{CHARGED, CHARGED_PATTERN, MODEL, NameRule, PROVIDER};
use crate::source::node::{Node, Value};
use crate::source::printable::shown;
use crate::source::report::{InFile, Problem};
use crate::source::value::{choice, name};

use super::number::whole;

pub(in crate::source) const LIMIT: Shape =
    Shape { noun: "a limit", fields: &["scope", "name", "match", "window", "tokens", "microDollars"], planned: &[] };

/// Most limits of an environment.
const MAX_LIMITS: usize = 1 << 16;

/// Most of them with patterns: each call is matched with all that could concern it.
const MAX_PATTERNS: usize = 256;

/// What no two limits of an environment share.
type Key = (ScopeKind, Option<String>, Window, Unit);

/// The field `limits`; limits that are refused are left out.
pub(super) fn decode_all(node: &Node<'_>, file: &mut InFile<'_, '_>, assembly: &mut Assembly) -> Option<Vec<Limit>> {
    let nodes = match &node.value {
        Value::List(nodes) if nodes.len() > MAX_LIMITS => {
            let count = nodes.len();
            file.refuse(node.at, format!("`limits` has {count} items, the limit is {MAX_LIMITS}; use patterns"));
            return None;
        }
        // Then calls are only counted.
        Value::List(nodes) => nodes,
        other => {
            let noun = other.noun();
            file.refuse(node.at, format!("`limits` is a list, not {noun}; start each limit with `- `"));
            return None;
        }
    };
    let mut known: HashMap<Key, Place> = HashMap::with_capacity(nodes.len());
    let mut limits = Vec::with_capacity(nodes.len());
    let mut patterns = 0;
    for node in nodes {
        let Some(limit) = decode(node, file, assembly) else { continue };
        if let Whose::Matching(_) = limit.whose {
            patterns += 1;
            if patterns == MAX_PATTERNS + 1 {
                let message = format!("these limits have more than {MAX_PATTERNS} patterns; remove some");
                file.refuse(node.at, Problem::new(message).help("limits by `name` are found faster, and may be more"));
            }
        }
        let place = file.place(node.at);
        match known.get(&key(&limit)) {
            Some(first) => {
                let (scope, window, unit) = (limit.scope.name(), limit.window.name(), limit.unit.name());
                let whose = match &limit.whose {
                    Whose::Each if limit.scope == ScopeKind::Global => "all calls".to_owned(),
                    Whose::Each => format!("each {scope}"),
                    Whose::Named(name) => format!("{scope} {}", shown(name)),
                    Whose::Matching(pattern) => format!("{scope} {}", shown(pattern.text())),
                };
                let message = format!("the `{unit}` per {window} of {whose} are already limited at");
                file.report.refuse(place, Problem::new(message).other(*first, "; remove one of the two"));
            }
            None => {
                known.insert(key(&limit), place);
                limits.push(limit);
            }
        }
    }
    Some(limits)
}

/// Names and patterns differ in that only patterns have a `*`.
fn key(limit: &Limit) -> Key {
    let whose = match &limit.whose {
        Whose::Each => None,
        Whose::Named(name) => Some(name.clone()),
        Whose::Matching(pattern) => Some(pattern.text().to_owned()),
    };
    (limit.scope, whose, limit.window, limit.unit)
}

fn decode(node: &Node<'_>, file: &mut InFile<'_, '_>, assembly: &mut Assembly) -> Option<Limit> {
    let limit = Mapping::read(node, &LIMIT, file)?;
    let scope = limit.require("scope", file).and_then(|node| choice(node, "`scope`", &ScopeKind::NAMES, file));
    let window = match limit.get("window") {
        Some(node) => choice(node, "`window`", &Window::NAMES, file),
        None => Some(Window::default()),
    };
    let most = limit.one_of(&["tokens", "microDollars"], file).and_then(|(field, node)| {
        let unit = if field == "tokens" { Unit::Tokens } else { Unit::MicroDollars };
        let help = match unit {
            Unit::Tokens => "write all digits of the number of tokens, such as `1000000`",
            Unit::MicroDollars => "a dollar has a million of them: for $2.50 write 2500000",
        };
        Some((unit, whole(node, &format!("`{field}`"), 0..=Limit::MOST, help, file)?))
    });
    let whose = whose(&limit, scope, file, assembly);
    let ((unit, most), scope) = (most?, scope?);
    Some(Limit { scope, whose: whose?, window: window?, unit, most })
}

fn whose(
    limit: &Mapping<'_, '_>,
    scope: Option<ScopeKind>,
    file: &mut InFile<'_, '_>,
    assembly: &mut Assembly,
) -> Option<Whose> {
    let node = match (limit.get("name"), limit.get("match")) {
        (None, None) => return Some(Whose::Each),
        (Some(_), Some(node)) => {
            file.refuse(node.at, "a limit has `name` or `match`, not both; remove one of the two");
            return None;
        }
        (Some(node), None) | (None, Some(node)) => node,
    };
    if scope == Some(ScopeKind::Global) {
        file.refuse(node.at, "a limit for `global` is for all calls together, which have no name; remove this field");
        return None;
    }
    if limit.get("match").is_some() {
        return pattern(node, scope, file, assembly).map(Whose::Matching);
    }
    let rule: &NameRule = match scope {
        Some(ScopeKind::Model) => &MODEL,
        Some(ScopeKind::Provider) => &PROVIDER,
        _ => &CHARGED,
    };
    if let Value::Text(text) = &node.value
        && text.contains('*')
    {
        let problem = Problem::new("`name` has a `*`, and names exactly one; write `match` for a pattern");
        file.refuse(node.at, problem);
        return None;
    }
    let name = name(node, "`name`", rule, file)?;
    let place = file.place(node.at);
    match scope {
        Some(ScopeKind::Model) => assembly.budgets.models_referred_to.add(name, place),
        Some(ScopeKind::Provider) => assembly.budgets.providers_referred_to.add(name, place),
        Some(ScopeKind::User) => assembly.budgets.users.push((name.to_owned(), place)),
        _ => {}
    }
    Some(Whose::Named(name.to_owned()))
}

fn pattern(
    node: &Node<'_>,
    scope: Option<ScopeKind>,
    file: &mut InFile<'_, '_>,
    assembly: &mut Assembly,
) -> Option<Pattern> {
    let text = name(node, "`match`", &CHARGED_PATTERN, file)?;
    if text.bytes().all(|byte| byte == b'*') {
        let problem =
            format!("`{text}` fits every name; leave `match` out, and the limit is for each that has no other");
        file.refuse(node.at, Problem::new(problem));
        return None;
    }
    let pattern = Pattern::new(text)?;
    match scope {
        Some(kind @ (ScopeKind::Model | ScopeKind::Provider)) => {
            assembly.budgets.patterns.push((kind, pattern.clone(), file.place(node.at)));
        }
        Some(ScopeKind::User) => assembly.budgets.users.push((text.to_owned(), file.place(node.at))),
        _ => {}
    }
    Some(pattern)
}
