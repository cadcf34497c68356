use serde::Deserialize;

use crate::Dimensions;

use super::error::{LoadError, LoadProblem};
use super::files::Contents;

/// Most layers, and most numbers in a row of weights. There is none as large, and what is computed stays within bounds.
const MAX_LAYERS: usize = 256;
const MAX_WIDTH: usize = u16::MAX as usize;

/// Most tokens of a text.
const MAX_POSITIONS: usize = 1 << 13;

/// The shape of an encoder, as `config.json` tells it.
#[derive(Debug)]
pub(super) struct Parameters {
    pub(super) dimensions: Dimensions,
    pub(super) vocab_size: usize,
    pub(super) num_hidden_layers: usize,
    pub(super) num_attention_heads: usize,
    pub(super) intermediate_size: usize,
    pub(super) max_position_embeddings: usize,
    pub(super) type_vocab_size: usize,
    pub(super) layer_norm_eps: f64,
}

/// What tells whether the rest can be understood.
#[derive(Debug, Deserialize)]
struct Kind {
    model_type: String,
}

#[derive(Debug, Deserialize)]
struct BertConfig {
    hidden_size: usize,
    vocab_size: usize,
    num_hidden_layers: usize,
    num_attention_heads: usize,
    intermediate_size: usize,
    hidden_act: String,
    max_position_embeddings: usize,
    type_vocab_size: usize,
    #[serde(default = "usual_eps")]
    layer_norm_eps: f64,
    #[serde(default = "usual_positions")]
    position_embedding_type: String,
}

fn usual_eps() -> f64 {
    1e-12
}

fn usual_positions() -> String {
    "absolute".to_owned()
}

impl Parameters {
    pub(super) fn read(file: &Contents) -> Result<Self, LoadError> {
        let wrong = |problem: String| file.wrong(LoadProblem::Setting(problem));
        let Kind { model_type } = file.json()?;
        if model_type != "bert" {
            return Err(wrong(format!("a model of architecture `{model_type}` is not supported; `bert` is")));
        }
        let config: BertConfig = file.json()?;
        if config.hidden_act != "gelu" {
            return Err(wrong(format!("`hidden_act` `{}` is not supported; `gelu` is", config.hidden_act)));
        }
        if config.position_embedding_type != "absolute" {
            let given = &config.position_embedding_type;
            return Err(wrong(format!("`position_embedding_type` `{given}` is not supported; `absolute` is")));
        }
        let bounded = [
            ("hidden_size", config.hidden_size, Dimensions::MOST),
            ("vocab_size", config.vocab_size, u32::MAX as usize),
            ("num_hidden_layers", config.num_hidden_layers, MAX_LAYERS),
            ("num_attention_heads", config.num_attention_heads, MAX_WIDTH),
            ("intermediate_size", config.intermediate_size, MAX_WIDTH),
            ("max_position_embeddings", config.max_position_embeddings, MAX_POSITIONS),
            ("type_vocab_size", config.type_vocab_size, MAX_WIDTH),
        ];
        for (name, given, most) in bounded {
            if !(1..=most).contains(&given) {
                return Err(wrong(format!("`{name}` is {given}, and has to be from 1 to {most}")));
            }
        }
        let (width, heads) = (config.hidden_size, config.num_attention_heads);
        if !width.is_multiple_of(heads) {
            return Err(wrong(format!("`hidden_size` {width} is no multiple of `num_attention_heads` {heads}")));
        }
        if !(0.0..1.0).contains(&config.layer_norm_eps) {
            return Err(wrong(format!("`layer_norm_eps` is {}, and has to be from 0 to 1", config.layer_norm_eps)));
        }
        Ok(Parameters {
            dimensions: Dimensions::new(width).map_err(|error| wrong(format!("`hidden_size`: {error}")))?,
            vocab_size: config.vocab_size,
            num_hidden_layers: config.num_hidden_layers,
            num_attention_heads: heads,
            intermediate_size: config.intermediate_size,
            max_position_embeddings: config.max_position_embeddings,
            type_vocab_size: config.type_vocab_size,
            layer_norm_eps: config.layer_norm_eps,
        })
    }
}
