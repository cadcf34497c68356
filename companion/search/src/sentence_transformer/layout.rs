use std::num::NonZeroUsize;
use std::path::{Component, Path, PathBuf};

use candle_core::{Result, Tensor};
use serde::Deserialize;

use super::error::{LoadError, LoadProblem};
use super::files::{Contents, Folder, MAX_CONFIG};

/// How the parts of a model go together.
#[derive(Debug)]
pub(super) struct Layout {
    /// Folder of the encoder, in the model's.
    pub(super) encoder: PathBuf,
    pub(super) pooling: Pooling,
    /// Most tokens of a text, if it says so.
    pub(super) longest: Option<NonZeroUsize>,
}

/// How the vectors of a text's tokens become one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Pooling {
    /// Their mean.
    Mean,
    /// That of the first token, which stands for the whole text.
    First,
}

/// One of `modules.json`.
#[derive(Debug, Deserialize)]
struct Module {
    path: PathBuf,
    r#type: String,
}

/// `config.json` of the pooling; every mode that there is.
#[derive(Debug, Deserialize)]
#[serde(default)]
struct Modes {
    #[serde(rename = "pooling_mode_mean_tokens")]
    mean: bool,
    #[serde(rename = "pooling_mode_cls_token")]
    first: bool,
    #[serde(rename = "pooling_mode_max_tokens")]
    max: bool,
    #[serde(rename = "pooling_mode_mean_sqrt_len_tokens")]
    root: bool,
    #[serde(rename = "pooling_mode_weightedmean_tokens")]
    weighted: bool,
    #[serde(rename = "pooling_mode_lasttoken")]
    last: bool,
}

/// `sentence_bert_config.json`.
#[derive(Debug, Deserialize)]
struct Sentences {
    #[serde(default)]
    max_seq_length: Option<NonZeroUsize>,
    #[serde(default)]
    do_lower_case: bool,
}

impl Default for Modes {
    fn default() -> Self {
        Modes { mean: false, first: false, max: false, root: false, weighted: false, last: false }
    }
}

impl Layout {
    /// A folder without `modules.json` is an encoder alone, whose tokens are averaged.
    pub(super) fn read(folder: &Folder) -> std::result::Result<Self, LoadError> {
        let mut layout = Layout { encoder: PathBuf::new(), pooling: Pooling::Mean, longest: None };
        if let Some(file) = folder.find("modules.json", MAX_CONFIG)? {
            for module in file.json::<Vec<Module>>()? {
                let path = within(module.path, &file)?;
                match module.r#type.rsplit('.').next().unwrap_or_default() {
                    "Transformer" => layout.encoder = path,
                    "Pooling" => layout.pooling = Pooling::read(&folder.inner(&path))?,
                    // Vectors are scaled in any case.
                    "Normalize" => {}
                    other => {
                        let problem = format!(
                            "a module `{other}` is not supported; `Transformer`, `Pooling` and `Normalize` are"
                        );
                        return Err(file.wrong(LoadProblem::Setting(problem)));
                    }
                }
            }
        }
        if let Some(file) = folder.inner(&layout.encoder).find("sentence_bert_config.json", MAX_CONFIG)? {
            let sentences: Sentences = file.json()?;
            if sentences.do_lower_case {
                let problem =
                    "`do_lower_case` is not supported here; a tokenizer that lowers case says so itself".to_owned();
                return Err(file.wrong(LoadProblem::Setting(problem)));
            }
            layout.longest = sentences.max_seq_length;
        }
        Ok(layout)
    }
}

impl Pooling {
    fn read(folder: &Folder) -> std::result::Result<Self, LoadError> {
        let file = folder.need("config.json", MAX_CONFIG)?;
        let modes: Modes = file.json()?;
        match modes {
            Modes { mean: true, first: false, max: false, root: false, weighted: false, last: false } => {
                Ok(Pooling::Mean)
            }
            Modes { mean: false, first: true, max: false, root: false, weighted: false, last: false } => {
                Ok(Pooling::First)
            }
            _ => {
                let problem =
                    "one of `pooling_mode_mean_tokens` and `pooling_mode_cls_token` is supported, and no other mode";
                Err(file.wrong(LoadProblem::Setting(problem.to_owned())))
            }
        }
    }

    pub(super) fn name(self) -> &'static str {
        match self {
            Pooling::Mean => "mean",
            Pooling::First => "first",
        }
    }

    /// Of one vector a token.
    pub(super) fn pool(self, encoded: &Tensor) -> Result<Vec<f32>> {
        match self {
            Pooling::Mean => encoded.mean(0)?.to_vec1(),
            Pooling::First => encoded.get(0)?.to_vec1(),
        }
    }
}

/// A module's folder is in the model's.
fn within(path: PathBuf, file: &Contents) -> std::result::Result<PathBuf, LoadError> {
    let is_within =
        |path: &Path| path.components().all(|part| matches!(part, Component::Normal(_) | Component::CurDir));
    if is_within(&path) {
        return Ok(path);
    }
    let problem = format!("the module folder `{}` is outside of the model's", path.display());
    Err(file.wrong(LoadProblem::Setting(problem)))
}
