//! The workload's policies for Envoy's RBAC filter, in three forms. Within a policy, what excludes most requests comes first.

mod cel;
mod matchers;
mod tree;

use serde_json::{Map, Value, json};

use crate::workload::{Effect, Policy};

#[derive(Clone, Copy, Debug)]
pub(crate) enum Form {
    /// A list of policies with matchers of path, method and headers; CEL where a header is compared with the path.
    Matchers,
    /// A list of policies with a CEL condition alone.
    Cel,
    /// A tree over the paths' beginnings, whose leaves are like the matchers.
    Tree,
}

pub(crate) fn filters(policies: &[Policy], form: Form) -> Vec<Value> {
    match form {
        Form::Matchers => lists(policies, matchers::rule),
        Form::Cel => lists(policies, cel::rule),
        Form::Tree => vec![filter("rbac", "matcher", &tree::matcher(policies))],
    }
}

/// One filter for what is denied, one for what is allowed.
fn lists(policies: &[Policy], rule: fn(&Policy) -> Value) -> Vec<Value> {
    let list = |name: &str, effect, action: &str| {
        let rules: Map<String, Value> = policies
            .iter()
            .filter(|policy| policy.effect == effect)
            .map(|policy| (format!("policy-{:05}", policy.index), rule(policy)))
            .collect();
        filter(name, "rules", &json!({"action": action, "policies": rules}))
    };
    vec![list("rbac-deny", Effect::Deny, "DENY"), list("rbac-allow", Effect::Allow, "ALLOW")]
}

fn filter(name: &str, field: &str, content: &Value) -> Value {
    json!({
        "name": name,
        "typed_config": {"@type": "type.googleapis.com/envoy.extensions.filters.http.rbac.v3.RBAC", field: content},
    })
}
