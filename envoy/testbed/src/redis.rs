use std::fs;
use std::path::PathBuf;
use std::process::Command;

use anyhow::Result;
use tempfile::TempDir;

use crate::clock::Clock;
use crate::ports;
use crate::process::Process;
use crate::wait::until;

/// A real redis-server on a port of its own, for companions that count budgets together. `make redis` installs it.
#[derive(Debug)]
pub struct Redis {
    keeps: Keeps,
    port: u16,
    process: Option<Process>,
    clock: Option<Clock>,
    folder: TempDir,
}

/// What a Redis has when it is started again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Keeps {
    /// Nothing.
    Nothing,
    /// All that it ever acknowledged.
    Everything,
}

impl Redis {
    /// Starts it, and waits until it can be asked.
    ///
    /// # Errors
    ///
    /// When there is none, or it ends at once.
    pub fn start(keeps: Keeps) -> Result<Self> {
        Self::start_at(None, keeps)
    }

    /// Starts it with another time of the day than the machine's, and waits until it can be asked.
    ///
    /// # Errors
    ///
    /// When there is none, or it ends at once.
    pub fn start_at(clock: Option<Clock>, keeps: Keeps) -> Result<Self> {
        let folder = TempDir::with_prefix("tollgate-redis-")?;
        let mut redis = Redis { keeps, port: ports::free()?, process: None, clock, folder };
        redis.resume()?;
        Ok(redis)
    }

    /// Starts it again, on the same port.
    ///
    /// # Errors
    ///
    /// When it ends at once.
    pub fn resume(&mut self) -> Result<()> {
        if self.process.is_some() {
            return Ok(());
        }
        let mut command = Command::new("redis-server");
        command.args(["--bind", "127.0.0.1", "--save", "", "--port", &self.port.to_string()]);
        command.arg("--dir").arg(self.folder.path());
        match self.keeps {
            Keeps::Nothing => command.args(["--appendonly", "no"]),
            Keeps::Everything => command.args(["--appendonly", "yes", "--appendfsync", "always"]),
        };
        if let Some(clock) = &self.clock {
            clock.show_to(&mut command);
        }
        let log = self.log();
        let _ = fs::remove_file(&log);
        let mut process = Process::spawn("redis-server", command, &log)?;
        until("redis can be asked", || {
            process.require_running()?;
            let said = fs::read_to_string(&log)?;
            Ok(said.contains("eady to accept connections").then_some(()))
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

    /// Loses all that it has kept, while it does not run.
    ///
    /// # Errors
    ///
    /// When files cannot be removed.
    pub fn forget(&self) -> Result<()> {
        let kept = self.folder.path().join("appendonlydir");
        if kept.exists() {
            fs::remove_dir_all(kept)?;
        }
        Ok(())
    }

    /// Where it is, as `--budget-store` takes it.
    #[must_use]
    pub fn address(&self) -> String {
        format!("redis://127.0.0.1:{}/0", self.port)
    }

    /// What a companion is told to count there.
    #[must_use]
    pub fn arguments(&self) -> Vec<String> {
        ["--budget-store", &self.address(), "--budget-grace", "0"].map(str::to_owned).to_vec()
    }

    /// Where its output goes.
    #[must_use]
    pub fn log(&self) -> PathBuf {
        self.folder.path().join("log")
    }
}
