//! Bounds on what peers can take up.

use crate::policies::MAX_SNAPSHOT_BYTES;

/// Most open connections. Every Envoy worker has one of its own.
pub(crate) const MAX_CONNECTIONS: usize = 2048;

/// Most streams on one connection.
pub(super) const MAX_STREAMS_PER_CONNECTION: u32 = 64;

/// Most streams at once.
pub(super) const MAX_SESSIONS: usize = 4096;

/// Most VMs that are remembered, dead ones included.
pub(super) const MAX_VMS: usize = 8192;

/// Largest message from a VM.
pub(super) const MAX_WORKER_MESSAGE: usize = 64 << 10;

/// Largest message to a VM: a snapshot and its envelope.
pub(super) const MAX_COMPANION_MESSAGE: usize = MAX_SNAPSHOT_BYTES + (1 << 10);

/// Longest name that a VM gives of itself, in bytes; the rest is cut off.
pub(super) const MAX_NAME: usize = 256;

/// Longest reason of a refusal that is kept, in bytes; the rest is cut off.
pub(super) const MAX_REASON: usize = 256;

/// How many heartbeats a VM may miss before it counts as dead.
pub(super) const BEATS_TO_DEATH: u32 = 3;

/// For how many beats a dead VM is still listed.
pub(super) const BEATS_TO_OBLIVION: u32 = 60;

/// Most snapshots on one stream whose answers are waited for; what an older one took is not measured.
pub(super) const MAX_UNANSWERED: usize = 8;
