use std::time::{Duration, Instant};

use anyhow::{Result, bail};

/// How long anything may take before it counts as failed. Generous: it bounds a hang, it measures nothing.
pub const DEADLINE: Duration = Duration::from_secs(60);

/// Polls every 2 ms until `probe` yields a value.
///
/// # Errors
///
/// When `probe` fails, or when [`DEADLINE`] passes; the message names `what`.
pub fn until<T>(what: &str, mut probe: impl FnMut() -> Result<Option<T>>) -> Result<T> {
    let end = Instant::now() + DEADLINE;
    loop {
        if let Some(value) = probe()? {
            return Ok(value);
        }
        if Instant::now() > end {
            bail!("{what}: not within {} s", DEADLINE.as_secs());
        }
        std::thread::sleep(Duration::from_millis(2));
    }
}
