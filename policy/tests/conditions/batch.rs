//! Expressions and requests that are tried together.

use super::expressions::{Expression, Generator};
use super::forms::Grammar;
use super::random::Random;
use super::requests::{Request, requests};

/// Expressions of a batch. A decision's steps suffice for as many conditions, whatever each takes.
pub(crate) const EXPRESSIONS: usize = 10;
/// Requests of a batch.
pub(crate) const REQUESTS: u32 = 20;
/// One expression in so many has what the reference cannot say.
const OWN: usize = 8;

pub(crate) struct Batch<'g> {
    pub(crate) seed: u64,
    pub(crate) expressions: Vec<Expression<'g>>,
    pub(crate) requests: Vec<Request>,
}

impl<'g> Batch<'g> {
    pub(crate) fn new(grammar: &'g Grammar, seed: u64) -> Self {
        let mut random = Random(seed);
        let expressions = (0..EXPRESSIONS).map(|_| {
            let (kind, depth) = (["bool", "any"][random.below(2)], 1 + random.below(4));
            Generator::new(grammar, !random.one_in(OWN)).expression(kind, depth, &mut random)
        });
        Batch { seed, expressions: expressions.collect(), requests: requests(seed, REQUESTS) }
    }
}
