//! What it costs Envoy to start with a module.

use anyhow::Result;
use tempfile::TempDir;
use tollgate_testbed::{artifacts, ports};

use crate::configuration::{config, listener, wasm};
use crate::cores::Cores;
use crate::cpu;
use crate::proxy::{launch, wait_ready};
use crate::statistics::Spread;
use crate::variant::Variant;

const STARTS: usize = 5;

/// CPU seconds of Envoy's start with a module over one without any.
#[derive(Debug)]
pub(crate) struct Modules {
    pub(crate) noop: Spread,
    pub(crate) plugin: Spread,
}

pub(crate) fn measure(cores: Cores) -> Result<Modules> {
    let (mut noop, mut plugin) = (Vec::new(), Vec::new());
    for _ in 0..STARTS {
        let bare = start(Variant::Bare, cores)?;
        noop.push(start(Variant::Noop, cores)? - bare);
        plugin.push(start(Variant::Tollgate, cores)? - bare);
    }
    Ok(Modules { noop: Spread::of(noop), plugin: Spread::of(plugin) })
}

/// CPU seconds until Envoy is live. Nobody feeds the plugin.
fn start(variant: Variant, cores: Cores) -> Result<f64> {
    let folder = TempDir::with_prefix("tollgate-bench-")?;
    let filters = match variant {
        Variant::Noop => vec![wasm(variant, &artifacts::guest("tollgate_noop_guest")?, "")],
        Variant::Tollgate => vec![wasm(variant, &artifacts::plugin()?, r#"{"feed": {"cluster": "nobody"}}"#)],
        _ => Vec::new(),
    };
    let admin = ports::free()?;
    let listener = listener(variant, ports::free()?, filters)?;
    let mut process = launch(&config(admin, &[listener], &[]), folder.path(), cores)?;
    wait_ready(&mut process, admin)?;
    Ok(cpu::process(process.id())?.as_secs_f64())
}
