use std::fs;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Instant;

use tollgate_search::{Embedder, Model};

use crate::embedding::clock;
use crate::embedding::generation::Role;
use crate::embedding::queue::Priority;
use crate::embedding::store::Record;
use crate::embedding::tended::Tended;

use super::plan::without;
use super::{AGAIN, Keeper};

impl Keeper {
    /// What serves comes first.
    pub(super) fn by_role(&self) -> Vec<(Role, Arc<Tended>)> {
        let of = |wanted: Role| {
            let records = self.plan.generations.iter().filter(move |record| record.role == wanted);
            records.filter_map(move |record| Some((wanted, Arc::clone(self.tended.get(&record.number)?))))
        };
        [Role::Serving, Role::Building, Role::Kept].into_iter().flat_map(of).collect()
    }

    /// The generation of a role, of which there is one at most.
    pub(super) fn of_role(&self, wanted: Role) -> Option<Arc<Tended>> {
        self.by_role().into_iter().find(|(role, _)| *role == wanted).map(|(_, tended)| tended)
    }

    /// Goes on with what is there already of the configured model.
    pub(super) fn resume(&mut self, number: u64, embedder: &Arc<dyn Embedder>) {
        let mut plan = self.plan.clone();
        for record in &mut plan.generations {
            if record.number == number {
                record.role = Role::Building;
                record.embedder = Some(self.config.embedder.clone());
            }
        }
        let kept = self.keep_plan(plan);
        self.stored(kept);
        if let Some(tended) = self.tended.get(&number).cloned() {
            self.put_to_use(&tended, Arc::clone(embedder));
        }
    }

    /// Begins a generation of a model.
    pub(super) fn add_generation(&mut self, model: &Model, embedder: &Arc<dyn Embedder>, role: Role) {
        let number = self.free_number();
        let record = Record {
            number,
            model: model.clone(),
            embedder: Some(self.config.embedder.clone()),
            role,
            made: clock::now(),
        };
        let index = match self.open_index(&record) {
            Ok(index) => index,
            Err(error) => {
                let problem = format!("a generation cannot be made and is tried again: {error}");
                self.shared.note(|problems| &mut problems.index, Some(problem));
                self.again = Some(Instant::now() + AGAIN);
                return;
            }
        };
        let mut plan = self.plan.clone();
        plan.next = number + 1;
        plan.generations.push(record.clone());
        if let Err(error) = self.keep_plan(plan.clone()) {
            // It can be filled all the same, and is made again after a restart.
            self.stored(Err(error));
            self.plan = plan;
        }
        let tended = Arc::new(Tended::new(&record, index));
        self.tended.insert(number, Arc::clone(&tended));
        self.put_to_use(&tended, Arc::clone(embedder));
        let priority = if role == Role::Serving { Priority::Normal } else { Priority::Low };
        self.note_all(&tended, priority);
        tracing::info!(generation = number, model = %model.version, ?role, "policy search: a generation is begun");
    }

    /// The number of the next generation. What is left over of others is removed; where it cannot be, its number is passed over.
    fn free_number(&self) -> u64 {
        let is_free = |number: &u64| match self.generation_folder(*number) {
            Some(folder) if fs::symlink_metadata(&folder).is_ok() => {
                self.remove_folder(*number);
                fs::symlink_metadata(&folder).is_err()
            }
            _ => true,
        };
        (self.plan.next..).find(is_free).unwrap_or(self.plan.next)
    }

    /// Removes what a migration has built, if there is such.
    pub(super) fn drop_building(&mut self) {
        let Some(number) = self.record(Role::Building).map(|record| record.number) else { return };
        let plan = without(&self.plan, number);
        if let Err(error) = self.keep_plan(plan.clone()) {
            self.stored(Err(error));
            self.plan = plan;
        }
        self.remove_generation(number);
    }

    pub(super) fn remove_generation(&mut self, number: u64) {
        self.verification = None;
        if let Some(tended) = self.tended.remove(&number) {
            // Jobs for it that are queued find nothing to do.
            tended.book(std::mem::take);
        }
        self.remove_folder(number);
    }

    pub(super) fn generation_folder(&self, number: u64) -> Option<PathBuf> {
        self.folder.as_ref().map(|folder| folder.join(format!("generation-{number}")))
    }

    pub(super) fn remove_folder(&self, number: u64) {
        if let Some(folder) = self.generation_folder(number)
            && let Err(error) = fs::remove_dir_all(&folder)
        {
            tracing::warn!(folder = %folder.display(), %error, "policy search: a folder that is not needed any more stays");
        }
    }
}
