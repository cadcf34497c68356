//! What a provider reports, and what it comes to.

use super::Usage;
use crate::Api;

/// A number of tokens, as one or several APIs report it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Count {
    Input,
    Output,
    Total,
    Cached,
    CacheWritten,
    Reasoning,
    /// Gemini's results of tools that it called itself, beside the prompt.
    ToolInput,
    /// Anthropic's sum of all that rounds of sampling read.
    RoundsInput,
    /// And wrote.
    RoundsOutput,
}

/// The last report of each number. One that says zero is not one that says nothing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Counts([Option<u64>; 9]);

impl Counts {
    pub(super) fn get(&self, count: Count) -> Option<u64> {
        self.0.get(count as usize).copied().flatten()
    }

    /// Takes a report. What rounds report adds up.
    pub(super) fn report(&mut self, count: Count, tokens: u64) {
        let before = match count {
            Count::RoundsInput | Count::RoundsOutput => self.get(count).unwrap_or_default(),
            _ => 0,
        };
        self.set(count, Some(before.saturating_add(tokens)));
    }

    /// Rounds are reported once more, from the first on.
    pub(super) fn restart_rounds(&mut self) {
        self.set(Count::RoundsInput, None);
        self.set(Count::RoundsOutput, None);
    }

    fn set(&mut self, count: Count, tokens: Option<u64>) {
        if let Some(place) = self.0.get_mut(count as usize) {
            *place = tokens;
        }
    }

    /// What the reports come to, if there were any of tokens read, written or both.
    pub(super) fn usage(&self, api: Api) -> Option<Usage> {
        let any = [Count::Input, Count::Output, Count::Total];
        any.into_iter().find_map(|count| self.get(count))?;
        let tokens = |count| self.get(count).unwrap_or_default();
        let (cached, cache_written) = (tokens(Count::Cached), tokens(Count::CacheWritten));
        let reasoning = tokens(Count::Reasoning);
        let (mut input, mut output) = (tokens(Count::Input), tokens(Count::Output));
        match api {
            Api::OpenAiChat | Api::OpenAiResponses | Api::OpenAiEmbeddings => {}
            // What a cache was read for or written to is not in the input.
            Api::AnthropicMessages => {
                input = input.saturating_add(cached).saturating_add(cache_written).max(tokens(Count::RoundsInput));
                output = output.max(tokens(Count::RoundsOutput));
            }
            Api::BedrockConverse => input = input.saturating_add(cached).saturating_add(cache_written),
            Api::Gemini => {
                input = input.saturating_add(tokens(Count::ToolInput));
                output = output.saturating_add(reasoning);
            }
        }
        // Tokens that are in the total and nowhere else are charged for like those of the answer.
        output = output.max(tokens(Count::Total).saturating_sub(input));
        Some(Usage { input, cached, cache_written, output, reasoning })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn usage(api: Api, reports: &[(Count, u64)]) -> Option<Usage> {
        let mut counts = Counts::default();
        for (count, tokens) in reports {
            counts.report(*count, *tokens);
        }
        counts.usage(api)
    }

    const NOTHING: Usage = Usage { input: 0, cached: 0, cache_written: 0, output: 0, reasoning: 0 };

    #[test]
    fn nothing_reported_is_not_zero_reported() {
        for api in Api::ALL {
            assert_eq!(usage(api, &[]), None);
            assert_eq!(usage(api, &[(Count::Cached, 5)]), None);
            assert_eq!(usage(api, &[(Count::Input, 0)]), Some(NOTHING));
            assert_eq!(usage(api, &[(Count::Output, 0)]), Some(NOTHING));
        }
    }

    #[test]
    fn cached_tokens_are_part_of_the_prompt_or_beside_it() {
        let reports = [(Count::Input, 100), (Count::Cached, 80), (Count::CacheWritten, 7), (Count::Output, 10)];
        for (api, input) in [
            (Api::OpenAiChat, 100),
            (Api::OpenAiResponses, 100),
            (Api::Gemini, 100),
            (Api::AnthropicMessages, 187),
            (Api::BedrockConverse, 187),
        ] {
            let expected = Usage { input, cached: 80, cache_written: 7, output: 10, reasoning: 0 };
            assert_eq!(usage(api, &reports), Some(expected), "{api:?}");
        }
    }

    #[test]
    fn thoughts_are_part_of_the_answer_or_on_top() {
        let reports = [(Count::Input, 9), (Count::ToolInput, 4), (Count::Output, 10), (Count::Reasoning, 30)];
        let chat = usage(Api::OpenAiChat, &reports);
        assert_eq!(chat, Some(Usage { input: 9, output: 10, reasoning: 30, ..NOTHING }));
        let gemini = usage(Api::Gemini, &reports);
        assert_eq!(gemini, Some(Usage { input: 13, output: 40, reasoning: 30, ..NOTHING }));
    }

    #[test]
    fn a_total_that_is_larger_than_its_parts_is_charged() {
        let larger = [(Count::Input, 5), (Count::Output, 3), (Count::Total, 18)];
        assert_eq!(usage(Api::OpenAiChat, &larger).map(|usage| usage.output), Some(13));
        // Bedrock's total has what was cached, or has it not.
        for total in [8, 108] {
            let reports = [(Count::Input, 5), (Count::Cached, 100), (Count::Output, 3), (Count::Total, total)];
            assert_eq!(usage(Api::BedrockConverse, &reports).map(Usage::total), Some(108));
        }
    }

    #[test]
    fn numbers_that_are_too_large_saturate() {
        let reports = [(Count::Input, u64::MAX), (Count::Cached, u64::MAX), (Count::Output, u64::MAX)];
        for api in Api::ALL {
            assert_eq!(usage(api, &reports).map(Usage::total), Some(u64::MAX));
        }
    }

    #[test]
    fn the_last_report_counts_and_rounds_add_up() {
        let mut counts = Counts::default();
        for report in 0..3 {
            counts.report(Count::Input, 23_000);
            counts.report(Count::Output, 1_000 * report);
            counts.restart_rounds();
            for (input, output) in [(180_000, 3_500), (23_000, 1_000)] {
                counts.report(Count::RoundsInput, input);
                counts.report(Count::RoundsOutput, output);
            }
        }
        let usage = counts.usage(Api::AnthropicMessages);
        assert_eq!(usage, Some(Usage { input: 203_000, output: 4_500, ..NOTHING }));
    }
}
