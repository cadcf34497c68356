use super::*;

fn held(version: u64) -> Held {
    Held { id: id(version), digest: Digest([version as u8; 32]) }
}

fn id(version: u64) -> SnapshotId {
    SnapshotId { epoch: 1, version }
}

fn send(supply: &mut Supply, version: u64, whole: bool, now: Instant) {
    supply.sent(held(version), Form { whole, bytes: 2000 }, now, now);
}

#[test]
fn a_vm_with_nothing_gets_the_whole_and_then_what_changes() {
    let (mut supply, now) = (Supply::new(None), Instant::now());
    assert_eq!(supply.want(id(1), now), Some(Want::Full));
    send(&mut supply, 1, true, now);
    assert_eq!(supply.want(id(2), now), None, "until the first is answered");
    assert_eq!(supply.acked(id(1), now), Some(now));
    assert_eq!(supply.want(id(1), now), None);
    assert_eq!(supply.want(id(4), now), Some(Want::Delta(held(1))));
}

#[test]
fn a_vm_that_is_level_or_ahead_gets_nothing() {
    let (supply, now) = (Supply::new(Some(held(7))), Instant::now());
    assert_eq!(supply.want(id(7), now), None);
    assert_eq!(supply.want(id(6), now), None);
    assert_eq!(supply.want(id(8), now), Some(Want::Delta(held(7))));
}

#[test]
fn a_vm_that_cannot_use_a_delta_gets_the_whole_at_once() {
    let (mut supply, now) = (Supply::new(Some(held(1))), Instant::now());
    send(&mut supply, 2, false, now);
    assert!(supply.nacked(true, now));
    assert_eq!(supply.want(id(2), now), Some(Want::Full));
}

#[test]
fn a_refused_whole_is_repeated_ever_more_seldom_and_with_every_publication() {
    let (mut supply, start) = (Supply::new(Some(held(1))), Instant::now());
    let mut now = start;
    for pause in [1, 2, 4, 8, 16, 30, 30].map(Duration::from_secs) {
        send(&mut supply, 2, true, now);
        assert!(supply.nacked(true, now));
        assert_eq!(supply.want(id(2), now), None);
        assert_eq!(supply.want(id(3), now), Some(Want::Full), "another snapshot is worth a try");
        assert_eq!(supply.wakes_at(), Some(now + pause));
        now += pause;
        assert_eq!(supply.want(id(2), now), Some(Want::Full));
    }
    send(&mut supply, 2, true, now);
    supply.acked(id(2), now);
    assert_eq!(supply.want(id(3), now), Some(Want::Delta(held(2))));
}

#[test]
fn a_delta_refused_for_good_is_followed_by_the_whole_after_a_pause() {
    let (mut supply, now) = (Supply::new(Some(held(1))), Instant::now());
    send(&mut supply, 2, false, now);
    assert!(supply.nacked(false, now));
    assert_eq!(supply.want(id(2), now), None);
    assert_eq!(supply.want(id(2), now + FIRST_PAUSE), Some(Want::Full));
}

#[test]
fn a_refusal_while_nothing_is_on_its_way_changes_nothing() {
    let (mut supply, now) = (Supply::new(Some(held(1))), Instant::now());
    assert!(!supply.nacked(true, now));
    assert_eq!(supply.want(id(2), now), Some(Want::Delta(held(1))));
}

#[test]
fn an_answer_that_comes_late_still_counts() {
    let (mut supply, now) = (Supply::new(Some(held(1))), Instant::now());
    send(&mut supply, 2, false, now);
    supply.tick(now + ANSWER_PATIENCE);
    assert_eq!(supply.acked(id(2), now + ANSWER_PATIENCE), None);
    assert_eq!(supply.want(id(3), now + ANSWER_PATIENCE), Some(Want::Delta(held(2))));
}

#[test]
fn large_snapshots_may_take_longer() {
    let (mut supply, now) = (Supply::new(None), Instant::now());
    supply.sent(held(1), Form { whole: true, bytes: 60 << 20 }, now, now);
    assert_eq!(supply.wakes_at(), Some(now + ANSWER_PATIENCE + Duration::from_secs(60)));
}

#[test]
fn an_ack_of_something_else_is_followed_by_the_whole() {
    let (mut supply, now) = (Supply::new(Some(held(1))), Instant::now());
    send(&mut supply, 3, false, now);
    assert_eq!(supply.acked(id(1), now), None, "said before, and no news");
    assert_eq!(supply.want(id(3), now), None);
    assert_eq!(supply.acked(id(2), now), None);
    assert_eq!(supply.want(id(3), now + FIRST_PAUSE), Some(Want::Full));
}

#[test]
fn an_answer_that_never_comes_counts_as_a_refusal() {
    let (mut supply, now) = (Supply::new(Some(held(1))), Instant::now());
    send(&mut supply, 2, false, now);
    let late = supply.wakes_at().unwrap();
    supply.tick(now);
    assert_eq!(supply.want(id(2), late), None);
    supply.tick(late);
    assert_eq!(supply.want(id(2), late + FIRST_PAUSE), Some(Want::Full));
}

#[test]
fn a_vm_that_contradicts_itself_gets_the_whole_after_a_pause() {
    let (mut supply, now) = (Supply::new(Some(held(2))), Instant::now());
    supply.says(Some(id(2)), now);
    assert_eq!(supply.want(id(3), now), Some(Want::Delta(held(2))));
    supply.says(Some(id(1)), now);
    assert_eq!(supply.want(id(3), now), None);
    assert_eq!(supply.want(id(3), now + FIRST_PAUSE), Some(Want::Full));
}

#[test]
fn a_heartbeat_that_crosses_a_delta_is_no_contradiction() {
    let (mut supply, now) = (Supply::new(Some(held(1))), Instant::now());
    send(&mut supply, 2, false, now);
    supply.says(Some(id(1)), now);
    supply.acked(id(2), now);
    assert_eq!(supply.want(id(3), now), Some(Want::Delta(held(2))));
}
