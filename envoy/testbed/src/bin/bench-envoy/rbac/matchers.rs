//! Permissions and principals.

use serde_json::{Value, json};

use super::cel;
use crate::workload::{Condition, Policy, area_name, department, prefix, role, status_name};

pub(super) fn rule(policy: &Policy) -> Value {
    let mut rule = json!({"permissions": [permission(policy)], "principals": principals(policy)});
    if let (Some(Condition::Owner), Some(fields)) = (policy.condition, rule.as_object_mut()) {
        fields.insert("condition".to_owned(), cel::owner());
    }
    rule
}

fn permission(policy: &Policy) -> Value {
    let methods = policy.actions.iter().map(|action| header(":method", &json!({"exact": action.method})));
    let mut all = vec![
        path(&json!({"prefix": prefix(policy.kind)})),
        json!({"or_rules": {"rules": methods.collect::<Vec<_>>()}}),
    ];
    match policy.condition {
        None | Some(Condition::Owner) => {}
        Some(Condition::NotStatus(status)) => {
            all.push(json!({"not_rule": path(&json!({"contains": format!("/{}/", status_name(status))}))}));
        }
        Some(Condition::Department(wanted)) => all.push(header("x-department", &json!({"exact": department(wanted)}))),
        Some(Condition::NotArea(area)) => {
            let outside = format!("{}{}/", prefix(policy.kind), area_name(area));
            all.push(json!({"not_rule": path(&json!({"prefix": outside}))}));
        }
    }
    json!({"and_rules": {"rules": all}})
}

fn principals(policy: &Policy) -> Vec<Value> {
    policy.roles.iter().map(|number| header("x-user-roles", &json!({"contains": role(*number)}))).collect()
}

fn header(name: &str, matches: &Value) -> Value {
    json!({"header": {"name": name, "string_match": matches}})
}

fn path(matches: &Value) -> Value {
    json!({"url_path": {"path": matches}})
}
