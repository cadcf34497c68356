//! Files within prompts: which are images, what of the others is text after all, and how many tokens the rest may have.

use super::place::Place;
use super::weigh::weigh;
use crate::estimate::Weight;
use crate::json::Token;

/// The least that a file is taken to be that is no text, in tokens: about four pages.
const FILE_TOKENS: u64 = 8_192;

/// How many characters of a document's base64 go to a token. Papers with figures have about 30, those of text alone 10.
const CHARACTERS_PER_TOKEN: u64 = 16;

/// The same of sounds and films, of which telephone speech is the densest.
const CHARACTERS_PER_TOKEN_OF_MEDIA: u64 = 128;

/// Up to so many bytes of strings that are no text, all together, are names and kinds, and no file.
const MAX_LABELS: u64 = 512;

/// How far into a string it is looked what it is.
const LOOKED_AT: usize = 256;

/// What stands before the bytes in a URL that has them within.
const BASE64: &[u8] = b";base64,";

/// What base64 of an image begins with: PNG, JPEG and GIF.
const IMAGES: [&[u8]; 3] = [b"iVBORw0", b"/9j/", b"R0lGOD"];

/// Kinds of files that say that these are text, encoded or not.
const TEXTS: [&[u8]; 8] =
    [b"text", b"txt", b"md", b"csv", b"html", b"application/json", b"application/xml", b"application/javascript"];

/// The files of a prompt, as it is read.
#[derive(Default)]
pub(super) struct Files {
    /// How many images there are.
    pub(super) images: u64,
    /// How many tokens the other files may have, as far as they are no text.
    pub(super) tokens: u64,
    /// Whether one of them is elsewhere.
    pub(super) is_elsewhere: bool,
    /// The depth within the object that is the file; none within a string that is one.
    depth: Option<usize>,
    /// The depth within an object that says it is an image.
    image: Option<usize>,
    /// The depth within an object that has a source which is elsewhere, and may yet say that it is an image.
    undecided: Option<usize>,
    file: File,
    /// What the member is named that is being read.
    name: Name,
    string: Chars,
}

/// A file that is being read.
#[derive(Default)]
struct File {
    is_image: bool,
    /// Whether it says that it is no image, whatever else it says: of a repeated member any may count.
    is_no_image: bool,
    is_media: bool,
    /// Whether it says that it is text.
    is_text: bool,
    /// Whether some of it is here: bytes, or text that has been weighed.
    is_here: bool,
    /// Whether it says where else it is.
    has_address: bool,
    /// How long the strings are of which it is not seen that they are text.
    bytes: u64,
    /// What these weigh as text.
    weight: Weight,
}

#[derive(Clone, Copy, Default, PartialEq, Eq)]
enum Name {
    #[default]
    Other,
    /// Its string is the file, or text for one.
    Bytes,
    /// Its string says where the file is.
    Address,
    /// Its string is a media type.
    MediaType,
    /// Its string is one of a few words for what the file is.
    Format,
}

/// A string that is being read.
#[derive(Default)]
struct Chars {
    kind: Kind,
    bytes: u64,
    weight: Weight,
}

#[derive(Clone, Copy, Default, PartialEq, Eq)]
enum Kind {
    /// It has nothing yet that names, addresses and encoded bytes have not.
    #[default]
    Unknown,
    /// A URL that has encoded bytes within.
    Data,
    Text,
}

impl Files {
    /// An object of the prompt, within which the depth is this, says what it is.
    pub(super) fn kind(&mut self, kind: &[u8], depth: usize) {
        let is_image = kind == b"image";
        if is_image {
            self.image = Some(depth);
        } else if self.image == Some(depth) {
            self.image = None;
        }
        if is_image && self.undecided == Some(depth) {
            self.undecided = None;
            self.images = self.images.saturating_add(1);
        }
    }

    /// An object or a list of the prompt has ended.
    pub(super) fn leave(&mut self, depth: usize) {
        let has_ended = |within: usize| within > depth;
        self.image = self.image.filter(|within| !has_ended(*within));
        if self.undecided.is_some_and(has_ended) {
            self.decide();
        }
    }

    /// What was undecided is no image.
    fn decide(&mut self) {
        if self.undecided.take().is_some() {
            self.add_elsewhere();
        }
    }

    fn add_elsewhere(&mut self) {
        self.is_elsewhere = true;
        self.tokens = self.tokens.saturating_add(FILE_TOKENS);
    }

    /// Takes the name of a member that is a file or is within one, and says where the member stands.
    pub(super) fn step(&mut self, place: Place, name: &[u8], text: &mut Weight) -> Place {
        self.name = match name {
            b"data" | b"bytes" | b"file_data" => Name::Bytes,
            b"file_id" | b"file_url" | b"fileUri" | b"file_uri" | b"url" | b"uri" => Name::Address,
            b"media_type" | b"mimeType" | b"mime_type" => Name::MediaType,
            b"type" | b"format" => Name::Format,
            _ => Name::Other,
        };
        match (place, name) {
            (Place::File | Place::Media | Place::Source, b"text") if self.depth.is_some() => {
                self.file.is_here = true;
                Place::Prompt
            }
            // A document that is a prompt in its own right.
            (Place::File | Place::Source, b"content") if self.depth.is_some() => {
                self.file.is_here = true;
                if self.close(text) {
                    self.add_elsewhere();
                }
                Place::Prompt
            }
            _ => place,
        }
    }

    pub(super) fn take(&mut self, place: Place, token: Token<'_>, length: usize, depth: usize, text: &mut Weight) {
        match token {
            Token::Object if self.depth.is_none() => {
                self.depth = Some(depth);
                self.file.is_image |= place == Place::Image || self.image.is_some_and(|within| within + 1 == depth);
                self.file.is_media |= place == Place::Media;
            }
            Token::End if self.depth == Some(depth + 1) => {
                let is_elsewhere = self.close(text);
                if is_elsewhere && place == Place::Source {
                    self.decide();
                    self.undecided = Some(depth);
                } else if is_elsewhere {
                    self.add_elsewhere();
                }
            }
            // An address that stands for no file but is cited.
            token if self.depth.is_none() && place == Place::Source => weigh(text, token, length),
            Token::Text(run) => self.run(run),
            Token::Unit(unit) => {
                self.string.bytes = self.string.bytes.saturating_add(1);
                self.string.weight.add_unit(unit);
                if self.string.kind == Kind::Unknown && unit != u16::from(b'/') {
                    self.string.kind = Kind::Text;
                }
            }
            Token::EndText => {
                self.end_string(text);
                if self.depth.is_none() {
                    self.file.is_image |= place == Place::Image;
                    self.file.is_media |= place == Place::Media;
                    if self.close(text) {
                        self.add_elsewhere();
                    }
                }
            }
            token => weigh(text, token, length),
        }
    }

    fn run(&mut self, run: &[u8]) {
        let string = &mut self.string;
        if string.bytes == 0 {
            let file = &mut self.file;
            let start = run.get(..LOOKED_AT).unwrap_or(run);
            let url = start.strip_prefix(b"data:");
            // Of what clients choose freely, such as names of files, nothing follows.
            let media_type = url.or_else(|| (self.name == Name::MediaType).then_some(start));
            if let Some(kind) = media_type.or_else(|| (self.name == Name::Format).then_some(start)) {
                file.is_text |= kind.starts_with(b"text/") || TEXTS.iter().any(|text| is_kind(kind, text));
            }
            if let Some(kind) = media_type {
                file.is_media |= kind.starts_with(b"audio/") || kind.starts_with(b"video/");
                // Its slash may be escaped.
                let is_image =
                    kind.strip_prefix(b"image").is_some_and(|rest| matches!(rest.first(), None | Some(b'/')));
                file.is_image |= is_image;
                file.is_no_image |= !is_image;
            }
            file.is_image |= self.name == Name::Bytes && is_image(start);
            if url.is_some_and(|url| url.windows(BASE64.len()).any(|part| part == BASE64) || !has_text(url)) {
                string.kind = Kind::Data;
            }
        }
        if string.kind == Kind::Unknown && has_text(run) {
            string.kind = Kind::Text;
        }
        string.bytes = string.bytes.saturating_add(u64::try_from(run.len()).unwrap_or(u64::MAX));
        string.weight.add_text(run);
    }

    fn end_string(&mut self, text: &mut Weight) {
        let Chars { kind, bytes, weight } = std::mem::take(&mut self.string);
        let file = &mut self.file;
        if kind == Kind::Text {
            text.add(weight);
        } else {
            file.bytes = file.bytes.saturating_add(bytes);
            file.weight.add(weight);
        }
        file.is_here |= kind != Kind::Unknown || self.name == Name::Bytes;
        file.has_address |= kind != Kind::Data && self.name == Name::Address && bytes > 0;
    }

    /// The file has ended, or what comes next is none of it: whether it is elsewhere.
    fn close(&mut self, text: &mut Weight) -> bool {
        self.depth = None;
        let file = std::mem::take(&mut self.file);
        let is_short = file.bytes <= MAX_LABELS;
        if file.is_text || is_short {
            text.add(file.weight);
        }
        if file.is_image && !file.is_text {
            self.images = self.images.saturating_add(1);
            if !file.is_no_image {
                return false;
            }
        }
        if file.has_address || is_short && !file.is_here {
            return true;
        }
        if !is_short && !file.is_text {
            let share = if file.is_media { CHARACTERS_PER_TOKEN_OF_MEDIA } else { CHARACTERS_PER_TOKEN };
            self.tokens = self.tokens.saturating_add(FILE_TOKENS.max(file.bytes.div_ceil(share)));
        }
        false
    }
}

/// Whether a string, or the media type that it begins with, is this kind of file.
fn is_kind(string: &[u8], kind: &[u8]) -> bool {
    string.strip_prefix(kind).is_some_and(|rest| matches!(rest.first(), None | Some(b';' | b',')))
}

/// Whether base64 is of an image.
fn is_image(start: &[u8]) -> bool {
    // WebP, which begins as sounds do.
    let is_webp = start.starts_with(b"UklGR") && start.get(12..16) == Some(b"RUJQ");
    is_webp || IMAGES.iter().any(|image| start.starts_with(image))
}

/// Whether bytes have any that neither base64 has, nor addresses have: spaces and the like, and what is beyond ASCII.
fn has_text(bytes: &[u8]) -> bool {
    const LOW: u64 = u64::from_le_bytes([0x01; 8]);
    const HIGH: u64 = LOW << 7;
    const FIRST: u8 = 0x23;
    let (eights, rest) = bytes.as_chunks::<8>();
    let is_text = |eight: &[u8; 8]| {
        let word = u64::from_le_bytes(*eight);
        (word | word.wrapping_sub(LOW * u64::from(FIRST)) & !word) & HIGH != 0
    };
    eights.iter().any(is_text) || rest.iter().any(|byte| *byte < FIRST || *byte >= 0x80)
}
