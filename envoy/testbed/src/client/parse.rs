//! Responses of HTTP/1.1, from bytes that may still be arriving.

use anyhow::{Context, Result};

use super::Response;

/// The head of a response and where its body begins.
pub(super) struct Head {
    pub(super) status: u16,
    pub(super) headers: Vec<(String, String)>,
    /// Bytes of the head, empty line included.
    pub(super) length: usize,
}

/// How a response's body ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Framing {
    Length(usize),
    Chunked,
    Close,
}

/// The head, once it is complete.
pub(super) fn head(bytes: &[u8]) -> Result<Option<Head>> {
    let mut headers = [httparse::EMPTY_HEADER; 128];
    let mut response = httparse::Response::new(&mut headers);
    let httparse::Status::Complete(length) = response.parse(bytes).context("not an HTTP/1.1 response")? else {
        return Ok(None);
    };
    let text = |value: &[u8]| String::from_utf8_lossy(value).into_owned();
    let headers = response.headers.iter().map(|header| (header.name.to_ascii_lowercase(), text(header.value)));
    let headers = headers.collect();
    Ok(Some(Head { status: response.code.unwrap_or_default(), headers, length }))
}

impl Head {
    pub(super) fn framing(&self, answers_head: bool) -> Result<Framing> {
        if answers_head || matches!(self.status, 100..=199 | 204 | 304) {
            return Ok(Framing::Length(0));
        }
        let value = |name: &str| self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str());
        if value("transfer-encoding").is_some_and(|coding| coding.eq_ignore_ascii_case("chunked")) {
            return Ok(Framing::Chunked);
        }
        match value("content-length") {
            Some(length) => Ok(Framing::Length(length.parse().context("content-length")?)),
            None => Ok(Framing::Close),
        }
    }

    pub(super) fn with_body(self, body: Vec<u8>) -> Response {
        Response { status: self.status, headers: self.headers, body }
    }
}

/// The body inside these chunks and how many bytes they take, once the last chunk is there. Trailers are dropped.
pub(super) fn chunks(mut bytes: &[u8]) -> Result<Option<(Vec<u8>, usize)>> {
    let total = bytes.len();
    let mut body = Vec::new();
    loop {
        let httparse::Status::Complete((start, size)) =
            httparse::parse_chunk_size(bytes).ok().context("bad chunk size")?
        else {
            return Ok(None);
        };
        let Some((_, rest)) = bytes.split_at_checked(start) else { return Ok(None) };
        if size == 0 {
            let mut trailers = [httparse::EMPTY_HEADER; 32];
            let httparse::Status::Complete((end, _)) = httparse::parse_headers(rest, &mut trailers)? else {
                return Ok(None);
            };
            return Ok(Some((body, total - rest.len() + end)));
        }
        let Some((chunk, rest)) = rest.split_at_checked(usize::try_from(size)?) else { return Ok(None) };
        let Some((_, rest)) = rest.split_at_checked(2) else { return Ok(None) };
        body.extend_from_slice(chunk);
        bytes = rest;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_head_is_read_once_it_is_complete() {
        let bytes = b"HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\nX-Name: a\xff\r\n\r\nno";
        assert!(head(bytes.split_at(30).0).unwrap().is_none());
        let head = head(bytes).unwrap().unwrap();
        assert_eq!((head.status, head.framing(false).unwrap()), (403, Framing::Length(2)));
        assert_eq!(head.framing(true).unwrap(), Framing::Length(0), "an answer to HEAD has no body");
        assert_eq!(head.headers.last().unwrap(), &("x-name".to_owned(), "a\u{fffd}".to_owned()));
        assert_eq!(bytes.split_at(head.length).1, b"no");
    }

    #[test]
    fn a_body_without_a_length_ends_with_the_connection() {
        let head = head(b"HTTP/1.1 200 OK\r\n\r\n").unwrap().unwrap();
        assert_eq!(head.framing(false).unwrap(), Framing::Close);
    }

    #[test]
    fn chunks_are_joined_and_their_trailers_dropped() {
        let bytes = b"3\r\nabc\r\n2;note=x\r\nde\r\n0\r\ntrailer: 1\r\n\r\nHTTP/1.1 200";
        let complete = bytes.len() - b"HTTP/1.1 200".len();
        for end in 0..complete {
            assert!(chunks(bytes.split_at(end).0).unwrap().is_none(), "{end} bytes are not all");
        }
        assert_eq!(chunks(bytes).unwrap(), Some((b"abcde".to_vec(), complete)));
        assert!(chunks(b"zz\r\n").is_err());
    }
}
