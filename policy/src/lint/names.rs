use std::collections::{BTreeMap, BTreeSet};

use super::{Finding, Rule, Subject};
use crate::condition::variables_read;
use crate::identity::{ANONYMOUS, IdentityMethod};
use crate::set::{Names, PolicySet};

/// Names that nothing uses, that nobody can have, or that are probably mistyped.
pub(super) fn check(set: &PolicySet, findings: &mut Vec<Finding>) {
    unused_variables(set, findings);
    unused_derived_roles(set, findings);
    unused_schemas(set, findings);
    ungranted_roles(set, findings);
    similar(set, findings);
}

fn unused_variables(set: &PolicySet, findings: &mut Vec<Finding>) {
    if set.variables.is_empty() {
        return;
    }
    let of_policies = set.policies.iter().filter_map(|policy| policy.condition.as_ref());
    let of_roles = set.derived_roles.iter().filter_map(|role| role.condition.as_ref());
    let texts: BTreeSet<&str> = of_policies
        .chain(of_roles)
        .map(|condition| condition.text.as_str())
        .filter(|text| text.contains("variables"))
        .collect();
    let mut pending: Vec<String> = texts.into_iter().flat_map(read).collect();
    let mut used = BTreeSet::new();
    while let Some(name) = pending.pop() {
        if let Some(text) = set.variables.get(&name)
            && used.insert(name)
        {
            pending.extend(read(text));
        }
    }
    for name in set.variables.keys().filter(|name| !used.contains(*name)) {
        findings.push(Finding {
            subject: Subject::Variable(name.clone()),
            rule: Rule::UnusedVariable,
            message: "no condition reads it; remove it".to_owned(),
        });
    }
}

fn read(text: &str) -> Vec<String> {
    variables_read(text).unwrap_or_default().into_iter().map(|(name, _)| name).collect()
}

fn unused_derived_roles(set: &PolicySet, findings: &mut Vec<Finding>) {
    let used: BTreeSet<&str> =
        set.policies.iter().flat_map(|policy| &policy.derived_roles).map(|role| role.name.as_str()).collect();
    for role in set.derived_roles.iter().filter(|role| !used.contains(role.name.as_str())) {
        findings.push(Finding {
            subject: Subject::DerivedRole(role.name.clone()),
            rule: Rule::UnusedDerivedRole,
            message: "no policy names it; remove it".to_owned(),
        });
    }
}

fn unused_schemas(set: &PolicySet, findings: &mut Vec<Finding>) {
    if set.policies.iter().any(|policy| policy.kinds == Names::Any) {
        return;
    }
    let of_policies = set.policies.iter().flat_map(|policy| named(&policy.kinds));
    let used: BTreeSet<&str> = of_policies.chain(set.routes.iter().map(|route| route.kind.as_str())).collect();
    for kind in set.schemas.resources.keys().filter(|kind| !used.contains(kind.as_str())) {
        findings.push(Finding {
            subject: Subject::Schema(kind.clone()),
            rule: Rule::UnusedSchema,
            message: format!("no policy and no route is about `{kind}`; remove it, or correct its name"),
        });
    }
}

/// Where roles come only from the set itself, it is known who can have which. Tokens and headers may carry any.
fn ungranted_roles(set: &PolicySet, findings: &mut Vec<Finding>) {
    let mut granted: BTreeSet<&str> = BTreeSet::from([ANONYMOUS]);
    for source in &set.identity {
        match &source.method {
            IdentityMethod::Mtls { roles, .. } => granted.extend(roles.iter().map(String::as_str)),
            IdentityMethod::Jwt { roles_claim: None, .. } | IdentityMethod::Headers { roles_header: None, .. } => {}
            IdentityMethod::Jwt { .. } | IdentityMethod::Headers { .. } => return,
        }
    }
    if set.identity.is_empty() {
        return;
    }
    granted.extend(set.principals.iter().flat_map(|entry| &entry.roles).map(String::as_str));
    let of_policies = set.policies.iter().map(|policy| (Subject::Policy(policy.name.clone()), &policy.roles));
    let of_roles = set.derived_roles.iter().map(|role| (Subject::DerivedRole(role.name.clone()), &role.roles));
    for (subject, roles) in of_policies.chain(of_roles) {
        for role in named(roles).filter(|role| !granted.contains(role)) {
            findings.push(Finding {
                subject: subject.clone(),
                rule: Rule::UngrantedRole,
                message: format!("nobody has role `{role}`: no identity source and no directory entry gives it"),
            });
        }
    }
}

/// Names of one sort, how often each is used, and who uses it first.
#[derive(Default)]
struct Uses<'s>(BTreeMap<&'s str, (usize, Option<Subject>)>);

impl<'s> Uses<'s> {
    fn add(&mut self, name: &'s str, subject: impl FnOnce() -> Option<Subject>) {
        let (count, by) = self.0.entry(name).or_default();
        *count += 1;
        if *count == 1 {
            *by = subject();
        }
    }

    fn report(self, sort: &str, findings: &mut Vec<Finding>) {
        // Each name with a letter left out, to find those that differ by one without comparing all with all.
        let mut shortened: BTreeMap<String, Vec<&str>> = BTreeMap::new();
        for name in self.0.keys().filter(|name| is_comparable(name)) {
            for short in without_one(name) {
                shortened.entry(short).or_default().push(name);
            }
        }
        for (name, (count, by)) in &self.0 {
            let (1, Some(subject), true) = (count, by, is_comparable(name)) else { continue };
            let candidates = without_one(name).filter_map(|short| shortened.get(&short)).flatten();
            let more = |other: &&&str| **other != *name && self.0.get(**other).is_some_and(|(count, _)| *count > 1);
            if let Some(other) = candidates.filter(more).find(|other| is_near(name, other)) {
                findings.push(Finding {
                    subject: subject.clone(),
                    rule: Rule::SimilarName,
                    message: format!("{sort} `{name}` is named only here, `{other}` more often; did you mean that?"),
                });
            }
        }
    }
}

/// Short names and numbered ones differ by a letter on purpose.
fn is_comparable(name: &str) -> bool {
    (4..=64).contains(&name.len()) && !name.contains('*')
}

/// The name itself, and the name without each of its characters.
fn without_one(name: &str) -> impl Iterator<Item = String> + '_ {
    let shortened = name.char_indices().map(|(at, character)| {
        let (before, after) = name.split_at(at);
        let rest = after.strip_prefix(character).unwrap_or_default();
        format!("{before}{rest}").to_lowercase()
    });
    shortened.chain(std::iter::once(name.to_lowercase()))
}

/// Whether names differ by one letter: not by a digit, which counts.
fn is_near(a: &str, b: &str) -> bool {
    let digits = |name: &str| name.chars().filter(char::is_ascii_digit).collect::<String>();
    let lengths = a.chars().count().abs_diff(b.chars().count());
    digits(a) == digits(b) && lengths <= 1
}

fn similar(set: &PolicySet, findings: &mut Vec<Finding>) {
    let (mut roles, mut kinds, mut actions) = (Uses::default(), Uses::default(), Uses::default());
    for policy in &set.policies {
        let subject = || Some(Subject::Policy(policy.name.clone()));
        named(&policy.roles).for_each(|role| roles.add(role, subject));
        named(&policy.kinds).for_each(|kind| kinds.add(kind, subject));
        named(&policy.actions).for_each(|action| actions.add(action, subject));
    }
    for role in &set.derived_roles {
        named(&role.roles).for_each(|parent| roles.add(parent, || Some(Subject::DerivedRole(role.name.clone()))));
        // Derived roles are declared: their names are right.
        roles.0.insert(&role.name, (2, None));
    }
    set.principals.iter().flat_map(|entry| &entry.roles).for_each(|role| roles.add(role, || None));
    for route in &set.routes {
        let subject = || Some(Subject::Route(route.name.clone()));
        kinds.add(&route.kind, subject);
        actions.add(&route.action, subject);
    }
    roles.report("role", findings);
    kinds.report("kind", findings);
    actions.report("action", findings);
}

/// Names that are written out.
fn named(names: &Names) -> impl Iterator<Item = &str> {
    match names {
        Names::Any => [].iter(),
        Names::Of(names) => names.iter(),
    }
    .map(String::as_str)
}
