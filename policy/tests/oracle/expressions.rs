//! Random expressions over the vocabulary of the random requests.

use std::fmt::Write as _;

use super::super::cases::{HEADERS, NAMES, Random, TEXTS};

/// An expression that usually is a boolean. `variables` is how many macro variables are in scope.
pub(crate) fn boolean(random: &mut Random, depth: usize, variables: usize) -> String {
    if depth == 0 {
        return match random.below(6) {
            0 => "true".to_owned(),
            1 => "false".to_owned(),
            2 => attribute(random),
            3 => format!("has({})", selection(random)),
            4 => format!("'{}' in request.headers", random.pick(&HEADERS)),
            _ => "has(resource.id)".to_owned(),
        };
    }
    let sub = |random: &mut Random| boolean(random, depth - 1, variables);
    let value = |random: &mut Random| value(random, depth - 1, variables);
    match random.below(14) {
        0 | 1 => format!("({} && {})", sub(random), sub(random)),
        2 | 3 => format!("({} || {})", sub(random), sub(random)),
        4 => format!("({} && {} && {})", sub(random), sub(random), sub(random)),
        5 => format!("!{}", paren(&sub(random))),
        6 => format!("({} ? {} : {})", sub(random), sub(random), sub(random)),
        7 | 8 => {
            let operator = random.pick(&["==", "!=", "<", "<=", ">", ">="]);
            format!("({} {operator} {})", value(random), value(random))
        }
        9 => format!("({} in {})", value(random), range(random, depth - 1, variables)),
        10 => {
            let function = random.pick(&["startsWith", "endsWith", "contains"]);
            format!("{}.{function}({})", paren(&value(random)), value(random))
        }
        11 | 12 => {
            let range = range(random, depth - 1, variables);
            let function = random.pick(&["exists", "all"]);
            let body = boolean(random, depth - 1, variables + 1);
            format!("{}.{function}(v{variables}, {body})", paren(&range))
        }
        // Not a boolean, most of the time.
        _ => value(random),
    }
}

fn value(random: &mut Random, depth: usize, variables: usize) -> String {
    if variables > 0 && random.one_in(2) {
        return format!("v{}", random.below(variables));
    }
    if depth == 0 {
        return match random.below(12) {
            0 => format!("'{}'", random.pick(&TEXTS)),
            1 => format!("{}", random.below(4)),
            2 => format!("-{}", random.below(3)),
            3 => random.pick(&["0.5", "2.0", "1u", "null", "true", "9223372036854775807"]).to_owned(),
            4 => "principal.id".to_owned(),
            5 => random
                .pick(&["resource.kind", "resource.id", "request.method", "request.path", "request.host"])
                .to_owned(),
            6 => format!("request.headers['{}']", random.pick(&HEADERS)),
            7 => random.pick(&["principal.roles", "principal.attr", "resource.attr"]).to_owned(),
            _ => attribute(random),
        };
    }
    let sub = |random: &mut Random| value(random, depth - 1, variables);
    match random.below(6) {
        0 | 1 => {
            let operator = random.pick(&["+", "-", "*", "/", "%"]);
            format!("({} {operator} {})", sub(random), sub(random))
        }
        2 => format!("size({})", sub(random)),
        3 => format!("{}[{}]", paren(&range(random, depth - 1, variables)), sub(random)),
        4 => format!("({} ? {} : {})", boolean(random, depth - 1, variables), sub(random), sub(random)),
        _ => sub(random),
    }
}

/// Something to look into: a list or a map, most of the time.
fn range(random: &mut Random, depth: usize, variables: usize) -> String {
    match random.below(5) {
        0 => "principal.roles".to_owned(),
        1 => random.pick(&["principal.attr", "resource.attr"]).to_owned(),
        2 => {
            let mut list = "[".to_owned();
            for index in 0..random.below(4) {
                let comma = if index > 0 { ", " } else { "" };
                write!(list, "{comma}{}", value(random, depth.min(1), variables)).unwrap();
            }
            list + "]"
        }
        _ => attribute(random),
    }
}

fn attribute(random: &mut Random) -> String {
    if random.one_in(5) {
        return format!("{}['{}']", root(random), random.pick(&NAMES));
    }
    selection(random)
}

/// What `has()` accepts.
fn selection(random: &mut Random) -> String {
    let selection = format!("{}.{}", root(random), random.pick(&NAMES));
    if random.one_in(5) { format!("{selection}.{}", random.pick(&NAMES)) } else { selection }
}

fn root(random: &mut Random) -> &'static str {
    random.pick(&["principal", "resource", "principal.attr", "resource.attr"])
}

fn paren(expression: &str) -> String {
    format!("({expression})")
}
