use crate::texts::{Numbers, Texts};

/// An interned kind, action or role. Meaningful only in the snapshot it comes from, and there among its own sort.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Symbol(pub(crate) u32);

impl Symbol {
    /// Stands for `"*"` in index keys; no name is interned to it.
    pub(crate) const WILDCARD: Symbol = Symbol(0);
}

/// Names of one sort, interned: symbols count up from one.
#[derive(Debug, Default)]
pub(crate) struct SymbolTable {
    /// A symbol's name stands at the place before its number; those without a name have an empty one.
    names: Texts,
    by_name: Numbers,
}

impl SymbolTable {
    pub(crate) fn get(&self, name: &str) -> Option<Symbol> {
        self.by_name.find(name, |place| self.names.get(place)).map(symbol)
    }

    /// The name's symbol, made if it is new.
    pub(crate) fn intern(&mut self, name: &str) -> Symbol {
        if let Some(symbol) = self.get(name) {
            return symbol;
        }
        let place = self.names.push(name);
        self.by_name.insert(place, |place| self.names.get(place));
        symbol(place)
    }

    /// A symbol that no name has.
    pub(crate) fn fresh(&mut self) -> Symbol {
        symbol(self.names.push(""))
    }

    /// How many symbols there are: none is larger.
    pub(crate) fn len(&self) -> usize {
        self.names.len()
    }

    /// Takes back what is beyond so many.
    fn truncate(&mut self, len: usize) {
        if len < self.names.len() {
            self.by_name.retain(|place| (place as usize) < len);
            self.names.truncate(len);
        }
    }

    /// About how many bytes it takes.
    fn bytes(&self) -> usize {
        self.names.text_len() + 3 * size_of::<u32>() * self.names.len()
    }

    /// Bytes of all names.
    pub(crate) fn text_len(&self) -> usize {
        self.names.text_len()
    }

    /// Names and symbols from a place on; those without a name are left out.
    pub(crate) fn since(&self, len: usize) -> impl Iterator<Item = (&str, Symbol)> {
        let all = self.names.iter().zip(0..).skip(len);
        all.map(|(name, place)| (name, symbol(place))).filter(|(_, symbol)| !self.is_fresh(*symbol))
    }

    /// Whether no name has it; nor has the wildcard's any.
    pub(crate) fn is_fresh(&self, Symbol(number): Symbol) -> bool {
        number.checked_sub(1).is_some_and(|place| self.names.get(place).is_empty())
    }

    /// Every name and its symbol.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&str, Symbol)> {
        self.by_name.iter().map(|place| (self.names.get(place), symbol(place)))
    }
}

/// Snapshots are capped far below 2^32 of what gets a symbol.
fn symbol(place: u32) -> Symbol {
    Symbol(place.saturating_add(1))
}

/// Kinds, actions and roles of a snapshot. Each sort has numbers of its own, so that each is dense.
#[derive(Debug, Default)]
pub(crate) struct Symbols {
    pub(crate) kinds: SymbolTable,
    pub(crate) actions: SymbolTable,
    pub(crate) roles: SymbolTable,
}

/// How many symbols there were of each sort.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct SymbolMark {
    kinds: usize,
    actions: usize,
    roles: usize,
}

impl SymbolMark {
    /// How many actions there were.
    pub(crate) fn actions(self) -> usize {
        self.actions
    }

    /// Whether a kind was there.
    pub(crate) fn has_kind(self, Symbol(kind): Symbol) -> bool {
        kind as usize <= self.kinds
    }

    /// Whether an action was there.
    pub(crate) fn has_action(self, Symbol(action): Symbol) -> bool {
        action as usize <= self.actions
    }
}

impl Symbols {
    pub(crate) fn mark(&self) -> SymbolMark {
        SymbolMark { kinds: self.kinds.len(), actions: self.actions.len(), roles: self.roles.len() }
    }

    /// Takes back what has been added since.
    pub(crate) fn truncate(&mut self, to: SymbolMark) {
        self.kinds.truncate(to.kinds);
        self.actions.truncate(to.actions);
        self.roles.truncate(to.roles);
    }

    /// Whether there are the same roles as then.
    pub(crate) fn has_roles_of(&self, mark: SymbolMark) -> bool {
        self.roles.len() == mark.roles
    }

    /// About how many bytes they take.
    pub(crate) fn bytes(&self) -> usize {
        [&self.kinds, &self.actions, &self.roles].into_iter().map(SymbolTable::bytes).sum()
    }

    pub(crate) fn shrink(&mut self) {
        [&mut self.kinds, &mut self.actions, &mut self.roles].into_iter().for_each(|table| table.names.shrink());
    }
}
