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
pub(crate) struct SymbolTable {
    names: FxHashMap<Box<str>, Symbol>,
    made: u32,
}

impl SymbolTable {
    pub(crate) fn get(&self, name: &str) -> Option<Symbol> {
        self.names.get(name).copied()
    }

    /// The name's symbol, made if it is new.
    pub(crate) fn intern(&mut self, name: &str) -> Symbol {
        if let Some(symbol) = self.get(name) {
            return symbol;
        }
        let symbol = self.fresh();
        self.names.insert(name.into(), symbol);
        symbol
    }

    /// A symbol that no name has. Snapshots are capped far below 2^32 of what gets one.
    pub(crate) fn fresh(&mut self) -> Symbol {
        self.made = self.made.saturating_add(1);
        Symbol(self.made)
    }

    /// Every name and its symbol.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&str, Symbol)> {
        self.names.iter().map(|(name, symbol)| (&**name, *symbol))
    }
}
