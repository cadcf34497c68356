use rustc_hash::FxHashMap;

use super::{Symbol, SymbolMark, SymbolTable};

/// Most scopes from the root down to any: the root and this many levels below it.
pub(crate) const MAX_LEVELS: usize = 16;

/// A scope of a snapshot.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct ScopeId(u32);

impl ScopeId {
    pub(crate) const ROOT: ScopeId = ScopeId(0);
}

/// The scopes of a snapshot, and where their policies stand in its index.
#[derive(Debug, Default)]
pub(crate) struct Scopes {
    ids: FxHashMap<Box<str>, ScopeId>,
    /// By id, less one: the root has no name.
    below_root: Vec<Scope>,
    /// What stands for a kind, or for [`Symbol::WILDCARD`], in the keys of policies of a scope: so one index holds all.
    kinds: FxHashMap<(ScopeId, Symbol), Symbol>,
}

#[derive(Debug)]
struct Scope {
    name: Box<str>,
    /// From the root to this one.
    chain: Box<[ScopeId]>,
}

/// Why a scope cannot be added.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum InvalidScope {
    /// Its parent is not there.
    Orphan,
    /// More levels than [`MAX_LEVELS`].
    TooDeep,
    /// It is there already.
    Duplicate,
}

/// The name of the scope above; `None`: that is the root.
pub(crate) fn parent(name: &str) -> Option<&str> {
    name.rsplit_once('.').map(|(parent, _)| parent)
}

impl Scopes {
    /// Adds a scope; its parent must be there.
    pub(crate) fn insert(&mut self, name: &str) -> Result<(), InvalidScope> {
        let above: &[ScopeId] = match parent(name) {
            Some(parent) => self.get(parent).map(|id| self.chain(id)).ok_or(InvalidScope::Orphan)?,
            None => &[ScopeId::ROOT],
        };
        if above.len() > MAX_LEVELS {
            return Err(InvalidScope::TooDeep);
        }
        let id = ScopeId(u32::try_from(self.below_root.len() + 1).unwrap_or(u32::MAX));
        let chain = above.iter().copied().chain([id]).collect();
        if self.ids.insert(name.into(), id).is_some() {
            return Err(InvalidScope::Duplicate);
        }
        self.below_root.push(Scope { name: name.into(), chain });
        Ok(())
    }

    /// Forgets the kinds that were not there.
    pub(crate) fn truncate(&mut self, to: SymbolMark) {
        self.kinds.retain(|_, kind| to.has_kind(*kind));
    }

    pub(crate) fn get(&self, name: &str) -> Option<ScopeId> {
        self.ids.get(name).copied()
    }

    /// The scopes from the root to this one.
    pub(crate) fn chain(&self, id: ScopeId) -> &[ScopeId] {
        self.of(id).map_or(&[ScopeId::ROOT], |scope| &scope.chain)
    }

    /// Its name; the root has none.
    pub(crate) fn name(&self, id: ScopeId) -> Option<&str> {
        self.of(id).map(|scope| &*scope.name)
    }

    fn of(&self, id: ScopeId) -> Option<&Scope> {
        self.below_root.get((id.0 as usize).checked_sub(1)?)
    }

    /// What stands for a kind in this scope's keys; `None` where no policy of the scope names it.
    pub(crate) fn kind(&self, scope: ScopeId, kind: Symbol) -> Option<Symbol> {
        if scope == ScopeId::ROOT { Some(kind) } else { self.kinds.get(&(scope, kind)).copied() }
    }

    /// As [`Scopes::kind`], made if it is new.
    pub(crate) fn intern_kind(&mut self, scope: ScopeId, kind: Symbol, symbols: &mut SymbolTable) -> Symbol {
        match scope {
            ScopeId::ROOT => kind,
            _ => *self.kinds.entry((scope, kind)).or_insert_with(|| symbols.fresh()),
        }
    }
}
