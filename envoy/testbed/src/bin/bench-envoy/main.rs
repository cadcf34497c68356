//! What each way of authorizing a request costs inside the real Envoy, beside one another in one run: `make bench-envoy`.
//!
//! One Envoy worker alone on one core; the load, the companions and the external authorizer on the other. Every variant is
//! a listener of the same Envoy whose route answers by itself, so that only the filter differs. Rounds go over all variants
//! in turn; every figure is a median over rounds of differences within one round.
#![expect(clippy::print_stdout, reason = "a bench shows what it measured")]

mod arguments;
mod authorizer;
mod beside;
mod claims;
mod configuration;
mod cores;
mod cpu;
mod load;
mod lone;
mod modules;
mod policies;
mod proxy;
mod rbac;
mod report;
mod requests;
mod rounds;
mod statistics;
mod variant;
mod workload;

use anyhow::Result;
use arguments::Arguments;
use cores::Cores;
use load::Wrk;
use proxy::Proxy;
use report::Report;
use workload::Workload;

fn main() -> Result<()> {
    let arguments = Arguments::parse(std::env::args().skip(1))?;
    let cores = Cores::claim()?;
    Wrk::require()?;
    println!("envoy's worker on core {}, everything else on core {}", cores.proxy, cores.load);
    let mut report = Report::default();
    if arguments.beside_search {
        for policies in &arguments.policies {
            let workload = Workload::new(*policies)?;
            let proxy = Proxy::start(&workload, &beside::VARIANTS, cores, true)?;
            proxy.check(&workload)?;
            report.beside(*policies, &beside::run(&proxy, arguments.rounds)?);
        }
        report.figures();
        return Ok(());
    }
    if arguments.modules {
        report.modules(&modules::measure(cores)?);
    }
    let most = arguments.policies.iter().max();
    for policies in &arguments.policies {
        let workload = Workload::new(*policies)?;
        let proxy = Proxy::start(&workload, &arguments.variants(), cores, false)?;
        proxy.check(&workload)?;
        let samples = rounds::run(&proxy, arguments.rounds)?;
        report.rounds(*policies, &samples);
        if Some(policies) == most {
            report.others(&samples);
        }
    }
    report.figures();
    Ok(())
}
