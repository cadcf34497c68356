#[cfg(test)]
mod tests;

use std::num::NonZeroU64;

use tollgate_budget::Amounts;
use tollgate_policy::set::budget::{Model, Price};

use crate::proto::{ReserveRequest, Usage};

/// What a call asks of a model, whichever serves it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Call {
    /// What its prompt is estimated at, in tokens.
    prompt: u64,
    /// The most tokens of each answer, if anybody has said it.
    cap: Option<NonZeroU64>,
    /// At most [`MOST_ANSWERS`].
    answers: NonZeroU64,
    /// How many are asked for.
    asked: u32,
}

/// How many answers a call may ask for: no provider gives more.
pub(super) const MOST_ANSWERS: u32 = 128;

/// What a call may use of a model.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Room {
    /// The most tokens of each answer.
    pub(super) output_cap: u64,
    /// The most that it may use.
    pub(super) most: Amounts,
    /// What its prompt is estimated at.
    pub(super) least: Amounts,
}

impl Call {
    pub(super) fn of(request: &ReserveRequest) -> Self {
        Call {
            prompt: request.prompt_tokens,
            // Some models take 0 for "as many as there are": that is held.
            cap: request.output_cap.and_then(NonZeroU64::new),
            answers: NonZeroU64::new(request.answers.min(MOST_ANSWERS).into()).unwrap_or(NonZeroU64::MIN),
            asked: request.answers.max(1),
        }
    }

    /// How many answers it asks for, if these are more than there may be.
    pub(super) fn too_many_answers(&self) -> Option<u32> {
        Some(self.asked).filter(|asked| *asked > MOST_ANSWERS)
    }

    /// Whether a model serves it that is not the one that was asked for: the client's own cap has to be one that it takes.
    pub(super) fn fits_instead(&self, asked: &Model, other: &Model) -> bool {
        let has_answers = other.max_output > 0 || asked.max_output == 0;
        let takes_cap = self.cap.is_none_or(|cap| {
            // What is beyond the model that was asked for is refused by that, too.
            let cap = cap.get().min(asked.max_output);
            cap <= other.max_output && cap <= other.context.saturating_sub(self.prompt)
        });
        has_answers && takes_cap
    }

    /// What it may use of a model; nothing if its prompt leaves no room for an answer there.
    pub(super) fn within(&self, model: &Model) -> Option<Room> {
        // A model without answers takes several texts at once, each of which has the context for itself.
        if model.max_output == 0 {
            return Some(self.room(0, model.price));
        }
        match model.context.saturating_sub(self.prompt) {
            0 => None,
            left => Some(self.room(self.cap_of(model).min(left), model.price)),
        }
    }

    /// What it may use of a model if there were room for its prompt: nobody but the model itself knows that for certain.
    pub(super) fn regardless(&self, model: &Model) -> Room {
        self.room(self.cap_of(model), model.price)
    }

    /// What it may use of a model of which nothing is known but that it writes no more than so much. What that costs is not
    /// known either.
    pub(super) fn of_unknown(&self, most: u64) -> Room {
        let cap = self.cap.map(NonZeroU64::get);
        Room { output_cap: cap.unwrap_or(u64::MAX), ..self.room(cap.unwrap_or(most).min(most), None) }
    }

    fn cap_of(&self, model: &Model) -> u64 {
        self.cap.map_or(model.max_output, |cap| cap.get().min(model.max_output))
    }

    fn room(&self, output_cap: u64, price: Option<Price>) -> Room {
        let output = output_cap.saturating_mul(self.answers.get());
        let most = amounts(price, self.prompt, 0, output);
        // Where a provider asks more for what it caches, all of it may be cached.
        let most = most.max(amounts(price, 0, self.prompt, output));
        Room { output_cap, most, least: amounts(price, self.prompt, 0, 0) }
    }
}

/// What a call has used, at this price.
pub(super) fn used(price: Option<Price>, usage: Usage) -> Amounts {
    let Usage { input, output, cached } = usage;
    let cached = cached.min(input);
    amounts(price, input - cached, cached, output)
}

/// Tokens, and what they cost. Without a price nothing is known of that.
fn amounts(price: Option<Price>, input: u64, cached: u64, output: u64) -> Amounts {
    let tokens = input.saturating_add(cached).saturating_add(output);
    Amounts::new(tokens, price.map_or(0, |price| price.of(input, cached, output)))
}
