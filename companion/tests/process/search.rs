use std::fs;
use std::thread;
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::harness::{Process, Site};

const PATIENCE: Duration = Duration::from_secs(120);
const POLICIES: usize = 1500;

/// Policies that say something of their own each.
fn policies(count: usize) -> String {
    let word = |number: usize| -> String {
        number.to_string().bytes().map(|digit| char::from(b'k' + digit - b'0')).chain("zub".chars()).collect()
    };
    let policy = |number: usize| {
        let (kind, action) = (word(number / 7), word(number % 7 + 1000));
        format!(
            "  - name: policy-{}\n    description: Those who {action} may see the {kind} of {}\n    resource: {kind}\n    \
             actions: [{action}]\n    roles: [editor]\n",
            word(number),
            word(number * 31)
        )
    };
    (0..count).fold("policies:\n".to_owned(), |text, number| text + &policy(number))
}

/// Models that differ in all that models can: an embedder file and a version.
fn model(site: &Site, number: usize) -> Vec<String> {
    let path = site.path(&format!("embedder-{number}.yaml"));
    fs::write(&path, format!("kind: lexical\ndimensions: {}\n", 128 + number * 8)).unwrap();
    ["--embedder", path.to_str().unwrap(), "--model-version", &format!("v{number}")].map(str::to_owned).to_vec()
}

fn until(process: &Process, path: &str, is_so: impl Fn(&Value) -> bool) -> Value {
    let start = Instant::now();
    loop {
        let (status, body) = process.get(path);
        assert_eq!(status, 200, "{body}");
        if is_so(&body) {
            return body;
        }
        assert!(start.elapsed() < PATIENCE, "{path} never says so: {body}");
        thread::sleep(Duration::from_millis(5));
    }
}

fn until_current(process: &Process, policies: usize) -> Value {
    until(process, "/v1/embeddings", |body| {
        body["policies"] == policies && body["indexed"] == policies && body["stale"] == 0
    })
}

fn until_serving(process: &Process, version: &str) {
    until(process, "/v1/migrations", |body| body["serving"]["version"] == version && body["migration"].is_null());
}

/// A policy that is searched for with a word that no other has is found, by vectors of the model that serves.
fn assert_found(process: &Process, names: &[&str]) {
    for name in names {
        let text = format!("{{\"text\": \"policy {name}\", \"k\": 5}}");
        let (status, body) = process.post("/v1/policies/search", &text);
        assert_eq!(status, 200, "{body}");
        let found = body["results"].as_array().unwrap();
        assert!(found.iter().any(|found| found["name"] == format!("policy-{name}")), "{name} is not in {body}");
    }
}

#[test]
fn a_kill_at_any_moment_of_a_migration_loses_and_mixes_nothing() {
    let site = Site::new();
    fs::write(site.path("a.yaml"), policies(POLICIES)).unwrap();
    let slowly = ["--embedding-workers", "1", "--embedding-batch", "1"].map(str::to_owned);
    let process = site.start_with(&model(&site, 0));
    assert_eq!(site.run(&process, &["publish", "a.yaml"]).0, 0);
    until_current(&process, POLICIES);
    // What the process before was seen to serve, and what it may have come to serve until it was killed.
    let mut may_serve = ["v0".to_owned(), "v0".to_owned()];
    process.kill();
    // A kill that came within a migration is one whose migration the next process finds begun.
    let (mut round, mut resumed) = (0_u64, 0);
    while round < 14 || resumed < 3 && round < 60 {
        round += 1;
        // The same one three times running: what a kill has left is gone on with.
        let target = format!("v{}", round.div_ceil(3));
        let mut arguments = model(&site, round.div_ceil(3) as usize);
        arguments.extend(slowly.iter().cloned());
        let process = site.start_with(&arguments);
        let before = until(&process, "/v1/migrations", |body| body["serving"].is_object());
        let serves = before["serving"]["version"].as_str().unwrap().to_owned();
        let is_credible = serves == target || may_serve.contains(&serves);
        assert!(is_credible, "{serves} serves after {may_serve:?}, on the way to {target}");
        resumed += usize::from(before["migration"]["generation"].is_number());
        // At another moment each time: while it is opened, embedded, verified, or after that.
        until(&process, "/v1/embeddings", |body| body["policies"] == POLICIES);
        thread::sleep(Duration::from_micros(500 + (round * 7919 * 131) % 250_000));
        process.kill();
        may_serve = [serves, target];
    }
    assert!(resumed >= 3, "{resumed} of {round} kills came within a migration");
    let last = round.div_ceil(3) as usize;
    let process = site.start_with(&model(&site, last));
    until_serving(&process, &format!("v{last}"));
    let state = until_current(&process, POLICIES);
    assert_eq!((&state["dead"], &state["problems"]), (&0.into(), &Value::Array(Vec::new())), "{state}");
    assert_found(&process, &["lklkzub", "lmnozub", "rrrzub", "mttzub", "lottzub"]);
    process.kill();
    // All of it was kept.
    let process = site.start_with(&model(&site, last));
    let state = until_current(&process, POLICIES);
    assert_eq!(state["jobs"]["completed"], 0, "{state}");
    process.kill();
}

#[test]
fn a_kill_at_any_moment_of_the_first_build_loses_nothing() {
    let site = Site::new();
    fs::write(site.path("a.yaml"), policies(POLICIES)).unwrap();
    let process = site.start();
    assert_eq!(site.run(&process, &["publish", "a.yaml"]).0, 0);
    process.kill();
    for round in 0..8_u64 {
        let process = site.start();
        if round % 4 != 0 {
            until(&process, "/v1/embeddings", |body| body["policies"] == POLICIES);
        }
        thread::sleep(Duration::from_micros(500 + (round * 7919 * 17) % 200_000));
        process.kill();
        if round == 3 {
            // What is in the way of a half-made folder is made again.
            fs::remove_dir_all(site.path("state/state.search")).unwrap();
        }
    }
    let process = site.start();
    let state = until_current(&process, POLICIES);
    assert_eq!(state["problems"], Value::Array(Vec::new()), "{state}");
    assert_found(&process, &["lklkzub", "rrrzub", "mttzub"]);
}

#[test]
fn models_are_changed_rolled_back_and_forgotten_by_the_command_line() {
    let site = Site::new();
    fs::write(site.path("a.yaml"), policies(50)).unwrap();
    let process = site.start_with(&model(&site, 0));
    assert_eq!(site.run(&process, &["publish", "a.yaml"]).0, 0);
    until_current(&process, 50);
    process.kill();
    let manual = [model(&site, 1), vec!["--migrate".to_owned(), "manual".to_owned()]].concat();
    let process = site.start_with(&manual);
    until(&process, "/v1/migrations", |body| !body["problems"].as_array().unwrap().is_empty());
    let (_, text, _) = site.run(&process, &["migrate"]);
    assert!(text.contains("serving:    v0") && text.contains("tollgate migrate start"), "{text}");
    let (code, _, error) = site.run(&process, &["migrate", "rollback"]);
    assert_eq!((code, error.contains("none is kept")), (1, true), "{error}");
    assert_eq!(site.run(&process, &["migrate", "start"]).0, 0);
    until_serving(&process, "v1");
    let (_, text, _) = site.run(&process, &["migrate", "status", "--format", "json"]);
    let status: Value = serde_json::from_str(&text).unwrap();
    assert_eq!((&status["serving"]["version"], &status["kept"]["version"]), (&"v1".into(), &"v0".into()));
    assert_eq!(site.run(&process, &["migrate", "rollback"]).0, 0);
    assert!(site.run(&process, &["migrate"]).1.contains("serving:    v0"));
    assert_eq!(site.run(&process, &["migrate", "forget"]).0, 0);
    let (code, _, error) = site.run(&process, &["migrate", "cancel"]);
    assert_eq!((code, error.contains("no migration goes on")), (1, true), "{error}");
    let (_, metrics) = process.get("/metrics");
    for line in [
        "authz_embedding_jobs_total{status=\"completed\"} ",
        "authz_embedding_queue_depth 0",
        "authz_vector_store_size 50",
        "authz_vector_operations_total{operation=\"insert\"} ",
        "tollgate_search_stale 0",
    ] {
        assert!(metrics.as_str().unwrap().contains(line), "no {line} in {metrics}");
    }
}

#[test]
fn a_search_folder_that_cannot_be_used_stops_nothing() {
    let site = Site::new();
    fs::write(site.path("a.yaml"), policies(50)).unwrap();
    fs::write(site.path("state/state.search"), "in the way").unwrap();
    let process = site.start();
    assert_eq!(site.run(&process, &["publish", "a.yaml"]).0, 0);
    let state = until_current(&process, 50);
    assert!(state["problems"][0].as_str().unwrap().contains("nothing is kept"), "{state}");
    assert_eq!(process.until("ready")["status"], "ready");
}
