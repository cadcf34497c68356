//! The simple tests of google/cel-spec against the lowered form: an outside judge.
//!
//! Reads `cel-spec.jsonl` from `TOLLGATE_CONFORMANCE` (default `../shared/conformance`, from the workspace). A case whose
//! expression is refused is uncovered, never a pass. `cel.block` is an optimiser's construct and left out of the count.
#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "tests stop at their own mistakes, and tell the figures"
)]

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;

use serde_json::Value as Json;
use sha2::{Digest as _, Sha256};
use tollgate_policy::condition::{Environment, List, Map, Memory, Type, Value, lower};

/// Cases that are covered, in hundredths of those that there are.
const LEAST_COVERED: usize = 97;

#[derive(Default)]
struct Score {
    cases: usize,
    uncovered: Vec<String>,
    right: usize,
    wrong: Vec<String>,
    panics: Vec<String>,
}

enum Verdict {
    Uncovered(String),
    Right,
    Wrong(String),
}

fn main() {
    let directory = std::env::var_os("TOLLGATE_CONFORMANCE")
        .map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../shared/conformance"), PathBuf::from);
    let path = directory.join("cel-spec.jsonl");
    let Ok(text) = std::fs::read_to_string(&path) else {
        println!("cel-spec: skipped, there is no {}", path.display());
        return;
    };
    let mut files: BTreeMap<String, Score> = BTreeMap::new();
    for line in text.lines().filter(|line| !line.trim().is_empty()) {
        let case: Json = serde_json::from_str(line).expect("a JSON object a line");
        let file = case["file"].as_str().expect("a file name");
        if file == "block_ext" {
            continue;
        }
        let score = files.entry(file.to_owned()).or_default();
        let name = || format!("{}/{}: {}", case["section"], case["name"], case["expr"]);
        score.cases += 1;
        match catch_unwind(AssertUnwindSafe(|| judge(&case))) {
            Ok(Verdict::Right) => score.right += 1,
            Ok(Verdict::Uncovered(why)) => score.uncovered.push(format!("{}: {why}", name())),
            Ok(Verdict::Wrong(what)) => score.wrong.push(format!("{}: {what}", name())),
            Err(_) => score.panics.push(name()),
        }
    }
    let total = |count: fn(&Score) -> usize| files.values().map(count).sum::<usize>();
    let (cases, right) = (total(|score| score.cases), total(|score| score.right));
    let (wrong, panics) = (total(|score| score.wrong.len()), total(|score| score.panics.len()));
    let covered = cases - total(|score| score.uncovered.len());
    println!("{}\n{}", table(&files), uncovered_and_wrong(&files));
    let about_page = documented(&text, &table(&files));
    println!("cel-spec: covered {covered} of {cases}, right {right}, wrong {wrong}");
    assert_eq!(panics, 0, "no expression panics");
    assert_eq!(wrong, 0, "no value differs from the specification's");
    assert!(covered * 100 >= cases * LEAST_COVERED, "at least {LEAST_COVERED} % are covered");
    assert!(about_page, "docs/cel-conformance.md does not have the table above");
}

/// Whether the page about conformance shows the table, or is about other cases: those whose digest it names.
fn documented(cases: &str, table: &str) -> bool {
    let page = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../docs/cel-conformance.md");
    let page = std::fs::read_to_string(page).expect("the page about conformance");
    let digest: String = Sha256::digest(cases).iter().map(|byte| format!("{byte:02x}")).collect();
    if !page.contains(&digest) {
        println!("cel-spec: docs/cel-conformance.md is about other cases than these, of SHA-256 {digest}");
        return true;
    }
    page.contains(table)
}

fn table(files: &BTreeMap<String, Score>) -> String {
    let mut table = String::from("| file | cases | covered | right | wrong |\n|---|---|---|---|---|\n");
    for (file, score) in files {
        let covered = score.cases - score.uncovered.len();
        let (cases, right, wrong) = (score.cases, score.right, score.wrong.len() + score.panics.len());
        writeln!(table, "| {file} | {cases} | {covered} | {right} | {wrong} |").expect("strings take text");
    }
    table
}

fn uncovered_and_wrong(files: &BTreeMap<String, Score>) -> String {
    let mut report = String::new();
    for (file, score) in files {
        let listed = [("uncovered", &score.uncovered), ("wrong", &score.wrong), ("panic", &score.panics)];
        for (what, cases) in listed {
            cases.iter().for_each(|case| writeln!(report, "{what}: {file}: {case}").expect("strings take text"));
        }
    }
    report
}

fn judge(case: &Json) -> Verdict {
    let mut names = Vec::new();
    let mut values = Vec::new();
    for binding in case["bindings"].as_array().expect("bindings") {
        let Some(value) = value_of(&binding[1]) else { return Verdict::Uncovered("a binding of no CEL type".into()) };
        names.push(binding[0].as_str().expect("a name").to_owned());
        values.push(value);
    }
    let environment = Environment::declaring(case["container"].as_str().unwrap_or_default(), names);
    let program = match lower(case["expr"].as_str().expect("an expression"), &environment) {
        Ok(program) => program,
        Err(problem) => return Verdict::Uncovered(problem.to_string()),
    };
    let memory = Memory::default();
    let outcome = program.evaluate(&values, &memory);
    let want = &case["want"];
    match (outcome, want.as_str() == Some("error")) {
        (Err(error), _) if error.out_of_fuel => Verdict::Wrong("out of fuel".into()),
        (Err(_), true) => Verdict::Right,
        (Err(error), false) => Verdict::Wrong(format!("error {error}, not {want}")),
        (Ok(value), true) => Verdict::Wrong(format!("{value}, not an error")),
        (Ok(value), false) => match is(value, want) {
            true => Verdict::Right,
            false => Verdict::Wrong(format!("{value}, not {want}")),
        },
    }
}

/// Whether a value is the one that is wanted, in kind too.
fn is(value: Value<'_>, want: &Json) -> bool {
    let (kind, want) = want.as_object().and_then(|object| object.iter().next()).expect("one kind");
    let text = want.as_str().unwrap_or_default();
    match (kind.as_str(), value) {
        ("null", Value::Null) => true,
        ("bool", Value::Bool(value)) => want.as_bool() == Some(value),
        ("int", Value::Int(value)) => text.parse() == Ok(value),
        ("uint", Value::UInt(value)) => text.parse() == Ok(value),
        ("double", Value::Double(value)) => {
            let want: f64 = text.parse().expect("a double");
            value == want || value.is_nan() && want.is_nan()
        }
        ("string", Value::Str(value)) => text == value,
        ("bytes", Value::Bytes(value)) => bytes_of(want) == value,
        ("type", Value::Type(value)) => text == value.name(),
        ("list", Value::List(list)) => {
            let want = want.as_array().expect("a list");
            list.len() == want.len() && list.iter().zip(want).all(|(value, want)| is(value, want))
        }
        ("map", Value::Map(map)) => {
            let want = want.as_array().expect("a list of pairs");
            map.len() == want.len()
                && want.iter().all(|pair| map.iter().any(|(key, value)| is(key, &pair[0]) && is(value, &pair[1])))
        }
        _ => false,
    }
}

fn value_of(json: &Json) -> Option<Value<'static>> {
    let (kind, json) = json.as_object()?.iter().next()?;
    let text = json.as_str().unwrap_or_default();
    Some(match kind.as_str() {
        "null" => Value::Null,
        "bool" => Value::Bool(json.as_bool()?),
        "int" => Value::Int(text.parse().ok()?),
        "uint" => Value::UInt(text.parse().ok()?),
        "double" => Value::Double(text.parse().ok()?),
        "string" => Value::Str(text.to_owned().leak()),
        "bytes" => Value::Bytes(bytes_of(json).leak()),
        "type" => Value::Type(type_named(text)?),
        "list" => {
            let items: Option<Vec<_>> = json.as_array()?.iter().map(value_of).collect();
            Value::List(List::Built(items?.leak()))
        }
        "map" => {
            let pairs = json.as_array()?.iter().map(|pair| Some((value_of(&pair[0])?, value_of(&pair[1])?)));
            Value::Map(Map::Built(pairs.collect::<Option<Vec<_>>>()?.leak()))
        }
        _ => return None,
    })
}

fn type_named(name: &str) -> Option<Type> {
    [Type::Null, Type::Bool, Type::Int, Type::UInt, Type::Double, Type::String, Type::Bytes, Type::List, Type::Map]
        .into_iter()
        .find(|known| known.name() == name)
}

fn bytes_of(json: &Json) -> Vec<u8> {
    let bytes = json.as_array().expect("a list of bytes").iter();
    bytes.map(|byte| byte.as_u64().and_then(|byte| u8::try_from(byte).ok()).expect("a byte")).collect()
}
