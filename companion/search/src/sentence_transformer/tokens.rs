use tokenizers::{PostProcessor, Tokenizer, TruncationParams};

use super::error::{LoadError, LoadProblem};
use super::files::Contents;

/// Cuts texts into what a model has learnt.
#[derive(Debug)]
pub(super) struct Tokens(Tokenizer);

impl Tokens {
    /// `longest` is how many tokens a text may have, of which special ones are some; `vocabulary` how many there are.
    pub(super) fn read(file: &Contents, longest: usize, vocabulary: usize) -> Result<Self, LoadError> {
        let wrong = |problem: String| file.wrong(LoadProblem::Tokenizer(problem));
        let mut tokenizer = Tokenizer::from_bytes(file.bytes()).map_err(|error| wrong(error.to_string()))?;
        let known = tokenizer.get_vocab(true);
        if let Some((token, id)) = known.iter().find(|(_, id)| **id as usize >= vocabulary) {
            return Err(wrong(format!("`{token}` is token {id}, and the model has {vocabulary} (`vocab_size`)")));
        }
        let special = tokenizer.get_post_processor().map_or(0, |framing| framing.added_tokens(false));
        if longest <= special {
            return Err(wrong(format!("frames a text with {special} tokens, and the model takes {longest} in all")));
        }
        // Many are saved with a padding that makes every text as long as the longest.
        tokenizer.with_padding(None);
        let truncation = TruncationParams { max_length: longest, ..TruncationParams::default() };
        tokenizer.with_truncation(Some(truncation)).map_err(|error| wrong(error.to_string()))?;
        Ok(Tokens(tokenizer))
    }

    /// The tokens of a text, as many as the model takes.
    pub(super) fn of(&self, text: &str) -> Result<Vec<u32>, String> {
        let encoding = self.0.encode_fast(text, true).map_err(|error| format!("the text has no tokens: {error}"))?;
        match encoding.get_ids() {
            [] => Err("the text has no tokens".to_owned()),
            ids => Ok(ids.to_vec()),
        }
    }
}
