//! What an index snapshot costs a VM: bytes on the way and in memory, time to take it, time to name what is related.

use std::time::{Duration, Instant};

use tollgate_policy::related::{MAX_PARTS, NEIGHBOURS, PartContent, PartId, Policy, PolicyKey, Similarity};
use tollgate_policy::snapshot::{SnapshotId, encode};

use super::Figure;
use super::guest::Guest;
use super::set;
use super::workload::{Variant, Workload};

/// Policies in a part, on average at most, as the companion divides them.
const FULL: usize = 768;
const ROUNDS: usize = 7;
const ASKED: u32 = 2_000;

pub(super) fn bench(figures: &mut Vec<Figure>) {
    for size in [10_000, 100_000] {
        of_size(size, figures);
    }
}

fn of_size(size: usize, figures: &mut Vec<Figure>) {
    let set = set::set(&Workload::new(Variant::Mixed, size).specs);
    let parts = parts(&set.policies.iter().map(|policy| PolicyKey::of(&policy.name)).collect::<Vec<_>>());
    let mut guest = Guest::start();
    guest.load(&encode(&set, SnapshotId { epoch: 1, version: 1 }).unwrap());
    let live = guest.live();
    // Each part's best: a machine that does other things as well stops in the middle of some part in every round.
    let mut took = vec![Duration::MAX; parts.len()];
    for _ in 0..ROUNDS {
        for (best, part) in took.iter_mut().zip(&parts) {
            *best = timed(|| guest.take_part(part)).min(*best);
        }
    }
    let (whole, longest) = (took.iter().sum::<Duration>(), took.iter().max().copied().unwrap_or_default());
    let live = (guest.live() - live) as f64;
    let named = (0..ASKED).map(|policy| guest.related(policy)).sum::<u32>();
    assert!(named + 20 > ASKED * NEIGHBOURS as u32, "{named}: every neighbour is named whose key is its own");
    let bytes = parts.iter().map(Vec::len).sum::<usize>() as f64;
    let mut figure = |name: &str, value, unit| figures.push((format!("{name}_{size}"), value, unit));
    figure("related_sent_bytes", bytes, "bytes");
    figure("related_live_bytes", live, "bytes");
    figure("related_parts", parts.len() as f64, "parts");
    figure("related_decode_ms", whole.as_secs_f64() * 1e3, "ms");
    figure("related_decode_longest_part_us", longest.as_secs_f64() * 1e6, "us");
    if size == 100_000 {
        figures.push(("related_bytes_per_policy".to_owned(), live / size as f64, "bytes"));
    }
}

/// An index snapshot in which every policy has as many neighbours as it can.
fn parts(keys: &[PolicyKey]) -> Vec<Vec<u8>> {
    let count = keys.len().div_ceil(FULL).next_power_of_two().min(MAX_PARTS);
    let mut by_part = vec![Vec::new(); count];
    for (number, key) in keys.iter().enumerate() {
        let near = |step: usize| keys.get((number + step * 37) % keys.len()).copied();
        let neighbours = (1..=NEIGHBOURS).filter_map(|step| Some((near(step)?, similarity(step)?))).collect();
        by_part.get_mut(key.part(count)).unwrap().push(Policy { key: *key, neighbours });
    }
    let part = |(number, mut policies): (usize, Vec<Policy>)| {
        policies.sort_by_key(|policy| policy.key);
        // Of so many names some two share a key.
        policies.dedup_by_key(|policy| policy.key);
        let [parts, number] = [count, number].map(|number| u16::try_from(number).unwrap());
        let id = PartId { model: "v1".to_owned(), generation: 1, revision: 1, parts, number };
        PartContent::new(&id, &policies).encode(&[])
    };
    by_part.into_iter().enumerate().map(part).collect()
}

fn similarity(step: usize) -> Option<Similarity> {
    Similarity::of_cosine(1.0 - step as f32 / 10.0)
}

fn timed(work: impl FnOnce()) -> Duration {
    let started = Instant::now();
    work();
    started.elapsed()
}
