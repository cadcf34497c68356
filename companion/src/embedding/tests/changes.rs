use super::rig::{Rig, name, policy, words};

#[test]
fn what_is_published_is_found_and_what_is_removed_is_not() {
    let rig = Rig::new();
    rig.publish_many(250);
    let running = rig.start(rig.config("m0"));
    running.until_current(250);
    rig.assert_whole(&running.serving());
    rig.write(policy(&name(3), "other words"));
    rig.write(policy("new", "words"));
    running.until(|state| state.indexed == 251 && state.stale == 0);
    rig.remove(&name(4));
    running.until_current(250);
    rig.assert_whole(&running.serving());
    rig.publish((0..10).map(|number| policy(&name(number), &words(number + 1))));
    running.until_current(10);
    rig.assert_whole(&running.serving());
    running.stop();
}

#[test]
fn a_policy_whose_text_stays_the_same_is_not_embedded_again() {
    let rig = Rig::new();
    rig.publish_many(20);
    let running = rig.start(rig.config("m0"));
    running.until_current(20);
    assert_eq!(rig.factory.embedded(), 20);
    let mut other = tollgate_policy::set::Policy::clone(&policy(&name(1), &words(1)));
    other.labels.insert("team".to_owned(), "a".to_owned());
    rig.write(other.into());
    rig.write(policy("last", "words"));
    running.until_current(21);
    assert_eq!(rig.factory.embedded(), 21);
    running.stop();
}

#[test]
fn a_restart_embeds_nothing_again_and_forgets_what_was_removed_meanwhile() {
    let rig = Rig::new();
    rig.publish_many(50);
    let running = rig.start(rig.config("m0"));
    running.until_current(50);
    running.stop();
    rig.remove(&name(7));
    rig.write(policy(&name(8), "other words"));
    let before = rig.factory.embedded();
    let running = rig.start(rig.config("m0"));
    running.until_current(49);
    assert_eq!(rig.factory.embedded() - before, 1);
    rig.assert_whole(&running.serving());
    running.stop();
}

#[test]
fn it_is_told_when_all_is_settled() {
    let rig = Rig::new();
    rig.publish_many(5);
    let running = rig.start(rig.config("m0"));
    running.until_current(5);
    let mut settled = running.searches.settled();
    running.until(|_| settled.borrow().generation == 1);
    let first = settled.borrow_and_update().revision;
    rig.write(policy("new", "words"));
    running.until_current(6);
    running.until(|_| settled.borrow().revision > first);
    running.stop();
}
