use super::{Breaker, Settlements, Spent};

/// What a VM keeps of the budgets of one companion, whatever configuration its requests came under.
#[derive(Debug, Default)]
pub struct Books {
    /// How calls ended.
    pub settlements: Settlements,
    /// Which limits are spent.
    pub spent: Spent,
    /// Whether the companion answers.
    pub breaker: Breaker,
}
