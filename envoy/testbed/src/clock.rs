use std::fs;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use anyhow::{Result, ensure};

const SOURCE: &str = include_str!("clock.c");

const DAY: i64 = 24 * 60 * 60;

/// The time of day as chosen processes see it, to be put forward while they run. Clones are of the same clock.
///
/// It is a library that is loaded into them before all others, so that nothing of theirs has to know of it; it needs a
/// C compiler, as building the companion does.
#[derive(Clone, Debug)]
pub struct Clock {
    library: PathBuf,
    /// By how many seconds it is later, in eight bytes.
    file: PathBuf,
    later: Arc<AtomicI64>,
}

impl Clock {
    /// A clock that shows tomorrow's `time`, counted from midnight in UTC. Its files go to `folder`.
    ///
    /// # Errors
    ///
    /// When there is no C compiler, or a file cannot be written.
    pub fn tomorrow_at(time: Duration, folder: &Path) -> Result<Self> {
        let (source, library) = (folder.join("clock.c"), folder.join("clock.so"));
        fs::write(&source, SOURCE)?;
        let compiler = std::env::var_os("CC").unwrap_or_else(|| "cc".into());
        let mut command = Command::new(compiler);
        command.args(["-shared", "-fPIC", "-O2", "-o"]).arg(&library).arg(&source).arg("-ldl");
        let output = command.output()?;
        ensure!(output.status.success(), "clock.c: {}", String::from_utf8_lossy(&output.stderr));
        let clock = Clock { library, file: folder.join("clock"), later: Arc::default() };
        fs::write(&clock.file, 0_i64.to_ne_bytes())?;
        let machine = i64::try_from(SystemTime::now().duration_since(UNIX_EPOCH)?.as_secs())?;
        clock.put_forward((machine / DAY + 1) * DAY + i64::try_from(time.as_secs())? - machine)?;
        Ok(clock)
    }

    /// Has what `command` starts see this clock's time.
    pub fn show_to(&self, command: &mut Command) {
        command.env("LD_PRELOAD", &self.library).env("TESTBED_CLOCK", &self.file);
    }

    /// It is later by so much, at once.
    ///
    /// # Errors
    ///
    /// When its file cannot be written.
    pub fn advance(&self, by: Duration) -> Result<()> {
        self.put_forward(i64::try_from(by.as_secs())?)
    }

    /// What it shows, in seconds since 1970.
    ///
    /// # Errors
    ///
    /// When the machine's own clock is before 1970.
    pub fn now(&self) -> Result<u64> {
        let machine = i64::try_from(SystemTime::now().duration_since(UNIX_EPOCH)?.as_secs())?;
        Ok(u64::try_from(machine + self.later.load(Ordering::SeqCst))?)
    }

    fn put_forward(&self, seconds: i64) -> Result<()> {
        let later = self.later.fetch_add(seconds, Ordering::SeqCst) + seconds;
        // In place: the processes have it mapped.
        let file = fs::File::options().write(true).open(&self.file)?;
        Ok(file.write_all_at(&later.to_ne_bytes(), 0)?)
    }
}

#[cfg(test)]
mod tests {
    use tempfile::TempDir;

    use super::*;

    fn date(clock: &Clock, format: &str) -> String {
        let mut command = Command::new("date");
        clock.show_to(&mut command);
        String::from_utf8(command.args(["-u", format]).output().unwrap().stdout).unwrap().trim().to_owned()
    }

    #[test]
    fn a_process_sees_the_time_that_it_is_shown() {
        let folder = TempDir::new().unwrap();
        let clock = Clock::tomorrow_at(Duration::from_secs(12 * 3600), folder.path()).unwrap();
        assert_eq!(date(&clock, "+%H"), "12");
        clock.advance(Duration::from_secs(11 * 3600)).unwrap();
        assert_eq!(date(&clock, "+%H"), "23");
        let seen: u64 = date(&clock, "+%s").parse().unwrap();
        let now = clock.now().unwrap();
        assert!(seen <= now && now < seen + 3600, "{seen}, {now}");
    }
}
