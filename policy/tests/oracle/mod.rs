//! A slow, obvious reference for decisions: every policy looked at in turn, conditions run by the `cel` crate.

use std::collections::HashMap;
use std::sync::Arc;

use cel_interpreter::objects::{Key, Map};
use cel_interpreter::{Context, Program, Value};
use tollgate_policy::data::{Data, Fields};
use tollgate_policy::engine::Effect;
use tollgate_policy::set::{Names, Policy};

use super::cases::Case;

/// Whether a policy's condition holds; `None` is an error.
pub(crate) type Holds = Option<bool>;

/// What the reference says of a case.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Answer {
    pub(crate) effect: Effect,
    /// Denied because a deny policy's condition failed.
    pub(crate) by_fault: bool,
    pub(crate) policy: Option<String>,
    pub(crate) errors: u32,
}

/// Policies with their conditions compiled by the `cel` crate, in the order in which a snapshot looks at them.
pub(crate) struct Reference<'a>(Vec<(&'a Policy, Option<Program>)>);

impl<'a> Reference<'a> {
    pub(crate) fn new(ordered: impl IntoIterator<Item = &'a Policy>) -> Self {
        let compile = |policy: &'a Policy| {
            let program = policy.condition.as_ref().map(|condition| Program::compile(&condition.text).expect("parses"));
            (policy, program)
        };
        Reference(ordered.into_iter().map(compile).collect())
    }

    /// Deny overrides; an erroring deny applies, an erroring allow does not; no applicable allow denies.
    pub(crate) fn decide(&self, case: &Case) -> Answer {
        let mut answer = Answer { effect: Effect::Deny, by_fault: false, policy: None, errors: 0 };
        for effect in [Effect::Deny, Effect::Allow] {
            for (policy, program) in
                self.0.iter().filter(|(policy, _)| policy.effect == effect && concerns(policy, case))
            {
                let holds = program.as_ref().map_or(Some(true), |program| holds(program, case));
                answer.errors += u32::from(holds.is_none());
                if holds.unwrap_or(effect == Effect::Deny) {
                    let policy = Some(policy.name.clone());
                    return Answer { effect, by_fault: holds.is_none(), policy, ..answer };
                }
            }
        }
        answer
    }
}

fn concerns(policy: &Policy, case: &Case) -> bool {
    let names = |names: &Names, name: &String| match names {
        Names::Any => true,
        Names::Of(names) => names.contains(name),
    };
    let roles = match &policy.roles {
        Names::Any => !case.anonymous,
        Names::Of(names) => case.roles.iter().any(|role| names.contains(role)),
    };
    names(&policy.kinds, &case.kind) && names(&policy.actions, &case.action) && roles
}

/// Runs a condition over a case.
pub(crate) fn holds(program: &Program, case: &Case) -> Holds {
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
