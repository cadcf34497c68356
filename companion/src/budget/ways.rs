#[cfg(test)]
mod tests;

use tollgate_budget::{Candidate, Candidates, InvalidCandidates, MOST_CANDIDATES};
use tollgate_policy::set::Budgets;
use tollgate_policy::set::budget::{Model, Price, Rules};

use super::call::{Call, Room};
use super::payer::Payer;

/// Ways to serve a call, the best one first, and what serves it on each.
#[derive(Clone, Debug)]
pub(super) struct Ways {
    pub(super) candidates: Candidates,
    served: Vec<Served>,
}

/// What serves a call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Served {
    /// The model.
    pub(super) model: String,
    /// What it costs, if that is known.
    pub(super) price: Option<Price>,
    /// What the prompt is taken to be for it, in tokens.
    pub(super) prompt: u64,
    /// The most tokens of each answer.
    pub(super) output_cap: u64,
}

/// Why a call cannot be held for.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum NoWay {
    /// Nobody has said what the model costs, or how much it takes.
    #[error("the model `{0}` is not known here")]
    UnknownModel(String),
    /// There is a limit on costs, and nobody has said what it costs.
    #[error("the model `{0}` has no price here, and what calls cost is limited")]
    Unpriced(String),
    /// No model that may serve the call has room for its prompt.
    #[error("the prompt is about {prompt} tokens long, and the model `{model}` has a context of {context}")]
    NoRoom { model: String, prompt: u64, context: u64 },
    /// It counts for too much.
    #[error(transparent)]
    Invalid(#[from] InvalidCandidates),
}

/// What a call is about, and what is in force for it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Asked<'a> {
    pub(super) budgets: &'a Budgets,
    pub(super) rules: &'a Rules,
    pub(super) payer: &'a Payer,
    pub(super) call: &'a Call,
    /// As the client names it.
    pub(super) model: &'a str,
    /// Cheaper models may serve where less than this share of a limit, in per cent, would be left; absent: none may.
    pub(super) downgrade: Option<u8>,
}

impl Asked<'_> {
    /// The model that is asked for as long as it leaves enough of each limit, then cheaper ones, the cheapest first, and then
    /// the one that is asked for with all that is left. Where its context is too small, others alone.
    pub(super) fn ways(&self, prompt: u64) -> Result<Ways, NoWay> {
        let asked = self.asked()?;
        if asked.price.is_none() && self.payer.has_cost_limit(self.rules, asked) {
            return Err(NoWay::Unpriced(asked.name.clone()));
        }
        let others = self.others(asked);
        let mut ways = Vec::new();
        match self.call.within(asked) {
            Some(room) => {
                let below = self.downgrade.filter(|below| *below > 0 && !others.is_empty()).unwrap_or(0);
                ways.push(self.way(asked, room, below)?);
                for (other, room) in others {
                    ways.push(self.way(other, room, 0)?);
                }
                if below > 0 {
                    ways.push(self.way(asked, room, 0)?);
                }
            }
            None if others.is_empty() => {
                return Err(NoWay::NoRoom { model: asked.name.clone(), prompt, context: asked.context });
            }
            None => {
                for (other, room) in others {
                    ways.push(self.way(other, room, 0)?);
                }
            }
        }
        Ways::new(ways)
    }

    /// The model that is asked for, whatever is known of it and whatever room it has, at its cost if that is known.
    pub(super) fn regardless(&self) -> Result<Ways, NoWay> {
        let known = self.budgets.model(self.model);
        let room = known.map_or_else(|| self.call.of_unknown(), |model| self.call.regardless(model));
        let lines = self.payer.lines(self.rules, known, 0)?;
        let served = Served {
            model: self.model.to_owned(),
            price: known.and_then(|model| model.price),
            prompt: room.prompt,
            output_cap: room.output_cap,
        };
        Ways::new(vec![(Candidate { lines, amounts: room.most, least: room.least }, served)])
    }

    fn asked(&self) -> Result<&Model, NoWay> {
        self.budgets.model(self.model).ok_or_else(|| NoWay::UnknownModel(self.model.to_owned()))
    }

    /// The cheaper models that have room for the call, the cheapest first.
    fn others(&self, asked: &Model) -> Vec<(&Model, Room)> {
        if self.downgrade.is_none() {
            return Vec::new();
        }
        let known = asked.alternatives.iter().filter_map(|name| self.budgets.model(name));
        let mut others: Vec<_> = known.filter_map(|model| Some((model, self.call.within(model)?))).collect();
        // INVARIANT: a model with alternatives has a price, and so have they.
        others.sort_by_key(|(model, _)| model.price.map(|price| (price.output, price.input)));
        others.truncate(MOST_CANDIDATES.saturating_sub(2));
        others
    }

    fn way(&self, model: &Model, room: Room, below: u8) -> Result<(Candidate, Served), NoWay> {
        let lines = self.payer.lines(self.rules, Some(model), below)?;
        let Room { prompt, output_cap, .. } = room;
        let served = Served { model: model.name.clone(), price: model.price, prompt, output_cap };
        Ok((Candidate { lines, amounts: room.most, least: room.least }, served))
    }
}

impl Ways {
    fn new(ways: Vec<(Candidate, Served)>) -> Result<Self, NoWay> {
        let (candidates, served) = ways.into_iter().unzip();
        Ok(Ways { candidates: Candidates::new(candidates)?, served })
    }

    /// What serves the call if the candidate at this place is held.
    pub(super) fn served(&self, place: usize) -> Option<&Served> {
        self.served.get(place)
    }
}
