//! What is said of a text that is not CEL: what its author probably meant.
//!
//! The parser tells where it stopped. What stands there, and before it, tells more: an operator of another language, a
//! quote or a bracket without its other one.

mod tokens;

use std::ops::Range;

use cel_interpreter::parser::ParseErrors;

use super::ConditionProblem;
use tokens::{Kind, Token, tokens};

/// Operators and words of other languages, and what CEL has for them.
const FOREIGN: &[(&str, &str)] = &[
    ("=", "write `==` to compare"),
    ("===", "write `==` to compare"),
    ("!==", "write `!=`"),
    ("=<", "write `<=`"),
    ("=>", "write `>=`"),
    ("<>", "write `!=`"),
    (":=", "write `==` to compare"),
    ("=~", "write `x.matches('…')`"),
    ("~=", "write `x.matches('…')`"),
    ("~", "write `x.matches('…')`"),
    ("&", "write `&&`"),
    ("|", "write `||`"),
    ("^", "write `!=` between booleans"),
    ("**", "CEL has no powers; write the product out"),
    ("++", "nothing can be changed in a condition; write `+ 1`"),
    ("--", "nothing can be changed in a condition; write `- 1`"),
    ("?.", "write `.?` to read what may be missing, as in `resource.?owner.orValue('')`"),
    ("?:", "write `.?` and `orValue`, as in `resource.?owner.orValue('')`"),
    ("??", "write `.?` and `orValue`, as in `resource.?owner.orValue('')`"),
    ("and", "write `&&`"),
    ("or", "write `||`"),
    ("not", "write `!`"),
    ("xor", "write `!=` between booleans"),
    ("is", "write `==`"),
    ("eq", "write `==`"),
    ("ne", "write `!=`"),
    ("lt", "write `<`"),
    ("gt", "write `>`"),
    ("like", "write `x.matches('…')`, `x.startsWith('…')` or `x.contains('…')`"),
    ("contains", "write `x.contains('…')`, or `'…' in list`"),
    ("matches", "write `x.matches('…')`"),
    ("startswith", "write `x.startsWith('…')`"),
    ("if", "write `condition ? a : b`"),
    ("then", "write `condition ? a : b`"),
    ("else", "write `condition ? a : b`"),
    ("for", "write `list.all(x, …)` or `list.exists(x, …)`"),
    ("let", "write `cel.bind(name, value, …)`"),
    ("var", "write `cel.bind(name, value, …)`"),
    ("const", "write `cel.bind(name, value, …)`"),
    ("return", "remove it: a condition is one expression"),
];

/// What is said of what the parser refused.
pub(super) fn diagnose(source: &str, errors: &ParseErrors) -> ConditionProblem {
    let Some(first) = errors.errors.first() else {
        return ConditionProblem { offset: 0, len: 1, message: "this is not a CEL expression".to_owned() };
    };
    // The parser counts lines and columns from 1, columns in characters.
    let line = usize::try_from(first.pos.0).unwrap_or_default().max(1);
    let column = usize::try_from(first.pos.1).unwrap_or_default().max(1);
    let start: usize = source.split_inclusive('\n').take(line - 1).map(str::len).sum();
    let rest = source.get(start..).unwrap_or_default();
    let offset = start + rest.char_indices().nth(column - 1).map_or(rest.len(), |(offset, _)| offset);
    let tokens = tokens(source);
    let place = Stop { source, tokens: &tokens, offset, message: &first.msg };
    let (at, message) = place.diagnosis();
    ConditionProblem { offset: at.start, len: at.len().max(1), message }
}

/// Where the parser stopped, and its own words for it.
struct Stop<'s> {
    source: &'s str,
    tokens: &'s [Token],
    offset: usize,
    message: &'s str,
}

type Diagnosis = (Range<usize>, String);

impl Stop<'_> {
    fn diagnosis(&self) -> Diagnosis {
        self.quotes()
            .or_else(|| self.template())
            .or_else(|| self.date())
            .or_else(|| self.foreign())
            .or_else(|| self.brackets())
            .or_else(|| self.neighbours())
            .unwrap_or_else(|| self.fallback())
    }

    /// The token at which the parser stopped, and its position.
    fn token(&self) -> Option<(usize, &Token)> {
        self.tokens.iter().enumerate().find(|(_, token)| token.at.end > self.offset)
    }

    fn text(&self, token: &Token) -> &str {
        self.source.get(token.at.clone()).unwrap_or_default()
    }

    fn before(&self, position: usize) -> Option<&Token> {
        self.tokens.get(position.checked_sub(1)?)
    }

    fn quotes(&self) -> Option<Diagnosis> {
        if let Some(token) = self.tokens.iter().find(|token| token.kind == Kind::Text(false)) {
            let quote = self.text(token).chars().next()?;
            return Some((token.at.clone(), format!("this string is not closed; end it with `{quote}`")));
        }
        let (_, token) = self.token()?;
        let text = self.text(token);
        match text.chars().next()? {
            '‘' | '’' | '“' | '”' | '«' | '»' | '´' => {
                let message = "this is a typographic quote; write strings in straight quotes, as in `'draft'`";
                Some((token.at.clone(), message.to_owned()))
            }
            '`' => Some((token.at.clone(), "strings are written in `'` or `\"`, as in `'draft'`".to_owned())),
            _ if token.kind == Kind::Text(true) && text.contains('\\') => {
                let backslash = token.at.start + text.find('\\')?;
                let message = "this escape sequence has no meaning; write `\\\\` for a backslash";
                Some((backslash..backslash + 2, message.to_owned()))
            }
            _ => None,
        }
    }

    /// Names are not put into templates.
    fn template(&self) -> Option<Diagnosis> {
        let brace = |token: &Token| token.kind == Kind::Open && self.text(token) == "{";
        let adjacent = self.tokens.windows(2).find_map(|pair| match pair {
            [a, b] if brace(b) && a.at.end == b.at.start && matches!(self.text(a), "$" | "{" | "#") => {
                Some(a.at.start..b.at.end)
            }
            _ => None,
        })?;
        let opening = self.source.get(adjacent.clone()).unwrap_or_default().to_owned();
        Some((adjacent, format!("names are written as they are, without `{opening}`, as in `resource.ownerId`")))
    }

    /// A point in time without quotes.
    fn date(&self) -> Option<Diagnosis> {
        let is_part = |character: char| character.is_ascii_alphanumeric() || "-:+.".contains(character);
        let (before, after) = self.source.split_at_checked(self.offset)?;
        let start = before.trim_end_matches(is_part).len();
        let end = self.offset + after.find(|character| !is_part(character)).unwrap_or(after.len());
        let text = self.source.get(start..end)?;
        let digit = |at: usize| text.as_bytes().get(at).is_some_and(u8::is_ascii_digit);
        let dash = |at: usize| text.as_bytes().get(at) == Some(&b'-');
        let is_date = [0, 1, 2, 3, 5, 6, 8, 9].into_iter().all(digit) && dash(4) && dash(7);
        is_date.then(|| (start..end, format!("write a time as a string: `timestamp('{text}')`")))
    }

    /// Operators and words of other languages, here or just before.
    fn foreign(&self) -> Option<Diagnosis> {
        let meant = |token: &Token| {
            let text = self.text(token);
            let known = matches!(token.kind, Kind::Word | Kind::Operator);
            let found = FOREIGN.iter().find(|(foreign, _)| foreign.eq_ignore_ascii_case(text)).filter(|_| known);
            found.map(|(_, advice)| (token.at.clone(), format!("`{text}` is not an operator of CEL; {advice}")))
        };
        if self.message.contains("_?_:_") {
            let token = self.tokens.iter().find(|token| matches!(self.text(token), "?" | "?:" | "??"))?;
            let end = if self.source.get(token.at.end..)?.starts_with('.') { token.at.end + 1 } else { token.at.end };
            let at = token.at.start..end;
            let text = self.source.get(at.clone()).unwrap_or_default();
            let advice = FOREIGN.iter().find(|(foreign, _)| *foreign == text).map(|(_, advice)| *advice);
            let message = match advice {
                Some(advice) => format!("`{text}` is not an operator of CEL; {advice}"),
                None => "`?` has no `:`; write `condition ? a : b`".to_owned(),
            };
            return Some((at, message));
        }
        let (position, token) = self.token()?;
        let before = self.before(position);
        if self.text(token).eq_ignore_ascii_case("not") && before.is_some() {
            let message = "`not in` is not an operator of CEL; write `!(a in b)`";
            let next = self.tokens.get(position + 1).filter(|next| self.text(next) == "in")?;
            return Some((token.at.start..next.at.end, message.to_owned()));
        }
        if self.text(token) == "=>"
            && position
                .checked_sub(2)
                .and_then(|two| self.tokens.get(two))
                .is_some_and(|two| matches!(self.text(two), "(" | ","))
        {
            let message =
                "a macro takes a variable and an expression, with a comma between them, as in `exists(x, x == 'a')`";
            return Some((token.at.clone(), message.to_owned()));
        }
        meant(token).or_else(|| before.and_then(meant))
    }

    /// Brackets without their other ones.
    fn brackets(&self) -> Option<Diagnosis> {
        let mut open: Vec<&Token> = Vec::new();
        for token in self.tokens {
            match token.kind {
                Kind::Open => open.push(token),
                Kind::Close => {
                    let closes = closing(open.last().map_or("", |open| self.text(open)));
                    let text = self.text(token);
                    match open.pop() {
                        Some(_) if closes == text => {}
                        Some(opening) => {
                            let message = format!("`{}` is closed by `{text}`; write `{closes}`", self.text(opening));
                            return Some((token.at.clone(), message));
                        }
                        None => {
                            return Some((token.at.clone(), format!("this `{text}` closes nothing; remove it")));
                        }
                    }
                }
                _ => {}
            }
        }
        let opening = open.last()?;
        let closes = closing(self.text(opening));
        Some((opening.at.clone(), format!("this `{}` is not closed; add `{closes}`", self.text(opening))))
    }

    /// Values and operators that have nothing between them, or nothing on one side.
    fn neighbours(&self) -> Option<Diagnosis> {
        let Some((position, token)) = self.token() else {
            let last = self.tokens.last()?;
            let text = self.text(last);
            return Some(match last.kind {
                Kind::Operator => {
                    (last.at.clone(), format!("nothing follows `{text}`; write what it is about, or remove it"))
                }
                _ => (last.at.clone(), format!("the condition ends too early, after `{text}`")),
            });
        };
        let text = self.text(token);
        let before = self.before(position);
        let is_value =
            |token: &Token| matches!(token.kind, Kind::Word | Kind::Number | Kind::Text(_)) && self.text(token) != "in";
        let message = match (token.kind, before) {
            (Kind::Other, _) if text == ";" => "a condition is one expression, without `;`".to_owned(),
            (Kind::Other, _) if text == "#" => "`#` has no meaning here; comments start with `//`".to_owned(),
            (Kind::Other, _) if !matches!(text, "." | ",") => format!("`{text}` has no meaning here; remove it"),
            (Kind::Operator, None) => format!("`{text}` has nothing on its left"),
            (Kind::Operator, Some(before)) if before.kind == Kind::Operator || before.kind == Kind::Open => {
                format!("something is missing between `{}` and `{text}`", self.text(before))
            }
            (Kind::Number, _) if text.contains(|character: char| character.is_ascii_alphabetic()) => {
                format!("`{text}` is not a number; write one without a unit")
            }
            (Kind::Number, _) if self.message.contains("literal") => format!("`{text}` is too large for a number"),
            (Kind::Close, Some(before)) if before.kind == Kind::Open => {
                format!("something is missing between `{}` and `{text}`", self.text(before))
            }
            (Kind::Close, Some(before)) if before.kind == Kind::Operator => {
                format!("something is missing between `{}` and `{text}`", self.text(before))
            }
            (_, Some(before)) if is_value(token) && (is_value(before) || before.kind == Kind::Close) => {
                let before = self.text(before);
                format!("an operator such as `&&` or `==` is missing between `{before}` and `{text}`")
            }
            (Kind::Word, _) if self.message.contains("reserved") => {
                format!("`{text}` is a reserved word; write an attribute of this name as `resource['{text}']`")
            }
            _ => return None,
        };
        Some((token.at.clone(), message))
    }

    fn fallback(&self) -> Diagnosis {
        let message = match self.token() {
            Some((_, token)) => format!("`{}` cannot stand here in a CEL expression", self.text(token)),
            None => "the condition ends too early".to_owned(),
        };
        let at = self.token().map_or(self.offset..self.offset + 1, |(_, token)| token.at.clone());
        (at, message)
    }
}

fn closing(opening: &str) -> &'static str {
    match opening {
        "(" => ")",
        "[" => "]",
        _ => "}",
    }
}
