use granit_parser::ScalarStyle;

use super::syntax::Scalar;

/// Where a scalar is to stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Context {
    Block,
    /// Between brackets or braces.
    Flow,
    Key,
}

/// Words that some reader of YAML takes for something else than text.
const RESERVED: [&str; 9] = ["true", "false", "yes", "no", "on", "off", "null", "y", "n"];

/// A scalar that takes one line; nothing if it takes several, or is empty.
pub(super) fn on_one_line(scalar: &Scalar, context: Context) -> Option<String> {
    match scalar.style {
        ScalarStyle::Literal | ScalarStyle::Folded => None,
        _ if scalar.raw.contains('\n') || scalar.raw.is_empty() => None,
        // It may be no text at all: its spelling says what it is.
        ScalarStyle::Plain if context == Context::Block || is_plain_in_flow(&scalar.raw) => Some(scalar.raw.clone()),
        _ => Some(text(scalar, context)),
    }
}

/// Text without quotes where that is safe, else in double quotes where nothing needs a backslash, else in single quotes.
fn text(scalar: &Scalar, context: Context) -> String {
    let value = &scalar.value;
    if is_plain(value) && (context == Context::Block || is_plain_in_flow(value)) {
        value.clone()
    } else if value.chars().any(char::is_control) {
        scalar.raw.clone()
    } else if !value.contains(['"', '\\']) {
        format!("\"{value}\"")
    } else {
        format!("'{}'", value.replace('\'', "''"))
    }
}

/// Text that nobody can take for anything else, in block context.
fn is_plain(text: &str) -> bool {
    let is_start = |first: char| first.is_alphabetic() || matches!(first, '_' | '/' | '(');
    text.starts_with(is_start)
        && !text.ends_with([' ', ':'])
        && !text.contains(": ")
        && !text.contains(" #")
        && !text.chars().any(|character| character.is_control() || character == '\u{feff}')
        && !RESERVED.iter().any(|word| word.eq_ignore_ascii_case(text))
}

fn is_plain_in_flow(text: &str) -> bool {
    !text.contains([',', '[', ']', '{', '}', '?'])
}

/// The header of a block scalar, and its lines without indentation.
pub(super) fn as_block(scalar: &Scalar) -> Option<(String, Vec<String>)> {
    let sign = match scalar.style {
        ScalarStyle::Literal => '|',
        ScalarStyle::Folded => '>',
        _ => return None,
    };
    let content = match scalar.style {
        ScalarStyle::Literal => &scalar.value,
        _ => &scalar.raw,
    };
    let lines: Vec<String> =
        content.trim_end_matches([' ', '\n']).split('\n').map(|line| line.trim_end_matches('\r').to_owned()).collect();
    let indentation = match lines.iter().find(|line| !line.is_empty()) {
        Some(line) if line.starts_with(' ') => "2",
        _ => "",
    };
    let chomping = match scalar.value.ends_with('\n') {
        true => "",
        false => "-",
    };
    Some((format!("{sign}{indentation}{chomping}"), lines))
}

/// The lines of a plain or quoted scalar that goes on over several: white space around line ends means nothing.
pub(super) fn lines(scalar: &Scalar) -> Vec<String> {
    let last = scalar.raw.split('\n').count().saturating_sub(1);
    let trim = |(number, line): (usize, &str)| {
        let line = if number == 0 { line } else { line.trim_start_matches([' ', '\t']) };
        if number == last { line.to_owned() } else { line.trim_end_matches([' ', '\t', '\r']).to_owned() }
    };
    scalar.raw.split('\n').enumerate().map(trim).collect()
}
