//! How long an edit of one policy takes until the last worker enforces it, and what requests notice of that: `make bench-feed`.
//!
//! The companion keeps the policies (`--source api`). One policy after another is replaced by PUT; the companion says
//! how long after the publication each plugin VM acknowledged the version, and each VM how long applying it kept its
//! worker from requests. Under load, clients ask at a fixed pace meanwhile.
#![expect(clippy::print_stdout, reason = "a bench shows what it measured")]

mod arguments;
mod edits;
mod load;
mod policies;
mod report;
mod statistics;

use anyhow::Result;
use tollgate_testbed::{Source, Testbed, TestbedOptions};

use arguments::Arguments;
use edits::Edits;
use report::Report;

/// Whether requests are served meanwhile.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Pace {
    Idle,
    Load,
}

fn main() -> Result<()> {
    let arguments = Arguments::parse(std::env::args().skip(1))?;
    let mut report = Report::default();
    for policies in &arguments.policies {
        for workers in &arguments.workers {
            let testbed = Testbed::start(&TestbedOptions {
                workers: *workers,
                source: Source::Api,
                plugin_configuration: Some(policies::plugin_configuration()),
                ..TestbedOptions::default()
            })?;
            testbed.companion.publish(&policies::set(*policies).to_string())?;
            testbed.wait_enforced()?;
            let mut so_far = Edits::default();
            for pace in [Pace::Idle, Pace::Load] {
                let measured = match pace {
                    Pace::Idle => edits::run(&testbed, *policies, arguments.edits, &mut so_far)?,
                    Pace::Load => {
                        let quiet = load::alone(&testbed)?;
                        let (measured, busy) = load::meanwhile(&testbed, || {
                            edits::run(&testbed, *policies, arguments.edits, &mut so_far)
                        })?;
                        report.requests(*policies, *workers, &quiet, &busy);
                        measured
                    }
                };
                report.edits(*policies, *workers, pace, &measured);
            }
        }
    }
    report.figures();
    Ok(())
}
