use prost::Message;

use super::super::Used;
use super::*;
use crate::feed::proto;

const SECOND: Duration = Duration::from_secs(1);
const USED: Outcome = Outcome::Used(Used { input: 3, output: 4, cached: 1, cache_written: 2 });

/// The numbers of what is due.
fn due(settlements: &Settlements, now: Duration) -> Vec<u64> {
    let messages = settlements.take_due(now);
    let read = |message: &Vec<u8>| proto::Settlements::decode(&**message).unwrap().settlements;
    messages.iter().flat_map(read).map(|settlement| settlement.sequence).collect()
}

#[test]
fn settlements_are_as_the_companion_reads_them() {
    let settlements = Settlements::default();
    let used = Used { input: 3, output: 4, cached: 1, cache_written: 2 };
    for outcome in [Outcome::Used(used), Outcome::Estimated(used), Outcome::Released, Outcome::SoFar(used)] {
        settlements.add(b"r", outcome, None).unwrap();
    }
    let [message] = &*settlements.take_due(SECOND) else { panic!("one message") };
    let read = proto::Settlements::decode(&**message).unwrap().settlements;
    let usage = proto::Usage { input: 3, output: 4, cached: 1, cache_written: 2 };
    let expected = [
        proto::settlement::Outcome::Used(usage),
        proto::settlement::Outcome::Estimated(usage),
        proto::settlement::Outcome::Released(proto::Released {}),
        proto::settlement::Outcome::SoFar(usage),
    ];
    for ((number, settlement), expected) in (1..).zip(&read).zip(expected) {
        assert_eq!((settlement.sequence, &*settlement.reservation), (number, &b"r"[..]));
        assert_eq!(settlement.outcome, Some(expected));
    }
    assert_eq!(read.len(), 4);
}

#[test]
fn what_is_sent_is_not_due_again_until_patience_ends_or_the_stream_does() {
    let settlements = Settlements::default();
    settlements.add(b"a", USED, None).unwrap();
    assert_eq!(due(&settlements, SECOND), [1]);
    settlements.add(b"b", USED, None).unwrap();
    assert_eq!(due(&settlements, 2 * SECOND), [2]);
    assert!(due(&settlements, 15 * SECOND).is_empty());
    assert_eq!(due(&settlements, 16 * SECOND), [1]);
    settlements.resend();
    assert!(!settlements.are_under_way());
    assert_eq!(due(&settlements, 16 * SECOND), [1, 2]);
    assert!(settlements.are_under_way());
    assert_eq!(settlements.acknowledged(vec![2, 1, 7]), 2);
    assert!(settlements.is_empty() && due(&settlements, 100 * SECOND).is_empty());
}

#[test]
fn what_a_call_has_used_so_far_counts_no_more_when_it_has_ended() {
    let settlements = Settlements::default();
    let so_far = settlements.add(b"a", Outcome::SoFar(Used::default()), None).unwrap();
    settlements.add(b"a", USED, Some(so_far)).unwrap();
    assert_eq!(due(&settlements, SECOND), [2]);
}

#[test]
fn messages_are_as_long_as_the_companion_takes_and_no_more_are_under_way_than_it_reads() {
    let settlements = Settlements::default();
    for _ in 0..3000 {
        settlements.add(&[7; 1000], USED, None).unwrap();
    }
    let messages = settlements.take_due(SECOND);
    assert!(messages.iter().all(|message| message.len() < 64 << 10));
    let count = |messages: &[Vec<u8>]| {
        let of = |message: &Vec<u8>| proto::Settlements::decode(&**message).unwrap().settlements.len();
        messages.iter().map(of).sum::<usize>()
    };
    assert_eq!(count(&messages), MAX_SENT);
    assert!(settlements.take_due(SECOND).is_empty());
    assert_eq!(settlements.acknowledged((1..=2000).collect()), 2000);
    assert_eq!(count(&settlements.take_due(SECOND)), 952);
}

#[test]
fn there_is_room_for_so_many_and_so_much_and_what_is_acknowledged_makes_room() {
    let settlements = Settlements::default();
    for _ in 0..MAX_WAITING {
        settlements.add(b"r", USED, None).unwrap();
    }
    assert_eq!(settlements.add(b"r", USED, None), Err(Full));
    settlements.acknowledged(vec![1]);
    assert!(settlements.add(b"r", USED, None).is_ok());

    let settlements = Settlements::default();
    let long = [7; 40_000];
    let fit = (0..).take_while(|_| settlements.add(&long, USED, None).is_ok()).count();
    assert_eq!(fit, MAX_BYTES / 40_020);
    assert_eq!(settlements.add(&[7; MAX_MESSAGE], USED, None), Err(Full));
    settlements.acknowledged(vec![1, 2, 3]);
    assert_eq!((0..).take_while(|_| settlements.add(&long, USED, None).is_ok()).count(), 3);
}

#[test]
fn what_a_call_had_used_stays_where_there_is_no_room_for_its_end() {
    let settlements = Settlements::default();
    let so_far = settlements.add(b"a", Outcome::SoFar(Used::default()), None).unwrap();
    let long = [7; 40_000];
    assert!((0..).take_while(|_| settlements.add(&long, USED, None).is_ok()).count() > 0);
    let count = settlements.len();
    assert_eq!(settlements.add(&long, USED, Some(so_far)), Err(Full));
    assert_eq!(settlements.len(), count);
    // What it takes the place of makes room for it.
    let settlements = Settlements::default();
    let so_far = settlements.add(b"a", Outcome::SoFar(Used::default()), None).unwrap();
    for _ in 1..MAX_WAITING {
        settlements.add(b"b", USED, None).unwrap();
    }
    assert_eq!(settlements.add(b"a", USED, None), Err(Full));
    assert!(settlements.add(b"a", USED, Some(so_far)).is_ok());
    assert_eq!(settlements.len(), MAX_WAITING);
}
