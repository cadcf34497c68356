use serde_saphyr::budget::BudgetBreach;
use serde_saphyr::options::{DuplicateKeyPolicy, MergeKeyPolicy, NonFiniteFloatPolicy};
use serde_saphyr::{Error, Options};

use super::location::{Lines, Mark};
use super::node::{MAX_STRING, Node, TOO_LONG};
use super::printable::{printable, shown};
use super::report::{InFile, Problem};

/// Longest policy file, in bytes.
const MAX_FILE: usize = 64 << 20;
/// Most values of a policy file: 100 000 policies have about 1.5 million.
const MAX_VALUES: usize = 8_000_000;
/// Most parser events of a policy file: a list or mapping has two.
const MAX_EVENTS: usize = 2 * MAX_VALUES;
/// Deepest nesting of lists and mappings.
const MAX_DEPTH: usize = 48;
/// Most values that aliases may stand for, over the whole file: bounds what a few bytes of aliases can grow to.
const MAX_ALIASED: usize = 100_000;

/// Most characters of a parser's message that are repeated.
const MAX_MESSAGE: usize = 200;

/// Parses the file. Nothing is returned where it is not YAML (JSON is); the problem is reported.
pub(super) fn parse<'f>(file: &mut InFile<'_, 'f>) -> Option<Node<'f>> {
    if file.text.len() > MAX_FILE {
        let limit = MAX_FILE >> 20;
        file.report.incomplete = true;
        file.refuse(Mark::default(), format!("the file is longer than {limit} MiB; split it into several"));
        return None;
    }
    match serde_saphyr::from_str_with_options(file.text, options()) {
        Ok(node) => Some(node),
        Err(error) => {
            file.report.incomplete = true;
            file.refuse(place(file.text, &error), problem(&error));
            None
        }
    }
}

fn options() -> Options {
    serde_saphyr::options! {
        budget: serde_saphyr::budget! {
            max_nodes: MAX_VALUES,
            max_events: MAX_EVENTS,
            max_depth: MAX_DEPTH,
            max_aliases: MAX_ALIASED,
            flow_nesting_limit: MAX_DEPTH,
            // A set may well use one list of roles a thousand times; what aliases stand for is bounded below.
            enforce_alias_anchor_ratio: false,
        },
        alias_limits: serde_saphyr::alias_limits! { max_total_replayed_events: MAX_ALIASED },
        duplicate_keys: DuplicateKeyPolicy::Error,
        merge_keys: MergeKeyPolicy::Error,
        non_finite_float_policy: NonFiniteFloatPolicy::Reject,
        strict_booleans: true,
        reject_unsupported_tags: true,
        with_snippet: false,
    }
}

/// Where the parser stopped. Some of its errors know bytes, others only line and column.
fn place(text: &str, error: &Error) -> Mark {
    let Some(location) = error.location() else { return Mark::default() };
    let number = |value: u64| usize::try_from(value).unwrap_or(usize::MAX);
    match (location.span().byte_offset(), location.span().byte_len()) {
        (Some(start), len) => Mark { start: number(start), len: number(len.unwrap_or_default()) },
        (None, _) => {
            Mark { start: Lines::new(text).offset(number(location.line()), number(location.column())), len: 1 }
        }
    }
}

fn problem(error: &Error) -> Problem {
    let message = match error {
        Error::AliasError { error, .. } => return problem(error),
        Error::MultipleDocuments { .. } => {
            "a policy file holds one document; move what follows `---` to another file".to_owned()
        }
        Error::MergeKeyNotAllowed { .. } => "merge keys (`<<`) are not supported; write the fields out".to_owned(),
        Error::UnknownAnchor { .. } => "this alias refers to an anchor that is not defined before it".to_owned(),
        Error::UnsupportedTag { .. } => "tags (`!name`) are not supported; write the value without one".to_owned(),
        Error::NullIntoString { .. } => "a key must be a name, not nothing".to_owned(),
        Error::DuplicateMappingKey { key, .. } => {
            let subject = key.as_deref().map_or("a field".to_owned(), |key| format!("field {}", shown(key)));
            format!("{subject} is written twice in one mapping; remove one of the two")
        }
        Error::NonFiniteFloat { value, .. } => {
            format!("{} is not a finite number; put it in quotes if it is text", shown(value))
        }
        Error::AliasReplayLimitExceeded { .. }
        | Error::AliasReplayStackDepthExceeded { .. }
        | Error::Budget { breach: BudgetBreach::Aliases { .. }, .. } => {
            format!("aliases stand for more than {MAX_ALIASED} values in this file; write some of them out")
        }
        Error::Budget { .. } => {
            let help = format!("a file holds at most {MAX_VALUES} values, nested at most {MAX_DEPTH} deep");
            return Problem::new("the file is too large or too deeply nested; split or flatten it").help(help);
        }
        Error::Message { msg, .. } if msg == TOO_LONG => {
            format!("a string is longer than {MAX_STRING} bytes; shorten it")
        }
        other => {
            let text = other.to_string();
            let what = text.split_once(" at line ").map_or(text.as_str(), |(what, _)| what);
            format!("this cannot be read as YAML or JSON: {}", printable(what.chars(), MAX_MESSAGE, '\u{fffd}'))
        }
    };
    Problem::new(message)
}
