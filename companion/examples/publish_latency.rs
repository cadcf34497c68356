//! How long a `PUT` of one policy takes from request to answer, in sets of several sizes: validated, compiled, proved,
//! durable and offered to workers. Prints `figure` lines.
#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "a tool for developers, which stops at its own mistakes")]

use std::fs;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tollgate::daemon::{Config, Daemon, PolicySource, Timing};
use tollgate::feed::FeedConfig;
use tollgate::net::Address;

const EDITS: usize = 300;

/// The token `open sesame`.
const TOKENS: &str = "bench 41ef4bb0b23661e66301aac36066912dac037827b4ae63a7b1165a5aa93ed4eb\n";

#[tokio::main]
async fn main() {
    let sizes: Vec<usize> = std::env::args().skip(1).map(|size| size.parse().unwrap()).collect();
    for size in if sizes.is_empty() { vec![100, 10_000] } else { sizes } {
        measure(size).await;
    }
}

async fn measure(size: usize) {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("tokens"), TOKENS).unwrap();
    let loopback = SocketAddr::from(([127, 0, 0, 1], 0));
    let daemon = Daemon::start(Config {
        source: PolicySource::Api,
        state: dir.path().join("state"),
        keep_versions: None,
        tokens: Some(dir.path().join("tokens")),
        feed: FeedConfig::open(loopback.into()),
        http: loopback,
        expected_workers: None,
        timing: Timing::default(),
    })
    .await
    .unwrap();
    let Address::Tcp(http) = *daemon.http_address() else { return };
    let running = tokio::spawn(daemon.run_until(std::future::pending()));
    let mut stream = TcpStream::connect(http).await.unwrap();
    let all: String =
        (0..size).map(|number| format!("  - {{name: p{number}, {}}}\n", fields(number, "view"))).collect();
    let started = Instant::now();
    ask(&mut stream, "POST", "/v1/snapshots", &format!("policies:\n{all}")).await;
    println!("figure publish_whole_ms_{size} {:.1} ms", milliseconds(started.elapsed()));
    let mut times: Vec<Duration> = Vec::with_capacity(EDITS);
    for edit in 0..EDITS {
        let number = edit * 7919 % size;
        let text = format!("{{{}}}", fields(number, &format!("edit{edit}")));
        let started = Instant::now();
        ask(&mut stream, "PUT", &format!("/v1/policies/p{number}"), &text).await;
        times.push(started.elapsed());
    }
    times.sort();
    let at = |part: usize| times.get(EDITS * part / 100).copied().map(milliseconds).unwrap_or_default();
    println!("figure publish_p50_ms_{size} {:.2} ms", at(50));
    println!("figure publish_p99_ms_{size} {:.2} ms", at(99));
    let bytes = |name: &str| fs::metadata(dir.path().join(name)).map_or(0, |file| file.len());
    println!("figure publish_state_bytes_{size} {} bytes", bytes("state") + bytes("state-wal"));
    running.abort();
}

fn fields(number: usize, action: &str) -> String {
    format!(
        "resource: kind{}, actions: [{action}], roles: [role{}], condition: resource.ownerId == principal.id && \
         resource.level > {number}",
        number % 500,
        number % 50
    )
}

fn milliseconds(time: Duration) -> f64 {
    time.as_secs_f64() * 1000.0
}

async fn ask(stream: &mut TcpStream, method: &str, path: &str, body: &str) {
    let request = format!(
        "{method} {path} HTTP/1.1\r\nhost: bench\r\nauthorization: Bearer open sesame\r\nif-match: *\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    );
    let request = if method == "POST" { request.replace("if-match: *\r\n", "") } else { request };
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    // Answers are short, and end with the object that they are.
    while !answer.ends_with(b"}") {
        assert!(stream.read_buf(&mut answer).await.unwrap() > 0, "the connection ended");
    }
    let answer = String::from_utf8_lossy(&answer);
    assert!(answer.starts_with("HTTP/1.1 20"), "{answer}");
}
