use std::sync::Arc;
use std::time::Instant;

use crate::embedding::config::Migrate;
use crate::embedding::generation::Role;
use crate::embedding::migrations::{Migration, Phase};
use crate::embedding::queue::Priority;
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
    pub(super) stuck: Option<String>,
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

    /// Carries a migration on; returns when to look again.
    pub(super) fn advance(&mut self, now: Instant) -> Option<Instant> {
        self.try_again(now);
        match (self.advance_building(now), self.again) {
            (Some(building), Some(again)) => Some(building.min(again)),
            (building, again) => building.or(again),
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
        self.have_embed(building);
        if let Some(number) = before_last {
            self.remove_generation(number);
        }
        tracing::info!(generation = building.number, model = %building.model.version, "policy search: a new generation serves");
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
            remaining_seconds: (rate > 0.0).then(|| left / rate),
            dead: building.as_ref().map_or(0, |building| building.given_up()),
            stuck: progress.stuck.clone(),
        })
    }
}
