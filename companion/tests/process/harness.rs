use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::Value;
use tempfile::{TempDir, tempdir};

/// Far longer than anything here takes.
const PATIENCE: Duration = Duration::from_secs(60);

/// A token, and its line in the token file.
const TOKEN: &str = "open sesame";
const TOKEN_LINE: &str = "alice 41ef4bb0b23661e66301aac36066912dac037827b4ae63a7b1165a5aa93ed4eb\n";

/// Where the API listens, as an argument.
pub(crate) const ANY_PORT: [&str; 2] = ["--http", "127.0.0.1:0"];

/// A folder with a token file, and room for a state file.
pub(crate) struct Site(TempDir);

impl Site {
    pub(crate) fn new() -> Self {
        let dir = tempdir().unwrap();
        fs::write(dir.path().join("tokens"), TOKEN_LINE).unwrap();
        fs::write(dir.path().join("token"), TOKEN).unwrap();
        fs::create_dir(dir.path().join("state")).unwrap();
        Site(dir)
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    pub(crate) fn state(&self) -> PathBuf {
        self.path("state/state")
    }

    /// What `serve` is started with, policies by the API.
    pub(crate) fn arguments(&self) -> Vec<String> {
        let state = self.state().display().to_string();
        let tokens = self.path("tokens").display().to_string();
        let rest = ["--source", "api", "--feed", "127.0.0.1:0", "--log", "json"];
        let own = ["serve".to_owned(), "--state".to_owned(), state, "--tokens".to_owned(), tokens];
        own.into_iter().chain(rest.map(str::to_owned)).collect()
    }

    pub(crate) fn start(&self) -> Process {
        Process::start(Command::new(tollgate()).args(self.arguments()).args(ANY_PORT))
    }

    /// With more arguments.
    pub(crate) fn start_with(&self, arguments: &[String]) -> Process {
        Process::start(Command::new(tollgate()).args(self.arguments()).args(ANY_PORT).args(arguments))
    }

    /// Under a limit on the size of files, in units of 512 bytes, that can be raised later.
    pub(crate) fn start_with_files_of(&self, blocks: u32) -> Process {
        let script = format!("trap '' XFSZ; ulimit -S -f {blocks}; exec \"$0\" \"$@\"");
        Process::start(Command::new("sh").arg("-c").arg(script).arg(tollgate()).args(self.arguments()).args(ANY_PORT))
    }

    /// With its log going elsewhere.
    pub(crate) fn start_silent(&self, log: Stdio) -> Process {
        let http = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string();
        let mut command = Command::new(tollgate());
        command.args(self.arguments()).args(["--http", &http]);
        let child = command.stderr(log).stdout(Stdio::null()).spawn().unwrap();
        let process = Process { child, http, feed: String::new() };
        let start = Instant::now();
        while ask(&process.http, "GET", "/healthz", "", "").is_none() {
            assert!(start.elapsed() < PATIENCE, "it does not start");
            thread::sleep(Duration::from_millis(10));
        }
        process
    }

    /// A command against a process, to its end.
    pub(crate) fn run(&self, process: &Process, arguments: &[&str]) -> (i32, String, String) {
        let token = self.path("token").display().to_string();
        let remote = ["--http", process.http.as_str(), "--token-file", token.as_str()];
        run(Command::new(tollgate()).args(arguments).args(remote).current_dir(self.0.path()))
    }
}

pub(crate) fn tollgate() -> &'static Path {
    Path::new(env!("CARGO_BIN_EXE_tollgate"))
}

pub(crate) fn run(command: &mut Command) -> (i32, String, String) {
    let Output { status, stdout, stderr } = command.output().unwrap();
    (status.code().unwrap(), String::from_utf8(stdout).unwrap(), String::from_utf8(stderr).unwrap())
}

/// A running daemon.
pub(crate) struct Process {
    child: Child,
    http: String,
    /// Where plugins connect, if it has said so.
    feed: String,
}

impl Process {
    fn start(command: &mut Command) -> Process {
        let mut child = command.stderr(Stdio::piped()).stdout(Stdio::null()).spawn().unwrap();
        let mut log = BufReader::new(child.stderr.take().unwrap());
        let mut feed = String::new();
        let http = loop {
            let mut line = String::new();
            assert!(log.read_line(&mut line).unwrap() > 0, "it does not start");
            let line: Value = serde_json::from_str(&line).unwrap_or_default();
            if line["message"] == "listening for the feed" {
                line["address"].as_str().unwrap().clone_into(&mut feed);
            }
            if line["message"] == "listening for the HTTP API" {
                break line["address"].as_str().unwrap().to_owned();
            }
        };
        // Somebody has to read what it has to say.
        thread::spawn(move || std::io::copy(&mut log, &mut std::io::sink()));
        Process { child, http, feed }
    }

    pub(crate) fn feed(&self) -> &str {
        &self.feed
    }

    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    pub(crate) fn http(&self) -> &str {
        &self.http
    }

    /// As `kill -9` does it.
    pub(crate) fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    pub(crate) fn get(&self, path: &str) -> (u16, Value) {
        let (status, body) = ask(&self.http, "GET", path, "", "").unwrap();
        (status, serde_json::from_str(&body).unwrap_or(Value::String(body)))
    }

    pub(crate) fn post(&self, path: &str, json: &str) -> (u16, Value) {
        let (status, body) = ask(&self.http, "POST", path, "content-type: application/json\r\n", json).unwrap();
        (status, serde_json::from_str(&body).unwrap_or(Value::String(body)))
    }

    pub(crate) fn post_as(&self, path: &str, kind: &str, body: &str) -> (u16, Value) {
        let (status, body) = ask(&self.http, "POST", path, &format!("content-type: {kind}\r\n"), body).unwrap();
        (status, serde_json::from_str(&body).unwrap_or(Value::String(body)))
    }

    pub(crate) fn put(&self, policy: &str, text: &str) -> (u16, Value) {
        put(&self.http, policy, text).unwrap()
    }

    pub(crate) fn create(&self, policy: &str, text: &str) -> (u16, Value) {
        let path = format!("/v1/policies/{policy}");
        let (status, body) = ask(&self.http, "PUT", &path, "if-none-match: *\r\n", text).unwrap();
        (status, serde_json::from_str(&body).unwrap())
    }

    /// Waits until the state file has the current version, and its number is such.
    pub(crate) fn until_version(&self, is_it: impl Fn(&Value) -> bool) {
        let start = Instant::now();
        loop {
            let (status, body) = self.get("/v1/snapshots/current");
            if status == 200 && is_it(&body["version"]) {
                return;
            }
            assert!(start.elapsed() < PATIENCE, "never so: {status}");
            thread::sleep(Duration::from_millis(10));
        }
    }

    /// Waits for /readyz to say this.
    pub(crate) fn until(&self, status: &str) -> Value {
        let start = Instant::now();
        loop {
            let (_, body) = self.get("/readyz");
            if body["status"] == status {
                return body;
            }
            assert!(start.elapsed() < PATIENCE, "never {status}: {body}");
            thread::sleep(Duration::from_millis(10));
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Replaces a policy, whatever it was.
pub(crate) fn put(http: &str, policy: &str, text: &str) -> Option<(u16, Value)> {
    let (status, body) = ask(http, "PUT", &format!("/v1/policies/{policy}"), "if-match: *\r\n", text)?;
    Some((status, serde_json::from_str(&body).ok()?))
}

/// Status and body; nothing if nobody answers to the end.
fn ask(http: &str, method: &str, path: &str, condition: &str, body: &str) -> Option<(u16, String)> {
    let mut stream = TcpStream::connect(http).ok()?;
    let head = format!(
        "{method} {path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\nauthorization: Bearer {TOKEN}\r\n{condition}\
         content-length: {}\r\n\r\n{body}",
        body.len()
    );
    stream.write_all(head.as_bytes()).ok()?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).ok()?;
    let (head, body) = answer.split_once("\r\n\r\n")?;
    let status = head.split(' ').nth(1)?.parse().ok()?;
    Some((status, body.to_owned()))
}

/// A policy of this action, and as many comments as make it so long.
pub(crate) fn policy(action: &str, comments: usize) -> String {
    let comments: String = (0..comments / 20).map(|line| format!("# {action} {line:>15}\n")).collect();
    format!("resource: document\nactions: [{action}]\nroles: [editor]\n{comments}")
}

/// The version that a body names.
pub(crate) fn id(body: &Value) -> (u64, u64) {
    (body["epoch"].as_u64().unwrap(), body["version"].as_u64().unwrap())
}
