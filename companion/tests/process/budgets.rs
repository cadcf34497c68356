use std::collections::HashMap;
use std::thread;
use std::time::{Duration, Instant};

use serde_json::Value;
use tokio::runtime::Builder;
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tollgate::feed::proto::budgets_client::BudgetsClient;
use tollgate::feed::proto::feed_client::FeedClient;
use tollgate::feed::proto::{self, companion_message, reserve_reply::Outcome, settlement, worker_message};
use tollgate_policy::snapshot::FORMAT;
use tonic::transport::{Channel, Endpoint};

use crate::harness::{Process, Site};

const POLICIES: &str = "budgets:
  models: [{name: large, provider: openai, context: 10000, maxOutput: 2000}]
  environments: {dev: {limits: [{scope: org, tokens: 100000000}]}}
";

/// Every call holds so much, of which its prompt is a tenth.
const HELD: u64 = 100;

/// What a worker has to say until it is acknowledged.
#[derive(Default)]
struct Worker {
    /// By sequence number: what the call was held by, and what it used.
    unsettled: HashMap<u64, (Vec<u8>, u64)>,
    sequence: u64,
    /// By id, what was said of calls, acknowledged or not.
    said: HashMap<String, u64>,
    /// How many of them were acknowledged.
    acknowledged: u64,
}

impl Worker {
    /// Reserves and settles one call after the other until the process is gone, or for so many calls.
    async fn work(&mut self, feed: String, most: u64) {
        let Ok(channel) = Endpoint::from_shared(format!("http://{feed}")).unwrap().connect().await else { return };
        let Some((up, mut down)) = open(channel.clone()).await else { return };
        let again: Vec<_> =
            self.unsettled.iter().map(|(sequence, (receipt, used))| tell(*sequence, receipt, *used)).collect();
        if !again.is_empty() && up.send(message(again)).await.is_err() {
            return;
        }
        let mut budgets = BudgetsClient::new(channel);
        let mut calls = 0;
        while calls < most || !self.unsettled.is_empty() {
            if calls < most {
                calls += 1;
                let Some(held) = reserve(&mut budgets).await else { return };
                self.sequence += 1;
                let used = 1 + self.sequence % (HELD + 20);
                self.said.insert(held.1, used);
                let told = tell(self.sequence, &held.0, used);
                self.unsettled.insert(self.sequence, (held.0, used));
                if up.send(message(vec![told])).await.is_err() {
                    return;
                }
            }
            match down.message().await {
                Ok(Some(proto::CompanionMessage { body: Some(companion_message::Body::Settled(settled)) })) => {
                    for sequence in settled.sequences {
                        self.acknowledged += u64::from(self.unsettled.remove(&sequence).is_some());
                    }
                }
                Ok(Some(_)) => {}
                Ok(None) | Err(_) => return,
            }
        }
    }
}

type Stream = (mpsc::Sender<proto::WorkerMessage>, tonic::Streaming<proto::CompanionMessage>);

async fn open(channel: Channel) -> Option<Stream> {
    let (up, messages) = mpsc::channel(8);
    let hello = proto::Hello { vm_id: vec![7; 16], format: FORMAT.into(), ..proto::Hello::default() };
    up.send(proto::WorkerMessage { body: Some(worker_message::Body::Hello(hello)) }).await.ok()?;
    let mut client = FeedClient::new(channel).max_decoding_message_size(usize::MAX);
    let down = client.connect(ReceiverStream::new(messages)).await.ok()?.into_inner();
    Some((up, down))
}

/// What it is held by, and its id; nothing if nobody answers.
async fn reserve(budgets: &mut BudgetsClient<Channel>) -> Option<(Vec<u8>, String)> {
    let mut id = [0; 16];
    std::io::Read::read_exact(&mut std::fs::File::open("/dev/urandom").unwrap(), &mut id).unwrap();
    let request = proto::ReserveRequest {
        id: id.to_vec(),
        user: "ann".to_owned(),
        org: "acme".to_owned(),
        model: "large".to_owned(),
        prompt_tokens: HELD / 10,
        output_cap: Some(HELD - HELD / 10),
        ..proto::ReserveRequest::default()
    };
    loop {
        match budgets.reserve(request.clone()).await.ok()?.into_inner().outcome.unwrap() {
            Outcome::Held(held) => return Some((held.reservation, format!("{:032x}", u128::from_be_bytes(id)))),
            Outcome::Unavailable(_) => tokio::time::sleep(Duration::from_millis(2)).await,
            other => panic!("{other:?}"),
        }
    }
}

fn tell(sequence: u64, receipt: &[u8], used: u64) -> proto::Settlement {
    let outcome = settlement::Outcome::Used(proto::Usage { input: used, output: 0, cached: 0 });
    proto::Settlement { sequence, reservation: receipt.to_vec(), outcome: Some(outcome) }
}

fn message(settlements: Vec<proto::Settlement>) -> proto::WorkerMessage {
    proto::WorkerMessage { body: Some(worker_message::Body::Settlements(proto::Settlements { settlements })) }
}

fn start(site: &Site) -> Process {
    site.start_with(&["--budget-lease".to_owned(), "1".to_owned()])
}

/// Used and held of Acme, in tokens.
fn acme(process: &Process) -> (u64, u64) {
    let (status, body) = process.get("/v1/budgets?scope=org&name=acme&unit=tokens&at=all");
    assert_eq!(status, 200, "{body}");
    let sum =
        |field: &str| body["budgets"].as_array().unwrap().iter().map(|budget| budget[field].as_u64().unwrap()).sum();
    (sum("used"), sum("held"))
}

/// Of every settled call, how it ended and what it used.
fn ledger(process: &Process) -> HashMap<String, (String, u64)> {
    let (status, body) = process.get("/v1/budgets/ledger/rows?limit=100000");
    assert_eq!((status, &body["next"]), (200, &Value::Null));
    let rows = body["rows"].as_array().unwrap().iter();
    rows.map(|row| {
        let (id, outcome) = (row["id"].as_str().unwrap().to_owned(), row["outcome"].as_str().unwrap().to_owned());
        (id, (outcome, row["used"]["tokens"].as_u64().unwrap()))
    })
    .collect()
}

#[test]
fn a_kill_at_any_moment_loses_no_acknowledged_settlement_and_every_hold_comes_to_an_end() {
    let site = Site::new();
    let mut process = start(&site);
    let files = serde_json::json!({"files": [{"name": "budgets.yaml", "text": POLICIES}]}).to_string();
    let (status, body) = process.post_as("/v1/snapshots", "application/vnd.tollgate.files+json", &files);
    assert_eq!(status, 201, "{body}");
    let mut worker = Worker::default();
    for round in 0..10 {
        let feed = process.feed().to_owned();
        let working = thread::spawn(move || {
            let runtime = Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(worker.work(feed, u64::MAX));
            worker
        });
        // At another moment each time.
        thread::sleep(Duration::from_micros(60_000 + 7919 * round));
        process.kill();
        worker = working.join().unwrap();
        process = start(&site);
    }
    let runtime = Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(worker.work(process.feed().to_owned(), 1));
    assert!(worker.unsettled.is_empty() && worker.acknowledged > 0);
    let begun = Instant::now();
    while acme(&process).1 > 0 {
        assert!(begun.elapsed() < Duration::from_secs(60), "holds that do not end");
        thread::sleep(Duration::from_millis(20));
    }
    let ledger = ledger(&process);
    for (id, used) in &worker.said {
        assert_eq!(ledger.get(id), Some(&("committed".to_owned(), *used)), "{id}");
    }
    // Of a call whose reserve was not answered before a kill, its lease is all that is known.
    for (id, (outcome, used)) in ledger.iter().filter(|(id, _)| !worker.said.contains_key(*id)) {
        assert_eq!((outcome.as_str(), *used), ("expired", HELD / 10), "{id}");
    }
    let sum: u64 = ledger.values().map(|(_, used)| used).sum();
    assert_eq!(acme(&process).0, sum);
}

#[test]
fn the_command_line_shows_and_changes_budgets() {
    let site = Site::new();
    let process = start(&site);
    let files = serde_json::json!({"files": [{"name": "budgets.yaml", "text": POLICIES}]}).to_string();
    let (status, _) = process.post_as("/v1/snapshots", "application/vnd.tollgate.files+json", &files);
    assert_eq!(status, 201);
    let budget = ["--scope", "org", "--name", "acme & sons"];
    let command = |first: &[&str], rest: &[&str]| {
        let all: Vec<&str> = ["budget"].iter().chain(first).chain(&budget).chain(rest).copied().collect();
        site.run(&process, &all)
    };
    let (code, out, _) = command(&["adjust"], &["--by", "70", "--reason", "carried over"]);
    assert!(code == 0 && out.contains("70"), "{out}");
    let (code, out, _) = command(&["adjust"], &["--by", "-20", "--reason", "too much", "--format", "json"]);
    let adjusted: Value = serde_json::from_str(&out).unwrap();
    assert_eq!((code, &adjusted["used"], &adjusted["limit"]), (0, &50.into(), &100_000_000.into()));
    let (_, out, _) = command(&["show"], &["--format", "csv"]);
    assert!(out.contains("org,acme & sons,day,") && out.contains(",tokens,100000000,50,0"), "{out}");
    assert_eq!(command(&["reset"], &["--reason", "a new start"]).0, 0);
    let (_, out, _) = site.run(&process, &["budget", "changes"]);
    assert!(
        out.contains("+70") && out.contains("-20") && out.contains("a new start") && out.contains("alice"),
        "{out}"
    );
    let (code, out, problem) = command(&["set"], &["--limit", "50", "--reason", "an incident"]);
    assert!(code == 0 && out.contains("50") && out.contains("T00:00:00Z") && out.contains("alice"), "{out}{problem}");
    let (_, out, _) = command(&["show"], &["--format", "csv"]);
    assert!(out.is_empty() || !out.contains("100000000"), "{out}");
    let (code, out, _) = command(&["set"], &["--unlimited", "--until", "2100-01-01T00:00:00Z", "--reason", "x"]);
    assert!(code == 0 && out.contains("unlimited") && out.contains("2100-01-01T00:00:00Z"), "{out}");
    assert!(site.run(&process, &["budget", "overrides"]).1.contains("acme & sons"));
    assert_eq!(command(&["set"], &["--reason", "to nothing"]).0, 1);
    assert!(command(&["unset"], &["--reason", "it is over"]).1.contains("no limit is set"));
    let (code, _, problem) = command(&["unset"], &["--reason", "again"]);
    assert!(code == 1 && problem.contains("no limit is set for this") && !problem.contains("--id"), "{problem}");
    let (_, out, _) = site.run(&process, &["budget", "changes"]);
    assert!(out.contains("unlimited until 2100-01-01T00:00:00Z") && out.contains("limit of policies"), "{out}");
    let (_, out, problem) = site.run(&process, &["budget", "changes", "--limit", "2", "--format", "json"]);
    assert_eq!(serde_json::from_str::<Value>(&out).unwrap()["changes"].as_array().unwrap().len(), 2);
    assert!(problem.contains("there are more"), "{problem}");
    assert_eq!(site.run(&process, &["budget", "ledger"]).0, 0);
    assert_eq!(site.run(&process, &["budget", "events", "--format", "json"]).1.trim(), "{\"events\":[]}");
    assert!(site.run(&process, &["budget", "holds"]).1.contains("0 of 0 calls"));
    assert_eq!(site.run(&process, &["budget", "show", "--scope", "team"]).0, 1);
    std::fs::write(site.path("budgets.yaml"), POLICIES).unwrap();
    let (code, out, _) = site.run(&process, &["budget", "validate", "budgets.yaml"]);
    assert!(code == 0 && out.contains("dev: strict, 1 models") && out.contains("100000000"), "{out}");
    let (code, _, problem) = site.run(&process, &["budget", "validate", "budgets.yaml", "--environment", "prod"]);
    assert!(code == 1 && problem.contains("no rules for environment `prod`"), "{problem}");
}
