use std::str::FromStr;

use http::HeaderName;

/// What the plugin can tell of a decision.
const FACTS: [&str; 5] = ["principal.id", "principal.roles", "decision.policy", "decision.id", "decision.snapshot"];

/// A header that tells the upstream a fact.
#[derive(Clone, Debug)]
pub(super) struct Forward {
    header: String,
    fact: &'static str,
}

#[derive(Debug, thiserror::Error)]
pub(super) enum InvalidForward {
    #[error("write it as HEADER=FACT")]
    Form,
    #[error("`{0}` is no header name in lower case")]
    Header(String),
    #[error("there is no fact `{0}`, only {known}", known = FACTS.join(", "))]
    Fact(String),
}

impl FromStr for Forward {
    type Err = InvalidForward;

    fn from_str(text: &str) -> Result<Self, InvalidForward> {
        let (header, fact) = text.split_once('=').ok_or(InvalidForward::Form)?;
        HeaderName::from_lowercase(header.as_bytes()).map_err(|_| InvalidForward::Header(header.to_owned()))?;
        let known = FACTS.into_iter().find(|known| *known == fact);
        let fact = known.ok_or_else(|| InvalidForward::Fact(fact.to_owned()))?;
        Ok(Forward { header: header.to_owned(), fact })
    }
}

impl Forward {
    pub(super) fn parts(&self) -> (&str, &str) {
        (&self.header, self.fact)
    }
}
