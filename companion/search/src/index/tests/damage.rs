use std::fs;
use std::ops::Range;
use std::path::Path;

use super::reference::Reference;
use super::{SMALL, model, open, put, seeds, text, vector};
use crate::index::storage::Space;
use crate::{Index, Settings};

/// What is done to a file: the bytes that it is done to are not what they were.
fn damage(file: &Path, random: &mut fastrand::Rng) -> Range<u64> {
    let mut bytes = fs::read(file).unwrap();
    let (len, at) = (bytes.len(), random.usize(..bytes.len()));
    let damaged = match random.u8(..4) {
        0 => {
            bytes.truncate(at);
            at..usize::MAX
        }
        1 => {
            bytes[at] ^= 1 << random.u8(..8);
            at..at + 1
        }
        2 => {
            let end = len.min(at + random.usize(1..300));
            bytes[at..end].iter_mut().for_each(|byte| *byte ^= random.u8(1..));
            at..end
        }
        _ => {
            bytes.truncate(at);
            bytes.extend((0..random.usize(..300)).map(|_| random.u8(..)));
            at..usize::MAX
        }
    };
    fs::write(file, bytes).unwrap();
    damaged.start as u64..damaged.end as u64
}

fn copy(from: &Path, to: &Path) {
    for file in fs::read_dir(from).unwrap() {
        let file = file.unwrap();
        fs::copy(file.path(), to.join(file.file_name())).unwrap();
    }
}

fn overlap(a: &Range<u64>, b: &Range<u64>) -> bool {
    a.start < b.end && b.start < a.end
}

#[test]
fn of_a_damaged_log_what_is_whole_counts() {
    for seed in seeds(3) {
        let mut random = fastrand::Rng::with_seed(seed);
        let folder = tempfile::tempdir().unwrap();
        let log = folder.path().join("log-0");
        let len = || fs::metadata(&log).unwrap().len();
        // What was done, and where in the log that is.
        let mut done: Vec<(Range<u64>, String, Option<u64>)> = Vec::new();
        let index = open(folder.path());
        for _ in 0..120 {
            let (start, name) = (len(), format!("policy-{}", random.u32(..60)));
            let number = (random.u8(..4) > 0).then(|| random.u64(..));
            match number {
                Some(number) => put(&index, &name, number).unwrap(),
                None => index.remove(&[&name]).unwrap(),
            }
            if len() > start {
                done.push((start..len(), name, number));
            }
        }
        drop(index);
        for _ in 0..80 {
            let damaged = tempfile::tempdir().unwrap();
            copy(folder.path(), damaged.path());
            let range = damage(&damaged.path().join("log-0"), &mut random);
            let mut reference = Reference::default();
            for (_, name, number) in done.iter().filter(|(record, ..)| !overlap(record, &range)) {
                match number {
                    Some(number) => reference.0.insert(name.clone(), *number),
                    None => reference.0.remove(name),
                };
            }
            reference.assert_found(&open(damaged.path()));
            // What is written behind damage is as good as what was before it.
            let index = open(damaged.path());
            (0..5).for_each(|_| reference.step(&index, &mut random, 60).unwrap());
            drop(index);
            reference.assert_found(&open(damaged.path()));
        }
    }
}

/// Two segments with graphs, and some changes since.
fn with_segments(folder: &Path) -> Reference {
    let (mut reference, mut random) = (Reference::default(), fastrand::Rng::with_seed(11));
    let index = open(folder);
    for round in 0..3 {
        for number in round * 300..round * 300 + 300 {
            put(&index, &format!("policy-{number}"), number).unwrap();
            reference.0.insert(format!("policy-{number}"), number);
        }
        index.settle();
    }
    (0..60).for_each(|_| reference.step(&index, &mut random, 1000).unwrap());
    index.settle();
    reference.assert_found(&index);
    assert!(index.stats().graphs >= 2, "{:?}", index.stats());
    reference
}

fn files(folder: &Path, prefix: &str) -> Vec<String> {
    let names = fs::read_dir(folder).unwrap().map(|file| file.unwrap().file_name().into_string().unwrap());
    let mut names: Vec<String> = names.filter(|name| name.starts_with(prefix)).collect();
    names.sort();
    names
}

#[test]
fn a_damaged_graph_is_made_again_and_a_missing_one_too() {
    let folder = tempfile::tempdir().unwrap();
    let reference = with_segments(folder.path());
    let mut random = fastrand::Rng::with_seed(1);
    for graph in files(folder.path(), "graph-") {
        for round in 0..6 {
            let damaged = tempfile::tempdir().unwrap();
            copy(folder.path(), damaged.path());
            match round {
                0 => fs::remove_file(damaged.path().join(&graph)).unwrap(),
                _ => drop(damage(&damaged.path().join(&graph), &mut random)),
            }
            let index = open(damaged.path());
            reference.assert_is(&index);
            if round < 3 {
                reference.assert_found(&index);
                index.settle();
                assert_eq!(index.stats().trouble, None);
                drop(index);
                reference.assert_found(&open(damaged.path()));
            }
        }
    }
}

#[test]
fn a_lost_graph_is_made_again_though_there_is_no_room_for_a_small_segment_beside_it() {
    let folder = tempfile::tempdir().unwrap();
    let index = open(folder.path());
    (0..SMALL.segment as u64 - 40).for_each(|number| put(&index, &format!("policy-{number}"), number).unwrap());
    index.settle();
    // Written again and again, the few others leave a log that is mostly garbage: they become a segment without a graph.
    for number in 0..300 {
        put(&index, &format!("other-{}", number % 50), number).unwrap();
    }
    index.settle();
    drop(index);
    let graphs = files(folder.path(), "graph-");
    assert_eq!((graphs.len(), files(folder.path(), "rows-").len()), (1, 2));
    graphs.iter().for_each(|graph| fs::remove_file(folder.path().join(graph)).unwrap());
    let index = open(folder.path());
    index.settle();
    assert_eq!((index.stats().graphs, index.stats().trouble), (1, None));
}

#[test]
fn writers_go_on_when_all_graphs_are_made_again_and_nothing_else_is_new() {
    let folder = tempfile::tempdir().unwrap();
    let mut reference = with_segments(folder.path());
    let mut random = fastrand::Rng::with_seed(4);
    let index = open(folder.path());
    index.settle();
    drop(index);
    files(folder.path(), "graph-").iter().for_each(|graph| fs::remove_file(folder.path().join(graph)).unwrap());
    files(folder.path(), "log-").iter().for_each(|log| fs::write(folder.path().join(log), "").unwrap());
    let index = open(folder.path());
    reference.0 = index.names().iter().map(|name| (name.to_string(), 0)).collect();
    for round in 0..5 {
        for (name, number) in &mut reference.0 {
            *number = round;
            put(&index, name, round).unwrap();
        }
        (0..20).for_each(|_| reference.step(&index, &mut random, 900).unwrap());
    }
    index.settle();
    reference.assert_is(&index);
}

#[test]
fn of_damaged_rows_those_that_are_whole_are_found_and_the_others_are_gone() {
    let folder = tempfile::tempdir().unwrap();
    let reference = with_segments(folder.path());
    let mut random = fastrand::Rng::with_seed(2);
    for round in 0..30 {
        let damaged = tempfile::tempdir().unwrap();
        copy(folder.path(), damaged.path());
        let rows = random.choice(files(folder.path(), "rows-")).unwrap();
        damage(&damaged.path().join(&rows), &mut random);
        if round % 2 == 0 {
            // Its graph is made again of what is there.
            fs::remove_file(damaged.path().join(rows.replace("rows", "graph"))).unwrap();
        }
        let index = open(damaged.path());
        let mut gone = Vec::new();
        for (name, number) in &reference.0 {
            match index.text_of(name) {
                Some(found) => {
                    assert_eq!(found, text(*number));
                    assert_eq!(index.vector_of(name).unwrap(), Some(vector(*number)));
                }
                None => gone.push(name.clone()),
            }
        }
        for (name, number) in &reference.0 {
            let hits = index.search(&vector(*number), 2, None).unwrap();
            assert_eq!(hits.first().is_some_and(|hit| *hit.name == **name), !gone.contains(name), "{name}");
            assert!(hits.iter().all(|hit| !gone.contains(&hit.name.to_string())));
        }
        for name in &gone {
            put(&index, name, reference.0[name]).unwrap();
        }
        index.settle();
        drop(index);
        reference.assert_found(&open(damaged.path()));
    }
}

#[test]
fn a_damaged_manifest_leaves_nothing_and_nothing_wrong() {
    let folder = tempfile::tempdir().unwrap();
    with_segments(folder.path());
    let mut random = fastrand::Rng::with_seed(3);
    for _ in 0..30 {
        let damaged = tempfile::tempdir().unwrap();
        copy(folder.path(), damaged.path());
        damage(&damaged.path().join("manifest"), &mut random);
        let opened = Index::open_with(damaged.path(), model(), Settings::default(), SMALL, Space::default());
        match opened {
            Ok(index) => {
                assert!(index.is_empty());
                put(&index, "a", 1).unwrap();
            }
            Err(error) => assert!(error.to_string().contains("format"), "{error}"),
        }
    }
}
