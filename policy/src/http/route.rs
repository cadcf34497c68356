use std::ops::ControlFlow;

use rustc_hash::FxHashMap;

use crate::engine::Symbol;

use super::budget::RouteBudget;
use super::path::decodes_to;
use super::request::RequestHead;

/// Most captures that a template can have.
pub(crate) const MAX_CAPTURES: usize = 16;

/// Most methods that the routes of one path can list; there are about forty in use.
const MAX_METHODS: usize = 256;

/// What a route makes of the requests it matches.
#[derive(Debug)]
pub struct RouteTarget {
    pub(crate) name: Box<str>,
    pub(crate) action: (Symbol, Box<str>),
    pub(crate) kind: (Symbol, Box<str>),
    pub(crate) id: Option<ValueSource>,
    pub(crate) scope: Option<ValueSource>,
    pub(crate) attributes: Box<[(Box<str>, ValueSource)]>,
    pub(crate) anonymous_allowed: bool,
    /// Longest body, in bytes, that the route reads; `None` if it reads none.
    pub(crate) max_body: Option<usize>,
    /// How its requests count as calls of models.
    pub(crate) budget: Option<Box<RouteBudget>>,
}

impl RouteTarget {
    pub(crate) fn name(&self) -> &str {
        &self.name
    }
}

/// Where the value of an attribute comes from.
#[derive(Debug)]
pub(crate) enum ValueSource {
    /// The capture of this index, percent-decoded.
    Capture(u16),
    Literal(Box<str>),
}

/// What the captures of a template took from a path, still percent-encoded.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Captured<'a> {
    values: [&'a str; MAX_CAPTURES],
    len: usize,
}

impl<'a> Captured<'a> {
    pub(crate) fn get(&self, index: u16) -> Option<&'a str> {
        self.values.get(..self.len)?.get(usize::from(index)).copied()
    }

    /// False if there is no room.
    fn push(&mut self, value: &'a str) -> bool {
        let room = self.values.get_mut(self.len).map(|room| *room = value);
        self.len += usize::from(room.is_some());
        room.is_some()
    }
}

/// Routes by host, then by path. The most specific path wins: a listed host over any, then, segment by segment from the
/// left, a literal over a capture over the rest of the path. Only then the method is looked at, a listed one over any: a
/// method that the most specific path does not list has no route, rather than that of a looser path.
#[derive(Debug, Default)]
pub(crate) struct RouteTable {
    /// Absent where a route was removed.
    targets: Vec<Option<RouteTarget>>,
    /// Where one is absent.
    vacant: Vec<usize>,
    by_host: FxHashMap<Box<str>, Tree>,
    any_host: Tree,
}

/// What a route matches.
#[derive(Debug)]
pub(crate) struct RoutePattern<'a> {
    pub(crate) hosts: Vec<&'a str>,
    pub(crate) methods: Vec<&'a str>,
    pub(crate) segments: Vec<Segment<'a>>,
    /// The template ends in a capture of the rest of the path.
    pub(crate) rest: bool,
}

#[derive(Clone, Copy, Debug)]
pub(crate) enum Segment<'a> {
    Literal(&'a str),
    Capture,
}

impl RoutePattern<'_> {
    /// About how many bytes the route takes in the tree.
    pub(crate) fn cost(&self) -> usize {
        let segment = |segment: &Segment<'_>| match segment {
            Segment::Literal(text) => text.len(),
            Segment::Capture => 0,
        };
        let methods: usize = self.methods.iter().map(|method| method.len() + 32).sum();
        let path: usize = self.segments.iter().map(|own| segment(own) + 2 * size_of::<Tree>()).sum();
        let hosts: usize = self.hosts.iter().map(|host| host.len() + 2 * size_of::<Tree>()).sum();
        hosts.saturating_add(self.hosts.len().max(1).saturating_mul(path.saturating_add(methods)))
    }
}

/// Two routes match the same requests, and neither is more specific.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Ambiguous;

impl RouteTable {
    /// Adds a route. Where that fails, nothing has changed.
    pub(crate) fn insert(&mut self, pattern: &RoutePattern<'_>, target: RouteTarget) -> Result<(), Ambiguous> {
        let index = self.vacant.last().copied().unwrap_or(self.targets.len());
        let inserted = match pattern.hosts.as_slice() {
            [] => self.any_host.insert(pattern, index),
            hosts => {
                hosts.iter().try_for_each(|host| self.by_host.entry((*host).into()).or_default().insert(pattern, index))
            }
        };
        if inserted.is_err() {
            self.detach(pattern, index);
            return inserted;
        }
        self.vacant.pop();
        match self.targets.get_mut(index) {
            Some(place) => *place = Some(target),
            None => self.targets.push(Some(target)),
        }
        Ok(())
    }

    /// Takes the route of a pattern away, if there is one.
    pub(crate) fn remove(&mut self, pattern: &RoutePattern<'_>) -> Option<RouteTarget> {
        let tree = match pattern.hosts.first() {
            None => &self.any_host,
            Some(host) => self.by_host.get(*host)?,
        };
        let index = tree.get(pattern)?;
        self.detach(pattern, index);
        self.vacant.push(index);
        self.targets.get_mut(index)?.take()
    }

    /// Takes a route out of the trees, wherever it is in them.
    fn detach(&mut self, pattern: &RoutePattern<'_>, route: usize) {
        if pattern.hosts.is_empty() {
            self.any_host.remove(&pattern.segments, pattern.rest, route);
        }
        for host in &pattern.hosts {
            let Some(tree) = self.by_host.get_mut(*host) else { continue };
            tree.remove(&pattern.segments, pattern.rest, route);
            if tree.is_empty() {
                self.by_host.remove(*host);
            }
        }
    }

    pub(crate) fn find<'s, 'a>(&'s self, head: &RequestHead<'a>) -> Option<(&'s RouteTarget, Captured<'a>)> {
        let path = head.path.as_str().strip_prefix('/')?;
        let mut captured = Captured::default();
        for tree in self.by_host.get(head.host).into_iter().chain([&self.any_host]) {
            if let ControlFlow::Break(found) = tree.descend(Some(path), head, &mut captured) {
                return Some((self.targets.get(found?)?.as_ref()?, captured));
            }
            captured.len = 0;
        }
        None
    }

    pub(crate) fn len(&self) -> usize {
        self.targets.len() - self.vacant.len()
    }
}

/// Ends with a route, or with the certainty that there is none.
type Search = ControlFlow<Option<usize>>;

/// A node of the path tree; the root stands before the first segment.
#[derive(Debug, Default)]
struct Tree {
    literals: FxHashMap<Box<str>, Tree>,
    capture: Option<Box<Tree>>,
    /// Routes whose template ends here.
    here: Methods,
    /// Routes whose template takes the rest of the path from here.
    rest: Methods,
}

impl Tree {
    fn insert(&mut self, pattern: &RoutePattern<'_>, route: usize) -> Result<(), Ambiguous> {
        let mut node = self;
        for segment in &pattern.segments {
            node = match segment {
                Segment::Literal(text) => node.literals.entry((*text).into()).or_default(),
                Segment::Capture => node.capture.get_or_insert_default(),
            };
        }
        let methods = if pattern.rest { &mut node.rest } else { &mut node.here };
        methods.insert(&pattern.methods, route)
    }

    /// The route of a pattern.
    fn get(&self, pattern: &RoutePattern<'_>) -> Option<usize> {
        let mut node = self;
        for segment in &pattern.segments {
            node = match segment {
                Segment::Literal(text) => node.literals.get(*text)?,
                Segment::Capture => node.capture.as_deref()?,
            };
        }
        let methods = if pattern.rest { &node.rest } else { &node.here };
        methods.get(pattern.methods.first().copied())
    }

    /// Takes a route away, and the nodes that were there for it alone: a literal that no route has must not pass for one.
    fn remove(&mut self, segments: &[Segment<'_>], rest: bool, route: usize) {
        match segments.split_first() {
            None => (if rest { &mut self.rest } else { &mut self.here }).remove(route),
            Some((Segment::Literal(text), after)) => {
                if let Some(tree) = self.literals.get_mut(*text) {
                    tree.remove(after, rest, route);
                    if tree.is_empty() {
                        self.literals.remove(*text);
                    }
                }
            }
            Some((Segment::Capture, after)) => {
                if let Some(tree) = &mut self.capture {
                    tree.remove(after, rest, route);
                    if tree.is_empty() {
                        self.capture = None;
                    }
                }
            }
        }
    }

    fn is_empty(&self) -> bool {
        self.literals.is_empty() && self.capture.is_none() && self.here.is_empty() && self.rest.is_empty()
    }

    /// `rest` is what follows the slash after this node's segment, `None` at the end of the path. Visits each node of the
    /// tree at most once, and goes as deep as the longest template.
    fn descend<'a>(&self, rest: Option<&'a str>, head: &RequestHead<'a>, captured: &mut Captured<'a>) -> Search {
        let Some(rest) = rest else {
            return self.here.search(head.method);
        };
        let slash = rest.bytes().position(|byte| byte == b'/');
        let (segment, after) = match slash.and_then(|at| Some((rest.get(..at)?, rest.get(at + 1..)?))) {
            Some((segment, after)) => (segment, Some(after)),
            None => (rest, None),
        };
        // A literal in disguise: an upstream that decodes would take it for the literal's route, so it gets none.
        if head.path.is_encoded()
            && segment.contains('%')
            && self.literals.keys().any(|literal| decodes_to(segment, literal))
        {
            return ControlFlow::Break(None);
        }
        if let Some(tree) = self.literals.get(segment) {
            tree.descend(after, head, captured)?;
        }
        let before = captured.len;
        if let Some(tree) = &self.capture
            && !segment.is_empty()
            && captured.push(segment)
        {
            tree.descend(after, head, captured)?;
            captured.len = before;
        }
        if !rest.is_empty() && captured.push(rest) {
            self.rest.search(head.method)?;
            captured.len = before;
        }
        ControlFlow::Continue(())
    }
}

/// Routes with the same path, told apart by method.
#[derive(Debug, Default)]
struct Methods {
    listed: Vec<(Box<str>, usize)>,
    any: Option<usize>,
}

impl Methods {
    fn insert(&mut self, methods: &[&str], route: usize) -> Result<(), Ambiguous> {
        if methods.is_empty() {
            if self.any.is_some() {
                return Err(Ambiguous);
            }
            self.any = Some(route);
        }
        for method in methods {
            if self.listed.len() >= MAX_METHODS || self.listed.iter().any(|(listed, _)| &**listed == *method) {
                return Err(Ambiguous);
            }
            self.listed.push(((*method).into(), route));
        }
        Ok(())
    }

    /// The route of a method, or that of any.
    fn get(&self, method: Option<&str>) -> Option<usize> {
        let Some(method) = method else { return self.any };
        self.listed.iter().find(|(listed, _)| &**listed == method).map(|(_, route)| *route)
    }

    fn remove(&mut self, route: usize) {
        self.listed.retain(|(_, listed)| *listed != route);
        self.any = self.any.filter(|any| *any != route);
    }

    fn is_empty(&self) -> bool {
        self.listed.is_empty() && self.any.is_none()
    }

    /// Ends the search where there are routes, even if none is for this method.
    fn search(&self, method: &str) -> Search {
        if self.is_empty() {
            return ControlFlow::Continue(());
        }
        let listed = self.listed.iter().find(|(listed, _)| &**listed == method).map(|(_, route)| *route);
        ControlFlow::Break(listed.or(self.any))
    }
}
