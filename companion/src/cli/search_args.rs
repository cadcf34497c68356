use std::fs;
use std::num::{NonZeroU32, NonZeroUsize};
use std::path::{Path, PathBuf};

use anyhow::{Context, ensure};
use clap::ValueEnum;
use tollgate_search::{ModelVersion, Settings};

use crate::embedding::{CacheLimits, EmbedderConfig, Migrate, SearchConfig};

/// Longest file that describes an embedder, in bytes.
const MAX_FILE: u64 = 64 << 10;

/// How policies are made searchable.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Policy search")]
pub(super) struct SearchArgs {
    /// Folder of what policy search keeps, all of which is made again if it is deleted; without it, beside the state file
    #[arg(long, value_name = "DIR")]
    search: Option<PathBuf>,
    /// What makes vectors of texts: `lexical`, which needs nothing, or a file of YAML or JSON that describes another embedder
    #[arg(long, value_name = "lexical|FILE", default_value = "lexical")]
    embedder: PathBuf,
    /// What the model is called, together with all that belongs to it: letters, digits, dots, underscores and hyphens
    #[arg(long, value_name = "NAME", default_value = "v1")]
    model_version: ModelVersion,
    /// What is done where the vectors that are kept are of another model
    #[arg(long, value_name = "WHEN", default_value = "auto")]
    migrate: When,
    /// Threads that embed, at the lowest priority
    #[arg(long, value_name = "N", default_value = "4")]
    embedding_workers: NonZeroUsize,
    /// Texts that are embedded at once, at most
    #[arg(long, value_name = "N", default_value = "10")]
    embedding_batch: NonZeroUsize,
    /// Vectors that are kept for texts that come again; 0 keeps none
    #[arg(long, value_name = "N", default_value = "10000")]
    embedding_cache: usize,
    /// Neighbours that are looked at for each policy while the index is built
    #[arg(long, value_name = "N", default_value = "200")]
    index_ef_construction: NonZeroU32,
    /// Candidates that a search keeps
    #[arg(long, value_name = "N", default_value = "50")]
    index_ef_search: NonZeroU32,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum When {
    /// They are made again in the background, and serve once they are complete
    Auto,
    /// They serve until `tollgate migrate start`
    Manual,
}

impl SearchArgs {
    /// Beside this state file, unless they say otherwise.
    pub(super) fn config(self, state: &Path) -> anyhow::Result<SearchConfig> {
        let SearchArgs {
            search,
            embedder,
            model_version,
            migrate,
            embedding_workers,
            embedding_batch,
            embedding_cache,
            index_ef_construction,
            index_ef_search,
        } = self;
        ensure!(embedding_workers.get() <= 256, "--embedding-workers {embedding_workers}: 256 are enough");
        ensure!(
            embedding_batch.get() <= 1000,
            "--embedding-batch {embedding_batch}: no more than the queue holds, 1000"
        );
        let default = SearchConfig::beside(state);
        Ok(SearchConfig {
            folder: search.unwrap_or(default.folder),
            embedder: embedder_of(&embedder)?,
            version: model_version,
            migrate: match migrate {
                When::Auto => Migrate::Auto,
                When::Manual => Migrate::Manual,
            },
            workers: embedding_workers,
            batch: embedding_batch,
            queue: default.queue,
            cache: NonZeroUsize::new(embedding_cache).map(|entries| CacheLimits { entries, ..CacheLimits::default() }),
            index: Settings {
                ef_construction: index_ef_construction.get() as usize,
                ef_search: index_ef_search.get() as usize,
            },
        })
    }
}

fn embedder_of(named: &Path) -> anyhow::Result<EmbedderConfig> {
    if named == Path::new("lexical") {
        return Ok(EmbedderConfig::default());
    }
    let name = named.display();
    let length = fs::metadata(named).with_context(|| format!("cannot read the embedder's file `{name}`"))?.len();
    ensure!(length <= MAX_FILE, "the embedder's file `{name}` is longer than {MAX_FILE} bytes");
    let text = fs::read_to_string(named).with_context(|| format!("cannot read the embedder's file `{name}`"))?;
    serde_saphyr::from_str(&text).with_context(|| format!("`{name}` describes no embedder"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> anyhow::Result<EmbedderConfig> {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("embedder.yaml");
        fs::write(&path, text).unwrap();
        embedder_of(&path)
    }

    #[test]
    fn an_embedder_is_described_in_yaml_or_json() {
        assert_eq!(read("kind: lexical").unwrap(), EmbedderConfig::default());
        assert_eq!(read(r#"{"kind": "lexical", "dimensions": 384}"#).unwrap(), EmbedderConfig::default());
        let http =
            "kind: http\nurl: https://api.example.com/v1/embeddings\nmodel: small\ndimensions: 1536\nkey: {env: KEY}\n";
        assert_eq!(read(http).unwrap().name(), "http");
    }

    #[test]
    fn what_describes_no_embedder_is_refused_with_the_reason() {
        for (text, said) in [
            ("kind: unheard-of", "unheard-of"),
            ("kind: lexical\ndimensions: 0", "1 to 8192 dimensions, not 0"),
            ("kind: lexical\ndimensions: 60000", "1 to 8192 dimensions, not 60000"),
            ("kind: lexical\ncolour: red", "colour"),
            (
                "kind: http\nurl: https://api.example.com/v1/embeddings\nmodel: m\ndimensions: 8\nfallback: lexical",
                "fallback",
            ),
            ("dimensions: 8", "kind"),
        ] {
            let error = format!("{:#}", read(text).unwrap_err());
            assert!(error.contains(said) && error.contains("describes no embedder"), "{error}");
        }
        assert!(format!("{:#}", embedder_of(Path::new("/nonexistent")).unwrap_err()).contains("/nonexistent"));
    }
}
