use std::fs;
use std::path::Path;

use anyhow::Result;
use tempfile::TempDir;
use tollgate_testbed::budgets::{plugin_configuration, policies};
use tollgate_testbed::{Keeps, Redis, Testbed, TestbedOptions};

/// Where budgets are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Store {
    Sqlite,
    Redis,
}

/// One of everything for each store.
pub(crate) struct Sites {
    pub(crate) sqlite: Testbed,
    pub(crate) redis: Testbed,
    _server: Redis,
    _folder: TempDir,
}

impl Sites {
    pub(crate) fn start() -> Result<Self> {
        let folder = TempDir::with_prefix("tollgate-bench-")?;
        // As many limits as a careful administrator may set.
        let scopes = ["global", "org", "user", "provider", "model"];
        let limits: Vec<_> =
            scopes.iter().map(|scope| format!("{{scope: {scope}, tokens: 9000000000000000}}")).collect();
        let limits: Vec<&str> = limits.iter().map(String::as_str).collect();
        let server = Redis::start(Keeps::Nothing)?;
        let options = |companion_arguments| -> Result<TestbedOptions> {
            Ok(TestbedOptions { workers: 1, companion_arguments, ..options(folder.path(), &limits)? })
        };
        let sqlite = Testbed::start(&options(Vec::new())?)?;
        let redis = Testbed::start(&options(server.arguments())?)?;
        sqlite.wait_enforced()?;
        redis.wait_enforced()?;
        Ok(Sites { sqlite, redis, _server: server, _folder: folder })
    }

    pub(crate) fn of(&self, store: Store) -> &Testbed {
        match store {
            Store::Sqlite => &self.sqlite,
            Store::Redis => &self.redis,
        }
    }
}

/// A testbed with a provider and these limits.
pub(crate) fn options(folder: &Path, limits: &[&str]) -> Result<TestbedOptions> {
    let rules = folder.join("policies");
    fs::create_dir_all(&rules)?;
    fs::write(rules.join("policies.yaml"), policies(limits))?;
    Ok(TestbedOptions {
        policies: rules,
        plugin_configuration: Some(plugin_configuration()),
        provider: true,
        ..TestbedOptions::default()
    })
}
