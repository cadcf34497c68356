//! Policies of the shape that `make bench-decide` decides with: five of a kind, each about two or three of five actions and one or
//! two of twenty roles, three in five with a condition.

use serde_json::{Value, json};

const ACTIONS: [&str; 5] = ["view", "edit", "delete", "share", "approve"];

/// Requests ask for these first kinds.
pub(crate) const KINDS_ASKED_FOR: usize = 20;

pub(crate) fn plugin_configuration() -> Value {
    json!({"feed": {"cluster": "tollgate_companion"}})
}

/// A whole set of so many policies.
pub(crate) fn set(policies: usize) -> Value {
    let routes = (0..KINDS_ASKED_FOR).map(|kind| {
        json!({
            "match": {"methods": ["GET"], "path": format!("/kind-{kind}/{{owner}}/{{id}}")},
            "action": "view",
            "resource": {"kind": format!("kind-{kind}"), "id": "path.id", "attr": {"ownerId": "path.owner"}},
        })
    });
    json!({
        "identity": [{"name": "gateway", "headers": {"id": "x-user-id", "roles": "x-user-roles", "trust": "all"}}],
        "routes": routes.collect::<Vec<_>>(),
        "policies": (0..policies).map(|number| policy(number, 0)).collect::<Vec<_>>(),
    })
}

pub(crate) fn name(number: usize) -> String {
    format!("policy-{number}")
}

/// A policy as it is after so many edits: each edit changes one of its actions, so that it has three combinations of
/// kind, action and role at most.
pub(crate) fn policy(number: usize, edit: usize) -> Value {
    let actions: &[&str] = match ACTIONS.get((number + edit) % ACTIONS.len()..) {
        Some([first, second, ..]) => &[first, second],
        _ => &["approve"],
    };
    let mut policy = json!({
        "name": name(number),
        "resource": format!("kind-{}", number / 5),
        "actions": actions,
        "roles": [format!("role-{}", number % 20)],
    });
    let condition = match number % 5 {
        0 => Some("resource.ownerId == principal.id".to_owned()),
        1 => {
            Some(format!("request.path.startsWith('/kind-{}/') && resource.ownerId != 'x{}'", number / 5, number % 97))
        }
        2 => Some(format!("resource.ownerId in ['a{}', 'b', principal.id]", number % 31)),
        _ => None,
    };
    if let (Some(condition), Some(fields)) = (condition, policy.as_object_mut()) {
        fields.insert("condition".to_owned(), json!(condition));
    }
    policy
}
