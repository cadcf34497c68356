//! How fast answers of models are read, natively and inside wasmtime: `make bench-llm`. By API and by the size of chunks:
//! as they come from a network, and such as bring an event or two.
#![expect(clippy::unwrap_used, clippy::panic, clippy::print_stdout, reason = "a benchmark stops at its mistakes")]

mod guest;
mod reading;
mod streams;

use std::time::Duration;

use guest::Guest;
use rustix::time::{ClockId, clock_gettime};

const CHUNKS: [usize; 2] = [16_384, 400];
const ROUNDS: usize = 20;
const ROUND: Duration = Duration::from_millis(100);
/// Readings between two looks at the clock.
const TIMES: u32 = 8;

fn main() {
    let mut guest = Guest::start();
    let mut slowest = [f64::MAX; 2];
    for (index, stream) in streams::all().iter().enumerate() {
        for chunk in CHUNKS {
            let native = rate(stream.body.len(), || (0..TIMES).for_each(|_| reading::read(stream, chunk)));
            let wasm = rate(stream.body.len(), || guest.run(index, chunk, TIMES));
            println!("figure llm_native_{}_{chunk} {native:.0} MB/s", stream.name);
            println!("figure llm_wasm_{}_{chunk} {wasm:.0} MB/s", stream.name);
            if stream.content_type.starts_with("text/event-stream") {
                slowest = [slowest[0].min(native), slowest[1].min(wasm)];
            }
        }
    }
    // The slowest of the streams of events, for nobody knows which one a proxy will see.
    println!("figure sse_mb_per_s_native {:.0} MB/s", slowest[0]);
    println!("figure sse_mb_per_s {:.0} MB/s", slowest[1]);
}

/// The best of some rounds, in megabytes a second of the processor: whoever shares the machine can only slow it down.
fn rate(len: usize, mut work: impl FnMut()) -> f64 {
    let rounds = (0..ROUNDS).map(|_| {
        let started = cpu_time();
        let mut bytes = 0;
        while cpu_time() - started < ROUND {
            work();
            bytes += len * TIMES as usize;
        }
        bytes as f64 / 1e6 / (cpu_time() - started).as_secs_f64()
    });
    rounds.reduce(f64::max).unwrap()
}

/// What this thread has had of a processor: others may have it, too.
fn cpu_time() -> Duration {
    Duration::try_from(clock_gettime(ClockId::ThreadCPUTime)).unwrap()
}
