//! The sample policies keep what they promise, verdict by verdict.

use anyhow::Result;
use serde_json::json;
use tollgate_testbed::TestbedOptions;

use crate::gate::Gate;

const ALLOWED: u16 = 200;

/// Who asks for what, what becomes of it, and the policy that decides, if one does.
const VERDICTS: [(&str, &str, u16, Option<&str>); 40] = [
    // Documents.
    ("alice", "GET /v1/users/alice/documents", ALLOWED, Some("document-owner-list")),
    ("alice", "GET /v1/users/bob/documents", 403, None),
    ("alice", "POST /v1/users/alice/documents", ALLOWED, Some("document-editor-policy")),
    ("alice", "POST /v1/users/bob/documents", 403, None),
    ("alice", "PATCH /v1/users/alice/documents/plan", ALLOWED, Some("document-editor-policy")),
    ("alice", "DELETE /v1/users/alice/documents/plan", 403, None),
    ("dana", "GET /v1/users/dana/documents/notes", ALLOWED, Some("document-owner-view")),
    ("dana", "PUT /v1/users/dana/documents/notes", 403, None),
    ("dana", "GET /v1/users/alice/documents/plan", 403, None),
    ("bob", "GET /v1/users/alice/documents", ALLOWED, Some("document-manager-view")),
    ("bob", "GET /v1/users/alice/documents/plan", ALLOWED, Some("document-manager-view")),
    ("bob", "PUT /v1/users/alice/documents/plan", 403, None),
    ("carol", "GET /v1/users/alice/documents/plan", ALLOWED, Some("document-auditor-view")),
    ("root", "DELETE /v1/users/alice/documents/plan", ALLOWED, Some("document-admin")),
    ("billing-service", "GET /v1/users/alice/documents/plan", 403, None),
    // What is filed away.
    ("carol", "GET /v1/users/alice/archive/plan", ALLOWED, Some("document-auditor-view")),
    ("alice", "PUT /v1/users/alice/archive/plan", 403, Some("archived-documents-are-final")),
    ("root", "PUT /v1/users/alice/archive/plan", 403, Some("archived-documents-are-final")),
    // What is published.
    ("nobody", "GET /v1/public/terms.html", ALLOWED, Some("published-pages")),
    ("nobody", "GET /v1/public/help/start/first.html", ALLOWED, Some("published-pages")),
    ("dana", "GET /v1/public/terms.html", ALLOWED, Some("published-pages")),
    ("nobody", "GET /v1/public/drafts/next.html", 403, None),
    ("mallory", "GET /v1/public/terms.html", 403, Some("suspended-accounts")),
    // People.
    ("dana", "GET /v1/users/dana", ALLOWED, Some("user-self")),
    ("dana", "PATCH /v1/users/dana", ALLOWED, Some("user-self")),
    ("dana", "GET /v1/users/alice", 403, None),
    ("bob", "GET /v1/users", ALLOWED, Some("user-manager-view")),
    ("dana", "GET /v1/users", 403, None),
    ("root", "DELETE /v1/users/alice", ALLOWED, Some("user-admin")),
    ("root", "DELETE /v1/users/root", 403, Some("nobody-deletes-themselves")),
    ("mallory", "GET /v1/users/mallory", 403, Some("suspended-accounts")),
    // Invoices.
    ("bob", "GET /v1/departments/finance/invoices", ALLOWED, Some("invoice-department-view")),
    ("bob", "GET /v1/departments/legal/invoices", 403, None),
    ("bob", "POST /v1/departments/finance/invoices/17/approval", ALLOWED, Some("invoice-department-approve")),
    ("bob", "POST /v1/departments/legal/invoices/18/approval", 403, None),
    ("carol", "GET /v1/departments/legal/invoices/18", ALLOWED, Some("invoice-auditor-view")),
    ("billing-service", "POST /v1/departments/legal/invoices", ALLOWED, Some("invoice-service")),
    ("billing-service", "POST /v1/departments/finance/invoices/17/approval", 403, None),
    // Nobody in particular, and nothing in particular.
    ("nobody", "GET /v1/users/alice/documents/plan", 401, None),
    ("root", "GET /v2/anything", 403, None),
];

#[test]
fn the_sample_policies_keep_their_promises() -> Result<()> {
    let gate = Gate::start(TestbedOptions::default())?;
    let mut surprises = Vec::new();
    for (who, request, status, policy) in VERDICTS {
        let (method, target) = request.split_once(' ').unwrap();
        let roles = match who {
            "root" => json!(["employee", "admin"]),
            "billing-service" => json!([]),
            _ => json!(["employee"]),
        };
        let bearer = gate.bearer(&json!({"sub": who, "roles": roles}))?;
        let headers = [("authorization", bearer.as_str())];
        let answer = gate.request(method, target, if who == "nobody" { &[] } else { &headers })?;
        if (answer.status(), answer.policy()) != (status, policy) {
            surprises.push(format!("{who}: {request}: expected {status} by {policy:?}, got {answer:?}"));
        }
    }
    assert!(surprises.is_empty(), "{}", surprises.join("\n"));
    gate.finish(0)
}
