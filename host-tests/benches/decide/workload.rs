//! The benchmark's workload: deterministic policies and requests, and a naive reference for both.
//!
//! `count` policies over `count / 5` kinds; two or three of five actions; one or two of twenty roles; 60 % with one of
//! four shapes of condition; 5 % deny. Two thousand requests, half of them allowed; half of the denied ones match a policy's
//! kind, action and role; 2 % name an unknown kind. No attribute is missing. Requests come from two hundred principals, each
//! resolved once, as the plugin does for each distinct token.
//!
//! Compiled into the native bench and into the WebAssembly guest, so that both decide the same questions.

use std::rc::Rc;

use tollgate_policy::condition::Map;
use tollgate_policy::data::{Data, Fields};
use tollgate_policy::engine::{Query, Question, RequestFacts, Resource};
use tollgate_policy::identity::{Principal, PrincipalClaims};
use tollgate_policy::snapshot::Snapshot;

pub(crate) const REQUESTS: usize = 2_000;

const ACTIONS: [&str; 5] = ["view", "edit", "delete", "share", "approve"];
const ROLES: u64 = 20;
const STATUSES: u64 = 5;
const DEPARTMENTS: u64 = 4;
const GROUPS: u64 = 10;
const PEOPLE: u64 = 200;

/// SplitMix64.
pub(crate) struct Random(pub(crate) u64);

impl Random {
    pub(crate) fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ z >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ z >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ z >> 31) % bound
    }
}

pub(crate) enum Shape {
    Owner,
    DepartmentAndStatus(u64),
    AmountAndGroup(i64, u64),
    PathPrefix(u64),
}

pub(crate) struct Spec {
    pub(crate) deny: bool,
    pub(crate) kind: usize,
    pub(crate) actions: Vec<&'static str>,
    pub(crate) roles: Vec<u64>,
    pub(crate) shape: Option<Shape>,
}

pub(crate) fn specs(count: usize) -> Vec<Spec> {
    let mut random = Random(42);
    (0..count).map(|index| spec(index, &mut random)).collect()
}

fn spec(index: usize, random: &mut Random) -> Spec {
    let mut actions = ACTIONS.to_vec();
    for _ in 0..3 - random.below(2) {
        let at = usize::try_from(random.below(actions.len() as u64)).unwrap_or_default();
        actions.remove(at);
    }
    let first = random.below(ROLES);
    let mut roles = vec![first];
    if random.below(2) == 0 {
        roles.push((first + 1 + random.below(ROLES - 1)) % ROLES);
    }
    let shape = (random.below(100) < 60).then(|| match random.below(4) {
        0 => Shape::Owner,
        1 => Shape::DepartmentAndStatus(random.below(STATUSES)),
        2 => Shape::AmountAndGroup(i64::try_from(100 + random.below(900)).unwrap_or_default(), random.below(GROUPS)),
        _ => Shape::PathPrefix(random.below(1000)),
    });
    Spec { deny: random.below(100) < 5, kind: index / 5, actions, roles, shape }
}

impl Shape {
    pub(crate) fn text(&self) -> String {
        match self {
            Shape::Owner => "resource.ownerId == principal.id".to_owned(),
            Shape::DepartmentAndStatus(status) => format!(
                "principal.attr.department == resource.attr.department && resource.attr.status != 'status-{status}'"
            ),
            Shape::AmountAndGroup(amount, group) => {
                format!("resource.attr.amount < {amount} && 'group-{group}' in principal.attr.groups")
            }
            Shape::PathPrefix(area) => format!("request.path.startsWith('/area-{area}/') == false"),
        }
    }

    fn holds(&self, request: &Plain<'_>) -> bool {
        match self {
            Shape::Owner => request.owner == request.person.id,
            Shape::DepartmentAndStatus(status) => {
                request.person.department == request.its_department && request.status != *status
            }
            Shape::AmountAndGroup(amount, group) => request.amount < *amount && request.person.groups.contains(group),
            Shape::PathPrefix(area) => request.area != *area,
        }
    }
}

/// A principal, in numbers, and as the snapshot knows it.
struct Person {
    id: u64,
    roles: Vec<u64>,
    department: u64,
    groups: Vec<u64>,
    principal: Rc<Principal>,
}

/// A request, in numbers.
struct Plain<'a> {
    person: &'a Person,
    kind: usize,
    action: &'static str,
    owner: u64,
    its_department: u64,
    status: u64,
    amount: i64,
    area: u64,
}

/// A request, ready to be decided, with the reference's answer.
pub(crate) struct Request {
    principal: Rc<Principal>,
    kind: String,
    action: &'static str,
    attributes: Fields,
    path: String,
    pub(crate) allowed: bool,
}

impl Request {
    /// The question as a route puts it: the names of kind and action are the snapshot's own.
    pub(crate) fn question(&self, snapshot: &Snapshot) -> Question<'_> {
        snapshot.resolve(&Query {
            principal: &self.principal,
            action: self.action,
            resource: Resource { kind: &self.kind, id: Some("1"), attributes: Map::Fields(&self.attributes) },
            scope: None,
            request: RequestFacts { path: Some(&self.path), ..RequestFacts::default() },
        })
    }
}

pub(crate) fn requests(specs: &[Spec], snapshot: &Snapshot) -> Vec<Request> {
    let mut random = Random(4711);
    let people: Vec<Person> = (0..PEOPLE).map(|id| person(id, &mut random, snapshot)).collect();
    let (mut allowed, mut near, mut far) = (0, 0, 0);
    let mut requests = Vec::with_capacity(REQUESTS);
    // Shares are filled as they come; random order among them is what the loop produces.
    while requests.len() < REQUESTS {
        let Some(plain) = plain(specs, &people, &mut random) else { break };
        let own = specs.get(plain.kind * 5..).unwrap_or_default();
        let own = own.get(..own.len().min(5)).unwrap_or_default();
        let matching = || {
            own.iter()
                .filter(|spec| spec.actions.contains(&plain.action))
                .filter(|spec| spec.roles.iter().any(|role| plain.person.roles.contains(role)))
        };
        let applies = |spec: &&Spec| spec.shape.as_ref().is_none_or(|shape| shape.holds(&plain));
        let denied = matching().filter(|spec| spec.deny).any(|spec| applies(&spec));
        let answer = !denied && matching().filter(|spec| !spec.deny).any(|spec| applies(&spec));
        let share = match (answer, matching().next().is_some()) {
            (true, _) => &mut allowed,
            (false, true) => &mut near,
            (false, false) => &mut far,
        };
        if *share >= if answer { REQUESTS / 2 } else { REQUESTS / 4 } {
            continue;
        }
        *share += 1;
        requests.push(request(&plain, answer));
    }
    requests
}

fn plain<'a>(specs: &[Spec], people: &'a [Person], random: &mut Random) -> Option<Plain<'a>> {
    let spec = specs.get(index(random, specs.len()))?;
    let unknown = random.below(50) == 0;
    let hit = random.below(4) > 0;
    let action =
        if hit { spec.actions.get(index(random, spec.actions.len()))? } else { ACTIONS.get(index(random, 5))? };
    let from = index(random, people.len());
    let mut others = people.iter().cycle().skip(from).take(people.len());
    let person = match hit {
        true => others.find(|person| spec.roles.iter().any(|role| person.roles.contains(role)))?,
        false => others.next()?,
    };
    Some(Plain {
        person,
        kind: if unknown { usize::MAX / 10 } else { spec.kind },
        action,
        owner: if random.below(2) == 0 { person.id } else { random.below(PEOPLE) },
        its_department: if random.below(2) == 0 { person.department } else { random.below(DEPARTMENTS) },
        status: random.below(STATUSES),
        amount: i64::try_from(random.below(1000)).unwrap_or_default(),
        area: random.below(1000),
    })
}

fn index(random: &mut Random, len: usize) -> usize {
    usize::try_from(random.below(len as u64)).unwrap_or_default()
}

fn person(id: u64, random: &mut Random, snapshot: &Snapshot) -> Person {
    let roles: Vec<u64> = (0..1 + random.below(3)).map(|_| random.below(ROLES)).collect();
    let department = random.below(DEPARTMENTS);
    let groups: Vec<u64> = (0..4).map(|_| random.below(GROUPS)).collect();
    let names = groups.iter().map(|group| text(format!("group-{group}"))).collect();
    let principal = snapshot.principal(PrincipalClaims {
        source: None,
        id: format!("user-{id}"),
        roles: roles.iter().map(|role| format!("role-{role}")).collect(),
        attributes: fields(vec![
            ("department", text(format!("department-{department}"))),
            ("groups", Data::List(names)),
        ]),
        scope: None,
    });
    Person { id, roles, department, groups, principal: Rc::new(principal) }
}

fn request(plain: &Plain<'_>, allowed: bool) -> Request {
    Request {
        principal: Rc::clone(&plain.person.principal),
        kind: format!("kind-{}", plain.kind),
        action: plain.action,
        attributes: fields(vec![
            ("ownerId", text(format!("user-{}", plain.owner))),
            ("department", text(format!("department-{}", plain.its_department))),
            ("status", text(format!("status-{}", plain.status))),
            ("amount", Data::Int(plain.amount)),
        ]),
        path: format!("/area-{}/things/1", plain.area),
        allowed,
    }
}

fn text(text: String) -> Data {
    Data::String(text.into())
}

fn fields(members: Vec<(&str, Data)>) -> Fields {
    Fields::new(members.into_iter().map(|(name, value)| (name.into(), value)).collect()).unwrap_or_default()
}
