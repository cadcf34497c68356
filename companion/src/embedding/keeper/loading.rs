use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::Instant;

use tollgate_search::{Embedder, ModelVersion};

use crate::embedding::book::Book;
use crate::embedding::config::EmbedderConfig;
use crate::embedding::embedders::LoadError;
use crate::embedding::generation::Role;
use crate::embedding::mismatch::Comparison;
use crate::embedding::priority;
use crate::embedding::shared::{Event, Wanted};
use crate::embedding::store::Record;
use crate::embedding::tended::Tended;

use super::{AGAIN, Keeper};

impl Keeper {
    /// Has the embedder made that is configured.
    pub(super) fn load_configured(&self) {
        self.load(Wanted::Configured, self.config.embedder.clone(), self.config.version.clone());
    }

    /// Has the embedder of a generation made.
    pub(super) fn equip(&self, number: u64) {
        let record = self.plan.generations.iter().find(|record| record.number == number);
        if let Some(Record { embedder: Some(config), model, .. }) = record {
            self.load(Wanted::Equip(number), config.clone(), model.version.clone());
        }
    }

    /// What answers should embed, too: it may have been unable to when nobody asked it to.
    pub(super) fn have_embed(&self, tended: &Tended) {
        if tended.embedder().is_none() {
            self.equip(tended.number);
        }
    }

    /// Elsewhere: it may take seconds, and changes go on.
    pub(super) fn load(&self, wanted: Wanted, config: EmbedderConfig, version: ModelVersion) {
        let (shared, loader) = (Arc::clone(&self.shared), Arc::clone(&self.loader));
        let loading = priority::spawn("search-loader", move || {
            let loaded = catch_unwind(AssertUnwindSafe(|| loader.load(&config, &version)));
            let crash = || LoadError("loading it failed inside the program".to_owned());
            shared.tell_waiting(Event::Loaded(wanted, loaded.unwrap_or_else(|_| Err(crash()))));
        });
        if let Err(error) = loading {
            self.shared
                .note(|problems| &mut problems.embedder, Some(format!("no thread to load a model with: {error}")));
        }
    }

    /// An embedder was made, or could not be.
    pub(super) fn loaded(&mut self, wanted: Wanted, outcome: Result<Arc<dyn Embedder>, LoadError>) {
        match (wanted, outcome) {
            (Wanted::Equip(number), outcome) => self.equipped(number, outcome),
            (Wanted::Configured, Ok(embedder)) => {
                self.shared.note(|problems| &mut problems.embedder, None);
                if let Some(progress) = &mut self.migration {
                    progress.stuck = None;
                }
                self.configured(&embedder);
            }
            (Wanted::Configured, Err(error)) => {
                let problem = format!("the configured embedder cannot be loaded and is tried again: {error}");
                self.shared.note(|problems| &mut problems.embedder, Some(problem.clone()));
                self.again = Some(Instant::now() + AGAIN);
                if let Some(progress) = &mut self.migration {
                    progress.stuck = Some(problem);
                }
            }
        }
    }

    fn equipped(&mut self, number: u64, outcome: Result<Arc<dyn Embedder>, LoadError>) {
        let Some(tended) = self.tended.get(&number).cloned() else { return };
        let is_serving = self.record(Role::Serving).is_some_and(|record| record.number == number);
        let why = match outcome {
            Ok(embedder) if *embedder.model() == tended.model => return self.put_to_use(&tended, embedder),
            Ok(_) => "it is not what it was".to_owned(),
            Err(error) => error.to_string(),
        };
        let version = &tended.model.version;
        tracing::warn!(generation = number, %version, why, "policy search: an embedder cannot be loaded");
        if is_serving {
            let problem = format!(
                "the embedder of model {version} cannot be loaded ({why}): policies can be searched with each other, but nothing new can be embedded"
            );
            self.shared.note(|problems| &mut problems.embedder, Some(problem));
            self.again = Some(Instant::now() + AGAIN);
        }
    }

    pub(super) fn put_to_use(&self, tended: &Arc<Tended>, embedder: Arc<dyn Embedder>) {
        tended.equip(embedder);
        tended.book(Book::unpark);
        if self.record(Role::Serving).is_some_and(|record| record.number == tended.number) {
            self.shared.note(|problems| &mut problems.embedder, None);
        }
    }

    /// The configured model is known down to its fingerprint.
    fn configured(&mut self, embedder: &Arc<dyn Embedder>) {
        let model = embedder.model().clone();
        let Some(serving) = self.record(Role::Serving).cloned() else {
            return self.add_generation(&model, embedder, Role::Serving);
        };
        if serving.model == model {
            self.migration = None;
            self.drop_building();
            self.adopt_configuration(serving.number);
            if let Some(tended) = self.tended.get(&serving.number).cloned() {
                self.put_to_use(&tended, Arc::clone(embedder));
            }
            return;
        }
        if self.migration.is_none() {
            // It took the model to tell.
            self.equip(serving.number);
            if !self.differs("it has other weights, vocabulary or texts") {
                return;
            }
        }
        let there = self.plan.generations.iter().find(|record| record.role != Role::Serving && record.model == model);
        match there.map(|record| record.number) {
            Some(number) => self.resume(number, embedder),
            None => {
                self.drop_building();
                self.add_generation(&model, embedder, Role::Building);
            }
        }
    }

    /// Loads what could not be loaded, when it is time.
    pub(super) fn try_again(&mut self, now: Instant) {
        if self.again.is_none_or(|again| again > now) {
            return;
        }
        self.again = None;
        let serving = self.record(Role::Serving).filter(|_| self.migration.is_none());
        match serving.filter(|record| self.compare(record) != Comparison::Unknown).map(|record| record.number) {
            Some(serving) => self.equip(serving),
            None => self.load_configured(),
        }
    }
}
