use rustc_hash::FxHashMap;

use crate::engine::{Glob, Globs, Symbol, SymbolTable};

use super::codec::DecodeError;
use super::limits::{self, Budget};

/// The globs of the policies read so far, and the actions they may match.
#[derive(Default)]
pub(super) struct GlobReader {
    globs: Globs,
    symbols: FxHashMap<Box<str>, Symbol>,
}

impl GlobReader {
    /// The glob's symbol; `None` where the text is not a glob.
    pub(super) fn symbol(&mut self, text: &str, symbols: &mut SymbolTable) -> Result<Option<Symbol>, DecodeError> {
        if let Some(symbol) = self.symbols.get(text) {
            return Ok(Some(*symbol));
        }
        let Some(glob) = Glob::parse(text) else { return Ok(None) };
        limits::GLOB_LEN.check(text.len())?;
        limits::GLOBS.check(self.globs.len() + 1)?;
        let symbol = symbols.fresh();
        self.symbols.insert(text.into(), symbol);
        self.globs.insert(glob, symbol);
        Ok(Some(symbol))
    }

    /// Finds which globs match which actions, so that no decision has to.
    pub(super) fn finish(mut self, actions: &SymbolTable, budget: &mut Budget) -> Result<Globs, DecodeError> {
        if self.globs.is_empty() {
            return Ok(self.globs);
        }
        let mut work = 0_usize;
        for (name, symbol) in actions.iter() {
            work = work.saturating_add(self.globs.len().saturating_mul(name.len() + 1));
            limits::GLOB_WORK.check(work)?;
            let matching = self.globs.prepare(name, symbol);
            budget.charge(size_of::<(Symbol, Box<[Symbol]>)>() + matching * size_of::<Symbol>())?;
        }
        Ok(self.globs)
    }
}
