//! What stands within a prompt, as the model reads it.

use crate::estimate::Weight;
use crate::json::Token;

/// Adds what stands within the prompt and took this many bytes: text, numbers by their digits, and words.
pub(super) fn weigh(text: &mut Weight, token: Token<'_>, length: usize) {
    match token {
        Token::Text(run) => text.add_text(run),
        Token::Unit(unit) => text.add_unit(unit),
        Token::Number(_) => text.add(Weight::of_number(length)),
        Token::Bool(_) => text.add(Weight::of_tokens(1)),
        _ => {}
    }
}

/// Adds what the model reads as JSON: what holds it together weighs, too, half a token for quotes and one for brackets.
pub(super) fn weigh_json(text: &mut Weight, token: Token<'_>, length: usize) {
    match token {
        Token::Object | Token::List | Token::Null => text.add(Weight::of_tokens(1)),
        Token::EndText => text.add_text(QUOTE),
        other => weigh(text, other, length),
    }
}

/// Adds the name of a member that the model reads as JSON.
pub(super) fn weigh_name(text: &mut Weight, name: &[u8]) {
    text.add_text(name);
    text.add_text(QUOTE);
}

const QUOTE: &[u8] = b"\"";
