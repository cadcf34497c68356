use std::collections::HashSet;
use std::fs;
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use sha2::{Digest as _, Sha256};
use subtle::{Choice, ConstantTimeEq};

/// Longest token file, in bytes.
const MAX_FILE: u64 = 1 << 20;

/// Longest name of a token, in bytes.
const MAX_NAME: usize = 64;

/// Who may change what is in force: a file of names and of the hashes of their tokens, read again when it changes.
#[derive(Debug)]
pub(crate) struct Tokens {
    path: PathBuf,
    read: Mutex<(Stamp, Vec<Token>)>,
}

/// What the file system says of a file: device, inode, size, and when it was changed.
type Stamp = (u64, u64, u64, i64, i64);

#[derive(Debug)]
struct Token {
    name: String,
    hash: [u8; 32],
}

/// A token file that cannot be used.
#[derive(Debug, thiserror::Error)]
pub(crate) enum TokenError {
    #[error("cannot read token file `{}`: {source}", path.display())]
    Read { path: PathBuf, source: io::Error },
    #[error("token file `{}` is longer than {MAX_FILE} bytes", path.display())]
    TooLong { path: PathBuf },
    #[error("{}:{line}: {reason}; `tollgate token new NAME` prints lines as they should be", path.display())]
    Line { path: PathBuf, line: usize, reason: &'static str },
}

impl Tokens {
    pub(crate) fn read(path: PathBuf) -> Result<Self, TokenError> {
        let read = Mutex::new(read(&path)?);
        Ok(Tokens { path, read })
    }

    /// The name that a token goes by. A file that has become unusable lets nobody in.
    pub(super) fn name(&self, token: &str) -> Result<Option<String>, TokenError> {
        let mut known = self.read.lock().unwrap_or_else(PoisonError::into_inner);
        if stamp(&self.path)? != known.0 {
            *known = read(&self.path)?;
            tracing::info!(path = %self.path.display(), tokens = known.1.len(), "the token file was read again");
        }
        let hash = hash(token);
        // Every entry is compared, whichever it is.
        let mut found = None;
        for token in &known.1 {
            let is_it: Choice = token.hash.ct_eq(&hash);
            if bool::from(is_it) {
                found = Some(&token.name);
            }
        }
        Ok(found.cloned())
    }
}

/// The hash of a token, as the file holds it. Tokens are random, so that one round is enough.
pub(crate) fn hash(token: &str) -> [u8; 32] {
    Sha256::digest(token).into()
}

/// Whether a token can have this name.
pub(crate) fn is_name(name: &str) -> bool {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.@".contains(&byte);
    !name.is_empty() && name.len() <= MAX_NAME && name.bytes().all(is_plain)
}

fn stamp(path: &Path) -> Result<Stamp, TokenError> {
    let metadata = fs::metadata(path).map_err(|source| TokenError::Read { path: path.to_owned(), source })?;
    if metadata.len() > MAX_FILE {
        return Err(TokenError::TooLong { path: path.to_owned() });
    }
    Ok((metadata.dev(), metadata.ino(), metadata.size(), metadata.ctime(), metadata.ctime_nsec()))
}

fn read(path: &Path) -> Result<(Stamp, Vec<Token>), TokenError> {
    let stamp = stamp(path)?;
    let text = fs::read_to_string(path).map_err(|source| TokenError::Read { path: path.to_owned(), source })?;
    let mut tokens = Vec::new();
    let mut names = HashSet::new();
    for (number, line) in text.lines().enumerate() {
        let wrong = |reason| TokenError::Line { path: path.to_owned(), line: number + 1, reason };
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let (name, hash) = line.split_once(char::is_whitespace).ok_or(wrong("a line is a name and a hash"))?;
        if !is_name(name) {
            return Err(wrong("a name is up to 64 letters, digits and `-_.@`"));
        }
        if !names.insert(name) {
            return Err(wrong("this name is in the file twice"));
        }
        let hash = from_hex(hash.trim()).ok_or(wrong("the hash is not 64 hexadecimal digits"))?;
        tokens.push(Token { name: name.to_owned(), hash });
    }
    Ok((stamp, tokens))
}

fn from_hex(text: &str) -> Option<[u8; 32]> {
    let digits: Vec<u8> = text
        .chars()
        .map(|digit| digit.to_digit(16).and_then(|digit| u8::try_from(digit).ok()))
        .collect::<Option<_>>()?;
    let (pairs, rest) = digits.as_chunks::<2>();
    let bytes: Vec<u8> = pairs.iter().map(|[high, low]| high << 4 | low).collect();
    if rest.is_empty() { bytes.try_into().ok() } else { None }
}

/// Bytes as the token file writes them.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use tempfile::{TempDir, tempdir};

    use super::*;

    fn file(text: &str) -> (TempDir, PathBuf) {
        let dir = tempdir().unwrap();
        let path = dir.path().join("tokens");
        fs::write(&path, text).unwrap();
        (dir, path)
    }

    #[test]
    fn a_token_is_known_by_its_hash_until_the_file_says_otherwise() {
        let (_dir, path) = file(&format!("# people\n\nalice {}\nbob  {}\n", hex(&hash("a")), hex(&hash("b"))));
        let tokens = Tokens::read(path.clone()).unwrap();
        assert_eq!(tokens.name("b").unwrap().as_deref(), Some("bob"));
        assert_eq!(tokens.name("c").unwrap(), None);
        fs::write(&path, format!("alice {}\n", hex(&hash("a")))).unwrap();
        assert_eq!(tokens.name("b").unwrap(), None);
        fs::write(&path, "alice\n").unwrap();
        assert!(tokens.name("a").is_err());
        fs::remove_file(&path).unwrap();
        assert!(tokens.name("a").is_err());
    }

    #[test]
    fn what_is_wrong_is_said_with_its_line() {
        let hash = hex(&hash("a"));
        for text in
            [format!("a {hash}\nb"), format!("a {hash}\na {hash}"), "\na 12".to_owned(), format!("\na/b {hash}")]
        {
            let (_dir, path) = file(&text);
            let error = Tokens::read(path).unwrap_err().to_string();
            assert!(error.contains("tokens:2: "), "{error}");
        }
    }
}
