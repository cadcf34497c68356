//! Policies and requests over them, the same on every run, with a naive reference that says what is allowed.
//!
//! Five policies for each kind of resource; two or three of five actions; one or two of twenty roles; 60 % with one of four
//! shapes of condition; 5 % deny. Requests walk over all kinds and two hundred people. Numbers in names have fixed widths,
//! so that a substring says as much as a whole name: RBAC can't split a header at its commas.

use std::collections::BTreeSet;

use anyhow::{Result, ensure};

/// Requests of each list.
const REQUESTS: usize = 2_000;

/// How many are made to fill the lists.
const MOST_TRIES: usize = 20 * REQUESTS;

const ROLES: u64 = 20;
const STATUSES: u64 = 5;
const DEPARTMENTS: u64 = 4;
const AREAS: u64 = 50;
const PEOPLE: u64 = 200;

/// Each with the method that means it.
pub(crate) const ACTIONS: [Action; 5] = [
    Action { name: "view", method: "GET" },
    Action { name: "edit", method: "PUT" },
    Action { name: "delete", method: "DELETE" },
    Action { name: "share", method: "POST" },
    Action { name: "approve", method: "PATCH" },
];

#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Action {
    pub(crate) name: &'static str,
    pub(crate) method: &'static str,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Effect {
    Allow,
    Deny,
}

/// What a policy asks beside kind, action and role.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Condition {
    /// The resource is the principal's own.
    Owner,
    /// The resource is not in this status.
    NotStatus(u64),
    /// The header `x-department` names this one.
    Department(u64),
    /// The resource lies outside this area.
    NotArea(u64),
}

#[derive(Debug)]
pub(crate) struct Policy {
    pub(crate) index: usize,
    pub(crate) effect: Effect,
    pub(crate) kind: usize,
    pub(crate) actions: Vec<&'static Action>,
    pub(crate) roles: BTreeSet<u64>,
    pub(crate) condition: Option<Condition>,
}

#[derive(Clone, Debug)]
pub(crate) struct Person {
    pub(crate) id: u64,
    pub(crate) roles: BTreeSet<u64>,
    pub(crate) department: u64,
}

#[derive(Debug)]
pub(crate) struct Request {
    pub(crate) person: Person,
    pub(crate) action: &'static Action,
    kind: usize,
    area: u64,
    owner: u64,
    status: u64,
}

#[derive(Debug)]
pub(crate) struct Workload {
    pub(crate) policies: Vec<Policy>,
    pub(crate) allowed: Vec<Request>,
    pub(crate) denied: Vec<Request>,
}

impl Workload {
    /// The same for the same number. Fails if there are so few policies that they allow or deny everything.
    pub(crate) fn new(policies: usize) -> Result<Self> {
        let mut random = Random(42);
        let policies: Vec<Policy> = (0..policies).map(|index| policy(index, &mut random)).collect();
        let people: Vec<Person> = (0..PEOPLE).map(|id| person(id, &mut random)).collect();
        let (mut allowed, mut denied) = (Vec::new(), Vec::new());
        for _ in 0..MOST_TRIES {
            let Some(request) = request(&policies, &people, &mut random) else { break };
            let list = if is_allowed(&policies, &request) { &mut allowed } else { &mut denied };
            if list.len() < REQUESTS {
                list.push(request);
            }
        }
        ensure!(
            allowed.len() == REQUESTS && denied.len() == REQUESTS,
            "{} policies do not make a workload: too few requests are allowed, or denied",
            policies.len()
        );
        Ok(Workload { policies, allowed, denied })
    }
}

impl Request {
    pub(crate) fn path(&self) -> String {
        let (kind, area) = (prefix(self.kind), area_name(self.area));
        let (owner, status) = (user(self.owner), status_name(self.status));
        format!("{kind}{area}/{owner}/{status}/things/1")
    }
}

/// What all paths of a kind begin with.
pub(crate) fn prefix(kind: usize) -> String {
    format!("/{}/", kind_name(kind))
}

pub(crate) fn kind_name(kind: usize) -> String {
    format!("kind-{kind:05}")
}

pub(crate) fn role(role: u64) -> String {
    format!("role-{role:02}")
}

pub(crate) fn user(id: u64) -> String {
    format!("user-{id:04}")
}

pub(crate) fn area_name(area: u64) -> String {
    format!("area-{area:03}")
}

pub(crate) fn status_name(status: u64) -> String {
    format!("status-{status}")
}

pub(crate) fn department(department: u64) -> String {
    format!("department-{department}")
}

/// A deny that applies decides; without one, an allow that applies.
fn is_allowed(policies: &[Policy], request: &Request) -> bool {
    let of_kind = policies.get(request.kind * 5..).unwrap_or_default();
    let applies = |effect| of_kind.iter().take(5).any(|policy| policy.effect == effect && policy.applies(request));
    !applies(Effect::Deny) && applies(Effect::Allow)
}

impl Policy {
    fn applies(&self, request: &Request) -> bool {
        self.kind == request.kind
            && self.actions.contains(&request.action)
            && !self.roles.is_disjoint(&request.person.roles)
            && self.condition.is_none_or(|condition| condition.holds(request))
    }
}

impl Condition {
    fn holds(self, request: &Request) -> bool {
        match self {
            Condition::Owner => request.owner == request.person.id,
            Condition::NotStatus(status) => request.status != status,
            Condition::Department(department) => request.person.department == department,
            Condition::NotArea(area) => request.area != area,
        }
    }
}

fn policy(index: usize, random: &mut Random) -> Policy {
    let mut actions: Vec<&Action> = ACTIONS.iter().collect();
    for _ in 0..3 - random.below(2) {
        actions.remove(random.index(actions.len()));
    }
    let condition = (random.below(100) < 60).then(|| match random.below(4) {
        0 => Condition::Owner,
        1 => Condition::NotStatus(random.below(STATUSES)),
        2 => Condition::Department(random.below(DEPARTMENTS)),
        _ => Condition::NotArea(random.below(AREAS)),
    });
    let roles = (0..1 + random.below(2)).map(|_| random.below(ROLES)).collect();
    let effect = if random.below(100) < 5 { Effect::Deny } else { Effect::Allow };
    Policy { index, effect, kind: index / 5, actions, roles, condition }
}

fn person(id: u64, random: &mut Random) -> Person {
    let roles = (0..1 + random.below(3)).map(|_| random.below(ROLES)).collect();
    Person { id, roles, department: random.below(DEPARTMENTS) }
}

/// Three of four name a role and an action of some policy of their kind.
fn request(policies: &[Policy], people: &[Person], random: &mut Random) -> Option<Request> {
    let policy = policies.get(random.index(policies.len()))?;
    let near = random.below(4) > 0;
    let action =
        if near { policy.actions.get(random.index(policy.actions.len()))? } else { ACTIONS.get(random.index(5))? };
    let mut from_here = people.iter().cycle().skip(random.index(people.len())).take(people.len());
    let fits = |person: &&Person| !near || !person.roles.is_disjoint(&policy.roles);
    let person = from_here.find(fits).or(people.first())?.clone();
    Some(Request {
        owner: if random.below(2) == 0 { person.id } else { random.below(PEOPLE) },
        person,
        action,
        kind: policy.kind,
        area: random.below(AREAS),
        status: random.below(STATUSES),
    })
}

/// SplitMix64.
struct Random(u64);

impl Random {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ z >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ z >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ z >> 31).checked_rem(bound).unwrap_or_default()
    }

    fn index(&mut self, len: usize) -> usize {
        usize::try_from(self.below(len as u64)).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_size_has_a_workload_or_says_that_it_has_none() {
        for size in [10, 100, 1_000] {
            let workload = Workload::new(size).unwrap();
            assert_eq!((workload.policies.len(), workload.denied.len()), (size, REQUESTS));
            assert!(workload.allowed.iter().all(|request| is_allowed(&workload.policies, request)));
        }
        assert!(Workload::new(0).is_err());
    }
}
