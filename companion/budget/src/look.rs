use crate::amounts::{Amounts, Unit};
use crate::counter::Counter;
use crate::period::Window;
use crate::reservation::Reservation;
use crate::scope::{Scope, ScopeKind};

/// Which scopes are looked at.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Scopes {
    /// All.
    #[default]
    All,
    /// Those of a kind.
    Kind(ScopeKind),
    /// One.
    One(Scope),
}

/// Which counters are looked at, of those that are kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UsageFilter {
    /// Of whom or of what.
    pub scopes: Scopes,
    /// Of which length; absent: of any.
    pub window: Option<Window>,
    /// Of what; absent: of anything.
    pub unit: Option<Unit>,
    /// In which second, since 1970; absent: at any time.
    pub at: Option<u64>,
    /// Only those that come later, in the order of counters.
    pub after: Option<Counter>,
    /// How many at most.
    pub most: usize,
}

/// Calls that are on their way.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Holds {
    /// Those that were asked for, the oldest first.
    pub listed: Vec<Hold>,
    /// How many there are of all kinds.
    pub all: u64,
}

/// A call that is on its way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hold {
    /// What is held for it.
    pub reservation: Reservation,
    /// What was last said that it has used.
    pub so_far: Amounts,
    /// When it ends unless it is renewed, in seconds since 1970.
    pub lease_ends: u64,
}

impl Scopes {
    /// Whether a scope is looked at.
    #[must_use]
    pub fn contains(&self, scope: &Scope) -> bool {
        match self {
            Scopes::All => true,
            Scopes::Kind(kind) => scope.kind() == *kind,
            Scopes::One(one) => scope == one,
        }
    }
}
