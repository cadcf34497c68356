//! One stream after the other: opened, waited for, given up.

use super::*;

#[test]
fn only_one_stream_is_asked_for_at_a_time() {
    let mut fixture = Fixture::new();
    assert_eq!(fixture.handle(Input::Tick), [Output::Open]);
    assert_eq!(fixture.after(5000).handle(Input::Tick), []);
    fixture.handle(Input::Opened(ONE));
    assert_eq!(fixture.handle(Input::Opened(TWO)), [Output::Cancel(TWO)]);
}

#[test]
fn heartbeats_do_not_wait_for_the_companions_first_word() {
    let mut fixture = Fixture::new();
    fixture.handle(Input::Tick);
    fixture.handle(Input::Opened(ONE));
    assert!(!fixture.session.connected());
    assert_eq!(sent(fixture.after(1000).handle(Input::Tick)).len(), 1);
}

/// How long it takes until the next stream is asked for.
fn wait(fixture: &mut Fixture) -> u64 {
    (0..).find(|_| fixture.after(1).handle(Input::Tick) == [Output::Open]).unwrap()
}

/// Has the stream fail again and again; how long the last wait is.
fn wait_after_failures(fixture: &mut Fixture, mut before: impl FnMut(&mut Fixture)) -> u64 {
    let mut last = 0;
    for _ in 0..12 {
        before(fixture);
        fixture.handle(Input::Closed(ONE));
        last = wait(fixture);
        fixture.handle(Input::Opened(ONE));
    }
    last
}

#[test]
fn only_what_is_of_use_shortens_the_waits() {
    let answers = |fixture: &mut Fixture| {
        fixture.handle(Input::Answered(ONE));
        fixture.message(vec![]);
    };
    assert!((500..=1000).contains(&wait_after_failures(&mut Fixture::connected(), answers)));
    let mut version = 0;
    let snapshots = |fixture: &mut Fixture| {
        version += 1;
        fixture.snapshot(version, "good");
    };
    assert!(wait_after_failures(&mut Fixture::connected(), snapshots) <= 100);
    let with_one = || {
        let mut fixture = Fixture::connected();
        fixture.snapshot(1, "good");
        fixture
    };
    let confirmed = |fixture: &mut Fixture| {
        fixture.current(1);
    };
    assert!(wait_after_failures(&mut with_one(), confirmed) <= 100);
    let other = |fixture: &mut Fixture| {
        fixture.current(2);
    };
    assert!((500..=1000).contains(&wait_after_failures(&mut with_one(), other)));
    let same = |fixture: &mut Fixture| {
        fixture.snapshot(1, "good");
    };
    assert!((500..=1000).contains(&wait_after_failures(&mut with_one(), same)));
    let refusals = |fixture: &mut Fixture| {
        fixture.snapshot(1, "bad");
    };
    assert!((15_000..=30_000).contains(&wait_after_failures(&mut Fixture::connected(), refusals)));
}

#[test]
fn a_stream_that_brings_nothing_but_what_is_refused_is_given_up() {
    let mut fixture = Fixture::connected();
    for version in 1..MAX_REFUSALS {
        assert_eq!(fixture.snapshot(version.into(), "bad").len(), 1);
        // To say what is current is no amends.
        fixture.current(1);
    }
    assert_eq!(fixture.snapshot(99, "good").len(), 1);
    for version in 1..MAX_REFUSALS {
        fixture.snapshot(version.into(), "bad");
    }
    assert!(fixture.session.connected());
    let outputs = fixture.handle(Input::Message(ONE, Frame::new(1, vec![0xff])));
    assert_eq!(outputs.last(), Some(&Output::Cancel(ONE)));
    assert!(
        matches!(&outputs[..], [Output::Warn(_), Output::Send(..), Output::Warn(why), _] if why.contains("given up"))
    );
    assert!(!fixture.session.connected());
    assert_eq!(fixture.snapshot(100, "good"), [], "it is over");
    assert_eq!(fixture.handle(Input::Tick), []);
    assert_eq!(fixture.after(100).handle(Input::Tick), [Output::Open]);
}

#[test]
fn a_stream_that_brings_messages_without_end_is_given_up() {
    let mut fixture = Fixture::connected();
    for _ in 0..3 {
        for _ in 0..MAX_MESSAGES {
            fixture.current(1);
        }
        assert!(fixture.session.connected());
        fixture.after(1000).handle(Input::Tick);
    }
    for _ in 0..MAX_MESSAGES {
        assert_eq!(fixture.message(vec![]), []);
    }
    let outputs = fixture.handle(Input::Message(ONE, Frame::new(0, vec![])));
    assert_eq!(outputs.last(), Some(&Output::Cancel(ONE)));
    assert!(!fixture.session.connected());
}

#[test]
fn acknowledgements_of_nothing_without_end_end_the_stream() {
    let mut fixture = Fixture::connected();
    for _ in 0..MAX_MESSAGES {
        assert_eq!(fixture.handle(Input::Message(ONE, settled(&[7]))), []);
    }
    assert!(fixture.handle(Input::Message(ONE, settled(&[7]))).contains(&Output::Cancel(ONE)));
}

#[test]
fn a_closed_stream_is_cancelled_and_another_opened_within_a_second() {
    let mut fixture = Fixture::connected();
    assert_eq!(fixture.handle(Input::Closed(ONE)), [Output::Cancel(ONE)]);
    assert!(!fixture.session.connected());
    assert_eq!(fixture.handle(Input::Tick), []);
    assert_eq!(fixture.after(1000).handle(Input::Tick), [Output::Open]);
    fixture.handle(Input::Opened(TWO));
    assert_eq!(fixture.vm.reconnected.get(), 1);
}

#[test]
fn failures_to_open_are_retried_with_growing_waits_below_a_second() {
    let mut fixture = Fixture::new();
    assert_eq!(fixture.handle(Input::Tick), [Output::Open]);
    for _ in 0..10 {
        assert_eq!(fixture.handle(Input::OpenFailed), []);
        assert_eq!(fixture.after(49).handle(Input::Tick), []);
        assert_eq!(fixture.after(951).handle(Input::Tick), [Output::Open]);
    }
}

#[test]
fn the_end_of_an_old_stream_changes_nothing() {
    let mut fixture = Fixture::connected();
    assert_eq!(fixture.handle(Input::Closed(TWO)), [Output::Cancel(TWO)]);
    assert!(fixture.session.connected());
    let message = proto::CompanionMessage { body: None }.encode_to_vec();
    assert_eq!(fixture.handle(Input::Message(TWO, Frame::new(message.len(), message))), []);
}

#[test]
fn ticks_are_quick_until_the_companion_answers() {
    let mut fixture = Fixture::new();
    assert_eq!(fixture.session.tick_period(), IMPATIENCE);
    fixture.handle(Input::Tick);
    fixture.handle(Input::Opened(ONE));
    assert_eq!(fixture.session.tick_period(), IMPATIENCE);
    fixture.handle(Input::Answered(ONE));
    assert_eq!(fixture.session.tick_period(), HEARTBEAT);
}

#[test]
fn a_stopped_session_cancels_its_stream_and_stays_down() {
    let mut fixture = Fixture::connected();
    assert_eq!(fixture.handle(Input::Stopped), [Output::Cancel(ONE)]);
    fixture.handle(Input::Closed(ONE));
    assert_eq!(fixture.after(10_000).handle(Input::Tick), []);
    assert_eq!(fixture.session.tick_period(), Duration::ZERO);
}

#[test]
fn a_session_that_stops_leaves_to_others_what_may_not_have_arrived() {
    let mut fixture = Fixture::connected();
    fixture.vm.settlements.add(b"a", used(), None).unwrap();
    assert_eq!(sequences(&fixture.handle(Input::Settle)), [1]);
    assert!(fixture.vm.settlements.are_under_way());
    fixture.handle(Input::Stopped);
    assert!(!fixture.vm.settlements.are_under_way());
}
