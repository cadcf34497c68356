//! How fast answers are read: megabytes a second, by API and by the size of chunks. In WebAssembly: `make bench-llm`.
#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "a bench stops at its own mistakes")]

mod streams;

use std::hint::black_box;
use std::time::Duration;

use rustix::time::{ClockId, clock_gettime};
use streams::Stream;
use tollgate_llm::{Answer, Ending, Head};

/// Chunks as they come from a network, and those of which each brings an event or two.
const CHUNKS: [usize; 2] = [16_384, 400];
const ROUNDS: usize = 9;
const ROUND: Duration = Duration::from_millis(150);

fn main() {
    let mut rates = Vec::new();
    for stream in streams::all() {
        for chunk in CHUNKS {
            let rate = measure(&stream, chunk);
            println!("figure native_{}_{chunk}_mb_per_s {rate:.0} MB/s", stream.name);
            rates.push(rate);
        }
    }
    // The slowest, for nobody knows which one a proxy will see.
    let slowest = rates.into_iter().reduce(f64::min).unwrap();
    println!("figure sse_mb_per_s {slowest:.0} MB/s");
}

/// The median of some rounds, in megabytes a second.
fn measure(stream: &Stream, chunk: usize) -> f64 {
    let mut rates: Vec<f64> = (0..ROUNDS)
        .map(|_| {
            let started = cpu_time();
            let mut bytes = 0;
            while cpu_time() - started < ROUND {
                read(stream, chunk);
                bytes += stream.body.len();
            }
            bytes as f64 / 1e6 / (cpu_time() - started).as_secs_f64()
        })
        .collect();
    rates.sort_by(f64::total_cmp);
    rates[ROUNDS / 2]
}

/// What this thread has had of a processor: others may have it, too.
fn cpu_time() -> Duration {
    Duration::try_from(clock_gettime(ClockId::ThreadCPUTime)).unwrap()
}

fn read(stream: &Stream, chunk: usize) {
    let head = Head { status: 200, content_type: Some(stream.content_type.as_bytes()), content_encoding: None };
    let mut answer = Answer::new(stream.api, &head, stream.hides);
    for piece in black_box(&stream.body).chunks(chunk) {
        black_box(answer.chunk(piece, false));
    }
    let ended = answer.end();
    assert_eq!((ended.ending, ended.usage.unwrap().total()), (Ending::Complete, stream.total));
}
