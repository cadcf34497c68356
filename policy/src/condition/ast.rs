//! The parsed form of a condition: the parser's tree, with macros as they are written.

use std::ops::Range;

use cel_interpreter::Env;
use cel_interpreter::common::ast::{EntryExpr, Expr, IdedExpr, SourceInfo};

use super::{ConditionProblem, limits, syntax};

/// A parsed expression and where its parts stand in the source.
#[derive(Debug)]
pub(crate) struct Parsed {
    pub(crate) expression: IdedExpr,
    info: SourceInfo,
}

/// Parses a CEL expression.
///
/// # Errors
/// If it exceeds a limit or is not CEL.
pub(crate) fn parse(source: &str) -> Result<Parsed, ConditionProblem> {
    limits::check(source)?;
    // The default environment expands no macros.
    let parser = Env::default().parser().enable_optional_syntax(true).enable_ident_escape_syntax(true);
    let (expression, info) =
        parser.parse_with_source_info(source).map_err(|errors| syntax::diagnose(source, &errors))?;
    Ok(Parsed { expression, info })
}

impl Parsed {
    /// Where the token that stands for a part is, in bytes: an operator, a name, a literal.
    pub(crate) fn token(&self, part: &IdedExpr) -> Range<usize> {
        let place = self.place_of(part.id);
        let source = &self.info.source;
        let named = match &part.expr {
            // The parser places a selection at its dot, and a call at its bracket.
            Expr::Select(_) => word_after(source, place.end),
            Expr::Call(call) if source.get(place.start..).is_some_and(|rest| rest.starts_with('(')) => {
                word_before(source, place.start)
                    .filter(|word| source.get(word.clone()) == Some(call.func_name.as_str()))
            }
            _ => None,
        };
        named.unwrap_or(place)
    }

    /// Where the parser places what has this id: a token.
    fn place_of(&self, id: u64) -> Range<usize> {
        let (start, last) = self.info.offset_for(id).unwrap_or_default();
        let (start, end) = (start as usize, (last as usize).saturating_add(1));
        start..self.info.source.ceil_char_boundary(end.max(start + 1))
    }

    /// Where a part stands with everything in it.
    pub(crate) fn extent(&self, part: &IdedExpr) -> Range<usize> {
        let mut range = self.token(part);
        let mut pending = vec![part];
        while let Some(next) = pending.pop() {
            for place in [self.place_of(next.id), self.token(next)] {
                let place = match self.info.source.get(place.clone()) {
                    // An optional selection.
                    Some(".") => {
                        place.start..word_after(&self.info.source, place.end).map_or(place.end, |word| word.end)
                    }
                    _ => place,
                };
                range = range.start.min(place.start)..range.end.max(place.end);
            }
            pending.extend(children(&next.expr));
        }
        opened(&self.info.source, closed(&self.info.source, range))
    }

    /// The whole.
    pub(crate) fn source(&self) -> &str {
        &self.info.source
    }

    /// The source of a part.
    pub(crate) fn text(&self, part: &IdedExpr) -> &str {
        self.info.source.get(self.extent(part)).unwrap_or_default()
    }

    /// A problem at a part's token.
    pub(crate) fn problem(&self, at: &IdedExpr, message: String) -> ConditionProblem {
        let Range { start, end } = self.token(at);
        ConditionProblem { offset: start, len: end - start, message }
    }
}

/// The expressions directly in another, in source order.
pub(crate) fn children(expression: &Expr) -> Vec<&IdedExpr> {
    match expression {
        Expr::Call(call) => call.target.as_deref().into_iter().chain(&call.args).collect(),
        Expr::Select(select) => vec![&select.operand],
        Expr::List(list) => list.elements.iter().collect(),
        Expr::Map(map) => map.entries.iter().flat_map(|entry| entry_parts(&entry.expr)).collect(),
        Expr::Struct(message) => message.entries.iter().flat_map(|entry| entry_parts(&entry.expr)).collect(),
        Expr::Comprehension(_) | Expr::Ident(_) | Expr::Literal(_) | Expr::Unspecified => Vec::new(),
    }
}

fn entry_parts(entry: &EntryExpr) -> Vec<&IdedExpr> {
    match entry {
        EntryExpr::MapEntry(entry) => vec![&entry.key, &entry.value],
        EntryExpr::StructField(field) => vec![&field.value],
    }
}

fn is_word(character: char) -> bool {
    character.is_ascii_alphanumeric() || character == '_'
}

/// The name after a dot, which may be in backquotes and after a question mark.
fn word_after(source: &str, from: usize) -> Option<Range<usize>> {
    let rest = source.get(from..)?;
    let name = rest.trim_start_matches(|character: char| character == '?' || character.is_whitespace());
    let start = from + (rest.len() - name.len());
    let len = match name.strip_prefix('`') {
        Some(quoted) => quoted.find('`')? + 2,
        None => name.find(|character| !is_word(character)).unwrap_or(name.len()),
    };
    (len > 0).then_some(start..start + len)
}

/// The name that ends before a place, white space aside.
fn word_before(source: &str, until: usize) -> Option<Range<usize>> {
    let before = source.get(..until)?.trim_end();
    let rest = before.trim_end_matches(is_word);
    (rest.len() < before.len()).then_some(rest.len()..before.len())
}

/// Extends a range over the brackets before it that it closes: the parser places what is in brackets within them.
fn opened(source: &str, range: Range<usize>) -> Range<usize> {
    let mut start = range.start;
    let part = source.get(range.clone()).unwrap_or_default();
    let mut lacking: usize = 0;
    let mut open: usize = 0;
    let mut quote = None;
    let mut escaped = false;
    for character in part.chars() {
        match (quote, character) {
            (Some(_), _) if escaped => escaped = false,
            (Some(_), '\\') => escaped = true,
            (Some(mark), other) if mark == other => quote = None,
            (Some(_), _) => {}
            (None, '\'' | '"' | '`') => quote = Some(character),
            (None, '(') => open += 1,
            (None, ')') if open > 0 => open -= 1,
            (None, ')') => lacking += 1,
            _ => {}
        }
    }
    for _ in 0..lacking {
        let before = source.get(..start).unwrap_or_default().trim_end();
        match before.strip_suffix('(') {
            Some(rest) => start = rest.len(),
            None => return range,
        }
    }
    start..range.end
}

/// Extends a range over the brackets that it opens: the parser places a call at its opening bracket.
fn closed(source: &str, range: Range<usize>) -> Range<usize> {
    let mut open = Vec::new();
    let mut quote = None;
    let mut escaped = false;
    for (offset, character) in source.get(range.start..).unwrap_or_default().char_indices() {
        let at = range.start + offset;
        if at >= range.end && open.is_empty() && quote.is_none() {
            break;
        }
        match (quote, character) {
            (Some(_), _) if escaped => escaped = false,
            (Some(_), '\\') => escaped = true,
            (Some(mark), other) if mark == other => quote = None,
            (Some(_), _) => {}
            (None, '\'' | '"' | '`') => quote = Some(character),
            (None, '(' | '[' | '{') => open.push(character),
            (None, ')' | ']' | '}') => {
                open.pop();
                if open.is_empty() && at >= range.end {
                    return range.start..at + 1;
                }
            }
            _ => {}
        }
    }
    range
}
