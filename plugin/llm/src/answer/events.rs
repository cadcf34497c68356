//! A stream of server-sent events, as the HTML standard has it: lines end with CR, LF or both, a line that begins with a
//! colon is a comment, several `data` lines are one text, an empty line ends an event, and a byte order mark may stand
//! before all.

use super::document::Document;
use crate::json::line_end;

/// How far a stream has been read. What its events say is with the [`Document`].
#[derive(Clone, Debug)]
pub(super) struct Events {
    line: Line,
    /// Whether the line before ended with a CR, so that an LF now belongs to it.
    after_cr: bool,
    data: Data,
    /// Whether the event has a line that is no comment.
    has_fields: bool,
    /// Whether the stream said that it is done, as OpenAI's do, or brought the chunk that is the last but for that.
    pub(super) is_done: bool,
    /// Whether there was an event that cannot be read.
    pub(super) is_garbled: bool,
}

/// What is being read of a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Line {
    /// The byte order mark: this many bytes of it.
    Mark(usize),
    /// The name `data`: this many bytes of it.
    Name(usize),
    /// The space that may stand behind the colon.
    Space,
    Data,
    Comment,
    Other,
}

/// What an event's data is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Data {
    None,
    Json,
    /// The word that ends OpenAI's streams: this many bytes of it.
    Done(usize),
    Unreadable,
}

const MARK: &[u8] = b"\xef\xbb\xbf";
const NAME: &[u8] = b"data";
const DONE: &[u8] = b"[DONE]";

impl Events {
    pub(super) fn new() -> Events {
        Events {
            line: Line::Mark(0),
            after_cr: false,
            data: Data::None,
            has_fields: false,
            is_done: false,
            is_garbled: false,
        }
    }

    /// Reads on to the end of the bytes, or of an event: whether it was that. What the event said is with the document until
    /// [`Events::next`].
    pub(super) fn read(&mut self, document: &mut Document, bytes: &[u8], at: &mut usize) -> bool {
        while let Some(&byte) = bytes.get(*at) {
            if self.after_cr {
                self.after_cr = false;
                if byte == b'\n' {
                    *at += 1;
                    continue;
                }
            }
            match self.line {
                Line::Mark(read) if MARK.get(read) == Some(&byte) => {
                    *at += 1;
                    self.line = if read + 1 == MARK.len() { Line::Name(0) } else { Line::Mark(read + 1) };
                }
                Line::Mark(0) => self.line = Line::Name(0),
                Line::Name(0) if bytes.get(*at..).is_some_and(|rest| rest.starts_with(b"data: ")) => {
                    *at += b"data: ".len();
                    self.has_fields = true;
                    self.begin_data(document);
                }
                Line::Name(0) if is_line_end(byte) => {
                    self.end_line(byte, at);
                    return true;
                }
                Line::Name(0) if byte == b':' => self.line = Line::Comment,
                Line::Name(read) if NAME.get(read) == Some(&byte) => {
                    *at += 1;
                    self.has_fields = true;
                    self.line = Line::Name(read + 1);
                }
                Line::Name(read) if read == NAME.len() && byte == b':' => {
                    *at += 1;
                    self.line = Line::Space;
                }
                // A name without a colon is a field that is empty.
                Line::Name(read) if read == NAME.len() && is_line_end(byte) => {
                    self.begin_data(document);
                    self.end_line(byte, at);
                }
                Line::Space => {
                    *at += usize::from(byte == b' ');
                    self.begin_data(document);
                }
                Line::Data if self.data == Data::Json => {
                    if document.read(bytes, at).is_err() {
                        self.data = Data::Unreadable;
                    } else if let Some(end) = bytes.get(*at) {
                        self.end_line(*end, at);
                    }
                }
                Line::Data if is_line_end(byte) => self.end_line(byte, at),
                Line::Data => self.take(byte, bytes, at),
                Line::Mark(_) | Line::Name(_) | Line::Comment | Line::Other => {
                    if !matches!(self.line, Line::Comment) {
                        self.has_fields = true;
                        self.line = Line::Other;
                    }
                    *at = line_end(bytes, *at);
                    if let Some(end) = bytes.get(*at) {
                        self.end_line(*end, at);
                    }
                }
            }
        }
        false
    }

    /// A line of data begins. If there were others before it, an end of a line stands between them.
    fn begin_data(&mut self, document: &mut Document) {
        self.line = Line::Data;
        match self.data {
            Data::Json if document.end_line().is_err() => self.data = Data::Unreadable,
            Data::Done(_) => self.data = Data::Unreadable,
            _ => {}
        }
    }

    /// Data that is not JSON so far.
    fn take(&mut self, byte: u8, bytes: &[u8], at: &mut usize) {
        match (self.data, byte) {
            (Data::None, b' ' | b'\t') => *at += 1,
            (Data::None, b'{') => self.data = Data::Json,
            (Data::None, b'[') => {
                *at += 1;
                self.data = Data::Done(1);
            }
            (Data::Done(read), byte) if DONE.get(read) == Some(&byte) => {
                *at += 1;
                self.data = Data::Done(read + 1);
            }
            _ => {
                self.data = Data::Unreadable;
                *at = line_end(bytes, *at);
            }
        }
    }

    fn end_line(&mut self, byte: u8, at: &mut usize) {
        *at += 1;
        self.after_cr = byte == b'\r';
        self.line = Line::Name(0);
    }

    /// Goes on to the next event, which makes something of the one that has ended.
    pub(super) fn next(&mut self, document: &mut Document) {
        self.end(document);
        match self.data {
            Data::None => {}
            Data::Json => self.is_garbled |= !document.is_done(),
            Data::Done(read) => self.is_garbled |= read < DONE.len(),
            Data::Unreadable => self.is_garbled = true,
        }
        if self.data != Data::None {
            document.restart();
        }
        self.data = Data::None;
        self.has_fields = false;
    }

    /// The stream may have ended. What it ended in the midst of is no event, but what ends OpenAI's streams says enough.
    pub(super) fn end(&mut self, document: &Document) {
        self.is_done |= match self.data {
            Data::Json => document.is_usage_chunk(),
            data => data == Data::Done(DONE.len()),
        };
    }

    /// How many bytes of an end of a line come next that was begun before: one or none.
    pub(super) fn rest_of_line_end(&self, rest: Option<&u8>) -> usize {
        usize::from(self.after_cr && rest == Some(&b'\n'))
    }

    /// Whether a line has ended with a CR, to which an LF may belong.
    pub(super) fn is_after_cr(&self) -> bool {
        self.after_cr
    }

    /// Whether an event has begun, with more than comments.
    pub(super) fn has_fields(&self) -> bool {
        self.has_fields
    }

    /// Whether the event that has ended is the one that OpenAI adds for `include_usage`.
    pub(super) fn is_usage_chunk(&self, document: &Document) -> bool {
        self.data == Data::Json && document.is_usage_chunk()
    }

    /// Whether the event that has begun may become that one.
    pub(super) fn may_be_usage_chunk(&self, document: &Document) -> bool {
        match self.data {
            Data::None => self.has_fields,
            Data::Json => document.may_be_usage_chunk(),
            Data::Done(_) | Data::Unreadable => false,
        }
    }
}

fn is_line_end(byte: u8) -> bool {
    matches!(byte, b'\n' | b'\r')
}
