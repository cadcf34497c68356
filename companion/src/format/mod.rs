//! Canonical formatting of policy files.
//!
//! A file is parsed to a tree that knows where everything stands (`syntax`), its comments are given to the entries they
//! are about (`comments`), and the tree is written anew (`layout`, `scalar`; `json` for JSON files) with the fields of each
//! entry in the language's order (`order`). What was written must then hold the same values and the same comments as the
//! file did, and be its own canonical form: otherwise the file is refused (`faithful`).

mod comments;
mod faithful;
mod json;
mod layout;
mod order;
mod scalar;
mod split;
mod syntax;
#[cfg(test)]
mod tests;

use tollgate_policy::source::{Diagnostics, SourceFile};

pub(crate) use split::split;

/// Why a file is not formatted.
#[derive(Debug, thiserror::Error)]
pub(crate) enum FormatError {
    /// It is not YAML or JSON that the loader reads.
    #[error(transparent)]
    Unreadable(Diagnostics),
    #[error("{file}:{line}: {reason}")]
    Unsupported { file: String, line: usize, reason: &'static str },
    /// What came out is not what went in.
    #[error("{file}: cannot be formatted faithfully: {reason}; it is left as it is")]
    Unfaithful { file: String, reason: String },
}

/// The canonical form of a file.
///
/// # Errors
/// If the file cannot be read, or if its canonical form would not hold the same values and comments.
pub(crate) fn format(file: &SourceFile) -> Result<String, FormatError> {
    let before = faithful::content(file).map_err(FormatError::Unreadable)?;
    let text = write(file)?;
    let written = SourceFile::new(file.name.as_str(), text.as_str());
    let unfaithful = |reason: String| FormatError::Unfaithful { file: file.name.clone(), reason };
    let after = faithful::content(&written).map_err(|problems| {
        unfaithful(problems.iter().next().map(|problem| problem.message.clone()).unwrap_or_default())
    })?;
    faithful::compare(&before, &after).map_err(|reason| unfaithful(reason.to_owned()))?;
    if write(&written)? != text {
        return Err(unfaithful("its canonical form has another canonical form".to_owned()));
    }
    Ok(text)
}

fn write(file: &SourceFile) -> Result<String, FormatError> {
    let text = file.text.strip_prefix('\u{feff}').unwrap_or(&file.text);
    let unsupported =
        |syntax::Unsupported { line, reason }| FormatError::Unsupported { file: file.name.clone(), line, reason };
    let document = syntax::parse(text).map_err(unsupported)?;
    match file.name.ends_with(".json") {
        true => json::write(&document).map_err(unsupported),
        false => Ok(layout::write(&document)),
    }
}
