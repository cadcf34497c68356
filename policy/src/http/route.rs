use rustc_hash::FxHashMap;

use crate::engine::Symbol;

use super::path::CanonicalPath;
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
    pub(crate) attributes: Box<[(Box<str>, ValueSource)]>,
    pub(crate) anonymous_allowed: bool,
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

    fn with(mut self, value: &'a str) -> Option<Self> {
        *self.values.get_mut(self.len)? = value;
        self.len += 1;
        Some(self)
    }
}

/// Routes by host, then by path. The most specific match wins: a listed host over any, then, segment by segment from the
/// left, a literal over a capture over the rest of the path, then a listed method over any.
#[derive(Debug, Default)]
pub(crate) struct RouteTable {
    targets: Vec<RouteTarget>,
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

/// Two routes match the same requests, and neither is more specific.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Ambiguous;

impl RouteTable {
    pub(crate) fn insert(&mut self, pattern: &RoutePattern<'_>, target: RouteTarget) -> Result<(), Ambiguous> {
        let index = self.targets.len();
        if pattern.hosts.is_empty() {
            self.any_host.insert(pattern, index)?;
        }
        for host in &pattern.hosts {
            self.by_host.entry((*host).into()).or_default().insert(pattern, index)?;
        }
        self.targets.push(target);
        Ok(())
    }

    pub(crate) fn find<'s, 'a>(&'s self, head: &RequestHead<'a>) -> Option<(&'s RouteTarget, Captured<'a>)> {
        let search = |tree: &Tree| tree.find(head.path, head.method);
        let (index, captured) = self.by_host.get(head.host).and_then(search).or_else(|| search(&self.any_host))?;
        Some((self.targets.get(index)?, captured))
    }

    pub(crate) fn len(&self) -> usize {
        self.targets.len()
    }
}

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

    fn find<'a>(&self, path: CanonicalPath<'a>, method: &str) -> Option<(usize, Captured<'a>)> {
        let rest = path.as_str().strip_prefix('/')?;
        self.descend(Some(rest), method, Captured::default())
    }

    /// `rest` is what follows the slash after this node's segment, `None` at the end of the path. Visits each node of the
    /// tree at most once, and goes as deep as the longest template.
    fn descend<'a>(
        &self,
        rest: Option<&'a str>,
        method: &str,
        captured: Captured<'a>,
    ) -> Option<(usize, Captured<'a>)> {
        let Some(rest) = rest else {
            return self.here.get(method).map(|route| (route, captured));
        };
        let (segment, after) = match rest.split_once('/') {
            Some((segment, after)) => (segment, Some(after)),
            None => (rest, None),
        };
        let literal = || self.literals.get(segment)?.descend(after, method, captured);
        let capture = || {
            let tree = self.capture.as_ref().filter(|_| !segment.is_empty())?;
            tree.descend(after, method, captured.with(segment)?)
        };
        let remainder = || {
            let route = self.rest.get(method).filter(|_| !rest.is_empty())?;
            Some((route, captured.with(rest)?))
        };
        literal().or_else(capture).or_else(remainder)
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
            return match self.any.replace(route) {
                None => Ok(()),
                Some(_) => Err(Ambiguous),
            };
        }
        for method in methods {
            if self.listed.len() >= MAX_METHODS || self.listed.iter().any(|(listed, _)| &**listed == *method) {
                return Err(Ambiguous);
            }
            self.listed.push(((*method).into(), route));
        }
        Ok(())
    }

    fn get(&self, method: &str) -> Option<usize> {
        self.listed.iter().find(|(listed, _)| &**listed == method).map(|(_, route)| *route).or(self.any)
    }
}
