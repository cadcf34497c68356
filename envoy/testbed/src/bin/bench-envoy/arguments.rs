use std::num::NonZeroUsize;

use anyhow::{Context, Result, bail};

use crate::variant::Variant;

/// What to measure.
#[derive(Debug)]
pub(crate) struct Arguments {
    /// Numbers of policies.
    pub(crate) policies: Vec<usize>,
    /// How often each variant has its turn.
    pub(crate) rounds: usize,
    /// Whether to time the compilation of modules.
    pub(crate) modules: bool,
    /// Whether to compare Tollgate with itself while policy search has as much to do as it can.
    pub(crate) beside_search: bool,
    only: Option<Vec<Variant>>,
}

impl Arguments {
    pub(crate) fn parse(mut given: impl Iterator<Item = String>) -> Result<Self> {
        let mut arguments = Arguments {
            policies: vec![10, 100, 1_000, 10_000],
            rounds: 7,
            modules: true,
            beside_search: false,
            only: None,
        };
        while let Some(name) = given.next() {
            let value = given.next().with_context(|| format!("`{name}` needs a value"))?;
            match name.as_str() {
                "--policies" => arguments.policies = list(&value, positive)?,
                "--rounds" => arguments.rounds = positive(&value).with_context(|| format!("`--rounds {value}`"))?,
                "--variants" => {
                    arguments.only = Some(list(&value, Variant::named)?);
                    arguments.modules = false;
                }
                "--beside" if value == "search" => arguments.beside_search = true,
                "--beside" => bail!("`--beside {value}`: there is `search`"),
                _ => bail!(
                    "unknown argument `{name}`; there are `--policies`, `--rounds`, `--variants` and `--beside search`"
                ),
            }
        }
        Ok(arguments)
    }

    /// The variants to measure, and what they are compared with.
    pub(crate) fn variants(&self) -> Vec<Variant> {
        let wanted = |variant: &Variant| match &self.only {
            Some(only) => only.iter().any(|one| one == variant || one.baselines().contains(variant)),
            None => true,
        };
        Variant::ALL.into_iter().filter(wanted).collect()
    }
}

fn list<T>(text: &str, item: impl Fn(&str) -> Result<T>) -> Result<Vec<T>> {
    text.split(',').map(|part| item(part).with_context(|| format!("`{part}`"))).collect()
}

fn positive(text: &str) -> Result<usize> {
    Ok(text.parse::<NonZeroUsize>()?.get())
}
