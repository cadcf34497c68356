use std::fmt;
use std::str::FromStr;

/// Where a companion serves.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Environment {
    /// Development.
    #[default]
    Dev,
    /// Staging.
    Staging,
    /// Production.
    Prod,
}

/// There are no rules for production.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("there are no budget rules for environment `prod`; write them as `budgets.environments.prod`")]
pub struct NoRules;

/// A name that no environment has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("an environment is one of `dev`, `staging`, `prod`")]
pub struct InvalidEnvironment;

impl Environment {
    /// All of them, by name.
    pub const NAMES: [(&str, Environment); 3] =
        [("dev", Environment::Dev), ("staging", Environment::Staging), ("prod", Environment::Prod)];

    /// Its name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Environment::Dev => "dev",
            Environment::Staging => "staging",
            Environment::Prod => "prod",
        }
    }
}

impl fmt::Display for Environment {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}

impl FromStr for Environment {
    type Err = InvalidEnvironment;

    fn from_str(name: &str) -> Result<Self, InvalidEnvironment> {
        let found = Environment::NAMES.iter().find(|(own, _)| *own == name);
        found.map(|(_, environment)| *environment).ok_or(InvalidEnvironment)
    }
}
