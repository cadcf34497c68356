//! Files within prompts: whether they are images, and what of them is text after all.

use super::place::Place;
use super::reader::weigh;
use crate::estimate::Weight;
use crate::json::Token;

/// How far into a string it is looked whether it is text.
const LOOKED_AT: usize = 256;

/// What base64 of an image begins with: PNG, JPEG and GIF.
const IMAGES: [&[u8]; 3] = [b"iVBORw0", b"/9j/", b"R0lGOD"];

/// The file that is being read.
#[derive(Default)]
pub(super) struct Files {
    /// The depth within the object that is the file.
    depth: Option<usize>,
    is_image: bool,
    /// What the string is that is being read.
    string: Kind,
    /// Whether the file that has just ended is an image.
    pub(super) ended: Option<bool>,
}

#[derive(Clone, Copy, Default, PartialEq, Eq)]
enum Kind {
    #[default]
    Unknown,
    /// Some providers take files as text, too.
    Text,
    /// Names, addresses and encoded bytes.
    Other,
}

impl Files {
    pub(super) fn take(&mut self, place: Place, token: Token<'_>, depth: usize, text: &mut Weight) {
        match token {
            Token::Object if self.depth.is_none() => {
                self.depth = Some(depth);
                self.is_image = place == Place::Image;
            }
            Token::End if self.depth == Some(depth + 1) => {
                self.depth = None;
                self.ended = Some(self.is_image);
            }
            // An address that stands for no file but is cited.
            token if self.depth.is_none() && place == Place::Source => weigh(text, token),
            Token::Text(run) => {
                if self.string == Kind::Unknown {
                    let start = run.get(..LOOKED_AT).unwrap_or(run);
                    let is_text = start.iter().any(|byte| *byte == b' ' || !byte.is_ascii());
                    self.string = if is_text { Kind::Text } else { Kind::Other };
                    self.is_image |= is_image(run);
                }
                if self.string == Kind::Text {
                    text.add_text(run);
                }
            }
            Token::Unit(unit) if self.string == Kind::Text => text.add_unit(unit),
            Token::EndText => {
                self.string = Kind::Unknown;
                if self.depth.is_none() {
                    self.ended = Some(self.is_image || place == Place::Image);
                    self.is_image = false;
                }
            }
            _ => {}
        }
    }
}

/// Whether a string within a file says that it is an image: a media type, bytes, or an address that has them within. Its
/// slash may be escaped.
fn is_image(start: &[u8]) -> bool {
    let media_type = start.strip_prefix(b"data:").unwrap_or(start);
    let is_media_type = media_type.strip_prefix(b"image").is_some_and(|rest| matches!(rest.first(), None | Some(b'/')));
    // WebP, which begins as sounds do.
    let is_webp = start.starts_with(b"UklGR") && start.get(12..16) == Some(b"RUJQ");
    is_media_type || is_webp || IMAGES.iter().any(|image| start.starts_with(image))
}
