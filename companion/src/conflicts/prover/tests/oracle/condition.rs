use std::cmp::Ordering;
use std::fmt;

use serde_json::{Value as Json, json};

use super::value::Assignment;

/// A condition of the oracle's small language, which is CEL's.
#[derive(Clone, Debug)]
pub(super) enum Condition {
    All(Vec<Condition>),
    Any(Vec<Condition>),
    Not(Box<Condition>),
    Choice(Box<[Condition; 3]>),
    Has(&'static str),
    Is(&'static str),
    Compared(&'static str, &'static str, Json),
    Places(&'static str, &'static str, &'static str),
    Among(&'static str, Vec<Json>),
    Element(Json, &'static str),
    Begins(&'static str, &'static str),
    Role(&'static str),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    True,
    False,
    Error,
}

pub(super) struct Random(pub(super) u64);

impl Random {
    pub(super) fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap() % bound
    }

    fn pick<T: Clone>(&mut self, from: &[T]) -> T {
        from[self.below(from.len())].clone()
    }
}

/// Few, so that every combination of their values can be tried.
const READ: [&str; 4] = ["resource.a", "resource.b", "resource.c.d", "principal.p"];

impl Condition {
    pub(super) fn random(random: &mut Random, depth: usize) -> Self {
        if depth > 0 && random.below(4) > 0 {
            let first = Condition::random(random, depth - 1);
            let second = Condition::random(random, depth - 1);
            if matches!(first, Condition::Has(_)) {
                return Condition::All(vec![first, second]);
            }
            return match random.below(6) {
                0 => Condition::Not(Box::new(first)),
                1 | 2 => Condition::Any(vec![first, second]),
                3 => Condition::Choice(Box::new([first, second, Condition::random(random, depth - 1)])),
                _ => Condition::All(vec![first, second]),
            };
        }
        let values = [json!(1), json!(2), json!("x"), json!("y"), json!(true), json!(null)];
        let most = 2 + random.below(3);
        let place = random.pick(&READ[..most]);
        match random.below(12) {
            0 => Condition::Has(place),
            1 => Condition::Is(place),
            2..=4 => Condition::Compared(random.pick(&["==", "!="]), place, random.pick(&values)),
            5 | 6 => {
                let bound = [json!(1), json!(2), json!("x"), json!("y")];
                Condition::Compared(random.pick(&["<", "<=", ">", ">="]), place, random.pick(&bound))
            }
            7 => {
                let other = random.pick(&["resource.a", "resource.b", "principal.p", "principal.id"]);
                Condition::Places(random.pick(&["==", "!=", "<", ">="]), "resource.b", other)
            }
            8 => Condition::Among(place, vec![random.pick(&values), random.pick(&values)]),
            9 => Condition::Element(random.pick(&[json!("x"), json!("y")]), place),
            10 => Condition::Begins(place, random.pick(&["x", "xy", "y"])),
            _ => Condition::Role("r"),
        }
    }

    /// Of lists that are compared with each other, and looked into.
    pub(super) fn of_lists(random: &mut Random, depth: usize) -> Self {
        const LISTS: [&str; 2] = ["resource.a", "resource.b"];
        if depth > 0 {
            let of = vec![Condition::of_lists(random, depth - 1), Condition::of_lists(random, depth - 1)];
            return if random.below(4) == 0 { Condition::Any(of) } else { Condition::All(of) };
        }
        match random.below(5) {
            0 | 1 => Condition::Places(random.pick(&["==", "!=", "!="]), LISTS[0], LISTS[1]),
            2 => Condition::Not(Box::new(Condition::Element(
                random.pick(&[json!("x"), json!("y")]),
                random.pick(&LISTS),
            ))),
            _ => Condition::Element(random.pick(&[json!("x"), json!("y")]), random.pick(&LISTS)),
        }
    }

    pub(super) fn reads(&self) -> Vec<&'static str> {
        match self {
            Condition::All(of) | Condition::Any(of) => of.iter().flat_map(Condition::reads).collect(),
            Condition::Not(of) => of.reads(),
            Condition::Choice(of) => of.iter().flat_map(Condition::reads).collect(),
            Condition::Places(_, a, b) => vec![a, b],
            Condition::Has(place)
            | Condition::Is(place)
            | Condition::Compared(_, place, _)
            | Condition::Among(place, _)
            | Condition::Element(_, place)
            | Condition::Begins(place, _) => vec![place],
            Condition::Role(_) => Vec::new(),
        }
    }

    pub(super) fn outcome(&self, to: &Assignment) -> Outcome {
        let read = |place: &str| to.get(place);
        match self {
            Condition::All(of) => junction(of, to, Outcome::False, Outcome::True),
            Condition::Any(of) => junction(of, to, Outcome::True, Outcome::False),
            Condition::Not(of) => match of.outcome(to) {
                Outcome::True => Outcome::False,
                Outcome::False => Outcome::True,
                Outcome::Error => Outcome::Error,
            },
            Condition::Choice(of) => match of[0].outcome(to) {
                Outcome::True => of[1].outcome(to),
                Outcome::False => of[2].outcome(to),
                Outcome::Error => Outcome::Error,
            },
            // Only a member of something that is no object is an error to ask for.
            Condition::Has(place) => match place.rsplit_once('.') {
                Some((parent @ "resource.c", _)) if !read(parent).is_some_and(Json::is_object) => Outcome::Error,
                _ => truth(read(place).is_some()),
            },
            Condition::Is(place) => read(place).and_then(Json::as_bool).map_or(Outcome::Error, truth),
            Condition::Compared(operator, place, value) => {
                read(place).map_or(Outcome::Error, |read| compared(operator, read, value))
            }
            Condition::Places(operator, a, b) => match (read(a), read(b)) {
                (Some(a), Some(b)) => compared(operator, a, b),
                _ => Outcome::Error,
            },
            Condition::Among(place, values) => {
                read(place).map_or(Outcome::Error, |read| truth(values.iter().any(|value| equal(read, value))))
            }
            Condition::Element(value, place) => match read(place) {
                Some(Json::Array(items)) => truth(items.iter().any(|item| equal(item, value))),
                Some(Json::Object(members)) => truth(value.as_str().is_some_and(|name| members.contains_key(name))),
                _ => Outcome::Error,
            },
            Condition::Begins(place, prefix) => {
                read(place).and_then(Json::as_str).map_or(Outcome::Error, |text| truth(text.starts_with(prefix)))
            }
            Condition::Role(role) => truth(to.roles.iter().any(|own| own == role)),
        }
    }
}

fn truth(value: bool) -> Outcome {
    if value { Outcome::True } else { Outcome::False }
}

fn junction(of: &[Condition], to: &Assignment, decisive: Outcome, otherwise: Outcome) -> Outcome {
    let outcomes: Vec<Outcome> = of.iter().map(|condition| condition.outcome(to)).collect();
    if outcomes.contains(&decisive) {
        return decisive;
    }
    if outcomes.contains(&Outcome::Error) { Outcome::Error } else { otherwise }
}

fn equal(a: &Json, b: &Json) -> bool {
    match (a.as_f64(), b.as_f64()) {
        (Some(a), Some(b)) => a == b,
        _ => match (a, b) {
            (Json::Array(a), Json::Array(b)) => a.len() == b.len() && a.iter().zip(b).all(|(a, b)| equal(a, b)),
            _ => a == b,
        },
    }
}

fn compared(operator: &str, a: &Json, b: &Json) -> Outcome {
    let order = match (a, b) {
        (Json::Number(a), Json::Number(b)) => a.as_f64().unwrap().partial_cmp(&b.as_f64().unwrap()),
        (Json::String(a), Json::String(b)) => Some(a.cmp(b)),
        (Json::Bool(a), Json::Bool(b)) => Some(a.cmp(b)),
        _ => None,
    };
    match (operator, order) {
        ("==", _) => truth(equal(a, b)),
        ("!=", _) => truth(!equal(a, b)),
        (_, None) => Outcome::Error,
        ("<", Some(order)) => truth(order == Ordering::Less),
        ("<=", Some(order)) => truth(order != Ordering::Greater),
        (">", Some(order)) => truth(order == Ordering::Greater),
        (_, Some(order)) => truth(order != Ordering::Less),
    }
}

impl fmt::Display for Condition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let all = |of: &[Condition], by: &str| of.iter().map(ToString::to_string).collect::<Vec<_>>().join(by);
        match self {
            Condition::All(of) => write!(f, "({})", all(of, " && ")),
            Condition::Any(of) => write!(f, "({})", all(of, " || ")),
            Condition::Not(of) => write!(f, "!({of})"),
            Condition::Choice(of) => write!(f, "({} ? {} : {})", of[0], of[1], of[2]),
            Condition::Has(place) => write!(f, "has({place})"),
            Condition::Is(place) => f.write_str(place),
            Condition::Compared(operator, place, value) => write!(f, "({place} {operator} {value})"),
            Condition::Places(operator, a, b) => write!(f, "({a} {operator} {b})"),
            Condition::Among(place, values) => write!(f, "({place} in {})", Json::from(values.clone())),
            Condition::Element(value, place) => write!(f, "({value} in {place})"),
            Condition::Begins(place, prefix) => write!(f, "{place}.startsWith('{prefix}')"),
            Condition::Role(role) => write!(f, "('{role}' in principal.roles)"),
        }
    }
}
