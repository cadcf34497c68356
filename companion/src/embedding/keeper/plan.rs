use crate::embedding::command::Declined;
use crate::embedding::generation::Role;
use crate::embedding::store::{Held, Plan, Record, StoreError};

use super::Keeper;

impl Keeper {
    /// The generation of a role, as it was begun.
    pub(super) fn record(&self, role: Role) -> Option<&Record> {
        self.plan.generations.iter().find(|record| record.role == role)
    }

    /// Makes a plan the one that a restart goes on from; as long as it cannot be written, it is not followed.
    pub(super) fn keep_plan(&mut self, plan: Plan) -> Result<(), StoreError> {
        if let Some(store) = &mut self.store {
            store.keep(&plan)?;
        }
        self.plan = plan;
        Ok(())
    }

    pub(super) fn write_plan(&mut self, plan: Plan) -> Result<(), Declined> {
        self.verification = None;
        self.keep_plan(plan).map_err(|error| Declined::Store(error.to_string()))
    }

    /// The configuration may say otherwise how the same model is reached.
    pub(super) fn adopt_configuration(&mut self, number: u64) {
        let mut plan = self.plan.clone();
        for record in &mut plan.generations {
            if record.number == number {
                record.embedder = Some(self.config.embedder.clone());
            }
        }
        plan.held = None;
        if plan != self.plan {
            let kept = self.keep_plan(plan);
            self.stored(kept);
        }
    }

    pub(super) fn target(&self) -> Held {
        Held { version: self.config.version.clone(), embedder: self.config.embedder.clone() }
    }

    /// Whether what is held off is what is configured.
    pub(super) fn is_held(&self, held: &Held) -> bool {
        *held == self.target()
    }
}

/// A plan without one of its generations.
pub(super) fn without(plan: &Plan, number: u64) -> Plan {
    let mut plan = plan.clone();
    plan.generations.retain(|record| record.number != number);
    plan
}
