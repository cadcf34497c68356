//! Amazon's event streams: frames of a prelude, headers, a payload and a checksum. The payloads are JSON; which event one
//! is can be told from it, so that headers are passed over. Lengths are checked, checksums are the client's to check.

use super::document::Document;

/// Total length, length of the headers and checksum of both.
const PRELUDE: usize = 12;
/// The checksum of the frame.
const TRAILER: u32 = 4;
/// Longest headers, as Amazon's SDKs take them.
const MAX_HEADERS: u32 = 128 << 10;
/// Longest payload, likewise.
const MAX_PAYLOAD: u32 = 24 << 20;

/// How far a stream has been read.
#[derive(Clone, Debug)]
pub(super) struct Frames {
    prelude: [u8; PRELUDE],
    part: Part,
    /// Whether a payload was no JSON.
    pub(super) is_garbled: bool,
    /// Whether a length was impossible. Nothing after it can be read.
    pub(super) is_broken: bool,
}

/// What is being read, and how much of it is still to come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Part {
    Prelude { read: usize },
    Headers { left: u32, payload: u32 },
    Payload { left: u32, is_json: bool },
    Trailer { left: u32 },
}

impl Frames {
    pub(super) fn new() -> Frames {
        Frames { prelude: [0; PRELUDE], part: Part::Prelude { read: 0 }, is_garbled: false, is_broken: false }
    }

    pub(super) fn read(&mut self, document: &mut Document, bytes: &[u8]) {
        let mut rest = bytes;
        while !self.is_broken && !rest.is_empty() {
            self.part = match self.part {
                Part::Prelude { read } => {
                    let room = self.prelude.get_mut(read..).unwrap_or_default();
                    let taken = take(&mut rest, room.len());
                    room.iter_mut().zip(taken).for_each(|(place, byte)| *place = *byte);
                    let read = read + taken.len();
                    if read < PRELUDE { Part::Prelude { read } } else { self.begin() }
                }
                Part::Headers { left, payload } => match pass(&mut rest, left) {
                    0 => Part::Payload { left: payload, is_json: true },
                    left => Part::Headers { left, payload },
                },
                Part::Payload { left, is_json } => {
                    let taken = take(&mut rest, left as usize);
                    let is_json = is_json && document.read(taken, &mut 0).is_ok();
                    #[expect(clippy::cast_possible_truncation, reason = "no more than what is left")]
                    match left - taken.len() as u32 {
                        0 => {
                            self.is_garbled |= !is_json || !document.is_done();
                            document.restart();
                            Part::Trailer { left: TRAILER }
                        }
                        left => Part::Payload { left, is_json },
                    }
                }
                Part::Trailer { left } => match pass(&mut rest, left) {
                    0 => Part::Prelude { read: 0 },
                    left => Part::Trailer { left },
                },
            };
        }
    }

    /// What a prelude that is there says.
    fn begin(&mut self) -> Part {
        let word = |at: usize| {
            self.prelude.get(at..).and_then(<[u8]>::first_chunk).map_or(0, |word| u32::from_be_bytes(*word))
        };
        let headers = word(4);
        let payload = word(0).checked_sub(headers).and_then(|rest| rest.checked_sub(PRELUDE as u32 + TRAILER));
        match payload {
            Some(0) if headers <= MAX_HEADERS => Part::Trailer { left: headers + TRAILER },
            Some(payload) if headers == 0 && payload <= MAX_PAYLOAD => Part::Payload { left: payload, is_json: true },
            Some(payload) if headers <= MAX_HEADERS && payload <= MAX_PAYLOAD => {
                Part::Headers { left: headers, payload }
            }
            _ => {
                self.is_broken = true;
                Part::Prelude { read: 0 }
            }
        }
    }
}

/// Cuts as many bytes off the beginning, or all there are.
fn take<'a>(rest: &mut &'a [u8], most: usize) -> &'a [u8] {
    let (taken, after) = rest.split_at_checked(most).unwrap_or((*rest, &[]));
    *rest = after;
    taken
}

/// Passes over as many bytes; how many are still to come.
fn pass(rest: &mut &[u8], left: u32) -> u32 {
    let passed = take(rest, left as usize).len();
    #[expect(clippy::cast_possible_truncation, reason = "no more than what is left")]
    {
        left - passed as u32
    }
}
