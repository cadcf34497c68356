//! Compiles the feed's protobuf definition, without `protoc`, for the tests of what the plugin writes and reads itself.

use std::error::Error;

const INCLUDE: &str = "../policy/proto";
const FEED: &str = "tollgate/v1/feed.proto";

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed={INCLUDE}/{FEED}");
    let descriptors = protox::compile([FEED], [INCLUDE])?;
    prost_build::Config::new().compile_fds(descriptors)?;
    Ok(())
}
