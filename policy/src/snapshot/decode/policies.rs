use crate::condition::StringId;
use crate::engine::{CandidateRef, Class, Effect, ScopeId, Symbol};
use crate::snapshot::chunk::Strings;
use crate::snapshot::codec::{DecodeError, Reader};
use crate::snapshot::limits;
use crate::snapshot::program::ProgramReader;

use super::{Decoder, Place};

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

impl Decoder {
    pub(super) fn policies<'a>(
        &mut self,
        reader: &mut Reader<'a>,
        strings: &Strings<'a>,
        place: Place,
    ) -> Result<(), DecodeError> {
        self.chunk.start(strings.len());
        let mut last = None;
        for _ in 0..limits::RECORDS.check(reader.count()?)? {
            let name = strings.get(reader)?;
            place.check(&[name], reader)?;
            // In order, so that no name can occur twice.
            if last.replace(name).is_some_and(|last| last >= name) {
                return Err(reader.invalid("policy order"));
            }
            self.policy(reader, strings)?;
            self.policies.push(name);
            self.read.policies += 1;
            self.read.name_bytes += name.len();
        }
        Ok(())
    }

    fn policy<'a>(&mut self, reader: &mut Reader<'a>, strings: &Strings<'a>) -> Result<(), DecodeError> {
        limits::POLICIES.check(self.policies.len() + 1)?;
        let slot = u32::try_from(self.policies.len()).unwrap_or(u32::MAX);
        let effect = if reader.bool()? { Effect::Deny } else { Effect::Allow };
        let shadow = reader.bool()?;
        self.has_shadow |= shadow;
        let scope = self.policy_scope(reader, strings)?;
        let ChunkNames { kinds, actions, roles, strings: known, kind_list, action_list, role_list } = &mut self.chunk;
        names(reader, strings, kinds, kind_list, |name| Ok(self.symbols.kinds.intern(name)))?;
        for kind in &mut *kind_list {
            *kind = self.scopes.intern_kind(scope, *kind, &mut self.symbols.kinds);
        }
        names(reader, strings, actions, action_list, |name| {
            if let Some(glob) = self.globs.symbol(name, &mut self.symbols.actions)? {
                return Ok(glob);
            }
            Ok(self.symbols.actions.intern(name))
        })?;
        let ways = limits::WAYS.check(reader.count()?)?;
        if ways == 0 {
            return Err(reader.invalid("policy without roles"));
        }
        for _ in 0..ways {
            names(reader, strings, roles, role_list, |name| Ok(self.symbols.roles.intern(name)))?;
            self.read.rules += 1;
            let condition = match reader.bool()? {
                true => Some(
                    ProgramReader {
                        strings,
                        known,
                        interner: &mut self.interner,
                        code: &mut self.code,
                        reads: &mut self.reads,
                        budget: &mut self.budget,
                    }
                    .read(reader)?,
                ),
                false => None,
            };
            let entries = kind_list.len().saturating_mul(action_list.len()).saturating_mul(role_list.len());
            limits::ENTRIES.check(entries.saturating_add(self.index.entries()))?;
            let candidate = CandidateRef::new(slot, Class::of(effect, shadow), condition);
            self.index.add(candidate, kind_list, action_list, role_list);
        }
        Ok(())
    }

    fn policy_scope(&self, reader: &mut Reader<'_>, strings: &Strings<'_>) -> Result<ScopeId, DecodeError> {
        if !reader.bool()? {
            return Ok(ScopeId::ROOT);
        }
        self.scopes.get(strings.get(reader)?).ok_or_else(|| reader.invalid("scope"))
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
