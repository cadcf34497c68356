//! What belongs to the VM rather than to one configuration of the filter: it survives a configuration update, so that
//! requests keep being decided with the last good snapshot.

use std::cell::{Cell, RefCell};
use std::fmt;
use std::rc::Rc;
use std::time::{Duration, Instant};

use tollgate_policy::engine::Scratch;

use crate::budget::{Books, Notices};
use crate::config::{ClusterName, FeedConfig};
use crate::counters::Counters;
use crate::random;
use crate::slot::Slot;
use crate::trust::Trust;

/// The state of one plugin VM, which is single-threaded.
pub struct Vm {
    /// Numbers the decisions.
    pub decisions: DecisionIds,
    /// What has been counted since the last tick.
    pub counters: Counters,
    /// What one decision leaves for the next: buffers, and the principals of earlier requests.
    pub scratch: RefCell<Scratch>,
    /// Whether the VM has handled a request.
    pub serving: Cell<bool>,
    /// What the operator has been told of calls that cannot be reserved.
    pub notices: Notices,
    /// Whether the operator's log level shows single decisions.
    pub verbose: Cell<bool>,
    started: Instant,
    /// There are one or two.
    slots: RefCell<Vec<(Feed, Rc<Slot>)>>,
    /// As many, at most.
    books: RefCell<Vec<(ClusterName, Rc<Books>)>>,
}

/// What tells feeds apart: a snapshot that one of them may take is not for another.
#[derive(PartialEq, Eq)]
struct Feed {
    cluster: ClusterName,
    trust: Option<Trust>,
}

thread_local! {
    static VM: Rc<Vm> = Rc::new(Vm::default());
}

impl Vm {
    /// The VM that runs this code.
    #[must_use]
    pub fn this() -> Rc<Vm> {
        VM.with(Rc::clone)
    }

    /// Time since the VM started.
    #[must_use]
    pub fn now(&self) -> Duration {
        self.started.elapsed()
    }

    /// The snapshot slot of this feed. A new one starts with what is in force for other keys of the same companion, if it is
    /// signed with one of these, so that keys can be replaced while requests are decided. Slots of feeds that nothing uses any
    /// more are dropped.
    #[must_use]
    pub fn slot(&self, config: &FeedConfig) -> Rc<Slot> {
        let feed = Feed { cluster: config.cluster.clone(), trust: config.trust.clone() };
        let mut slots = self.slots.borrow_mut();
        let known = slots.iter().find(|(other, _)| *other == feed).map(|(_, slot)| Rc::clone(slot));
        let slot = known.unwrap_or_else(|| {
            let new = Slot::default();
            for (_, other) in slots.iter().filter(|(other, _)| other.cluster == feed.cluster) {
                if feed.trust.as_ref().is_none_or(|trust| other.is_trusted(trust)) {
                    new.take_over(other);
                }
            }
            Rc::new(new)
        });
        slots.retain(|(other, slot)| *other != feed && Rc::strong_count(slot) > 1);
        slots.push((feed, Rc::clone(&slot)));
        slot
    }

    /// What is kept of the budgets of the companion in this cluster. What nothing uses any more is dropped, unless there is
    /// something in it that the companion still has to be told.
    #[must_use]
    pub fn books(&self, cluster: &ClusterName) -> Rc<Books> {
        let mut all = self.books.borrow_mut();
        all.retain(|(other, books)| other == cluster || Rc::strong_count(books) > 1 || !books.settlements.is_empty());
        if let Some((_, books)) = all.iter().find(|(other, _)| other == cluster) {
            return Rc::clone(books);
        }
        let books = Rc::new(Books::default());
        all.push((cluster.clone(), Rc::clone(&books)));
        books
    }
}

impl Default for Vm {
    fn default() -> Self {
        Vm {
            decisions: DecisionIds::new(random::seed()),
            counters: Counters::default(),
            scratch: RefCell::default(),
            serving: Cell::new(false),
            notices: Notices::default(),
            verbose: Cell::new(false),
            started: Instant::now(),
            slots: RefCell::default(),
            books: RefCell::default(),
        }
    }
}

/// Hands out decision ids: a random prefix per VM and a counter, so that an id costs no host call.
#[derive(Debug)]
pub struct DecisionIds {
    vm: u64,
    last: Cell<u64>,
}

/// Names one decision, for the client and the operator to talk about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct DecisionId {
    vm: u64,
    number: u64,
}

impl DecisionIds {
    /// Ids with this prefix.
    #[must_use]
    pub fn new(vm: u64) -> Self {
        DecisionIds { vm, last: Cell::new(0) }
    }

    /// The next id.
    pub fn next(&self) -> DecisionId {
        let number = self.last.get().wrapping_add(1);
        self.last.set(number);
        DecisionId { vm: self.vm, number }
    }
}

impl DecisionId {
    /// As bytes, 16 of them: nobody else's are the same.
    #[must_use]
    pub fn bytes(self) -> [u8; 16] {
        (u128::from(self.vm) << 64 | u128::from(self.number)).to_be_bytes()
    }
}

impl fmt::Display for DecisionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}-{:x}", self.vm, self.number)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn feed(cluster: &str) -> FeedConfig {
        FeedConfig {
            cluster: ClusterName::try_from(cluster.to_owned()).unwrap(),
            trust: None,
            max_issued_age: None,
            max_staleness: None,
        }
    }

    #[test]
    fn a_slot_outlives_the_configuration_that_used_it() {
        let vm = Vm::default();
        let first = Rc::as_ptr(&vm.slot(&feed("companion")));
        assert_eq!(Rc::as_ptr(&vm.slot(&feed("companion"))), first);
    }

    #[test]
    fn a_slot_that_nothing_uses_goes_when_another_feed_comes() {
        let vm = Vm::default();
        let used = vm.slot(&feed("used"));
        drop(vm.slot(&feed("unused")));
        drop(vm.slot(&feed("third")));
        let slots = vm.slots.borrow();
        let mut names: Vec<_> = slots.iter().map(|(feed, _)| feed.cluster.as_str()).collect();
        names.sort_unstable();
        assert_eq!(names, ["third", "used"]);
        drop(used);
    }

    #[test]
    fn decision_ids_count_up_behind_the_prefix_of_the_vm() {
        let ids = DecisionIds::new(0xab);
        assert_eq!(ids.next().to_string(), "00000000000000ab-1");
        assert_eq!(ids.next().to_string(), "00000000000000ab-2");
    }
}
