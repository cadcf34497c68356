use std::fmt;
use std::sync::Arc;

/// A short text that somebody gave: the name of an organisation or a principal, who changed something, and why. It has 1 to
/// 512 bytes and no control characters. Compared byte by byte.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Label(Arc<str>);

/// Why a text is no label.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidLabel {
    /// There is none.
    #[error("a name or reason is empty")]
    Empty,
    /// It is too long.
    #[error("a name or reason has {0} bytes: at most {most} are taken", most = Label::MOST_BYTES)]
    Long(usize),
    /// It is not for reading.
    #[error("a name or reason has the control character U+{:04X}", u32::from(*.0))]
    Control(char),
}

impl Label {
    /// How long it may be, in bytes of UTF-8.
    pub const MOST_BYTES: usize = 512;

    /// Takes a text, if it is fit to be a label.
    ///
    /// # Errors
    /// If it is empty, too long, or has control characters.
    pub fn new(text: &str) -> Result<Self, InvalidLabel> {
        if text.is_empty() {
            return Err(InvalidLabel::Empty);
        }
        if text.len() > Self::MOST_BYTES {
            return Err(InvalidLabel::Long(text.len()));
        }
        match text.chars().find(|character| character.is_control()) {
            Some(control) => Err(InvalidLabel::Control(control)),
            None => Ok(Label(text.into())),
        }
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Label {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}
