//! The workload's policies as Tollgate's own, in JSON, which its files may be.

use serde_json::{Value, json};

use crate::variant::Identity;
use crate::workload::{
    ACTIONS, Action, Condition, Effect, Policy, area_name, department, kind_name, prefix, role, status_name,
};

/// A whole policy set, with a route for each action on each kind.
pub(crate) fn set(policies: &[Policy], identity: Identity) -> Value {
    let source = match identity {
        Identity::Headers => {
            json!({"name": "gateway", "headers": {"id": "x-user-id", "roles": "x-user-roles", "trust": "all"}})
        }
        Identity::Claims => json!({"name": "tokens", "jwt": {"id": "sub", "roles": "roles"}}),
    };
    json!({
        "identity": [source],
        "routes": policies.iter().flat_map(routes).collect::<Vec<_>>(),
        "policies": policies.iter().map(policy).collect::<Vec<_>>(),
    })
}

fn policy(policy: &Policy) -> Value {
    let mut text = json!({
        "name": format!("policy-{:05}", policy.index),
        "resource": kind_name(policy.kind),
        "actions": policy.actions.iter().map(|action| action.name).collect::<Vec<_>>(),
        "roles": policy.roles.iter().copied().map(role).collect::<Vec<_>>(),
        "effect": match policy.effect {
            Effect::Allow => "allow",
            Effect::Deny => "deny",
        },
    });
    if let (Some(condition), Some(fields)) = (policy.condition, text.as_object_mut()) {
        fields.insert("condition".to_owned(), json!(expression(policy.kind, condition)));
    }
    text
}

fn expression(kind: usize, condition: Condition) -> String {
    match condition {
        Condition::Owner => "resource.ownerId == principal.id".to_owned(),
        Condition::NotStatus(status) => format!("resource.status != '{}'", status_name(status)),
        Condition::Department(wanted) => format!("request.headers['x-department'] == '{}'", department(wanted)),
        Condition::NotArea(area) => format!("!request.path.startsWith('{}{}/')", prefix(kind), area_name(area)),
    }
}

/// The routes of a kind come with its first policy.
fn routes(policy: &Policy) -> Vec<Value> {
    if !policy.index.is_multiple_of(5) {
        return Vec::new();
    }
    let route = |action: &Action| {
        json!({
            "name": format!("{}-{}", kind_name(policy.kind), action.name),
            "match": {
                "methods": [action.method],
                "path": format!("{}{{area}}/{{owner}}/{{status}}/things/{{id}}", prefix(policy.kind)),
            },
            "action": action.name,
            "resource": {
                "kind": kind_name(policy.kind),
                "id": "path.id",
                "attr": {"ownerId": "path.owner", "status": "path.status"},
            },
        })
    };
    ACTIONS.iter().map(route).collect()
}
