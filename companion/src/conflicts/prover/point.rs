use tollgate_policy::condition::Outline;
use tollgate_policy::identity::{ANONYMOUS, PrincipalClaims};
use tollgate_policy::set::Names;

use crate::ask::{Asked, Circumstances, HttpRequest, ResourceFixture};

use super::statement::Way;

/// What a question is about, before anything that conditions read is chosen.
#[derive(Debug)]
pub(super) struct Point<'s> {
    pub(super) kind: String,
    pub(super) action: &'s str,
    pub(super) scope: Option<&'s str>,
    pub(super) who: Who<'s>,
    ways: [&'s Way; 2],
}

/// Who asks.
#[derive(Clone, Copy, Debug)]
pub(super) enum Who<'s> {
    /// A caller without identity.
    Anonymous,
    /// Somebody with one role of each list; no list: with any, or none.
    Somebody([Option<&'s [String]>; 2]),
}

/// A question that conditions were found to hold for.
#[derive(Debug)]
pub(super) struct Question {
    pub(super) principal: Option<PrincipalClaims>,
    pub(super) action: String,
    pub(super) resource: ResourceFixture,
    pub(super) request: Option<HttpRequest>,
    pub(super) circumstances: Circumstances,
}

/// A question, and where it was found.
#[derive(Debug)]
pub(super) struct Found<'s> {
    pub(super) question: Question,
    pub(super) point: &'s Point<'s>,
}

impl<'s> Point<'s> {
    pub(super) fn new(kind: String, action: &'s str, scope: Option<&'s str>, who: Who<'s>, ways: [&'s Way; 2]) -> Self {
        Point { kind, action, scope, who, ways }
    }

    /// The condition of the first policy.
    pub(super) fn first(&self) -> &'s Outline {
        &self.ways[0].outline
    }

    /// Of the second.
    pub(super) fn second(&self) -> &'s Outline {
        &self.ways[1].outline
    }
}

impl<'s> Who<'s> {
    /// Everybody who has a role of these.
    pub(super) fn of(roles: &'s Names) -> impl Iterator<Item = Who<'s>> {
        let somebody = named(roles).map(|roles| Who::Somebody([roles, None]));
        somebody.into_iter().chain(has_anonymous(roles).then_some(Who::Anonymous))
    }

    /// Everybody who has a role of each.
    pub(super) fn of_both(a: &'s Names, b: &'s Names) -> impl Iterator<Item = Who<'s>> {
        let somebody = named(a).zip(named(b)).map(|(a, b)| Who::Somebody([a, b]));
        let nobody = (has_anonymous(a) && has_anonymous(b)).then_some(Who::Anonymous);
        somebody.into_iter().chain(nobody)
    }

    /// Whether it takes a role of each, since there is none in common.
    pub(super) fn is_joined(self) -> bool {
        match self {
            Who::Somebody([Some(a), Some(b)]) => !a.iter().any(|role| role != ANONYMOUS && b.contains(role)),
            Who::Somebody(_) | Who::Anonymous => false,
        }
    }
}

/// The roles that somebody with an identity can have: `None` where these are none, `Some(None)` where none is needed.
#[expect(clippy::option_option, reason = "nobody, and anybody")]
fn named(roles: &Names) -> Option<Option<&[String]>> {
    match roles {
        Names::Any => Some(None),
        Names::Of(names) if names.iter().any(|name| name != ANONYMOUS) => Some(Some(names)),
        Names::Of(_) => None,
    }
}

fn has_anonymous(roles: &Names) -> bool {
    matches!(roles, Names::Of(names) if names.iter().any(|name| name == ANONYMOUS))
}

impl Question {
    pub(super) fn asked(&self) -> Asked<'_> {
        Asked { action: &self.action, resource: &self.resource, request: self.request.as_ref() }
    }
}
