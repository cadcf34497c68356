use anyhow::{Context, Result};
use serde_json::Value;

use crate::upstream::Seen;

/// An answer, read to its end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Response {
    /// The status code.
    pub status: u16,
    /// Lower-case names and values in order; bytes outside UTF-8 are replaced.
    pub headers: Vec<(String, String)>,
    /// The body, without its framing.
    pub body: Vec<u8>,
}

impl Response {
    /// The first value of this header.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// The body as text; bytes outside UTF-8 are replaced.
    #[must_use]
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// The body as JSON.
    ///
    /// # Errors
    ///
    /// When it is not JSON; the message quotes it.
    pub fn json(&self) -> Result<Value> {
        serde_json::from_slice(&self.body).with_context(|| format!("not JSON: `{}`", self.text()))
    }

    /// What the upstream saw, if it was the upstream that answered.
    ///
    /// # Errors
    ///
    /// When someone else answered; the message quotes the body.
    pub fn seen(&self) -> Result<Seen> {
        serde_json::from_slice(&self.body)
            .with_context(|| format!("not the upstream's answer: {} `{}`", self.status, self.text()))
    }
}
