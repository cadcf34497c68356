//! Compiles the feed's protocol without `protoc`.

use std::error::Error;

const PROTO: &str = "tollgate/v1/feed.proto";
const INCLUDE: &str = "../policy/proto";

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed={INCLUDE}/{PROTO}");
    let descriptors = protox::compile([PROTO], [INCLUDE])?;
    tonic_prost_build::configure()
        // A snapshot goes to every VM: `Bytes` shares it instead of copying it.
        .bytes(".tollgate.v1.Snapshot.content")
        .bytes(".tollgate.v1.Delta.content")
        .bytes(".tollgate.v1.IndexSnapshot.content")
        // The server is written by hand: what is generated copies a message for every stream.
        .build_server(false)
        // The client's own `connect` would have the name of the protocol's `Connect`.
        .build_transport(false)
        .compile_fds(descriptors)?;
    Ok(())
}
