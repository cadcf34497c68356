//! The requests and what the sample policies promise of each.

use std::time::Instant;

use anyhow::Result;
use tollgate_testbed::Testbed;
use tollgate_testbed::client::Http1;

use crate::cast;
use crate::table::Table;
use crate::verdict::Verdict;

/// One request and its expected end.
struct Step {
    who: &'static str,
    method: &'static str,
    target: &'static str,
    status: u16,
    /// The policy that must decide, where one does.
    policy: Option<&'static str>,
}

const STEPS: [Step; 16] = [
    allow("alice", "GET", "/v1/users/alice/documents/plan", "document-editor-policy"),
    allow("alice", "PUT", "/v1/users/alice/documents/plan", "document-editor-policy"),
    refuse("alice", "GET", "/v1/users/bob/documents/plan", 403, None),
    refuse("alice", "PUT", "/v1/users/alice/archive/plan-2019", 403, Some("archived-documents-are-final")),
    allow("dana", "GET", "/v1/users/dana/documents/notes", "document-owner-view"),
    refuse("dana", "PUT", "/v1/users/dana/documents/notes", 403, None),
    allow("bob", "GET", "/v1/users/alice/documents/plan", "document-manager-view"),
    allow("bob", "POST", "/v1/departments/finance/invoices/17/approval", "invoice-department-approve"),
    refuse("bob", "POST", "/v1/departments/legal/invoices/18/approval", 403, None),
    allow("carol", "GET", "/v1/departments/legal/invoices/18", "invoice-auditor-view"),
    allow("billing-service", "POST", "/v1/departments/legal/invoices", "invoice-service"),
    refuse("mallory", "GET", "/v1/users/mallory", 403, Some("suspended-accounts")),
    refuse("root", "DELETE", "/v1/users/root", 403, Some("nobody-deletes-themselves")),
    allow("nobody", "GET", "/v1/public/terms.html", "published-pages"),
    refuse("nobody", "GET", "/v1/users/alice/documents/plan", 401, None),
    refuse("forger", "DELETE", "/v1/users/alice", 401, None),
];

const fn allow(who: &'static str, method: &'static str, target: &'static str, policy: &'static str) -> Step {
    Step { who, method, target, status: 200, policy: Some(policy) }
}

const fn refuse(
    who: &'static str,
    method: &'static str,
    target: &'static str,
    status: u16,
    policy: Option<&'static str>,
) -> Step {
    Step { who, method, target, status, policy }
}

impl Step {
    fn is_met_by(&self, verdict: &Verdict) -> bool {
        verdict.status == self.status && self.policy.is_none_or(|policy| policy == verdict.because)
    }
}

/// Sends every request and prints the table. Returns how many verdicts were not as expected.
pub(crate) fn run(testbed: &Testbed) -> Result<usize> {
    let mut table = Table::new(["who", "request", "verdict", "status", "policy or reason", "µs"]);
    let mut surprises = 0;
    let mut client = Http1::connect(testbed.envoy.address())?;
    // The first request also pays for Envoy's own connection to the upstream.
    client.request("GET", "/v1/public/terms.html", &[], b"")?;
    for step in &STEPS {
        let authorization = cast::authorization(&testbed.keys, step.who)?;
        let headers: Vec<_> = authorization.iter().map(|value| ("authorization", value.as_str())).collect();
        let start = Instant::now();
        let response = client.request(step.method, step.target, &headers, b"")?;
        let took = start.elapsed();
        let verdict = Verdict::of(&response)?;
        let met = step.is_met_by(&verdict);
        surprises += usize::from(!met);
        let word = if verdict.allowed { "allow" } else { "deny" };
        table.row([
            step.who.to_owned(),
            format!("{} {}", step.method, step.target),
            if met { word.to_owned() } else { format!("{word}, NOT AS EXPECTED") },
            verdict.status.to_string(),
            verdict.because,
            took.as_micros().to_string(),
        ]);
    }
    table.print();
    Ok(surprises)
}
