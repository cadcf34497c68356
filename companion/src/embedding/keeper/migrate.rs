use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::{Duration, Instant};

use tollgate_search::{Embedder, Model, ModelVersion};

use crate::embedding::book::Book;
use crate::embedding::clock;
use crate::embedding::command::Declined;
use crate::embedding::config::{EmbedderConfig, Migrate};
use crate::embedding::embedders::LoadError;
use crate::embedding::generation::Role;
use crate::embedding::mismatch::Comparison;
use crate::embedding::priority;
use crate::embedding::queue::Priority;
use crate::embedding::shared::{Event, Wanted};
use crate::embedding::state::{Migration, Phase};
use crate::embedding::store::{Held, Plan, Record, StoreError};
use crate::embedding::tended::Tended;

use super::{AGAIN, Keeper};

/// How often policies may be found wrong before an operator has to have a look.
const MOST_VERIFICATIONS: u32 = 3;

/// A migration that goes on.
#[derive(Debug)]
pub(super) struct Progress {
    begun: Instant,
    /// How much was done when it began or went on; absent before there is a generation.
    before: Option<usize>,
    verifications: u32,
    is_verifying: bool,
    /// What it waits for.
    stuck: Option<String>,
    /// When what failed is tried again.
    again: Option<Instant>,
}

impl Progress {
    pub(super) fn new() -> Self {
        Progress {
            begun: Instant::now(),
            before: None,
            verifications: 0,
            is_verifying: false,
            stuck: None,
            again: None,
        }
    }
}

impl Keeper {
    /// The configured model is not the one that serves; returns whether a migration begins by itself.
    pub(super) fn differs(&mut self, why: &str) -> bool {
        let is_continued = self.record(Role::Building).is_some();
        let is_held = self.plan.held.as_ref().is_some_and(|held| self.is_held(held));
        if is_continued || (self.config.migrate == Migrate::Auto && !is_held) {
            tracing::info!(why, "policy search: migrating to the configured model");
            self.begin_migration();
            return true;
        }
        let problem = format!("the configured model does not serve ({why}): `tollgate migrate start` builds it");
        self.shared.note(|problems| &mut problems.model, Some(problem));
        false
    }

    /// Its generation is begun once the configured model is loaded.
    pub(super) fn begin_migration(&mut self) {
        self.shared.note(|problems| &mut problems.model, None);
        self.migration = Some(Progress::new());
    }

    pub(super) fn load_configured(&self) {
        self.load(Wanted::Configured, self.config.embedder.clone(), self.config.version.clone());
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

    fn put_to_use(&self, tended: &Arc<Tended>, embedder: Arc<dyn Embedder>) {
        tended.equip(embedder);
        tended.book(Book::unpark);
        if self.record(Role::Serving).is_some_and(|record| record.number == tended.number) {
            self.shared.note(|problems| &mut problems.embedder, None);
            self.shared.serve(Some(tended));
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

    /// Goes on with what is there already of the configured model.
    fn resume(&mut self, number: u64, embedder: &Arc<dyn Embedder>) {
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

    fn add_generation(&mut self, model: &Model, embedder: &Arc<dyn Embedder>, role: Role) {
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

    /// Carries a migration on; returns when to look again.
    pub(super) fn advance(&mut self, now: Instant) -> Option<Instant> {
        self.try_again(now);
        match (self.advance_building(now), self.again) {
            (Some(building), Some(again)) => Some(building.min(again)),
            (building, again) => building.or(again),
        }
    }

    /// Loads what could not be loaded, when it is time.
    fn try_again(&mut self, now: Instant) {
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

    fn advance_building(&mut self, now: Instant) -> Option<Instant> {
        let building = self.of_role(Role::Building)?;
        let total = self.known.len();
        let stale = building.stale();
        let progress = self.migration.get_or_insert_with(Progress::new);
        progress.before.get_or_insert(total.saturating_sub(stale));
        if let Some(until) = progress.again.filter(|until| *until > now) {
            return Some(until);
        }
        if !self.is_informed || stale != building.given_up() {
            progress.is_verifying = false;
            return None;
        }
        if let Some(reason) = self.missing(&building) {
            self.stick(reason);
            return None;
        }
        let mut verification = self.verification.take().unwrap_or_else(|| self.begin_verification());
        self.verify_piece(&mut verification, &building);
        if let Some(progress) = &mut self.migration {
            progress.is_verifying = true;
            progress.stuck = None;
        }
        if !verification.is_over() {
            self.verification = Some(verification);
        } else if verification.wrong.is_empty() {
            self.complete(&building, now);
        } else {
            self.mend(&building, &verification.wrong);
        }
        Some(now)
    }

    /// What the new generation lacks although the old one has it.
    fn missing(&self, building: &Tended) -> Option<String> {
        if building.given_up() == 0 {
            return None;
        }
        let serving = self.of_role(Role::Serving)?;
        let letters = building.book(|book| book.letters());
        let lost = letters.iter().filter(|letter| serving.index.text_of(&letter.name).is_some());
        let (count, first) = (lost.clone().count(), lost.clone().next()?);
        Some(format!(
            "the new model could not embed {count} policies, the first being {}: {}",
            first.name, first.reason
        ))
    }

    fn stick(&mut self, reason: String) {
        if let Some(progress) = &mut self.migration
            && progress.stuck.as_ref() != Some(&reason)
        {
            tracing::warn!("policy search: the migration cannot go on: {reason}");
            progress.stuck = Some(reason);
        }
    }

    /// Policies that are not as they should be are embedded again.
    fn mend(&mut self, building: &Tended, wrong: &[Arc<str>]) {
        let count = wrong.len();
        let Some(progress) = &mut self.migration else { return };
        progress.verifications += 1;
        if progress.verifications > MOST_VERIFICATIONS {
            progress.again = Some(Instant::now() + AGAIN);
            return self
                .stick(format!("{count} policies are not found in the new index, however often they are embedded"));
        }
        tracing::warn!(
            count,
            "policy search: policies are not as they should be in the new generation, and are embedded again"
        );
        let names: Vec<&str> = wrong.iter().map(|name| &**name).collect();
        let _writing = building.writing();
        if let Err(error) = building.index.remove(&names) {
            tracing::warn!(%error, "policy search: they cannot be removed from it");
        }
        let now = Instant::now();
        building.book(|book| {
            for name in wrong {
                if let Some(policy) = self.known.get(name) {
                    book.note(name, policy, now, Priority::Low);
                }
            }
        });
    }

    /// The new generation serves from here on, and the old one is kept.
    fn complete(&mut self, building: &Arc<Tended>, now: Instant) {
        let mut plan = self.plan.clone();
        let before_last = self.record(Role::Kept).map(|record| record.number);
        plan.generations.retain(|record| record.role != Role::Kept);
        for record in &mut plan.generations {
            record.role = if record.number == building.number { Role::Serving } else { Role::Kept };
        }
        plan.held = None;
        let written = self.keep_plan(plan);
        let is_written = written.is_ok();
        self.stored(written);
        if !is_written {
            if let Some(progress) = &mut self.migration {
                progress.again = Some(now + AGAIN);
            }
            return;
        }
        self.migration = None;
        self.serve(building);
        if let Some(number) = before_last {
            self.remove_generation(number);
        }
        tracing::info!(generation = building.number, model = %building.model.version, "policy search: a new generation serves");
    }

    /// Has a generation answer. One that could not embed when nobody asked it to is not left so.
    pub(super) fn serve(&self, tended: &Arc<Tended>) {
        self.shared.serve(Some(tended));
        if tended.embedder().is_none() {
            self.equip(tended.number);
        }
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

    pub(super) fn migration_state(&self) -> Option<Migration> {
        let progress = self.migration.as_ref()?;
        let building = self.of_role(Role::Building);
        let total = self.known.len();
        let done = building.as_ref().map_or(0, |building| total.saturating_sub(building.stale()));
        let seconds = progress.begun.elapsed().as_secs_f64();
        let rate = done.saturating_sub(progress.before.unwrap_or(done)) as f64 / seconds.max(0.001);
        let left = total.saturating_sub(done) as f64;
        let phase = match () {
            () if progress.stuck.is_some() => Phase::Stuck,
            () if building.is_none() => Phase::Loading,
            () if progress.is_verifying => Phase::Verifying,
            () => Phase::Building,
        };
        Some(Migration {
            generation: building.as_ref().map(|building| building.number),
            from: self.record(Role::Serving).map(|record| record.model.version.clone()).unwrap_or_default(),
            to: self.config.version.clone(),
            phase,
            done,
            total,
            rate,
            remaining: (rate > 0.0).then(|| Duration::try_from_secs_f64(left / rate).unwrap_or(Duration::MAX)),
            dead: building.as_ref().map_or(0, |building| building.given_up()),
            stuck: progress.stuck.clone(),
        })
    }
}

pub(super) fn without(plan: &Plan, number: u64) -> Plan {
    let mut plan = plan.clone();
    plan.generations.retain(|record| record.number != number);
    plan
}
