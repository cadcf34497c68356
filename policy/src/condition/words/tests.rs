use std::collections::BTreeMap;

use proptest::prelude::*;

use super::{CUT, MAX_WORDS, lower_said};
use crate::condition::Environment;
use crate::condition::ast::parse;

fn said(source: &str) -> String {
    let variables = BTreeMap::from([("isOfficeHours".to_owned(), "request.time.getHours() > 8".to_owned())]);
    let environment = Environment::policy().with_variables(variables);
    lower_said(source, &environment).unwrap_or_else(|problem| panic!("{source}: {problem}")).1.to_string()
}

fn are_said(cases: &[(&str, &str)]) {
    for (source, words) in cases {
        assert_eq!(said(source), *words, "{source}");
    }
}

#[test]
fn comparisons_and_membership_are_said() {
    are_said(&[
        ("resource.ownerId == principal.id", "resource owner id equals principal id"),
        ("resource.status != 'draft'", "resource status does not equal 'draft'"),
        ("resource.amount < 10", "resource amount is less than 10"),
        ("resource.amount <= 10u", "resource amount is at most 10u"),
        ("resource.amount > -1.5", "resource amount is more than -1.5"),
        ("resource.amount >= 10", "resource amount is at least 10"),
        ("resource.status in ['draft', 'open']", "resource status is one of 'draft', 'open'"),
        ("'admin' in principal.roles", "'admin' is one of principal roles"),
        ("!(principal.id in resource.blocked)", "principal id is not one of resource blocked"),
        ("resource.kind in []", "resource kind is one of list ()"),
        ("principal.id in [resource.ownerId]", "principal id is one of list (resource owner id)"),
        ("principal.id in resource.owners", "principal id is one of resource owners"),
        ("resource.state in ['draft']", "resource state is one of 'draft'"),
        ("has(resource.legalHold)", "resource legal hold is present"),
        ("!has(resource.attr.legalHold)", "resource legal hold is absent"),
        ("'x-debug' in request.headers", "request header x debug is present"),
    ]);
}

#[test]
fn names_are_said_however_they_are_written() {
    are_said(&[
        ("principal.attr.isContractor", "principal is contractor"),
        ("principal['is_contractor']", "principal is contractor"),
        ("resource.attr['is-contractor'].since == 1", "resource is contractor's since equals 1"),
        ("request.headers['x-tenant'] == 'acme'", "request header x tenant equals 'acme'"),
        ("request.query.page == '1'", "request query page equals '1'"),
        (
            "request.body.lines[0] == resource.first[resource.key]",
            "item 0 of request body's lines equals item resource key of resource first",
        ),
        ("variables.isOfficeHours", "variable is office hours"),
        ("resource['!'] == 1", "resource `!` equals 1"),
        ("resource.name == \"it's\\n\"", "resource name equals 'it\\'s\\u{a}'"),
    ]);
}

#[test]
fn brackets_stand_where_words_could_mean_something_else() {
    are_said(&[
        ("resource.a && resource.b || resource.c", "(resource a and resource b) or resource c"),
        ("resource.a && (resource.b || resource.c)", "resource a and (resource b or resource c)"),
        ("(resource.a && resource.b) && resource.c", "resource a and resource b and resource c"),
        ("!resource.a && resource.b", "not resource a and resource b"),
        ("!(resource.a && resource.b)", "not (resource a and resource b)"),
        ("!resource.a == resource.b", "(not resource a) equals resource b"),
        ("!(resource.a == resource.b)", "resource a does not equal resource b"),
        ("(resource.a ? resource.b : resource.c) == 1", "(if resource a then resource b else resource c) equals 1"),
        (
            "resource.a - (resource.b - resource.c) * 2 == 1",
            "resource a minus (resource b minus resource c) times 2 equals 1",
        ),
        ("resource.a - (resource.b + 1) == 1", "resource a minus (resource b plus 1) equals 1"),
        ("size(resource.a + resource.b) == 1", "size of (resource a plus resource b) equals 1"),
        ("size(resource.a) + resource.b == 1", "size of resource a plus resource b equals 1"),
    ]);
}

#[test]
fn macros_are_said() {
    are_said(&[
        (
            "resource.teams.exists(team, team in principal.teams) && resource.open",
            "(for some team in resource teams: team is one of principal teams) and resource open",
        ),
        (
            "request.body.lines.all(i, line, line.count > i)",
            "for every i and line in request body's lines: line's count is more than i",
        ),
        ("[1, 2].exists_one(n, n > 1)", "for exactly one n in list (1, 2): n is more than 1"),
        (
            "size(resource.tags.filter(tag, tag.startsWith('x'))) > 0",
            "size of (those tag in resource tags where tag starts with 'x') is more than 0",
        ),
        (
            "resource.lines.map(line, line.open, line.total).size() == 2",
            "size of (line's total for each line in resource lines where line's open) equals 2",
        ),
        (
            "cel.bind(owner, resource.ownerId, owner == 'alice' || owner == 'bob')",
            "owner equals 'alice' or owner equals 'bob' where owner is resource owner id",
        ),
        // A variable hides what it is named like.
        (
            "resource.list.exists(resource, resource.attr == 1)",
            "for some resource in resource list: resource's attr equals 1",
        ),
    ]);
}

#[test]
fn times_spans_addresses_and_optionals_are_said() {
    are_said(&[
        ("request.time < timestamp('2026-01-02T03:04:05Z')", "request time is before 2026-01-02T03:04:05Z"),
        (
            "timestamp(resource.start) + duration('24h') >= request.time",
            "time of resource start plus 1 day is at or after request time",
        ),
        (
            "request.time - timestamp(resource.createdAt) < duration('90m')",
            "request time minus time of resource created at is less than 1 hour 30 minutes",
        ),
        ("request.time.getHours('Europe/Paris') >= 9", "hour of request time in 'Europe/Paris' is at least 9"),
        ("cidr('10.0.0.0/8').containsIP(request.source.ip)", "network '10.0.0.0/8' contains address request source ip"),
        ("ip(request.source.ip).isLoopback()", "address request source ip is loopback"),
        (
            "resource.?review.?assignee.orValue('') == principal.id",
            "((resource review if present)'s assignee if present otherwise '') equals principal id",
        ),
        ("resource.name.lowerAscii().matches('^a')", "resource name in lower case matches pattern '^a'"),
        ("math.greatest(resource.a, resource.b, 1) > 2", "greatest of (resource a, resource b, 1) is more than 2"),
    ]);
}

#[test]
fn words_are_bounded_and_say_that_they_are_cut() {
    let long = format!("resource.name in [{}]", vec!["'abcdefghijklmnopqrstuvwxyz'"; 120].join(", "));
    let words = said(&long);
    assert!(words.len() <= MAX_WORDS && words.ends_with(CUT), "{words}");
    let wide = format!("resource.name == '{}'", "\u{1f600}".repeat(1000));
    assert!(said(&wide).len() <= MAX_WORDS);
    // The parser's deepest, which does not lower.
    let sum = vec!["1"; 250].join(" + ");
    let words = super::say(&parse(&format!("{sum} == resource.a")).unwrap());
    assert!(words.len() <= MAX_WORDS && words.contains(CUT));
}

#[test]
fn names_and_texts_are_not_taken_for_what_else_is_said() {
    are_said(&[
        ("resource.owner.id == 1", "resource owner's id equals 1"),
        ("resource.ownerId == 1", "resource owner id equals 1"),
        ("variables.isOfficeHours", "variable is office hours"),
        ("resource.aAndResourceB", "resource `aAndResourceB`"),
        ("resource.nameReversed == 'x'", "resource `nameReversed` equals 'x'"),
        ("resource.name.reverse() == 'x'", "resource name reversed equals 'x'"),
        ("resource.validFrom == 1", "resource valid from equals 1"),
        ("principal.attr.id == 1", "principal attributes's id equals 1"),
        (
            "resource.list.exists(principalId, principalId == principal.id)",
            "for some `principalId` in resource list: `principalId` equals principal id",
        ),
        ("resource.name == 'a\\u202eb\\\\'", "resource name equals 'a\\u{202e}b\\\\'"),
        ("resource.key == b'a\\x00'", "resource key equals bytes 'a\\x00'"),
        ("resource.a / 2.0 == resource.b", "resource a divided by 2.0 equals resource b"),
    ]);
}

/// A condition over what says something else each.
#[derive(Clone, Debug)]
enum Tree {
    Leaf(&'static str),
    Not(Box<Tree>),
    Binary(&'static str, Box<Tree>, Box<Tree>),
    Conditional(Box<Tree>, Box<Tree>, Box<Tree>),
    Some(Box<Tree>),
}

const OPERATORS: [&str; 12] = ["&&", "||", "==", "!=", "<", "<=", ">", ">=", "+", "-", "*", "in"];

const LEAVES: [&str; 40] = [
    "resource.a",
    "resource.b",
    "resource.aAndResourceB",
    "resource.aEqualsResourceB",
    "resource.aIsPresent",
    "has(resource.a)",
    "resource.owner.id",
    "resource.ownerId",
    "resource.nameReversed",
    "resource.name.reverse()",
    "resource.id",
    "resource.attr.id",
    "principal.id",
    "principal.attr.id",
    "principal.attr",
    "principal.attributes",
    "principal.principalId",
    "variables.principalId",
    "variables.a",
    "request.headers['a']",
    "request.query['a']",
    "request.headers['body']",
    "request.body",
    "request.body.a",
    "resource.?a",
    "[?resource.a]",
    "[?resource.?a]",
    "[resource.a]",
    "[resource.a, resource.b]",
    "[math.greatest(resource.a, resource.b)]",
    "[math.greatest(resource.a), resource.b]",
    "[]",
    "1",
    "1u",
    "1.0",
    "'it\\'s'",
    "'it’s'",
    "b'ab'",
    "b'cd'",
    "'\\u202e'",
];

impl Tree {
    fn source(&self) -> String {
        match self {
            Tree::Leaf(source) => format!("({source})"),
            Tree::Not(of) => format!("!({})", of.source()),
            Tree::Binary(operator, a, b) => format!("({}) {operator} ({})", a.source(), b.source()),
            Tree::Conditional(a, b, c) => format!("({}) ? ({}) : ({})", a.source(), b.source(), c.source()),
            Tree::Some(of) => format!("resource.list.exists(x, {})", of.source()),
        }
    }

    /// The same for trees that are the same however they nest, and for no others.
    fn meaning(&self) -> String {
        match self {
            Tree::Leaf(source) => (*source).to_owned(),
            Tree::Not(of) => match &**of {
                Tree::Binary("==", a, b) => Tree::Binary("!=", a.clone(), b.clone()).meaning(),
                Tree::Binary("!=", a, b) => Tree::Binary("==", a.clone(), b.clone()).meaning(),
                _ => format!("!{}", of.meaning()),
            },
            Tree::Binary(operator @ ("&&" | "||"), ..) => {
                let mut operands = Vec::new();
                self.operands(operator, &mut operands);
                format!("({})", operands.join(operator))
            }
            Tree::Binary(operator, a, b) => format!("({}{operator}{})", a.meaning(), b.meaning()),
            Tree::Conditional(a, b, c) => format!("({}?{}:{})", a.meaning(), b.meaning(), c.meaning()),
            Tree::Some(of) => format!("some({})", of.meaning()),
        }
    }

    fn operands(&self, of: &str, found: &mut Vec<String>) {
        match self {
            Tree::Binary(operator, a, b) if *operator == of => {
                a.operands(of, found);
                b.operands(of, found);
            }
            other => found.push(other.meaning()),
        }
    }
}

fn trees() -> impl Strategy<Value = Tree> {
    let leaf = prop::sample::select(LEAVES.to_vec()).prop_map(Tree::Leaf);
    leaf.prop_recursive(4, 12, 3, |inner| {
        let of = inner.clone().prop_map(Box::new);
        prop_oneof![
            2 => of.clone().prop_map(Tree::Not),
            6 => (prop::sample::select(OPERATORS.to_vec()), of.clone(), of.clone())
                .prop_map(|(operator, a, b)| Tree::Binary(operator, a, b)),
            1 => (of.clone(), of.clone(), of.clone()).prop_map(|(a, b, c)| Tree::Conditional(a, b, c)),
            1 => of.prop_map(Tree::Some),
        ]
    })
}

/// A tree with one thing in it changed, at each place where that can be.
fn changed(tree: &Tree) -> Vec<Tree> {
    let mut found = vec![Tree::Not(Box::new(tree.clone()))];
    let boxed = |tree: &Tree| changed(tree).into_iter().map(Box::new).collect::<Vec<_>>();
    match tree {
        Tree::Leaf(_) => found.extend(LEAVES.map(Tree::Leaf)),
        Tree::Not(of) => {
            found.push((**of).clone());
            found.extend(boxed(of).into_iter().map(Tree::Not));
        }
        Tree::Binary(operator, a, b) => {
            found.extend(OPERATORS.iter().map(|other| Tree::Binary(other, a.clone(), b.clone())));
            found.push(Tree::Binary(operator, b.clone(), a.clone()));
            found.extend(boxed(a).into_iter().map(|a| Tree::Binary(operator, a, b.clone())));
            found.extend(boxed(b).into_iter().map(|b| Tree::Binary(operator, a.clone(), b)));
        }
        Tree::Conditional(a, b, c) => {
            found.push(Tree::Conditional(a.clone(), c.clone(), b.clone()));
            found.extend(boxed(a).into_iter().map(|a| Tree::Conditional(a, b.clone(), c.clone())));
        }
        Tree::Some(of) => found.extend(boxed(of).into_iter().map(Tree::Some)),
    }
    found
}

fn words_of(tree: &Tree) -> String {
    super::say(&parse(&tree.source()).unwrap()).to_string()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn conditions_that_differ_are_said_differently(tree in trees()) {
        let (meaning, words) = (tree.meaning(), words_of(&tree));
        for other in changed(&tree) {
            prop_assert_eq!(other.meaning() == meaning, words_of(&other) == words, "{} beside {}", words, other.source());
        }
    }

    #[test]
    fn whatever_parses_can_be_said(source in "[a-c().!&|=<>?:+\\-*/%0-9'\"\\[\\]{}, ]{0,40}") {
        if let Ok(parsed) = parse(&source) {
            prop_assert!(super::say(&parsed).len() <= MAX_WORDS);
        }
    }
}
