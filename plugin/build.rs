//! Compiles the protobuf definitions of the feed and of budgets, without `protoc`, for the tests of what the plugin writes and reads itself.

use std::error::Error;

const INCLUDE: &str = "../policy/proto";
const MESSAGES: [&str; 2] = ["tollgate/v1/budget.proto", "tollgate/v1/feed.proto"];

fn main() -> Result<(), Box<dyn Error>> {
    for file in MESSAGES {
        println!("cargo::rerun-if-changed={INCLUDE}/{file}");
    }
    let descriptors = protox::compile(MESSAGES, [INCLUDE])?;
    prost_build::Config::new().compile_fds(descriptors)?;
    Ok(())
}
