//! What is said of names and functions that there are not: what the author probably meant.

use cel_interpreter::common::ast::{CallExpr, IdedExpr};

use super::Lowering;
use crate::condition::functions::Style;
use crate::condition::{ConditionProblem, check, environment};
use crate::source::tree::closest;

/// Most functions that a message lists.
const MAX_LISTED: usize = 8;

const ROOTS: [&str; 4] = ["principal", "resource", "request", "variables"];

/// What other systems call what conditions read, and words of other languages.
const NAMES: &[(&str, &str)] = &[
    ("user", "principal"),
    ("subject", "principal"),
    ("actor", "principal"),
    ("caller", "principal"),
    ("identity", "principal"),
    ("token", "principal"),
    ("claims", "principal"),
    ("jwt", "principal"),
    ("me", "principal"),
    ("object", "resource"),
    ("res", "resource"),
    ("req", "request"),
    ("http", "request"),
    ("context", "request"),
    ("now", "request.time"),
    ("time", "request.time"),
    ("method", "request.method"),
    ("path", "request.path"),
    ("headers", "request.headers"),
    ("roles", "principal.roles"),
    ("True", "true"),
    ("TRUE", "true"),
    ("False", "false"),
    ("FALSE", "false"),
    ("None", "null"),
    ("nil", "null"),
    ("NULL", "null"),
    ("Null", "null"),
    ("undefined", "null"),
];

/// What other languages call functions, and how that is written here.
const FUNCTIONS: &[(&str, &str)] = &[
    ("len", "size(x)"),
    ("length", "size(x)"),
    ("count", "size(x)"),
    ("isEmpty", "size(x) == 0"),
    ("beginsWith", "x.startsWith('…')"),
    ("hasPrefix", "x.startsWith('…')"),
    ("hasSuffix", "x.endsWith('…')"),
    ("includes", "x.contains('…')`, or `'…' in list"),
    ("containsAny", "list.exists(x, x in ['…'])"),
    ("containsAll", "['…'].all(x, x in list)"),
    ("hasRole", "'…' in principal.roles"),
    ("toLower", "x.lowerAscii()"),
    ("toLowerCase", "x.lowerAscii()"),
    ("lower", "x.lowerAscii()"),
    ("lowercase", "x.lowerAscii()"),
    ("toUpper", "x.upperAscii()"),
    ("toUpperCase", "x.upperAscii()"),
    ("upper", "x.upperAscii()"),
    ("any", "list.exists(x, …)"),
    ("some", "list.exists(x, …)"),
    ("every", "list.all(x, …)"),
    ("find", "x.indexOf('…')`, or `list.exists(x, …)"),
    ("where", "list.filter(x, …)"),
    ("now", "request.time"),
    ("regex", "x.matches('…')"),
    ("match", "x.matches('…')"),
    ("test", "x.matches('…')"),
    ("str", "string(x)"),
    ("toString", "string(x)"),
    ("toInt", "int(x)"),
    ("number", "int(x)"),
    ("parseInt", "int(x)"),
    ("float", "double(x)"),
    ("date", "timestamp('2026-01-31T00:00:00Z')"),
    ("datetime", "timestamp('2026-01-31T00:00:00Z')"),
    ("strip", "x.trim()"),
    ("equals", "a == b"),
    ("default", "resource.?name.orValue('…')"),
    ("coalesce", "resource.?name.orValue('…')"),
    ("typeof", "type(x)"),
    ("inCidr", "cidr('…').containsIP(x)"),
    ("inRange", "cidr('…').containsIP(x)"),
];

/// Macros, and how they are written.
const MACROS: &[(&str, &str)] = &[
    ("has", "has(resource.ownerId)"),
    ("all", "list.all(x, x != 'a')"),
    ("exists", "list.exists(x, x == 'a')"),
    ("exists_one", "list.exists_one(x, x == 'a')"),
    ("filter", "list.filter(x, x != 'a')"),
    ("map", "list.map(x, x + 'a')"),
    ("sortBy", "list.sortBy(x, x.name)"),
    ("transformList", "list.transformList(i, x, x)"),
    ("transformMap", "map.transformMap(key, value, value)"),
    ("optMap", "resource.?name.optMap(x, x + 'a')"),
    ("optFlatMap", "resource.?name.optFlatMap(x, x.?first)"),
    ("bind", "cel.bind(name, value, name == 'a')"),
    ("orValue", "resource.?name.orValue('a')"),
];

impl Lowering<'_> {
    pub(super) fn unknown_name(&self, name: &str, at: &IdedExpr) -> ConditionProblem {
        let variables = &self.environment.variables;
        let synonym = NAMES.iter().find(|(other, _)| *other == name).map(|(_, meant)| *meant);
        let root = ROOTS.into_iter().find(|root| root.eq_ignore_ascii_case(name)).or_else(|| closest(name, ROOTS));
        let message = if let Some(hyphenated) = self.hyphenated(at) {
            format!("`-` subtracts here; write a name that has one in brackets: `{hyphenated}`")
        } else if let Some(variable) = variables.keys().find(|variable| *variable == name) {
            format!("unknown name `{name}`; the variable is read as `variables.{variable}`")
        } else if let Some(meant) = synonym.or(root) {
            format!("unknown name `{name}`; did you mean `{meant}`?")
        } else {
            format!(
                "unknown name `{name}`; write `resource.{name}` or `principal.{name}` for an attribute, `'{name}'` for a string"
            )
        };
        self.problem(at, message)
    }

    /// What a name after a hyphen was meant to be part of: `request.headers['x-user-id']`.
    fn hyphenated(&self, at: &IdedExpr) -> Option<String> {
        let source = self.parsed.source();
        let part = |character: char| character.is_ascii_alphanumeric() || matches!(character, '_' | '-' | '.');
        let start = self.parsed.token(at).start;
        let before = source.get(..start)?.strip_suffix('-')?;
        let begin = before.trim_end_matches(part).len();
        let rest = source.get(begin..)?;
        let whole = rest.get(..rest.find(|character| !part(character)).unwrap_or(rest.len()))?;
        let (of, name) = whole.get(..whole.find('-')?)?.rsplit_once('.')?;
        let name = name.to_owned() + whole.get(whole.find('-')?..)?;
        let is_header = of == "request.headers"
            || of == "request.query"
            || of.starts_with("resource")
            || of.starts_with("principal");
        is_header.then(|| format!("{of}['{name}']"))
    }

    pub(super) fn unknown_function(&self, call: &CallExpr, at: &IdedExpr) -> ConditionProblem {
        let name = call.func_name.as_str();
        let given = call.args.len();
        let style = if call.target.is_some() { Style::Method } else { Style::Global };
        if let Some((_, example)) = MACROS.iter().find(|(other, _)| *other == name) {
            return self.problem(at, format!("`{name}` is not written like this; write it as in `{example}`"));
        }
        if let Some(problem) = self.unknown_in_namespace(call, at) {
            return problem;
        }
        let counts = check::arities(name, style);
        if !counts.is_empty() {
            let receiver = usize::from(call.target.is_some());
            let takes = match counts.iter().map(|count| count.saturating_sub(receiver)).collect::<Vec<_>>().as_slice() {
                [0] => "no arguments".to_owned(),
                [1] => "one argument".to_owned(),
                counts => format!("{} arguments", counts.iter().map(usize::to_string).collect::<Vec<_>>().join(" or ")),
            };
            return self.problem(at, format!("`{name}` takes {takes}, not {given}"));
        }
        let message = match style {
            Style::Global if !check::arities(name, Style::Method).is_empty() => {
                let first = call.args.first().map_or("x", |first| self.parsed.text(first));
                format!("`{name}` is called on a value; write `{first}.{name}(…)`")
            }
            Style::Method if !check::arities(name, Style::Global).is_empty() => {
                let of = call.target.as_deref().map_or("x", |target| self.parsed.text(target));
                format!("`{name}` is not called on a value; write `{name}({of})`")
            }
            _ => format!("unknown function `{name}`{}", meant(name, style)),
        };
        self.problem(at, message)
    }

    /// `math.absolute(x)` and `maths.abs(x)`.
    fn unknown_in_namespace(&self, call: &CallExpr, at: &IdedExpr) -> Option<ConditionProblem> {
        let segments = environment::segments(call.target.as_deref()?)?;
        let [namespace] = segments.as_slice() else { return None };
        if self.local(namespace).is_some() || ROOTS.contains(namespace) {
            return None;
        }
        let name = format!("{namespace}.{}", call.func_name);
        let qualified: Vec<&str> = check::function_names(Style::Global).filter(|known| known.contains('.')).collect();
        if qualified.contains(&name.as_str()) {
            let counts = check::arities(&name, Style::Global);
            let counts: Vec<String> = counts.iter().map(usize::to_string).collect();
            return Some(
                self.problem(at, format!("`{name}` takes {} arguments, not {}", counts.join(" or "), call.args.len())),
            );
        }
        let prefix = format!("{namespace}.");
        let within: Vec<String> =
            qualified.iter().filter(|known| known.starts_with(&prefix)).map(|known| format!("`{known}`")).collect();
        let message = match (closest(&name, qualified.iter().copied()), within.as_slice()) {
            (Some(meant), _) => format!("unknown function `{name}`; did you mean `{meant}`?"),
            (None, []) => return None,
            (None, known) => {
                let listed = known.get(..MAX_LISTED).unwrap_or(known).join(", ");
                let others = if known.len() > MAX_LISTED { " and others" } else { "" };
                format!("unknown function `{name}`; there are {listed}{others}")
            }
        };
        Some(self.problem(at, message))
    }
}

fn meant(name: &str, style: Style) -> String {
    let synonym = FUNCTIONS.iter().find(|(other, _)| other.eq_ignore_ascii_case(name));
    if let Some((_, meant)) = synonym {
        return format!("; write `{meant}`");
    }
    let macros = MACROS.iter().map(|(name, _)| *name);
    let known = check::function_names(style).chain(macros).filter(|known| !known.starts_with('@'));
    closest(name, known).map(|meant| format!("; did you mean `{meant}`?")).unwrap_or_default()
}
