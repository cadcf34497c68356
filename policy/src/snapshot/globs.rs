use rustc_hash::FxHashMap;

use crate::engine::{Glob, Globs, Symbol, SymbolMark, SymbolTable};

use super::codec::DecodeError;
use super::counts::Counts;
use super::limits::{self, Budget};

/// Symbols of the globs that policies have named.
#[derive(Debug, Default)]
pub(super) struct GlobNames(FxHashMap<Box<str>, Symbol>);

impl GlobNames {
    /// The glob's symbol, made if it is new; `None` where the text is not a glob.
    pub(super) fn symbol(&mut self, text: &str, symbols: &mut SymbolTable) -> Result<Option<Symbol>, DecodeError> {
        if let Some(symbol) = self.0.get(text) {
            return Ok(Some(*symbol));
        }
        if !text.contains('*') {
            return Ok(None);
        }
        limits::GLOB_LEN.check(text.len())?;
        let symbol = symbols.fresh();
        self.0.insert(text.into(), symbol);
        Ok(Some(symbol))
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// About how many bytes they take.
    pub(super) fn bytes(&self) -> usize {
        self.0.keys().map(|text| text.len() + 2 * size_of::<(Box<str>, Symbol)>()).sum()
    }

    /// Forgets what was not there.
    pub(super) fn truncate(&mut self, to: SymbolMark) {
        self.0.retain(|_, symbol| to.has_action(*symbol));
    }

    /// The globs in use, and which actions they match, found beforehand so that no decision has to; and what that takes.
    pub(super) fn prepared(
        &self,
        in_use: &Counts,
        actions: &SymbolTable,
        budget: &mut Budget,
    ) -> Result<Globs, DecodeError> {
        let mut globs = Globs::default();
        if in_use.len() == 0 {
            return Ok(globs);
        }
        for (text, symbol) in self.0.iter().filter(|(_, symbol)| in_use.has(symbol.0)) {
            if let Some(glob) = Glob::parse(text) {
                globs.insert(glob, *symbol);
            }
        }
        limits::GLOB_WORK.check(globs.len().saturating_mul(actions.text_len() + actions.len()))?;
        for (name, symbol) in actions.iter() {
            let matching = globs.prepare(name, symbol);
            budget.charge(size_of::<(Symbol, Box<[Symbol]>)>() + matching * size_of::<Symbol>())?;
        }
        Ok(globs)
    }
}
