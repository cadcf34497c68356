#[cfg(test)]
mod tests;

use std::num::NonZeroU64;

use tollgate_budget::Amounts;
use tollgate_policy::set::budget::{BudgetMode, Model, Price, Tokens};

use crate::proto::{ReserveRequest, Usage};

/// What a call asks of a model, whichever serves it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Call {
    /// What the text of its prompt is estimated at, in tokens.
    text: u64,
    images: u64,
    /// What the rest of its prompt may have, in tokens; `u64::MAX` if that has no bounds but the model's.
    rest: u64,
    /// The most tokens of each answer, if anybody has said it.
    cap: Option<NonZeroU64>,
    answers: NonZeroU64,
}

/// What a call may use of a model.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Room {
    /// What its prompt is taken to be, in tokens.
    pub(super) prompt: u64,
    /// The most tokens of each answer.
    pub(super) output_cap: u64,
    /// The most that it may use.
    pub(super) most: Amounts,
    /// What its prompt is estimated at.
    pub(super) least: Amounts,
}

impl Call {
    /// A part of a prompt that is elsewhere has no bounds where budgets are strict, and is nothing elsewhere.
    pub(super) fn of(request: &ReserveRequest, mode: BudgetMode) -> Self {
        let is_unbounded = request.is_partial && mode == BudgetMode::Strict;
        Call {
            text: request.prompt_tokens,
            images: request.images.into(),
            rest: if is_unbounded { u64::MAX } else { request.file_tokens },
            // Some models take 0 for "as many as there are": that is held.
            cap: request.output_cap.and_then(NonZeroU64::new),
            answers: NonZeroU64::new(request.answers.into()).unwrap_or(NonZeroU64::MIN),
        }
    }

    /// What it may use of a model; nothing if its prompt leaves no room for an answer there. What of the prompt is no text,
    /// and so is not known for certain, is no more than there is room for.
    pub(super) fn within(&self, model: &Model) -> Option<Room> {
        let beside = self.beside(model.image_tokens);
        // A model without answers takes several texts at once, each of which has the context for itself.
        if model.max_output == 0 {
            return Some(self.room(beside.min(model.context), 0, model.price));
        }
        match model.context.saturating_sub(self.text) {
            0 => None,
            left => {
                let cap = self.cap_of(model).min(left);
                Some(self.room(beside.min(left - cap), cap, model.price))
            }
        }
    }

    /// What it may use of a model if there were room for its prompt: nobody but the model itself knows that for certain.
    pub(super) fn regardless(&self, model: &Model) -> Room {
        self.room(self.beside(model.image_tokens), self.cap_of(model), model.price)
    }

    /// What it may use of a model of which nothing is known. What that costs is not known either.
    pub(super) fn of_unknown(&self) -> Room {
        let cap = self.cap.map(NonZeroU64::get);
        let room = self.room(self.beside(Model::IMAGE_TOKENS), cap.unwrap_or(0), None);
        Room { output_cap: cap.unwrap_or(u64::MAX), ..room }
    }

    fn cap_of(&self, model: &Model) -> u64 {
        self.cap.map_or(model.max_output, |cap| cap.get().min(model.max_output))
    }

    /// What the prompt may have beside its text, in tokens.
    fn beside(&self, image_tokens: u64) -> u64 {
        self.images.saturating_mul(image_tokens).saturating_add(self.rest)
    }

    fn room(&self, beside: u64, output_cap: u64, price: Option<Price>) -> Room {
        let prompt = self.text.saturating_add(beside);
        let output = output_cap.saturating_mul(self.answers.get());
        // Where a provider asks more for what it caches, all of it may be cached.
        let ways = [
            Tokens { input: prompt, output, ..Tokens::default() },
            Tokens { cached: prompt, output, ..Tokens::default() },
            Tokens { cache_written: prompt, output, ..Tokens::default() },
        ];
        let most = ways.into_iter().fold(Amounts::NONE, |most, way| most.max(amounts(price, way)));
        let least = amounts(price, Tokens { input: prompt, ..Tokens::default() });
        Room { prompt, output_cap, most, least }
    }
}

/// What a call has used, at this price.
pub(super) fn used(price: Option<Price>, usage: Usage) -> Amounts {
    let Usage { input, output, cached, cache_written } = usage;
    let cached = cached.min(input);
    let cache_written = cache_written.min(input - cached);
    amounts(price, Tokens { input: input - cached - cache_written, cached, cache_written, output })
}

/// Tokens, and what they cost. Without a price nothing is known of that.
fn amounts(price: Option<Price>, tokens: Tokens) -> Amounts {
    let Tokens { input, cached, cache_written, output } = tokens;
    let sum = input.saturating_add(cached).saturating_add(cache_written).saturating_add(output);
    Amounts::new(sum, price.map_or(0, |price| price.of(tokens)))
}
