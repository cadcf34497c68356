use crate::condition::StringId;
use crate::engine::{CandidateRef, Class, Effect, ScopeId, Slot, Symbol};
use crate::snapshot::chunk::{ChunkKind, Strings};
use crate::snapshot::codec::{DecodeError, Reader};
use crate::snapshot::limits;
use crate::snapshot::names::Bucket;
use crate::snapshot::program::ProgramReader;

use super::records::Records;
use super::{Decoder, Place, open};

/// What the strings of a chunk are elsewhere, each looked up only once; and lists that every policy uses again.
#[derive(Default)]
pub(super) struct ChunkNames {
    kinds: Vec<Option<Symbol>>,
    actions: Vec<Option<Symbol>>,
    roles: Vec<Option<Symbol>>,
    strings: Vec<Option<StringId>>,
    kind_list: Vec<Symbol>,
    action_list: Vec<Symbol>,
    role_list: Vec<Symbol>,
}

impl ChunkNames {
    /// Forgets the chunk before; `strings`: how many this one has.
    fn start(&mut self, strings: usize) {
        for known in [&mut self.kinds, &mut self.actions, &mut self.roles] {
            known.clear();
            known.resize(strings, None);
        }
        self.strings.clear();
        self.strings.resize(strings, None);
    }
}

impl Decoder<'_> {
    /// Adds a chunk's policies to records.
    pub(super) fn policies(&mut self, chunk: &[u8], place: Place, records: &mut Records) -> Result<(), DecodeError> {
        let (mut reader, strings) = open(ChunkKind::Policies, chunk)?;
        self.chunk.start(strings.len());
        let first = u32::try_from(self.arena.names.len()).unwrap_or(u32::MAX);
        let mut last = None;
        let count = limits::RECORDS.check(reader.count()?)?;
        for number in 0..count {
            let name = strings.get(&mut reader)?;
            place.check(&[name], &reader)?;
            // In order, so that no name can occur twice.
            if last.replace(name).is_some_and(|last| last >= name) {
                return Err(reader.invalid("policy order"));
            }
            let slot = Slot::new(place.bucket, number).ok_or(limits::BUCKETS.exceeded())?;
            self.policy(slot, &mut reader, &strings, records)?;
            self.arena.names.push(name);
            records.sum.totals.policies += 1;
            records.sum.totals.name_bytes += name.len();
            limits::POLICIES.check(records.beside.policies + records.sum.totals.policies)?;
        }
        records.names.push((place.bucket, Bucket { first, policies: u32::try_from(count).unwrap_or_default() }));
        reader.finish()
    }

    fn policy<'a>(
        &mut self,
        slot: Slot,
        reader: &mut Reader<'a>,
        strings: &Strings<'a>,
        records: &mut Records,
    ) -> Result<(), DecodeError> {
        let effect = if reader.bool()? { Effect::Deny } else { Effect::Allow };
        let shadow = reader.bool()?;
        let scope = self.policy_scope(reader, strings)?;
        let Decoder { arena, budget, lists, chunk } = self;
        let ChunkNames { kinds, actions, roles, strings: known, kind_list, action_list, role_list } = chunk;
        let Records { rules, sum, beside, .. } = records;
        sum.shadow += usize::from(shadow);
        names(reader, strings, kinds, kind_list, |name| Ok(arena.symbols.kinds.intern(name)))?;
        for kind in &mut *kind_list {
            *kind = arena.scopes.intern_kind(scope, *kind, &mut arena.symbols.kinds);
        }
        names(reader, strings, actions, action_list, |name| {
            if let Some(glob) = arena.globs.symbol(name, &mut arena.symbols.actions)? {
                return Ok(glob);
            }
            Ok(arena.symbols.actions.intern(name))
        })?;
        if !arena.globs.is_empty() {
            for glob in action_list.iter().filter(|action| arena.symbols.actions.is_fresh(**action)) {
                sum.globs.add(glob.0);
                limits::GLOBS.check(sum.globs.len())?;
            }
        }
        let ways = limits::WAYS.check(reader.count()?)?;
        if ways == 0 {
            return Err(reader.invalid("policy without roles"));
        }
        for way in 0..ways {
            names(reader, strings, roles, role_list, |name| Ok(arena.symbols.roles.intern(name)))?;
            sum.totals.rules += 1;
            let condition = match reader.bool()? {
                true => Some(
                    ProgramReader {
                        strings,
                        known,
                        interner: &mut arena.interner,
                        code: &mut arena.code,
                        uses: &mut sum.uses,
                        budget,
                    }
                    .read(reader, way >= CandidateRef::LAST_WAY as usize)?,
                ),
                false => None,
            };
            let entries = kind_list.len().saturating_mul(action_list.len()).saturating_mul(role_list.len());
            sum.entries = sum.entries.saturating_add(entries);
            limits::ENTRIES.check(beside.entries.saturating_add(sum.entries))?;
            let candidate = CandidateRef::new(slot, way, Class::of(effect, shadow), condition);
            rules.add(lists, candidate, [kind_list, action_list, role_list]);
        }
        Ok(())
    }

    fn policy_scope(&self, reader: &mut Reader<'_>, strings: &Strings<'_>) -> Result<ScopeId, DecodeError> {
        if !reader.bool()? {
            return Ok(ScopeId::ROOT);
        }
        self.arena.scopes.get(strings.get(reader)?).ok_or_else(|| reader.invalid("scope"))
    }
}

/// Reads the wildcard, or a list that is neither empty nor has anything twice; `intern` tells the symbol of a name that has
/// not been met in this chunk.
#[inline]
fn names(
    reader: &mut Reader<'_>,
    strings: &Strings<'_>,
    known: &mut [Option<Symbol>],
    list: &mut Vec<Symbol>,
    mut intern: impl FnMut(&str) -> Result<Symbol, DecodeError>,
) -> Result<(), DecodeError> {
    list.clear();
    if reader.bool()? {
        list.push(Symbol::WILDCARD);
        return Ok(());
    }
    let count = limits::NAMES.check(reader.count()?)?;
    if count == 0 {
        return Err(reader.invalid("list of names"));
    }
    for _ in 0..count {
        let position = strings.index(reader)?;
        let symbol = match known.get_mut(position) {
            Some(Some(symbol)) => *symbol,
            Some(unknown) => *unknown.insert(intern(strings.at(position))?),
            None => return Err(reader.invalid("string reference")),
        };
        if list.contains(&symbol) {
            return Err(reader.invalid("repeated name"));
        }
        list.push(symbol);
    }
    Ok(())
}
