use std::fmt;

use crate::protobuf::{Malformed, Value, fields};

#[cfg(test)]
mod tests;

/// What the companion says to a reserve.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// The call may go upstream.
    Held(Held),
    /// A limit leaves no room for it.
    Exceeded {
        /// The limit.
        standing: Standing,
        /// What was asked of it.
        asked: u64,
    },
    /// Nobody can tell whether it fits.
    Unavailable {
        /// For the operator.
        reason: String,
        /// When to ask again, in seconds.
        retry_after: u64,
    },
    /// It cannot be held as it is; for the client.
    Invalid {
        /// Our name for what is wrong, such as `MODEL_UNKNOWN`.
        code: String,
        /// What is wrong, for people.
        reason: String,
    },
    /// It does not count.
    Disabled,
}

/// What is held for a call.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Held {
    /// What settles it, to the companion; empty if nothing is held.
    pub reservation: Vec<u8>,
    /// The model that serves the call.
    pub model: String,
    /// The most tokens that an answer of it may have.
    pub output_cap: u64,
    /// For how long it is held unless it is renewed, in seconds.
    pub lease_seconds: u64,
    /// The limit with the least left.
    pub standing: Option<Standing>,
    /// Whether the call passes limits although there is no room.
    pub passed: bool,
    /// What the prompt is taken to be for the model that serves, in tokens.
    pub prompt_tokens: u64,
}

/// How a limit stands, in the unit in which it is counted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Standing {
    /// `global`, `org`, `user`, `provider` or `model`.
    pub scope: String,
    /// Which; empty for `global`.
    pub name: String,
    /// `tokens` or `micro-dollars`.
    pub unit: String,
    /// `hour`, `day` or `month`.
    pub window: String,
    /// How much may be used in a window.
    pub limit: u64,
    /// How much has been.
    pub used: u64,
    /// How much is held for calls that go on.
    pub held: u64,
    /// Seconds until it begins anew.
    pub resets_in: u64,
}

impl Standing {
    /// What is left of the limit.
    #[must_use]
    pub fn left(&self) -> u64 {
        self.limit.saturating_sub(self.used).saturating_sub(self.held)
    }

    /// Whether all of it has been used, whatever is held.
    #[must_use]
    pub fn is_used_up(&self) -> bool {
        self.used >= self.limit
    }

    /// Whether it is a limit of tokens.
    #[must_use]
    pub fn counts_tokens(&self) -> bool {
        self.unit == "tokens"
    }

    /// Whether both are of one limit.
    #[must_use]
    pub fn is_same_limit(&self, other: &Standing) -> bool {
        let limit = |standing: &Standing| {
            let Standing { scope, name, unit, window, .. } = standing.clone();
            (scope, name, unit, window)
        };
        limit(self) == limit(other)
    }

    /// Reads a message; what is not known of it is passed over.
    fn read(message: &[u8]) -> Result<Self, Malformed> {
        let mut standing = Standing::default();
        for field in fields(message) {
            let (number, value) = field?;
            match (number, value) {
                (1, Value::Bytes(bytes)) => standing.scope = text(bytes)?,
                (2, Value::Bytes(bytes)) => standing.name = text(bytes)?,
                (3, Value::Bytes(bytes)) => standing.unit = text(bytes)?,
                (4, Value::Bytes(bytes)) => standing.window = text(bytes)?,
                (5, Value::Varint(limit)) => standing.limit = limit,
                (6, Value::Varint(used)) => standing.used = used,
                (7, Value::Varint(held)) => standing.held = held,
                (8, Value::Varint(seconds)) => standing.resets_in = seconds,
                (1..=8, _) => return Err(Malformed),
                _ => {}
            }
        }
        Ok(standing)
    }
}

/// For the operator: without receipts.
impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Verdict::Held(Held { model, output_cap, passed, .. }) => {
                let how = if *passed { "held beyond a limit" } else { "held" };
                write!(f, "{how} for {model}, at most {output_cap} tokens an answer")
            }
            Verdict::Exceeded { standing: Standing { scope, name, unit, window, limit, used, held, .. }, asked } => {
                write!(
                    f,
                    "exceeds {limit} {unit} a {window} of {scope} {name}: {used} used, {held} held, {asked} asked for"
                )
            }
            Verdict::Unavailable { reason, .. } => write!(f, "unavailable: {reason}"),
            Verdict::Invalid { code, reason } => write!(f, "{code}: {reason}"),
            Verdict::Disabled => f.write_str("disabled"),
        }
    }
}

impl Held {
    fn read(message: &[u8]) -> Result<Self, Malformed> {
        let mut held = Held::default();
        for field in fields(message) {
            match field? {
                (1, Value::Bytes(bytes)) => held.reservation = bytes.to_vec(),
                (2, Value::Bytes(bytes)) => held.model = text(bytes)?,
                (3, Value::Varint(tokens)) => held.output_cap = tokens,
                (4, Value::Varint(seconds)) => held.lease_seconds = seconds,
                (5, Value::Bytes(bytes)) => held.standing = Some(Standing::read(bytes)?),
                (6, Value::Varint(passed)) => held.passed = passed != 0,
                (7, Value::Varint(tokens)) => held.prompt_tokens = tokens,
                (1..=7, _) => return Err(Malformed),
                _ => {}
            }
        }
        Ok(held)
    }
}

impl Verdict {
    /// Whether the reservation has come to its end before it was asked for.
    #[must_use]
    pub fn is_over(&self) -> bool {
        matches!(self, Verdict::Invalid { code, .. } if code == "RESERVATION_SETTLED")
    }

    /// Reads a `ReserveReply`.
    ///
    /// # Errors
    /// If it is none, says nothing, or says two things.
    pub(crate) fn read(message: &[u8]) -> Result<Self, Malformed> {
        let mut found = None;
        for field in fields(message) {
            let verdict = match field? {
                (1, Value::Bytes(bytes)) => Verdict::Held(Held::read(bytes)?),
                (2, Value::Bytes(bytes)) => Self::exceeded(bytes)?,
                (3, Value::Bytes(bytes)) => Self::unavailable(bytes)?,
                (4, Value::Bytes(bytes)) => Self::invalid(bytes)?,
                (5, Value::Bytes(_)) => Verdict::Disabled,
                (1..=5, _) => return Err(Malformed),
                _ => continue,
            };
            if found.replace(verdict).is_some() {
                return Err(Malformed);
            }
        }
        found.ok_or(Malformed)
    }

    fn exceeded(message: &[u8]) -> Result<Self, Malformed> {
        let (mut standing, mut asked) = (Standing::default(), 0);
        for field in fields(message) {
            match field? {
                (1, Value::Bytes(bytes)) => standing = Standing::read(bytes)?,
                (2, Value::Varint(amount)) => asked = amount,
                (1..=2, _) => return Err(Malformed),
                _ => {}
            }
        }
        Ok(Verdict::Exceeded { standing, asked })
    }

    fn invalid(message: &[u8]) -> Result<Self, Malformed> {
        let (mut code, mut reason) = (String::new(), String::new());
        for field in fields(message) {
            match field? {
                (1, Value::Bytes(bytes)) => code = text(bytes)?,
                (2, Value::Bytes(bytes)) => reason = text(bytes)?,
                (1..=2, _) => return Err(Malformed),
                _ => {}
            }
        }
        Ok(Verdict::Invalid { code, reason })
    }

    fn unavailable(message: &[u8]) -> Result<Self, Malformed> {
        let (mut reason, mut retry_after) = (String::new(), 0);
        for field in fields(message) {
            match field? {
                (1, Value::Bytes(bytes)) => reason = text(bytes)?,
                (2, Value::Varint(seconds)) => retry_after = seconds,
                (1..=2, _) => return Err(Malformed),
                _ => {}
            }
        }
        Ok(Verdict::Unavailable { reason, retry_after })
    }
}

fn text(bytes: &[u8]) -> Result<String, Malformed> {
    str::from_utf8(bytes).map(ToOwned::to_owned).map_err(|_| Malformed)
}
