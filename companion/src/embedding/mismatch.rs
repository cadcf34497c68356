use tollgate_search::ModelVersion;

use super::config::EmbedderConfig;
use super::embedders;
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
pub(super) fn compare(config: &EmbedderConfig, version: &ModelVersion, record: &Record) -> Comparison {
    if *version != record.model.version {
        return Comparison::Differs(format!(
            "version {version} is configured, and generation {} has {}",
            record.number, record.model.version
        ));
    }
    match (embedders::fingerprint(config, version), &record.embedder) {
        (Some(configured), _) if configured == record.model.fingerprint => Comparison::Same,
        (Some(_), Some(embedder)) if embedder == config => {
            Comparison::Differs("this version of the program makes other texts or vectors".to_owned())
        }
        (Some(_), _) => Comparison::Differs("another embedder is configured".to_owned()),
        // What a folder holds can have changed, or stayed the same while it was moved.
        (None, Some(embedder)) if embedder.0.name() == config.0.name() => Comparison::Unknown,
        (None, _) => Comparison::Differs("another kind of embedder is configured".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use std::num::NonZeroU16;
    use std::time::Instant;

    use tollgate_policy::digest::Digest;
    use tollgate_search::Model;

    use super::*;
    use crate::embedding::config::Kind;
    use crate::embedding::generation::Role;

    fn lexical(dimensions: u16) -> EmbedderConfig {
        EmbedderConfig(Kind::Lexical { dimensions: NonZeroU16::new(dimensions).unwrap() })
    }

    fn record(config: &EmbedderConfig, version: &str) -> Record {
        let version: ModelVersion = version.parse().unwrap();
        let fingerprint = embedders::fingerprint(config, &version).unwrap();
        let model = Model { version, fingerprint, dimensions: NonZeroU16::new(384).unwrap() };
        Record { number: 1, model, embedder: Some(config.clone()), role: Role::Serving, made: 0 }
    }

    #[test]
    fn another_version_embedder_or_program_is_told_without_loading_anything() {
        let (config, v1) = (lexical(384), "v1".parse().unwrap());
        assert_eq!(compare(&config, &v1, &record(&config, "v1")), Comparison::Same);
        let differs = |comparison| match comparison {
            Comparison::Differs(why) => why,
            other => panic!("{other:?}"),
        };
        assert!(differs(compare(&config, &"v2".parse().unwrap(), &record(&config, "v1"))).contains("version v2"));
        assert!(differs(compare(&lexical(256), &v1, &record(&config, "v1"))).contains("another embedder"));
        let mut older = record(&config, "v1");
        older.model.fingerprint = Digest([0; 32]);
        assert!(differs(compare(&config, &v1, &older)).contains("this version of the program"));
    }

    #[test]
    fn comparing_costs_microseconds() {
        let (config, v1) = (lexical(384), "v1".parse().unwrap());
        let record = record(&config, "v1");
        let start = Instant::now();
        (0..1000).for_each(|_| assert_eq!(compare(&config, &v1, &record), Comparison::Same));
        println!("one comparison: {:?}", start.elapsed() / 1000);
    }
}
