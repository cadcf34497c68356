use std::sync::Arc;
use std::time::Duration;

use tollgate_policy::related::{PartContent, PartId};

use crate::related::Part;

use super::*;

/// An extract whose parts have changed in these revisions.
fn extract(generation: u64, revision: u64, parts: &[u64]) -> Extract {
    let part = |revision: &u64| {
        let id = PartId { model: "v1".to_owned(), generation, revision: *revision, parts: 2, number: 0 };
        Arc::new(Part { revision: *revision, content: PartContent::new(&id, &[]) })
    };
    Extract { generation, revision, policies: 0, parts: parts.iter().map(part).collect() }
}

struct Vm {
    supply: RelatedSupply,
    now: Instant,
}

impl Vm {
    fn new() -> Self {
        let now = Instant::now();
        Vm { supply: RelatedSupply::new(None, now), now }
    }

    fn send(&mut self, extract: &Extract) -> Option<proto::IndexPart> {
        let number = self.supply.want(extract, self.now)?;
        let revision = extract.parts[number].revision;
        let part = proto::IndexPart { generation: extract.generation, revision, number: number as u32 };
        self.supply.sent(part, extract, self.now);
        assert_eq!(self.supply.want(extract, self.now), None, "one at a time");
        Some(part)
    }

    fn answer(&mut self, part: proto::IndexPart, refused: bool) -> Answered {
        let answered = self.supply.answered(Some(part), refused, self.now);
        assert_eq!(self.supply.wakes_at(self.now), (answered != Answered::Stray).then(|| self.now + BETWEEN_PARTS));
        self.now += BETWEEN_PARTS;
        answered
    }

    /// Sends what there is to send; the numbers of the parts.
    fn take_all(&mut self, extract: &Extract) -> Vec<u32> {
        let mut numbers = Vec::new();
        while let Some(part) = self.send(extract) {
            assert_eq!(self.answer(part, false), Answered::Taken);
            numbers.push(part.number);
        }
        numbers
    }
}

#[test]
fn every_part_is_sent_once_and_again_only_if_it_changes() {
    let mut vm = Vm::new();
    assert_eq!(vm.take_all(&extract(1, 5, &[5, 5, 5, 5])), [0, 1, 2, 3]);
    assert_eq!(vm.take_all(&extract(1, 5, &[5, 5, 5, 5])), [0; 0]);
    assert_eq!(vm.take_all(&extract(1, 6, &[5, 6, 5, 6])), [1, 3]);
    assert_eq!(vm.take_all(&extract(1, 7, &[7, 7])), [0, 1], "divided anew");
    assert_eq!(vm.take_all(&extract(2, 8, &[7, 7])), [0, 1], "of another generation");
}

#[test]
fn between_two_parts_there_is_time_for_requests() {
    let mut vm = Vm::new();
    let extract = extract(1, 5, &[5, 5]);
    let part = vm.send(&extract).unwrap();
    assert_eq!(vm.supply.answered(Some(part), false, vm.now), Answered::Taken);
    assert_eq!(vm.supply.want(&extract, vm.now), None);
    assert_eq!(vm.supply.want(&extract, vm.now + BETWEEN_PARTS), Some(1));
}

#[test]
fn what_was_refused_is_not_sent_again_and_what_comes_after_is() {
    let mut vm = Vm::new();
    let first = extract(1, 5, &[5, 5]);
    let part = vm.send(&first).unwrap();
    let Answered::Refused(refused) = vm.answer(part, true) else { panic!("taken") };
    assert_eq!(vm.send(&first), None);
    vm.supply = RelatedSupply::new(Some(refused), vm.now);
    assert_eq!(vm.send(&first), None, "on no other stream either");
    assert_eq!(vm.take_all(&extract(1, 6, &[5, 6])), [0, 1]);
}

#[test]
fn a_vm_that_does_not_answer_is_left_alone() {
    let mut vm = Vm::new();
    let first = extract(1, 5, &[5, 5]);
    let part = vm.send(&first).unwrap();
    assert!(!vm.supply.tick(vm.now + PART_PATIENCE - Duration::from_millis(1)));
    assert_eq!(vm.supply.wakes_at(vm.now), Some(vm.now + PART_PATIENCE));
    vm.now += PART_PATIENCE;
    assert!(vm.supply.tick(vm.now) && !vm.supply.tick(vm.now));
    assert_eq!(vm.send(&first), None);
    assert_eq!(vm.answer(part, false), Answered::Stray, "too late");
    assert!(vm.send(&extract(1, 6, &[5, 6])).is_some());
}

#[test]
fn an_answer_to_something_else_is_none() {
    let mut vm = Vm::new();
    let extract = extract(1, 5, &[5, 5]);
    let part = vm.send(&extract).unwrap();
    for other in [None, Some(proto::IndexPart { number: 1, ..part }), Some(proto::IndexPart { revision: 6, ..part })] {
        assert_eq!(vm.supply.answered(other, true, vm.now), Answered::Stray);
    }
    assert_eq!(vm.answer(part, false), Answered::Taken);
    assert_eq!(vm.answer(part, true), Answered::Stray);
}
