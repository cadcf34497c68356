//! A real redis-server.

use std::fs::{self, File};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use tempfile::{TempDir, tempdir};

/// How long it may take to be there. A machine may be busy.
const PATIENCE: Duration = Duration::from_secs(20);

/// On a socket in a folder of its own.
pub(crate) struct Redis {
    folder: TempDir,
    persistence: &'static [&'static str],
    process: Option<Child>,
}

impl Redis {
    /// It has nothing when it is started again.
    pub(crate) fn forgetting() -> Self {
        Redis::start(&["--appendonly", "no"])
    }

    /// It has everything when it is started again.
    pub(crate) fn remembering() -> Self {
        Redis::start(&["--appendonly", "yes", "--appendfsync", "always"])
    }

    fn start(persistence: &'static [&'static str]) -> Self {
        let mut redis = Redis { folder: tempdir().unwrap(), persistence, process: None };
        redis.resume();
        redis
    }

    /// As `kill -9` does.
    pub(crate) fn kill(&mut self) {
        if let Some(mut process) = self.process.take() {
            process.kill().unwrap();
            process.wait().unwrap();
        }
    }

    /// Starts it again.
    pub(crate) fn resume(&mut self) {
        let (folder, log) = (self.folder.path(), self.folder.path().join("log"));
        let _ = fs::remove_file(folder.join("socket"));
        let process = Command::new("redis-server")
            .args(["--port", "0", "--save", ""])
            .args(["--unixsocket".as_ref(), folder.join("socket").as_os_str()])
            .args(["--dir".as_ref(), folder.as_os_str()])
            .args(self.persistence)
            .stdout(File::create(&log).unwrap())
            .stdin(Stdio::null())
            .spawn();
        self.process = Some(process.expect("`make redis` installs redis-server"));
        let since = Instant::now();
        while !fs::read_to_string(&log).unwrap().contains("eady to accept connections") {
            assert!(since.elapsed() < PATIENCE, "redis-server does not start: {}", fs::read_to_string(&log).unwrap());
            std::thread::sleep(Duration::from_millis(2));
        }
    }

    pub(crate) fn address(&self) -> String {
        format!("redis+unix://{}", self.folder.path().join("socket").display())
    }
}

impl Drop for Redis {
    fn drop(&mut self) {
        self.kill();
    }
}
