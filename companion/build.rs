//! Compiles the protocol between plugins and companions without `protoc`.

use std::error::Error;

const PROTOS: [&str; 2] = ["tollgate/v1/feed.proto", "tollgate/v1/budget.proto"];
const INCLUDE: &str = "../policy/proto";

fn main() -> Result<(), Box<dyn Error>> {
    for proto in PROTOS {
        println!("cargo::rerun-if-changed={INCLUDE}/{proto}");
    }
    let descriptors = protox::compile(PROTOS, [INCLUDE])?;
    tonic_prost_build::configure()
        // A snapshot goes to every VM: `Bytes` shares it instead of copying it.
        .bytes(".tollgate.v1.Snapshot.content")
        .bytes(".tollgate.v1.Delta.content")
        .bytes(".tollgate.v1.IndexSnapshot.content")
        // The servers are written by hand: what is generated copies a message for every stream, and admits everybody.
        .build_server(false)
        // The client's own `connect` would have the name of the protocol's `Connect`.
        .build_transport(false)
        .compile_fds(descriptors)?;
    Ok(())
}
