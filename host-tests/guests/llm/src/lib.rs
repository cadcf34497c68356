//! The benchmark of answers of models as a WebAssembly module: the same streams and readers as natively.
#![expect(clippy::unwrap_used, reason = "a benchmark stops at its mistakes")]

#[path = "../../../benches/llm/reading.rs"]
mod reading;
#[path = "../../../benches/llm/streams.rs"]
#[expect(dead_code, reason = "names are for figures")]
mod streams;

use std::cell::OnceCell;

use reading::read;
use streams::Stream;

thread_local! {
    static STREAMS: OnceCell<Vec<Stream>> = const { OnceCell::new() };
}

/// Reads a stream so many times in chunks of a size; says how many bytes it has.
#[unsafe(no_mangle)]
pub extern "C" fn run(stream: usize, chunk: usize, times: u32) -> usize {
    STREAMS.with(|streams| {
        let stream = streams.get_or_init(streams::all).get(stream).unwrap();
        for _ in 0..times {
            read(stream, chunk);
        }
        stream.body.len()
    })
}
