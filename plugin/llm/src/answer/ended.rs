use super::Usage;

/// What is known of an answer that has come to its end, whichever that was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ended {
    /// How it ended.
    pub ending: Ending,
    /// What the provider reported, if it did. Unless the answer is complete, this is what had been used until then.
    pub usage: Option<Usage>,
    /// Whether the provider reported how long the prompt is.
    pub is_input_reported: bool,
    /// An estimate of the tokens of the text that came.
    pub streamed_tokens: u64,
}

/// How an answer ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// The model came to its end and the provider said so.
    Complete,
    /// The client, the provider or the way between them ended it before.
    CutShort,
    /// It cannot be read: encoded, of another type or another API, or not what its type says. What was used is unknown.
    Unreadable,
    /// Its status says that it is no answer. Its body is not read.
    Refused,
}

/// What a call is charged for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Spent {
    /// The tokens.
    pub usage: Usage,
    /// Whether these are the provider's own numbers, and its last.
    pub is_exact: bool,
}

impl Ended {
    /// What the call is to be charged for, where its prompt is estimated at `prompt_tokens`.
    ///
    /// An answer that is complete costs what the provider reported. One that is cut short costs at least its prompt and what
    /// was streamed, by the provider's numbers as far as they go, and by estimates where they do not. One that is refused
    /// costs nothing. Of one that cannot be read, or is complete without a report, nothing is known: what a model thinks and is
    /// not seen to think may be most of it. Whoever held tokens for it charges what was held.
    #[must_use]
    pub fn spent(&self, prompt_tokens: u64) -> Option<Spent> {
        let reported = self.usage.unwrap_or_default();
        match self.ending {
            Ending::Unreadable => None,
            Ending::Complete if self.usage.is_none() => None,
            Ending::Refused => Some(Spent { usage: reported, is_exact: true }),
            Ending::Complete => Some(Spent { usage: reported, is_exact: true }),
            Ending::CutShort => {
                let input = if self.is_input_reported { reported.input } else { prompt_tokens };
                let output = reported.output.max(self.streamed_tokens);
                Some(Spent { usage: Usage { input, output, ..reported }, is_exact: false })
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const REPORTED: Usage = Usage { input: 100, cached: 20, cache_written: 0, output: 3, reasoning: 0 };

    fn ended(ending: Ending, usage: Option<Usage>) -> Ended {
        Ended { ending, usage, is_input_reported: usage.is_some(), streamed_tokens: 40 }
    }

    fn spent(ended: Ended) -> Option<(u64, u64, bool)> {
        ended.spent(70).map(|spent| (spent.usage.input, spent.usage.output, spent.is_exact))
    }

    #[test]
    fn a_complete_answer_costs_what_was_reported() {
        assert_eq!(spent(ended(Ending::Complete, Some(REPORTED))), Some((100, 3, true)));
        assert_eq!(spent(ended(Ending::Complete, Some(Usage::default()))), Some((0, 0, true)));
        assert_eq!(spent(ended(Ending::Complete, None)), None);
    }

    #[test]
    fn what_is_cut_short_costs_its_prompt_and_what_was_streamed() {
        assert_eq!(spent(ended(Ending::CutShort, None)), Some((70, 40, false)));
        assert_eq!(spent(ended(Ending::CutShort, Some(REPORTED))), Some((100, 40, false)));
        let more = Usage { output: 50, ..REPORTED };
        assert_eq!(spent(ended(Ending::CutShort, Some(more))), Some((100, 50, false)));
        let unread =
            Ended { is_input_reported: false, ..ended(Ending::CutShort, Some(Usage { input: 0, ..REPORTED })) };
        assert_eq!(spent(unread), Some((70, 40, false)));
    }

    #[test]
    fn what_is_refused_costs_nothing_and_what_cannot_be_read_nobody_knows_what() {
        assert_eq!(spent(ended(Ending::Refused, None)), Some((0, 0, true)));
        assert_eq!(spent(ended(Ending::Unreadable, None)), None);
        assert_eq!(spent(ended(Ending::Unreadable, Some(REPORTED))), None);
    }
}
