use anyhow::{Context, Result, bail};

/// What to measure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Arguments {
    /// How often each thing is measured.
    pub(crate) rounds: usize,
    /// How many calls each point of the curve is made of.
    pub(crate) calls: u64,
}

impl Arguments {
    pub(crate) fn parse(mut arguments: impl Iterator<Item = String>) -> Result<Self> {
        let mut parsed = Arguments { rounds: 20, calls: 2000 };
        while let Some(name) = arguments.next() {
            let value = arguments.next().with_context(|| format!("`{name}` without a value"))?;
            match name.as_str() {
                "--rounds" => parsed.rounds = value.parse().context("--rounds")?,
                "--calls" => parsed.calls = value.parse().context("--calls")?,
                _ => bail!("`{name}` is not known; there are --rounds and --calls"),
            }
        }
        Ok(parsed)
    }
}
