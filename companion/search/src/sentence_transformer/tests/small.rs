//! A small model with random weights, in a folder like those that models are published in.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};
use tempfile::TempDir;

pub(super) const WIDTH: usize = 16;
pub(super) const HEADS: usize = 4;
pub(super) const INNER: usize = 40;
pub(super) const LAYERS: usize = 3;
pub(super) const POSITIONS: usize = 32;
pub(super) const LONGEST: usize = 12;
pub(super) const EPS: f64 = 1e-12;

pub(super) const UNKNOWN: u32 = 1;
pub(super) const FIRST: u32 = 2;
pub(super) const LAST: u32 = 3;
const SPECIAL: [&str; 4] = ["[PAD]", "[UNK]", "[CLS]", "[SEP]"];
pub(super) const WORDS: [&str; 9] = ["readers", "of", "finance", "reports", "may", "export", "invoice", "when", "##s"];
const VOCABULARY: usize = SPECIAL.len() + WORDS.len();

pub(super) type Weights = BTreeMap<String, (Vec<usize>, Vec<f32>)>;

/// The model's files; dropped, they are gone.
pub(super) struct Small {
    dir: TempDir,
    pub(super) weights: Weights,
}

impl Small {
    pub(super) fn new() -> Self {
        let small = Small { dir: tempfile::tempdir().unwrap(), weights: weights(7) };
        small.write("config.json", &config());
        small.write("tokenizer.json", &tokenizer());
        small.write("modules.json", &modules("", "1_Pooling"));
        small.write(
            "1_Pooling/config.json",
            &json!({ "pooling_mode_mean_tokens": true, "word_embedding_dimension": WIDTH }),
        );
        small.write("sentence_bert_config.json", &json!({ "max_seq_length": LONGEST, "do_lower_case": false }));
        fs::write(small.path("model.safetensors"), safetensors(&small.weights)).unwrap();
        small
    }

    pub(super) fn folder(&self) -> &Path {
        self.dir.path()
    }

    pub(super) fn path(&self, name: &str) -> PathBuf {
        self.folder().join(name)
    }

    pub(super) fn write(&self, name: &str, value: &Value) {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, value.to_string()).unwrap();
    }

    /// Changes one setting of a file.
    pub(super) fn set(&self, name: &str, key: &str, value: Value) {
        let mut settings: Value = serde_json::from_slice(&fs::read(self.path(name)).unwrap()).unwrap();
        settings[key] = value;
        self.write(name, &settings);
    }
}

/// The token of a word of [`WORDS`].
pub(super) fn token(word: &str) -> u32 {
    let at = WORDS.iter().position(|known| *known == word);
    at.map_or(UNKNOWN, |at| (SPECIAL.len() + at) as u32)
}

pub(super) fn modules(encoder: &str, pooling: &str) -> Value {
    let module =
        |kind: &str, path: &str| json!({ "path": path, "type": format!("sentence_transformers.models.{kind}") });
    json!([module("Transformer", encoder), module("Pooling", pooling), module("Normalize", "2_Normalize")])
}

pub(super) fn config() -> Value {
    json!({
        "architectures": ["BertModel"], "model_type": "bert", "hidden_act": "gelu", "hidden_size": WIDTH,
        "intermediate_size": INNER, "layer_norm_eps": EPS, "max_position_embeddings": POSITIONS,
        "num_attention_heads": HEADS, "num_hidden_layers": LAYERS, "type_vocab_size": 2, "vocab_size": VOCABULARY,
    })
}

/// Saved with a padding and a truncation of its own, as published ones are.
fn tokenizer() -> Value {
    let tokens = SPECIAL.iter().chain(&WORDS).enumerate();
    let vocabulary: serde_json::Map<_, _> = tokens.map(|(id, token)| ((*token).to_owned(), json!(id))).collect();
    let special = |id: usize, token: &str| {
        json!({
            "id": id, "content": token, "special": true, "single_word": false, "lstrip": false, "rstrip": false,
            "normalized": false,
        })
    };
    let added: Vec<_> = SPECIAL.iter().enumerate().map(|(id, token)| special(id, token)).collect();
    let framed = |kind: &str, id: &str| json!({ kind: { "id": id, "type_id": 0 } });
    json!({
        "version": "1.0",
        "truncation": { "max_length": 5, "strategy": "LongestFirst", "stride": 0 },
        "padding": {
            "strategy": { "Fixed": 128 }, "direction": "Right", "pad_to_multiple_of": null, "pad_id": 0,
            "pad_type_id": 0, "pad_token": "[PAD]",
        },
        "added_tokens": added,
        "normalizer": {
            "type": "BertNormalizer", "clean_text": true, "handle_chinese_chars": true, "strip_accents": null,
            "lowercase": true,
        },
        "pre_tokenizer": { "type": "BertPreTokenizer" },
        "post_processor": {
            "type": "TemplateProcessing",
            "single": [framed("SpecialToken", "[CLS]"), framed("Sequence", "A"), framed("SpecialToken", "[SEP]")],
            "pair": [],
            "special_tokens": {
                "[CLS]": { "id": "[CLS]", "ids": [FIRST], "tokens": ["[CLS]"] },
                "[SEP]": { "id": "[SEP]", "ids": [LAST], "tokens": ["[SEP]"] },
            },
        },
        "decoder": null,
        "model": {
            "type": "WordPiece", "unk_token": "[UNK]", "continuing_subword_prefix": "##",
            "max_input_chars_per_word": 100, "vocab": vocabulary,
        },
    })
}

/// Random numbers of every shape that the encoder has, large enough for each of its parts to matter.
pub(super) fn weights(seed: u64) -> Weights {
    let mut state = seed;
    let mut random = move || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 40) as f32 / (1 << 24) as f32 - 0.5
    };
    let mut weights = Weights::new();
    let mut add = |name: &str, shape: &[usize], middle: f32| {
        let numbers = (0..shape.iter().product::<usize>()).map(|_| middle + random()).collect();
        weights.insert(name.to_owned(), (shape.to_vec(), numbers));
    };
    add("embeddings.word_embeddings.weight", &[VOCABULARY, WIDTH], 0.0);
    add("embeddings.position_embeddings.weight", &[POSITIONS, WIDTH], 0.0);
    add("embeddings.token_type_embeddings.weight", &[2, WIDTH], 0.0);
    let mut norms = vec!["embeddings.LayerNorm".to_owned()];
    for layer in 0..LAYERS {
        let layer = format!("encoder.layer.{layer}");
        for (name, to, from) in [
            ("attention.self.query", WIDTH, WIDTH),
            ("attention.self.key", WIDTH, WIDTH),
            ("attention.self.value", WIDTH, WIDTH),
            ("attention.output.dense", WIDTH, WIDTH),
            ("intermediate.dense", INNER, WIDTH),
            ("output.dense", WIDTH, INNER),
        ] {
            add(&format!("{layer}.{name}.weight"), &[to, from], 0.0);
            add(&format!("{layer}.{name}.bias"), &[to], 0.0);
        }
        norms.extend([format!("{layer}.attention.output.LayerNorm"), format!("{layer}.output.LayerNorm")]);
    }
    for norm in norms {
        add(&format!("{norm}.weight"), &[WIDTH], 1.0);
        add(&format!("{norm}.bias"), &[WIDTH], 0.0);
    }
    weights
}

/// The length of the head, the head, and the numbers one after the other.
pub(super) fn safetensors(weights: &Weights) -> Vec<u8> {
    let (mut head, mut numbers) = (serde_json::Map::new(), Vec::new());
    for (name, (shape, values)) in weights {
        let start = numbers.len();
        numbers.extend(values.iter().flat_map(|value| value.to_le_bytes()));
        head.insert(name.clone(), json!({ "dtype": "F32", "shape": shape, "data_offsets": [start, numbers.len()] }));
    }
    let head = Value::from(head).to_string();
    [&(head.len() as u64).to_le_bytes(), head.as_bytes(), &numbers].concat()
}
