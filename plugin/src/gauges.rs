//! What the filter shows of its state. The proxy keeps one value for all VMs, the last one written; what each VM
//! enforces is known to the companion.

/// One value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Gauge {
    /// Epoch of the snapshot in force.
    SnapshotEpoch,
    /// Version of the snapshot in force.
    SnapshotVersion,
    /// How long it has been in force, in seconds.
    SnapshotAge,
    /// How long nobody has said that it is the current one, in seconds.
    SnapshotStaleness,
    /// 1 if the companion answers on the feed's stream, else 0.
    FeedConnected,
}

impl Gauge {
    /// Every gauge.
    pub const ALL: [Gauge; 5] = [
        Gauge::SnapshotEpoch,
        Gauge::SnapshotVersion,
        Gauge::SnapshotAge,
        Gauge::SnapshotStaleness,
        Gauge::FeedConnected,
    ];

    /// Its metric.
    #[must_use]
    pub fn metric(self) -> &'static str {
        match self {
            Gauge::SnapshotEpoch => "tollgate.snapshot.epoch",
            Gauge::SnapshotVersion => "tollgate.snapshot.version",
            Gauge::SnapshotAge => "tollgate.snapshot.age_seconds",
            Gauge::SnapshotStaleness => "tollgate.snapshot.staleness_seconds",
            Gauge::FeedConnected => "tollgate.feed.connected",
        }
    }
}
