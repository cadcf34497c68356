//! The whole path on one machine: Envoy, the plugin, the companion, an upstream, tokens and a dozen requests.
//!
//! `demo` sends the requests, compares every verdict with what the sample policies promise, times a few policy edits, and
//! stops. `demo --stay` leaves everything running and prints commands to try.
#![expect(clippy::print_stdout, reason = "a demonstration shows what it does")]

mod cast;
mod edit;
mod scenario;
mod stay;
mod table;
mod verdict;

use std::process::ExitCode;

use anyhow::{Result, bail};
use serde_json::json;
use tollgate_testbed::{Testbed, TestbedOptions};

fn main() -> Result<ExitCode> {
    let stay = match std::env::args().nth(1).as_deref() {
        None => false,
        Some("--stay") => true,
        Some(other) => bail!("unknown argument `{other}`; there is only `--stay`"),
    };
    let testbed = start()?;
    if stay {
        stay::until_interrupted(&testbed)?;
        return Ok(ExitCode::SUCCESS);
    }
    let surprises = scenario::run(&testbed)?;
    edit::run(&testbed)?;
    let reloads = testbed.envoy.vm_reloads()?;
    println!("\nplugin VMs that had to be replaced: {reloads}");
    if surprises > 0 || reloads > 0 {
        println!("{surprises} verdicts were not as expected");
        return Ok(ExitCode::FAILURE);
    }
    println!("every verdict was as expected");
    Ok(ExitCode::SUCCESS)
}

/// Everything, once every worker enforces the sample policies.
fn start() -> Result<Testbed> {
    let testbed = Testbed::start(&TestbedOptions {
        plugin_configuration: Some(json!({
            "feed": {"cluster": "tollgate_companion"},
            "explain": true,
            "forward": {
                "x-tollgate-principal": "principal.id",
                "x-tollgate-roles": "principal.roles",
                "x-tollgate-policy": "decision.policy",
                "x-tollgate-decision": "decision.id",
            },
        })),
        ..TestbedOptions::default()
    })?;
    testbed.wait_enforced()?;
    Ok(testbed)
}
