//! Compiles the feed's protobuf definition, without `protoc`.

use std::error::Error;

const INCLUDE: &str = "../policy/proto";
const FEED: &str = "tollgate/v1/feed.proto";

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed={INCLUDE}/{FEED}");
    let descriptors = protox::compile([FEED], [INCLUDE])?;
    prost_build::Config::new()
        // A snapshot's content shares the memory of the message it came in.
        .bytes([".tollgate.v1.Snapshot.content"])
        .compile_fds(descriptors)?;
    Ok(())
}
