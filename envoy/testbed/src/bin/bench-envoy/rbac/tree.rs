//! The generic matching API: a trie finds the kind, and only its policies are looked at. The first that matches decides, so
//! that those that deny come first.

use serde_json::{Map, Value, json};

use super::cel;
use crate::workload::{Condition, Effect, Policy, area_name, department, prefix, role, status_name};

pub(super) fn matcher(policies: &[Policy]) -> Value {
    let kinds: Map<String, Value> = policies
        .chunk_by(|one, other| one.kind == other.kind)
        .filter_map(|of_kind| Some((prefix(of_kind.first()?.kind), json!({"matcher": list(of_kind)}))))
        .collect();
    json!({"matcher_tree": {"input": input(":path"), "prefix_match_map": {"map": kinds}}})
}

fn list(of_kind: &[Policy]) -> Value {
    let with = |effect| of_kind.iter().filter(move |policy| policy.effect == effect);
    let matchers: Vec<Value> = with(Effect::Deny).chain(with(Effect::Allow)).map(policy).collect();
    json!({"matcher_list": {"matchers": matchers}})
}

fn policy(policy: &Policy) -> Value {
    let action = match policy.effect {
        Effect::Allow => "ALLOW",
        Effect::Deny => "DENY",
    };
    json!({
        "predicate": predicate(policy),
        "on_match": {"action": {
            "name": "action",
            "typed_config": {
                "@type": "type.googleapis.com/envoy.config.rbac.v3.Action",
                "name": format!("policy-{:05}", policy.index),
                "action": action,
            },
        }},
    })
}

fn predicate(policy: &Policy) -> Value {
    let methods = policy.actions.iter().map(|action| single(":method", &json!({"exact": action.method})));
    let roles = policy.roles.iter().map(|number| single("x-user-roles", &json!({"contains": role(*number)})));
    let mut all = vec![any(methods.collect()), any(roles.collect())];
    let not = |predicate: Value| json!({"not_matcher": predicate});
    match policy.condition {
        None => {}
        Some(Condition::Owner) => all.push(owner()),
        Some(Condition::NotStatus(status)) => {
            all.push(not(single(":path", &json!({"contains": format!("/{}/", status_name(status))}))));
        }
        Some(Condition::Department(wanted)) => all.push(single("x-department", &json!({"exact": department(wanted)}))),
        Some(Condition::NotArea(area)) => {
            all.push(not(single(":path", &json!({"prefix": format!("{}{}/", prefix(policy.kind), area_name(area))}))));
        }
    }
    json!({"and_matcher": {"predicate": all}})
}

/// Lists of alternatives have at least two.
fn any(mut predicates: Vec<Value>) -> Value {
    match predicates.len() {
        1 => predicates.remove(0),
        _ => json!({"or_matcher": {"predicate": predicates}}),
    }
}

fn single(header: &str, matches: &Value) -> Value {
    json!({"single_predicate": {"input": input(header), "value_match": matches}})
}

fn owner() -> Value {
    json!({"single_predicate": {
        "input": {
            "name": "attributes",
            "typed_config": {"@type": "type.googleapis.com/xds.type.matcher.v3.HttpAttributesCelMatchInput"},
        },
        "custom_match": {
            "name": "cel",
            "typed_config": {
                "@type": "type.googleapis.com/xds.type.matcher.v3.CelMatcher",
                "expr_match": {"cel_expr_parsed": {"expr": cel::owner()}},
            },
        },
    }})
}

fn input(header: &str) -> Value {
    json!({
        "name": "header",
        "typed_config": {
            "@type": "type.googleapis.com/envoy.type.matcher.v3.HttpRequestHeaderMatchInput",
            "header_name": header,
        },
    })
}
