use crate::condition::{Code, Mark};
use crate::engine::{Scopes, SymbolMark, Symbols};
use crate::texts::Texts;

use super::globs::GlobNames;
use super::program::Interner;

/// What names and conditions of a snapshot's chunks are kept as. All of it stays where it is, and grows, until the whole is
/// read anew: what is read again is found, and what nothing refers to any more decides nothing.
#[derive(Debug, Default)]
pub(super) struct Arena {
    pub(super) code: Code,
    pub(super) interner: Interner,
    pub(super) symbols: Symbols,
    pub(super) scopes: Scopes,
    pub(super) globs: GlobNames,
    /// Of policies.
    pub(super) names: Texts,
}

/// How much an arena held.
#[derive(Clone, Copy, Debug)]
pub(super) struct ArenaMark {
    pub(super) code: Mark,
    pub(super) symbols: SymbolMark,
    pub(super) names: usize,
    /// Of what conditions refer to.
    bytes: usize,
}

impl Arena {
    pub(super) fn mark(&self) -> ArenaMark {
        let Arena { code, interner, symbols, names, .. } = self;
        ArenaMark { code: code.mark(), symbols: symbols.mark(), names: names.len(), bytes: interner.added() }
    }

    /// Takes back what has been added since.
    pub(super) fn truncate(&mut self, to: ArenaMark) {
        self.names.truncate(to.names);
        if self.code.mark() != to.code {
            self.interner.truncate(to.code, to.bytes);
            self.code.take_back(to.code);
        }
        if self.symbols.mark() != to.symbols {
            self.scopes.truncate(to.symbols);
            self.globs.truncate(to.symbols);
            self.symbols.truncate(to.symbols);
        }
    }

    /// About how many bytes it takes.
    pub(super) fn bytes(&self) -> usize {
        let names = self.names.text_len() + size_of::<u32>() * self.names.len();
        self.code.mark().bytes() + self.interner.bytes() + self.symbols.bytes() + self.globs.bytes() + names
    }

    pub(super) fn shrink(&mut self) {
        self.code.shrink();
        self.symbols.shrink();
        self.names.shrink();
    }
}
