//! A real redis-server with a folder of its own.

use std::fs::{self, File};
use std::net::TcpListener;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Mutex;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;

/// How long it may take to be there. A machine may be busy.
const PATIENCE: Duration = Duration::from_secs(20);

/// What it forgets when it ends: all.
pub(super) const FORGETTING: [&str; 4] = ["--save", "", "--appendonly", "no"];

/// What it forgets when it is killed: nothing.
pub(super) const REMEMBERING: [&str; 6] = ["--save", "", "--appendonly", "yes", "--appendfsync", "always"];

pub(super) struct Server {
    process: Mutex<Option<Child>>,
    folder: TempDir,
    arguments: Vec<String>,
}

impl Server {
    /// On a socket in its folder.
    pub(super) fn start(arguments: &[&str]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut all = vec!["--port".to_owned(), "0".to_owned()];
        all.extend(["--unixsocket".to_owned(), folder.path().join("redis").display().to_string()]);
        all.extend(arguments.iter().map(|argument| (*argument).to_owned()));
        Server::run(folder, all)
    }

    /// In a folder that is prepared, with all that it is told.
    pub(super) fn run(folder: TempDir, arguments: Vec<String>) -> Self {
        let server = Server { process: Mutex::new(None), folder, arguments };
        server.resume();
        server
    }

    /// Starts it again, in the same folder.
    pub(super) fn resume(&self) {
        assert!(self.process.lock().unwrap().is_none());
        let log = File::create(self.folder().join("log")).unwrap();
        let _ = fs::remove_file(self.folder().join("redis"));
        let process = Command::new("redis-server")
            .args(["--dir", &self.folder().display().to_string(), "--bind", "127.0.0.1"])
            .args(&self.arguments)
            .stdout(log)
            .stdin(Stdio::null())
            .spawn();
        *self.process.lock().unwrap() = Some(process.expect("`make redis` installs redis-server"));
        self.wait_until("eady to accept connections");
    }

    fn wait_until(&self, said: &str) {
        let since = Instant::now();
        loop {
            let log = fs::read_to_string(self.folder().join("log")).unwrap();
            if log.contains(said) {
                return;
            }
            assert!(since.elapsed() < PATIENCE, "redis-server does not start: {log}");
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    /// As `kill -9` does.
    pub(super) fn kill(&self) {
        if let Some(mut process) = self.process.lock().unwrap().take() {
            process.kill().unwrap();
            process.wait().unwrap();
        }
    }

    /// It keeps its connections and answers none.
    pub(super) fn pause(&self) {
        self.signal(Signal::STOP);
    }

    pub(super) fn unpause(&self) {
        self.signal(Signal::CONT);
    }

    fn signal(&self, signal: Signal) {
        let pid = i32::try_from(self.process.lock().unwrap().as_ref().unwrap().id()).unwrap();
        kill_process(Pid::from_raw(pid).unwrap(), signal).unwrap();
    }

    /// What was given for an option.
    pub(super) fn argument(&self, option: &str) -> String {
        let mut arguments = self.arguments.iter().skip_while(|argument| *argument != option);
        arguments.nth(1).unwrap().clone()
    }

    pub(super) fn folder(&self) -> &Path {
        self.folder.path()
    }

    pub(super) fn address(&self) -> String {
        format!("redis+unix://{}", self.folder().join("redis").display())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.kill();
    }
}

/// One that nobody uses now.
pub(super) fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}
