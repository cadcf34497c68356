use std::num::NonZeroUsize;
use std::time::Duration;

use crate::embedding::{Command, Declined, SearchConfig};

use super::rig::{Rig, name, policy, words};

fn poisoned(rig: &Rig) {
    rig.publish_many(60);
    rig.write(policy("bad-one", "arsenic"));
    rig.write(policy("bad-two", "more arsenic"));
}

#[test]
fn a_poisonous_text_is_put_aside_with_its_reason_and_nothing_else_is() {
    let rig = Rig::new();
    poisoned(&rig);
    rig.factory.set(|behaviour| behaviour.poison = Some("arsenic"));
    let running = rig.start(rig.config("m0"));
    let state = running.until(|state| state.indexed == 60 && state.dead == 2);
    assert_eq!((state.stale, state.lag, state.policies), (2, Duration::ZERO, 62));
    let letters = running.searches.letters();
    assert_eq!(
        letters.iter().map(|letter| (&*letter.name, &*letter.reason)).collect::<Vec<_>>(),
        [("bad-one", "poison"), ("bad-two", "poison")]
    );
    // What was given up keeps nothing from being settled.
    running.until(|_| running.searches.settled().borrow().generation == 1);

    // It is still put aside after a restart, without being tried.
    running.stop();
    let before = rig.factory.calls.load(std::sync::atomic::Ordering::SeqCst);
    let running = rig.start(rig.config("m0"));
    running.until(|state| state.indexed == 60 && state.stale == 2 && state.dead == 2);
    assert_eq!(rig.factory.calls.load(std::sync::atomic::Ordering::SeqCst), before);

    // A change takes it off the list; so does asking.
    rig.write(policy("bad-one", "sugar"));
    running.until(|state| (state.indexed, state.dead) == (61, 1));
    rig.factory.set(|behaviour| behaviour.poison = None);
    let unknown = Command::Retry(Some(vec!["bad-one".to_owned()]));
    assert_eq!(running.ask(unknown), Err(Declined::NoLetter));
    running.ask(Command::Retry(Some(vec!["bad-two".to_owned()]))).unwrap();
    running.until_current(62);
    rig.assert_whole(&running.serving());
    running.stop();
}

#[test]
fn a_text_that_brings_the_embedder_down_costs_no_worker_and_no_other_text() {
    let rig = Rig::new();
    poisoned(&rig);
    rig.factory.set(|behaviour| behaviour.panics = Some("arsenic"));
    let running = rig.start(rig.config("m0"));
    running.until(|state| state.indexed == 60 && state.dead == 2);
    assert!(running.searches.letters()[0].reason.contains("brought down"), "{:?}", running.searches.letters());
    for round in 0..20 {
        rig.write(policy("after", &words(round)));
    }
    running.until(|state| state.indexed == 61 && state.stale == 2);
    running.stop();
}

#[test]
fn an_outage_loses_nothing_and_is_seen() {
    let rig = Rig::new();
    rig.factory.set(|behaviour| behaviour.is_out = Some(None));
    rig.publish_many(300);
    let running = rig.start(rig.config("m0"));
    let state = running.until(|state| !state.problems.is_empty() && state.stale == 300);
    assert!(state.problems[0].contains("out of order"), "{state:?}");
    assert!(running.searches.counts().retried > 0);
    rig.remove(&name(5));
    rig.write(policy(&name(6), "other words"));
    // Words can be searched all the same.
    running.until(|_| running.searches.keywords().read().unwrap().len() == 299);
    rig.factory.set(|behaviour| behaviour.is_out = None);
    let state = running.until_current(299);
    assert_eq!(state.dead, 0);
    running.until(|state| state.problems.is_empty());
    rig.assert_whole(&running.serving());
    running.stop();
}

#[test]
fn a_full_disk_on_which_a_policy_cannot_be_removed_has_nothing_else_looked_at_again() {
    let rig = Rig::new();
    rig.publish_many(30);
    let running = rig.start(rig.config("m0"));
    running.until_current(30);
    running.stop();
    // What is written from here on goes where there is never room.
    let log = rig.folder().join("generation-1/log-1000");
    std::os::unix::fs::symlink("/dev/full", &log).unwrap();
    let running = rig.start(rig.config("m0"));
    running.until_current(30);
    let before = running.searches.counts();
    rig.remove(&name(5));
    running.until(|state| state.problems.iter().any(|problem| problem.contains("cannot be removed from the index")));
    // By the time that an edit has been tried as often, anything else that was to follow would have.
    rig.write(policy("new", "words"));
    running.until(|_| running.searches.counts().retried >= before.retried + 6);
    assert_eq!(running.searches.counts().unchanged, before.unchanged);
    assert!(running.serving().index.text_of(&name(5)).is_some());
    running.stop();
    std::fs::remove_file(log).unwrap();
    let running = rig.start(rig.config("m0"));
    running.until_current(30);
    rig.assert_whole(&running.serving());
    running.stop();
}

#[test]
fn a_policy_that_cannot_be_removed_and_comes_back_is_no_problem_any_more() {
    let rig = Rig::new();
    rig.publish_many(30);
    let running = rig.start(rig.config("m0"));
    running.until_current(30);
    running.stop();
    std::os::unix::fs::symlink("/dev/full", rig.folder().join("generation-1/log-1000")).unwrap();
    let running = rig.start(rig.config("m0"));
    running.until_current(30);
    rig.remove(&name(5));
    running.until(|state| state.problems.iter().any(|problem| problem.contains("cannot be removed from the index")));
    rig.write(policy(&name(5), &words(5)));
    running.until_current(30);
    running.until(|state| state.problems.is_empty());
    running.stop();
}

#[test]
fn a_service_that_asks_to_wait_is_not_asked_before() {
    let rig = Rig::new();
    rig.publish_many(100);
    rig.factory.set(|behaviour| behaviour.is_out = Some(Some(Duration::from_secs(3600))));
    let running = rig.start(rig.config("m0"));
    running.until(|state| !state.problems.is_empty());
    // Only those were made that were at it already.
    let calls = || rig.factory.calls.load(std::sync::atomic::Ordering::SeqCst);
    running.until(|_| running.searches.counts().workers_active == 0);
    let before = calls();
    rig.factory.set(|behaviour| behaviour.is_out = None);
    rig.write(policy("new", "words"));
    running.until(|state| state.policies == 101);
    std::thread::sleep(Duration::from_millis(300));
    assert_eq!(calls(), before);
    assert!(before <= 4);
    running.stop();
}

#[test]
fn changes_that_a_full_queue_rejects_are_counted_and_not_lost() {
    let rig = Rig::new();
    rig.publish_many(10);
    let config = SearchConfig {
        queue: NonZeroUsize::new(20).unwrap(),
        workers: NonZeroUsize::MIN,
        batch: NonZeroUsize::MIN,
        ..rig.config("m0")
    };
    rig.factory.set(|behaviour| behaviour.pause = Duration::from_millis(5));
    let running = rig.start(config);
    running.until_current(10);
    rig.publish((0..90).map(|number| policy(&name(number), &words(number + 1))));
    running.until_current(90);
    assert!(running.searches.counts().rejected > 0);
    rig.assert_whole(&running.serving());
    running.stop();
}

#[test]
fn bulk_work_is_held_back_and_an_edit_overtakes_it() {
    let rig = Rig::new();
    rig.publish_many(400);
    rig.factory.set(|behaviour| behaviour.pause = Duration::from_millis(20));
    let config = SearchConfig { queue: NonZeroUsize::new(50).unwrap(), workers: NonZeroUsize::MIN, ..rig.config("m0") };
    let running = rig.start(config);
    let state = running.until(|state| state.indexed > 0);
    assert!(state.queued <= 50 && state.stale > 300, "{state:?}");
    rig.write(policy("urgent", "words"));
    running.until(|state| state.policies == 401);
    let generation = running.serving();
    let state = running.until(|_| generation.index.text_of("urgent").is_some());
    assert!(state.stale > 0, "it came before the rest");
    running.stop();
}

#[test]
fn a_shutdown_writes_down_what_is_queued_and_a_restart_takes_it_up() {
    let rig = Rig::new();
    rig.publish_many(10);
    let running = rig.start(rig.config("m0"));
    running.until_current(10);
    rig.factory.set(|behaviour| behaviour.pause = Duration::from_millis(400));
    rig.publish((0..2000).map(|number| policy(&name(number), &words(number))));
    running.until(|state| state.queued > 100);
    running.stop();
    let left = crate::embedding::store::Store::open(&rig.folder()).unwrap().take_left().unwrap();
    assert!(left.len() > 100, "{} are left", left.len());
    rig.factory.set(|behaviour| behaviour.pause = Duration::ZERO);
    let running = rig.start(rig.config("m0"));
    running.until_current(2000);
    rig.assert_whole(&running.serving());
    running.stop();
}

#[test]
fn what_was_embedded_before_is_not_embedded_again_even_for_another_policy() {
    let rig = Rig::new();
    rig.publish([policy("a", "one")]);
    let running = rig.start(rig.config("m0"));
    running.until_current(1);
    rig.write(policy("a", "two"));
    running.until(|_| rig.factory.embedded() == 2);
    running.until_current(1);
    rig.write(policy("a", "one"));
    running.until(|_| running.searches.counts().cache_hits == 1);
    running.until_current(1);
    running.stop();
    // The cache outlives the process.
    rig.write(policy("a", "two"));
    let running = rig.start(rig.config("m0"));
    running.until_current(1);
    assert_eq!(rig.factory.embedded(), 2);
    rig.assert_whole(&running.serving());
    running.stop();
}

#[test]
fn without_a_cache_all_goes_on() {
    let rig = Rig::new();
    rig.publish_many(30);
    let running = rig.start(SearchConfig { cache: None, ..rig.config("m0") });
    running.until_current(30);
    rig.assert_whole(&running.serving());
    running.stop();
}
