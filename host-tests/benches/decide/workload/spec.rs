use super::{ACTIONS, AREAS, Case, GROUPS, Person, RARE_ROLE, Random, STATUSES, Variant};

/// A policy. `None` stands for any kind, any action or any role.
pub(crate) struct Spec {
    pub(crate) deny: bool,
    pub(crate) kind: Option<usize>,
    pub(crate) actions: Option<Vec<usize>>,
    pub(crate) roles: Option<Vec<usize>>,
    pub(crate) shape: Option<Shape>,
}

/// A condition.
pub(crate) enum Shape {
    Owner,
    DepartmentAndStatus(usize),
    AmountAndGroup(i64, usize),
    PathPrefix(usize),
}

pub(super) fn specs(variant: Variant, count: usize) -> Vec<Spec> {
    let mut random = Random(42);
    (0..count).map(|index| spec(variant, index, count, &mut random)).collect()
}

fn spec(variant: Variant, index: usize, count: usize, random: &mut Random) -> Spec {
    let mut actions: Vec<usize> = (0..ACTIONS).collect();
    random.shuffle(&mut actions);
    actions.truncate(2 + random.below(2));
    let all = variant.roles(count);
    let first = random.below(all);
    let mut roles = vec![first];
    if random.below(2) == 0 {
        roles.push((first + 1 + random.below(all - 1)) % all);
    }
    // In turn, not at random, so that few policies have them in the same shares as many.
    let shape = (index % 5 < 3).then(|| match (index / 5 * 3 + index % 5) % 4 {
        0 => Shape::Owner,
        1 => Shape::DepartmentAndStatus(random.below(STATUSES)),
        2 => Shape::AmountAndGroup(i64::try_from(100 + random.below(900)).unwrap_or_default(), random.below(GROUPS)),
        _ => Shape::PathPrefix(random.below(AREAS)),
    });
    let spec =
        Spec { deny: random.percent(5), kind: Some(index / 5), actions: Some(actions), roles: Some(roles), shape };
    match variant {
        Variant::Mixed | Variant::Held50 => spec,
        Variant::Roles => Spec { kind: Some(0), actions: Some(vec![0]), roles: Some(vec![index]), ..spec },
        Variant::Wildcards => with_wildcard(spec, index, random.below(9)),
    }
}

fn with_wildcard(spec: Spec, index: usize, which: usize) -> Spec {
    match (index, which) {
        (0 | 1, _) => Spec { kind: None, actions: None, roles: Some(vec![RARE_ROLE]), deny: index == 1, ..spec },
        (_, 0) => Spec { roles: None, ..spec },
        (_, 1) => Spec { actions: None, ..spec },
        (_, 2) => Spec { kind: None, actions: Some(vec![ACTIONS + index / 45]), ..spec },
        _ => spec,
    }
}

impl Spec {
    /// Whether kind, action and roles match.
    pub(super) fn matches(&self, case: &Case, person: &Person) -> bool {
        self.kind.is_none_or(|kind| kind == case.kind)
            && self.actions.as_ref().is_none_or(|actions| actions.contains(&case.action))
            && self.roles.as_ref().is_none_or(|roles| roles.iter().any(|role| person.roles.contains(role)))
    }

    /// Whether its condition holds, if it has one.
    pub(super) fn holds(&self, case: &Case, person: &Person) -> bool {
        self.shape.as_ref().is_none_or(|shape| shape.holds(case, person))
    }
}

impl Shape {
    /// As CEL.
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

    fn holds(&self, case: &Case, person: &Person) -> bool {
        match self {
            Shape::Owner => case.owner == person.id,
            Shape::DepartmentAndStatus(status) => person.department == case.department && case.status != *status,
            Shape::AmountAndGroup(amount, group) => case.amount < *amount && person.groups.contains(group),
            Shape::PathPrefix(area) => case.area != *area,
        }
    }
}
