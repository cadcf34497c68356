use std::rc::Rc;
use std::time::Duration;

use tollgate_policy::snapshot::{Head, Snapshot};

use crate::config::StandaloneConfig;
use crate::slot::{Confirmed, Slot};

use super::abi;
use super::log;

/// How often the proxy is told what has been counted.
const TICK: Duration = Duration::from_secs(1);

/// A slot that holds the configuration's own snapshot, for good.
pub(super) fn slot(config: StandaloneConfig, now: Duration) -> Result<Rc<Slot>, String> {
    let unusable = |why: &dyn std::fmt::Display| format!("the configuration's snapshot cannot be used: {why}");
    let head = Head::of_snapshot(&config.snapshot).map_err(|why| unusable(&why))?;
    if let Some(trust) = &config.trust {
        trust.check(&head).map_err(|why| unusable(&why))?;
    }
    let snapshot = Snapshot::decode(config.snapshot).map_err(|why| unusable(&why))?;
    let slot = Slot::default();
    log::info(&format!("snapshot {} is in force, as configured", head.id));
    slot.replace(snapshot, Confirmed::at(now), now);
    Ok(Rc::new(slot))
}

/// Asks for the tick that the metrics need.
pub(super) fn start() {
    if let Err(status) = abi::set_tick_period(u32::try_from(TICK.as_millis()).unwrap_or_default()) {
        log::error(&format!("the tick cannot be set: {status}"));
    }
}
