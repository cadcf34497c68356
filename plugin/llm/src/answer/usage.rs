/// What a provider says that a call used, in tokens.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Usage {
    /// Of the prompt, all of it.
    pub input: u64,
    /// Of these, read from the provider's cache.
    pub cached: u64,
    /// Of these, written to the provider's cache.
    pub cache_written: u64,
    /// Of the answer, reasoning included, seen or not.
    pub output: u64,
    /// Of these, for reasoning.
    pub reasoning: u64,
}

impl Usage {
    /// Of the prompt and of the answer together.
    #[must_use]
    pub fn total(self) -> u64 {
        self.input.saturating_add(self.output)
    }
}
