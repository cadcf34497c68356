//! The workload's policies for Envoy's RBAC filter, in two forms. Within a policy, what excludes most requests comes first.

use serde_json::{Map, Value, json};

use crate::workload::{Condition, Effect, Policy, area_name, department, prefix, role, status_name};

#[derive(Clone, Copy, Debug)]
pub(crate) enum Form {
    /// Matchers of path, method and headers; CEL where a header is compared with the path.
    Matchers,
    /// A CEL condition alone.
    Cel,
}

/// One filter for what is denied, one for what is allowed.
pub(crate) fn filters(policies: &[Policy], form: Form) -> Vec<Value> {
    let filter = |name: &str, effect, action: &str| {
        let rules: Map<String, Value> = policies
            .iter()
            .filter(|policy| policy.effect == effect)
            .map(|policy| (format!("policy-{:05}", policy.index), rule(policy, form)))
            .collect();
        json!({
            "name": name,
            "typed_config": {
                "@type": "type.googleapis.com/envoy.extensions.filters.http.rbac.v3.RBAC",
                "rules": {"action": action, "policies": rules},
            },
        })
    };
    vec![filter("rbac-deny", Effect::Deny, "DENY"), filter("rbac-allow", Effect::Allow, "ALLOW")]
}

fn rule(policy: &Policy, form: Form) -> Value {
    match form {
        Form::Matchers => {
            let mut rule = json!({"permissions": [permission(policy)], "principals": principals(policy)});
            if let (Some(Condition::Owner), Some(fields)) = (policy.condition, rule.as_object_mut()) {
                fields.insert("condition".to_owned(), owner());
            }
            rule
        }
        Form::Cel => json!({
            "permissions": [{"any": true}],
            "principals": [{"any": true}],
            "condition": condition(policy),
        }),
    }
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
fn owner() -> Value {
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
