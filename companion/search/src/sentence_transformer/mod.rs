//! The embedder that reads a model from a local folder, laid out as the sentence-transformers library saves one: a BERT
//! encoder, whose vectors of all tokens are averaged and scaled to unit length.
//!
//! Texts are embedded one at a time. Nothing is padded then, a vector does not depend on what else was asked for, and
//! callers on several threads keep as many processors busy.

mod bert;
mod error;
mod files;
mod lanes;
mod layout;
mod ops;
mod parameters;
#[cfg(test)]
mod tests;
mod tokens;

use std::path::Path;

use candle_core::{DType, Device};
use candle_nn::VarBuilder;

use crate::{EmbedError, Embedder, Model, ModelVersion, Purpose, Vector, fingerprint};
use bert::Bert;
pub use error::{LoadError, LoadProblem};
use files::Folder;
use lanes::Lanes;
use layout::{Layout, Pooling};
use parameters::Parameters;
use tokens::Tokens;

/// Another one of this embedder makes other vectors with the same files.
const FORWARD_VERSION: u32 = 1;

/// Longest weights, in bytes.
const MAX_WEIGHTS: u64 = 4 << 30;

/// Longest tokenizer, in bytes.
const MAX_TOKENIZER: u64 = 128 << 20;

/// Embeds with a model that is in memory.
#[derive(Debug)]
pub struct SentenceTransformer {
    model: Model,
    tokens: Tokens,
    bert: Bert,
    pooling: Pooling,
    lanes: Lanes,
}

impl SentenceTransformer {
    /// Reads a model from its folder: `config.json`, `tokenizer.json` and `model.safetensors`, and what says how they go
    /// together where it is there (`modules.json`, `sentence_bert_config.json`, the configuration of the pooling). Takes as
    /// long as reading and hashing all of it; the weights are in memory twice meanwhile.
    ///
    /// # Errors
    /// If a file is missing, damaged, too long, or asks for what is not supported. The error says which.
    pub fn load(folder: &Path, version: ModelVersion) -> Result<Self, LoadError> {
        let folder = Folder::new(folder);
        let layout = Layout::read(&folder)?;
        let folder = folder.inner(&layout.encoder);

        let config = folder.need("config.json", files::MAX_CONFIG)?;
        let parameters = Parameters::read(&config)?;
        let longest = layout.longest.map_or(parameters.max_position_embeddings, |longest| {
            longest.get().min(parameters.max_position_embeddings)
        });
        let tokenizer = folder.need("tokenizer.json", MAX_TOKENIZER)?;
        let tokens = Tokens::read(&tokenizer, longest, parameters.vocab_size)?;
        let weights = folder.need("model.safetensors", MAX_WEIGHTS)?;

        let fingerprint = fingerprint(
            "sentence-transformer",
            &[
                &FORWARD_VERSION.to_le_bytes(),
                &config.digest(),
                &tokenizer.digest(),
                &weights.digest(),
                layout.pooling.name().as_bytes(),
                &(longest as u64).to_le_bytes(),
            ],
        );
        let (weights, at) = weights.into_parts();
        let unusable = |error| LoadError::new(at.clone(), LoadProblem::weights(error));
        let weights = VarBuilder::from_buffered_safetensors(weights, DType::F32, &Device::Cpu).map_err(unusable)?;
        let bert = Bert::new(&parameters, weights).map_err(unusable)?;
        let model = Model { version, fingerprint, dimensions: parameters.dimensions };
        Ok(SentenceTransformer { model, tokens, bert, pooling: layout.pooling, lanes: Lanes::default() })
    }

    fn vector(&self, text: &str) -> Result<Vector, EmbedError> {
        let never = |reason: String| EmbedError::Never { reason };
        let tokens = self.tokens.of(text).map_err(never)?;
        let encoded = self.bert.encode(&tokens).and_then(|encoded| self.pooling.pool(&encoded));
        let numbers = encoded.map_err(|error| never(error::first_line(&error)))?;
        Vector::normalised(numbers).map_err(|error| never(error.to_string()))
    }
}

impl Embedder for SentenceTransformer {
    fn model(&self) -> &Model {
        &self.model
    }

    fn embed(&self, texts: &[&str], purpose: Purpose) -> Result<Vec<Vector>, EmbedError> {
        self.lanes.run(purpose, || texts.iter().map(|text| self.vector(text)).collect())
    }
}
