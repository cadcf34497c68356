use std::time::Duration;

use crate::embedding::migrations::Phase;
use crate::embedding::{Command, Declined, Migrate, Migrations, SearchConfig};

use super::rig::{Rig, name, policy, words};

fn manual(rig: &Rig, version: &str) -> SearchConfig {
    SearchConfig { migrate: Migrate::Manual, ..rig.config(version) }
}

/// With policies that model m0 has embedded.
fn embedded(count: usize) -> Rig {
    let rig = Rig::new();
    rig.publish_many(count);
    let running = rig.start(rig.config("m0"));
    running.until_current(count);
    running.stop();
    rig
}

#[test]
fn another_model_is_built_beside_the_old_one_and_then_serves() {
    let rig = embedded(300);
    rig.factory.set(|behaviour| behaviour.pause = Duration::from_millis(20));
    let running = rig.start(rig.config("m1"));
    let state = running.until(|state| state.migration.as_ref().is_some_and(|migration| migration.done > 0));
    assert_eq!(state.serving.unwrap().model.version.as_str(), "m0");
    let migration = state.migration.unwrap();
    assert_eq!((migration.total, migration.from.as_str(), migration.to.as_str()), (300, "m0", "m1"));
    assert!(migration.rate > 0.0 && migration.remaining_seconds.is_some());
    rig.assert_whole(&running.serving());
    // Changes go to both.
    rig.write(policy(&name(1), "changed meanwhile"));
    rig.remove(&name(2));
    let old = running.serving();
    running.until(|_| old.index.text_of(&name(2)).is_none());
    rig.factory.set(|behaviour| behaviour.pause = Duration::ZERO);
    rig.assert_whole(&running.until_serving("m1"));
    let kept = running.searches.state().kept.unwrap();
    assert_eq!((kept.version.as_str(), kept.generation), ("m0", 1));
    running.stop();
}

#[test]
fn a_restart_goes_on_where_a_migration_was() {
    let rig = embedded(400);
    rig.factory.set(|behaviour| behaviour.pause = Duration::from_millis(20));
    let running = rig.start(rig.config("m1"));
    running.until(|state| state.migration.as_ref().is_some_and(|migration| migration.done > 100));
    running.stop();
    rig.factory.set(|behaviour| behaviour.pause = Duration::ZERO);
    let running = rig.start(rig.config("m1"));
    rig.assert_whole(&running.until_serving("m1"));
    assert!(rig.factory.embedded() < 400 + 400 + 50, "{} were embedded", rig.factory.embedded());
    running.stop();
}

#[test]
fn a_rollback_is_held_against_an_automatic_migration() {
    let rig = embedded(50);
    let running = rig.start(rig.config("m1"));
    running.until_serving("m1");
    let after_migration = rig.factory.embedded();
    running.ask(Command::RollBack).unwrap();
    assert_eq!(running.serving().model.version.as_str(), "m0");
    rig.write(policy("new", "words"));
    running.until_current(51);
    rig.assert_whole(&running.serving());
    running.stop();
    let running = rig.start(rig.config("m1"));
    let state = running.until_current(51);
    assert!(state.held.as_ref().unwrap().contains("m1"), "{state:?}");
    assert!(state.migration.is_none());
    assert_eq!(state.serving.unwrap().model.version.as_str(), "m0");
    // Asked for, it goes fast: what was built is there still, and was kept up.
    running.until(|state| state.kept.as_ref().is_some_and(|kept| kept.stale == 0));
    running.ask(Command::Migrate).unwrap();
    rig.assert_whole(&running.until_serving("m1"));
    assert_eq!(rig.factory.embedded() - after_migration, 2);
    running.stop();
}

#[test]
fn what_is_rolled_back_to_can_embed_even_if_it_could_not_when_all_began() {
    let rig = embedded(20);
    let running = rig.start(rig.config("m1"));
    running.until_serving("m1");
    running.stop();
    rig.factory.set(|behaviour| behaviour.unloadable = vec!["m0"]);
    let running = rig.start(rig.config("m1"));
    running.until_current(20);
    running.until(|_| rig.factory.refused.load(std::sync::atomic::Ordering::SeqCst) > 0);
    rig.factory.set(|behaviour| behaviour.unloadable.clear());
    running.ask(Command::RollBack).unwrap();
    rig.write(policy("new", "words"));
    running.until_current(21);
    assert_eq!(running.serving().model.version.as_str(), "m0");
    rig.assert_whole(&running.serving());
    running.stop();
}

#[test]
fn what_is_left_over_of_other_generations_is_in_no_ones_way() {
    let rig = embedded(20);
    let running = rig.start(manual(&rig, "m1"));
    running.until_current(20);
    // A generation of another model whose record was lost, and something that cannot be removed like one.
    let other = super::embedder::model(&"m3".parse().unwrap());
    drop(tollgate_search::Index::open(&rig.folder().join("generation-2"), other, Default::default()).unwrap());
    running.ask(Command::Migrate).unwrap();
    rig.assert_whole(&running.until_serving("m1"));
    running.stop();
    let running = rig.start(manual(&rig, "m2"));
    running.until_current(20);
    std::fs::write(rig.folder().join("generation-3"), "somebody's").unwrap();
    running.ask(Command::Migrate).unwrap();
    rig.assert_whole(&running.until_serving("m2"));
    assert_eq!(running.serving().number, 4);
    running.stop();
}

#[test]
fn what_is_kept_stays_until_it_is_to_be_forgotten() {
    let rig = embedded(50);
    let running = rig.start(rig.config("m1"));
    running.until_serving("m1");
    assert!(rig.folder().join("generation-1").exists());
    running.ask(Command::Forget).unwrap();
    assert!(!rig.folder().join("generation-1").exists());
    assert_eq!(running.ask(Command::Forget), Err(Declined::NothingKept));
    assert_eq!(running.ask(Command::RollBack), Err(Declined::NothingKept));
    running.stop();
}

#[test]
fn a_cancelled_migration_leaves_nothing_and_does_not_come_back() {
    let rig = embedded(200);
    rig.factory.set(|behaviour| behaviour.pause = Duration::from_millis(50));
    let running = rig.start(rig.config("m1"));
    running.until(|state| state.migration.as_ref().is_some_and(|migration| migration.done > 0));
    assert!(matches!(running.ask(Command::Migrate), Err(Declined::GoesOn(_))));
    running.ask(Command::Cancel).unwrap();
    assert_eq!(running.ask(Command::Cancel), Err(Declined::NoMigration));
    assert!(!rig.folder().join("generation-2").exists());
    running.stop();
    rig.factory.set(|behaviour| behaviour.pause = Duration::ZERO);
    let running = rig.start(rig.config("m1"));
    let state = running.until_current(200);
    assert!(state.migration.is_none() && state.held.is_some());
    // Another model is another matter.
    running.stop();
    let running = rig.start(rig.config("m2"));
    rig.assert_whole(&running.until_serving("m2"));
    running.stop();
}

#[test]
fn what_is_told_after_a_command_is_all_of_the_moment_after_it() {
    let rig = embedded(30);
    let running = rig.start(manual(&rig, "m1"));
    running.until_current(30);
    // What serves, what is built, what is kept, and whether a migration is held off.
    let told = |command: Command| {
        running.ask(command).unwrap();
        let Migrations { serving, migration, kept, held, .. } = Migrations::of(&running.searches);
        let versions =
            [serving.map(|serving| serving.version), migration.map(|it| it.to), kept.map(|kept| kept.version)];
        (versions.map(|version| version.map(String::from).unwrap_or_default()), held.is_some())
    };
    let so = |versions: [&str; 3], is_held| (versions.map(str::to_owned), is_held);
    // It begins, and comes to no end.
    rig.factory.set(|behaviour| behaviour.unloadable = vec!["m1"]);
    for _ in 0..5 {
        assert_eq!(told(Command::Migrate), so(["m0", "m1", ""], false));
        assert_eq!(told(Command::Cancel), so(["m0", "", ""], true));
    }
    rig.factory.set(|behaviour| behaviour.unloadable.clear());
    running.ask(Command::Migrate).unwrap();
    running.until_serving("m1");
    for _ in 0..5 {
        assert_eq!(told(Command::RollBack), so(["m0", "", "m1"], true));
        assert_eq!(told(Command::RollBack), so(["m1", "", "m0"], false));
    }
    assert_eq!(told(Command::Forget), so(["m1", "", ""], false));
    running.stop();
}

#[test]
fn it_waits_to_be_asked_for_where_that_is_configured() {
    let rig = embedded(30);
    let running = rig.start(manual(&rig, "m1"));
    let state = running.until(|state| !state.problems.is_empty());
    assert!(state.problems[0].contains("tollgate migrate start"), "{state:?}");
    running.until_current(30);
    assert_eq!(running.serving().model.version.as_str(), "m0");
    running.ask(Command::Migrate).unwrap();
    rig.assert_whole(&running.until_serving("m1"));
    running.until(|state| state.problems.is_empty());
    assert!(matches!(running.ask(Command::Migrate), Err(Declined::Serves(_))));
    running.stop();
}

#[test]
fn a_model_that_cannot_be_loaded_any_more_still_compares_policies() {
    let rig = embedded(40);
    rig.factory.set(|behaviour| behaviour.unloadable = vec!["m0"]);
    let running = rig.start(manual(&rig, "m1"));
    let state = running.until(|state| state.problems.iter().any(|problem| problem.contains("its files are gone")));
    assert!(!state.serving.unwrap().embeds);
    let generation = running.serving();
    let vector = generation.index.vector_of(&name(3)).unwrap().unwrap();
    assert_eq!(&*generation.index.search(&vector, 1, None).unwrap()[0].name, name(3));
    rig.write(policy("new", "words"));
    running.until(|state| state.stale == 1 && state.indexed == 40);
    running.ask(Command::Migrate).unwrap();
    rig.assert_whole(&running.until_serving("m1"));
    running.stop();
}

#[test]
fn a_text_that_the_new_model_cannot_embed_keeps_the_old_one_serving() {
    let rig = Rig::new();
    rig.publish_many(40);
    rig.write(policy("bad", "arsenic"));
    let running = rig.start(rig.config("m0"));
    running.until_current(41);
    running.stop();
    rig.factory.set(|behaviour| behaviour.poison = Some("arsenic"));
    let running = rig.start(rig.config("m1"));
    let stuck = |phase| phase == Phase::Stuck;
    let state = running.until(|state| state.migration.as_ref().is_some_and(|migration| stuck(migration.phase)));
    let reason = state.migration.unwrap().stuck.unwrap();
    assert!(reason.contains("bad") && reason.contains("poison"), "{reason}");
    assert_eq!(running.serving().model.version.as_str(), "m0");
    rig.write(policy("bad", &words(1)));
    rig.assert_whole(&running.until_serving("m1"));
    running.stop();
}

#[test]
fn a_third_model_takes_the_place_of_what_is_kept() {
    let rig = embedded(30);
    for (version, kept) in [("m1", 1), ("m2", 2), ("m3", 3)] {
        let running = rig.start(rig.config(version));
        rig.assert_whole(&running.until_serving(version));
        assert_eq!(running.searches.state().kept.unwrap().generation, kept);
        running.stop();
    }
    assert!(!rig.folder().join("generation-1").exists() && !rig.folder().join("generation-2").exists());
}

#[test]
fn a_model_that_is_configured_otherwise_while_another_is_built_is_built_instead() {
    let rig = embedded(200);
    rig.factory.set(|behaviour| behaviour.pause = Duration::from_millis(50));
    let running = rig.start(rig.config("m1"));
    running.until(|state| state.migration.as_ref().is_some_and(|migration| migration.done > 0));
    running.stop();
    rig.factory.set(|behaviour| behaviour.pause = Duration::ZERO);
    let running = rig.start(rig.config("m2"));
    rig.assert_whole(&running.until_serving("m2"));
    running.stop();
    // And back to the model that serves: nothing is to be done.
    let running = rig.start(rig.config("m2"));
    let state = running.until_current(200);
    assert!(state.migration.is_none());
    running.stop();
}

#[test]
fn a_model_that_only_tells_itself_when_loaded_is_compared_then() {
    let rig = embedded(40);
    rig.factory.set(|behaviour| behaviour.is_opaque = true);
    let before = rig.factory.embedded();
    let running = rig.start(rig.config("m0"));
    let state = running.until_current(40);
    assert!(state.migration.is_none() && rig.factory.embedded() == before);
    running.until(|state| state.serving.as_ref().is_some_and(|serving| serving.embeds));
    running.stop();
    let running = rig.start(rig.config("m1"));
    rig.assert_whole(&running.until_serving("m1"));
    running.stop();
}
