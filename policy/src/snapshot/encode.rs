//! What a policy set's chunks hold.

use crate::condition::Program;
use crate::engine::Effect;
use crate::identity::{ClaimsFrom, IdentityMethod, IdentitySource, SanKind, TrustedPeers};
use crate::set::{
    AttributeSource, Auth, Condition, DirectoryEntry, Enforcement, Names, Policy, PolicySet, Route, RouteBody,
    TemplateSegment, Unmatched, Window,
};

use super::chunk::ChunkWriter;
use super::totals::Totals;
use super::{budget, data, program};

pub(super) fn settings(set: &PolicySet, totals: Totals) -> Vec<u8> {
    let mut chunk = ChunkWriter::default();
    chunk.body.bool(set.unmatched == Unmatched::Allow);
    // Sorted: a parent comes before what is in it.
    chunk.body.len(set.scopes.len());
    set.scopes.iter().for_each(|scope| chunk.str(scope));
    chunk.body.len(set.identity.len());
    set.identity.iter().for_each(|source| identity(&mut chunk, source));
    budget::write_mode(&mut chunk, set.budgets.mode());
    [totals.policies, totals.name_bytes, totals.rules].into_iter().for_each(|total| chunk.body.len(total));
    chunk.finish()
}

/// What a policy adds to the totals.
pub(super) fn totals(policy: &Policy) -> Totals {
    Totals { policies: 1, name_bytes: policy.name.len(), rules: role_lists(policy).count() }
}

fn identity(chunk: &mut ChunkWriter, source: &IdentitySource) {
    chunk.str(&source.name);
    match &source.method {
        IdentityMethod::Jwt { claims, id_claim, roles_claim, scope_claim } => {
            chunk.body.byte(0);
            match claims {
                ClaimsFrom::Metadata(key) => {
                    chunk.body.byte(0);
                    chunk.str(key);
                }
                ClaimsFrom::ForwardedHeader(name) => {
                    chunk.body.byte(1);
                    chunk.str(name);
                }
            }
            chunk.str(id_claim);
            optional(chunk, roles_claim.as_deref());
            optional(chunk, scope_claim.as_deref());
        }
        IdentityMethod::Mtls { san, roles, scope } => {
            chunk.body.byte(1);
            chunk.body.bool(*san == SanKind::Dns);
            chunk.list(roles);
            optional(chunk, scope.as_deref());
        }
        IdentityMethod::Headers { id_header, roles_header, scope_header, trust } => {
            chunk.body.byte(2);
            chunk.str(id_header);
            optional(chunk, roles_header.as_deref());
            optional(chunk, scope_header.as_deref());
            match trust {
                TrustedPeers::All => chunk.body.bool(true),
                TrustedPeers::Sans(sans) => {
                    chunk.body.bool(false);
                    chunk.list(sans);
                }
            }
        }
    }
}

fn optional(chunk: &mut ChunkWriter, text: Option<&str>) {
    chunk.body.bool(text.is_some());
    if let Some(text) = text {
        chunk.str(text);
    }
}

/// Routes of one bucket.
pub(super) fn routes(mut routes: Vec<&Route>) -> Vec<u8> {
    routes.sort_by_key(|route| (&route.name, &route.hosts, &route.methods));
    let mut chunk = ChunkWriter::default();
    chunk.body.len(routes.len());
    for route in routes {
        chunk.str(&route.name);
        chunk.list(&route.methods);
        chunk.list(&route.hosts);
        chunk.body.bool(route.path.rest);
        chunk.body.len(route.path.segments.len());
        for segment in &route.path.segments {
            chunk.body.bool(matches!(segment, TemplateSegment::Capture));
            if let TemplateSegment::Literal(text) = segment {
                chunk.str(text);
            }
        }
        chunk.str(&route.action);
        chunk.str(&route.kind);
        for source in [&route.id, &route.scope] {
            chunk.body.bool(source.is_some());
            if let Some(source) = source {
                value_source(&mut chunk, source);
            }
        }
        chunk.body.len(route.attributes.len());
        for (name, source) in &route.attributes {
            chunk.str(name);
            value_source(&mut chunk, source);
        }
        chunk.body.byte(u8::from(route.auth == Auth::Optional) | u8::from(route.budget.is_some()) << 1);
        chunk.body.len(match route.body {
            RouteBody::Unread => 0,
            RouteBody::Json { max_bytes } => max_bytes.get(),
        });
        if let Some(own) = &route.budget {
            budget::write(&mut chunk, own);
        }
    }
    chunk.finish()
}

fn value_source(chunk: &mut ChunkWriter, source: &AttributeSource) {
    match source {
        AttributeSource::Capture(index) => {
            chunk.body.bool(true);
            chunk.body.varint(u64::from(*index));
        }
        AttributeSource::Literal(text) => {
            chunk.body.bool(false);
            chunk.str(text);
        }
    }
}

/// Directory entries of one bucket.
pub(super) fn principals(mut entries: Vec<&DirectoryEntry>) -> Vec<u8> {
    entries.sort_by_key(|entry| (&entry.source, &entry.id));
    let mut chunk = ChunkWriter::default();
    chunk.body.len(entries.len());
    for entry in entries {
        chunk.str(&entry.source);
        chunk.str(&entry.id);
        chunk.list(&entry.roles);
        data::write_fields(&mut chunk, &entry.attributes);
    }
    chunk.finish()
}

/// Policies of one bucket.
pub(super) fn policies(mut policies: Vec<&Policy>) -> Vec<u8> {
    policies.sort_by(|a, b| a.name.cmp(&b.name));
    let mut chunk = ChunkWriter::default();
    chunk.body.len(policies.len());
    policies.into_iter().for_each(|entry| policy(&mut chunk, entry));
    chunk.finish()
}

fn policy(chunk: &mut ChunkWriter, policy: &Policy) {
    chunk.str(&policy.name);
    chunk.body.bool(policy.effect == Effect::Deny);
    chunk.body.bool(policy.enforcement == Enforcement::Shadow);
    optional(chunk, policy.scope.as_deref());
    names(chunk, &policy.kinds);
    names(chunk, &policy.actions);
    let ways = ways(policy);
    chunk.body.len(ways.len());
    for (roles, program) in ways {
        names(chunk, roles);
        chunk.body.bool(program.is_some());
        if let Some(program) = program {
            program::write(chunk, &program.code, program.root);
        }
    }
}

fn names(chunk: &mut ChunkWriter, names: &Names) {
    match names {
        Names::Any => chunk.body.bool(true),
        Names::Of(names) => {
            chunk.body.bool(false);
            chunk.list(names);
        }
    }
}

/// How a policy is reached: by which plain roles, and under which condition. A derived role is its parents, and a condition
/// more; a window is a condition, too.
fn ways(policy: &Policy) -> Vec<(&Names, Option<Program>)> {
    let window = window(&policy.window);
    let program = |condition: &'_ Option<Condition>| condition.as_ref().map(|condition| condition.program.clone());
    let own =
        Program::all(&[window.as_ref(), program(&policy.condition).as_ref()].into_iter().flatten().collect::<Vec<_>>());
    let plain = plain_roles(policy).map(|_| own.clone());
    let derived = policy.derived_roles.iter().map(|role| {
        let parts: Vec<&Program> = role.condition.iter().map(|condition| &condition.program).chain(&own).collect();
        Program::all(&parts)
    });
    role_lists(policy).zip(plain.into_iter().chain(derived)).collect()
}

/// The roles of each way.
fn role_lists(policy: &Policy) -> impl Iterator<Item = &Names> {
    plain_roles(policy).into_iter().chain(policy.derived_roles.iter().map(|role| &role.roles))
}

fn plain_roles(policy: &Policy) -> Option<&Names> {
    (!policy.roles.is_empty()).then_some(&policy.roles)
}

fn window(window: &Window) -> Option<Program> {
    let (from, until) = (window.not_before.map(Program::not_before), window.not_after.map(Program::before));
    Program::all(&from.iter().chain(&until).collect::<Vec<_>>())
}
