//! The workload in our engine's terms.
//!
//! A request has just been read when it is decided, and lies in the nearest cache. Two thousand prepared ones do not, so each
//! is kept as small and as close together as a route makes it: in one arena, the pairs of its attributes beside their texts.
//! Principals are what the plugin keeps for each distinct token.

use std::collections::BTreeMap;

use bumpalo::Bump;
use tollgate_policy::condition::{Map, Value};
use tollgate_policy::data::{Data, Fields};
use tollgate_policy::engine::{Effect, Query, Question, RequestFacts, Resource, Scratch};
use tollgate_policy::identity::{Principal, PrincipalClaims};
use tollgate_policy::snapshot::Snapshot;

use super::workload::{Case, Person, Workload, action_name, role_name};

/// The principals, as the snapshot knows them.
pub(crate) fn principals(workload: &Workload, snapshot: &Snapshot) -> Vec<Principal> {
    workload.people.iter().map(|person| snapshot.principal(claims(person))).collect()
}

pub(crate) fn claims(person: &Person) -> PrincipalClaims {
    let groups = person.groups.iter().map(|group| Data::String(format!("group-{group}").into())).collect();
    let department = Data::String(format!("department-{}", person.department).into());
    let attributes = vec![("department".into(), department), ("groups".into(), Data::List(groups))];
    PrincipalClaims {
        id: format!("user-{}", person.id),
        roles: person.roles.iter().map(|role| role_name(*role)).collect(),
        attributes: Fields::new(attributes).unwrap_or_default(),
        ..PrincipalClaims::default()
    }
}

/// A request, ready to be decided, with the reference's answer.
pub(crate) struct Asked<'a> {
    question: Question<'a>,
    allowed: bool,
}

impl Asked<'_> {
    #[inline]
    pub(crate) fn allows(&self, snapshot: &Snapshot, scratch: &mut Scratch) -> bool {
        snapshot.decide_resolved(&self.question, scratch).effect == Effect::Allow
    }

    /// Whether the answer is the reference's.
    #[inline]
    pub(crate) fn is_right(&self, snapshot: &Snapshot, scratch: &mut Scratch) -> bool {
        self.allows(snapshot, scratch) == self.allowed
    }
}

/// Decides the requests in this order; how many answers are right.
pub(crate) fn decide_all(asked: &[&Asked<'_>], order: &[u16], snapshot: &Snapshot, scratch: &mut Scratch) -> usize {
    let mut is_right = |at: &u16| asked.get(usize::from(*at)).is_some_and(|asked| asked.is_right(snapshot, scratch));
    order.iter().map(|at| usize::from(is_right(at))).sum()
}

/// The requests, in the workload's order.
pub(crate) fn questions<'a>(
    workload: &Workload,
    snapshot: &Snapshot,
    principals: &'a [Principal],
    arena: &'a Bump,
) -> Vec<&'a Asked<'a>> {
    // Routes hold the names of kinds and actions.
    let mut names = BTreeMap::new();
    for case in &workload.cases {
        names.entry((case.kind, case.action)).or_insert_with(|| {
            (&*arena.alloc_str(&format!("kind-{}", case.kind)), &*arena.alloc_str(&action_name(case.action)))
        });
    }
    let question = |case: &Case| {
        let principal = principals.get(case.person)?;
        let (kind, action) = names.get(&(case.kind, case.action))?;
        let text = |name: &str, number: usize| Value::Str(arena.alloc_str(&format!("{name}-{number}")));
        let attributes = [
            ("ownerId", text("user", case.owner)),
            ("department", text("department", case.department)),
            ("status", text("status", case.status)),
            ("amount", Value::Int(case.amount)),
        ];
        let path = arena.alloc_str(&format!("/area-{}/things/1", case.area));
        let question = snapshot.resolve(&Query {
            principal,
            action,
            resource: Resource { kind, id: Some("1"), attributes: Map::Pairs(arena.alloc_slice_copy(&attributes)) },
            scope: None,
            request: RequestFacts { path: Some(path), ..RequestFacts::default() },
        });
        Some(&*arena.alloc(Asked { question, allowed: case.allowed }))
    };
    workload.cases.iter().filter_map(question).collect()
}
