mod bounds;
mod conversions;
mod documented;
mod encoders;
mod lists;
mod math;
mod moments;
mod network;
mod optionals;
mod strings;

use super::{Function, MAX_ARGUMENTS, Style, all, find};
use crate::condition::{Environment, Memory, lower};

/// What an expression comes to, as values are shown, or `error`.
fn outcome(expression: &str) -> String {
    let program = match lower(expression, &Environment::declaring("", Vec::new())) {
        Ok(program) => program,
        Err(problem) => return format!("refused: {problem}"),
    };
    let memory = Memory::default();
    match program.evaluate(&[], &memory) {
        Ok(value) => value.to_string(),
        Err(error) if error.out_of_fuel => "out of fuel".to_owned(),
        Err(_) => "error".to_owned(),
    }
}

fn assert_outcomes(table: &[(&str, &str)]) {
    for (expression, expected) in table {
        assert_eq!(outcome(expression), *expected, "{expression}");
    }
}

#[test]
fn every_function_keeps_its_code_and_is_found_by_what_it_is_called() {
    let mut count = 0;
    for (function, name, style, (fewest, most)) in all() {
        assert_eq!(Function::from_code(function.code()), Some(function), "{name}");
        assert_eq!(function.name(), name);
        assert!(fewest <= most && most <= MAX_ARGUMENTS, "{name}");
        for arguments in fewest..=most {
            assert_eq!(find(name, style, arguments), Some(function), "{name}");
        }
        let misses = [fewest.checked_sub(1), Some(most + 1)].into_iter().flatten();
        assert!(misses.into_iter().all(|arguments| find(name, style, arguments).is_none()), "{name}");
        count += 1;
    }
    assert_eq!(count, 85);
}

#[test]
fn codes_stay_what_they_are_in_snapshots() {
    for (name, style, arguments, code) in [
        ("uint", Style::Global, 1, 0x0009),
        ("getMilliseconds", Style::Method, 2, 0x0109),
        ("format", Style::Method, 2, 0x020c),
        ("math.sqrt", Style::Global, 1, 0x0311),
        ("last", Style::Method, 1, 0x0407),
        ("base64.decode", Style::Global, 1, 0x0501),
        ("isMask", Style::Method, 1, 0x0610),
        ("unwrapOpt", Style::Method, 1, 0x0706),
    ] {
        assert_eq!(find(name, style, arguments).unwrap().code(), code, "{name}");
    }
    assert_eq!(Function::from_code(0x000a), None);
    assert_eq!(Function::from_code(0x0800), None);
}
