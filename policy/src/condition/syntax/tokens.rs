use std::ops::Range;

/// A piece of a text that may not be CEL.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Token {
    pub(super) kind: Kind,
    pub(super) at: Range<usize>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Word,
    Number,
    /// A string; whether its quote is closed.
    Text(bool),
    /// Characters of operators in a row.
    Operator,
    Open,
    Close,
    /// Any other character.
    Other,
}

/// Takes a text apart, in order. Nothing is lost but white space and comments.
pub(super) fn tokens(source: &str) -> Vec<Token> {
    let mut tokens = Vec::new();
    let mut at = 0;
    while let Some(first) = source.get(at..).and_then(|rest| rest.chars().next()) {
        let rest = source.get(at..).unwrap_or_default();
        let run = |is: fn(char) -> bool| rest.find(|character| !is(character)).unwrap_or(rest.len());
        let (kind, len) = match first {
            _ if first.is_whitespace() => (None, first.len_utf8()),
            _ if rest.starts_with("//") => (None, rest.find('\n').unwrap_or(rest.len())),
            'a'..='z' | 'A'..='Z' | '_' => (Some(Kind::Word), run(is_word)),
            '0'..='9' => (Some(Kind::Number), run(is_word)),
            '\'' | '"' => {
                let (len, closed) = quoted(rest, first);
                (Some(Kind::Text(closed)), len)
            }
            '(' | '[' | '{' => (Some(Kind::Open), 1),
            ')' | ']' | '}' => (Some(Kind::Close), 1),
            _ if is_operator(first) => (Some(Kind::Operator), run(is_operator)),
            _ => (Some(Kind::Other), first.len_utf8()),
        };
        if let Some(kind) = kind {
            tokens.push(Token { kind, at: at..at + len });
        }
        at += len;
    }
    tokens
}

fn is_word(character: char) -> bool {
    character.is_ascii_alphanumeric() || character == '_'
}

fn is_operator(character: char) -> bool {
    "=!<>&|~:?+-*/%^".contains(character)
}

/// How long a string is, and whether it ends. One without an end goes on to the end of its line.
fn quoted(rest: &str, quote: char) -> (usize, bool) {
    let mut escaped = false;
    for (offset, character) in rest.char_indices().skip(1) {
        match character {
            '\n' => return (offset, false),
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            _ if character == quote => return (offset + 1, true),
            _ => {}
        }
    }
    (rest.len(), false)
}
