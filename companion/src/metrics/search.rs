use std::fmt::{self, Write};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use prometheus_client::encoding::{EncodeLabelSet, EncodeLabelValue, LabelValueEncoder};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::{Registry, Unit};

use super::gauge;

/// From a batch of hashed words to one at a distant service that takes its time.
const JOB_BUCKETS: [f64; 12] = [0.05, 0.1, 0.25, 0.5, 1.0, 5.0, 25.0, 100.0, 500.0, 2500.0, 10_000.0, 60_000.0];

/// From a scan of some policies to one of very many.
const SEARCH_BUCKETS: [f64; 11] = [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0, 50.0, 250.0];

/// From an append in memory to a disk that is busy.
const WRITE_BUCKETS: [f64; 11] = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0, 5.0, 25.0, 100.0, 1000.0];

/// Up to as many as can be asked for.
const RESULT_BUCKETS: [f64; 11] = [0.0, 1.0, 2.0, 5.0, 10.0, 20.0, 50.0, 100.0, 200.0, 500.0, 1000.0];

/// What policy search counts. Shared by reference.
#[derive(Debug)]
pub(crate) struct SearchMetrics {
    jobs: Family<JobLabels, Counter>,
    job_duration: Histogram,
    queue_depth: Gauge,
    workers_active: Gauge,
    cache_hits: Counter,
    cache_misses: Counter,
    cache_evictions: Counter,
    cache_entries: Gauge,
    operations: Family<OperationLabels, Counter>,
    search_duration: Histogram,
    insert_duration: Histogram,
    delete_duration: Histogram,
    errors: Family<ErrorLabels, Counter>,
    size: Gauge,
    bytes: Gauge,
    results: Histogram,
    accuracy: Gauge<f64, AtomicU64>,
    stale: Gauge,
    lag: Gauge<f64, AtomicU64>,
    dead: Gauge,
    migration_done: Gauge,
    migration_total: Gauge,
    store_errors: Counter,
    took_nanos: AtomicU64,
    longest_nanos: AtomicU64,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct JobLabels {
    status: JobStatus,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct OperationLabels {
    operation: VectorOperation,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct ErrorLabels {
    r#type: VectorError,
}

/// What became of a job.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum JobStatus {
    /// Its vector is in the index.
    Completed,
    /// It was there already.
    Unchanged,
    /// The policy has changed or gone meanwhile.
    Superseded,
    /// It failed, and is tried again.
    Retried,
    /// It failed, and is not tried again by itself soon.
    Failed,
    /// The queue was full; it is queued later.
    Rejected,
}

/// What is done to an index.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum VectorOperation {
    Insert,
    Delete,
    Search,
}

/// What goes wrong with an index.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum VectorError {
    /// A vector of another size.
    Dimensions,
    /// A file of it.
    Storage,
    /// A search that was given up.
    Timeout,
}

/// What is so at the moment of a scrape.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct SearchLevels {
    pub(crate) queued: usize,
    pub(crate) cached: usize,
    pub(crate) indexed: usize,
    pub(crate) index_bytes: u64,
    pub(crate) stale: usize,
    pub(crate) lag: Duration,
    pub(crate) dead: usize,
    /// Of a migration that goes on.
    pub(crate) migrated: usize,
    pub(crate) to_migrate: usize,
}

/// Counters as the API tells them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct SearchCounts {
    pub(crate) completed: u64,
    pub(crate) unchanged: u64,
    pub(crate) superseded: u64,
    pub(crate) retried: u64,
    pub(crate) failed: u64,
    pub(crate) rejected: u64,
    pub(crate) cache_hits: u64,
    pub(crate) cache_misses: u64,
    pub(crate) store_errors: u64,
    pub(crate) workers_active: u64,
    /// All completed jobs together.
    pub(crate) took: Duration,
    pub(crate) longest: Duration,
}

impl EncodeLabelValue for JobStatus {
    fn encode(&self, encoder: &mut LabelValueEncoder<'_>) -> fmt::Result {
        encoder.write_str(match self {
            JobStatus::Completed => "completed",
            JobStatus::Unchanged => "unchanged",
            JobStatus::Superseded => "superseded",
            JobStatus::Retried => "retried",
            JobStatus::Failed => "failed",
            JobStatus::Rejected => "rejected",
        })
    }
}

impl EncodeLabelValue for VectorOperation {
    fn encode(&self, encoder: &mut LabelValueEncoder<'_>) -> fmt::Result {
        encoder.write_str(match self {
            VectorOperation::Insert => "insert",
            VectorOperation::Delete => "delete",
            VectorOperation::Search => "search",
        })
    }
}

impl EncodeLabelValue for VectorError {
    fn encode(&self, encoder: &mut LabelValueEncoder<'_>) -> fmt::Result {
        encoder.write_str(match self {
            VectorError::Dimensions => "dimensions",
            VectorError::Storage => "storage",
            VectorError::Timeout => "timeout",
        })
    }
}

impl JobStatus {
    const ALL: [JobStatus; 6] = [
        JobStatus::Completed,
        JobStatus::Unchanged,
        JobStatus::Superseded,
        JobStatus::Retried,
        JobStatus::Failed,
        JobStatus::Rejected,
    ];
}

impl VectorOperation {
    const ALL: [VectorOperation; 3] = [VectorOperation::Insert, VectorOperation::Delete, VectorOperation::Search];
}

impl VectorError {
    const ALL: [VectorError; 3] = [VectorError::Dimensions, VectorError::Storage, VectorError::Timeout];
}

impl SearchMetrics {
    /// `plain` is a registry whose names have no prefix, `ours` one whose names begin with the program's.
    pub(super) fn registered(plain: &mut Registry, ours: &mut Registry) -> Self {
        let metrics = SearchMetrics {
            jobs: Family::default(),
            job_duration: Histogram::new(JOB_BUCKETS),
            queue_depth: Gauge::default(),
            workers_active: Gauge::default(),
            cache_hits: Counter::default(),
            cache_misses: Counter::default(),
            cache_evictions: Counter::default(),
            cache_entries: Gauge::default(),
            operations: Family::default(),
            search_duration: Histogram::new(SEARCH_BUCKETS),
            insert_duration: Histogram::new(WRITE_BUCKETS),
            delete_duration: Histogram::new(WRITE_BUCKETS),
            errors: Family::default(),
            size: Gauge::default(),
            bytes: Gauge::default(),
            results: Histogram::new(RESULT_BUCKETS),
            accuracy: Gauge::default(),
            stale: Gauge::default(),
            lag: Gauge::default(),
            dead: Gauge::default(),
            migration_done: Gauge::default(),
            migration_total: Gauge::default(),
            store_errors: Counter::default(),
            took_nanos: AtomicU64::new(0),
            longest_nanos: AtomicU64::new(0),
        };
        metrics.register_embedding(plain);
        metrics.register_vectors(plain);
        metrics.register_ours(ours);
        // What has not happened yet is zero, not absent: alerts compare with it.
        for status in JobStatus::ALL {
            drop(metrics.jobs.get_or_create(&JobLabels { status }));
        }
        for operation in VectorOperation::ALL {
            drop(metrics.operations.get_or_create(&OperationLabels { operation }));
        }
        for r#type in VectorError::ALL {
            drop(metrics.errors.get_or_create(&ErrorLabels { r#type }));
        }
        metrics
    }

    fn register_embedding(&self, registry: &mut Registry) {
        registry.register("authz_embedding_jobs", "Jobs of embedding a policy, by their end", self.jobs.clone());
        let duration = "Time from a worker's taking a job to its vector's being searchable";
        let name = "authz_embedding_job_duration";
        registry.register_with_unit(name, duration, milliseconds(), self.job_duration.clone());
        let depth = "Jobs that wait for a worker";
        registry.register("authz_embedding_queue_depth", depth, self.queue_depth.clone());
        let active = "Workers that are at a job";
        registry.register("authz_embedding_workers_active", active, self.workers_active.clone());
        let hits = "Vectors that were made before";
        registry.register("authz_embedding_cache_hits", hits, self.cache_hits.clone());
        let misses = "Vectors that had to be made";
        registry.register("authz_embedding_cache_misses", misses, self.cache_misses.clone());
        let evictions = "Vectors that left the cache for others, or for their age";
        registry.register("authz_embedding_cache_evictions", evictions, self.cache_evictions.clone());
        let entries = "Vectors in the cache";
        registry.register("authz_embedding_cache_entries", entries, self.cache_entries.clone());
    }

    fn register_vectors(&self, registry: &mut Registry) {
        let operations = "What was done to the vector index";
        registry.register("authz_vector_operations", operations, self.operations.clone());
        let search = "Time of a search of the vector index";
        let name = "authz_vector_search_duration";
        registry.register_with_unit(name, search, milliseconds(), self.search_duration.clone());
        let insert = "Time of adding a batch to the vector index";
        let name = "authz_vector_insert_duration";
        registry.register_with_unit(name, insert, milliseconds(), self.insert_duration.clone());
        let delete = "Time of removing policies from the vector index";
        let name = "authz_vector_delete_duration";
        registry.register_with_unit(name, delete, milliseconds(), self.delete_duration.clone());
        registry.register("authz_vector_errors", "Failures of the vector index", self.errors.clone());
        let size = "Policies in the vector index that answers";
        registry.register("authz_vector_store_size", size, self.size.clone());
        let bytes = "Size of the vector index that answers";
        registry.register_with_unit("authz_vector_index_size", bytes, Unit::Bytes, self.bytes.clone());
        let results = "Policies that a search was answered with";
        registry.register("authz_vector_search_results", results, self.results.clone());
        let accuracy = "Share of the true nearest that a sampled search has found";
        registry.register("authz_vector_search_accuracy", accuracy, self.accuracy.clone());
    }

    fn register_ours(&self, registry: &mut Registry) {
        let stale = "Policies whose vectors are not of their present text";
        registry.register("search_stale", stale, self.stale.clone());
        let lag = "For how long the change has waited to be searchable that has waited longest";
        registry.register_with_unit("search_lag", lag, Unit::Seconds, self.lag.clone());
        registry.register("search_dead", "Policies that could not be embedded", self.dead.clone());
        let done = "Policies that the migration that goes on has embedded";
        registry.register("search_migration_done", done, self.migration_done.clone());
        let total = "Policies that the migration that goes on has to embed; 0 while there is none";
        registry.register("search_migration_total", total, self.migration_total.clone());
        let errors = "Failures to use the search folder's database";
        registry.register("search_store_errors", errors, self.store_errors.clone());
    }

    pub(crate) fn jobs(&self, status: JobStatus, count: usize) {
        if count > 0 {
            self.jobs.get_or_create(&JobLabels { status }).inc_by(count as u64);
        }
    }

    /// Jobs that were done at once, each of which has taken so long.
    pub(crate) fn jobs_took(&self, duration: Duration, count: usize) {
        (0..count).for_each(|_| self.job_duration.observe(in_milliseconds(duration)));
        let nanos = u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX);
        self.took_nanos.fetch_add(nanos.saturating_mul(count as u64), Ordering::Relaxed);
        self.longest_nanos.fetch_max(if count > 0 { nanos } else { 0 }, Ordering::Relaxed);
    }

    pub(crate) fn worker_begins(&self) {
        self.workers_active.inc();
    }

    pub(crate) fn worker_ends(&self) {
        self.workers_active.dec();
    }

    pub(crate) fn workers(&self) -> u64 {
        self.workers_active.get().try_into().unwrap_or_default()
    }

    pub(crate) fn cache_asked(&self, hits: usize, misses: usize) {
        self.cache_hits.inc_by(hits as u64);
        self.cache_misses.inc_by(misses as u64);
    }

    pub(crate) fn cache_evicted(&self, count: u64) {
        self.cache_evictions.inc_by(count);
    }

    pub(crate) fn inserted(&self, duration: Duration, count: usize) {
        self.operated(VectorOperation::Insert, count);
        self.insert_duration.observe(in_milliseconds(duration));
    }

    pub(crate) fn deleted(&self, duration: Duration, count: usize) {
        self.operated(VectorOperation::Delete, count);
        self.delete_duration.observe(in_milliseconds(duration));
    }

    /// A search of the vector index.
    pub(crate) fn searched(&self, duration: Duration) {
        self.operated(VectorOperation::Search, 1);
        self.search_duration.observe(in_milliseconds(duration));
    }

    /// A search was answered with so many policies, however they were found.
    pub(crate) fn answered(&self, results: usize) {
        self.results.observe(results as f64);
    }

    pub(crate) fn vector_failed(&self, error: VectorError) {
        self.errors.get_or_create(&ErrorLabels { r#type: error }).inc();
    }

    /// Of the true nearest, the share that a search has found.
    pub(crate) fn accuracy(&self, recall: f64) {
        self.accuracy.set(recall);
    }

    pub(crate) fn store_failed(&self) {
        self.store_errors.inc();
    }

    pub(crate) fn counts(&self) -> SearchCounts {
        let jobs = |status| self.jobs.get_or_create(&JobLabels { status }).get();
        SearchCounts {
            completed: jobs(JobStatus::Completed),
            unchanged: jobs(JobStatus::Unchanged),
            superseded: jobs(JobStatus::Superseded),
            retried: jobs(JobStatus::Retried),
            failed: jobs(JobStatus::Failed),
            rejected: jobs(JobStatus::Rejected),
            cache_hits: self.cache_hits.get(),
            cache_misses: self.cache_misses.get(),
            store_errors: self.store_errors.get(),
            workers_active: self.workers(),
            took: Duration::from_nanos(self.took_nanos.load(Ordering::Relaxed)),
            longest: Duration::from_nanos(self.longest_nanos.load(Ordering::Relaxed)),
        }
    }

    /// Levels change all the time, so they are set for each scrape.
    pub(super) fn level(&self, levels: SearchLevels) {
        let SearchLevels { queued, cached, indexed, index_bytes, stale, lag, dead, migrated, to_migrate } = levels;
        self.queue_depth.set(gauge(queued as u64));
        self.cache_entries.set(gauge(cached as u64));
        self.size.set(gauge(indexed as u64));
        self.bytes.set(gauge(index_bytes));
        self.stale.set(gauge(stale as u64));
        self.lag.set(lag.as_secs_f64());
        self.dead.set(gauge(dead as u64));
        self.migration_done.set(gauge(migrated as u64));
        self.migration_total.set(gauge(to_migrate as u64));
    }

    fn operated(&self, operation: VectorOperation, count: usize) {
        self.operations.get_or_create(&OperationLabels { operation }).inc_by(count as u64);
    }
}

fn milliseconds() -> Unit {
    Unit::Other("milliseconds".to_owned())
}

fn in_milliseconds(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1000.0
}
