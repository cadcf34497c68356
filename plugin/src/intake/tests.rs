use std::cell::Cell;

use ed25519_compact::{KeyPair, Seed};
use tollgate_policy::set::PolicySet;
use tollgate_policy::snapshot::{Attestation, Compiler, Content as Compiled};

use super::*;
use crate::config::{Config, Source};
use crate::fixture;
use crate::warm::fake::FakeShared;

const SECOND: Duration = Duration::from_secs(1);
/// Some day in 2026.
const TODAY: Duration = Duration::from_secs(1_780_000_000);

/// The machine's clock, under the test's control.
struct FakeClock(Cell<Option<Duration>>);

impl Clock for FakeClock {
    fn nanoseconds(&self) -> Option<u64> {
        self.0.get().map(|now| u64::try_from(now.as_nanos()).unwrap())
    }
}

/// VMs of one Envoy.
struct Envoy {
    shared: Rc<FakeShared>,
    clock: Rc<FakeClock>,
    feed: FeedConfig,
}

impl Envoy {
    fn new(more: &str) -> Self {
        let text = format!(r#"{{"feed": {{"cluster": "c"{more}}}}}"#);
        let Source::Feed(feed) = Config::parse(text.as_bytes()).unwrap().source else { panic!("no feed") };
        Envoy { shared: Rc::default(), clock: Rc::new(FakeClock(Cell::new(Some(TODAY)))), feed }
    }

    fn unsigned() -> Self {
        Envoy::new("")
    }

    fn signed(more: &str) -> Self {
        use base64::prelude::*;
        let key = BASE64_STANDARD.encode(*pair().pk);
        Envoy::new(&format!(r#", "audience": "prod", "keys": [{{"id": "k", "ed25519": "{key}"}}]{more}"#))
    }

    fn vm(&self) -> Intake {
        Intake::new(
            Rc::default(),
            &self.feed,
            Rc::clone(&self.shared) as Rc<dyn SharedData>,
            Rc::clone(&self.clock) as _,
        )
    }

    fn later(&self, by: Duration) {
        self.clock.0.set(Some(self.clock.0.get().unwrap() + by));
    }
}

fn pair() -> KeyPair {
    KeyPair::from_seed(Seed::new([1; 32]))
}

fn id(version: u64) -> SnapshotId {
    SnapshotId { epoch: 1, version }
}

/// A set that differs from the fixture's.
fn other() -> PolicySet {
    let mut set = fixture::set();
    set.policies.truncate(1);
    set
}

fn whole(version: u64) -> Content {
    Content::Whole(fixture::snapshot(&fixture::set(), version))
}

fn offer(vm: &Intake, version: u64) -> Result<Taken, String> {
    vm.offer(id(version), whole(version), SECOND).map_err(|why| why.to_string())
}

fn in_force(vm: &Intake) -> Option<u64> {
    vm.slot.standing().map(|standing| standing.id.version)
}

/// Puts a version in force and leaves it for others.
fn leave(vm: &Intake, version: u64) {
    assert_eq!(offer(vm, version), Ok(Taken::New));
    vm.keep(false, SECOND * 5);
}

#[test]
fn newer_ones_are_taken_and_older_ones_refused() {
    let vm = Envoy::unsigned().vm();
    assert_eq!(offer(&vm, 2), Ok(Taken::New));
    assert_eq!(offer(&vm, 1), Err("snapshot 1.1 is older than 1.2, which is in force".to_owned()));
    assert_eq!(offer(&vm, 3), Ok(Taken::New));
    assert_eq!(in_force(&vm), Some(3));
}

#[test]
fn the_same_one_again_is_accepted_and_does_not_rejuvenate() {
    let vm = Envoy::unsigned().vm();
    assert_eq!(offer(&vm, 1), Ok(Taken::New));
    assert_eq!(vm.offer(id(1), whole(1), SECOND * 9).unwrap(), Taken::Known);
    assert_eq!(vm.slot.age(SECOND * 9), Some(SECOND * 8));
}

#[test]
fn another_content_under_an_id_that_was_in_force_is_refused() {
    let envoy = Envoy::unsigned();
    let vm = envoy.vm();
    assert_eq!(offer(&vm, 1), Ok(Taken::New));
    for vm in [vm, envoy.vm()] {
        let content = Content::Whole(fixture::snapshot(&other(), 1));
        let refused = vm.offer(id(1), content, SECOND).unwrap_err();
        assert!(matches!(refused, Refused::Conflicting { .. }) && !refused.wants_full());
    }
}

#[test]
fn damage_is_refused_and_the_good_one_stays() {
    let vm = Envoy::unsigned().vm();
    assert_eq!(offer(&vm, 1), Ok(Taken::New));
    let good = fixture::snapshot(&fixture::set(), 2);
    for position in 0..good.len() {
        let mut damaged = good.clone();
        damaged[position] ^= 0x10;
        for content in [Content::Whole(damaged.clone()), Content::Delta(damaged)] {
            let refused = vm.offer(id(2), content, SECOND).unwrap_err();
            assert!(
                refused.wants_full() || matches!(refused, Refused::Conflicting { .. }),
                "byte {position}: {refused}"
            );
        }
    }
    assert!(vm.offer(id(2), Content::Whole(Vec::new()), SECOND).is_err());
    assert_eq!(in_force(&vm), Some(1));
}

#[test]
fn a_snapshot_under_another_ones_id_is_refused() {
    let vm = Envoy::unsigned().vm();
    let refused = vm.offer(id(3), whole(2), SECOND).unwrap_err();
    assert!(matches!(refused, Refused::Mislabelled { .. }));
    assert_eq!(in_force(&vm), None);
}

#[test]
fn what_another_vm_was_ahead_of_is_a_replay_to_a_vm_without_any() {
    let envoy = Envoy::unsigned();
    assert_eq!(offer(&envoy.vm(), 5), Ok(Taken::New));
    let vm = envoy.vm();
    let refused = vm.offer(id(4), whole(4), SECOND).unwrap_err();
    assert_eq!(refused.to_string(), "snapshot 1.4 is being replayed: 1.5 has been in force in this Envoy");
    assert!(refused.wants_full(), "the current one will do");
    assert_eq!(offer(&vm, 5), Ok(Taken::New));
}

#[test]
fn a_vm_that_lags_behind_others_catches_up_step_by_step() {
    let envoy = Envoy::unsigned();
    let (ahead, behind) = (envoy.vm(), envoy.vm());
    assert_eq!(offer(&behind, 1), Ok(Taken::New));
    assert_eq!(offer(&ahead, 5), Ok(Taken::New));
    for version in [3, 4, 5] {
        assert_eq!(offer(&behind, version), Ok(Taken::New));
    }
    assert!(matches!(behind.offer(id(4), whole(4), SECOND), Err(Refused::Older { .. })));
}

#[test]
fn an_id_that_nothing_could_be_newer_than_is_not_taken() {
    let vm = Envoy::unsigned().vm();
    for absurd in [SnapshotId { epoch: u64::MAX, version: 1 }, SnapshotId { epoch: 1, version: 1 << 53 }] {
        let bytes = tollgate_policy::snapshot::encode(&PolicySet::default(), absurd).unwrap();
        let refused = vm.offer(absurd, Content::Whole(bytes), SECOND).unwrap_err();
        assert!(matches!(refused, Refused::Absurd { .. }) && !refused.wants_full());
    }
    assert_eq!(in_force(&vm), None);
}

#[test]
fn a_vm_that_is_started_again_starts_where_the_others_were() {
    let envoy = Envoy::unsigned();
    leave(&envoy.vm(), 3);
    let vm = envoy.vm();
    assert_eq!(vm.warm_up(SECOND).unwrap(), Some(id(3)));
    assert_eq!(in_force(&vm), Some(3));
    assert_eq!(offer(&vm, 4), Ok(Taken::New));
}

#[test]
fn nothing_left_is_no_trouble() {
    let envoy = Envoy::unsigned();
    assert_eq!(envoy.vm().warm_up(SECOND).unwrap(), None);
    assert!(envoy.shared.warnings.borrow().is_empty());
}

#[test]
fn what_was_left_before_a_newer_one_was_in_force_is_not_started_with() {
    let envoy = Envoy::unsigned();
    let vm = envoy.vm();
    leave(&vm, 3);
    assert_eq!(offer(&vm, 4), Ok(Taken::New));
    assert!(matches!(envoy.vm().warm_up(SECOND), Err(Refused::Replayed { .. })));
}

#[test]
fn damaged_content_is_not_started_with() {
    let envoy = Envoy::unsigned();
    leave(&envoy.vm(), 3);
    let key = envoy.shared.key("content").unwrap();
    let good = envoy.shared.value("content").unwrap();
    for at in 0..good.len() {
        let mut damaged = good.clone();
        damaged[at] ^= 1;
        envoy.shared.set(&key, &damaged, None);
        let vm = envoy.vm();
        assert!(vm.warm_up(SECOND).is_err(), "byte {at}");
        assert_eq!(in_force(&vm), None);
    }
    for foreign in [&b""[..], b"something else"] {
        envoy.shared.set(&key, foreign, None);
        assert!(matches!(envoy.vm().warm_up(SECOND), Err(Refused::Unreadable(_))));
    }
}

#[test]
fn one_of_several_vms_writes_and_only_once() {
    let envoy = Envoy::unsigned();
    let vms = [envoy.vm(), envoy.vm(), envoy.vm()];
    for vm in &vms {
        assert_eq!(offer(vm, 1), Ok(Taken::New));
    }
    vms[0].keep(false, SECOND);
    assert_eq!(envoy.shared.value("content"), None, "not at once");
    for vm in &vms {
        vm.keep(false, SECOND * 3);
    }
    let key = envoy.shared.key("content").unwrap();
    assert_eq!(envoy.shared.values.borrow()[&key].version, 1);
    assert_eq!(Head::of_snapshot(&envoy.shared.value("content").unwrap()).unwrap().id, id(1));
}

#[test]
fn staleness_counts_from_the_last_confirmation_by_anyone() {
    let envoy = Envoy::new(r#", "max_staleness": "10s""#);
    let vm = envoy.vm();
    assert!(!vm.is_stale(SECOND * 100), "there is nothing to be stale");
    leave(&vm, 1);
    assert!(!vm.is_stale(SECOND * 11) && vm.is_stale(SECOND * 12));
    assert!(!vm.confirm(id(2), SECOND * 12) && vm.is_stale(SECOND * 12), "another one is current");
    envoy.later(SECOND * 11);
    assert!(vm.confirm(id(1), SECOND * 12));
    assert!(!vm.is_stale(SECOND * 22) && vm.is_stale(SECOND * 23));
    assert_eq!(offer(&vm, 2), Ok(Taken::New), "at its first second, which is long ago");
    // Two seconds after the last confirmation the VM is started again.
    let envoy = Envoy::new(r#", "max_staleness": "10s""#);
    leave(&envoy.vm(), 1);
    envoy.later(SECOND * 2);
    let again = envoy.vm();
    again.warm_up(Duration::ZERO).unwrap();
    assert!(!again.is_stale(SECOND * 8) && again.is_stale(SECOND * 9));
}

#[test]
fn what_nobody_is_known_to_have_confirmed_is_stale_until_somebody_does() {
    let envoy = Envoy::new(r#", "max_staleness": "10s""#);
    leave(&envoy.vm(), 1);
    let mark = envoy.shared.key("mark").unwrap();
    envoy.shared.values.borrow_mut().remove(&mark);
    let vm = envoy.vm();
    assert_eq!(vm.warm_up(SECOND).unwrap(), Some(id(1)));
    assert!(vm.is_stale(SECOND));
    assert!(vm.confirm(id(1), SECOND) && !vm.is_stale(SECOND));
}

/// A delta from a version of the fixture's set to one of the other set.
fn delta(from: u64, to: u64) -> Vec<u8> {
    compiled(&other()).delta(&compiled(&fixture::set()), id(from), id(to), &[])
}

fn compiled(set: &PolicySet) -> Compiled {
    Compiler::default().compile(set).unwrap()
}

#[test]
fn a_delta_of_what_is_in_force_is_taken() {
    let envoy = Envoy::unsigned();
    let vm = envoy.vm();
    assert_eq!(offer(&vm, 1), Ok(Taken::New));
    assert_eq!(vm.offer(id(2), Content::Delta(delta(1, 2)), SECOND).unwrap(), Taken::New);
    assert_eq!(vm.slot.current().unwrap().policy_count(), 1);
    assert_eq!(vm.memory.mark().unwrap().id, id(2));
    assert_eq!(vm.offer(id(2), Content::Delta(delta(1, 2)), SECOND).unwrap(), Taken::Known);
    vm.keep(false, SECOND * 5);
    let again = envoy.vm();
    assert_eq!(again.warm_up(SECOND).unwrap(), Some(id(2)));
    assert_eq!(again.slot.standing(), vm.slot.standing());
}

#[test]
fn a_delta_of_anything_else_asks_for_the_whole() {
    let envoy = Envoy::unsigned();
    let refusal = |vm: &Intake, version, delta| vm.offer(id(version), Content::Delta(delta), SECOND).unwrap_err();
    let cold = refusal(&envoy.vm(), 2, delta(1, 2));
    assert!(matches!(cold, Refused::Base { .. }) && cold.wants_full());
    let vm = envoy.vm();
    assert_eq!(offer(&vm, 1), Ok(Taken::New));
    let elsewhere = refusal(&vm, 3, delta(2, 3));
    assert_eq!(elsewhere.to_string(), "snapshot 1.3 comes as a delta of 1.2, which is not in force");
    let of_another_content = compiled(&fixture::set()).delta(&compiled(&other()), id(1), id(2), &[]);
    assert!(matches!(refusal(&vm, 2, of_another_content), Refused::Base { .. }));
    let good = delta(1, 2);
    for length in 0..good.len() {
        assert!(refusal(&vm, 2, good[..length].to_vec()).wants_full(), "{length} bytes");
    }
    for at in 0..good.len() {
        let mut damaged = good.clone();
        damaged[at] ^= 1;
        assert!(refusal(&vm, 2, damaged).wants_full(), "byte {at}");
    }
    let held = vm.slot.current();
    assert!(refusal(&vm, 2, good.clone()).wants_full());
    drop(held);
    assert_eq!(in_force(&vm), Some(1));
    assert_eq!(vm.offer(id(2), Content::Delta(good), SECOND).unwrap(), Taken::New);
}

#[test]
fn with_keys_what_nobody_signed_is_refused() {
    let vm = Envoy::signed("").vm();
    assert_eq!(offer(&vm, 1), Err("snapshot 1.1 is not trusted: it is not signed".to_owned()));
    assert_eq!(in_force(&vm), None);
}

#[test]
fn with_keys_what_nobody_signed_is_not_started_with_either() {
    let envoy = Envoy::unsigned();
    leave(&envoy.vm(), 1);
    let content = envoy.shared.value("content").unwrap();
    let keyed = Envoy::signed("");
    let vm = keyed.vm();
    vm.memory.leave(&content);
    assert!(matches!(vm.warm_up(SECOND), Err(Refused::Untrusted { .. })));
}

/// The fixture's set, signed.
fn signed(version: u64, audience: &str, issued_at: Duration) -> Content {
    let content = compiled(&fixture::set());
    let issued_at = u64::try_from(issued_at.as_millis()).unwrap();
    let statement = Attestation::statement(audience, id(version), &content.digest(), issued_at);
    let signature = *pair().sk.sign(statement, None);
    let attestation = Attestation { key: "k".to_owned(), audience: audience.to_owned(), issued_at, signature };
    Content::Whole(content.encode(id(version), &[attestation]))
}

#[test]
fn what_is_signed_for_this_audience_is_taken_and_for_another_refused() {
    let vm = Envoy::signed("").vm();
    let elsewhere = vm.offer(id(1), signed(1, "test", TODAY), SECOND).unwrap_err();
    assert_eq!(elsewhere.to_string(), "snapshot 1.1 is not trusted: it is signed for the audience `test`");
    assert!(!elsewhere.wants_full(), "another copy would be signed no better");
    assert_eq!(vm.offer(id(1), signed(1, "prod", TODAY), SECOND).unwrap(), Taken::New);
}

#[test]
fn another_content_under_a_good_signature_is_refused() {
    let vm = Envoy::signed("").vm();
    let Content::Whole(good) = signed(1, "prod", TODAY) else { panic!("a delta") };
    let (head, _) = Compiled::read(&good).unwrap();
    let forged = compiled(&other()).encode(id(1), &head.attestations);
    let refused = vm.offer(id(1), Content::Whole(forged.clone()), SECOND).unwrap_err();
    assert!(matches!(refused, Refused::Untrusted { .. }));
    // Under the head of the good one the digest does not come out.
    const UNSIGNED_HEAD: usize = 65;
    let beginning = good.len() - compiled(&fixture::set()).encode(id(1), &[]).len() + UNSIGNED_HEAD;
    let grafted = [&good[..beginning], &forged[beginning..]].concat();
    let refused = vm.offer(id(1), Content::Whole(grafted), SECOND).unwrap_err();
    assert!(matches!(refused, Refused::Damaged { .. }));
    assert_eq!(in_force(&vm), None);
}

#[test]
fn signatures_too_old_or_from_the_future_are_refused() {
    let envoy = Envoy::signed(r#", "max_issued_age": "1h""#);
    let vm = envoy.vm();
    let offer = |version, issued_at| vm.offer(id(version), signed(version, "prod", issued_at), SECOND);
    let hour = SECOND * 3600;
    let old = offer(1, TODAY - hour - SECOND).unwrap_err();
    assert!(old.to_string().contains("signed 3601 s ago, longer than the 3600 s") && old.wants_full());
    assert_eq!(offer(1, TODAY - hour).unwrap(), Taken::New);
    assert_eq!(offer(2, TODAY + SKEW).unwrap(), Taken::New, "clocks differ");
    let early = offer(3, TODAY + SKEW + SECOND).unwrap_err();
    assert!(early.to_string().contains("301 s ahead"));
    envoy.clock.0.set(None);
    assert!(matches!(offer(3, TODAY), Err(Refused::NoClock { .. })));
}

#[test]
fn a_vm_that_is_started_again_takes_a_signature_that_was_new_once() {
    let envoy = Envoy::signed(r#", "max_issued_age": "1h""#);
    let vm = envoy.vm();
    assert_eq!(vm.offer(id(1), signed(1, "prod", TODAY), SECOND).unwrap(), Taken::New);
    vm.keep(false, SECOND * 5);
    envoy.later(SECOND * 7200);
    assert_eq!(envoy.vm().warm_up(SECOND).unwrap(), Some(id(1)));
    assert!(matches!(envoy.vm().offer(id(1), signed(1, "prod", TODAY), SECOND), Err(Refused::Aged { .. })));
}

fn signed_part(at: Duration) -> Vec<u8> {
    let issued_at = u64::try_from(at.as_millis()).unwrap();
    let statement = PartHead::statement("prod", &fixture::part_content(1).digest(), issued_at);
    let signature = *pair().sk.sign(statement, None);
    fixture::part(1, &[Attestation { key: "k".to_owned(), audience: "prod".to_owned(), issued_at, signature }])
}

#[test]
fn a_part_of_the_index_snapshot_has_to_be_sound() {
    let vm = Envoy::unsigned().vm();
    vm.offer_part(fixture::part(1, &[])).unwrap();
    for damaged in [vec![], fixture::part(1, &[])[1..].to_vec(), [&fixture::part(1, &[])[..], b"x"].concat()] {
        assert!(matches!(vm.offer_part(damaged), Err(PartRefused::Damaged(_))));
    }
}

#[test]
fn where_keys_are_set_a_part_of_the_index_snapshot_has_to_be_signed_lately() {
    let envoy = Envoy::signed(r#", "max_issued_age": "1h""#);
    let vm = envoy.vm();
    assert!(matches!(vm.offer_part(fixture::part(1, &[])), Err(PartRefused::Untrusted(_))));
    for at in [TODAY - 3601 * SECOND, TODAY + SKEW + SECOND] {
        assert!(matches!(vm.offer_part(signed_part(at)), Err(PartRefused::Age)));
    }
    vm.offer_part(signed_part(TODAY)).unwrap();
    let mut forged = signed_part(TODAY);
    forged.pop();
    assert!(matches!(vm.offer_part(forged), Err(PartRefused::Damaged(_))), "it is signed, and not whole");
}
