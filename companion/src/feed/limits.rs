//! Bounds on what peers can take up.

use std::time::Duration;

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

/// Largest reserve.
pub(super) const MAX_RESERVE: usize = 16 << 10;

/// Longest name that a VM gives of itself, in bytes; the rest is cut off.
pub(super) const MAX_NAME: usize = 256;

/// Longest reason of a refusal that is kept, in bytes; the rest is cut off.
pub(super) const MAX_REASON: usize = 256;

/// How many heartbeats a VM may miss before it counts as dead.
pub(super) const BEATS_TO_DEATH: u32 = 3;

/// For how many beats a VM is still listed that has said goodbye.
pub(super) const BEATS_TO_OBLIVION: u32 = 60;

/// The same for a VM that fell silent.
pub(super) const SILENT_BEATS_TO_OBLIVION: u32 = 600;

/// Versions that are remembered: for deltas against them, and for how they spread.
pub(super) const MAX_KNOWN: usize = 64;

/// Most bytes that those take, for deltas.
pub(super) const MAX_KNOWN_BYTES: usize = 256 << 20;

/// Most versions that deltas to the current one are made against.
pub(super) const MAX_BASES: usize = 8;

/// How long the answer to a snapshot is waited for before it is sent again.
pub(super) const ANSWER_PATIENCE: Duration = Duration::from_secs(3);

/// How much longer for each MiB, on lines that are slow.
pub(super) const ANSWER_PATIENCE_PER_MIB: Duration = Duration::from_secs(1);

/// How long after the first refusal of a snapshot it is offered again; twice as long after each further one.
pub(super) const FIRST_PAUSE: Duration = Duration::from_secs(1);

/// Longest such pause.
pub(super) const LONGEST_PAUSE: Duration = Duration::from_secs(30);

/// Oldest signature that is sent; after that the same snapshot is signed again.
pub(super) const MAX_SIGNATURE_AGE: Duration = Duration::from_secs(60);

/// How long after a part of the index snapshot the next one is sent: what a VM does with it takes turns with its requests.
pub(super) const BETWEEN_PARTS: Duration = Duration::from_millis(25);

/// How long the answer to a part is waited for before nothing more of that index snapshot is sent.
pub(super) const PART_PATIENCE: Duration = Duration::from_secs(10);
