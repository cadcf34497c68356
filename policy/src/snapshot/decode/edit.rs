//! Changed chunks, in place: their records are read as they were and as they are to be, nothing is changed until all of
//! that can be, and then the one are taken out of everything that they are in, and the other put in.
//!
//! What decides is then what reading the whole would make. It may only be declined more often: names and conditions that
//! nothing refers to any more still count towards limits.

use crate::engine::{Globs, Symbol};
use crate::http::RouteTable;
use crate::identity::Stamp;
use crate::snapshot::arena::ArenaMark;
use crate::snapshot::chunk::ChunkKind;
use crate::snapshot::codec::{DecodeError, Reader};
use crate::snapshot::content::Content;
use crate::snapshot::delta::Change;
use crate::snapshot::limits::{self, Budget};
use crate::snapshot::reads::Reads;
use crate::snapshot::totals::Totals;
use crate::snapshot::{Snapshot, bucket};

use super::principals::Entry;
use super::records::Records;
use super::routes::Route;
use super::settings::totals;
use super::{Decoder, Place};

/// Nothing has been done: the whole is to be read, which also finds what is wrong.
#[derive(Debug)]
pub(super) struct Declined;

impl From<DecodeError> for Declined {
    fn from(_: DecodeError) -> Self {
        Declined
    }
}

/// More changes than these, and more than a quarter of all chunks, are not made one by one.
const SINGLE: usize = 64;

/// What an arena may grow by, in bytes, besides half of what it was, before the whole is read anew.
const SPARED: usize = 1 << 18;

/// The records of changed chunks, as they were or as they are to be.
#[derive(Default)]
struct Side<'a> {
    records: Records,
    routes: Vec<Route<'a>>,
    principals: Vec<Entry<'a>>,
}

impl Snapshot {
    pub(super) fn edit(&mut self, content: &Content, changes: &[Change<'_>]) -> Result<(), Declined> {
        let announced = self.announced(content, changes)?;
        check_buckets(&self.content, content, changes)?;
        let mark = self.arena.mark();
        let edited = self.edit_since(mark, announced, content, changes);
        if edited.is_err() {
            self.arena.truncate(mark);
        }
        edited
    }

    /// Whether so much is kept for nothing that the whole should be read anew.
    pub(super) fn is_worn(&self) -> bool {
        self.arena.bytes() > self.bytes_when_read + self.bytes_when_read / 2 + SPARED
    }

    /// How much the policies are to be. Other settings are not changed in place.
    fn announced(&self, content: &Content, changes: &[Change<'_>]) -> Result<Totals, Declined> {
        let all: usize = ChunkKind::ALL.into_iter().map(|kind| content.chunks(kind).len()).sum();
        if content.chunks(ChunkKind::Settings).len() != 1 || changes.len() > SINGLE.max(all / 4) {
            return Err(Declined);
        }
        let Some(change) = changes.iter().find(|change| change.kind == ChunkKind::Settings) else {
            return Ok(self.sum.totals);
        };
        let (Some(old), Some(new)) = (change.old, change.new) else { return Err(Declined) };
        let same = old.get(..self.totals_at).is_some_and(|same| new.starts_with(same));
        let mut reader = Reader::new(new, change.kind.part());
        reader.bytes(self.totals_at)?;
        if same { Ok(totals(reader, content.size())?) } else { Err(Declined) }
    }

    fn edit_since(
        &mut self,
        mark: ArenaMark,
        announced: Totals,
        content: &Content,
        changes: &[Change<'_>],
    ) -> Result<(), Declined> {
        let (mut gone, mut new) = (Side::default(), Side::default());
        let mut decoder = Decoder::new(&mut self.arena, Budget::default());
        for change in changes {
            let place = Place { bucket: change.place, buckets: self.content.chunks(change.kind).len() };
            gone.read(change.kind, change.old, place, &mut decoder)?;
        }
        decoder.arena.truncate(mark);
        decoder.budget = Budget::of(self.copied.saturating_sub(decoder.budget.copied()));
        new.records.beside = self.sum.without(&gone.records.sum);
        for change in changes {
            let place = Place { bucket: change.place, buckets: content.chunks(change.kind).len() };
            new.read(change.kind, change.new, place, &mut decoder)?;
        }
        let Decoder { mut budget, mut lists, .. } = decoder;
        let copied = budget.copied();
        let mut sum = self.sum.clone();
        let changed = sum.replace(&gone.records.sum, &new.records.sum);
        if sum.totals != announced {
            return Err(Declined);
        }
        limits::HEADERS.check(sum.uses.headers.len())?;
        limits::QUERY_PARAMETERS.check(sum.uses.query.len())?;
        limits::GLOBS.check(sum.globs.len())?;
        let globs = match changed.globs {
            true => Some(self.arena.globs.prepared(&sum.globs, &self.arena.symbols.actions, &mut budget)?),
            false => {
                budget.charge(self.copied_for_globs)?;
                self.check_globs(mark, &mut budget)?;
                None
            }
        };
        replace_routes(&mut self.routes, &gone.routes, new.routes)?;

        // Nothing fails from here on.
        if !self.arena.symbols.has_roles_of(mark.symbols) || !gone.principals.is_empty() || !new.principals.is_empty() {
            self.stamp = Stamp::default();
        }
        gone.principals.iter().for_each(|(source, id, _)| self.directory.remove(source, id));
        new.principals.into_iter().for_each(|(source, id, known)| {
            self.directory.insert(source, id, known);
        });
        self.names.resize(content.chunks(ChunkKind::Policies).len());
        let names = &mut self.arena.names;
        match new.records.names.iter().all(|(at, bucket)| self.names.are(*at, *bucket, names)) {
            // What was read again is not needed.
            true => names.truncate(mark.names),
            false => new.records.names.iter().for_each(|(at, bucket)| self.names.set(*at, *bucket)),
        }
        let roles = self.arena.symbols.roles.len();
        let known = |root| mark.code.has_node(root);
        self.index.edit(&gone.records.rules, &new.records.rules, known, &mut lists, roles);
        self.copied = copied;
        self.copied_for_globs = budget.copied() - copied;
        match globs {
            Some(globs) => self.globs = globs,
            None => self.prepare_since(mark),
        }
        self.sum = sum;
        if changed.reads {
            self.reads = Reads::of(&self.sum.uses, &self.arena.code, &self.identity);
        }
        Ok(())
    }

    /// Whether the globs can be matched with the actions that are new; takes account of what that takes at most.
    fn check_globs(&self, mark: ArenaMark, budget: &mut Budget) -> Result<(), Declined> {
        let actions = &self.arena.symbols.actions;
        let new = actions.len() - mark.symbols.actions();
        if new > 0 && !self.globs.is_empty() {
            limits::GLOB_WORK.check(self.globs.len().saturating_mul(actions.text_len() + actions.len()))?;
            let most = size_of::<(Symbol, Box<[Symbol]>)>() + self.globs.len() * size_of::<Symbol>();
            budget.charge(new.saturating_mul(most))?;
        }
        Ok(())
    }

    fn prepare_since(&mut self, mark: ArenaMark) {
        let Snapshot { arena, globs, .. } = self;
        if !Globs::is_empty(globs) {
            arena.symbols.actions.since(mark.symbols.actions()).for_each(|(name, symbol)| {
                globs.prepare(name, symbol);
            });
        }
    }
}

impl<'a> Side<'a> {
    fn read(
        &mut self,
        kind: ChunkKind,
        chunk: Option<&'a [u8]>,
        place: Place,
        decoder: &mut Decoder<'_>,
    ) -> Result<(), DecodeError> {
        let Some(chunk) = chunk else { return Ok(()) };
        match kind {
            ChunkKind::Settings => {}
            ChunkKind::Routes => self.routes.extend(decoder.routes(chunk, place)?),
            ChunkKind::Principals => self.principals.extend(decoder.principals(chunk, place)?),
            ChunkKind::Policies => decoder.policies(chunk, place, &mut self.records)?,
        }
        Ok(())
    }
}

/// Whether records that stay in their chunks are still where they belong: those of a chunk that is divided are looked at if
/// it is among the changes.
fn check_buckets(before: &Content, after: &Content, changes: &[Change<'_>]) -> Result<(), Declined> {
    for kind in [ChunkKind::Routes, ChunkKind::Principals, ChunkKind::Policies] {
        let (before, after) = (before.chunks(kind).len(), after.chunks(kind).len());
        let is_read =
            |place| changes.binary_search_by_key(&(kind, place), |change| (change.kind, change.place)).is_ok();
        if after == 0 || !(before..after).all(|last| is_read(bucket::divided(last))) {
            return Err(Declined);
        }
    }
    Ok(())
}

/// All or nothing.
fn replace_routes(routes: &mut RouteTable, gone: &[Route<'_>], new: Vec<Route<'_>>) -> Result<(), Declined> {
    let removed: Vec<_> = gone.iter().map(|(pattern, _)| (pattern, routes.remove(pattern))).collect();
    let mut added = Vec::with_capacity(new.len());
    for (pattern, target) in new {
        if routes.insert(&pattern, target).is_err() {
            added.iter().for_each(|pattern| {
                routes.remove(pattern);
            });
            // They were there together before.
            for (pattern, target) in removed {
                let _ = target.map(|target| routes.insert(pattern, target));
            }
            return Err(Declined);
        }
        added.push(pattern);
    }
    Ok(())
}
