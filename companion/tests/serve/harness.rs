use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde_json::Value;
use tempfile::{TempDir, tempdir};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;
use tokio::time::{sleep, timeout};
use tokio_stream::wrappers::ReceiverStream;
use tollgate::daemon::{Config, Daemon, StartError, TaskError, Timing};
use tollgate::feed::proto::feed_client::FeedClient;
use tollgate::feed::proto::{self, companion_message, worker_message};
use tollgate_policy::snapshot::Snapshot;
use tonic::transport::Endpoint;
use tonic::{Status, Streaming};

pub(crate) use tollgate_policy::snapshot::SnapshotId;

/// Far longer than anything here takes.
const PATIENCE: Duration = Duration::from_secs(30);

/// A folder of policies and a state file.
pub(crate) struct Site {
    dir: TempDir,
    beat: Duration,
}

impl Site {
    pub(crate) fn new() -> Self {
        let dir = tempdir().unwrap();
        fs::create_dir(dir.path().join("policies")).unwrap();
        // So slow that no VM dies by chance.
        Site { dir, beat: PATIENCE }
    }

    pub(crate) fn with(action: &str) -> Self {
        let site = Site::new();
        site.write(&allow(action));
        site
    }

    /// With a beat this short, VMs die within the test.
    pub(crate) fn beating(self, beat: Duration) -> Self {
        Site { beat, ..self }
    }

    pub(crate) fn write(&self, text: &str) {
        fs::write(self.policy_file(), text).unwrap();
    }

    pub(crate) fn policy_file(&self) -> PathBuf {
        self.dir.path().join("policies/a.yaml")
    }

    pub(crate) fn state(&self) -> PathBuf {
        self.dir.path().join("state")
    }

    pub(crate) fn lose_state(&self) {
        for suffix in ["", "-wal", "-shm"] {
            let _ = fs::remove_file(format!("{}{suffix}", self.state().display()));
        }
    }

    pub(crate) async fn try_start(&self) -> Result<Companion, StartError> {
        let loopback = SocketAddr::from(([127, 0, 0, 1], 0));
        let daemon = Daemon::start(Config {
            policies: self.dir.path().join("policies"),
            state: self.state(),
            feed: loopback,
            http: loopback,
            expected_workers: Some(2),
            timing: Timing { beat: self.beat, rescan: Duration::from_millis(200), ..Timing::default() },
        })
        .await?;
        let (feed, http) = (daemon.feed_address(), daemon.http_address());
        let (stop, stopped) = oneshot::channel::<()>();
        let task = tokio::spawn(daemon.run_until(async move {
            let _ = stopped.await;
        }));
        Ok(Companion { feed, http, stop, task })
    }

    pub(crate) async fn start(&self) -> Companion {
        self.try_start().await.unwrap()
    }
}

/// One policy that allows one action.
pub(crate) fn allow(action: &str) -> String {
    format!("policies:\n  - name: reader\n    resource: document\n    actions: [{action}]\n    roles: [editor]\n")
}

/// A running daemon.
pub(crate) struct Companion {
    feed: SocketAddr,
    http: SocketAddr,
    stop: oneshot::Sender<()>,
    task: JoinHandle<Result<(), TaskError>>,
}

impl Companion {
    pub(crate) async fn stop(self) {
        drop(self.stop);
        timeout(PATIENCE, self.task).await.expect("it stops").unwrap().unwrap();
    }

    /// Status and body.
    pub(crate) async fn get(&self, path: &str) -> (u16, String) {
        let mut stream = TcpStream::connect(self.http).await.unwrap();
        let request = format!("GET {path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n");
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        (head.split(' ').nth(1).unwrap().parse().unwrap(), body.to_owned())
    }

    pub(crate) async fn json(&self, path: &str) -> (u16, Value) {
        let (status, body) = self.get(path).await;
        (status, serde_json::from_str(&body).unwrap())
    }

    /// The value of a metric, written with its labels.
    pub(crate) async fn metric(&self, name: &str) -> f64 {
        let (_, text) = self.get("/metrics").await;
        let line = text.lines().find(|line| line.strip_prefix(name).is_some_and(|rest| rest.starts_with(' ')));
        line.unwrap_or_else(|| panic!("no {name} in\n{text}")).rsplit(' ').next().unwrap().parse().unwrap()
    }

    /// Waits until /readyz says this.
    pub(crate) async fn until_ready_is(&self, code: u16, status: &str) -> Value {
        self.until("/readyz", |answered, body| answered == code && body["status"] == status).await
    }

    pub(crate) async fn until(&self, path: &str, holds: impl Fn(u16, &Value) -> bool) -> Value {
        let waiting = async {
            loop {
                let (code, body) = self.json(path).await;
                if holds(code, &body) {
                    return body;
                }
                sleep(Duration::from_millis(5)).await;
            }
        };
        timeout(PATIENCE, waiting).await.unwrap_or_else(|_| panic!("{path} never says so"))
    }

    pub(crate) async fn until_metric(&self, name: &str, expected: f64) {
        let waiting = async {
            while self.metric(name).await != expected {
                sleep(Duration::from_millis(5)).await;
            }
        };
        timeout(PATIENCE, waiting).await.unwrap_or_else(|_| panic!("{name} never is {expected}"));
    }

    /// Connects a VM that says hello.
    pub(crate) async fn vm(&self, number: u8, applied: Option<SnapshotId>) -> Vm {
        let vm = self.stranger().await;
        vm.say(worker_message::Body::Hello(proto::Hello {
            vm_id: vec![number; 16],
            node_id: "envoy-1".to_owned(),
            node_cluster: "edge".to_owned(),
            build: "0.1.0".to_owned(),
            applied: applied.map(wire),
            ..proto::Hello::default()
        }))
        .await;
        vm
    }

    /// Connects a client that says nothing.
    pub(crate) async fn stranger(&self) -> Vm {
        let channel = Endpoint::from_shared(format!("http://{}", self.feed)).unwrap().connect().await.unwrap();
        let (up, messages) = mpsc::channel(8);
        let mut client = FeedClient::new(channel);
        let down = client.connect(ReceiverStream::new(messages)).await.unwrap().into_inner();
        Vm { up, down }
    }
}

/// A client in the place of a plugin VM.
pub(crate) struct Vm {
    up: mpsc::Sender<proto::WorkerMessage>,
    down: Streaming<proto::CompanionMessage>,
}

impl Vm {
    pub(crate) async fn say(&self, body: worker_message::Body) {
        self.up.send(proto::WorkerMessage { body: Some(body) }).await.unwrap();
    }

    /// The next snapshot, decoded as a VM would.
    pub(crate) async fn snapshot(&mut self) -> Snapshot {
        let message = timeout(PATIENCE, self.down.message()).await.expect("a snapshot arrives").unwrap();
        let Some(companion_message::Body::Snapshot(sent)) = message.unwrap().body else {
            panic!("not a snapshot");
        };
        let snapshot = Snapshot::decode(&sent.content).unwrap();
        assert_eq!(sent.id, Some(wire(snapshot.id())));
        snapshot
    }

    /// How the stream ends.
    pub(crate) async fn end(mut self) -> Status {
        loop {
            match timeout(PATIENCE, self.down.message()).await.expect("the stream ends") {
                Ok(Some(_)) => {}
                Ok(None) => return Status::ok(""),
                Err(status) => return status,
            }
        }
    }

    pub(crate) async fn ack(&self, id: SnapshotId) {
        self.say(worker_message::Body::Ack(proto::Ack { id: Some(wire(id)), apply_micros: 0 })).await;
    }

    pub(crate) async fn nack(&self, id: SnapshotId, reason: &str) {
        let nack = proto::Nack { id: Some(wire(id)), reason: reason.to_owned(), wants_full: false };
        self.say(worker_message::Body::Nack(nack)).await;
    }

    pub(crate) async fn beat(&self, applied: Option<SnapshotId>, serving: bool) {
        let beat = proto::Heartbeat { applied: applied.map(wire), serving };
        self.say(worker_message::Body::Heartbeat(beat)).await;
    }
}

fn wire(id: SnapshotId) -> proto::SnapshotId {
    proto::SnapshotId { epoch: id.epoch, version: id.version }
}

/// Replaces a file as careful editors do.
pub(crate) fn rename_over(path: &Path, text: &str) {
    let new = path.with_extension("new");
    fs::write(&new, text).unwrap();
    fs::rename(new, path).unwrap();
}
