use std::fs::File;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use rustix::process::{Pid, Signal, kill_process};

/// How long a process may take to end after SIGTERM before it gets SIGKILL.
const GRACE: Duration = Duration::from_secs(5);

/// A child process that ends with its owner, and with this process however that ends.
#[derive(Debug)]
pub struct Process {
    name: String,
    child: Child,
    watchdog: Child,
    log: PathBuf,
}

impl Process {
    /// Starts `command` with both output streams appended to `log`.
    ///
    /// It gets a process group of its own: Ctrl-C reaches this process alone, which then stops its children in order.
    ///
    /// # Errors
    ///
    /// When the program or the log file can't be opened.
    pub fn spawn(name: &str, mut command: Command, log: &Path) -> Result<Self> {
        let out = File::options().create(true).append(true).open(log);
        let out = out.with_context(|| format!("log file `{}`", log.display()))?;
        command.stdin(Stdio::null()).stdout(out.try_clone()?).stderr(out).process_group(0);
        let program = command.get_program().to_owned();
        let mut child = command.spawn().with_context(|| format!("{name}: start `{}`", program.display()))?;
        match watchdog(child.id()) {
            Ok(watchdog) => Ok(Process { name: name.to_owned(), child, watchdog, log: log.to_owned() }),
            Err(error) => {
                child.kill()?;
                child.wait()?;
                Err(error)
            }
        }
    }

    /// The operating system's id.
    #[must_use]
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Where its output goes.
    #[must_use]
    pub fn log(&self) -> &Path {
        &self.log
    }

    /// The last lines of its output, for error messages.
    #[must_use]
    pub fn log_tail(&self) -> String {
        let text = std::fs::read(&self.log).unwrap_or_default();
        let text = String::from_utf8_lossy(&text);
        let lines: Vec<&str> = text.lines().rev().take(15).collect();
        lines.into_iter().rev().collect::<Vec<_>>().join("\n")
    }

    /// How it ended, if it has.
    ///
    /// # Errors
    ///
    /// When the operating system does not say.
    pub fn exited(&mut self) -> Result<Option<ExitStatus>> {
        Ok(self.child.try_wait()?)
    }

    /// Fails with the end of its log if it has ended.
    ///
    /// # Errors
    ///
    /// When it has ended.
    pub fn require_running(&mut self) -> Result<()> {
        match self.exited()? {
            None => Ok(()),
            Some(status) => anyhow::bail!("{} ended ({status}):\n{}", self.name, self.log_tail()),
        }
    }

    /// SIGTERM, then SIGKILL after five seconds.
    ///
    /// # Errors
    ///
    /// When the operating system refuses a signal or does not say how the process ended.
    pub fn terminate(&mut self) -> Result<ExitStatus> {
        self.dismiss_watchdog();
        if let Some(status) = self.exited()? {
            return Ok(status);
        }
        kill_process(Pid::from_child(&self.child), Signal::TERM)?;
        let end = Instant::now() + GRACE;
        while Instant::now() < end {
            if let Some(status) = self.exited()? {
                return Ok(status);
            }
            std::thread::sleep(Duration::from_millis(5));
        }
        self.kill()
    }

    /// SIGKILL at once, as a crash would end it.
    ///
    /// # Errors
    ///
    /// When the operating system refuses the signal or does not say how the process ended.
    pub fn kill(&mut self) -> Result<ExitStatus> {
        self.dismiss_watchdog();
        self.child.kill()?;
        Ok(self.child.wait()?)
    }

    /// Before the process is reaped, since its id may then be another's.
    fn dismiss_watchdog(&mut self) {
        // It can only fail if the watchdog has gone already.
        let _ = self.watchdog.kill();
        let _ = self.watchdog.wait();
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        if self.terminate().is_err() {
            let _ = self.kill();
        }
    }
}

/// A shell that holds the other end of a pipe: when this process goes, by any signal, the pipe closes and it kills `id`.
fn watchdog(id: u32) -> Result<Child> {
    Command::new("sh")
        .args(["-c", "trap '' INT TERM HUP; cat >/dev/null; kill -KILL \"$0\" 2>/dev/null", &id.to_string()])
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .process_group(0)
        .spawn()
        .context("start the watchdog shell")
}
