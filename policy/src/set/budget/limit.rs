use crate::engine::Glob;

/// How much may be used, and by whom.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limit {
    /// What kind of thing it is a limit for.
    pub scope: ScopeKind,
    /// Which of that kind.
    pub whose: Whose,
    /// For how long it counts.
    pub window: Window,
    /// What is counted.
    pub unit: Unit,
    /// How much of it, at most [`Limit::MOST`].
    pub most: u64,
}

/// What calls count for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum ScopeKind {
    /// All calls together.
    Global,
    /// The caller's organisation.
    Org,
    /// The caller.
    User,
    /// Who serves the model.
    Provider,
    /// The model that serves the call.
    Model,
}

/// Whom of a kind a limit is for. Of all calls together there is only one, which is each.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Whose {
    /// Each by itself, unless there is a limit that says more.
    Each,
    /// This one.
    Named(String),
    /// Each by itself whose name fits, unless there is a limit for that name.
    Matching(Pattern),
}

/// A glob: `*` stands for any run of characters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pattern {
    text: String,
    glob: Glob,
}

/// For how long a limit counts, in UTC.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Window {
    /// From one full hour to the next.
    Hour,
    /// From midnight to midnight.
    #[default]
    Day,
    /// A calendar month.
    Month,
}

/// What is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Unit {
    /// Tokens, of prompts and answers.
    Tokens,
    /// Millionths of a dollar.
    MicroDollars,
}

impl Limit {
    /// The highest limit: that to which budgets count, and that JSON carries without loss.
    pub const MOST: u64 = (1 << 53) - 1;
}

impl ScopeKind {
    /// All of them, by the names that policies use.
    pub const NAMES: [(&str, ScopeKind); 5] = [
        ("global", ScopeKind::Global),
        ("org", ScopeKind::Org),
        ("user", ScopeKind::User),
        ("provider", ScopeKind::Provider),
        ("model", ScopeKind::Model),
    ];

    /// The name that policies use.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            ScopeKind::Global => "global",
            ScopeKind::Org => "org",
            ScopeKind::User => "user",
            ScopeKind::Provider => "provider",
            ScopeKind::Model => "model",
        }
    }
}

impl Window {
    /// All of them, by the names that policies use.
    pub const NAMES: [(&str, Window); 3] = [("hour", Window::Hour), ("day", Window::Day), ("month", Window::Month)];

    /// The name that policies use.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Window::Hour => "hour",
            Window::Day => "day",
            Window::Month => "month",
        }
    }
}

impl Unit {
    /// The name that policies use.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Unit::Tokens => "tokens",
            Unit::MicroDollars => "microDollars",
        }
    }
}

impl Pattern {
    /// `None` where there is no `*` in it: then it is a name.
    #[must_use]
    pub fn new(text: &str) -> Option<Self> {
        Glob::parse(text).map(|glob| Pattern { text: text.to_owned(), glob })
    }

    /// As it is written.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Whether a name fits. Takes time linear in the name.
    #[must_use]
    pub fn matches(&self, name: &str) -> bool {
        self.glob.matches(name)
    }
}
