use std::env::{self, VarError};
use std::fmt;
use std::fs::File;
use std::io::{self, Read as _};
use std::path::PathBuf;

use http::HeaderValue;
use serde::de::value::MapAccessDeserializer;
use serde::de::{Deserializer, Error, MapAccess, Visitor};
use serde::{Deserialize, Serialize, Serializer};

/// Longest key, in bytes.
const MAX_KEY: usize = 16 << 10;

/// Where an API key is. It is read whenever texts are embedded, so that a key that is replaced needs no restart.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", remote = "Self")]
pub(crate) enum KeyFrom {
    /// A file with nothing else in it; space around the key does not count.
    File(PathBuf),
    /// A variable of the companion's environment.
    Env(String),
}

/// A key that cannot be shown. Says where it should be, never what it is.
#[derive(Debug, thiserror::Error)]
pub(crate) enum KeyError {
    #[error("cannot read the API key in `{}`: {source}", path.display())]
    Read { path: PathBuf, source: io::Error },
    #[error("cannot read the API key in the environment's `{variable}`: {source}")]
    Variable { variable: String, source: VarError },
    #[error("{0} should hold an API key: up to {MAX_KEY} visible characters on one line, and nothing else")]
    Characters(String),
}

/// A key, and how it is shown to a service.
pub(super) struct Key {
    secret: String,
    pub(super) header: HeaderValue,
}

impl<'de> Deserialize<'de> for KeyFrom {
    /// A key that stands where its place should be named is not repeated in the error.
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Place;
        impl<'de> Visitor<'de> for Place {
            type Value = KeyFrom;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("where the key is: `file` with a path, or `env` with a variable")
            }

            fn visit_str<E: Error>(self, _: &str) -> Result<KeyFrom, E> {
                Err(E::custom(
                    "a key is not written here: say where it is, `file` with a path or `env` with a variable",
                ))
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<KeyFrom, A::Error> {
                KeyFrom::deserialize(MapAccessDeserializer::new(map))
            }
        }
        deserializer.deserialize_any(Place)
    }
}

impl Serialize for KeyFrom {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        KeyFrom::serialize(self, serializer)
    }
}

impl KeyFrom {
    pub(super) fn read(&self) -> Result<Key, KeyError> {
        let (text, place) = match self {
            KeyFrom::File(path) => {
                let text = read(path).map_err(|source| KeyError::Read { path: path.clone(), source })?;
                (text, format!("`{}`", path.display()))
            }
            KeyFrom::Env(variable) => {
                let text = env::var(variable).map_err(|source| match source {
                    VarError::NotPresent => KeyError::Variable { variable: variable.clone(), source },
                    // The other error shows the value.
                    VarError::NotUnicode(_) => KeyError::Characters(format!("the environment's `{variable}`")),
                })?;
                (text, format!("the environment's `{variable}`"))
            }
        };
        let secret = text.trim();
        let is_shown =
            !secret.is_empty() && secret.len() <= MAX_KEY && secret.bytes().all(|byte| byte.is_ascii_graphic());
        let header = HeaderValue::from_str(&format!("Bearer {secret}")).ok().filter(|_| is_shown);
        let mut header = header.ok_or(KeyError::Characters(place))?;
        header.set_sensitive(true);
        Ok(Key { secret: secret.to_owned(), header })
    }
}

impl Key {
    /// What a service says, if it repeats the key.
    pub(super) fn hidden_in(&self, text: &str) -> String {
        text.replace(&self.secret, "…")
    }
}

/// A byte too many tells that there are more.
fn read(path: &PathBuf) -> io::Result<String> {
    let mut text = String::new();
    File::open(path)?.take(MAX_KEY as u64 + 3).read_to_string(&mut text)?;
    Ok(text)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn a_key_is_read_from_where_it_is_said_to_be() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("key");
        let file = KeyFrom::File(path.clone());
        assert!(file.read().is_err());
        fs::write(&path, " sk-1\n").unwrap();
        assert_eq!(file.read().unwrap().header, "Bearer sk-1");
        fs::write(&path, "sk-2").unwrap();
        assert_eq!(file.read().unwrap().header, "Bearer sk-2");
        // Set by cargo for every test.
        assert_eq!(KeyFrom::Env("CARGO_PKG_NAME".to_owned()).read().unwrap().header, "Bearer tollgate");
        let unset = KeyFrom::Env("TOLLGATE_NO_SUCH_KEY".to_owned()).read().err().unwrap().to_string();
        assert!(unset.contains("TOLLGATE_NO_SUCH_KEY"), "{unset}");
    }

    #[test]
    fn what_is_no_key_is_refused_and_not_repeated() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("key");
        for text in ["", "\n", "hush hush", "hush\nhush", "hüsh", &"hush".repeat(5000)] {
            fs::write(&path, text).unwrap();
            let error = KeyFrom::File(path.clone()).read().err().unwrap();
            assert!(!format!("{error} {error:?}").contains("hush"), "{error}");
        }
    }

    #[test]
    fn a_key_shows_in_no_debugging_output() {
        let key = KeyFrom::Env("CARGO_PKG_NAME".to_owned()).read().unwrap();
        assert!(!format!("{:?}", key.header).contains("tollgate"));
        assert_eq!(key.hidden_in("key tollgate is wrong"), "key … is wrong");
    }
}
