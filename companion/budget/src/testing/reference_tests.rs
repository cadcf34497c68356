use super::contract::contract_tests;
use super::{Reference, Subject};
use crate::ledger::Ending;
use crate::{ReservationId, Store};

impl Subject for Reference {
    fn store(&self) -> &dyn Store {
        self
    }

    fn set_time(&self, now: u64) {
        Reference::wait_until(self, now);
    }

    fn step_clock(&self, now: u64) {
        Reference::step_clock(self, now);
    }

    fn ledger(&self) -> Vec<(ReservationId, Ending)> {
        Reference::ledger(self)
    }
}

fn run(case: fn(&dyn Subject)) {
    case(&Reference::default());
}

contract_tests!(run);
