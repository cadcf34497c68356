mod reference;
mod small;

use std::collections::BTreeSet;
use std::fs;

use serde_json::{Value, json};
use small::{FIRST, LAST, LONGEST, POSITIONS, Small, WIDTH, WORDS, token};

use super::{LoadError, LoadProblem, SentenceTransformer};
use crate::{EmbedError, Embedder, ModelVersion, Purpose, Vector};

/// How far a number of a vector may be from the reference's.
const TOLERANCE: f64 = 1e-5;

fn load(small: &Small) -> Result<SentenceTransformer, LoadError> {
    SentenceTransformer::load(small.folder(), ModelVersion::default())
}

fn embed(model: &SentenceTransformer, texts: &[&str]) -> Vec<Vector> {
    model.embed(texts, Purpose::Policy).unwrap()
}

/// As many words as that.
fn text(words: usize) -> String {
    (0..words).map(|word| WORDS[word * 5 % 8]).collect::<Vec<_>>().join(" ")
}

/// Of a text of known words, in a model that takes that many tokens.
fn tokens(text: &str, longest: usize) -> Vec<u32> {
    let words = text.split_whitespace().map(token).take(longest - 2);
    [FIRST].into_iter().chain(words).chain([LAST]).collect()
}

fn assert_is(vector: &Vector, wanted: &[f64]) {
    assert_eq!(vector.dimensions(), wanted.len());
    for (given, wanted) in vector.as_slice().iter().zip(wanted) {
        assert!((f64::from(*given) - wanted).abs() < TOLERANCE, "{vector:?}\n{wanted:?}");
    }
}

fn assert_is_of(small: &Small, vector: &Vector, tokens: &[u32]) {
    let encoded = reference::encode(&small.weights, tokens);
    assert_is(vector, &reference::unit(&reference::mean(&encoded)));
}

fn refusal(small: &Small) -> LoadError {
    load(small).map(|_| ()).unwrap_err()
}

#[test]
fn vectors_are_those_of_the_plain_forward_pass() {
    let small = Small::new();
    let model = load(&small).unwrap();
    assert_eq!(model.model().dimensions.get(), WIDTH as u16);
    for words in [0, 1, 2, 3, 7, LONGEST - 2] {
        let text = text(words);
        assert_is_of(&small, &embed(&model, &[&text])[0], &tokens(&text, LONGEST));
    }
}

#[test]
fn a_vector_does_not_depend_on_what_else_is_embedded() {
    let small = Small::new();
    let model = load(&small).unwrap();
    let texts: Vec<String> = [9, 0, 3, 30, 1, 9].map(text).into();
    let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
    let together = embed(&model, &texts);
    assert_eq!(together.len(), texts.len());
    for (text, vector) in texts.iter().zip(&together) {
        assert_eq!(embed(&model, &[text]), [vector.clone()]);
        assert_eq!(model.embed(&[text], Purpose::Query).unwrap(), [vector.clone()]);
    }
    assert_eq!(embed(&model, &[]), []);
}

#[test]
fn a_longer_text_is_cut_and_keeps_its_last_special_token() {
    let small = Small::new();
    let model = load(&small).unwrap();
    for words in [LONGEST - 1, LONGEST, 200] {
        let text = text(words);
        assert_is_of(&small, &embed(&model, &[&text])[0], &tokens(&text, LONGEST));
    }
    assert_eq!(tokens(&text(200), LONGEST).len(), LONGEST);
}

#[test]
fn a_model_that_does_not_say_how_long_texts_may_be_takes_as_many_tokens_as_it_has_positions() {
    let small = Small::new();
    fs::remove_file(small.path("sentence_bert_config.json")).unwrap();
    let model = load(&small).unwrap();
    let text = text(100);
    assert_is_of(&small, &embed(&model, &[&text])[0], &tokens(&text, POSITIONS));
    small.write("sentence_bert_config.json", &json!({ "max_seq_length": 100 }));
    assert_eq!(embed(&load(&small).unwrap(), &[&text]), embed(&model, &[&text]));
}

#[test]
fn unknown_words_case_and_parts_of_words_are_the_tokenizers_business() {
    let small = Small::new();
    let model = load(&small).unwrap();
    let cases: [(&str, &[u32]); 3] = [
        ("zebra of", &[FIRST, small::UNKNOWN, token("of"), LAST]),
        ("READERS", &[FIRST, token("readers"), LAST]),
        ("invoices [SEP]", &[FIRST, token("invoice"), token("##s"), LAST, LAST]),
    ];
    for (text, tokens) in cases {
        assert_is_of(&small, &embed(&model, &[text])[0], tokens);
    }
}

#[test]
fn the_first_token_stands_for_all_where_the_model_says_so() {
    let small = Small::new();
    let mean = load(&small).unwrap();
    small.set("1_Pooling/config.json", "pooling_mode_mean_tokens", json!(false));
    small.set("1_Pooling/config.json", "pooling_mode_cls_token", json!(true));
    let first = load(&small).unwrap();
    let text = text(4);
    let encoded = reference::encode(&small.weights, &tokens(&text, LONGEST));
    assert_is(&embed(&first, &[&text])[0], &reference::unit(&encoded[0]));
    assert_ne!(first.model().fingerprint, mean.model().fingerprint);
}

#[test]
fn an_encoder_can_be_alone_in_a_folder_of_its_own_or_a_part_of_something_larger() {
    let small = Small::new();
    let wanted = load(&small).unwrap();

    let alone = Small::new();
    fs::remove_file(alone.path("modules.json")).unwrap();
    assert_eq!(load(&alone).unwrap().model(), wanted.model());

    let inner = Small::new();
    fs::create_dir(inner.path("0_Transformer")).unwrap();
    for name in ["config.json", "tokenizer.json", "model.safetensors", "sentence_bert_config.json"] {
        fs::rename(inner.path(name), inner.path(&format!("0_Transformer/{name}"))).unwrap();
    }
    inner.write("modules.json", &small::modules("0_Transformer", "1_Pooling"));
    assert_eq!(load(&inner).unwrap().model(), wanted.model());

    let part = Small::new();
    let named = part.weights.iter().map(|(name, tensor)| (format!("bert.{name}"), tensor.clone())).collect();
    fs::write(part.path("model.safetensors"), small::safetensors(&named)).unwrap();
    assert_eq!(embed(&load(&part).unwrap(), &["reports"]), embed(&wanted, &["reports"]));
}

#[test]
fn a_model_is_told_apart_by_all_that_its_vectors_depend_on() {
    let fingerprint = |change: &dyn Fn(&Small)| {
        let small = Small::new();
        change(&small);
        load(&small).unwrap().model().fingerprint
    };
    let plain = fingerprint(&|_| {});
    assert_eq!(plain, fingerprint(&|_| {}));
    let changes: [&dyn Fn(&Small); 4] = [
        &|small| fs::write(small.path("model.safetensors"), small::safetensors(&small::weights(8))).unwrap(),
        &|small| small.set("config.json", "layer_norm_eps", json!(1e-5)),
        &|small| small.set("tokenizer.json", "normalizer", Value::Null),
        &|small| small.set("sentence_bert_config.json", "max_seq_length", json!(11)),
    ];
    let all: BTreeSet<_> = changes.iter().map(|change| fingerprint(change)).chain([plain]).collect();
    assert_eq!(all.len(), changes.len() + 1);
}

#[test]
fn many_threads_get_the_same_vectors() {
    let small = Small::new();
    let model = load(&small).unwrap();
    let texts: Vec<String> = (0..20).map(text).collect();
    let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
    let wanted = embed(&model, &texts);
    std::thread::scope(|scope| {
        for number in 0..8 {
            let purpose = if number % 2 == 0 { Purpose::Policy } else { Purpose::Query };
            let (model, texts, wanted) = (&model, &texts, &wanted);
            scope.spawn(move || assert_eq!(model.embed(texts, purpose).unwrap(), *wanted));
        }
    });
}

#[test]
fn each_file_that_is_needed_is_named_when_it_is_not_there() {
    for name in ["config.json", "tokenizer.json", "model.safetensors", "1_Pooling/config.json"] {
        let small = Small::new();
        fs::remove_file(small.path(name)).unwrap();
        let error = refusal(&small);
        assert_eq!(error.path(), small.path(name));
        assert!(matches!(error.problem(), LoadProblem::Read(_)), "{error}");
    }
}

#[test]
fn each_file_that_is_damaged_is_named_with_what_is_wrong() {
    for name in [
        "config.json",
        "tokenizer.json",
        "model.safetensors",
        "modules.json",
        "1_Pooling/config.json",
        "sentence_bert_config.json",
    ] {
        for damage in [&b""[..], b"{", b"[]", b"\xff\xff\xff\xff\xff\xff\xff\x7f{}", b"\x02\0\0\0\0\0\0\0{}"] {
            let small = Small::new();
            // A list of no modules is one, and one of no settings passes for settings.
            if damage == b"[]" && ["modules.json", "sentence_bert_config.json"].contains(&name) {
                continue;
            }
            fs::write(small.path(name), damage).unwrap();
            let error = refusal(&small);
            assert_eq!(error.path(), small.path(name), "{error}");
            assert!(!error.to_string().contains('\n'), "{error}");
        }
    }
    let small = Small::new();
    let whole = fs::read(small.path("model.safetensors")).unwrap();
    fs::write(small.path("model.safetensors"), &whole[..whole.len() - 1]).unwrap();
    assert!(matches!(refusal(&small).problem(), LoadProblem::Weights(_)));
}

#[test]
fn weights_that_are_not_those_of_the_configuration_are_refused() {
    let small = Small::new();
    let mut weights = small.weights.clone();
    weights.remove("encoder.layer.1.output.dense.bias");
    fs::write(small.path("model.safetensors"), small::safetensors(&weights)).unwrap();
    let error = refusal(&small).to_string();
    assert!(error.contains("encoder.layer.1.output.dense.bias"), "{error}");

    let small = Small::new();
    small.set("config.json", "intermediate_size", json!(41));
    let error = refusal(&small).to_string();
    assert!(error.contains("model.safetensors") && error.contains("41"), "{error}");
}

#[test]
fn what_is_not_supported_is_refused_and_named() {
    for (file, key, value, said) in [
        ("config.json", "model_type", json!("mpnet"), "architecture `mpnet`"),
        ("config.json", "hidden_act", json!("relu"), "`hidden_act` `relu`"),
        ("config.json", "position_embedding_type", json!("relative_key"), "`relative_key`"),
        ("config.json", "num_attention_heads", json!(3), "no multiple of `num_attention_heads` 3"),
        ("config.json", "num_attention_heads", json!(0), "`num_attention_heads` is 0"),
        ("config.json", "num_hidden_layers", json!(1_000_000), "`num_hidden_layers` is 1000000"),
        ("config.json", "layer_norm_eps", json!(-1), "`layer_norm_eps` is -1"),
        ("config.json", "vocab_size", json!(6), "and the model has 6"),
        ("config.json", "hidden_size", json!("wide"), "is damaged"),
        ("config.json", "hidden_size", json!(8200), "`hidden_size` is 8200"),
        ("1_Pooling/config.json", "pooling_mode_max_tokens", json!(true), "no other mode"),
        ("sentence_bert_config.json", "do_lower_case", json!(true), "`do_lower_case`"),
        ("sentence_bert_config.json", "max_seq_length", json!(2), "frames a text with 2 tokens"),
    ] {
        let small = Small::new();
        small.set(file, key, value);
        let error = refusal(&small).to_string();
        assert!(error.contains(said), "{file} {key}: {error}");
    }
    for (modules, said) in [
        (json!([{ "path": "", "type": "sentence_transformers.models.Dense" }]), "a module `Dense`"),
        (json!([{ "path": "../x", "type": "a.Transformer" }]), "outside"),
        (json!([{ "path": "/etc", "type": "a.Pooling" }]), "outside"),
    ] {
        let small = Small::new();
        small.write("modules.json", &modules);
        let error = refusal(&small).to_string();
        assert!(error.contains(said) && error.contains("modules.json"), "{error}");
    }
}

#[test]
fn weights_that_make_no_vector_are_an_error_and_no_vector() {
    let mut small = Small::new();
    let (_, numbers) = small.weights.get_mut("encoder.layer.2.output.LayerNorm.bias").unwrap();
    numbers[3] = f32::NAN;
    fs::write(small.path("model.safetensors"), small::safetensors(&small.weights)).unwrap();
    let error = load(&small).unwrap().embed(&["reports"], Purpose::Policy).unwrap_err();
    assert!(matches!(&error, EmbedError::Never { reason } if reason.contains("finite")), "{error}");
}
