use std::fmt;

/// What is looked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Rule {
    /// A condition that is false for every question: its policy never applies, its derived role is never held.
    NeverHolds,
    /// A condition, or a part of one, that is true for every question, or a part that is false.
    Decided,
    /// A deny that reads what may be missing without asking for it: it applies where that is missing.
    DenyWhereMissing,
    /// An allow that reads an attribute which its schema does not require, without asking for it: it does not apply where
    /// that is missing.
    AllowWhereMissing,
    /// An allow whose every question a deny without conditions of its own denies.
    Shadowed,
    /// Two policies that say the same.
    Duplicate,
    /// A variable that no condition reads.
    UnusedVariable,
    /// A derived role that no policy names.
    UnusedDerivedRole,
    /// The schema of a kind that no policy and no route names.
    UnusedSchema,
    /// A role that no identity source and no directory entry can give.
    UngrantedRole,
    /// A name that is used once and differs by a letter from one that is used more often.
    SimilarName,
    /// A route whose requests no policy allows.
    DeniedRoute,
    /// A route with a budget, and an environment in which nothing limits it.
    UnlimitedBudget,
    /// A route with a budget that names no organisation, though organisations have limits.
    UncountedOrg,
    /// Limits, and no route with a budget.
    UnusedBudget,
    /// A model without a price, though there are limits in money.
    UnpricedModel,
}

impl Rule {
    /// Every rule.
    pub const ALL: [Rule; 16] = [
        Rule::NeverHolds,
        Rule::Decided,
        Rule::DenyWhereMissing,
        Rule::AllowWhereMissing,
        Rule::Shadowed,
        Rule::Duplicate,
        Rule::UnusedVariable,
        Rule::UnusedDerivedRole,
        Rule::UnusedSchema,
        Rule::UngrantedRole,
        Rule::SimilarName,
        Rule::DeniedRoute,
        Rule::UnlimitedBudget,
        Rule::UncountedOrg,
        Rule::UnusedBudget,
        Rule::UnpricedModel,
    ];

    /// Its name in reports.
    #[must_use]
    pub fn id(self) -> &'static str {
        match self {
            Rule::NeverHolds => "never-holds",
            Rule::Decided => "decided",
            Rule::DenyWhereMissing => "deny-where-missing",
            Rule::AllowWhereMissing => "allow-where-missing",
            Rule::Shadowed => "shadowed",
            Rule::Duplicate => "duplicate",
            Rule::UnusedVariable => "unused-variable",
            Rule::UnusedDerivedRole => "unused-derived-role",
            Rule::UnusedSchema => "unused-schema",
            Rule::UngrantedRole => "ungranted-role",
            Rule::SimilarName => "similar-name",
            Rule::DeniedRoute => "denied-route",
            Rule::UnlimitedBudget => "unlimited-budget",
            Rule::UncountedOrg => "uncounted-org",
            Rule::UnusedBudget => "unused-budget",
            Rule::UnpricedModel => "unpriced-model",
        }
    }

    /// What it looks for, as a sentence.
    #[must_use]
    pub fn about(self) -> &'static str {
        match self {
            Rule::NeverHolds => "a condition that is false for every question",
            Rule::Decided => {
                "a condition that is true for every question, or a part that is always true or always false"
            }
            Rule::DenyWhereMissing => "a deny that applies where an attribute it reads is missing",
            Rule::AllowWhereMissing => {
                "an allow that does not apply where an attribute it reads is missing, though its schema lets it be"
            }
            Rule::Shadowed => "an allow whose every question a deny denies",
            Rule::Duplicate => "two policies that say the same",
            Rule::UnusedVariable => "a variable that no condition reads",
            Rule::UnusedDerivedRole => "a derived role that no policy names",
            Rule::UnusedSchema => "the schema of a kind that no policy and no route names",
            Rule::UngrantedRole => "a role that nobody can have",
            Rule::SimilarName => "a name used once that differs by a letter from one used more often",
            Rule::DeniedRoute => "a route whose requests no policy allows",
            Rule::UnlimitedBudget => "a route with a budget, and an environment in which nothing limits it",
            Rule::UncountedOrg => "a route with a budget that names no organisation, though organisations have limits",
            Rule::UnusedBudget => "limits, and no route with a budget",
            Rule::UnpricedModel => "a model without a price, though there are limits in micro-dollars",
        }
    }
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.id())
    }
}
