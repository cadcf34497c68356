use std::fs::File;
use std::io::Read;
use std::path::Path;
use std::string::FromUtf8Error;

use tollgate_policy::source::SourceFile;

use super::error::ReadError;

/// Most bytes of policy text in one set.
pub(super) const MAX_TOTAL_BYTES: u64 = 256 << 20;

/// How many bytes the rest of a set may have.
#[derive(Debug)]
pub(super) struct Allowance(u64);

impl Default for Allowance {
    fn default() -> Self {
        Allowance(MAX_TOTAL_BYTES)
    }
}

impl Allowance {
    /// Beside so many bytes, which are no more than a set may have.
    pub(super) fn beside(bytes: usize) -> Self {
        Allowance(MAX_TOTAL_BYTES.saturating_sub(bytes as u64))
    }

    /// Counts the text of a file.
    pub(super) fn take(&mut self, path: &Path, bytes: usize) -> Result<(), ReadError> {
        self.0 = self.0.checked_sub(bytes as u64).ok_or_else(|| ReadError::TooLarge { path: path.to_owned() })?;
        Ok(())
    }
}

/// The text of a file.
pub(super) fn read_file(path: &Path, allowance: &mut Allowance) -> Result<SourceFile, ReadError> {
    let fail = |source| ReadError::File { path: path.to_owned(), source };
    // Two names that are shown alike would be taken for one file.
    let name = path.to_str().ok_or_else(|| ReadError::Name { path: path.to_owned() })?;
    let mut bytes = Vec::new();
    // One byte more than allowed tells "full" from "too much", also for files whose size nobody knows beforehand.
    File::open(path).and_then(|file| file.take(allowance.0 + 1).read_to_end(&mut bytes)).map_err(fail)?;
    allowance.take(path, bytes.len())?;
    // Most programs empty a file before they write it: taken at its word, that would drop policies for a moment.
    if bytes.is_empty() {
        return Err(ReadError::Empty { path: path.to_owned() });
    }
    let text = String::from_utf8(bytes).map_err(|error| not_text(path, &error))?;
    Ok(SourceFile::new(name, text))
}

fn not_text(path: &Path, error: &FromUtf8Error) -> ReadError {
    let valid = error.as_bytes().get(..error.utf8_error().valid_up_to()).unwrap_or_default();
    let valid = String::from_utf8_lossy(valid);
    let last_line = valid.rsplit('\n').next().unwrap_or_default();
    ReadError::NotText {
        path: path.to_owned(),
        line: valid.matches('\n').count() + 1,
        column: last_line.chars().count() + 1,
    }
}
