//! The JSON of an answer, or of an event of one: what it says of usage, and how much text it brings.

use super::counts::Counts;
use super::place::{Place, member};
use crate::Api;
use crate::estimate::Weight;
use crate::json::{Invalid, Token, Walk};

/// Reads one JSON value after the other, in pieces, and adds up what they say.
#[derive(Clone, Debug)]
pub(super) struct Document {
    api: Api,
    walk: Walk<Place>,
    pub(super) counts: Counts,
    /// Text that the model wrote.
    pub(super) text: Weight,
    /// Whether there was any member that the API knows, and that is not null.
    pub(super) is_known: bool,
    /// Whether a value before this one has been read to its end.
    has_ended: bool,
    /// What the values say that have been read to their ends.
    said: Said,
    /// What the value says that is being read.
    value: Said,
}

/// What a value says.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Said {
    /// Whether it has a list of choices.
    has_choices: bool,
    /// Whether there is anything in it.
    has_choice: bool,
    /// Whether it says how much was used.
    has_usage: bool,
    /// Whether it says that the model has stopped.
    has_stopped: bool,
}

impl Document {
    pub(super) fn new(api: Api, stops_at_lines: bool) -> Document {
        Document {
            api,
            walk: Walk::new(Place::Root, stops_at_lines),
            counts: Counts::default(),
            text: Weight::default(),
            is_known: false,
            has_ended: false,
            said: Said::default(),
            value: Said::default(),
        }
    }

    /// Whether a value has been read to its end.
    pub(super) fn is_done(&self) -> bool {
        self.walk.is_done()
    }

    /// Begins another value. The one before counts as far as it went, but says nothing that only a whole one can say.
    pub(super) fn restart(&mut self) {
        self.said.has_usage = self.has_usage();
        self.said.has_stopped = self.has_stopped();
        self.has_ended = self.has_ended();
        self.walk.restart();
        self.value = Said::default();
    }

    /// Whether any value has been read to its end.
    pub(super) fn has_ended(&self) -> bool {
        self.has_ended || self.is_done()
    }

    /// Whether a value said how much was used.
    pub(super) fn has_usage(&self) -> bool {
        self.said.has_usage || self.is_done() && self.value.has_usage
    }

    /// Whether a value said that the model has stopped.
    pub(super) fn has_stopped(&self) -> bool {
        self.said.has_stopped || self.is_done() && self.value.has_stopped
    }

    /// Whether the value has been read to its end and is the chunk that OpenAI adds for `include_usage`.
    pub(super) fn is_usage_chunk(&self) -> bool {
        self.is_done() && self.value.has_choices && !self.value.has_choice && self.value.has_usage
    }

    /// Whether the value may turn out to be that chunk.
    pub(super) fn may_be_usage_chunk(&self) -> bool {
        !self.value.has_choice
    }

    /// Reads on, to the end of the bytes or of a line that stops it.
    ///
    /// # Errors
    /// If this is no JSON. Only [`Document::restart`] makes sense then.
    pub(super) fn read(&mut self, bytes: &[u8], at: &mut usize) -> Result<(), Invalid> {
        let api = self.api;
        while let Some((place, token)) = self.walk.next(bytes, at, |object, name| {
            let place = member(api, object, name)?;
            if object == Place::Text {
                self.text.add_text(name);
            }
            Some(place)
        })? {
            self.take(place, token);
        }
        Ok(())
    }

    /// A line ended within the value.
    ///
    /// # Errors
    /// If it must not end there.
    pub(super) fn end_line(&mut self) -> Result<(), Invalid> {
        if let Some(Token::Number(number)) = self.walk.scanner().end_line()? {
            let place = self.walk.place();
            self.take(place, Token::Number(number));
        }
        Ok(())
    }

    fn take(&mut self, place: Place, token: Token<'_>) {
        self.is_known = self.is_known || place != Place::Root && !matches!(token, Token::Name | Token::Null);
        match (place, token) {
            (Place::Text, Token::Text(run)) => self.text.add_text(run),
            (Place::Text, Token::Unit(unit)) => self.text.add_unit(unit),
            (Place::Text, Token::Number(_) | Token::Bool(_)) => self.text.add(Weight::of_tokens(1)),
            (Place::Count(count), Token::Number(Some(tokens))) => self.counts.report(count, tokens),
            (Place::Rounds, Token::List) => self.counts.restart_rounds(),
            (Place::Usage, Token::Object) => self.value.has_usage = true,
            (Place::Stop, Token::EndText) => self.value.has_stopped = true,
            (Place::Choices, Token::List) => self.value.has_choices = true,
            (Place::Choices, Token::Object) => self.value.has_choice = true,
            _ => {}
        }
    }
}
