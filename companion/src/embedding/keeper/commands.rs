use std::time::Instant;

use crate::embedding::command::{Command, Declined};
use crate::embedding::generation::Role;
use crate::embedding::mismatch::Comparison;
use crate::embedding::store::Plan;

use super::Keeper;
use super::plan::without;

impl Keeper {
    /// Does what an operator asks for.
    pub(super) fn obey(&mut self, command: Command) -> Result<(), Declined> {
        match command {
            Command::Migrate => self.start(),
            Command::Cancel => self.cancel(),
            Command::RollBack => self.roll_back(),
            Command::Forget => self.forget(),
            Command::Retry(names) => self.retry(names.as_deref()),
        }
    }

    fn start(&mut self) -> Result<(), Declined> {
        let serving = self.record(Role::Serving).ok_or(Declined::NothingServes)?;
        if self.migration.is_some() {
            return Err(Declined::GoesOn(self.config.version.to_string()));
        }
        if self.compare(serving) == Comparison::Same {
            return Err(Declined::Serves(serving.model.version.to_string()));
        }
        self.write_plan(Plan { held: None, ..self.plan.clone() })?;
        self.begin_migration();
        self.load_configured();
        Ok(())
    }

    fn cancel(&mut self) -> Result<(), Declined> {
        if self.migration.is_none() {
            return Err(Declined::NoMigration);
        }
        self.write_plan(Plan { held: Some(self.target()), ..self.plan.clone() })?;
        self.migration = None;
        self.drop_building();
        Ok(())
    }

    fn roll_back(&mut self) -> Result<(), Declined> {
        let kept = self.of_role(Role::Kept).ok_or(Declined::NothingKept)?;
        let is_wanted = self.record(Role::Kept).is_some_and(|record| self.compare(record) == Comparison::Same);
        let mut plan = self.plan.clone();
        plan.generations.retain(|record| record.role != Role::Building);
        for record in &mut plan.generations {
            record.role = if record.number == kept.number { Role::Serving } else { Role::Kept };
        }
        plan.held = (!is_wanted).then(|| self.target());
        let building = self.record(Role::Building).map(|record| record.number);
        self.write_plan(plan)?;
        self.migration = None;
        building.into_iter().for_each(|number| self.remove_generation(number));
        self.have_embed(&kept);
        tracing::info!(generation = kept.number, model = %kept.model.version, "policy search: rolled back");
        Ok(())
    }

    fn forget(&mut self) -> Result<(), Declined> {
        let number = self.record(Role::Kept).ok_or(Declined::NothingKept)?.number;
        self.write_plan(without(&self.plan, number))?;
        self.remove_generation(number);
        Ok(())
    }

    fn retry(&self, names: Option<&[String]>) -> Result<(), Declined> {
        let now = Instant::now();
        let is_wanted = |name: &str| names.is_none_or(|names| names.iter().any(|other| other == name));
        let retried =
            self.tended.values().map(|tended| tended.book(|book| book.retry(now, |letter| is_wanted(&letter.name))));
        if retried.sum::<usize>() == 0 { Err(Declined::NoLetter) } else { Ok(()) }
    }
}
