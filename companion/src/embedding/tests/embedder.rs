use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use tollgate_policy::digest::Digest;
use tollgate_search::{Dimensions, EmbedError, Embedder, Model, ModelVersion, Purpose, TextHash, Vector};

use crate::embedding::config::EmbedderConfig;
use crate::embedding::embedders::{LoadError, Loader};

/// Numbers that say what a text is; the rest say what model it is.
const OF_TEXT: usize = 12;

/// What all embedders of a test do, from now on.
#[derive(Debug, Default)]
pub(super) struct Behaviour {
    /// Texts with this word cannot be embedded.
    pub(super) poison: Option<&'static str>,
    /// Texts with this word bring the embedder down.
    pub(super) panics: Option<&'static str>,
    /// Nothing can be embedded now.
    pub(super) is_out: Option<Option<Duration>>,
    /// A call takes so long.
    pub(super) pause: Duration,
    /// It takes the model to tell its fingerprint.
    pub(super) is_opaque: bool,
    /// Embedders that cannot be loaded.
    pub(super) unloadable: Vec<&'static str>,
}

/// Makes embedders whose vectors tell their model.
#[derive(Clone, Debug, Default)]
pub(super) struct Factory {
    pub(super) behaviour: Arc<Mutex<Behaviour>>,
    pub(super) embedded: Arc<AtomicUsize>,
    pub(super) calls: Arc<AtomicUsize>,
    /// How often an embedder could not be loaded.
    pub(super) refused: Arc<AtomicUsize>,
}

#[derive(Debug)]
struct Telling {
    model: Model,
    factory: Factory,
}

impl Factory {
    pub(super) fn loader(&self) -> Arc<dyn Loader> {
        Arc::new(self.clone())
    }

    pub(super) fn set(&self, change: impl FnOnce(&mut Behaviour)) {
        change(&mut self.behaviour.lock().unwrap());
    }

    pub(super) fn embedded(&self) -> usize {
        self.embedded.load(Ordering::SeqCst)
    }
}

impl Loader for Factory {
    fn load(&self, _: &EmbedderConfig, version: &ModelVersion) -> Result<Arc<dyn Embedder>, LoadError> {
        if self.behaviour.lock().unwrap().unloadable.contains(&version.as_str()) {
            self.refused.fetch_add(1, Ordering::SeqCst);
            return Err(LoadError("its files are gone".to_owned()));
        }
        Ok(Arc::new(Telling { model: model(version), factory: self.clone() }))
    }

    fn fingerprint(&self, _: &EmbedderConfig, version: &ModelVersion) -> Option<Digest> {
        let is_opaque = self.behaviour.lock().unwrap().is_opaque;
        (!is_opaque).then(|| model(version).fingerprint)
    }
}

/// The models `m0` to `m3`, which differ in size.
pub(super) fn model(version: &ModelVersion) -> Model {
    let number = number(version);
    Model {
        version: version.clone(),
        fingerprint: Digest([number; 32]),
        dimensions: Dimensions::new(OF_TEXT + 4 + usize::from(number)).unwrap(),
    }
}

fn number(version: &ModelVersion) -> u8 {
    version.as_str().strip_prefix('m').and_then(|number| number.parse().ok()).unwrap_or(0)
}

/// The number of the model that a vector is of, and the text's own direction.
pub(super) fn told(vector: &Vector) -> (u8, Vec<i8>) {
    let (text, model) = vector.as_slice().split_at(OF_TEXT);
    let scale = text.iter().map(|number| number.abs()).fold(0.0, f32::max);
    let number = model.iter().position(|number| *number > 0.0).unwrap();
    (number as u8, text.iter().map(|number| (number / scale * 4.0).round() as i8).collect())
}

pub(super) fn vector_of(version: &ModelVersion, text: &str) -> Vector {
    let hash = TextHash::of(text).0;
    let mut numbers = vec![0.0; usize::from(model(version).dimensions)];
    for (number, byte) in numbers.iter_mut().zip(&hash[..OF_TEXT]) {
        *number = f32::from(i16::from(byte % 9) - 4);
    }
    numbers[0] = 4.0;
    numbers[OF_TEXT + usize::from(self::number(version))] = 1.0;
    Vector::normalised(numbers).unwrap()
}

impl Embedder for Telling {
    fn model(&self) -> &Model {
        &self.model
    }

    fn embed(&self, texts: &[&str], _: Purpose) -> Result<Vec<Vector>, EmbedError> {
        self.factory.calls.fetch_add(1, Ordering::SeqCst);
        let (pause, poison, panics, is_out) = {
            let behaviour = self.factory.behaviour.lock().unwrap();
            (behaviour.pause, behaviour.poison, behaviour.panics, behaviour.is_out)
        };
        thread::sleep(pause);
        if let Some(after) = is_out {
            return Err(EmbedError::Later { reason: "out of order".to_owned(), after });
        }
        let has = |word: Option<&str>| word.is_some_and(|word| texts.iter().any(|text| text.contains(word)));
        assert!(!has(panics), "the embedder is brought down");
        if has(poison) {
            return Err(EmbedError::Never { reason: "poison".to_owned() });
        }
        self.factory.embedded.fetch_add(texts.len(), Ordering::SeqCst);
        Ok(texts.iter().map(|text| vector_of(&self.model.version, text)).collect())
    }
}
