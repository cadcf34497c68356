use std::ops::Range;

use super::files::Files;
use super::place::{Place, harmless, members, within};
use super::weigh::{weigh, weigh_json, weigh_name};
use super::{Call, InvalidCall, Spans, StreamOptions};
use crate::Api;
use crate::estimate::Weight;
use crate::json::Token;

/// Longest name of a model, in UTF-16 units.
const MAX_MODEL: usize = 512;

/// What has been read of a call.
pub(super) struct Reader {
    pub(super) call: Call,
    /// Text of the prompt.
    pub(super) text: Weight,
    /// Whether there are tools.
    pub(super) has_tools: bool,
    /// The members that were there, of the body and of the object within it that is read.
    seen: [u32; 2],
    /// The model's name, in UTF-16.
    model: Vec<u16>,
    pub(super) files: Files,
    /// Whether the string that is being read says what kind of thing it stands in.
    is_kind: bool,
}

/// Why a name is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum BadName {
    Repeated(&'static str),
    Ambiguous(&'static str),
}

impl BadName {
    pub(super) fn at(self, at: usize) -> InvalidCall {
        match self {
            BadName::Repeated(name) => InvalidCall::Repeated { name, at },
            BadName::Ambiguous(name) => InvalidCall::Ambiguous { name, at },
        }
    }
}

impl Reader {
    pub(super) fn new(api: Api) -> Reader {
        let call = Call {
            api,
            model: None,
            streams: false,
            asks_usage: false,
            prompt_tokens: 0,
            images: 0,
            file_tokens: 0,
            is_partial: false,
            output_cap: (api == Api::OpenAiEmbeddings).then_some(0),
            answers: 1,
            is_deferred: false,
            spans: Spans::default(),
        };
        Reader {
            call,
            text: Weight::default(),
            has_tools: false,
            seen: [0; 2],
            model: Vec::new(),
            files: Files::default(),
            is_kind: false,
        }
    }

    /// Where a member stands, if it matters.
    pub(super) fn step(&mut self, object: Place, name: &[u8]) -> Result<Option<Place>, BadName> {
        let seen = match object {
            Place::Root => &mut self.seen[0],
            Place::Settings | Place::StreamOptions => &mut self.seen[1],
            Place::Prompt => {
                self.text.add_text(name);
                self.is_kind = name == b"type";
                let place = within(name);
                return Ok(Some(if is_file(place) { self.files.step(place, name, &mut self.text) } else { place }));
            }
            Place::Free | Place::Tools | Place::Elsewhere => {
                weigh_name(&mut self.text, name);
                return Ok(Some(object));
            }
            object if is_file(object) => return Ok(Some(self.files.step(object, name, &mut self.text))),
            _ => return Ok(None),
        };
        let members = members(self.call.api, object);
        let Some((index, (known, place))) = members.iter().enumerate().find(|(_, (known, _))| known.as_bytes() == name)
        else {
            return match members.iter().find(|(known, _)| is_alike(known, name)) {
                Some((known, _)) => Err(BadName::Ambiguous(known)),
                None if object == Place::StreamOptions => Ok(None),
                None if harmless(self.call.api, object).iter().any(|known| known.as_bytes() == name) => Ok(None),
                None => {
                    weigh_name(&mut self.text, name);
                    Ok(Some(Place::Free))
                }
            };
        };
        // What has two names is one member. Of the prompt, both are counted.
        let index = match place {
            Place::Prompt | Place::Free | Place::Tools | Place::Elsewhere => index,
            _ => members.iter().position(|(_, other)| other == place).unwrap_or(index),
        };
        let bit = 1 << index;
        if *seen & bit != 0 {
            return Err(BadName::Repeated(known));
        }
        *seen |= bit;
        Ok(Some(*place))
    }

    /// Takes a token of a value, which began where the span does and, if it is no object or list, ended there. `depth` is how
    /// many objects and lists are open.
    pub(super) fn take(
        &mut self,
        place: Place,
        token: Token<'_>,
        span: Range<usize>,
        depth: usize,
    ) -> Result<(), InvalidCall> {
        let call = &mut self.call;
        match (place, token) {
            (_, Token::Name) => {}
            (Place::Root, Token::Object) => call.spans.root = span.start + 1,
            (Place::Root, Token::End) => {}
            (Place::Root, _) => return Err(InvalidCall::NotAnObject),

            // Texts that are tokens already.
            (Place::Prompt, Token::Number(_)) if call.api == Api::OpenAiEmbeddings => {
                self.text.add(Weight::of_tokens(1));
            }
            (Place::Prompt, token) => {
                match token {
                    Token::Text(kind) if self.is_kind => {
                        self.files.kind(kind, depth);
                        call.is_partial |= kind == b"item_reference";
                    }
                    Token::End => self.files.leave(depth),
                    _ => {}
                }
                weigh(&mut self.text, token, span.len());
            }
            (Place::Free | Place::Tools | Place::Elsewhere, token) => {
                self.has_tools |= place == Place::Tools && token == Token::Object;
                call.is_partial |= place == Place::Elsewhere && is_something(token);
                weigh_json(&mut self.text, token, span.len());
            }
            (place, token) if is_file(place) => self.files.take(place, token, span.len(), depth, &mut self.text),

            // What is null is as if it were not there.
            (Place::StreamOptions, Token::Null) => call.spans.stream_options = Some(StreamOptions::Null(span)),
            (Place::IncludeUsage, Token::Null) => call.spans.include_usage = Some(span),
            (_, Token::Null) => {}

            (Place::Model, Token::Text(run)) if self.model.len() <= MAX_MODEL => {
                self.model.extend(str::from_utf8(run).unwrap_or_default().encode_utf16());
            }
            (Place::Model, Token::Unit(unit)) if self.model.len() <= MAX_MODEL => self.model.push(unit),
            (Place::Model, Token::EndText) if self.model.len() <= MAX_MODEL => {
                let name = String::from_utf16(&self.model);
                call.model = Some(name.map_err(|_| unexpected(place, call.api, span.start))?);
                call.spans.model = Some(span);
            }
            (Place::Stream, Token::Bool(value)) => call.streams = value,
            (Place::Background, Token::Bool(value)) => call.is_deferred = value,
            (Place::IncludeUsage, Token::Bool(value)) => {
                call.asks_usage = value;
                call.spans.include_usage = Some(span);
            }
            (Place::StreamOptions, Token::Object) => {
                call.spans.stream_options = Some(StreamOptions::Object(span.start + 1));
            }
            (Place::Settings, Token::Object) | (Place::StreamOptions | Place::Settings, Token::End) => {}
            // Of two, the larger: which one counts is the provider's to say.
            (Place::Cap | Place::OldCap, Token::Number(Some(tokens))) => {
                call.output_cap = call.output_cap.max(Some(tokens));
                call.spans.caps.push((tokens, span));
            }
            (Place::Answers | Place::Candidates, Token::Number(Some(answers))) => {
                call.answers = call.answers.max(answers);
            }
            (place, _) => return Err(unexpected(place, call.api, span.start)),
        }
        Ok(())
    }
}

/// Whether a value is begun or told that is neither empty nor null.
fn is_something(token: Token<'_>) -> bool {
    matches!(token, Token::Object | Token::Text(_) | Token::Unit(_) | Token::Number(_))
}

fn is_file(place: Place) -> bool {
    matches!(place, Place::Image | Place::Media | Place::File | Place::Source)
}

fn unexpected(place: Place, api: Api, at: usize) -> InvalidCall {
    let mut objects = [Place::Root, Place::Settings, Place::StreamOptions].into_iter();
    let name = objects.find_map(|object| members(api, object).iter().find(|(_, member)| *member == place));
    let expected = match place {
        Place::Model => "a string of Unicode, of 512 characters at most",
        Place::Stream | Place::IncludeUsage | Place::Background => "true or false",
        Place::Cap | Place::OldCap | Place::Answers | Place::Candidates => "a whole number",
        _ => "an object",
    };
    InvalidCall::Unexpected { name: name.map_or("", |(name, _)| name), at, expected }
}

/// Whether readers that do not tell upper from lower case, as Go's, take a name for another that is in ASCII. Two letters
/// beyond ASCII have their lower case within it.
fn is_alike(known: &str, name: &[u8]) -> bool {
    let name = String::from_utf8_lossy(name);
    let folded = name.chars().map(|character| match character {
        'ſ' => 's',
        '\u{212a}' => 'k',
        other => other.to_ascii_lowercase(),
    });
    known.chars().map(|character| character.to_ascii_lowercase()).eq(folded)
}
