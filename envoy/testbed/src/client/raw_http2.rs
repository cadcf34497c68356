use std::io::{ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};

use anyhow::{Context, Result, bail};

use super::Response;
use crate::wait::DEADLINE;

/// One connection that speaks HTTP/2 made by hand: any names and values in any order, pseudo-headers included.
#[derive(Debug)]
pub struct RawHttp2 {
    stream: TcpStream,
    next: u32,
}

const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

/// No dynamic table, so that a header block is read by itself, and windows that no answer fills.
const SETTINGS: &[u8] = &[0, 1, 0, 0, 0, 0, 0, 4, 0x7f, 0xff, 0xff, 0xff];

/// The same for the connection: what is missing to the largest window.
const WINDOW: [u8; 4] = (0x7fff_ffff_u32 - 65_535).to_be_bytes();

/// Largest payload of a frame that a server must accept.
const MAX_FRAME: usize = 16_384;

/// RFC 9113 section 6.
mod kind {
    pub(super) const DATA: u8 = 0;
    pub(super) const HEADERS: u8 = 1;
    pub(super) const RST_STREAM: u8 = 3;
    pub(super) const SETTINGS: u8 = 4;
    pub(super) const WINDOW_UPDATE: u8 = 8;
    pub(super) const CONTINUATION: u8 = 9;
}

const END_STREAM: u8 = 1;
const ACK: u8 = 1;
const END_HEADERS: u8 = 4;

struct Frame {
    kind: u8,
    flags: u8,
    stream: u32,
    payload: Vec<u8>,
}

impl RawHttp2 {
    /// Connects, in plain text and with prior knowledge.
    ///
    /// # Errors
    ///
    /// When nothing listens there.
    pub fn connect(address: SocketAddr) -> Result<Self> {
        let stream = TcpStream::connect(address).with_context(|| format!("connect to {address}"))?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(DEADLINE))?;
        let mut client = RawHttp2 { stream, next: 1 };
        client.stream.write_all(PREFACE)?;
        client.write(kind::SETTINGS, 0, 0, SETTINGS)?;
        client.write(kind::WINDOW_UPDATE, 0, 0, &WINDOW)?;
        Ok(client)
    }

    /// Sends these fields as they are, with a body if there is one, and reads the answer's status and body. `None` if the
    /// stream is reset or the connection closed instead.
    ///
    /// # Errors
    ///
    /// When the connection breaks, or the answer can't be read.
    pub fn request(&mut self, fields: &[(&[u8], &[u8])], body: &[u8]) -> Result<Option<Response>> {
        let parts = if body.is_empty() { &[][..] } else { &[body] };
        self.request_in_parts(fields, parts, &[])
    }

    /// As [`RawHttp2::request`], with the body in frames of their own, and trailers if there are any.
    ///
    /// # Errors
    ///
    /// As there.
    pub fn request_in_parts(
        &mut self,
        fields: &[(&[u8], &[u8])],
        parts: &[&[u8]],
        trailers: &[(&[u8], &[u8])],
    ) -> Result<Option<Response>> {
        let stream = self.next;
        self.next += 2;
        self.fields(stream, fields, parts.is_empty() && trailers.is_empty())?;
        let mut parts = parts.iter().peekable();
        while let Some(part) = parts.next() {
            let is_last = parts.peek().is_none() && trailers.is_empty();
            self.write(kind::DATA, if is_last { END_STREAM } else { 0 }, stream, part)?;
        }
        if !trailers.is_empty() {
            self.fields(stream, trailers, true)?;
        }
        self.answer(stream)
    }

    fn fields(&mut self, stream: u32, fields: &[(&[u8], &[u8])], is_last: bool) -> Result<()> {
        let block: Vec<u8> = fields.iter().flat_map(|(name, value)| literal(name, value)).collect();
        let mut parts = block.chunks(MAX_FRAME).peekable();
        let mut kind = kind::HEADERS;
        let mut flags = if is_last { END_STREAM } else { 0 };
        while let Some(part) = parts.next() {
            flags |= if parts.peek().is_none() { END_HEADERS } else { 0 };
            self.write(kind, flags, stream, part)?;
            (kind, flags) = (kind::CONTINUATION, 0);
        }
        Ok(())
    }

    fn answer(&mut self, stream: u32) -> Result<Option<Response>> {
        let mut response = Response { status: 0, headers: Vec::new(), body: Vec::new() };
        while let Some(frame) = self.read()? {
            if frame.kind == kind::SETTINGS && frame.flags & ACK == 0 {
                self.write(kind::SETTINGS, ACK, 0, &[])?;
            }
            if frame.stream != stream {
                continue;
            }
            match frame.kind {
                kind::HEADERS if response.status < 200 => {
                    response.status = status(&frame.payload).context("the answer's status")?;
                }
                kind::DATA => response.body.extend(frame.payload),
                kind::RST_STREAM => return Ok(None),
                _ => {}
            }
            if frame.flags & END_STREAM != 0 && matches!(frame.kind, kind::HEADERS | kind::DATA) {
                return Ok(Some(response));
            }
        }
        Ok(None)
    }

    fn write(&mut self, kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Result<()> {
        let [_, length @ ..] = u32::try_from(payload.len())?.to_be_bytes();
        let frame = [&length[..], &[kind, flags], &stream.to_be_bytes(), payload].concat();
        match self.stream.write_all(&frame) {
            // Closed by the server, which may have said why before.
            Err(error) if matches!(error.kind(), ErrorKind::BrokenPipe | ErrorKind::ConnectionReset) => Ok(()),
            other => Ok(other?),
        }
    }

    /// The next frame; `None` once the server has closed the connection.
    fn read(&mut self) -> Result<Option<Frame>> {
        let mut header = [0; 9];
        match self.stream.read_exact(&mut header) {
            Err(error) if matches!(error.kind(), ErrorKind::UnexpectedEof | ErrorKind::ConnectionReset) => {
                return Ok(None);
            }
            other => other?,
        }
        let [a, b, c, kind, flags, stream @ ..] = header;
        let mut payload = vec![0; usize::try_from(u32::from_be_bytes([0, a, b, c]))?];
        self.stream.read_exact(&mut payload)?;
        Ok(Some(Frame { kind, flags, stream: u32::from_be_bytes(stream), payload }))
    }
}

/// A literal field without indexing and with a literal name (RFC 7541 section 6.2.2).
fn literal(name: &[u8], value: &[u8]) -> Vec<u8> {
    let mut field = vec![0];
    for text in [name, value] {
        length(text.len(), &mut field);
        field.extend(text);
    }
    field
}

/// An integer with a prefix of seven bits (RFC 7541 section 5.1).
fn length(mut length: usize, into: &mut Vec<u8>) {
    let low = |value: usize| u8::try_from(value & 0x7f).unwrap_or_default();
    if length < 0x7f {
        return into.push(low(length));
    }
    into.push(0x7f);
    length -= 0x7f;
    while length >= 0x80 {
        into.push(0x80 | low(length));
        length >>= 7;
    }
    into.push(low(length));
}

/// The status, which is an answer's first field.
fn status(block: &[u8]) -> Result<u16> {
    // A server may open with the size of its dynamic table.
    let start = block.iter().position(|byte| byte >> 5 != 1).unwrap_or_default();
    let Some((first, rest)) = block.get(start..).and_then(<[u8]>::split_first) else { bail!("an empty header block") };
    Ok(match first {
        // RFC 7541 appendix A.
        0x88 => 200,
        0x89 => 204,
        0x8a => 206,
        0x8b => 304,
        0x8c => 400,
        0x8d => 404,
        0x8e => 500,
        _ => {
            let Some((length, value)) = rest.split_first() else { bail!("a header block that ends early") };
            let is_coded = length & 0x80 != 0;
            let value = value.get(..usize::from(length & 0x7f)).context("a header block that ends early")?;
            let text = if is_coded { digits(value)? } else { String::from_utf8(value.to_vec())? };
            text.parse().with_context(|| format!("`{text}`"))?
        }
    })
}

/// Digits in their Huffman code (RFC 7541 appendix B): five bits for 0 to 2, six for the others.
fn digits(coded: &[u8]) -> Result<String> {
    let mut bits = coded.iter().flat_map(|byte| (0..8).rev().map(move |bit| (byte >> bit) & 1));
    let mut text = String::new();
    while let Some(first) = bits.next() {
        let mut code = first;
        for bit in bits.by_ref().take(4) {
            code = code << 1 | bit;
        }
        text.push(match code {
            0..=2 => char::from(b'0' + code),
            // The last bit tells 3 (12 + 1), 4 and 5 (13), 6 and 7 (14), 8 and 9 (15) apart.
            12..=15 => match bits.next() {
                Some(bit) => char::from(b'0' + (code - 12) * 2 + 2 + bit),
                None => break,
            },
            _ => break,
        });
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_take_as_many_bytes_as_they_need() {
        let coded = |value| {
            let mut bytes = Vec::new();
            length(value, &mut bytes);
            bytes
        };
        assert_eq!(coded(5), [5]);
        assert_eq!(coded(127), [0x7f, 0]);
        assert_eq!(coded(1337), [0x7f, 0xba, 0x09]);
    }

    #[test]
    fn a_status_is_read_in_every_coding() {
        assert_eq!(status(&[0x88]).unwrap(), 200);
        assert_eq!(status(&[0x20, 0x8c]).unwrap(), 400);
        assert_eq!(status(b"\x08\x03403").unwrap(), 403);
        // RFC 7541 appendix C.6: 302 and 307.
        assert_eq!(status(&[0x48, 0x82, 0x64, 0x02]).unwrap(), 302);
        assert_eq!(status(&[0x48, 0x83, 0x64, 0x0e, 0xff]).unwrap(), 307);
        assert!(status(&[]).is_err() && status(b"\x08\x05403").is_err());
    }
}
