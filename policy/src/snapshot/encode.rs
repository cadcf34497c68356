use std::sync::Arc;

use crate::condition::Program;
use crate::engine::Effect;
use crate::identity::{ClaimsFrom, IdentityMethod, IdentitySource, SanKind, TrustedPeers};
use crate::set::{
    AttributeSource, Auth, Condition, DirectoryEntry, Enforcement, Names, Policy, PolicySet, Route, RouteBody,
    TemplateSegment, Unmatched, Window,
};

use super::chunk::{ChunkKind, ChunkWriter};
use super::codec::{DecodeError, Writer};
use super::totals::Totals;
use super::{FORMAT, MAGIC, Snapshot, SnapshotId, bucket, data, program, tree};

/// A policy set that cannot become a snapshot.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the policy set does not fit into a snapshot: {0}")]
pub struct EncodeError(#[from] DecodeError);

/// Compiles a validated set. Equal sets give equal bytes, whatever the order of their policies.
///
/// # Errors
/// If the set exceeds a limit of the format, or was not validated.
pub fn compile(set: &PolicySet, id: SnapshotId) -> Result<Compiled, EncodeError> {
    let bytes = assemble(&chunks(set), id);
    // What a worker would refuse must not be published: the decoder is the judge.
    let snapshot = Snapshot::decode(&bytes)?;
    Ok(Compiled { bytes, snapshot })
}

/// The bytes of [`compile`].
///
/// # Errors
/// As [`compile`].
pub fn encode(set: &PolicySet, id: SnapshotId) -> Result<Vec<u8>, EncodeError> {
    compile(set, id).map(|compiled| compiled.bytes)
}

/// A compiled policy set.
#[derive(Debug)]
pub struct Compiled {
    /// As it travels.
    pub bytes: Vec<u8>,
    /// As a worker reads it.
    pub snapshot: Snapshot,
}

pub(super) fn chunks(set: &PolicySet) -> Vec<(ChunkKind, Vec<u8>)> {
    let mut chunks = vec![(ChunkKind::Settings, settings(set)), (ChunkKind::Routes, routes(&set.routes))];
    chunks.extend(principals(&set.principals).map(|chunk| (ChunkKind::Principals, chunk)));
    chunks.extend(policies(&set.policies).map(|chunk| (ChunkKind::Policies, chunk)));
    chunks
}

pub(super) fn assemble(chunks: &[(ChunkKind, Vec<u8>)], id: SnapshotId) -> Vec<u8> {
    let leaves: Vec<_> = chunks.iter().map(|(kind, bytes)| tree::leaf(*kind, bytes)).collect();
    let mut out = Writer::default();
    out.bytes(MAGIC);
    out.bytes(&FORMAT.to_le_bytes());
    out.bytes(&id.epoch.to_le_bytes());
    out.bytes(&id.version.to_le_bytes());
    out.bytes(&tree::root(&leaves).0);
    let seal = tree::seal(&out.0);
    out.bytes(&seal);
    out.len(chunks.len());
    for (kind, bytes) in chunks {
        out.byte(kind.code());
        out.len(bytes.len());
        out.bytes(bytes);
    }
    out.0
}

fn settings(set: &PolicySet) -> Vec<u8> {
    let mut chunk = ChunkWriter::default();
    chunk.body.bool(set.unmatched == Unmatched::Allow);
    // Sorted: a parent comes before what is in it.
    chunk.body.len(set.scopes.len());
    set.scopes.iter().for_each(|scope| chunk.str(scope));
    chunk.body.len(set.identity.len());
    set.identity.iter().for_each(|source| identity(&mut chunk, source));
    let totals = totals(&set.policies);
    [totals.policies, totals.name_bytes, totals.rules].into_iter().for_each(|total| chunk.body.len(total));
    chunk.finish()
}

fn totals(policies: &[Arc<Policy>]) -> Totals {
    Totals {
        policies: policies.len(),
        name_bytes: policies.iter().map(|policy| policy.name.len()).sum(),
        rules: policies.iter().map(|policy| role_lists(policy).count()).sum(),
    }
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

fn routes(routes: &[Route]) -> Vec<u8> {
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
        chunk.body.bool(route.auth == Auth::Optional);
        chunk.body.len(match route.body {
            RouteBody::Unread => 0,
            RouteBody::Json { max_bytes } => max_bytes.get(),
        });
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

fn principals(entries: &[DirectoryEntry]) -> impl Iterator<Item = Vec<u8>> {
    let key = |entry: &&DirectoryEntry| (entry.source.clone(), entry.id.clone());
    buckets(entries, |entry| vec![&entry.source, &entry.id]).into_iter().map(move |mut bucket| {
        bucket.sort_by_key(key);
        let mut chunk = ChunkWriter::default();
        chunk.body.len(bucket.len());
        for entry in bucket {
            chunk.str(&entry.source);
            chunk.str(&entry.id);
            chunk.list(&entry.roles);
            data::write_fields(&mut chunk, &entry.attributes);
        }
        chunk.finish()
    })
}

fn policies(policies: &[Arc<Policy>]) -> impl Iterator<Item = Vec<u8>> {
    buckets(policies, |policy| vec![&policy.name]).into_iter().map(|mut bucket| {
        bucket.sort_by(|a, b| a.name.cmp(&b.name));
        let mut chunk = ChunkWriter::default();
        chunk.body.len(bucket.len());
        bucket.into_iter().for_each(|entry| policy(&mut chunk, entry));
        chunk.finish()
    })
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

fn buckets<'a, T>(records: &'a [T], name: impl Fn(&'a T) -> Vec<&'a str>) -> Vec<Vec<&'a T>> {
    let mut buckets = vec![Vec::new(); bucket::count(records.len())];
    for record in records {
        let index = bucket::of(&name(record), buckets.len());
        if let Some(bucket) = buckets.get_mut(index) {
            bucket.push(record);
        }
    }
    buckets
}
