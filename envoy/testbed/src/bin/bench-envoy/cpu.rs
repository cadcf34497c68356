//! CPU time from `/proc`.

use std::fs;
use std::path::PathBuf;
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result, bail};

/// Envoy's only worker thread.
#[derive(Debug)]
pub(crate) struct Worker {
    schedstat: PathBuf,
}

/// What a thread has had of its core so far.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Time {
    /// User and system time.
    pub(crate) ran: Duration,
    /// Ready to run, while others did.
    pub(crate) waited: Duration,
}

impl Worker {
    /// The worker of this Envoy.
    pub(crate) fn of(process: u32) -> Result<Self> {
        for task in fs::read_dir(format!("/proc/{process}/task"))? {
            let task = task?.path();
            if fs::read_to_string(task.join("comm"))?.trim() == "wrk:worker_0" {
                return Ok(Worker { schedstat: task.join("schedstat") });
            }
        }
        bail!("envoy has no thread `wrk:worker_0`")
    }

    pub(crate) fn time(&self) -> Result<Time> {
        let text = fs::read_to_string(&self.schedstat).with_context(|| self.schedstat.display().to_string())?;
        let mut fields = text.split_whitespace().map(|field| field.parse().map(Duration::from_nanos));
        let mut next = || fields.next().context("too few fields in schedstat")?.context("schedstat");
        Ok(Time { ran: next()?, waited: next()? })
    }

    /// The same, once the worker has nothing left to do.
    pub(crate) fn time_when_idle(&self) -> Result<Time> {
        let mut last = self.time()?;
        for _ in 0..500 {
            thread::sleep(Duration::from_millis(20));
            let now = self.time()?;
            if now.ran - last.ran < Duration::from_millis(1) && now.waited - last.waited < Duration::from_millis(1) {
                return Ok(now);
            }
            last = now;
        }
        bail!("envoy's worker does not come to rest")
    }
}

/// User and system time of a whole process, of threads that have ended too.
pub(crate) fn process(id: u32) -> Result<Duration> {
    let text = fs::read_to_string(format!("/proc/{id}/stat"))?;
    // The name, in parentheses, may hold anything.
    let (_, fields) = text.rsplit_once(')').context("/proc/…/stat")?;
    let mut times = fields.split_whitespace().skip(11).map(str::parse::<u64>);
    let mut next = || times.next().context("too few fields in stat")?.context("stat");
    let ticks = next()? + next()?;
    // Linux shows a hundredth of a second to user space, whatever its own tick.
    Ok(Duration::from_millis(ticks * 10))
}
