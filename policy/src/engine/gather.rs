use std::ops::Range;

use crate::condition::Inputs;
use crate::snapshot::Snapshot;
use crate::sort::sort_by;

use super::index::{Allows, Met};
use super::query::Action;
use super::query::{AskedScope, Question};
use super::scope::ScopeId;
use super::{CandidateRef, HeldRoles, Query, Symbol};

/// One level of a question's scope.
#[derive(Clone, Debug)]
pub(super) struct Level {
    pub(super) scope: ScopeId,
    /// Its candidates in [`Candidates::all`], in order.
    range: Range<usize>,
    /// Whether it must allow: it has allow policies for this kind and action, for whatever role, or is the only level.
    pub(super) allows: Allows,
}

/// Candidates of a question: denies first, then in the snapshot's order, each once.
#[derive(Debug, Default)]
pub(crate) struct Candidates {
    pub(super) all: Vec<CandidateRef>,
    /// From the root down. Empty where the root is the only level, as it is for most questions.
    below: Vec<Level>,
}

impl Candidates {
    /// The levels, from the root down.
    pub(super) fn levels(&self) -> impl Iterator<Item = Level> {
        let everything = 0..self.all.len();
        let single = self.is_at_root().then_some(Level {
            scope: ScopeId::ROOT,
            range: everything,
            allows: Allows { enforced: true, shadow: true },
        });
        single.into_iter().chain(self.below.iter().cloned())
    }

    /// Whether the root is the only level.
    pub(super) fn is_at_root(&self) -> bool {
        self.below.is_empty()
    }

    pub(super) fn of(&self, level: &Level) -> &[CandidateRef] {
        self.all.get(level.range.clone()).unwrap_or_default()
    }

    fn clear(&mut self) {
        self.all.clear();
        self.below.clear();
    }

    /// Orders the candidates from this place on, unless they are in order, as they nearly always are.
    #[inline]
    fn order(&mut self, start: usize) {
        let of_level = self.all.get_mut(start..).unwrap_or_default();
        if !of_level.array_windows().all(|[a, b]| a < b) {
            sort_by(of_level, |a, b| a < b);
            // No policy is in two levels, so that nothing before `start` is one too many.
            self.all.dedup();
        }
    }
}

impl Snapshot {
    /// Looks the names of kind, action and scope up.
    #[must_use]
    pub fn resolve<'a>(&self, query: &Query<'a>) -> Question<'a> {
        let Query { principal, resource, request, .. } = *query;
        Question {
            inputs: Inputs { principal, resource, request },
            kind: self.symbols().kinds.get(query.resource.kind),
            action: Action { symbol: self.symbols().actions.get(query.action), name: query.action },
            scope: self.asked_scope(query.scope, principal.scope()),
        }
    }

    /// The scope of a question, from that of the resource and that of the principal.
    pub(crate) fn asked_scope(&self, resource: Option<&str>, principal: Option<&str>) -> AskedScope {
        let name = match (resource, principal) {
            (Some(resource), Some(principal)) if resource != principal => return AskedScope::Mismatch,
            (None, None) => return AskedScope::Root,
            (Some(name), _) | (None, Some(name)) => name,
        };
        self.scopes().get(name).map_or(AskedScope::Unknown, AskedScope::Within)
    }

    /// Collects the candidates of a question, level by level; none where its scope is not one.
    pub(super) fn gather(&self, question: &Question<'_>, candidates: &mut Candidates) {
        match question.scope {
            AskedScope::Root => self.gather_at_root(question, candidates),
            AskedScope::Within(scope) => self.gather_levels(scope, question, candidates),
            AskedScope::Unknown | AskedScope::Mismatch => candidates.clear(),
        }
    }

    /// Those of a question that nobody asks in a scope, where they are the few of one kind: nothing needs collecting.
    #[inline(always)]
    pub(super) fn few<'s>(&'s self, question: &Question<'s>) -> Option<Met<'s>> {
        match self.has_shadow() || !self.globs().is_empty() {
            true => None,
            false => self.index().few(question.kind, question.action.symbol, question.inputs.principal.held_roles()),
        }
    }

    /// Those of a question that nobody asks in a scope.
    pub(super) fn gather_at_root(&self, question: &Question<'_>, candidates: &mut Candidates) {
        candidates.clear();
        let roles = question.inputs.principal.held_roles();
        self.index().collect(question.kind, question.action.symbol, roles, &mut candidates.all);
        if !self.globs().is_empty() {
            self.globs().each(question.action, |glob| {
                self.index().collect(question.kind, Some(glob), roles, &mut candidates.all);
            });
        }
        candidates.order(0);
    }

    fn gather_levels(&self, scope: ScopeId, question: &Question<'_>, candidates: &mut Candidates) {
        candidates.clear();
        let roles = question.inputs.principal.held_roles();
        for level in self.scopes().chain(scope) {
            let start = candidates.all.len();
            let mut allows =
                self.collect_level(*level, question.kind, question.action.symbol, roles, &mut candidates.all);
            self.globs().each(question.action, |glob| {
                let here = self.collect_level(*level, question.kind, Some(glob), roles, &mut candidates.all);
                allows = allows.or(here);
            });
            candidates.order(start);
            let range = start..candidates.all.len();
            candidates.below.push(Level { scope: *level, range, allows });
        }
    }

    /// Candidates of one level, and which allows there are for whatever role.
    #[inline(never)]
    fn collect_level(
        &self,
        scope: ScopeId,
        kind: Option<Symbol>,
        action: Option<Symbol>,
        roles: &HeldRoles,
        candidates: &mut Vec<CandidateRef>,
    ) -> Allows {
        let mut allows = Allows::default();
        for kind in kind.into_iter().chain([Symbol::WILDCARD]) {
            if let Some(kind) = self.scopes().kind(scope, kind) {
                self.index().collect_at(kind, action, roles, candidates);
                allows = allows.or(self.index().allows(kind, action));
            }
        }
        allows
    }
}
