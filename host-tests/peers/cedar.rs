//! `cedar-policy`, with every request's entities prepared.

use std::collections::{HashMap, HashSet};
use std::str::FromStr;

use cedar_policy::{
    Authorizer, Context, Decision, Entities, Entity, EntityUid, Policy, PolicyId, PolicySet, Request,
    RestrictedExpression,
};

use super::lookup::{slices, slot};
use super::workload::spec::Shape;
use super::workload::{Case, Person, Spec, Workload, action_name};

pub(crate) struct Cedar {
    /// One of all policies, or one for each kind and action.
    sets: Vec<PolicySet>,
    requests: Vec<Prepared>,
    authorizer: Authorizer,
}

struct Prepared {
    set: usize,
    request: Request,
    entities: Entities,
}

impl Cedar {
    pub(crate) fn whole(workload: &Workload) -> Self {
        Self::new(workload, vec![set(workload.specs.iter())], |_| 0)
    }

    pub(crate) fn sliced(workload: &Workload) -> Self {
        let sets = slices(&workload.specs).iter().map(|specs| set(specs.iter().copied())).collect();
        Self::new(workload, sets, |case| slot(case.kind, case.action))
    }

    fn new(workload: &Workload, sets: Vec<PolicySet>, of: fn(&Case) -> usize) -> Self {
        let prepared = |case: &Case| prepared(case, &workload.people[case.person], of(case));
        Cedar { sets, requests: workload.cases.iter().map(prepared).collect(), authorizer: Authorizer::new() }
    }

    /// Nothing is asked where no policy is about the kind and action.
    pub(crate) fn allows(&self, request: usize) -> bool {
        let Prepared { set, request, entities } = &self.requests[request];
        self.sets
            .get(*set)
            .filter(|set| !set.is_empty())
            .is_some_and(|set| self.authorizer.is_authorized(request, set, entities).decision() == Decision::Allow)
    }
}

fn set<'s>(specs: impl Iterator<Item = &'s Spec>) -> PolicySet {
    let policy = |(index, spec)| Policy::parse(Some(PolicyId::new(format!("policy-{index}"))), text(spec)).unwrap();
    PolicySet::from_policies(specs.enumerate().map(policy)).unwrap()
}

fn text(spec: &Spec) -> String {
    let list = |items: Vec<String>| items.join(", ");
    let actions =
        list(spec.actions.iter().flatten().map(|action| format!("Action::\"{}\"", action_name(*action))).collect());
    let roles: Vec<String> = spec.roles.iter().flatten().map(|role| format!("\"role-{role}\"")).collect();
    let roles = match &*roles {
        [role] => format!("principal.roles.contains({role})"),
        _ => format!("principal.roles.containsAny([{}])", list(roles)),
    };
    let condition = spec.shape.as_ref().map_or(String::new(), |shape| format!(" && {}", condition(shape)));
    let effect = if spec.deny { "forbid" } else { "permit" };
    let kind = spec.kind.unwrap();
    format!("{effect} (principal, action in [{actions}], resource is Kind{kind}) when {{ {roles}{condition} }};")
}

fn condition(shape: &Shape) -> String {
    match shape {
        Shape::Owner => "resource.ownerId == principal.id".to_owned(),
        Shape::DepartmentAndStatus(status) => {
            format!("principal.department == resource.department && resource.status != \"status-{status}\"")
        }
        Shape::AmountAndGroup(amount, group) => {
            format!("resource.amount < {amount} && principal.groups.contains(\"group-{group}\")")
        }
        Shape::PathPrefix(area) => format!("!(context.path like \"/area-{area}/*\")"),
    }
}

fn prepared(case: &Case, person: &Person, set: usize) -> Prepared {
    let uid = |text: String| EntityUid::from_str(&text).unwrap();
    let string = |text: String| RestrictedExpression::new_string(text);
    let strings = |name: &str, numbers: &[usize]| {
        RestrictedExpression::new_set(numbers.iter().map(|number| string(format!("{name}-{number}"))))
    };
    let entity = |uid: &EntityUid, attributes: Vec<(&str, RestrictedExpression)>| {
        let attributes: HashMap<_, _> = attributes.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
        Entity::new(uid.clone(), attributes, HashSet::new()).unwrap()
    };
    let principal = uid(format!("User::\"user-{}\"", person.id));
    let action = uid(format!("Action::\"{}\"", action_name(case.action)));
    let resource = uid(format!("Kind{}::\"1\"", case.kind));
    let entities = [
        entity(
            &principal,
            vec![
                ("id", string(format!("user-{}", person.id))),
                ("department", string(format!("department-{}", person.department))),
                ("groups", strings("group", &person.groups)),
                ("roles", strings("role", &person.roles)),
            ],
        ),
        entity(
            &resource,
            vec![
                ("ownerId", string(format!("user-{}", case.owner))),
                ("department", string(format!("department-{}", case.department))),
                ("status", string(format!("status-{}", case.status))),
                ("amount", RestrictedExpression::new_long(case.amount)),
            ],
        ),
    ];
    let context = Context::from_pairs([("path".to_owned(), string(format!("/area-{}/things/1", case.area)))]).unwrap();
    Prepared {
        set,
        request: Request::new(principal, action, resource, context, None).unwrap(),
        entities: Entities::from_entities(entities, None).unwrap(),
    }
}
