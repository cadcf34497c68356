//! As many requests as Envoy can take, by `wrk`.

use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};

use crate::claims;
use crate::variant::Identity;
use crate::workload::{Request, department, role, user};

const SCRIPT: &str = include_str!("requests.lua");

/// Enough that Envoy never waits for the load.
const CONNECTIONS: u32 = 32;

/// A list of requests, as bytes and as `wrk` sends them.
#[derive(Debug)]
pub(crate) struct Requests {
    /// Whole requests.
    pub(crate) heads: Vec<String>,
    script: PathBuf,
    file: PathBuf,
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

/// Fails if there is no `wrk`.
pub(crate) fn require() -> Result<()> {
    let status = Command::new("wrk").arg("-v").stdout(Stdio::null()).stderr(Stdio::null()).status();
    status.map(drop).context("`wrk`, of the package wrk, is needed")
}

impl Requests {
    /// Files go to `folder`.
    pub(crate) fn new(requests: &[Request], identity: Identity, folder: &Path, name: &str) -> Result<Self> {
        let heads: Vec<String> = requests.iter().map(|request| head(request, identity)).collect();
        let (script, file) = (folder.join("requests.lua"), folder.join(name));
        fs::write(&script, SCRIPT)?;
        fs::write(&file, heads.concat())?;
        Ok(Requests { heads, script, file })
    }

    /// Sends them over and over to `address`.
    pub(crate) fn send(&self, address: SocketAddr, seconds: u32) -> Result<Load> {
        let mut command = Command::new("wrk");
        command.args(["--threads", "1", "--connections", &CONNECTIONS.to_string(), "--timeout", "30s"]);
        command.args(["--duration", &format!("{seconds}s"), "--script"]).arg(&self.script);
        let output = command.arg(format!("http://{address}/")).arg("--").arg(&self.file).output()?;
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

fn head(request: &Request, identity: Identity) -> String {
    let person = &request.person;
    let who = match identity {
        Identity::Headers => {
            let roles: Vec<String> = person.roles.iter().copied().map(role).collect();
            format!("x-user-id: {}\r\nx-user-roles: {}\r\n", user(person.id), roles.join(","))
        }
        Identity::Claims => format!("x-claims: {}\r\n", claims::header(person)),
    };
    format!(
        "{} {} HTTP/1.1\r\nhost: things.example\r\nuser-agent: bench/1.0 (a client like others)\r\naccept: application/json\r\n\
         accept-encoding: gzip, br\r\nx-department: {}\r\n{who}\r\n",
        request.action.method,
        request.path(),
        department(person.department),
    )
}
