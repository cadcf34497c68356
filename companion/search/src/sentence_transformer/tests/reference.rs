//! The forward pass once more: in double precision, one number after the other, as the paper has it.

use super::small::{EPS, HEADS, LAYERS, WIDTH, Weights};

type Row = Vec<f64>;

/// The vectors of tokens.
pub(super) fn encode(weights: &Weights, tokens: &[u32]) -> Vec<Row> {
    let embedding = |table: &str, at: usize| row(weights, &format!("embeddings.{table}.weight"), at);
    let embedded = tokens.iter().enumerate().map(|(position, token)| {
        let word = embedding("word_embeddings", *token as usize);
        let sum = add(&word, &embedding("position_embeddings", position));
        normalise(weights, "embeddings.LayerNorm", &add(&sum, &embedding("token_type_embeddings", 0)))
    });
    let mut rows: Vec<Row> = embedded.collect();
    for layer in 0..LAYERS {
        let name = |part: &str| format!("encoder.layer.{layer}.{part}");
        let all = |part: &str, rows: &[Row]| -> Vec<Row> {
            rows.iter().map(|row| linear(weights, &name(part), row)).collect()
        };
        let queries = all("attention.self.query", &rows);
        let keys = all("attention.self.key", &rows);
        let values = all("attention.self.value", &rows);
        let attended: Vec<Row> = queries.iter().map(|query| attend(query, &keys, &values)).collect();
        let attended = all("attention.output.dense", &attended);
        for (row, attended) in rows.iter_mut().zip(attended) {
            *row = normalise(weights, &name("attention.output.LayerNorm"), &add(row, &attended));
            let wide = linear(weights, &name("intermediate.dense"), row).into_iter().map(gelu).collect::<Row>();
            let narrow = linear(weights, &name("output.dense"), &wide);
            *row = normalise(weights, &name("output.LayerNorm"), &add(row, &narrow));
        }
    }
    rows
}

pub(super) fn mean(rows: &[Row]) -> Row {
    let sum = rows.iter().fold(vec![0.0; WIDTH], |sum, row| add(&sum, row));
    sum.into_iter().map(|number| number / rows.len() as f64).collect()
}

pub(super) fn unit(row: &[f64]) -> Row {
    let length = dot(row, row).sqrt();
    row.iter().map(|number| number / length).collect()
}

fn attend(query: &[f64], keys: &[Row], values: &[Row]) -> Row {
    let size = WIDTH / HEADS;
    let mut attended = Vec::new();
    for head in 0..HEADS {
        let part = |row: &[f64]| row[head * size..][..size].to_vec();
        let query = part(query);
        let scores: Row = keys.iter().map(|key| (dot(&query, &part(key)) / (size as f64).sqrt()).exp()).collect();
        let all: f64 = scores.iter().sum();
        for at in 0..size {
            attended.push(scores.iter().zip(values).map(|(score, value)| score / all * value[head * size + at]).sum());
        }
    }
    attended
}

fn linear(weights: &Weights, name: &str, input: &[f64]) -> Row {
    let bias = &weights[&format!("{name}.bias")].1;
    let weight = format!("{name}.weight");
    bias.iter().enumerate().map(|(at, bias)| dot(&row(weights, &weight, at), input) + f64::from(*bias)).collect()
}

fn normalise(weights: &Weights, name: &str, row: &[f64]) -> Row {
    let mean = row.iter().sum::<f64>() / row.len() as f64;
    let variance = row.iter().map(|number| (number - mean).powi(2)).sum::<f64>() / row.len() as f64;
    let (scale, shift) = (&weights[&format!("{name}.weight")].1, &weights[&format!("{name}.bias")].1);
    let normal = row.iter().map(|number| (number - mean) / (variance + EPS).sqrt());
    normal
        .zip(scale)
        .zip(shift)
        .map(|((number, scale), shift)| number * f64::from(*scale) + f64::from(*shift))
        .collect()
}

fn gelu(number: f64) -> f64 {
    0.5 * number * (1.0 + erf(number / 2.0_f64.sqrt()))
}

/// By Simpson's rule.
fn erf(x: f64) -> f64 {
    const STEPS: usize = 400;
    let width = x / STEPS as f64;
    let sum: f64 = (0..=STEPS)
        .map(|step| {
            let weight = match step {
                0 | STEPS => 1.0,
                step if step % 2 == 1 => 4.0,
                _ => 2.0,
            };
            weight * (-(step as f64 * width).powi(2)).exp()
        })
        .sum();
    sum * width / 3.0 * 2.0 / std::f64::consts::PI.sqrt()
}

fn row(weights: &Weights, name: &str, at: usize) -> Row {
    let (shape, numbers) = &weights[name];
    numbers[at * shape[1]..][..shape[1]].iter().copied().map(f64::from).collect()
}

fn add(a: &[f64], b: &[f64]) -> Row {
    a.iter().zip(b).map(|(a, b)| a + b).collect()
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}
