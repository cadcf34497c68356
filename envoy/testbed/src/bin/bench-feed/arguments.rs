use std::str::FromStr;

use anyhow::{Context, Result, bail};

/// What to measure.
#[derive(Debug)]
pub(crate) struct Arguments {
    /// Numbers of policies.
    pub(crate) policies: Vec<usize>,
    /// Numbers of Envoy's workers.
    pub(crate) workers: Vec<u32>,
    /// How many edits are timed for each.
    pub(crate) edits: usize,
}

impl Arguments {
    pub(crate) fn parse(mut given: impl Iterator<Item = String>) -> Result<Self> {
        let mut arguments = Arguments { policies: vec![100, 10_000, 100_000], workers: vec![1, 4, 8], edits: 200 };
        while let Some(name) = given.next() {
            let value = given.next().with_context(|| format!("`{name}` needs a value"))?;
            match name.as_str() {
                "--policies" => arguments.policies = list(&value)?,
                "--workers" => arguments.workers = list(&value)?,
                "--edits" => arguments.edits = value.parse().with_context(|| format!("`--edits {value}`"))?,
                _ => bail!("unknown argument `{name}`; there are `--policies`, `--workers` and `--edits`"),
            }
        }
        Ok(arguments)
    }
}

fn list<T>(text: &str) -> Result<Vec<T>>
where
    T: FromStr,
    T::Err: std::error::Error + Send + Sync + 'static,
{
    text.split(',').map(|part| part.parse().with_context(|| format!("`{part}`"))).collect()
}
