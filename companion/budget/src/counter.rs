use std::fmt;
use std::sync::Arc;

/// What a budget is for. Names are compared byte by byte.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Scope {
    /// All calls together.
    Global,
    /// Those for an organisation.
    Org(Arc<str>),
    /// Those of a principal.
    User(Arc<str>),
    /// Those that a provider serves.
    Provider(Arc<str>),
    /// Those that a model serves.
    Model(Arc<str>),
}

/// For how long a counter counts. All of them begin and end in UTC.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Window {
    /// From one full hour to the next.
    Hour,
    /// From midnight to midnight.
    Day,
    /// A calendar month.
    Month,
}

/// What is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Unit {
    /// Tokens, of the prompt and of the answer.
    Tokens,
    /// Millionths of a dollar.
    MicroDollars,
}

/// One hour, day or month.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Period {
    /// How long it is.
    pub window: Window,
    /// Its first second, since 1970 in UTC.
    pub begins: u64,
    /// The first second that is not of it.
    pub ends: u64,
}

/// What is counted of a scope in a period.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Counter {
    /// Of whom or of what.
    pub scope: Scope,
    /// Of what kind.
    pub unit: Unit,
    /// When.
    pub period: Period,
}

impl Scope {
    /// The kind of the scope, as policies write it.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Scope::Global => "global",
            Scope::Org(_) => "org",
            Scope::User(_) => "user",
            Scope::Provider(_) => "provider",
            Scope::Model(_) => "model",
        }
    }

    /// Which of its kind; absent for all calls together.
    #[must_use]
    pub fn name(&self) -> Option<&str> {
        match self {
            Scope::Global => None,
            Scope::Org(name) | Scope::User(name) | Scope::Provider(name) | Scope::Model(name) => Some(name),
        }
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.name() {
            None => formatter.write_str(self.kind()),
            Some(name) => write!(formatter, "{} `{name}`", self.kind()),
        }
    }
}
