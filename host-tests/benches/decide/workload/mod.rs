//! The benchmark's workload: deterministic policies and requests, and a naive reference for both. In numbers, so that each
//! engine can put them in its own terms.
//!
//! `count` policies over `count / 5` kinds; two or three of five actions; one or two of twenty roles; 60 % with one of
//! four shapes of condition; 5 % deny. Two thousand requests of two hundred principals, half of them allowed, a
//! quarter of these by a condition; half of the denied ones match a policy's kind, action and role; 2 % name an unknown kind. No
//! attribute is missing. Of a request's kind and action there are about 2.5 policies, of its roles too about 0.9; a third of the
//! requests cannot be decided without a condition.
//!
//! Compiled into the bench of our engine, into the bench of its peers and into the WebAssembly guest, so that all decide
//! the same questions.

mod case;
mod random;
pub(crate) mod spec;

pub(crate) use case::{Case, Person};
use random::Random;
pub(crate) use spec::Spec;

pub(crate) const REQUESTS: usize = 2_000;

/// In how many orders the requests are decided, one after the other: the branch predictor learns an order that repeats.
pub(crate) const ORDERS: usize = 8;

const ACTIONS: usize = 5;
const PEOPLE: usize = 200;
const STATUSES: usize = 5;
const DEPARTMENTS: usize = 4;
const GROUPS: usize = 10;
/// Paths begin with one of so many.
const AREAS: usize = 1_000;

/// What the policies have in common. In each of the others the number of policies that meet a request is, like in the
/// first, the same for every number of policies: what remains to be seen is the cost of finding them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Variant {
    /// The workload as described above.
    Mixed,
    /// Every policy is about the same kind and action, and each about a role of its own. Principals hold one to three of
    /// them all.
    Roles,
    /// Policies are about one or two of a hundred roles, and principals hold fifty of these.
    Held50,
    /// A third of the policies have a wildcard: one in nine any role, one in nine any action, and one in nine any kind, with
    /// actions of which five such policies know each. The first two are about any kind and any action, for a role that few hold.
    Wildcards,
}

impl Variant {
    pub(crate) const ALL: [Variant; 4] = [Variant::Mixed, Variant::Roles, Variant::Held50, Variant::Wildcards];

    /// How many roles there are, other than [`RARE_ROLE`].
    fn roles(self, policies: usize) -> usize {
        match self {
            Variant::Mixed | Variant::Wildcards => 20,
            Variant::Roles => policies,
            Variant::Held50 => 100,
        }
    }
}

/// Held by one principal in twenty, in [`Variant::Wildcards`].
const RARE_ROLE: usize = usize::MAX;

/// The policies, the principals and the requests.
pub(crate) struct Workload {
    pub(crate) specs: Vec<Spec>,
    pub(crate) people: Vec<Person>,
    pub(crate) cases: Vec<Case>,
    /// Each names every request once.
    pub(crate) orders: Vec<Vec<u16>>,
}

impl Workload {
    pub(crate) fn new(variant: Variant, policies: usize) -> Self {
        let specs = spec::specs(variant, policies);
        let mut random = Random(4711);
        let people = case::people(variant, policies, &mut random);
        let cases = case::cases(&specs, &people, &mut random);
        let orders = (0..ORDERS).map(|_| {
            let mut order: Vec<u16> = (0..).take(cases.len()).collect();
            random.shuffle(&mut order);
            order
        });
        Workload { orders: orders.collect(), specs, people, cases }
    }
}

pub(crate) fn role_name(role: usize) -> String {
    if role == RARE_ROLE { "role-rare".to_owned() } else { format!("role-{role}") }
}

pub(crate) fn action_name(action: usize) -> String {
    const NAMES: [&str; 5] = ["view", "edit", "delete", "share", "approve"];
    NAMES.get(action).map_or_else(|| format!("action-{action}"), |name| (*name).to_owned())
}
