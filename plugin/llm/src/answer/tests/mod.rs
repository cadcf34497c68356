mod framing;
mod generated;
mod hidden;
mod hostile;
mod oracle;
mod samples;

use super::*;

pub(super) const EVENTS: Head<'_> = head(b"text/event-stream; charset=utf-8");
pub(super) const JSON: Head<'_> = head(b"application/json");
pub(super) const FRAMES: Head<'_> = head(b"application/vnd.amazon.eventstream");

const fn head(content_type: &[u8]) -> Head<'_> {
    Head { status: 200, content_type: Some(content_type), content_encoding: None }
}

/// What is known of a body that comes in these pieces and goes on as it is.
pub(super) fn read<'a>(api: Api, head: &Head<'_>, pieces: impl IntoIterator<Item = &'a [u8]>) -> Ended {
    let mut answer = Answer::new(api, head, false);
    for piece in pieces {
        assert_eq!(answer.chunk(piece, false), Passed::Unchanged);
    }
    assert_eq!(answer.chunk(b"", true), Passed::Unchanged);
    answer.end()
}

/// A body in two pieces, torn at every place there is.
pub(super) fn torn(body: &[u8]) -> impl Iterator<Item = [&[u8]; 2]> {
    (0..=body.len()).map(|at| {
        let (one, other) = body.split_at(at);
        [one, other]
    })
}

/// A frame of Amazon's event streams. Nobody checks its checksums here.
pub(super) fn frame(event: &str, payload: &[u8]) -> Vec<u8> {
    let mut headers = Vec::new();
    for (name, value) in [(":event-type", event), (":content-type", "application/json"), (":message-type", "event")] {
        headers.push(u8::try_from(name.len()).unwrap());
        headers.extend(name.as_bytes());
        headers.push(7);
        headers.extend(u16::try_from(value.len()).unwrap().to_be_bytes());
        headers.extend(value.as_bytes());
    }
    let total = u32::try_from(16 + headers.len() + payload.len()).unwrap();
    let mut frame = Vec::new();
    frame.extend(total.to_be_bytes());
    frame.extend(u32::try_from(headers.len()).unwrap().to_be_bytes());
    frame.extend(*b"\x0a\x0d\"{");
    frame.extend(headers);
    frame.extend(payload);
    frame.extend(*b"crc\n");
    frame
}
