use serde_json::{Value, json};

const POLICIES: &str = "
  models:
    - {name: large, provider: openai, context: 100000, maxOutput: 1000, alternatives: [small], price: {input: 2000000, output: 8000000}}
    - {name: small, provider: openai, context: 100000, maxOutput: 1000, price: {input: 100000, output: 400000}}
    - {name: claude, provider: anthropic, context: 100000, maxOutput: 1000}
routes:
  - name: chat
    match: {methods: [POST], path: /v1/chat/completions}
    action: complete
    resource: {kind: llm}
    budget: {org: principal.org}
  - name: messages
    match: {methods: [POST], path: /v1/messages}
    action: complete
    resource: {kind: llm}
    budget: {org: principal.org}
  - name: cheapest
    match: {methods: [POST], path: /cheapest/v1/chat/completions}
    action: complete
    resource: {kind: llm}
    budget: {org: principal.org, downgrade: {below: 100}}
  - name: unlimited
    match: {methods: [POST], path: /unlimited/v1/chat/completions}
    action: complete
    resource: {kind: llm}
identity:
  - {name: token, jwt: {}}
policies:
  - {name: anyone-completes, resource: llm, actions: [complete], roles: ['*']}
";

/// Policies under which whoever has a token may call models, with these limits, each as an entry of `limits`. Calls below
/// `/cheapest` are served by the cheapest model; those below `/unlimited` do not count.
#[must_use]
pub fn policies(limits: &[&str]) -> String {
    let limits = limits.join(", ");
    format!("budgets:\n  environments: {{dev: {{mode: strict, limits: [{limits}]}}}}{POLICIES}")
}

/// A plugin's configuration by which the provider learns under which name a call is reserved.
#[must_use]
pub fn plugin_configuration() -> Value {
    json!({"feed": {"cluster": "tollgate_companion"}, "forward": {super::audit::DECISION: "decision.id"}})
}
