//! The pages about the policy language name every function, and no other.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use crate::condition::check::function_names;
use crate::condition::eval::CONDITION_FUEL;
use crate::condition::functions::Style;

/// What is called like a function and is none: macros, and what computes its argument only where that is needed.
const LIKE_FUNCTIONS: [&str; 16] = [
    "all",
    "cel.bind",
    "exists",
    "existsOne",
    "exists_one",
    "filter",
    "has",
    "map",
    "optFlatMap",
    "optMap",
    "or",
    "orValue",
    "sortBy",
    "transformList",
    "transformMap",
    "transformMapEntry",
];

fn page(name: &str) -> String {
    let docs = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/policy-language");
    fs::read_to_string(docs.join(name)).unwrap()
}

/// Functions that no author can write.
fn is_public(name: &str) -> bool {
    !name.starts_with('@')
}

/// What a page calls, by the names that stand before brackets: between backticks, outside of literals.
fn called(text: &str) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    let mut fenced = false;
    for line in text.lines() {
        if line.starts_with("```") {
            fenced = !fenced;
        }
        let spans = line.split('`').skip(1).step_by(2).filter(|_| !fenced);
        for span in spans {
            // Every other part is within quotes.
            for code in span.split('\'').step_by(2) {
                for (at, _) in code.match_indices('(') {
                    let before = code.get(..at).unwrap();
                    let rest = before.trim_end_matches(|c: char| c.is_ascii_alphanumeric() || "_.".contains(c));
                    let name = before.strip_prefix(rest).unwrap().to_owned();
                    if name.starts_with(|c: char| c.is_ascii_alphabetic()) || name.starts_with('.') {
                        names.insert(name);
                    }
                }
            }
        }
    }
    names
}

#[test]
fn every_function_is_on_the_page_of_functions() {
    let called = called(&page("functions.md"));
    let globals = function_names(Style::Global).filter(|name| is_public(name)).map(str::to_owned);
    let methods = function_names(Style::Method).filter(|name| is_public(name));
    let missing: Vec<String> = globals
        .filter(|name| !called.contains(name))
        .chain(methods.map(|name| format!(".{name}")).filter(|name| !called.iter().any(|call| call.ends_with(name))))
        .collect();
    assert!(missing.is_empty(), "functions.md does not have {missing:?}");
}

#[test]
fn every_macro_is_on_the_page_of_macros() {
    let called = called(&page("macros.md"));
    let optionals = ["or", "orValue"];
    for name in LIKE_FUNCTIONS.iter().filter(|name| !optionals.contains(name)) {
        let found = called.iter().any(|call| call == name || call.ends_with(&format!(".{name}")));
        assert!(found, "macros.md does not have {name}");
    }
}

#[test]
fn the_steps_of_a_condition_are_on_the_page_of_conditions() {
    let steps = format!("| {} {:03} |", CONDITION_FUEL / 1000, CONDITION_FUEL % 1000);
    assert!(page("conditions.md").contains(&steps), "conditions.md does not have {steps}");
}

#[test]
fn pages_call_nothing_that_there_is_not() {
    let known = |name: &str| {
        let plain = name.rsplit('.').next().unwrap_or_default();
        let is = |style, name: &str| function_names(style).any(|known| known == name);
        LIKE_FUNCTIONS.contains(&name)
            || LIKE_FUNCTIONS.contains(&plain)
            || is(Style::Global, name)
            || name.contains('.') && is(Style::Method, plain)
    };
    let docs = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/policy-language");
    let mut wrong = Vec::new();
    for entry in fs::read_dir(docs).unwrap() {
        let name = entry.unwrap().file_name().to_string_lossy().into_owned();
        let unknown = called(&page(&name)).into_iter().filter(|call| !known(call));
        wrong.extend(unknown.map(|call| format!("{name}: {call}")));
    }
    assert!(wrong.is_empty(), "pages call what there is not: {wrong:?}");
}
