//! Parsed CEL expressions, as Envoy wants them.

use serde_json::{Value, json};

use crate::workload::{Condition, Policy, area_name, department, prefix, role, status_name};

pub(super) fn rule(policy: &Policy) -> Value {
    json!({"permissions": [{"any": true}], "principals": [{"any": true}], "condition": condition(policy)})
}

/// All of a policy.
fn condition(policy: &Policy) -> Value {
    let methods = policy.actions.iter().map(|action| call("_==_", None, &[request("method"), text(action.method)]));
    let roles = policy.roles.iter().map(|number| on(request_header("x-user-roles"), "contains", text(&role(*number))));
    let starts = |with: &str| on(request("path"), "startsWith", text(with));
    let mut all = vec![starts(&prefix(policy.kind)), any(methods), any(roles)];
    match policy.condition {
        None => {}
        Some(Condition::Owner) => all.push(owner()),
        Some(Condition::NotStatus(status)) => {
            let within = on(request("path"), "contains", text(&format!("/{}/", status_name(status))));
            all.push(call("!_", None, &[within]));
        }
        Some(Condition::Department(wanted)) => {
            all.push(call("_==_", None, &[request_header("x-department"), text(&department(wanted))]));
        }
        Some(Condition::NotArea(area)) => {
            let within = starts(&format!("{}{}/", prefix(policy.kind), area_name(area)));
            all.push(call("!_", None, &[within]));
        }
    }
    join("_&&_", all)
}

/// The path names the one who asks, nowhere but in its place for the owner.
pub(super) fn owner() -> Value {
    on(request("path"), "contains", request_header("x-user-id"))
}

fn any(alternatives: impl Iterator<Item = Value>) -> Value {
    join("_||_", alternatives.collect())
}

fn join(operator: &str, terms: Vec<Value>) -> Value {
    let mut terms = terms.into_iter();
    let first = terms.next().unwrap_or(Value::Null);
    terms.fold(first, |left, right| call(operator, None, &[left, right]))
}

fn request(field: &str) -> Value {
    json!({"select_expr": {"operand": {"ident_expr": {"name": "request"}}, "field": field}})
}

fn request_header(name: &str) -> Value {
    call("_[_]", None, &[request("headers"), text(name)])
}

fn text(text: &str) -> Value {
    json!({"const_expr": {"string_value": text}})
}

fn on(target: Value, function: &str, argument: Value) -> Value {
    call(function, Some(target), &[argument])
}

fn call(function: &str, target: Option<Value>, arguments: &[Value]) -> Value {
    let mut call = json!({"function": function, "args": arguments});
    if let (Some(target), Some(fields)) = (target, call.as_object_mut()) {
        fields.insert("target".to_owned(), target);
    }
    json!({"call_expr": call})
}
