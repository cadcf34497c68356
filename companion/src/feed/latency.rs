//! A measurement, not a test: how long after its publication a delta is with every VM.
//!
//! `cargo test --release -p tollgate --lib latency -- --ignored --nocapture`

use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::{mpsc, watch};
use tokio_stream::wrappers::ReceiverStream;
use tollgate_policy::snapshot::{Compiler, FORMAT, SnapshotId};
use tollgate_policy::source::{Loader, Shape, SourceFile};
use tonic::Streaming;
use tonic::transport::Endpoint;

use crate::daemon::Shutdown;
use crate::metrics::Metrics;
use crate::net::{Address, BoundedListener};
use crate::publisher::{Current, Published};

use super::proto::feed_client::FeedClient;
use super::proto::{self, companion_message, worker_message};
use super::{Access, Feed, FeedConfig, MAX_CONNECTIONS, Registry, serve};

const POLICIES: usize = 10_000;
const STREAMS: u8 = 9;
const EDITS: u64 = 100;

fn source(edit: u64) -> SourceFile {
    let policy = |name: usize, action: &str| {
        format!("  - name: p{name}\n    resource: document\n    actions: [{action}]\n    roles: [editor]\n")
    };
    let mut text: String = "policies:\n".to_owned();
    text.extend((1..POLICIES).map(|name| policy(name, "view")));
    text.push_str(&policy(0, &format!("a{edit}")));
    SourceFile { name: "a.yaml".to_owned(), text: text.into(), shape: Shape::Sections }
}

/// The feed alone, on a free port.
async fn feed(current: Current) -> Address {
    let address = Address::Tcp(([127, 0, 0, 1], 0).into());
    let listener = BoundedListener::bind(&address, MAX_CONNECTIONS).await.unwrap();
    let address = listener.address().clone();
    let feed = Feed {
        registry: Arc::new(Registry::new(Duration::from_secs(100))),
        current,
        ahead: mpsc::channel(1).0,
        access: Access::new(FeedConfig::open(address.clone())).unwrap(),
        metrics: Arc::new(Metrics::new(None)),
        shutdown: Shutdown::never(),
    };
    let (server, sessions) = serve(feed, listener);
    tokio::spawn(server);
    tokio::spawn(sessions.run(Shutdown::never()));
    address
}

struct Vm {
    up: mpsc::Sender<proto::WorkerMessage>,
    down: Streaming<proto::CompanionMessage>,
}

impl Vm {
    async fn connect(address: &Address, number: u8) -> Self {
        let channel = Endpoint::from_shared(format!("http://{address}")).unwrap().connect().await.unwrap();
        let (up, messages) = mpsc::channel(8);
        let mut client = FeedClient::new(channel).max_decoding_message_size(usize::MAX);
        let down = client.connect(ReceiverStream::new(messages)).await.unwrap().into_inner();
        let vm = Vm { up, down };
        let hello = proto::Hello { vm_id: vec![number; 16], format: FORMAT.into(), ..proto::Hello::default() };
        vm.say(worker_message::Body::Hello(hello)).await;
        vm
    }

    async fn say(&self, body: worker_message::Body) {
        self.up.send(proto::WorkerMessage { body: Some(body) }).await.unwrap();
    }

    /// Acks what comes next. Gives when it came, and its size.
    async fn next(&mut self) -> (Instant, usize) {
        let body = self.down.message().await.unwrap().unwrap().body.unwrap();
        let came = Instant::now();
        let (id, size) = match body {
            companion_message::Body::Snapshot(whole) => (whole.id, whole.content.len()),
            companion_message::Body::Delta(delta) => (delta.id, delta.content.len()),
            other => panic!("{other:?}"),
        };
        self.say(worker_message::Body::Ack(proto::Ack { id, apply_micros: 0 })).await;
        (came, size)
    }
}

fn percentile(sorted: &[Duration], percent: usize) -> f64 {
    sorted[(sorted.len() * percent / 100).min(sorted.len() - 1)].as_secs_f64() * 1e3
}

#[test]
#[ignore = "a measurement"]
fn publish_to_received() {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let (publish, current) = watch::channel(None);
        let address = feed(current).await;
        let (mut loader, mut compiler) = (Loader::default(), Compiler::default());
        let mut vms = Vec::new();
        let (mut firsts, mut lasts, mut bytes) = (Vec::new(), Vec::new(), 0);
        for version in 1..=EDITS {
            let content = compiler.compile(&loader.load(&[source(version)]).unwrap()).unwrap();
            let (id, digest) = (SnapshotId { epoch: 1, version }, content.digest());
            // As between edits: nobody is busy any more.
            tokio::time::sleep(Duration::from_millis(5)).await;
            let at = Instant::now();
            publish.send_replace(Some(Arc::new(Published { id, digest, policies: POLICIES, content, at })));
            if version == 1 {
                for number in 0..STREAMS {
                    let mut vm = Vm::connect(&address, number).await;
                    vm.next().await;
                    vms.push(vm);
                }
                continue;
            }
            let came = futures::future::join_all(vms.iter_mut().map(Vm::next)).await;
            let mut delays: Vec<_> = came.iter().map(|(came, _)| *came - at).collect();
            delays.sort();
            firsts.push(delays[0]);
            lasts.push(*delays.last().unwrap());
            bytes = came[0].1;
        }
        for (name, mut delays) in [("first", firsts), ("last", lasts)] {
            delays.sort();
            eprintln!("figure feed_received_{name}_p50_ms {:.3} ms", percentile(&delays, 50));
            eprintln!("figure feed_received_{name}_p99_ms {:.3} ms", percentile(&delays, 99));
        }
        eprintln!("figure feed_received_delta_bytes {bytes} bytes");
    });
}
