use crate::protobuf::{push_bytes, push_number};

/// What a call used, in tokens.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Used {
    /// Of the prompt, all of it.
    pub input: u64,
    /// Of the answers.
    pub output: u64,
    /// Of the prompt, what the provider had cached.
    pub cached: u64,
    /// Of the prompt, what the provider cached now.
    pub cache_written: u64,
}

/// How a call ended, or how far it has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It was served, and the provider said what it used.
    Used(Used),
    /// It was served, or some of it was, and nobody said what it used.
    Estimated(Used),
    /// It never reached a model, or none took it.
    Released,
    /// It goes on.
    SoFar(Used),
}

impl From<tollgate_llm::Usage> for Used {
    fn from(usage: tollgate_llm::Usage) -> Self {
        let tollgate_llm::Usage { input, output, cached, cache_written, .. } = usage;
        Used { input, output, cached, cache_written }
    }
}

impl Outcome {
    /// Whether more will be told of the call.
    #[must_use]
    pub fn is_final(&self) -> bool {
        !matches!(self, Outcome::SoFar(_))
    }

    /// The encoded `Settlement` of a reservation.
    pub(super) fn settlement(&self, sequence: u64, reservation: &[u8]) -> Vec<u8> {
        let mut message = Vec::with_capacity(reservation.len() + 48);
        push_number(&mut message, 1, sequence);
        push_bytes(&mut message, 2, reservation);
        let (number, used) = match self {
            Outcome::Used(used) => (3, *used),
            Outcome::Estimated(used) => (4, *used),
            Outcome::Released => (5, Used::default()),
            Outcome::SoFar(used) => (6, *used),
        };
        let Used { input, output, cached, cache_written } = used;
        let mut usage = Vec::new();
        for (number, tokens) in [(1, input), (2, output), (3, cached), (4, cache_written)] {
            push_number(&mut usage, number, tokens);
        }
        push_bytes(&mut message, number, &usage);
        message
    }
}
