use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::time::Duration;

use hyper_util::rt::TokioIo;
use rustls::ClientConfig;
use serde_json::Value;
use tempfile::{TempDir, tempdir};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpStream, UnixStream};
use tokio::sync::{mpsc, oneshot};
use tokio::task::{JoinHandle, spawn_blocking};
use tokio::time::{sleep, timeout};
use tokio_rustls::TlsConnector;
use tokio_stream::wrappers::ReceiverStream;
use tollgate::budget::BudgetConfig;
use tollgate::daemon::{Config, Daemon, PolicySource, StartError, TaskError, Timing};
use tollgate::embedding::{EmbedderConfig, SearchConfig};
use tollgate::feed::FeedConfig;
use tollgate::feed::proto::feed_client::FeedClient;
use tollgate::feed::proto::{self, companion_message, worker_message};
use tollgate::net::Address;
use tollgate_policy::set::budget::Environment;
use tollgate_policy::snapshot::{FORMAT, Snapshot};
use tonic::transport::{Channel, Endpoint};
use tonic::{Status, Streaming};
use tower::service_fn;

pub(crate) use tollgate_policy::snapshot::SnapshotId;

/// Far longer than anything here takes.
const PATIENCE: Duration = Duration::from_secs(30);

/// Alice's token, and its hash.
pub(crate) const ALICE: &str = "open sesame";
const ALICE_HASH: &str = "41ef4bb0b23661e66301aac36066912dac037827b4ae63a7b1165a5aa93ed4eb";

/// A folder of policies and a state file.
pub(crate) struct Site {
    dir: TempDir,
    beat: Duration,
    feed: FeedConfig,
    budget: Option<BudgetConfig>,
    is_api: bool,
    embedder: EmbedderConfig,
    environment: Environment,
}

impl Site {
    pub(crate) fn new() -> Self {
        let dir = tempdir().unwrap();
        fs::create_dir(dir.path().join("policies")).unwrap();
        fs::write(dir.path().join("tokens"), format!("alice {ALICE_HASH}\n")).unwrap();
        // So slow that no VM dies by chance.
        let loopback = SocketAddr::from(([127, 0, 0, 1], 0));
        Site {
            dir,
            beat: PATIENCE,
            feed: FeedConfig::open(loopback.into()),
            budget: None,
            is_api: false,
            embedder: EmbedderConfig::default(),
            environment: Environment::Dev,
        }
    }

    /// Without files: policies come by the API.
    pub(crate) fn by_api() -> Self {
        Site { is_api: true, ..Site::new() }
    }

    /// The same state, and policies from elsewhere.
    pub(crate) fn switched(self) -> Self {
        Site { is_api: !self.is_api, ..self }
    }

    /// Where budgets are to have rules.
    pub(crate) fn in_production(self) -> Self {
        Site { environment: Environment::Prod, ..self }
    }

    pub(crate) fn tokens(&self) -> PathBuf {
        self.dir.path().join("tokens")
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

    /// With a feed like this.
    pub(crate) fn feeding(mut self, change: impl FnOnce(&mut FeedConfig)) -> Self {
        change(&mut self.feed);
        self
    }

    /// With vectors made by this, as an embedder's file describes it.
    pub(crate) fn embedding_by(self, embedder: Value) -> Self {
        Site { embedder: serde_json::from_value(embedder).unwrap(), ..self }
    }

    /// With budgets like this.
    pub(crate) fn budgeting(mut self, change: impl FnOnce(&mut BudgetConfig)) -> Self {
        change(self.budget.get_or_insert(BudgetConfig::beside(&self.dir.path().join("state"))));
        self
    }

    /// A path beside the policies.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
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
        let daemon = Daemon::start(Config {
            source: match self.is_api {
                false => PolicySource::Files(self.dir.path().join("policies")),
                true => PolicySource::Api,
            },
            state: self.state(),
            keep_versions: None,
            tokens: Some(self.tokens()),
            feed: self.feed.clone(),
            http: SocketAddr::from(([127, 0, 0, 1], 0)),
            environment: self.environment,
            expected_workers: Some(2),
            search: SearchConfig { embedder: self.embedder.clone(), ..SearchConfig::beside(&self.state()) },
            budget: self.budget.clone().unwrap_or_else(|| BudgetConfig::beside(&self.state())),
            timing: Timing { beat: self.beat, rescan: Duration::from_millis(200), ..Timing::default() },
        })
        .await?;
        let feed = daemon.feed_address().clone();
        let Address::Tcp(http) = *daemon.http_address() else { panic!("the API listens on a port") };
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

/// What comes in pieces, to its end.
fn unchunked(mut rest: &str) -> String {
    let mut body = String::new();
    loop {
        let (length, chunk) = rest.split_once("\r\n").expect("another piece");
        let length = usize::from_str_radix(length, 16).unwrap();
        if length == 0 {
            return body;
        }
        body.push_str(&chunk[..length]);
        rest = chunk[length..].strip_prefix("\r\n").unwrap();
    }
}

/// An answer of the API.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    head: String,
    pub(crate) body: String,
}

impl Answer {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let lines = self.head.lines().filter_map(|line| line.split_once(": "));
        lines.filter(|(other, _)| other.eq_ignore_ascii_case(name)).map(|(_, value)| value).next()
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap()
    }

    /// The version that it names.
    pub(crate) fn id(&self) -> SnapshotId {
        assert!(self.status < 300, "{self:?}");
        let body = self.json();
        SnapshotId { epoch: body["epoch"].as_u64().unwrap(), version: body["version"].as_u64().unwrap() }
    }
}

/// Many policies, of which the last allows this action: enough that a delta is smaller than the whole.
pub(crate) fn allow_among_many(action: &str) -> String {
    let policy = |name: usize, action: &str| {
        format!("  - name: reader-{name}\n    resource: document\n    actions: [{action}]\n    roles: [editor]\n")
    };
    let others: String = (0..300).map(|name| policy(name, "view")).collect();
    format!("policies:\n{others}{}", policy(300, action))
}

/// A running daemon.
pub(crate) struct Companion {
    pub(crate) feed: Address,
    pub(crate) http: SocketAddr,
    stop: oneshot::Sender<()>,
    task: JoinHandle<Result<(), TaskError>>,
}

impl Companion {
    pub(crate) async fn stop(self) {
        drop(self.stop);
        timeout(PATIENCE, self.task).await.expect("it stops").unwrap().unwrap();
    }

    /// Exit code and output of `tollgate workers`.
    pub(crate) async fn workers_command(&self, options: &[&str]) -> (Option<i32>, String) {
        let mut command = Command::new(env!("CARGO_BIN_EXE_tollgate"));
        command.args(["workers", "--http", &self.http.to_string()]).args(options);
        let output = spawn_blocking(move || command.output()).await.unwrap().unwrap();
        (output.status.code(), String::from_utf8(output.stdout).unwrap())
    }

    /// Status and body.
    pub(crate) async fn get(&self, path: &str) -> (u16, String) {
        let Answer { status, body, .. } = self.ask("GET", path, &[], "").await;
        (status, body)
    }

    /// As Alice, unless the headers say otherwise.
    pub(crate) async fn change(&self, method: &str, path: &str, headers: &[(&str, &str)], body: &str) -> Answer {
        let token = format!("Bearer {ALICE}");
        let mut all = vec![("authorization", token.as_str())];
        all.extend(headers);
        self.ask(method, path, &all, body).await
    }

    pub(crate) async fn ask(&self, method: &str, path: &str, headers: &[(&str, &str)], body: &str) -> Answer {
        let mut stream = TcpStream::connect(self.http).await.unwrap();
        let headers: String = headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
        let length = body.len();
        let request = format!(
            "{method} {path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\ncontent-length: {length}\r\n{headers}\r\n{body}"
        );
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        let body = if head.contains("transfer-encoding: chunked") { unchunked(body) } else { body.to_owned() };
        Answer { status, head: head.to_owned(), body }
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

    /// Waits until a search can find this many policies as they are in force.
    pub(crate) async fn until_searchable(&self, policies: u64) {
        let waiting = async {
            loop {
                let answer = self.ask("POST", "/v1/policies/search", &[], "{\"text\": \"anything\"}").await;
                let index = &answer.json()["index"];
                if index["indexed"] == policies && index["policies"] == policies && index["stale"] == 0 {
                    return;
                }
                sleep(Duration::from_millis(5)).await;
            }
        };
        timeout(PATIENCE, waiting).await.unwrap_or_else(|_| panic!("{policies} policies can never be searched"));
    }

    pub(crate) async fn until_metric(&self, name: &str, expected: f64) {
        let waiting = async {
            while self.metric(name).await != expected {
                sleep(Duration::from_millis(5)).await;
            }
        };
        timeout(PATIENCE, waiting).await.unwrap_or_else(|_| panic!("{name} never is {expected}"));
    }

    /// Connects a VM that says hello. What it has applied, if anything, is nothing that was ever published here.
    pub(crate) async fn vm(&self, number: u8, applied: Option<SnapshotId>) -> Vm {
        let applied_digest = applied.map(|_| vec![0; 32]).unwrap_or_default();
        self.vm_with(proto::Hello { applied: applied.map(wire), applied_digest, ..hello(number) }).await
    }

    /// Connects a VM that decides with this snapshot.
    pub(crate) async fn vm_with_snapshot(&self, number: u8, snapshot: Snapshot) -> Vm {
        let applied_digest = snapshot.digest().0.to_vec();
        let hello = proto::Hello { applied: Some(wire(snapshot.id())), applied_digest, ..hello(number) };
        let mut vm = self.vm_with(hello).await;
        vm.held = Some(snapshot);
        vm
    }

    /// Connects a VM that says just this.
    pub(crate) async fn vm_with(&self, hello: proto::Hello) -> Vm {
        let vm = self.stranger().await;
        vm.hello(hello).await;
        vm
    }

    /// Connects a client that says nothing.
    pub(crate) async fn stranger(&self) -> Vm {
        Vm::over(self.channel().await).await
    }

    /// A connection to the feed with TLS, if that comes about.
    pub(crate) async fn secured(&self, client: ClientConfig) -> Result<Channel, tonic::transport::Error> {
        let Address::Tcp(address) = self.feed else { panic!("TLS is for ports") };
        let connector = TlsConnector::from(Arc::new(client));
        let connect = move |_| {
            let connector = connector.clone();
            async move {
                let stream = TcpStream::connect(address).await?;
                connector.connect("localhost".try_into().unwrap(), stream).await.map(TokioIo::new)
            }
        };
        Endpoint::from_static("http://feed").connect_with_connector(service_fn(connect)).await
    }

    /// A connection to the feed, for any number of streams.
    pub(crate) async fn channel(&self) -> Channel {
        let any = Endpoint::from_static("http://feed");
        match &self.feed {
            Address::Tcp(address) => {
                Endpoint::from_shared(format!("http://{address}")).unwrap().connect().await.unwrap()
            }
            Address::Unix(path) => {
                let path = path.clone();
                let connect = move |_| {
                    let path = path.clone();
                    async move { UnixStream::connect(path).await.map(TokioIo::new) }
                };
                any.connect_with_connector(service_fn(connect)).await.unwrap()
            }
        }
    }
}

/// The hello of a VM that has applied nothing.
pub(crate) fn hello(number: u8) -> proto::Hello {
    proto::Hello {
        vm_id: vec![number; 16],
        node_id: "envoy-1".to_owned(),
        node_cluster: "edge".to_owned(),
        build: "0.1.0".to_owned(),
        format: FORMAT.into(),
        ..proto::Hello::default()
    }
}

/// A client in the place of a plugin VM.
pub(crate) struct Vm {
    up: mpsc::Sender<proto::WorkerMessage>,
    down: Streaming<proto::CompanionMessage>,
    held: Option<Snapshot>,
}

impl Vm {
    /// Opens a stream.
    pub(crate) async fn over(channel: Channel) -> Vm {
        Vm::try_over(channel).await.unwrap()
    }

    /// Opens a stream, if that is granted.
    pub(crate) async fn try_over(channel: Channel) -> Result<Vm, Status> {
        let (up, messages) = mpsc::channel(8);
        let mut client = FeedClient::new(channel).max_decoding_message_size(usize::MAX);
        let down = client.connect(ReceiverStream::new(messages)).await?.into_inner();
        Ok(Vm { up, down, held: None })
    }

    pub(crate) async fn hello(&self, hello: proto::Hello) {
        self.say(worker_message::Body::Hello(hello)).await;
    }

    pub(crate) async fn say(&self, body: worker_message::Body) {
        self.up.send(proto::WorkerMessage { body: Some(body) }).await.unwrap();
    }

    /// The next snapshot or delta; answers to heartbeats and parts of the index snapshot are passed over.
    pub(crate) async fn offer(&mut self) -> companion_message::Body {
        loop {
            match self.message().await {
                companion_message::Body::Current(_) | companion_message::Body::IndexSnapshot(_) => {}
                offer => return offer,
            }
        }
    }

    /// The next part of the index snapshot; it is not answered.
    pub(crate) async fn part(&mut self) -> proto::IndexSnapshot {
        loop {
            match self.message().await {
                companion_message::Body::Current(_) => {}
                companion_message::Body::IndexSnapshot(part) => return part,
                other => panic!("not a part of the index snapshot: {other:?}"),
            }
        }
    }

    /// Says what became of a part: nothing is wrong with it if the reason is empty.
    pub(crate) async fn answer_part(&self, part: &proto::IndexSnapshot, refused: &str) {
        let answer = proto::IndexAnswer { part: part.part, refused: refused.to_owned() };
        self.say(worker_message::Body::IndexAnswer(answer)).await;
    }

    /// What comes next.
    pub(crate) async fn message(&mut self) -> companion_message::Body {
        let message = timeout(PATIENCE, self.down.message()).await.expect("a message arrives").unwrap();
        message.unwrap().body.unwrap()
    }

    /// The next offer, which must be a whole snapshot; it is neither applied nor answered.
    pub(crate) async fn whole(&mut self) -> Snapshot {
        match self.offer().await {
            companion_message::Body::Snapshot(sent) => read(&sent),
            other => panic!("not a whole snapshot: {other:?}"),
        }
    }

    /// The next offer, which must be a delta; it is neither applied nor answered.
    pub(crate) async fn delta(&mut self) -> proto::Delta {
        match self.offer().await {
            companion_message::Body::Delta(delta) => delta,
            other => panic!("not a delta: {other:?}"),
        }
    }

    /// Applies and acks the next offer, whole or delta. Gives a copy of what is held then.
    pub(crate) async fn snapshot(&mut self) -> Snapshot {
        let next = match self.offer().await {
            companion_message::Body::Snapshot(sent) => read(&sent),
            companion_message::Body::Delta(sent) => {
                let mut held = self.held.take().expect("a delta follows a snapshot");
                assert_eq!(sent.base, Some(wire(held.id())));
                held.apply(&sent.content).unwrap();
                assert_eq!(sent.id, Some(wire(held.id())));
                held
            }
            other => panic!("not a snapshot: {other:?}"),
        };
        self.ack(next.id()).await;
        let copy = Snapshot::decode(next.encode()).unwrap();
        self.held = Some(next);
        copy
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
        self.say(worker_message::Body::Ack(proto::Ack { id: Some(wire(id)), apply_micros: 300 })).await;
    }

    pub(crate) async fn nack(&self, id: SnapshotId, reason: &str, wants_full: bool) {
        let nack = proto::Nack { id: Some(wire(id)), reason: reason.to_owned(), wants_full };
        self.say(worker_message::Body::Nack(nack)).await;
    }

    pub(crate) async fn beat(&self, applied: Option<SnapshotId>, serving: bool) {
        let beat = proto::Heartbeat { applied: applied.map(wire), serving };
        self.say(worker_message::Body::Heartbeat(beat)).await;
    }
}

fn read(sent: &proto::Snapshot) -> Snapshot {
    let snapshot = Snapshot::decode(&sent.content).unwrap();
    assert_eq!(sent.id, Some(wire(snapshot.id())));
    snapshot
}

pub(crate) fn wire(id: SnapshotId) -> proto::SnapshotId {
    proto::SnapshotId { epoch: id.epoch, version: id.version }
}

/// Replaces a file as careful editors do.
pub(crate) fn rename_over(path: &Path, text: &str) {
    let new = path.with_extension("new");
    fs::write(&new, text).unwrap();
    fs::rename(new, path).unwrap();
}
