//! Conditions written to break the compiler or the evaluator are refused or bounded, in steps, memory and stack.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "tests stop at their own mistakes"
)]

#[path = "hostile/expressions.rs"]
mod expressions;
#[path = "hostile/request.rs"]
mod hostile;
#[path = "oracle/random.rs"]
mod random;
#[expect(dead_code, reason = "generated requests are for generated conditions")]
#[path = "conditions/requests.rs"]
mod requests;

use std::collections::BTreeMap;

use hostile::hostile;
use random::Random;
use tollgate_policy::condition::{Environment, lower, lower_mapped};
use tollgate_policy::engine::{Effect, Scratch};
use tollgate_policy::set::{Condition, Names, Policy, PolicySet};
use tollgate_policy::snapshot::{Snapshot, SnapshotId, encode};

/// Steps that a condition may take.
const STEPS: usize = 20_000;
/// Bytes that anything may take.
const MEMORY: u64 = 64 << 20;
/// Stack of the threads that compile policies, and of those that decide: less than there is in any build.
const COMPILING: usize = 2 << 20;
const DECIDING: usize = 512 << 10;

fn refusal(source: &str) -> String {
    lower(source, &Environment::policy()).expect_err(source.get(..40).unwrap_or(source)).message
}

/// On a thread with so much stack, within the memory that anything may take.
fn bounded(stack: usize, work: impl FnOnce() + Send + 'static) {
    let measured = || assert!(allocation_counter::measure(work).bytes_max < MEMORY);
    std::thread::Builder::new().stack_size(stack).spawn(measured).unwrap().join().unwrap();
}

#[test]
fn sources_are_capped_before_they_are_parsed() {
    assert!(refusal(&format!("'{}' == 'a'", "x".repeat(1 << 20))).contains("longer than 4096 bytes"));
    assert!(refusal(&vec!["true"; 100_000].join("||")).contains("longer than 4096 bytes"));
    assert!(refusal(&vec!["1"; 600].join("+")).contains("more than 512 tokens"));
    assert!(refusal(&format!("'a'{}", ".size()".repeat(200))).contains("more than 64 brackets"));
    assert!(refusal(&format!("principal{}", ".a".repeat(2000))).contains("more than 512 tokens"));
    assert!(refusal(&"(".repeat(100)).contains("nests deeper than 32 brackets"));
    assert!(refusal(&"[".repeat(2000)).contains("nests deeper"));
    assert!(refusal(&"'a' == f(".repeat(100)).contains("more than 64 brackets"));
}

#[test]
fn what_is_deeper_than_it_may_be_evaluated_is_refused() {
    for source in [
        vec!["1"; 100].join("+"),
        format!("principal{}", ".a".repeat(100)),
        format!("principal.a{}", "[0]".repeat(100)),
        (0..60).fold(vec!["true"; 30].join(" || "), |inner, _| format!("false ? false : {inner}")),
    ] {
        assert_eq!(refusal(&source), "the condition nests deeper than 60 operations; simplify it", "{source}");
    }
    let macros = (0..9).fold("true".to_owned(), |inner, _| format!("[1].all(x, {inner})"));
    assert_eq!(refusal(&macros), "macros have more than 8 variables at once; simplify the condition");
}

#[test]
fn what_passes_the_cap_cannot_exhaust_a_small_stack() {
    let sources = [
        vec!["1"; 250].join("+"),
        format!("{} == 1", vec!["1"; 250].join("-")),
        vec!["true"; 250].join("&&"),
        vec!["a?b:c"; 80].join("?"),
        format!("{}true", "true?1:".repeat(120)),
        format!("principal{}", ".a".repeat(250)),
        format!("principal.a{}", "[0]".repeat(160)),
        format!("a{}", ".b()".repeat(120)),
        format!("{}true", "!".repeat(500)),
        format!("{}1", "-".repeat(500)),
        format!("{}1", "!-".repeat(250)),
        vec!["true ? 1 : 2"; 50].join(" == "),
        format!("{}1{} == 'a'", "(".repeat(64), ")".repeat(64)),
        format!("{}1{}", "(".repeat(32), ")".repeat(32)),
        format!("{}1{}", "[".repeat(32), "]".repeat(32)),
        format!("{}1{}", "{1:".repeat(32), "}".repeat(32)),
        format!("{}1{}", "f(".repeat(32), ")".repeat(32)),
        "((((((((((".to_owned(),
        "a.exists(b, ".repeat(30),
        "{'a':".repeat(30),
        "a{b:".repeat(30),
        "-1[]".repeat(128),
        "a?".repeat(250),
        "\"".to_owned(),
        "'\\u{110000}'".to_owned(),
        "\u{0}\u{feff}é".to_owned(),
    ];
    bounded(COMPILING, move || sources.iter().for_each(|source| drop(lower(source, &Environment::policy()))));
}

/// Random sequences of tokens, many of them repetitive, which is what drives parsers into corners.
#[test]
fn no_tokens_take_the_parser_far() {
    const TOKENS: [&str; 40] = [
        "(", ")", "[", "]", "{", "}", ".", ",", ":", "?", "!", "-", "+", "*", "&&", "||", "==", "<", " in ", "a", "1",
        "'s'", "has(", ".?", "[?", "true", "b'x'", "1u", "1.5", ".a", "[0]", "()", "{}", "[]", "a{", "f(", "x.f(",
        "? a :", "-1", ">=",
    ];
    let mut random = Random(1);
    for _ in 0..1_000 {
        let pattern: Vec<&str> = (0..1 + random.below(12)).map(|_| random.pick(&TOKENS)).collect();
        let mut tokens: Vec<&str> = pattern.iter().copied().cycle().take(50 + random.below(400)).collect();
        for _ in 0..random.below(8) {
            let place = random.below(tokens.len());
            tokens[place] = random.pick(&TOKENS);
        }
        let source = tokens.concat();
        bounded(COMPILING, move || {
            let measured = allocation_counter::measure(|| drop(lower(&source, &Environment::policy())));
            // Some hundred times what a condition of that length takes, and some milliseconds.
            assert!(measured.count_total < 1_000_000 && measured.bytes_total < MEMORY, "{source}: {measured:?}");
        });
    }
}

#[test]
fn named_expressions_cannot_multiply_without_end() {
    for (first, next) in [("1", "math.bitAnd(variables.X, variables.X)"), ("[1]", "variables.X + variables.X")] {
        let mut variables = BTreeMap::from([("v00".to_owned(), first.to_owned())]);
        for number in 1..15 {
            let text = next.replace('X', &format!("v{:02}", number - 1));
            variables.insert(format!("v{number:02}"), text);
        }
        let environment = Environment::policy().with_variables(variables);
        bounded(COMPILING, move || {
            let refusal = lower("variables.v14 == 1", &environment).unwrap_err().message;
            assert!(refusal.contains("variables in more than 256 places"), "{refusal}");
        });
    }
    let mut variables = BTreeMap::from([("v0".to_owned(), "1".to_owned())]);
    variables.extend((1..1000).map(|number| (format!("v{number}"), format!("variables.v{}", number - 1))));
    let environment = Environment::policy().with_variables(variables);
    bounded(COMPILING, move || {
        let refusal = lower("variables.v999 == 1", &environment).unwrap_err().message;
        assert!(refusal.contains("more than 16 deep"), "{refusal}");
    });
}

#[test]
fn patterns_are_bounded_each_and_together() {
    let matches = |pattern: &str| format!("request.path.matches('{pattern}')");
    for pattern in [".{1000}", "((((a{10}){10}){10}){10})", "(a|b)*a(a|b){30}", "\\\\pL{9}", "((a{1000}){1000}){1000}"]
    {
        let source = matches(pattern);
        bounded(COMPILING, move || assert!(refusal(&source).starts_with("the pattern is too large"), "{source}"));
    }
    let source = vec![matches(".{100}"); 30].join(" || ");
    bounded(COMPILING, move || {
        assert!(refusal(&source).starts_with("the condition's patterns are too large together"));
    });
}

#[test]
fn long_chains_of_logic_are_fine() {
    assert!(lower(&vec!["principal.a == 1"; 40].join(" || "), &Environment::policy()).is_ok());
    assert!(lower(&vec!["true"; 170].join("&&"), &Environment::policy()).is_ok());
}

#[test]
fn evaluation_ends_whatever_a_condition_asks_and_the_request_holds() {
    let mut spent = 0;
    for text in expressions::heavy() {
        let snapshot = std::thread::Builder::new().stack_size(COMPILING).spawn(move || snapshot(&text)).unwrap();
        let (text, snapshot) = snapshot.join().unwrap();
        let request = hostile();
        let answer = std::thread::Builder::new().stack_size(DECIDING).spawn(move || {
            let mut answer = String::new();
            let measured = allocation_counter::measure(|| answer = request.answers(&snapshot, &mut Scratch::default()));
            // The request itself is copied once.
            assert!(measured.bytes_max < MEMORY, "{text}: {measured:?}");
            request.ask(&snapshot, |query| {
                let (program, map) = lower_mapped(&text, &Environment::policy()).unwrap();
                let visited: usize = program.watch(&map, query).iter().map(|step| step.outcomes.len()).sum();
                // The last one is refused.
                assert!(visited <= STEPS + 1, "{text}: {visited}");
            });
            answer
        });
        spent += usize::from(answer.unwrap().join().unwrap().contains("it takes more steps than a condition may"));
    }
    // Else the conditions are no longer heavy.
    assert!(spent > 50, "{spent}");
}

fn snapshot(text: &str) -> (String, Snapshot) {
    let condition =
        Condition::lowered(text, &Environment::policy()).unwrap_or_else(|problem| panic!("{text}: {problem}"));
    let policy = Policy {
        kinds: Names::Any,
        actions: Names::Any,
        roles: Names::Any,
        condition: Some(condition),
        ..Policy::new("heavy", Effect::Deny)
    };
    let set = PolicySet { policies: vec![policy.into()], ..PolicySet::default() };
    (text.to_owned(), Snapshot::decode(encode(&set, SnapshotId::default()).unwrap()).unwrap())
}
