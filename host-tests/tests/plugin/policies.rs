//! Policy sets as an operator writes them, compiled.

use tollgate_policy::set::budget::Environment;
use tollgate_policy::snapshot::{Compiler, Content, SnapshotId};
use tollgate_policy::source::{Loader, SourceFile, load};

const EDITORS_VIEW: &str = "  - {name: editors-view, resource: document, actions: [view], roles: [editor]}\n";

const ANYONE_READS: &str =
    "  - {name: anyone-reads, resource: page, actions: [view], roles: [anonymous, editor, viewer]}\n";

/// A lock takes the claim `locked` to tell.
const LOCKED: &str = "
  - name: documents-locked
    effect: deny
    resource: document
    actions: [view]
    roles: [\"*\"]
    condition: has(principal.locked) && principal.locked == resource.id
";

const ROUTES: &str = "
routes:
  - name: documents
    match: {methods: [GET, POST], path: \"/documents/{id}\"}
    action: view
    resource: {kind: document, id: path.id}
  - name: pages
    match: {methods: [GET], path: \"/pages/{id}\"}
    action: view
    resource: {kind: page, id: path.id}
    auth: optional
";

pub(crate) const TOKEN: &str = "  - {name: token, jwt: {roles: roles}}\n";
pub(crate) const PAYLOAD_HEADER: &str = "  - {name: token, jwt: {forwardedHeader: x-jwt-payload, roles: roles}}\n";
pub(crate) const CERTIFICATE: &str = "  - {name: certificate, mtls: {san: uri, roles: [editor]}}\n";
pub(crate) const GATEWAY: &str =
    "  - {name: gateway, headers: {id: x-user, roles: x-user-roles, trust: {sans: [\"spiffe://prod/gateway\"]}}}\n";
pub(crate) const ANYONE: &str = "  - {name: headers, headers: {id: x-user, roles: x-user-roles, trust: all}}\n";

/// Editors may view documents that are not locked, everyone may read pages; with these identity sources.
pub(crate) fn documents(sources: &[&str]) -> String {
    set(&[EDITORS_VIEW, ANYONE_READS, LOCKED], sources)
}

/// The documents set for tokens.
pub(crate) fn documents_by_token() -> String {
    documents(&[TOKEN])
}

/// A set that allows nothing to anyone.
pub(crate) fn nothing() -> String {
    set(&[LOCKED], &[TOKEN, GATEWAY])
}

/// A set that lets everyone with a token view documents if the condition holds.
pub(crate) fn on_condition(condition: &str) -> String {
    let condition = condition.replace('\'', "''");
    let conditional = format!(
        "  - {{name: conditional, resource: document, actions: [view], roles: [\"*\"], condition: '{condition}'}}\n"
    );
    set(&[&conditional], &[TOKEN])
}

/// The same, by a route that reads bodies of at most this many bytes.
pub(crate) fn on_body(condition: &str, max_bytes: usize) -> String {
    let route = "    resource: {kind: document, id: path.id}\n";
    on_condition(condition).replace(route, &format!("{route}    body: {{json: {{maxBytes: {max_bytes}}}}}\n"))
}

fn set(policies: &[&str], sources: &[&str]) -> String {
    format!("policies:\n{}{ROUTES}identity:\n{}", policies.concat(), sources.concat())
}

/// The set, compiled.
pub(crate) fn compiled(yaml: &str, id: SnapshotId) -> Vec<u8> {
    content(yaml).encode(id, &[])
}

/// The set, compiled for where it is to serve.
pub(crate) fn compiled_for(environment: Environment, yaml: &str, id: SnapshotId) -> Vec<u8> {
    let set = Loader::of(environment).load(&[SourceFile::new("policies.yaml", yaml)]).unwrap();
    Compiler::default().compile(&set).unwrap().encode(id, &[])
}

/// The set, compiled, before it has an id.
pub(crate) fn content(yaml: &str) -> Content {
    let file = SourceFile::new("policies.yaml", yaml);
    let set = load(&[file]).unwrap_or_else(|problems| panic!("{problems}\n{yaml}"));
    Compiler::default().compile(&set).unwrap()
}

pub(crate) const fn id(epoch: u64, version: u64) -> SnapshotId {
    SnapshotId { epoch, version }
}
