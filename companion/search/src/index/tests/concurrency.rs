use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;

use super::{in_memory, open, put, seeds, text, vector};
use crate::{Index, Vector};

const WRITERS: usize = 20;
const SEARCHERS: usize = 20;
const NAMES: usize = 60;

/// Of each name: the number of its newest vector, counted up; nobody but its writer changes it.
type Newest = Vec<Vec<AtomicU64>>;

fn number(writer: usize, name: usize, count: u64) -> u64 {
    (writer as u64) << 48 | (name as u64) << 32 | count
}

fn name(writer: usize, name: usize) -> String {
    format!("{writer}/{name}")
}

fn write(index: &Index, writer: usize, newest: &[AtomicU64], random: &mut fastrand::Rng) {
    let which = random.usize(..NAMES);
    let (name, before) = (name(writer, which), newest[which].load(Ordering::SeqCst));
    let near = |count| index.search(&vector(number(writer, which, count)), 10, None).unwrap();
    if random.u8(..3) > 0 {
        newest[which].store(before + 1, Ordering::SeqCst);
        put(index, &name, number(writer, which, before + 1)).unwrap();
        let hits = near(before + 1);
        assert!(hits.iter().any(|hit| *hit.name == *name && hit.score > 0.9999), "{name} {before}: {hits:?}");
        assert!(hits.iter().filter(|hit| *hit.name == *name).count() == 1);
        assert_eq!(index.text_of(&name), Some(text(number(writer, which, before + 1))));
    } else {
        index.remove(&[&name]).unwrap();
        assert!(near(before).iter().all(|hit| *hit.name != *name));
        assert_eq!(index.text_of(&name), None);
    }
}

/// Every score is that of a vector which the name has had, and none is older than the newest when the search began.
fn search(index: &Index, newest: &Newest, random: &mut fastrand::Rng) {
    let since: Vec<Vec<u64>> =
        newest.iter().map(|of| of.iter().map(|newest| newest.load(Ordering::SeqCst)).collect()).collect();
    let query = vector(random.u64(..));
    let hits = match random.bool() {
        true => index.search(&query, 10, None).unwrap(),
        false => index.search(&query, 10, Some(&|name| name.ends_with('7'))).unwrap(),
    };
    assert!(hits.is_sorted_by(|a, b| a.score >= b.score));
    for hit in hits {
        let (writer, name) = hit.name.split_once('/').unwrap();
        let (writer, name): (usize, usize) = (writer.parse().unwrap(), name.parse().unwrap());
        // A vector's number is raised before it is put, so that the one before may still be there.
        let first = since[writer][name].saturating_sub(1);
        let last = newest[writer][name].load(Ordering::SeqCst);
        let is_of = |vector: Vector| (vector.cosine(&query) - hit.score).abs() < 1e-4;
        assert!((first..=last).any(|count| is_of(vector(number(writer, name, count)))), "{hit:?}");
    }
}

fn run(index: &Index, seed: u64, steps: usize) -> Vec<Option<u64>> {
    let newest: Newest = (0..WRITERS).map(|_| (0..NAMES).map(|_| AtomicU64::new(0)).collect()).collect();
    let is_over = AtomicBool::new(false);
    thread::scope(|scope| {
        for searcher in 0..SEARCHERS as u64 {
            let (newest, is_over) = (&newest, &is_over);
            scope.spawn(move || {
                let mut random = fastrand::Rng::with_seed(seed << 32 | searcher);
                while !is_over.load(Ordering::SeqCst) {
                    search(index, newest, &mut random);
                }
            });
        }
        let writers: Vec<_> = (0..WRITERS)
            .map(|writer| {
                let newest = &newest[writer];
                scope.spawn(move || {
                    let mut random = fastrand::Rng::with_seed(seed << 16 | writer as u64);
                    (0..steps).for_each(|_| write(index, writer, newest, &mut random));
                })
            })
            .collect();
        let ended: Vec<_> = writers.into_iter().map(thread::ScopedJoinHandle::join).collect();
        is_over.store(true, Ordering::SeqCst);
        ended.into_iter().for_each(|ended| ended.unwrap());
    });
    let numbers = (0..WRITERS).flat_map(|writer| (0..NAMES).map(move |which| (writer, which)));
    let newest = numbers.map(|(writer, which)| {
        let count = newest[writer][which].load(Ordering::SeqCst);
        index.text_of(&name(writer, which)).map(|found| {
            assert_eq!(found, text(number(writer, which, count)));
            number(writer, which, count)
        })
    });
    newest.collect()
}

#[test]
fn writers_searchers_and_a_builder_do_not_disturb_one_another() {
    for seed in seeds(1) {
        run(&in_memory(), seed, 60);
        let folder = tempfile::tempdir().unwrap();
        let index = open(folder.path());
        let there = run(&index, seed, 60);
        assert_eq!(index.stats().trouble, None);
        drop(index);
        let index = open(folder.path());
        let mut there = there.into_iter();
        for writer in 0..WRITERS {
            for which in 0..NAMES {
                assert_eq!(index.text_of(&name(writer, which)), there.next().unwrap().map(text));
            }
        }
    }
}

#[test]
#[ignore = "takes minutes: TOLLGATE_SEED= repeats one"]
fn for_a_long_time() {
    for seed in seeds(20) {
        let folder = tempfile::tempdir().unwrap();
        run(&open(folder.path()), seed, 2000);
    }
}
