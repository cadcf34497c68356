use std::collections::BTreeMap;

use super::{ACTIONS, AREAS, DEPARTMENTS, GROUPS, PEOPLE, RARE_ROLE, REQUESTS, Random, STATUSES, Spec, Variant};

/// A principal.
pub(crate) struct Person {
    pub(crate) id: usize,
    pub(crate) roles: Vec<usize>,
    pub(crate) department: usize,
    pub(crate) groups: Vec<usize>,
}

/// A request, with the reference's answer.
#[derive(Clone)]
pub(crate) struct Case {
    /// Position in the workload's people, and the principal's id.
    pub(crate) person: usize,
    pub(crate) kind: usize,
    pub(crate) action: usize,
    pub(crate) owner: usize,
    pub(crate) department: usize,
    pub(crate) status: usize,
    pub(crate) amount: i64,
    pub(crate) area: usize,
    pub(crate) allowed: bool,
    /// Whether no engine can know the answer without evaluating a condition.
    pub(crate) conditional: bool,
}

pub(super) fn people(variant: Variant, policies: usize, random: &mut Random) -> Vec<Person> {
    let all = variant.roles(policies);
    let mut person = |id| {
        let mut roles: Vec<usize> = match variant {
            Variant::Held50 => {
                let mut roles: Vec<usize> = (0..all).collect();
                random.shuffle(&mut roles);
                roles.truncate(50);
                roles
            }
            _ => (0..1 + random.below(3)).map(|_| random.below(all)).collect(),
        };
        if variant == Variant::Wildcards && random.percent(5) {
            roles.push(RARE_ROLE);
        }
        let department = random.below(DEPARTMENTS);
        Person { id, roles, department, groups: (0..4).map(|_| random.below(GROUPS)).collect() }
    };
    (0..PEOPLE).map(&mut person).collect()
}

pub(super) fn cases(specs: &[Spec], people: &[Person], random: &mut Random) -> Vec<Case> {
    let policies = Policies::new(specs);
    let mut open = [
        (Share::Allowed, REQUESTS * 3 / 8),
        (Share::AllowedByCondition, REQUESTS / 8),
        (Share::NearMiss, REQUESTS / 4),
        (Share::FarMiss, REQUESTS / 4 - REQUESTS / 50),
        (Share::UnknownKind, REQUESTS / 50),
    ];
    let mut cases = Vec::with_capacity(REQUESTS);
    // Shares are filled as they come; the order is shuffled anyway.
    while cases.len() < REQUESTS {
        let Some(mut case) = draft(specs, &policies, people, random) else { continue };
        let Some(person) = people.get(case.person) else { continue };
        let met = policies.about(case.kind).filter(|spec| spec.matches(&case, person)).collect::<Vec<_>>();
        (case.allowed, case.conditional) = answer(&met, &case, person);
        let share = match (case.allowed, met.is_empty()) {
            (true, _) if case.conditional => Share::AllowedByCondition,
            (true, _) => Share::Allowed,
            (false, false) => Share::NearMiss,
            (false, true) if case.kind == specs.len() => Share::UnknownKind,
            (false, true) => Share::FarMiss,
        };
        if let Some((_, left @ 1..)) = open.iter_mut().find(|(of, _)| *of == share) {
            *left -= 1;
            cases.push(case);
        }
    }
    cases
}

/// What a request is there for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Share {
    Allowed,
    AllowedByCondition,
    /// Denied, although kind, action and role match a policy's.
    NearMiss,
    FarMiss,
    UnknownKind,
}

/// Whether the policies that a request meets allow it, and whether that depends on a condition.
fn answer(met: &[&Spec], case: &Case, person: &Person) -> (bool, bool) {
    let some = |deny: bool, is_it: &dyn Fn(&Spec) -> bool| met.iter().any(|spec| spec.deny == deny && is_it(spec));
    let applies = |spec: &Spec| spec.holds(case, person);
    let surely = |spec: &Spec| spec.shape.is_none();
    let perhaps = |spec: &Spec| spec.shape.is_some();
    let allowed = !some(true, &applies) && some(false, &applies);
    let conditional = !some(true, &surely)
        && (some(false, &surely) && some(true, &perhaps) || !some(false, &surely) && some(false, &perhaps));
    (allowed, conditional)
}

/// A request that may meet policies, or is far from it.
fn draft(specs: &[Spec], policies: &Policies<'_>, people: &[Person], random: &mut Random) -> Option<Case> {
    let at = random.below(people.len());
    let person = people.get(at)?;
    let spec = match random.below(4) {
        0 => random.of(specs)?,
        _ => policies.for_role(random.of(&person.roles).copied().filter(|_| !random.percent(10)), random)?,
    };
    let action = match &spec.actions {
        Some(actions) if !random.percent(20) => *random.of(actions)?,
        _ => random.below(ACTIONS),
    };
    let kind = match spec.kind {
        _ if random.percent(8) => specs.len(),
        Some(kind) => kind,
        None => random.of(specs)?.kind.unwrap_or_default(),
    };
    Some(Case {
        person: at,
        kind,
        action,
        owner: if random.below(2) == 0 { person.id } else { random.below(PEOPLE) },
        department: if random.below(2) == 0 { person.department } else { random.below(DEPARTMENTS) },
        status: random.below(STATUSES),
        amount: i64::try_from(random.below(1_000)).unwrap_or_default(),
        area: random.below(AREAS),
        allowed: false,
        conditional: false,
    })
}

/// The policies by kind and by role, so that the reference need not look at all of them.
#[derive(Default)]
struct Policies<'s> {
    of_kind: BTreeMap<Option<usize>, Vec<&'s Spec>>,
    of_role: BTreeMap<Option<usize>, Vec<&'s Spec>>,
}

impl<'s> Policies<'s> {
    fn new(specs: &'s [Spec]) -> Self {
        let mut policies = Policies::default();
        for spec in specs {
            policies.of_kind.entry(spec.kind).or_default().push(spec);
            match &spec.roles {
                None => policies.of_role.entry(None).or_default().push(spec),
                Some(roles) => {
                    roles.iter().for_each(|role| policies.of_role.entry(Some(*role)).or_default().push(spec));
                }
            }
        }
        policies
    }

    fn about(&self, kind: usize) -> impl Iterator<Item = &'s Spec> {
        [Some(kind), None].into_iter().filter_map(|kind| self.of_kind.get(&kind)).flatten().copied()
    }

    fn for_role(&self, role: Option<usize>, random: &mut Random) -> Option<&'s Spec> {
        random.of(self.of_role.get(&role)?).copied()
    }
}
