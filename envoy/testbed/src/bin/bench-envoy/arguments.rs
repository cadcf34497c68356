use anyhow::{Context, Result, bail};

use crate::variant::Variant;

/// RBAC is measured up to this many policies of each form: every one of them is looked at for every request.
const RBAC_LIMIT: usize = 10_000;

/// What to measure.
#[derive(Debug)]
pub(crate) struct Arguments {
    /// Numbers of policies.
    pub(crate) policies: Vec<usize>,
    /// How often each variant has its turn.
    pub(crate) rounds: usize,
    /// Whether to time the compilation of modules.
    pub(crate) modules: bool,
    only: Option<Vec<Variant>>,
}

impl Arguments {
    pub(crate) fn parse(mut given: impl Iterator<Item = String>) -> Result<Self> {
        let mut arguments = Arguments { policies: vec![10, 100, 1_000, 10_000], rounds: 9, modules: true, only: None };
        while let Some(name) = given.next() {
            let value = given.next().with_context(|| format!("`{name}` needs a value"))?;
            match name.as_str() {
                "--policies" => arguments.policies = list(&value, |item| Ok(item.parse()?))?,
                "--rounds" => arguments.rounds = value.parse().with_context(|| format!("`--rounds {value}`"))?,
                "--variants" => {
                    arguments.only = Some(list(&value, Variant::named)?);
                    arguments.modules = false;
                }
                _ => bail!("unknown argument `{name}`; there are `--policies`, `--rounds` and `--variants`"),
            }
        }
        Ok(arguments)
    }

    /// What to measure with this many policies. Baselines always take part.
    pub(crate) fn variants(&self, policies: usize) -> Vec<Variant> {
        let wanted = |variant: &Variant| match &self.only {
            Some(only) => variant.is_baseline() || only.contains(variant),
            None => !variant.is_rbac() || policies <= RBAC_LIMIT,
        };
        Variant::ALL.into_iter().filter(wanted).collect()
    }
}

fn list<T>(text: &str, item: impl Fn(&str) -> Result<T>) -> Result<Vec<T>> {
    text.split(',').map(|part| item(part).with_context(|| format!("`{part}`"))).collect()
}
