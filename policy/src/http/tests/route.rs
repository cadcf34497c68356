use proptest::prelude::*;

use crate::engine::Symbol;
use crate::http::CanonicalPath;
use crate::http::request::RequestHead;
use crate::http::route::{Ambiguous, RoutePattern, RouteTable, RouteTarget, Segment};

/// A route in plain data: `*` is a capture.
#[derive(Clone, Debug)]
struct Plain {
    host: Option<&'static str>,
    method: Option<&'static str>,
    segments: Vec<&'static str>,
    rest: bool,
}

impl Plain {
    fn pattern(&self) -> RoutePattern<'_> {
        let segment = |text: &&'static str| if *text == "*" { Segment::Capture } else { Segment::Literal(text) };
        RoutePattern {
            hosts: self.host.into_iter().collect(),
            methods: self.method.into_iter().collect(),
            segments: self.segments.iter().map(segment).collect(),
            rest: self.rest,
        }
    }

    /// What the route captures, if host and path match: the definition, without a tree.
    fn matches(&self, host: &str, path: &str) -> Option<Vec<String>> {
        if self.host.is_some_and(|own| own != host) {
            return None;
        }
        let segments: Vec<&str> = path.strip_prefix('/').unwrap().split('/').collect();
        let mut captures = Vec::new();
        for (index, own) in self.segments.iter().enumerate() {
            match (*own, *segments.get(index)?) {
                ("*", segment) if !segment.is_empty() => captures.push(segment.to_owned()),
                (own, segment) if own == segment => {}
                _ => return None,
            }
        }
        let remainder = segments[self.segments.len()..].join("/");
        match self.rest {
            true if !remainder.is_empty() => captures.push(remainder),
            false if segments.len() == self.segments.len() => {}
            _ => return None,
        }
        Some(captures)
    }

    /// Smaller is more specific; routes of one rank differ in their methods.
    fn rank(&self) -> (bool, Vec<u8>) {
        let kind = |text: &&str| if *text == "*" { 1 } else { 0 };
        let rest = self.rest.then_some(2);
        (self.host.is_none(), self.segments.iter().map(kind).chain(rest).collect())
    }
}

fn target(name: usize) -> RouteTarget {
    let symbol = (Symbol::WILDCARD, Box::from("x"));
    RouteTarget {
        name: name.to_string().into(),
        action: symbol.clone(),
        kind: symbol,
        id: None,
        scope: None,
        attributes: Box::default(),
        anonymous_allowed: false,
        max_body: None,
        budget: None,
    }
}

fn plain() -> impl Strategy<Value = Plain> {
    let host = prop::option::weighted(0.3, prop::sample::select(vec!["a.com", "b.com"]));
    let method = prop::option::weighted(0.6, prop::sample::select(vec!["GET", "PUT"]));
    let segment = prop::sample::select(vec!["x", "y", "*", "*"]);
    (host, method, prop::collection::vec(segment, 0..4), any::<bool>()).prop_map(|(host, method, segments, rest)| {
        let segments = if segments.is_empty() && !rest { vec![""] } else { segments };
        Plain { host, method, segments, rest }
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(3_000))]

    #[test]
    fn the_tree_finds_what_the_definition_says(
        routes in prop::collection::vec(plain(), 1..12),
        host in prop::sample::select(vec!["a.com", "b.com", "c.com"]),
        method in prop::sample::select(vec!["GET", "PUT", "POST"]),
        segments in prop::collection::vec(prop::sample::select(vec!["x", "y", "z"]), 0..5),
        slash in any::<bool>(),
    ) {
        let mut table = RouteTable::default();
        let mut kept: Vec<(usize, Plain)> = Vec::new();
        for (index, route) in routes.into_iter().enumerate() {
            let twin = kept.iter().any(|(_, other)| {
                (other.host, other.method, other.rest, &other.segments) == (route.host, route.method, route.rest, &route.segments)
            });
            let inserted = table.insert(&route.pattern(), target(index));
            prop_assert_eq!(inserted, if twin { Err(Ambiguous) } else { Ok(()) });
            if twin {
                // A refused route leaves no trace, but a set with one is refused as a whole.
                return Ok(());
            }
            kept.push((index, route));
        }
        let path = format!("/{}{}", segments.join("/"), if slash && !segments.is_empty() { "/" } else { "" });
        let head = RequestHead { method, host, path: CanonicalPath::parse(path.as_bytes()).unwrap(), target: b"" };
        let found = table.find(&head).map(|(target, captured)| {
            (target.name.to_string(), (0..16).map_while(|index| captured.get(index).map(str::to_owned)).collect::<Vec<_>>())
        });
        let matching: Vec<_> =
            kept.iter().filter_map(|(index, route)| Some((index, route, route.matches(host, &path)?))).collect();
        let best = matching.iter().map(|(_, route, _)| route.rank()).min();
        let of_method = |own: Option<&str>| {
            matching.iter().find(|(_, route, _)| Some(route.rank()) == best && route.method == own)
        };
        let expected = of_method(Some(method))
            .or_else(|| of_method(None))
            .map(|(index, _, captures)| (index.to_string(), captures.clone()));
        prop_assert_eq!(found, expected, "{} {} {}", method, host, path);
    }
}

#[test]
fn a_literal_in_disguise_has_no_route() {
    let mut table = RouteTable::default();
    let docs = |segment| Plain { host: None, method: None, segments: vec!["docs", segment], rest: false };
    table.insert(&docs("all:export").pattern(), target(0)).unwrap();
    table.insert(&docs("*").pattern(), target(1)).unwrap();
    table.insert(&Plain { host: None, method: None, segments: vec![], rest: true }.pattern(), target(2)).unwrap();
    let find = |path: &str| {
        let head = RequestHead {
            method: "GET",
            host: "a.com",
            path: CanonicalPath::parse(path.as_bytes()).unwrap(),
            target: b"",
        };
        table.find(&head).map(|(target, _)| target.name.to_string())
    };
    assert_eq!(find("/docs/all:export").as_deref(), Some("0"));
    assert_eq!(find("/docs/all%3Aexport"), None);
    assert_eq!(find("/docs/alice%40example.com").as_deref(), Some("1"));
}
