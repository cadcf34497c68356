use tollgate_search::ModelVersion;

use super::config::EmbedderConfig;
use super::embedders::Loader;
use super::store::Record;

/// How the model that is configured stands to that of a generation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Comparison {
    Same,
    /// They differ in this.
    Differs(String),
    /// It takes the model itself to tell.
    Unknown,
}

/// Compares what is configured with what a generation was made with, before any model is loaded.
pub(super) fn compare(
    loader: &dyn Loader,
    config: &EmbedderConfig,
    version: &ModelVersion,
    record: &Record,
) -> Comparison {
    if *version != record.model.version {
        return Comparison::Differs(format!(
            "version {version} is configured, and generation {} has {}",
            record.number, record.model.version
        ));
    }
    match (loader.fingerprint(config, version), &record.embedder) {
        (Some(configured), _) if configured == record.model.fingerprint => Comparison::Same,
        (Some(_), Some(embedder)) if embedder == config => {
            Comparison::Differs("this version of the program makes other texts or vectors".to_owned())
        }
        (Some(_), _) => Comparison::Differs("another embedder is configured".to_owned()),
        // What a folder holds can have changed, or stayed the same while it was moved.
        (None, Some(embedder)) if embedder.name() == config.name() => Comparison::Unknown,
        (None, _) => Comparison::Differs("another kind of embedder is configured".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use tokio::runtime::Runtime;
    use tollgate_policy::digest::Digest;
    use tollgate_search::{Dimensions, Model};

    use super::*;
    use crate::embedding::config::Kind;
    use crate::embedding::embedders::Kinds;
    use crate::embedding::generation::Role;

    struct Desk {
        kinds: Kinds,
        _runtime: Runtime,
    }

    impl Desk {
        fn new() -> Self {
            let runtime = Runtime::new().unwrap();
            Desk { kinds: Kinds { runtime: runtime.handle().clone() }, _runtime: runtime }
        }

        fn record(&self, config: &EmbedderConfig, version: &str) -> Record {
            let version: ModelVersion = version.parse().unwrap();
            let fingerprint = self.kinds.fingerprint(config, &version).unwrap();
            let model = Model { version, fingerprint, dimensions: Dimensions::default() };
            Record { number: 1, model, embedder: Some(config.clone()), role: Role::Serving, made: 0 }
        }

        fn compare(&self, config: &EmbedderConfig, version: &str, record: &Record) -> Comparison {
            compare(&self.kinds, config, &version.parse().unwrap(), record)
        }

        fn difference(&self, config: &EmbedderConfig, version: &str, record: &Record) -> String {
            match self.compare(config, version, record) {
                Comparison::Differs(why) => why,
                other => panic!("{other:?}"),
            }
        }
    }

    fn lexical(dimensions: usize) -> EmbedderConfig {
        EmbedderConfig(Kind::Lexical { dimensions: Dimensions::new(dimensions).unwrap() })
    }

    #[test]
    fn another_version_embedder_or_program_is_told_without_loading_anything() {
        let (desk, config) = (Desk::new(), lexical(384));
        let v1 = desk.record(&config, "v1");
        assert_eq!(desk.compare(&config, "v1", &v1), Comparison::Same);
        assert!(desk.difference(&config, "v2", &v1).contains("version v2"));
        assert!(desk.difference(&lexical(256), "v1", &v1).contains("another embedder"));
        let mut older = desk.record(&config, "v1");
        older.model.fingerprint = Digest([0; 32]);
        assert!(desk.difference(&config, "v1", &older).contains("this version of the program"));
    }

    /// Prints what one costs; a bench, not a judgement.
    #[test]
    fn comparing_takes_nothing_but_the_configuration() {
        let (desk, config) = (Desk::new(), lexical(384));
        let v1 = desk.record(&config, "v1");
        let first = Instant::now();
        assert_eq!(desk.compare(&config, "v1", &v1), Comparison::Same);
        let (first, rest) = (first.elapsed(), Instant::now());
        (0..1000).for_each(|_| assert_eq!(desk.compare(&config, "v1", &v1), Comparison::Same));
        println!("the first comparison: {first:?}; another: {:?}", rest.elapsed() / 1000);
    }
}
