use proptest::prelude::*;

use super::Lexical;
use crate::{Dimensions, Embedder, ModelVersion, Purpose, TextHash, Vector, clean};

fn vector(text: &str) -> Vector {
    let lexical = Lexical::default();
    lexical.embed(&[&clean(text)], Purpose::Policy).unwrap().remove(0)
}

fn likeness(a: &str, b: &str) -> f32 {
    vector(a).cosine(&vector(b))
}

#[test]
fn texts_that_share_words_are_near_each_other() {
    let policy = "Editors can edit the documents they own";
    assert!(likeness(policy, policy) > 0.999);
    assert!(likeness(policy, "editing of documents by their owner") > 0.5);
    assert!(likeness("documents", "documenst") > 0.2);
    assert!(likeness(policy, "nurses view hospital beds").abs() < 0.2);
}

#[test]
fn the_order_of_words_makes_no_difference() {
    assert_eq!(vector("invoices approve managers invoices"), vector("managers invoices approve invoices"));
}

#[test]
fn what_a_vector_is_for_makes_no_difference() {
    let lexical = Lexical::default();
    let [policy, query] =
        [Purpose::Policy, Purpose::Query].map(|purpose| lexical.embed(&["invoice"], purpose).unwrap());
    assert_eq!(policy, query);
}

#[test]
fn a_text_without_words_has_a_vector_too() {
    assert_eq!(vector(""), vector("42 – the"));
    assert!(likeness("", "invoices are approved by managers").abs() < 0.3);
}

/// Vectors are kept, and compared with those of later versions and other machines.
#[test]
fn vectors_are_the_same_everywhere_and_always() {
    let bits: Vec<u8> = vector("Editors can edit the documents they own; straße, 文書")
        .as_slice()
        .iter()
        .flat_map(|number| number.to_bits().to_le_bytes())
        .collect();
    let hex: String = bits.iter().map(|byte| format!("{byte:02x}")).collect();
    let digest: String = TextHash::of(&hex).0.iter().map(|byte| format!("{byte:02x}")).collect();
    assert_eq!(
        digest, "f7ba625836db0cead2831ebf227ba81de2837f0c546a982a52d5a045d125c73f",
        "another vector is another LEXICAL_VERSION"
    );
}

#[test]
fn a_model_is_told_by_its_dimensions() {
    let of = |dimensions| Lexical::new(ModelVersion::default(), Dimensions::new(dimensions).unwrap());
    assert_eq!(of(384).model(), Lexical::default().model());
    assert_ne!(of(256).model().fingerprint, of(384).model().fingerprint);
    assert_eq!(of(256).embed(&["invoice"], Purpose::Query).unwrap()[0].dimensions(), 256);
}

proptest! {
    #[test]
    fn every_text_has_a_vector_of_unit_length(text in ".{0,80}", dimensions in 1_usize..64) {
        for dimensions in [dimensions, usize::from(Dimensions::default())] {
            let lexical = Lexical::new(ModelVersion::default(), Dimensions::new(dimensions).unwrap());
            let vector = lexical.embed(&[&clean(&text)], Purpose::Policy).unwrap().remove(0);
            prop_assert!((vector.cosine(&vector) - 1.0).abs() < 1e-4);
        }
    }
}
