//! An answer read as a proxy reads it.

use std::hint::black_box;

use tollgate_llm::{Answer, Ending, Head};

use crate::streams::Stream;

/// Reads a stream in chunks of this size.
pub(crate) fn read(stream: &Stream, chunk: usize) {
    let head = Head { status: 200, content_type: Some(stream.content_type.as_bytes()), content_encoding: None };
    let mut answer = Answer::new(stream.api, &head, stream.hides);
    for piece in black_box(&stream.body).chunks(chunk) {
        black_box(answer.chunk(piece, false));
    }
    let ended = answer.end();
    assert_eq!((ended.ending, ended.usage.unwrap().total()), (Ending::Complete, stream.total));
}
