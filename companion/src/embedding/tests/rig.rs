use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use tempfile::{TempDir, tempdir};
use tokio::runtime::Runtime;
use tollgate_policy::set::{Effect, Policy, PolicySet};
use tollgate_policy::snapshot::SnapshotId;
use tollgate_search::{PolicyText, TextHash};

use crate::catalogue::Catalogue;
use crate::daemon::Shutdown;
use crate::embedding::embedders::{Kinds, Loader};
use crate::embedding::{Command, Declined, Generation, SearchConfig, Searches, State};
use crate::metrics::Metrics;

use super::embedder::{self, Factory};

/// Far longer than anything here takes.
const PATIENCE: Duration = Duration::from_secs(60);

const ID: Option<SnapshotId> = Some(SnapshotId { epoch: 1, version: 1 });

/// A folder, policies in it, and embedders that tell their model.
pub(super) struct Rig {
    dir: TempDir,
    pub(super) factory: Factory,
    catalogue: Mutex<Catalogue>,
    truth: Mutex<BTreeMap<String, Arc<Policy>>>,
}

/// Policy search, running.
pub(super) struct Running {
    pub(super) searches: Searches,
    runtime: Runtime,
}

pub(super) fn policy(name: &str, description: &str) -> Arc<Policy> {
    Arc::new(Policy { description: description.to_owned(), ..Policy::new(name, Effect::Allow) })
}

/// Words that stand for a number: digits are cleaned out of texts.
pub(super) fn words(number: usize) -> String {
    let letter = |digit: u8| char::from(b'a' + digit - b'0');
    format!("word{}", number.to_string().bytes().map(letter).collect::<String>())
}

pub(super) fn name(number: usize) -> String {
    format!("p{}", words(number))
}

impl Rig {
    pub(super) fn new() -> Self {
        Rig {
            dir: tempdir().unwrap(),
            factory: Factory::default(),
            catalogue: Mutex::default(),
            truth: Mutex::default(),
        }
    }

    pub(super) fn config(&self, version: &str) -> SearchConfig {
        let config = SearchConfig::beside(&self.dir.path().join("state"));
        SearchConfig { version: version.parse().unwrap(), ..config }
    }

    pub(super) fn start(&self, config: SearchConfig) -> Running {
        self.start_with(config, |_| self.factory.loader())
    }

    /// With the embedders that the program has.
    pub(super) fn start_really(&self, config: SearchConfig) -> Running {
        self.start_with(config, |runtime| Arc::new(Kinds { runtime: runtime.handle().clone() }))
    }

    fn start_with(&self, config: SearchConfig, loader: impl FnOnce(&Runtime) -> Arc<dyn Loader>) -> Running {
        // A process that starts has published nothing yet.
        let catalogue = Catalogue::default();
        if !self.truth.lock().unwrap().is_empty() {
            catalogue.replace(&set_of(&self.truth.lock().unwrap()), ID);
        }
        *self.catalogue.lock().unwrap() = catalogue.clone();
        let runtime = Runtime::new().unwrap();
        let searches = Searches::start_with(config, Arc::new(Metrics::new(None)), loader(&runtime));
        runtime.spawn(searches.clone().keep_up(catalogue, Shutdown::never()));
        Running { searches, runtime }
    }

    /// All policies at once.
    pub(super) fn publish(&self, policies: impl IntoIterator<Item = Arc<Policy>>) {
        let mut truth = self.truth.lock().unwrap();
        *truth = policies.into_iter().map(|policy| (policy.name.clone(), policy)).collect();
        self.catalogue.lock().unwrap().replace(&set_of(&truth), ID);
    }

    pub(super) fn publish_many(&self, count: usize) {
        self.publish((0..count).map(|number| policy(&name(number), &words(number))));
    }

    /// One policy more, or instead of that of its name.
    pub(super) fn write(&self, policy: Arc<Policy>) {
        let mut truth = self.truth.lock().unwrap();
        let name = policy.name.clone();
        truth.insert(name.clone(), policy);
        self.catalogue.lock().unwrap().edit(&name, truth.get(&name).cloned(), ID);
    }

    pub(super) fn remove(&self, name: &str) {
        let mut truth = self.truth.lock().unwrap();
        truth.remove(name);
        self.catalogue.lock().unwrap().edit(name, None, ID);
    }

    /// A generation has the vectors of these policies' present texts under its model, and no others.
    pub(super) fn assert_whole(&self, generation: &Generation) {
        let truth = self.truth.lock().unwrap();
        let mut names = generation.index.names();
        names.sort();
        assert_eq!(names.iter().map(|name| &**name).collect::<Vec<_>>(), truth.keys().collect::<Vec<_>>());
        for (name, policy) in truth.iter() {
            let text = PolicyText::of(policy);
            assert_eq!(generation.index.text_of(name), Some(TextHash::of(text.cleaned())), "{name}");
            let vector = generation.index.vector_of(name).unwrap().unwrap();
            assert_eq!(vector, embedder::vector_of(&generation.model.version, text.cleaned()), "{name}");
        }
    }

    /// The same of the one that serves, once it has heard of the last change.
    pub(super) fn assert_settled(&self, running: &Running) {
        let count = self.truth.lock().unwrap().len();
        let generation = running.serving();
        running.until(|state| {
            let current = |name: &String, policy: &Arc<Policy>| {
                generation.index.text_of(name) == Some(TextHash::of(PolicyText::of(policy).cleaned()))
            };
            state.policies == count && self.truth.lock().unwrap().iter().all(|(name, policy)| current(name, policy))
        });
        self.assert_whole(&generation);
    }

    pub(super) fn folder(&self) -> std::path::PathBuf {
        self.dir.path().join("state.search")
    }
}

fn set_of(policies: &BTreeMap<String, Arc<Policy>>) -> PolicySet {
    PolicySet { policies: policies.values().cloned().collect(), ..PolicySet::default() }
}

impl Running {
    pub(super) fn until(&self, is_so: impl Fn(&State) -> bool) -> State {
        let start = Instant::now();
        loop {
            let state = self.searches.state();
            if is_so(&state) {
                return state;
            }
            assert!(start.elapsed() < PATIENCE, "never so: {state:#?}");
            thread::sleep(Duration::from_millis(2));
        }
    }

    /// Waits until all policies can be found as they are.
    pub(super) fn until_current(&self, policies: usize) -> State {
        self.until(|state| (state.policies, state.indexed, state.stale) == (policies, policies, 0))
    }

    pub(super) fn until_serving(&self, version: &str) -> Arc<Generation> {
        self.until(|state| {
            state.serving.as_ref().is_some_and(|serving| serving.model.version.as_str() == version)
                && state.migration.is_none()
        });
        self.serving()
    }

    pub(super) fn serving(&self) -> Arc<Generation> {
        self.searches.serving().unwrap()
    }

    pub(super) fn ask(&self, command: Command) -> Result<(), Declined> {
        self.runtime.block_on(self.searches.ask(command))
    }

    pub(super) fn stop(self) {
        self.runtime.block_on(self.searches.stop());
        self.runtime.shutdown_background();
    }
}
