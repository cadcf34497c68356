use std::io::{BufRead, BufReader, Write, stderr};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::{env, fs, thread};

use super::reference::Reference;
use super::{open, put, text};
use crate::index::storage::Manifest;

/// What the process that is killed is told: where it writes, and how much of that was done before.
const FOLDER: &str = "TOLLGATE_KILLED_IN";
const DONE: &str = "TOLLGATE_KILLED_AFTER";

/// So few that a few hundred steps have most of a log be garbage, and something be built.
const NAMES: u64 = 400;

/// How many kills there are, and how many of them have to have come within a build.
const KILLS: usize = 16;
const WITHIN: usize = 4;

/// Which policy a step is about, and whether that is put or removed.
fn of(step: u64) -> (String, bool) {
    let mut random = fastrand::Rng::with_seed(step);
    (format!("policy-{}", random.u64(..NAMES)), random.u8(..6) > 0)
}

#[test]
#[ignore = "it ends by being killed"]
fn somebody_writes_until_the_end() {
    let Some(folder) = env::var_os(FOLDER) else { return };
    let done: u64 = env::var(DONE).unwrap().parse().unwrap();
    let index = open(Path::new(&folder));
    for step in done + 1.. {
        match of(step) {
            (name, true) => put(&index, &name, step).unwrap(),
            (name, false) => index.remove(&[&name]).unwrap(),
        }
        stderr().write_all(format!("{step}\n").as_bytes()).unwrap();
    }
}

/// Has another process write until it is time to kill it; returns the last step that it has acknowledged.
fn killed(folder: &Path, done: u64, is_time: impl Fn(u64) -> bool) -> u64 {
    let mut child = Command::new(env::current_exe().unwrap())
        .args(["--exact", "index::tests::kills::somebody_writes_until_the_end", "--ignored", "--nocapture"])
        .env(FOLDER, folder)
        .env(DONE, done.to_string())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let acknowledged = Arc::new(AtomicU64::new(done));
    let lines = BufReader::new(child.stderr.take().unwrap()).lines();
    let listener = thread::spawn({
        let acknowledged = Arc::clone(&acknowledged);
        move || lines.for_each(|line| acknowledged.store(line.unwrap().parse().unwrap(), Ordering::SeqCst))
    });
    while !is_time(acknowledged.load(Ordering::SeqCst)) {
        assert!(child.try_wait().unwrap().is_none(), "it ended by itself");
        thread::yield_now();
    }
    child.kill().unwrap();
    child.wait().unwrap();
    listener.join().unwrap();
    acknowledged.load(Ordering::SeqCst)
}

/// Whether a folder has a segment that does not count: not yet, or not any more.
fn is_within_build(folder: &Path) -> bool {
    let files: Vec<_> = fs::read_dir(folder).unwrap().map(|file| file.unwrap().file_name()).collect();
    let manifest = fs::read(folder.join("manifest")).ok().and_then(|bytes| Manifest::from_bytes(&bytes).ok());
    let Some(manifest) = manifest else { return false };
    let numbers = files.iter().filter_map(|file| file.to_str()?.strip_prefix("rows-")?.parse::<u32>().ok());
    numbers.into_iter().any(|number| manifest.segments.iter().all(|segment| segment.number != number))
}

#[test]
fn a_kill_at_any_moment_of_a_build_loses_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let (mut reference, mut random) = (Reference::default(), fastrand::Rng::with_seed(11));
    let take = |reference: &mut Reference, step: u64| match of(step) {
        (name, true) => drop(reference.0.insert(name, step)),
        (name, false) => drop(reference.0.remove(&name)),
    };
    let (mut done, mut within) = (0, 0);
    for kill in 0..KILLS * 4 {
        if kill >= KILLS && within >= WITHIN {
            break;
        }
        // At any moment, and as soon as a segment is seen to be made.
        let until = done + random.u64(1..3000);
        let last = match kill % 2 {
            0 => killed(folder, done, |step| step >= until),
            _ => killed(folder, done, |step| step > done && is_within_build(folder)),
        };
        within += usize::from(is_within_build(folder));
        (done + 1..=last).for_each(|step| take(&mut reference, step));
        let index = open(folder);
        // The next may have been done and not acknowledged.
        let (name, is_put) = of(last + 1);
        done = last;
        if index.text_of(&name) == is_put.then(|| text(last + 1)) {
            done = last + 1;
            take(&mut reference, done);
        }
        reference.assert_found(&index);
    }
    assert!(within >= WITHIN, "{within} kills came within a build, after {done} steps");
}
