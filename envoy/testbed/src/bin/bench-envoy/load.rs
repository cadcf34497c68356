//! As many requests as Envoy can take, by `wrk`.

use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};

use crate::requests::Requests;

const SCRIPT: &str = include_str!("requests.lua");

/// Enough that Envoy has work left while others have the load's core.
const CONNECTIONS: u32 = 128;

/// Of each measurement. Short, so that a round sees one state of the machine.
const SECONDS: u32 = 1;

/// `wrk` with a script that sends the requests of a file.
#[derive(Debug)]
pub(crate) struct Wrk {
    script: PathBuf,
}

/// What `wrk` saw.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Load {
    /// Answers.
    pub(crate) answers: u64,
    /// Those with a status other than 2xx or 3xx.
    pub(crate) refusals: u64,
    /// Seconds.
    pub(crate) duration: f64,
}

impl Wrk {
    /// Its script goes to `folder`.
    pub(crate) fn new(folder: &Path) -> Result<Self> {
        let script = folder.join("requests.lua");
        fs::write(&script, SCRIPT)?;
        Ok(Wrk { script })
    }

    /// Fails if there is none.
    pub(crate) fn require() -> Result<()> {
        let status = Command::new("wrk").arg("-v").stdout(Stdio::null()).stderr(Stdio::null()).status();
        status.map(drop).context("`wrk`, of the package wrk, is needed")
    }

    /// Sends the requests over and over to `address`.
    pub(crate) fn send(&self, requests: &Requests, address: SocketAddr) -> Result<Load> {
        let mut command = Command::new("wrk");
        command.args(["--threads", "1", "--connections", &CONNECTIONS.to_string(), "--timeout", "30s"]);
        command.args(["--duration", &format!("{SECONDS}s"), "--script"]).arg(&self.script);
        let output = command.arg(format!("http://{address}/")).arg("--").arg(&requests.file).output()?;
        let text = String::from_utf8_lossy(&output.stdout);
        if !output.status.success() {
            bail!("wrk: {}\n{text}", String::from_utf8_lossy(&output.stderr));
        }
        let line = text.lines().find_map(|line| line.strip_prefix("counted "));
        let fields = line.with_context(|| format!("wrk does not count:\n{text}"))?;
        let fields = fields.split(' ').map(str::parse).collect::<Result<Vec<u64>, _>>()?;
        let &[answers, refusals, failures, micros] = fields.as_slice() else { bail!("wrk counts `{text}`") };
        if failures > 0 {
            bail!("{failures} of wrk's connections failed");
        }
        Ok(Load { answers, refusals, duration: micros as f64 / 1e6 })
    }
}
