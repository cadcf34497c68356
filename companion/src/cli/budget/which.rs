use std::fmt::Write;

use clap::builder::TypedValueParser;
use tollgate_budget::{ScopeKind, Unit, Window};

/// Which scopes are meant.
#[derive(Debug, Default, clap::Args)]
pub(super) struct Which {
    /// Those of a kind: global, org, user, provider or model
    #[arg(long, value_name = "KIND", value_parser = kind)]
    pub(super) scope: Option<ScopeKind>,
    /// The one of this name
    #[arg(long, value_name = "NAME", requires = "scope")]
    pub(super) name: Option<String>,
}

/// How many entries of a list are shown.
#[derive(Clone, Copy, Debug, clap::Args)]
pub(super) struct Most {
    /// At most so many; without it, all
    #[arg(long, value_name = "NUMBER", value_parser = clap::value_parser!(u64).range(1..).map(|most| usize::try_from(most).unwrap_or(usize::MAX)))]
    pub(super) limit: Option<usize>,
}

/// What stands behind a path.
#[derive(Clone, Debug)]
pub(super) struct Query(String);

impl Query {
    pub(super) fn of(path: &str) -> Self {
        Query(path.to_owned())
    }

    pub(super) fn with(mut self, name: &str, value: Option<&str>) -> Self {
        if let Some(value) = value {
            let sign = if self.0.contains('?') { '&' } else { '?' };
            // Writing to a string cannot fail.
            let _ = write!(self.0, "{sign}{name}=");
            for byte in value.bytes() {
                let _ = match byte {
                    b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
                        write!(self.0, "{}", char::from(byte))
                    }
                    _ => write!(self.0, "%{byte:02X}"),
                };
            }
        }
        self
    }

    pub(super) fn which(self, Which { scope, name }: &Which) -> Self {
        self.with("scope", scope.map(ScopeKind::as_str)).with("name", name.as_deref())
    }

    pub(super) fn path(&self) -> &str {
        &self.0
    }
}

pub(super) fn kind(word: &str) -> Result<ScopeKind, String> {
    ScopeKind::from_word(word).ok_or_else(|| "it is one of global, org, user, provider, model".to_owned())
}

pub(super) fn window(word: &str) -> Result<Window, String> {
    Window::from_word(word).ok_or_else(|| "it is one of hour, day, month".to_owned())
}

pub(super) fn unit(word: &str) -> Result<Unit, String> {
    Unit::from_word(word).ok_or_else(|| "it is one of tokens, microDollars".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_encoded_and_those_that_are_not_there_left_out() {
        let which = Which { scope: Some(ScopeKind::User), name: Some("ann & bob/é".to_owned()) };
        let query = Query::of("/v1/budgets").which(&which).with("unit", None).with("at", Some("all"));
        assert_eq!(query.path(), "/v1/budgets?scope=user&name=ann%20%26%20bob%2F%C3%A9&at=all");
    }
}
