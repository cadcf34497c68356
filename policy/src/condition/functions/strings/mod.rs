//! The `strings` extension. Positions count code points.

mod format;
mod pieces;
mod position;

use std::fmt::Write as _;

use crate::condition::fault::FaultKind;
use crate::condition::value::Value;
use crate::condition::workspace::Workspace;

use super::arguments::{int, list, string};
use super::{Signature, lists};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Text {
    CharAt,
    IndexOf,
    LastIndexOf,
    Join,
    LowerAscii,
    UpperAscii,
    Replace,
    Split,
    Substring,
    Trim,
    Reverse,
    Quote,
    Format,
}

pub(super) const TABLE: &[Signature<Text>] = &[
    Signature::method("charAt", (2, 2), Text::CharAt),
    Signature::method("indexOf", (2, 3), Text::IndexOf),
    Signature::method("lastIndexOf", (2, 3), Text::LastIndexOf),
    Signature::method("join", (1, 2), Text::Join),
    Signature::method("lowerAscii", (1, 1), Text::LowerAscii),
    Signature::method("upperAscii", (1, 1), Text::UpperAscii),
    Signature::method("replace", (3, 4), Text::Replace),
    Signature::method("split", (2, 3), Text::Split),
    Signature::method("substring", (2, 3), Text::Substring),
    Signature::method("trim", (1, 1), Text::Trim),
    // Of lists too.
    Signature::method("reverse", (1, 1), Text::Reverse),
    Signature::global("strings.quote", (1, 1), Text::Quote),
    Signature::method("format", (2, 2), Text::Format),
];

pub(super) fn call<'a>(
    function: Text,
    arguments: &[Value<'a>],
    workspace: &mut Workspace<'a, '_>,
) -> Result<Value<'a>, FaultKind> {
    for argument in arguments {
        if let Value::Str(text) = argument {
            workspace.fuel.bytes(text.len())?;
        }
    }
    match (function, arguments) {
        (Text::CharAt, [text, index]) => position::char_at(string(*text)?, int(*index)?),
        (Text::IndexOf, [text, part]) => Ok(position::index_of(string(*text)?, string(*part)?)),
        (Text::IndexOf, [text, part, from]) => position::index_of_from(string(*text)?, string(*part)?, int(*from)?),
        (Text::LastIndexOf, [text, part]) => Ok(position::last_index_of(string(*text)?, string(*part)?)),
        (Text::LastIndexOf, [text, part, from]) => {
            position::last_index_of_from(string(*text)?, string(*part)?, int(*from)?)
        }
        (Text::Substring, [text, start]) => position::substring(string(*text)?, int(*start)?, None),
        (Text::Substring, [text, start, end]) => position::substring(string(*text)?, int(*start)?, Some(int(*end)?)),
        (Text::Join, [of]) => pieces::join(list(*of)?, "", workspace),
        (Text::Join, [of, separator]) => pieces::join(list(*of)?, string(*separator)?, workspace),
        (Text::Replace, [text, old, new]) => {
            pieces::replace(string(*text)?, string(*old)?, string(*new)?, -1, workspace)
        }
        (Text::Replace, [text, old, new, most]) => {
            pieces::replace(string(*text)?, string(*old)?, string(*new)?, int(*most)?, workspace)
        }
        (Text::Split, [text, separator]) => pieces::split(string(*text)?, string(*separator)?, -1, workspace),
        (Text::Split, [text, separator, most]) => {
            pieces::split(string(*text)?, string(*separator)?, int(*most)?, workspace)
        }
        (Text::LowerAscii, [text]) => ascii_case(string(*text)?, str::make_ascii_lowercase, workspace),
        (Text::UpperAscii, [text]) => ascii_case(string(*text)?, str::make_ascii_uppercase, workspace),
        (Text::Trim, [text]) => Ok(Value::Str(string(*text)?.trim())),
        (Text::Reverse, [Value::List(of)]) => lists::reverse(*of, workspace),
        (Text::Reverse, [text]) => reverse(string(*text)?, workspace),
        (Text::Quote, [text]) => quote(string(*text)?, workspace),
        (Text::Format, [text, values]) => format::format(string(*text)?, list(*values)?, workspace),
        _ => Err(FaultKind::Types),
    }
}

fn ascii_case<'a>(text: &str, change: fn(&mut str), workspace: &mut Workspace<'a, '_>) -> Result<Value<'a>, FaultKind> {
    let mut draft = workspace.draft();
    draft.push(text)?;
    change(draft.as_mut_str());
    Ok(Value::Str(draft.finish()))
}

fn reverse<'a>(text: &str, workspace: &mut Workspace<'a, '_>) -> Result<Value<'a>, FaultKind> {
    let mut draft = workspace.draft();
    for character in text.chars().rev() {
        draft.write_char(character)?;
    }
    Ok(Value::Str(draft.finish()))
}

/// In double quotes, with CEL's escape sequences.
fn quote<'a>(text: &str, workspace: &mut Workspace<'a, '_>) -> Result<Value<'a>, FaultKind> {
    let mut draft = workspace.draft();
    draft.push("\"")?;
    for character in text.chars() {
        match character {
            '\u{7}' => draft.push("\\a")?,
            '\u{8}' => draft.push("\\b")?,
            '\u{c}' => draft.push("\\f")?,
            '\n' => draft.push("\\n")?,
            '\r' => draft.push("\\r")?,
            '\t' => draft.push("\\t")?,
            '\u{b}' => draft.push("\\v")?,
            '\\' => draft.push("\\\\")?,
            '"' => draft.push("\\\"")?,
            character => draft.write_char(character)?,
        }
    }
    draft.push("\"")?;
    Ok(Value::Str(draft.finish()))
}
