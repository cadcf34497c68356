use tokio::sync::watch;
use tollgate_policy::digest::Digest;
use tollgate_policy::snapshot::Content;

use crate::feed::supply::Held;
use crate::publisher::Published;

use super::super::vm::Behind;
use super::*;

const BEAT: Duration = Duration::from_secs(1);

fn hello(vm: u8, applied: Option<u64>) -> Hello {
    Hello {
        vm: VmId([vm; 16]),
        node: "envoy-1".to_owned(),
        cluster: "edge".to_owned(),
        build: "0.1.0".to_owned(),
        applied: applied.map(|version| Held { id: id(version), digest: Digest([0; 32]) }),
        format: 4,
        warm: false,
    }
}

fn id(version: u64) -> SnapshotId {
    SnapshotId { epoch: 1, version }
}

fn current(version: u64) -> Current {
    let digest = Digest([0; 32]);
    let published = Published { id: id(version), digest, policies: 1, content: Content::default(), at: Instant::now() };
    watch::channel(Some(Arc::new(published))).1
}

fn registry() -> Arc<Registry> {
    Arc::new(Registry::new(BEAT))
}

#[test]
fn a_vm_is_alive_until_three_beats_pass_in_silence() {
    let (registry, start) = (registry(), Instant::now());
    let (seat, _ended) = registry.seat(hello(1, Some(7)), start).unwrap();
    seat.beat(Some(id(7)), true, start + BEAT);
    let counts = |after| registry.count(&current(7), start + after);
    assert_eq!(counts(BEAT * 3), WorkerCounts { alive: 1, serving: 1, ..WorkerCounts::default() });
    assert_eq!(counts(BEAT * 4), WorkerCounts { silent: 1, ..WorkerCounts::default() });
    let view = &registry.list(&current(7), start + BEAT * 4)[0];
    assert!(view.connected && !view.alive);
}

#[test]
fn a_vm_with_another_snapshot_than_the_current_one_is_behind() {
    let (registry, start) = (registry(), Instant::now());
    let _one = registry.seat(hello(1, None), start).unwrap();
    let _two = registry.seat(hello(2, Some(6)), start).unwrap();
    let _three = registry.seat(hello(3, Some(7)), start).unwrap();
    let counts = registry.count(&current(7), start);
    assert_eq!(counts, WorkerCounts { alive: 3, behind: 2, ..WorkerCounts::default() });
}

#[test]
fn a_second_stream_of_a_vm_ends_the_first_and_silences_it() {
    let (registry, start) = (registry(), Instant::now());
    let (old, mut old_ended) = registry.seat(hello(1, None), start).unwrap();
    let (new, _ended) = registry.seat(hello(1, Some(7)), start).unwrap();
    assert!(old_ended.try_recv().is_err_and(|error| error == oneshot::error::TryRecvError::Closed));
    old.beat(Some(id(3)), true, start);
    drop(old);
    let view = &registry.list(&current(7), start)[0];
    assert!(view.connected && view.behind.is_none() && !view.serving);
    drop(new);
    assert!(!registry.list(&current(7), start)[0].connected);
}

#[test]
fn the_way_of_a_snapshot_is_measured_once_per_vm() {
    let (registry, start) = (registry(), Instant::now());
    let (seat, _ended) = registry.seat(hello(1, None), start).unwrap();
    let acked = |after| seat.acked(id(7), Duration::ZERO, Some(start + BEAT), start + after);
    assert_eq!(acked(BEAT * 2), Some(BEAT));
    assert_eq!(acked(BEAT * 3), None);
}

#[test]
fn a_vm_that_starts_after_the_publication_is_measured_from_its_own_start() {
    let (registry, start) = (registry(), Instant::now());
    let (seat, _ended) = registry.seat(hello(1, None), start + BEAT * 10).unwrap();
    assert_eq!(seat.acked(id(7), Duration::ZERO, Some(start), start + BEAT * 11), Some(BEAT));
}

#[test]
fn a_nack_is_kept_until_the_next_ack() {
    let (registry, start) = (registry(), Instant::now());
    let (seat, _ended) = registry.seat(hello(1, None), start).unwrap();
    let nack = Nacked { id: Some(id(7)), reason: "damaged".to_owned(), at: start };
    seat.nacked(nack.clone());
    assert_eq!(registry.list(&current(7), start)[0].nacked, Some(nack));
    seat.acked(id(8), Duration::ZERO, None, start);
    assert_eq!(registry.list(&current(8), start)[0].nacked, None);
}

#[test]
fn the_dead_make_room_and_are_forgotten() {
    let (registry, start) = (registry(), Instant::now());
    drop(registry.seat(hello(1, None), start).unwrap());
    let _two = registry.seat(hello(2, None), start + BEAT * 100).unwrap();
    assert_eq!(registry.list(&current(7), start + BEAT * 100).len(), 1);
}

#[test]
fn the_number_of_vms_is_bounded() {
    let (registry, start) = (registry(), Instant::now());
    let many = |number: usize| {
        let mut bytes = [0; 16];
        bytes[..8].copy_from_slice(&number.to_le_bytes());
        registry.seat(Hello { vm: VmId(bytes), ..hello(0, None) }, start)
    };
    let seats: Vec<_> = (0..MAX_VMS).map(|number| many(number).unwrap()).collect();
    assert!(matches!(many(MAX_VMS), Err(Full)));
    drop(seats);
    assert!(matches!(many(MAX_VMS), Err(Full)), "they count until they are dead");
}

#[test]
fn a_vm_is_behind_by_what_was_published_since() {
    let (registry, start) = (registry(), Instant::now());
    for (number, at) in [(5, 0), (6, 10), (7, 20)] {
        registry.published(id(number), start + BEAT * at);
    }
    let _one = registry.seat(hello(1, Some(5)), start).unwrap();
    let _two = registry.seat(hello(2, None), start + BEAT * 21).unwrap();
    let views = registry.list(&current(7), start + BEAT * 22);
    assert_eq!(views[0].behind, Some(Behind { versions: 2, time: BEAT * 12 }));
    assert_eq!(views[1].behind, Some(Behind { versions: 3, time: BEAT }), "it did not exist before");
    assert_eq!(registry.count(&current(7), start + BEAT * 22).worst_lag, BEAT * 12);
}

#[test]
fn how_a_version_spreads_is_remembered() {
    let (registry, start) = (registry(), Instant::now());
    registry.published(id(7), start);
    let seats = [1, 2, 3].map(|vm| registry.seat(hello(vm, None), start).unwrap());
    for (beats, (seat, _)) in seats.iter().enumerate().take(2) {
        seat.acked(id(7), Duration::ZERO, Some(start), start + BEAT * (1 + beats as u32));
    }
    registry.published(id(8), start + BEAT * 2);
    seats[0].0.acked(id(8), Duration::ZERO, Some(start + BEAT * 2), start + BEAT * 2);
    let spread = registry.enforcement(id(7), start + BEAT * 2);
    assert_eq!(spread, Enforcement { applied_by: 2, alive: 3, first: Some(BEAT), last: Some(BEAT * 2) });
    assert_eq!(registry.enforcement(id(9), start).applied_by, 0);
}

#[test]
fn whoever_says_goodbye_is_gone_and_whoever_does_not_is_silent() {
    let (registry, start) = (registry(), Instant::now());
    drop(registry.seat(hello(1, Some(7)), start).unwrap());
    let (lost, _ended) = registry.seat(hello(2, Some(7)), start).unwrap();
    lost.fell_silent();
    drop(lost);
    let states =
        |beats| -> Vec<_> { registry.list(&current(7), start + BEAT * beats).iter().map(|view| view.state).collect() };
    assert_eq!(states(2), [State::Ok, State::Ok]);
    assert_eq!(states(3), [State::Gone, State::Silent]);
    assert_eq!(states(100), [State::Silent]);
    assert_eq!(states(1000), []);
}

#[test]
fn a_vm_of_another_format_is_told_apart() {
    let (registry, start) = (registry(), Instant::now());
    let (seat, _ended) = registry.seat(hello(1, None), start).unwrap();
    seat.incompatible();
    drop(seat);
    assert_eq!(registry.list(&current(7), start)[0].state, State::Incompatible);
}
