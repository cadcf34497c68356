//! As many reserves as one companion takes, asked over the wire as a plugin would.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use http_body_util::{BodyExt, Full};
use hyper::Request;
use hyper::body::Bytes;
use hyper::client::conn::http2::{SendRequest, handshake};
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::net::TcpStream;
use tokio::runtime::Builder;
use tokio::task::JoinSet;
use tollgate_testbed::{Feed, Testbed, ports};

use crate::sites::{Sites, Store};
use crate::statistics::Spread;

/// Of each measurement.
const DURATION: Duration = Duration::from_secs(1);

const CONNECTIONS: usize = 4;

/// On each connection.
const AT_ONCE: usize = 32;

/// What is asked of the companion.
#[derive(Clone, Copy)]
enum Asked {
    /// That something is held.
    Hold,
    /// What it says yes to without looking at anything.
    Nothing,
}

pub(crate) fn measure(sites: &Sites, rounds: usize, figures: &mut Vec<String>) -> Result<()> {
    println!(
        "\nreserves a second on one companion, {} at once: median over {rounds} rounds [quartiles]",
        CONNECTIONS * AT_ONCE
    );
    let (mut rates, mut idle, mut late) = ([Vec::new(), Vec::new()], Vec::new(), 0);
    for round in 0..=rounds {
        for (store, rates) in Store::ALL.into_iter().zip(&mut rates) {
            let feed = feed(sites.of(store))?;
            let (held, nothing) = (rate(feed, Asked::Hold)?, rate(feed, Asked::Nothing)?);
            if round > 0 {
                rates.push(held.a_second);
                idle.push(nothing.a_second);
                late += held.late;
            }
        }
    }
    let idle = Spread::of(idle);
    println!("  where budgets are disabled      {idle}");
    for (store, rates) in Store::ALL.into_iter().zip(rates) {
        let (name, rates) = (store.name(), Spread::of(rates));
        println!("  {name:<31} {rates}  ({:.2} of that)", rates.median / idle.median);
        figures.push(format!("figure budget_reserves_per_s_{name} {:.0} 1/s", rates.median));
        figures.push(format!("figure budget_reserves_ratio_{name} {:.3} ratio", rates.median / idle.median));
    }
    println!("  {late} reserves beside these were not held within 250 ms, and refused");
    Ok(())
}

fn feed(testbed: &Testbed) -> Result<SocketAddr> {
    match testbed.companion.feed() {
        Feed::Plain(port) => Ok(ports::loopback(*port)),
        other => bail!("not a plain feed: {other:?}"),
    }
}

/// What came of asking for a while.
#[derive(Clone, Copy, Default)]
struct Rate {
    /// Answers a second that say what they are to.
    a_second: f64,
    /// Answers that the store came too late for.
    late: u64,
}

fn rate(feed: SocketAddr, asked: Asked) -> Result<Rate> {
    let runtime = Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let mut clients = JoinSet::new();
        let start = Instant::now();
        for _ in 0..CONNECTIONS {
            let stream = TcpStream::connect(feed).await?;
            stream.set_nodelay(true)?;
            let (sender, connection) = handshake(TokioExecutor::new(), TokioIo::new(stream)).await?;
            tokio::spawn(connection);
            for _ in 0..AT_ONCE {
                clients.spawn(client(sender.clone(), start, asked));
            }
        }
        let (mut answers, mut late) = (0, 0);
        while let Some(client) = clients.join_next().await {
            let (own_answers, own_late) = client??;
            answers += own_answers;
            late += own_late;
        }
        Ok(Rate { a_second: answers as f64 / start.elapsed().as_secs_f64(), late })
    })
}

async fn client(mut sender: SendRequest<Full<Bytes>>, start: Instant, asked: Asked) -> Result<(u64, u64)> {
    let (mut answers, mut late) = (0, 0);
    while start.elapsed() < DURATION {
        sender.ready().await?;
        let request = Request::builder().method("POST").uri("http://companion/tollgate.v1.Budgets/Reserve");
        let request = request.header("content-type", "application/grpc").header("te", "trailers");
        let answer = sender.send_request(request.body(Full::from(message(asked)))?).await?;
        let body = answer.into_body().collect().await?.to_bytes();
        // Five bytes of framing, then the field that says what came of it: held is 1, unavailable 3, disabled 5.
        match (asked, body.get(5).context("an answer without a message")? >> 3) {
            (Asked::Hold, 1) | (Asked::Nothing, 5) => answers += 1,
            (Asked::Hold, 3) => late += 1,
            _ => bail!("{body:?}"),
        }
    }
    Ok((answers, late))
}

/// A `ReserveRequest`, with the framing of gRPC.
fn message(asked: Asked) -> Vec<u8> {
    let mut message = Vec::with_capacity(96);
    let mut bytes = |number: u8, content: &[u8]| {
        message.extend([number << 3 | 2, u8::try_from(content.len()).unwrap_or_default()]);
        message.extend(content);
    };
    bytes(1, &fastrand::u128(..).to_be_bytes());
    bytes(3, b"ann");
    bytes(4, b"acme");
    bytes(5, b"large");
    // `mode`, `prompt_tokens`, `output_cap` and `answers`, all of them numbers of one byte.
    let mode = match asked {
        Asked::Hold => 0,
        Asked::Nothing => 3,
    };
    for (number, value) in [(2, mode), (6, 10), (7, 100), (8, 1)] {
        message.extend([number << 3, value]);
    }
    let length = u32::try_from(message.len()).unwrap_or_default();
    let mut framed = vec![0];
    framed.extend(length.to_be_bytes());
    framed.extend(message);
    framed
}
