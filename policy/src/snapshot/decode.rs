//! From chunks to what decides: all of them at once, or those that differ ([`edit`]), by the same readers.

mod edit;
mod policies;
mod principals;
mod records;
mod routes;
mod settings;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use crate::engine::{Index, Lists};
use crate::http::RouteTable;
use crate::identity::{Directory, Stamp};

use super::arena::Arena;
use super::chunk::{ChunkKind, Strings};
use super::codec::{DecodeError, Reader};
use super::content::Content;
use super::delta::Change;
use super::head::Head;
use super::limits::Budget;
use super::names::Names;
use super::reads::Reads;
use super::{Snapshot, bucket};
use policies::ChunkNames;
use records::Records;
pub(super) use records::Sum;

impl Snapshot {
    /// Reads a snapshot, checking everything: its mark and format, its digest, every count, reference and limit. Bytes that
    /// are handed over, rather than lent, are freed as soon as they have been read, which keeps the peak of memory low.
    ///
    /// # Errors
    /// Says what is wrong and where. Nothing of a refused snapshot is ever used.
    pub fn decode(bytes: impl AsRef<[u8]>) -> Result<Self, DecodeError> {
        let (head, content) = Content::read(bytes.as_ref())?;
        drop(bytes);
        Snapshot::read(head, content)
    }

    /// Goes over to another content, which differs by these changes: in place where that can be, and else by reading the
    /// whole, which also says what is wrong. All or nothing.
    pub(super) fn replace(&mut self, content: &Content, changes: &[Change<'_>]) -> Result<(), DecodeError> {
        let kept = self.edit(content, changes).is_ok();
        if kept && !self.is_worn() {
            return Ok(());
        }
        let head = Head { id: self.id, digest: self.digest, attestations: self.attestations.clone() };
        match Snapshot::read(head, content.clone()) {
            Ok(read) => *self = read,
            Err(_) if kept => {}
            Err(error) => return Err(error),
        }
        Ok(())
    }

    fn read(head: Head, content: Content) -> Result<Self, DecodeError> {
        let mut arena = Arena::default();
        let mut decoder = Decoder::new(&mut arena, Budget::default());
        let settings = match content.chunks(ChunkKind::Settings) {
            [chunk] => decoder.settings(chunk, content.size())?,
            _ => return Err(number_of_chunks(ChunkKind::Settings)),
        };
        let mut routes = RouteTable::default();
        for (chunk, place) in chunks(&content, ChunkKind::Routes)? {
            for (pattern, target) in decoder.routes(chunk, place)? {
                let name = target.name().to_owned();
                routes.insert(&pattern, target).map_err(|_| DecodeError::AmbiguousRoute(name))?;
            }
        }
        let mut directory = Directory::default();
        for (chunk, place) in chunks(&content, ChunkKind::Principals)? {
            for (source, id, known) in decoder.principals(chunk, place)? {
                directory.insert(source, id, known);
            }
        }
        let mut records = Records::default();
        decoder.arena.names.reserve(settings.announced.policies, settings.announced.name_bytes);
        // Nearly every policy is reached in one way.
        records.rules.reserve(settings.announced.policies);
        for (chunk, place) in chunks(&content, ChunkKind::Policies)? {
            decoder.policies(chunk, place, &mut records)?;
        }
        let Records { rules, sum, names: buckets, .. } = records;
        if sum.totals != settings.announced {
            return Err(DecodeError::Totals);
        }
        let Decoder { mut budget, lists, .. } = decoder;
        arena.shrink();
        let mut names = Names::default();
        names.resize(content.chunks(ChunkKind::Policies).len());
        buckets.into_iter().for_each(|(at, bucket)| names.set(at, bucket));
        let (read, symbols) = (budget.copied(), &arena.symbols);
        Ok(Snapshot {
            id: head.id,
            digest: head.digest,
            attestations: head.attestations,
            content,
            globs: arena.globs.prepared(&sum.globs, &symbols.actions, &mut budget)?,
            index: Index::build(rules, &lists, symbols.roles.len(), symbols.actions.len()),
            reads: Reads::of(&sum.uses, &arena.code, &settings.identity),
            names,
            sum,
            copied: read,
            copied_for_globs: budget.copied() - read,
            routes,
            passes_unmatched: settings.passes_unmatched,
            identity: settings.identity,
            budget_mode: settings.budget_mode,
            directory,
            stamp: Stamp::default(),
            totals_at: settings.totals_at,
            bytes_when_read: arena.bytes(),
            arena,
        })
    }
}

/// Reads the records of chunks into an arena.
struct Decoder<'s> {
    arena: &'s mut Arena,
    budget: Budget,
    lists: Lists,
    chunk: ChunkNames,
}

impl<'s> Decoder<'s> {
    fn new(arena: &'s mut Arena, budget: Budget) -> Self {
        Decoder { arena, budget, lists: Lists::default(), chunk: ChunkNames::default() }
    }
}

/// The chunks of a kind of which there is at least one, each with its place.
fn chunks(content: &Content, kind: ChunkKind) -> Result<impl Iterator<Item = (&[u8], Place)>, DecodeError> {
    let chunks = content.chunks(kind);
    if chunks.is_empty() {
        return Err(number_of_chunks(kind));
    }
    let place = move |bucket| Place { bucket, buckets: chunks.len() };
    Ok(chunks.iter().map(Arc::as_ref).zip((0..).map(place)))
}

fn number_of_chunks(kind: ChunkKind) -> DecodeError {
    DecodeError::Invalid { what: "number of chunks", at: 0, part: kind.part() }
}

/// A chunk's records, still to be read, and its strings.
fn open(kind: ChunkKind, chunk: &[u8]) -> Result<(Reader<'_>, Strings<'_>), DecodeError> {
    let mut reader = Reader::new(chunk, kind.part());
    let strings = Strings::read(&mut reader)?;
    Ok((reader, strings))
}

/// Where the chunk being read stands among those of its kind.
#[derive(Clone, Copy)]
struct Place {
    bucket: usize,
    buckets: usize,
}

impl Place {
    /// Whether the record of this name belongs here.
    fn check(self, name: &[&str], reader: &Reader<'_>) -> Result<(), DecodeError> {
        match bucket::of(name, self.buckets) == self.bucket {
            true => Ok(()),
            false => Err(reader.invalid("bucket")),
        }
    }
}
