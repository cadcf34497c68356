use candle_core::{Device, Error, Module, Result, Tensor};
use candle_nn::{LayerNorm, VarBuilder, layer_norm, ops::softmax_last_dim};

use super::ops::{biased, biased_gelu, turned_onto};
use super::parameters::Parameters;

/// An encoder, in memory.
///
/// The vectors of a text's tokens are rows where they are normalised and columns where they are multiplied: a product of
/// weights and columns reads the weights in the order in which they lie, once, and without packing them first, which takes
/// longer than the product itself for texts as short as these.
#[derive(Debug)]
pub(super) struct Bert {
    words: Rows,
    /// Of each position, and of the one type that all tokens have.
    positions: Rows,
    norm: LayerNorm,
    layers: Vec<Layer>,
    heads: usize,
}

#[derive(Debug)]
struct Layer {
    /// Queries, keys and values, one below the other; queries are scaled.
    attention: Linear,
    attended: Linear,
    attention_norm: LayerNorm,
    wide: Linear,
    narrow: Linear,
    norm: LayerNorm,
}

#[derive(Debug)]
struct Linear {
    weight: Tensor,
    bias: Tensor,
}

/// Vectors to be looked up.
#[derive(Debug)]
struct Rows {
    width: usize,
    numbers: Vec<f32>,
}

impl Bert {
    pub(super) fn new(parameters: &Parameters, weights: VarBuilder<'_>) -> Result<Self> {
        // Some encoders were saved as a part of something larger.
        let weights = match weights.contains_tensor("bert.embeddings.word_embeddings.weight") {
            true => weights.pp("bert"),
            false => weights,
        };
        let (width, eps) = (usize::from(parameters.dimensions), parameters.layer_norm_eps);
        let embeddings = weights.pp("embeddings");
        let table = |size, name| embeddings.get((size, width), name);
        let words = Rows::new(&table(parameters.vocab_size, "word_embeddings.weight")?)?;
        let positions = table(parameters.max_position_embeddings, "position_embeddings.weight")?;
        let types = table(parameters.type_vocab_size, "token_type_embeddings.weight")?;
        let positions = Rows::new(&positions.broadcast_add(&types.get(0)?)?)?;
        let norm = layer_norm(width, eps, embeddings.pp("LayerNorm"))?;
        let layers = (0..parameters.num_hidden_layers)
            .map(|number| Layer::new(parameters, width, weights.pp("encoder.layer").pp(number)))
            .collect::<Result<_>>()?;
        Ok(Bert { words, positions, norm, layers, heads: parameters.num_attention_heads })
    }

    /// One row for each token.
    pub(super) fn encode(&self, tokens: &[u32]) -> Result<Tensor> {
        let width = self.words.width;
        let mut numbers = Vec::with_capacity(tokens.len() * width);
        for (position, token) in tokens.iter().enumerate() {
            let (word, position) = (self.words.get(*token as usize)?, self.positions.get(position)?);
            numbers.extend(word.iter().zip(position).map(|(a, b)| a + b));
        }
        let rows = Tensor::from_vec(numbers, (tokens.len(), width), &Device::Cpu)?;
        self.layers.iter().try_fold(self.norm.forward(&rows)?, |rows, layer| layer.forward(&rows, self.heads))
    }
}

impl Layer {
    fn new(parameters: &Parameters, width: usize, weights: VarBuilder<'_>) -> Result<Self> {
        let linear = |name: &str, from, to| Linear::new(&weights.pp(name), from, to);
        let norm = |name: &str| layer_norm(width, parameters.layer_norm_eps, weights.pp(name));
        let scale = ((width / parameters.num_attention_heads) as f64).sqrt().recip();
        let parts = [
            linear("attention.self.query", width, width)?.scaled(scale)?,
            linear("attention.self.key", width, width)?,
            linear("attention.self.value", width, width)?,
        ];
        Ok(Layer {
            attention: Linear::stacked(&parts)?,
            attended: linear("attention.output.dense", width, width)?,
            attention_norm: norm("attention.output.LayerNorm")?,
            wide: linear("intermediate.dense", width, parameters.intermediate_size)?,
            narrow: linear("output.dense", parameters.intermediate_size, width)?,
            norm: norm("output.LayerNorm")?,
        })
    }

    fn forward(&self, rows: &Tensor, heads: usize) -> Result<Tensor> {
        let attended = self.attend(rows, heads)?;
        let Linear { weight, bias } = &self.attended;
        let rows = self.attention_norm.forward(&turned_onto(&weight.matmul(&attended)?, bias, rows)?)?;
        let Linear { weight, bias } = &self.wide;
        let wide = biased_gelu(&weight.matmul(&rows.t()?)?, bias)?;
        let Linear { weight, bias } = &self.narrow;
        self.norm.forward(&turned_onto(&weight.matmul(&wide)?, bias, &rows)?)
    }

    /// Columns of what each token takes from the others.
    fn attend(&self, rows: &Tensor, heads: usize) -> Result<Tensor> {
        let (tokens, width) = rows.dims2()?;
        let Linear { weight, bias } = &self.attention;
        let parts = biased(&weight.matmul(&rows.t()?)?, bias)?.reshape((3, heads, width / heads, tokens))?;
        let (queries, keys, values) = (parts.get(0)?, parts.get(1)?, parts.get(2)?);
        let attention = softmax_last_dim(&queries.t()?.matmul(&keys)?)?;
        values.matmul(&attention.t()?)?.reshape((width, tokens))
    }
}

impl Linear {
    fn new(weights: &VarBuilder<'_>, from: usize, to: usize) -> Result<Self> {
        Ok(Linear { weight: weights.get((to, from), "weight")?, bias: weights.get(to, "bias")? })
    }

    fn scaled(self, scale: f64) -> Result<Self> {
        Ok(Linear { weight: (self.weight * scale)?, bias: (self.bias * scale)? })
    }

    fn stacked(parts: &[Linear]) -> Result<Self> {
        let of = |part: fn(&Linear) -> &Tensor| Tensor::cat(&parts.iter().map(part).collect::<Vec<_>>(), 0);
        Ok(Linear { weight: of(|part| &part.weight)?, bias: of(|part| &part.bias)? })
    }
}

impl Rows {
    fn new(table: &Tensor) -> Result<Self> {
        let (_, width) = table.dims2()?;
        Ok(Rows { width, numbers: table.flatten_all()?.to_vec1()? })
    }

    fn get(&self, at: usize) -> Result<&[f32]> {
        let row = self.numbers.get(at * self.width..).and_then(|rest| rest.get(..self.width));
        row.ok_or_else(|| Error::msg(format!("there is no row {at} in a table of the model")))
    }
}
