use std::str::FromStr;

/// What the plugin can tell of a decision.
const FACTS: [&str; 5] = ["principal.id", "principal.roles", "decision.policy", "decision.id", "decision.snapshot"];

/// Longest header that the plugin sets, in bytes.
const MAX_HEADER: usize = 128;

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
    #[error("`{0}` is not 1 to {MAX_HEADER} lower-case letters, digits and hyphens")]
    Header(String),
    #[error("there is no fact `{0}`, only {known}", known = FACTS.join(", "))]
    Fact(String),
}

impl FromStr for Forward {
    type Err = InvalidForward;

    fn from_str(text: &str) -> Result<Self, InvalidForward> {
        let (header, fact) = text.split_once('=').ok_or(InvalidForward::Form)?;
        let allowed = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
        if header.is_empty() || header.len() > MAX_HEADER || !header.bytes().all(allowed) {
            return Err(InvalidForward::Header(header.to_owned()));
        }
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
