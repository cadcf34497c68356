use std::fmt;

/// The most that a counter counts to. All stores count exactly up to here: those in Lua have only doubles.
pub const MOST_COUNTED: u64 = (1 << 53) - 1;

/// The most that one call is taken to use; a thousand calls at once do not lead a counter past [`MOST_COUNTED`].
pub const MOST_OF_A_CALL: u64 = (1 << 43) - 1;

/// What is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Unit {
    /// Tokens, of the prompt and of the answer.
    Tokens,
    /// Millionths of a dollar.
    MicroDollars,
}

/// What a call uses, or may use: none is more than [`MOST_OF_A_CALL`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Amounts {
    tokens: u64,
    micro_dollars: u64,
}

impl Unit {
    /// All of them.
    pub const ALL: [Self; 2] = [Self::Tokens, Self::MicroDollars];

    /// As policies write it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Tokens => "tokens",
            Self::MicroDollars => "microDollars",
        }
    }

    /// The unit that is written so.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|unit| unit.as_str() == word)
    }
}

impl Amounts {
    /// Nothing.
    pub const NONE: Self = Amounts { tokens: 0, micro_dollars: 0 };

    /// So many tokens, of the prompt and of the answer together, and what they cost. What is more than
    /// [`MOST_OF_A_CALL`] counts as that.
    #[must_use]
    pub fn new(tokens: u64, micro_dollars: u64) -> Self {
        Amounts { tokens: tokens.min(MOST_OF_A_CALL), micro_dollars: micro_dollars.min(MOST_OF_A_CALL) }
    }

    /// Of the prompt and of the answer together.
    #[must_use]
    pub fn tokens(self) -> u64 {
        self.tokens
    }

    /// What they cost, in millionths of a dollar.
    #[must_use]
    pub fn micro_dollars(self) -> u64 {
        self.micro_dollars
    }

    /// So many of the unit.
    #[must_use]
    pub fn of(self, unit: Unit) -> u64 {
        match unit {
            Unit::Tokens => self.tokens,
            Unit::MicroDollars => self.micro_dollars,
        }
    }

    /// The larger of both, unit by unit.
    #[must_use]
    pub fn max(self, other: Self) -> Self {
        Amounts { tokens: self.tokens.max(other.tokens), micro_dollars: self.micro_dollars.max(other.micro_dollars) }
    }
}

impl fmt::Display for Unit {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}
