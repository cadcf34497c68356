//! What budgets cost, and how far they can be overspent: `make bench-budget`.
//!
//! One call at a time through Envoy, on a route with a budget and on the same route without, in turn, with budgets in
//! SQLite and in Redis. As many reserves as one companion takes, asked directly. And what becomes of a limit if calls
//! use more than was held for them: eight workers and four companions on one Redis.
#![expect(clippy::print_stdout, reason = "a bench shows what it measured")]

mod arguments;
mod latency;
mod overshoot;
mod reserves;
mod sites;
#[path = "../bench-envoy/statistics.rs"]
mod statistics;

use anyhow::Result;
use arguments::Arguments;
use sites::{Sites, Store};

fn main() -> Result<()> {
    let arguments = Arguments::parse(std::env::args().skip(1))?;
    let mut figures = Vec::new();
    let load = std::fs::read_to_string("/proc/loadavg")?;
    println!("before anything was started, the machine's load of the last minutes was {}", load.trim());
    {
        let sites = Sites::start()?;
        latency::measure(&sites, arguments.rounds, &mut figures)?;
        reserves::measure(&sites, arguments.rounds, &mut figures)?;
    }
    overshoot::measure(arguments.calls, &mut figures)?;
    println!();
    for figure in &figures {
        println!("{figure}");
    }
    Ok(())
}

impl Store {
    const ALL: [Store; 2] = [Store::Sqlite, Store::Redis];

    /// As figures have it.
    fn name(self) -> &'static str {
        match self {
            Store::Sqlite => "sqlite",
            Store::Redis => "redis",
        }
    }
}
