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
    /// What it costs; absent where nobody has said.
    pub price: Option<Price>,
    /// Names of cheaper models that may serve in its place.
    pub alternatives: Vec<String>,
}

/// What tokens cost, in micro-dollars per million tokens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Price {
    /// Of prompts, as far as they are not cached.
    pub input: u64,
    /// Of answers.
    pub output: u64,
    /// Of the cached part of prompts.
    pub cached: u64,
}

impl Price {
    /// The highest price: a dollar a token.
    pub const MOST: u64 = 1_000_000_000_000;

    /// What a call costs, in micro-dollars, rounded up; `u64::MAX` if it is more than that holds. `input` are the tokens of
    /// its prompt that were not `cached`.
    #[must_use]
    pub fn of(&self, input: u64, cached: u64, output: u64) -> u64 {
        // A product has at most 64 + 64 bits, and three of them one or two more than fit.
        let part = |tokens: u64, price: u64| u128::from(tokens) * u128::from(price);
        let sum =
            part(input, self.input).saturating_add(part(cached, self.cached)).saturating_add(part(output, self.output));
        u64::try_from(sum.div_ceil(1_000_000)).unwrap_or(u64::MAX)
    }

    /// Whether it is cheaper than another one: by the price of answers, and where that is the same, of prompts.
    #[must_use]
    pub fn is_below(&self, other: &Price) -> bool {
        (self.output, self.input) < (other.output, other.input)
    }
}
