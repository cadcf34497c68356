use std::collections::HashSet;
use std::fs::{self, DirBuilder};
use std::io;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use tollgate_search::{Index, IndexError};

use crate::embedding::clock;
use crate::embedding::generation::Role;
use crate::embedding::mismatch::{Comparison, compare};
use crate::embedding::queue::Priority;
use crate::embedding::store::{Plan, Record, Store};
use crate::embedding::tended::Tended;

use super::plan::without;
use super::{AGAIN, Keeper};

/// How long somebody else's generation is waited for.
const PATIENCE: Duration = Duration::from_secs(3);

/// An index that cannot be had.
#[derive(Debug, thiserror::Error)]
pub(super) enum OpenError {
    #[error("{}: {source}", folder.display())]
    Folder { folder: PathBuf, source: io::Error },
    #[error(transparent)]
    Index(#[from] IndexError),
}

impl OpenError {
    /// Whether a generation is of no use to this program. Whatever else is wrong with its folder may pass.
    fn is_for_good(&self) -> bool {
        matches!(self, OpenError::Index(IndexError::Model { .. } | IndexError::Format { .. }))
    }
}

impl Keeper {
    /// Goes on from what the folder holds. Whatever is wrong with it, search goes on without it.
    pub(super) fn open(&mut self) {
        self.plan.next = 1;
        match open(&self.config.folder) {
            Ok((store, plan)) => {
                self.folder = Some(self.config.folder.clone());
                self.store = Some(store);
                self.plan = plan;
            }
            Err(reason) => self.nothing_kept(&reason),
        }
        let started = Instant::now();
        let comparisons: Vec<Comparison> = self.plan.generations.iter().map(|record| self.compare(record)).collect();
        let took = started.elapsed();
        for (record, comparison) in self.plan.generations.iter().zip(&comparisons) {
            let (generation, model, role) = (record.number, record.model.version.as_str(), record.role);
            tracing::info!(
                generation,
                model,
                ?role,
                ?comparison,
                took_us = took.as_micros(),
                "policy search: a generation is there"
            );
        }
        self.sweep();
        self.open_generations();
        // What is kept can be searched while all the rest is read.
        self.show();
        self.restore();
        self.begin();
    }

    pub(super) fn compare(&self, record: &Record) -> Comparison {
        compare(&*self.loader, &self.config.embedder, &self.config.version, record)
    }

    /// A generation of no use is made again, and one that cannot be opened now is later, unless somebody else has it.
    fn open_generations(&mut self) {
        for record in std::mem::take(&mut self.plan.generations) {
            match self.open_patiently(&record) {
                Ok(index) => {
                    self.tended.insert(record.number, Arc::new(Tended::new(&record, index)));
                }
                Err(OpenError::Index(error @ IndexError::InUse { .. })) => {
                    self.tended.clear();
                    (self.folder, self.store) = (None, None);
                    self.plan = Plan { next: 1, ..Plan::default() };
                    return self.nothing_kept(&error.to_string());
                }
                Err(error) if error.is_for_good() => {
                    self.useless(&record, &error);
                    continue;
                }
                Err(error) => self.closed(&record, &error),
            }
            self.plan.generations.push(record);
        }
        self.appoint();
    }

    fn useless(&self, record: &Record, error: &OpenError) {
        let generation = record.number;
        tracing::warn!(generation, %error, "policy search: a generation cannot be used and is removed");
        self.remove_folder(generation);
    }

    fn closed(&mut self, record: &Record, error: &OpenError) {
        let generation = record.number;
        let problem = format!(
            "generation {generation} cannot be opened, which is tried again; without its folder it is made again: {error}"
        );
        self.shared.note(|problems| &mut problems.folder, Some(problem));
        self.reopen = Some(Instant::now() + AGAIN);
    }

    /// Opens generations that could not be opened, when it is time; returns when that is.
    pub(super) fn reopen(&mut self, now: Instant) -> Option<Instant> {
        if self.reopen.is_none_or(|at| at > now) {
            return self.reopen;
        }
        self.reopen = None;
        let is_closed = |record: &&Record| !self.tended.contains_key(&record.number);
        let closed: Vec<Record> = self.plan.generations.iter().filter(is_closed).cloned().collect();
        for record in closed {
            match self.open_index(&record) {
                Ok(index) => self.reopened(&record, index),
                Err(error) if error.is_for_good() => {
                    self.useless(&record, &error);
                    self.plan = without(&self.plan, record.number);
                    self.appoint();
                    if self.record(Role::Serving).is_none() {
                        self.load_configured();
                    }
                }
                Err(error) => self.closed(&record, &error),
            }
        }
        if self.reopen.is_none() {
            self.shared.note(|problems| &mut problems.folder, None);
        }
        self.reopen
    }

    fn reopened(&mut self, record: &Record, index: Index) {
        let tended = Arc::new(Tended::new(record, index));
        self.tended.insert(record.number, Arc::clone(&tended));
        let is_serving = record.role == Role::Serving;
        self.note_all(&tended, if is_serving { Priority::Normal } else { Priority::Low });
        self.equip(record.number);
        tracing::info!(generation = record.number, "policy search: a generation can be opened now");
    }

    /// One of the generations serves.
    fn appoint(&mut self) {
        let has = |plan: &Plan, role| plan.generations.iter().any(|record| record.role == role);
        if !has(&self.plan, Role::Serving) {
            // Half of a generation is better than none.
            let best = |record: &&mut Record| (record.role == Role::Kept, record.number);
            if let Some(record) = self.plan.generations.iter_mut().max_by_key(best) {
                record.role = Role::Serving;
            }
        }
        let plan = self.plan.clone();
        let kept = self.keep_plan(plan);
        self.stored(kept);
    }

    /// A predecessor that is shutting down may have it still.
    fn open_patiently(&self, record: &Record) -> Result<Index, OpenError> {
        let start = Instant::now();
        loop {
            match self.open_index(record) {
                Err(OpenError::Index(IndexError::InUse { .. })) if start.elapsed() < PATIENCE => {
                    thread::sleep(PATIENCE / 50);
                }
                opened => return opened,
            }
        }
    }

    pub(super) fn open_index(&self, record: &Record) -> Result<Index, OpenError> {
        match self.generation_folder(record.number) {
            None => Ok(Index::in_memory(record.model.clone(), self.config.index)),
            Some(folder) => {
                fs::create_dir_all(&folder).map_err(|source| OpenError::Folder { folder: folder.clone(), source })?;
                Ok(Index::open(&folder, record.model.clone(), self.config.index)?)
            }
        }
    }

    fn nothing_kept(&self, reason: &str) {
        let problem = format!("nothing is kept, and all is embedded again after a restart: {reason}");
        self.shared.note(|problems| &mut problems.folder, Some(problem));
    }

    /// What was made before, and what the last run has left over.
    fn restore(&mut self) {
        let Some(store) = &mut self.store else { return };
        let cached = match (&self.shared.cache, self.config.cache) {
            (Some(cache), Some(limits)) => store.cached(limits.entries.get()).map(|saved| {
                let mut cache = cache.lock().unwrap_or_else(PoisonError::into_inner);
                cache.restore(saved, clock::now());
                limits.entries.get()
            }),
            _ => Ok(0),
        };
        let restored = cached.and_then(|most| {
            store.trim(most)?;
            let letters = store.letters()?.into_iter();
            self.letters = letters.map(|(number, letter)| ((number, Arc::clone(&letter.name)), letter)).collect();
            let left = store.take_left()?.into_iter();
            self.left = left.map(|left| ((left.generation, left.name.clone()), left)).collect();
            Ok(())
        });
        self.stored(restored);
    }

    /// What to do about the model that is configured, and who can embed what.
    fn begin(&mut self) {
        let Some(serving) = self.record(Role::Serving).cloned() else { return self.load_configured() };
        let comparison = self.compare(&serving);
        let is_continued = self
            .record(Role::Building)
            .map(|record| self.compare(record) == Comparison::Same || self.compare(record) == Comparison::Unknown);
        if is_continued == Some(false) {
            tracing::info!(
                "policy search: the migration that went on was to another model than the one that is configured now"
            );
            self.drop_building();
        }
        match comparison {
            Comparison::Same => {
                self.drop_building();
                self.adopt_configuration(serving.number);
                self.equip(serving.number);
            }
            Comparison::Unknown => self.load_configured(),
            Comparison::Differs(why) => {
                self.equip(serving.number);
                if self.differs(&why) {
                    self.load_configured();
                }
            }
        }
        if let Some(kept) = self.record(Role::Kept).map(|record| record.number) {
            self.equip(kept);
        }
    }

    /// Removes the folders of generations that are none.
    fn sweep(&self) {
        let Some(entries) = self.folder.as_ref().and_then(|folder| fs::read_dir(folder).ok()) else { return };
        let known: HashSet<u64> = self.plan.generations.iter().map(|record| record.number).collect();
        for entry in entries.flatten() {
            let name = entry.file_name();
            let number =
                name.to_str().and_then(|name| name.strip_prefix("generation-")).and_then(|number| number.parse().ok());
            if let Some(number) = number.filter(|number| !known.contains(number)) {
                self.remove_folder(number);
            }
        }
    }
}

fn open(folder: &Path) -> Result<(Store, Plan), String> {
    // For nobody else: it tells what policies there are, and how services are asked.
    let made = DirBuilder::new().recursive(true).mode(0o700).create(folder);
    made.map_err(|error| format!("search folder `{}`: {error}", folder.display()))?;
    let store = Store::open(folder).map_err(|error| error.to_string())?;
    let plan = store.plan().map_err(|error| error.to_string())?;
    Ok((store, plan))
}
