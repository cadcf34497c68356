/// A model that calls can be made to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Model {
    /// As calls name it.
    pub name: String,
    /// Who serves it.
    pub provider: String,
    /// Most tokens of a prompt and its answer together.
    pub context: u64,
    /// Most tokens of an answer; 0 where there are none, as of embeddings.
    pub max_output: u64,
    /// How many tokens an image of a prompt is taken to be.
    pub image_tokens: u64,
    /// What it costs; absent where nobody has said.
    pub price: Option<Price>,
    /// Names of cheaper models that may serve in its place.
    pub alternatives: Vec<String>,
}

/// What tokens cost, in micro-dollars per million tokens.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Price {
    /// Of prompts, as far as they are not cached.
    pub input: u64,
    /// Of answers.
    pub output: u64,
    /// Of the part of prompts that is read from the provider's cache.
    pub cached: u64,
    /// Of the part of prompts that is written to it.
    pub cache_write: u64,
}

/// The tokens of a call, by what they cost. Each is counted once.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tokens {
    /// Of the prompt, what is neither read from the provider's cache nor written to it.
    pub input: u64,
    /// Of the prompt, what is read from the cache.
    pub cached: u64,
    /// Of the prompt, what is written to it.
    pub cache_written: u64,
    /// Of the answer.
    pub output: u64,
}

impl Model {
    /// What an image is taken to be where nobody has said: as much as the largest is to most models.
    pub const IMAGE_TOKENS: u64 = 4_800;
}

impl Price {
    /// The highest price: a dollar a token.
    pub const MOST: u64 = 1_000_000_000_000;

    /// What tokens cost, in micro-dollars, rounded up; `u64::MAX` if it is more than that holds.
    #[must_use]
    pub fn of(&self, tokens: Tokens) -> u64 {
        let Tokens { input, cached, cache_written, output } = tokens;
        let parts =
            [(input, self.input), (cached, self.cached), (cache_written, self.cache_write), (output, self.output)];
        // A product has at most 64 + 64 bits, and some of them a few more than fit.
        let sum = parts
            .iter()
            .fold(0, |sum: u128, (tokens, price)| sum.saturating_add(u128::from(*tokens) * u128::from(*price)));
        u64::try_from(sum.div_ceil(1_000_000)).unwrap_or(u64::MAX)
    }

    /// Whether it is cheaper than another one: by the price of answers, and where that is the same, of prompts.
    #[must_use]
    pub fn is_below(&self, other: &Price) -> bool {
        (self.output, self.input) < (other.output, other.input)
    }
}
