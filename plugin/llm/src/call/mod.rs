//! What a request asks for.

mod files;
mod hiding;
mod invalid;
mod place;
mod reader;
mod rewrite;
mod weigh;

pub use invalid::InvalidCall;
pub use rewrite::Rewrite;

use std::ops::Range;

use crate::Api;
use crate::estimate::Weight;
use crate::json::{Invalid, MAX_NAME, Token, Walk};
use place::Place;
use reader::Reader;

#[cfg(test)]
mod tests;

/// What a provider adds to every prompt, in tokens.
const CALL_TOKENS: u64 = 4;

/// What a provider adds to the prompt where there are tools, in tokens: Anthropic by its documentation, OpenAI by what it
/// reports.
fn tools_tokens(api: Api) -> u64 {
    match api {
        Api::AnthropicMessages | Api::BedrockConverse => 346,
        _ => 90,
    }
}

/// What a request asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Call {
    /// The API that it speaks.
    pub api: Api,
    /// The model, by the request's path or, where that names none, by its body.
    pub model: Option<String>,
    /// Whether the answer is to be streamed.
    pub streams: bool,
    /// Whether the client asks for the chunk that says what was used.
    pub asks_usage: bool,
    /// An estimate of the tokens of the prompt's text: by kind of script, of members of the API's that the model reads, their
    /// names included (which makes up for what providers put around messages), of those that nobody knows, and of what
    /// providers add to every call and to those with tools. Neither images nor files are among them.
    pub prompt_tokens: u64,
    /// Images within the prompt, or named by it. What each is to the model, the model alone knows.
    pub images: u64,
    /// What other files may have in tokens, by their size, as far as they are no text.
    pub file_tokens: u64,
    /// Whether a part of the prompt is elsewhere: earlier answers, a cache, a stored prompt, a file. Nothing of it is in the
    /// estimate.
    pub is_partial: bool,
    /// The most tokens that an answer may have, if the request bounds them. Of embeddings, none.
    pub output_cap: Option<u64>,
    /// How many answers are made. At least one.
    pub answers: u64,
    /// Whether the answer will be fetched by another request, so that this one's says nothing of usage.
    pub is_deferred: bool,
    spans: Spans,
}

/// Where in the body stands what may be rewritten.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Spans {
    /// Behind the brace that opens the body.
    root: usize,
    model: Option<Range<usize>>,
    stream_options: Option<StreamOptions>,
    include_usage: Option<Range<usize>>,
    /// What bounds the answer: by how much, and where. One, or two of different names.
    caps: Vec<(u64, Range<usize>)>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum StreamOptions {
    Null(Range<usize>),
    /// Behind the brace that opens them.
    Object(usize),
}

impl Call {
    /// Reads a request in one pass: its path, with or without a query, and its body as a whole.
    ///
    /// # Errors
    /// If the path is of another API, or would have the provider not say what was used; if the body is not a JSON object,
    /// nests too deeply, repeats a member that is read, or has one that is not what the API says.
    pub fn read(api: Api, path: &str, body: &[u8]) -> Result<Call, InvalidCall> {
        let detected = Api::of_path(path);
        if let Some(found) = detected.as_ref().map(|detected| detected.api).filter(|found| *found != api) {
            return Err(InvalidCall::OtherApi { found, expected: api });
        }
        if let Some(name) = hiding::parameter(path).filter(|_| api == Api::Gemini) {
            return Err(InvalidCall::Hides { name });
        }
        str::from_utf8(body).map_err(|why| InvalidCall::NotUtf8 { at: why.valid_up_to() })?;
        let mut reader = Reader::new(api);
        let mut walk = Walk::new(Place::Root, false);
        let mut at = 0;
        loop {
            let (mut refused, mut is_long, before) = (None, false, at);
            let next = walk.next(body, &mut at, |object, name| {
                is_long = name.len() == MAX_NAME;
                // A name that is refused is told, too, so that reading stops behind it.
                reader.step(object, name).unwrap_or_else(|why| {
                    refused = Some(why);
                    Some(object)
                })
            });
            if let Some(why) = refused {
                return Err(why.at(walk.scanner().name_end()));
            }
            let (begin, depth) = (walk.scanner().begin(), walk.scanner().depth());
            match next {
                Ok(Some((_, Token::Name))) if is_long => {
                    let name = body.get(before..walk.scanner().name_end());
                    reader.text.add_text(name.unwrap_or_default());
                }
                Ok(Some((place, token))) => reader.take(place, token, begin..at, depth)?,
                Ok(None) if walk.is_done() => break,
                Ok(None) | Err(Invalid::Syntax) => return Err(InvalidCall::NotJson { at }),
                Err(Invalid::TooDeep) => return Err(InvalidCall::TooDeep { at }),
            }
        }
        let (model, streams) = detected.map_or((None, None), |detected| (detected.model, detected.streams));
        let mut call = reader.call;
        call.model = model.or(call.model);
        call.streams |= streams == Some(true);
        let mut prompt = reader.text;
        prompt.add(Weight::of_tokens(CALL_TOKENS));
        if reader.has_tools {
            prompt.add(Weight::of_tokens(tools_tokens(api)));
        }
        call.images = reader.files.images;
        call.file_tokens = reader.files.tokens;
        call.is_partial |= reader.files.is_elsewhere;
        call.prompt_tokens = prompt.tokens();
        Ok(call)
    }

    /// Whether the answer says what was used only if the body is rewritten to ask for it.
    #[must_use]
    pub fn needs_include_usage(&self) -> bool {
        self.api == Api::OpenAiChat && self.streams && !self.asks_usage
    }
}
