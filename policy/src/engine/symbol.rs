use rustc_hash::FxHashMap;

/// An interned kind, action or role. Meaningful only in the snapshot it comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Symbol(pub(crate) u32);

impl Symbol {
    /// Stands for `"*"` in index keys; no name is interned to it.
    pub(crate) const WILDCARD: Symbol = Symbol(0);
}

/// Names of kinds, actions and roles, interned.
#[derive(Debug, Default)]
pub(crate) struct SymbolTable(FxHashMap<Box<str>, Symbol>);

impl SymbolTable {
    pub(crate) fn get(&self, name: &str) -> Option<Symbol> {
        self.0.get(name).copied()
    }

    /// The name's symbol, made if it is new. Snapshots are capped far below 2^32 strings.
    pub(crate) fn intern(&mut self, name: &str) -> Symbol {
        if let Some(symbol) = self.get(name) {
            return symbol;
        }
        let symbol = Symbol(u32::try_from(self.0.len() + 1).unwrap_or(u32::MAX));
        self.0.insert(name.into(), symbol);
        symbol
    }
}
