use std::fmt;

use crate::label::Label;

/// What a budget is for.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Scope {
    /// All calls together.
    Global,
    /// Those for an organisation.
    Org(Label),
    /// Those of a principal.
    User(Label),
    /// Those that a provider serves.
    Provider(Label),
    /// Those that a model serves.
    Model(Label),
}

/// What kind of thing a budget is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum ScopeKind {
    /// All calls together.
    Global,
    /// An organisation.
    Org,
    /// A principal.
    User,
    /// Who serves models.
    Provider,
    /// A model.
    Model,
}

impl ScopeKind {
    /// All of them, the widest first.
    pub const ALL: [Self; 5] = [Self::Global, Self::Org, Self::User, Self::Provider, Self::Model];

    /// As policies write it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Global => "global",
            Self::Org => "org",
            Self::User => "user",
            Self::Provider => "provider",
            Self::Model => "model",
        }
    }

    /// The kind that is written so.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == word)
    }
}

impl Scope {
    /// Of a kind, with the name that all kinds but one have; none if there is a name too many or too few.
    #[must_use]
    pub fn new(kind: ScopeKind, name: Option<Label>) -> Option<Self> {
        match (kind, name) {
            (ScopeKind::Global, None) => Some(Scope::Global),
            (ScopeKind::Org, Some(name)) => Some(Scope::Org(name)),
            (ScopeKind::User, Some(name)) => Some(Scope::User(name)),
            (ScopeKind::Provider, Some(name)) => Some(Scope::Provider(name)),
            (ScopeKind::Model, Some(name)) => Some(Scope::Model(name)),
            (ScopeKind::Global, Some(_)) | (_, None) => None,
        }
    }

    /// What kind it is.
    #[must_use]
    pub fn kind(&self) -> ScopeKind {
        match self {
            Scope::Global => ScopeKind::Global,
            Scope::Org(_) => ScopeKind::Org,
            Scope::User(_) => ScopeKind::User,
            Scope::Provider(_) => ScopeKind::Provider,
            Scope::Model(_) => ScopeKind::Model,
        }
    }

    /// Which of its kind; absent for all calls together.
    #[must_use]
    pub fn name(&self) -> Option<&Label> {
        match self {
            Scope::Global => None,
            Scope::Org(name) | Scope::User(name) | Scope::Provider(name) | Scope::Model(name) => Some(name),
        }
    }
}

impl fmt::Display for ScopeKind {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.name() {
            None => write!(formatter, "{}", self.kind()),
            Some(name) => write!(formatter, "{} `{name}`", self.kind()),
        }
    }
}
