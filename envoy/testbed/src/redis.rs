use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};

use crate::clock::Clock;
use crate::ports::{self, loopback};
use crate::process::Process;
use crate::wait::{DEADLINE, until};

/// A Redis server, running or not. Its port stays the same over restarts.
#[derive(Debug)]
pub struct Redis {
    port: u16,
    folder: PathBuf,
    clock: Option<Clock>,
    process: Option<Process>,
}

impl Redis {
    /// Starts `redis-server`, or what `REDIS_SERVER` names, on a free port. What it keeps, and its log, go to `folder`.
    ///
    /// # Errors
    ///
    /// When there is none, or it does not start.
    pub fn start(folder: &Path, clock: Option<Clock>) -> Result<Self> {
        let folder = folder.join("redis");
        std::fs::create_dir_all(&folder)?;
        let mut redis = Redis { port: ports::free()?, folder, clock, process: None };
        redis.start_again()?;
        Ok(redis)
    }

    /// Starts it with what it has kept, if it is not running.
    ///
    /// # Errors
    ///
    /// When it does not start.
    pub fn start_again(&mut self) -> Result<()> {
        if self.process.is_some() {
            return Ok(());
        }
        let mut command = Command::new(std::env::var_os("REDIS_SERVER").unwrap_or_else(|| "redis-server".into()));
        command.args(["--port", &self.port.to_string(), "--bind", "127.0.0.1", "--dir"]).arg(&self.folder);
        command.args(["--appendonly", "yes", "--appendfsync", "everysec", "--save", ""]);
        if let Some(clock) = &self.clock {
            clock.show_to(&mut command);
        }
        let mut process = Process::spawn("redis", command, &self.folder.join("redis.log"))?;
        until("redis answers", || {
            process.require_running()?;
            Ok(self.ask("PING").ok().filter(|answer| answer.starts_with("+PONG")))
        })?;
        self.process = Some(process);
        Ok(())
    }

    /// Ends it as a crash would.
    ///
    /// # Errors
    ///
    /// When the signal is refused.
    pub fn kill(&mut self) -> Result<()> {
        if let Some(mut process) = self.process.take() {
            process.kill()?;
        }
        Ok(())
    }

    /// Loses all that it has kept; it must not be running.
    ///
    /// # Errors
    ///
    /// When the files cannot be removed.
    pub fn forget(&self) -> Result<()> {
        std::fs::remove_dir_all(&self.folder).with_context(|| self.folder.display().to_string())?;
        Ok(std::fs::create_dir_all(&self.folder)?)
    }

    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        loopback(self.port)
    }

    /// As companions are told of it.
    #[must_use]
    pub fn url(&self) -> String {
        format!("redis://{}/0", self.address())
    }

    fn ask(&self, command: &str) -> Result<String> {
        let mut stream = TcpStream::connect(self.address())?;
        stream.set_read_timeout(Some(DEADLINE))?;
        stream.write_all(format!("{command}\r\n").as_bytes())?;
        let mut answer = [0; 64];
        let length = stream.read(&mut answer)?;
        Ok(String::from_utf8_lossy(answer.get(..length).unwrap_or_default()).into_owned())
    }
}
