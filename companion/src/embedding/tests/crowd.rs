use std::collections::hash_map::RandomState;
use std::hash::BuildHasher;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use tollgate_search::Purpose;

use crate::embedding::{Command, Searches};

use super::embedder::told;
use super::rig::{Rig, name, policy, words};

const WRITERS: usize = 20;
const SEARCHERS: usize = 20;
const POLICIES: usize = 400;
const EDITS: usize = 60;

/// Numbers by chance; the seed is told when a test fails.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % sides
    }
}

/// Takes a generation, embeds a query with it, and looks at all that is found.
fn search(searches: &Searches, dice: &mut Dice) {
    let Some(generation) = searches.serving() else { return };
    let number: u8 = generation.model.version.as_str().trim_start_matches('m').parse().unwrap();
    let Some(embedder) = &generation.embedder else { return };
    assert_eq!(embedder.model(), &generation.model);
    let Ok(query) = embedder.embed(&[&words(dice.roll(POLICIES))], Purpose::Query) else { return };
    assert_eq!(told(&query[0]).0, number, "the query is of the generation's model");
    let hits = generation.index.search(&query[0], 10, None).unwrap();
    assert!(hits.windows(2).all(|pair| pair[0].score >= pair[1].score));
    for hit in hits {
        if let Some(vector) = generation.index.vector_of(&hit.name).unwrap() {
            assert_eq!(told(&vector).0, number, "what is found is of the same model");
            assert_eq!(vector.dimensions(), query[0].dimensions());
        }
    }
}

#[test]
fn writers_searchers_and_a_migration_never_see_two_models_at_once() {
    let seed = RandomState::new().hash_one(0);
    println!("seed {seed}");
    let rig = Rig::new();
    rig.publish_many(POLICIES);
    let running = rig.start(rig.config("m0"));
    running.until_current(POLICIES);
    running.stop();
    rig.factory.set(|behaviour| behaviour.pause = Duration::from_millis(1));
    let running = rig.start(rig.config("m1"));
    let searched = AtomicUsize::new(0);
    let is_over = AtomicBool::new(false);
    thread::scope(|scope| {
        let writers: Vec<_> = (0..WRITERS)
            .map(|writer| {
                let rig = &rig;
                scope.spawn(move || {
                    let mut dice = Dice(seed ^ writer as u64);
                    for _ in 0..EDITS {
                        let name = name(dice.roll(POLICIES));
                        match dice.roll(4) {
                            0 => rig.remove(&name),
                            _ => rig.write(policy(&name, &words(dice.roll(POLICIES)))),
                        }
                        thread::sleep(Duration::from_micros(dice.roll(3000) as u64));
                    }
                })
            })
            .collect();
        for searcher in 0..SEARCHERS {
            let (searches, searched, is_over) = (running.searches.clone(), &searched, &is_over);
            scope.spawn(move || {
                let mut dice = Dice(seed.rotate_left(17) ^ searcher as u64);
                while !is_over.load(Ordering::Relaxed) {
                    search(&searches, &mut dice);
                    searched.fetch_add(1, Ordering::Relaxed);
                }
            });
        }
        // Back and forth while all that goes on.
        running.until_serving("m1");
        for command in [Command::RollBack, Command::RollBack, Command::RollBack, Command::Migrate] {
            running.ask(command).unwrap();
        }
        running.until_serving("m1");
        writers.into_iter().for_each(|writer| writer.join().unwrap());
        is_over.store(true, Ordering::Relaxed);
    });
    running.until(|state| state.stale == 0 && state.policies == state.indexed);
    rig.assert_settled(&running);
    assert!(searched.load(Ordering::Relaxed) > SEARCHERS, "{searched:?}");
    running.stop();
    // And what is on the disk is the same.
    let running = rig.start(rig.config("m1"));
    running.until(|state| state.stale == 0 && state.policies > 0 && state.policies == state.indexed);
    rig.assert_settled(&running);
    running.stop();
}

#[test]
fn a_model_is_changed_again_and_again_while_policies_change() {
    let rig = Arc::new(Rig::new());
    rig.publish_many(100);
    let mut dice = Dice(RandomState::new().hash_one(1));
    println!("seed {}", dice.0);
    rig.factory.set(|behaviour| behaviour.pause = Duration::from_millis(1));
    for round in 0..12 {
        let version = format!("m{}", dice.roll(4));
        let running = rig.start(rig.config(&version));
        for _ in 0..dice.roll(30) {
            match dice.roll(8) {
                0 => rig.remove(&name(dice.roll(100))),
                1 => drop(running.ask(Command::Cancel)),
                2 => drop(running.ask(Command::RollBack)),
                3 => drop(running.ask(Command::Migrate)),
                4 => drop(running.ask(Command::Forget)),
                _ => rig.write(policy(&name(dice.roll(100)), &words(dice.roll(1000)))),
            }
            thread::sleep(Duration::from_millis(dice.roll(10) as u64));
        }
        if round % 3 == 0 {
            running.until(|state| {
                let is_current = state.stale == 0 && state.policies == state.indexed;
                state.serving.is_some() && state.migration.is_none() && is_current
            });
            rig.assert_settled(&running);
        }
        running.stop();
    }
}
