//! A slow, obvious reference for decisions: every policy looked at in turn, conditions run by the `cel` crate.

use std::collections::HashMap;
use std::sync::Arc;

use cel_interpreter::objects::{Key, Map};
use cel_interpreter::{Context, Program, Value};
use tollgate_policy::data::{Data, Fields};
use tollgate_policy::engine::Effect;
use tollgate_policy::set::{Condition, Enforcement, Names, Policy, PolicySet, Window};

use super::cases::Case;

/// Whether a policy's condition holds; `None` is an error.
pub(crate) type Holds = Option<bool>;

/// What the reference says of a case.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Answer {
    pub(crate) allowed: bool,
    /// Denied because a deny policy's condition failed.
    pub(crate) by_fault: bool,
    pub(crate) policy: Option<String>,
    pub(crate) errors: u32,
    /// It would be otherwise if the shadow policies were enforced.
    pub(crate) shadow: bool,
    /// The scope is unknown, or not that of the principal.
    pub(crate) out_of_scope: bool,
}

/// Policies with their conditions compiled by the `cel` crate, in the order in which a snapshot looks at them.
pub(crate) struct Reference<'a> {
    set: &'a PolicySet,
    policies: Vec<Compiled<'a>>,
}

struct Compiled<'a> {
    policy: &'a Policy,
    condition: Option<Program>,
    /// Of its derived roles, in order.
    derived: Vec<Option<Program>>,
}

impl<'a> Reference<'a> {
    pub(crate) fn new(set: &'a PolicySet, order: impl IntoIterator<Item = &'a str>) -> Self {
        let compile = |name: &'a str| {
            let policy = set.policies.iter().find(|policy| policy.name == name).expect("a policy of the set");
            Compiled {
                policy,
                condition: program(policy.condition.as_ref(), set),
                derived: policy.derived_roles.iter().map(|role| program(role.condition.as_ref(), set)).collect(),
            }
        };
        Reference { set, policies: order.into_iter().map(compile).collect() }
    }

    pub(crate) fn decide(&self, case: &Case) -> Answer {
        let scope = match (&case.scope, &case.principal_scope) {
            (Some(one), Some(other)) if one != other => return Answer { out_of_scope: true, ..Answer::default() },
            (one, other) => one.as_ref().or(other.as_ref()),
        };
        if scope.is_some_and(|scope| !self.set.scopes.contains(scope)) {
            return Answer { out_of_scope: true, ..Answer::default() };
        }
        let enforced = |compiled: &&Compiled<'_>| compiled.policy.enforcement == Enforcement::Enforce;
        let answer = decide(&self.policies.iter().filter(enforced).collect::<Vec<_>>(), scope, case);
        let with_shadow = decide(&self.policies.iter().collect::<Vec<_>>(), scope, case);
        Answer { shadow: with_shadow.allowed != answer.allowed, ..answer }
    }

    /// Whether a policy applies, by its name.
    pub(crate) fn applies(&self, name: &str, case: &Case) -> Holds {
        applies(self.policies.iter().find(|compiled| compiled.policy.name == name).expect("a policy of the set"), case)
    }
}

/// Deny overrides, at any level of the scope; an erroring deny applies, an erroring allow does not. Each level with an allow
/// policy for the kind and action must allow, and one must.
fn decide(policies: &[&Compiled<'_>], scope: Option<&String>, case: &Case) -> Answer {
    let mut answer = Answer::default();
    let levels = levels(scope);
    let about = |level: &Option<&str>, effect| {
        let level = level.map(str::to_owned);
        let policies = policies.iter().filter(move |compiled| {
            compiled.policy.scope == level && compiled.policy.effect == effect && concerns(compiled.policy, case)
        });
        policies.collect::<Vec<_>>()
    };
    for level in &levels {
        for compiled in about(level, Effect::Deny) {
            let holds = applies(compiled, case);
            if holds != Some(false) {
                let policy = Some(compiled.policy.name.clone());
                return Answer { by_fault: holds.is_none(), policy, errors: u32::from(holds.is_none()), ..answer };
            }
        }
    }
    let mut allowing = None;
    for level in &levels {
        let allows = about(level, Effect::Allow);
        if allows.is_empty() {
            continue;
        }
        let applying = allows.into_iter().find(|compiled| {
            let holds = applies(compiled, case);
            answer.errors += u32::from(holds.is_none());
            holds == Some(true)
        });
        let Some(applying) = applying else { return answer };
        allowing = Some(applying.policy.name.clone());
    }
    Answer { allowed: allowing.is_some(), policy: allowing, ..answer }
}

/// From the root, which has no name, to the scope.
fn levels(scope: Option<&String>) -> Vec<Option<&str>> {
    let scope = scope.map(String::as_str).unwrap_or_default();
    let ends = scope.match_indices('.').map(|(end, _)| end).chain((!scope.is_empty()).then_some(scope.len()));
    std::iter::once(None).chain(ends.map(|end| scope.get(..end))).collect()
}

/// Whether a policy is about the kind and the action.
fn concerns(policy: &Policy, case: &Case) -> bool {
    let kinds = match &policy.kinds {
        Names::Any => true,
        Names::Of(names) => names.contains(&case.kind),
    };
    let actions = match &policy.actions {
        Names::Any => true,
        Names::Of(names) => names.iter().any(|name| matches(name.as_bytes(), case.action.as_bytes())),
    };
    kinds && actions
}

/// The textbook's glob.
fn matches(glob: &[u8], name: &[u8]) -> bool {
    match (glob, name) {
        ([b'*', rest @ ..], _) => (0..=name.len()).any(|skipped| matches(rest, &name[skipped..])),
        ([a, glob @ ..], [b, name @ ..]) => a == b && matches(glob, name),
        (glob, name) => glob.is_empty() && name.is_empty(),
    }
}

/// Whether a policy applies, in one of the ways in which the principal may be meant: yes before error before no.
fn applies(compiled: &Compiled<'_>, case: &Case) -> Holds {
    let Compiled { policy, condition, derived } = compiled;
    let own = and(within(&policy.window, case), run(condition.as_ref(), case));
    let plain = holds_role(&policy.roles, case).then_some(own);
    let derived = policy.derived_roles.iter().zip(derived);
    let derived = derived
        .filter(|(role, _)| holds_role(&role.roles, case))
        .map(|(_, condition)| and(run(condition.as_ref(), case), own));
    let ways: Vec<Holds> = plain.into_iter().chain(derived).collect();
    if ways.contains(&Some(true)) {
        return Some(true);
    }
    if ways.contains(&None) { None } else { Some(false) }
}

fn holds_role(roles: &Names, case: &Case) -> bool {
    match roles {
        Names::Any => !case.anonymous,
        Names::Of(names) => case.roles.iter().any(|role| names.contains(role)),
    }
}

fn within(window: &Window, case: &Case) -> Holds {
    let from = window.not_before.map(|from| case.time.map(|time| time >= from));
    let until = window.not_after.map(|until| case.time.map(|time| time < until));
    and(from.unwrap_or(Some(true)), until.unwrap_or(Some(true)))
}

/// As CEL has it: a `false` makes up for an error.
fn and(one: Holds, other: Holds) -> Holds {
    match (one, other) {
        (Some(false), _) | (_, Some(false)) => Some(false),
        (Some(true), Some(true)) => Some(true),
        _ => None,
    }
}

fn run(program: Option<&Program>, case: &Case) -> Holds {
    program.map_or(Some(true), |program| holds(program, case))
}

fn program(condition: Option<&Condition>, set: &PolicySet) -> Option<Program> {
    let mut text = condition?.text.clone();
    // A variable stands for its text; it may read others.
    while text.contains("variables.") {
        for (name, variable) in &set.variables {
            text = text.replace(&format!("variables.{name}"), &format!("({variable})"));
        }
    }
    Some(Program::compile(&text).expect("parses"))
}

/// Runs a condition over a case.
fn holds(program: &Program, case: &Case) -> Holds {
    let mut context = Context::default();
    context.add_variable_from_value("principal", principal(case));
    context.add_variable_from_value("resource", resource(case));
    context.add_variable_from_value("request", request(case));
    match program.execute(&context) {
        Ok(Value::Bool(value)) => Some(value),
        _ => None,
    }
}

fn principal(case: &Case) -> Value {
    let mut members = members(&case.claims);
    members.insert("attr".into(), map(self::members(&case.claims)));
    members.insert("id".into(), string(&case.id));
    // A principal's roles are sorted and unique.
    let mut roles = case.roles.clone();
    roles.sort();
    roles.dedup();
    members.insert("roles".into(), Value::List(Arc::new(roles.iter().map(|role| string(role)).collect())));
    map(members)
}

fn resource(case: &Case) -> Value {
    let mut members = members(&case.attributes);
    members.insert("attr".into(), map(self::members(&case.attributes)));
    members.insert("kind".into(), string(&case.kind));
    members.remove(&Key::from("id"));
    if let Some(id) = &case.resource_id {
        members.insert("id".into(), string(id));
    }
    map(members)
}

fn request(case: &Case) -> Value {
    let headers = case.headers.iter().map(|(name, value)| (Key::from(name.as_str()), string(value))).collect();
    map(HashMap::from([
        ("method".into(), string(&case.method)),
        ("path".into(), string(&case.path)),
        ("host".into(), string(&case.host)),
        ("headers".into(), map(headers)),
    ]))
}

fn members(fields: &Fields) -> HashMap<Key, Value> {
    fields.iter().map(|(name, data)| (Key::from(name), value(data))).collect()
}

fn value(data: &Data) -> Value {
    match data {
        Data::Null => Value::Null,
        Data::Bool(value) => Value::Bool(*value),
        Data::Int(value) => Value::Int(*value),
        Data::UInt(value) => Value::UInt(*value),
        Data::Double(value) => Value::Float(*value),
        Data::String(text) => string(text),
        Data::List(items) => Value::List(Arc::new(items.iter().map(value).collect())),
        Data::Map(fields) => map(members(fields)),
    }
}

fn map(members: HashMap<Key, Value>) -> Value {
    Value::Map(Map { map: Arc::new(members) })
}

fn string(text: &str) -> Value {
    Value::String(Arc::new(text.to_owned()))
}
