use super::*;
use crate::protobuf::build::{boolean, list, message, null, number, object, string, structure};

fn is_invalid(message: &[u8]) -> bool {
    value(message).is_err()
}

#[test]
fn every_kind_of_value_is_read() {
    let read = struct_fields(&structure(&[
        ("text", string("alice")),
        ("whole", number(1_700_000_000.0)),
        ("part", number(0.5)),
        ("flag", boolean(true)),
        ("nothing", null()),
        ("list", list(&[string("a"), list(&[]), number(-1.0)])),
        ("object", object(&[("roles", list(&[string("editor")]))])),
        ("empty", string("")),
    ]));
    let fields = read.unwrap();
    assert_eq!(fields.get("text"), Some(&Data::from("alice")));
    assert_eq!(fields.get("whole"), Some(&Data::Int(1_700_000_000)));
    assert_eq!(fields.get("part"), Some(&Data::Double(0.5)));
    assert_eq!(fields.get("flag"), Some(&Data::Bool(true)));
    assert_eq!(fields.get("nothing"), Some(&Data::Null));
    let expected = [Data::from("a"), Data::List([].into()), Data::Int(-1)];
    assert_eq!(fields.get("list"), Some(&Data::List(expected.into())));
    assert_eq!(fields.get("empty"), Some(&Data::from("")));
    let Some(Data::Map(object)) = fields.get("object") else { panic!("no object") };
    assert_eq!(object.get("roles"), Some(&Data::List([Data::from("editor")].into())));
}

#[test]
fn a_value_has_exactly_one_kind() {
    assert!(is_invalid(&[]));
    assert!(is_invalid(&[string("a"), string("a")].concat()));
    assert!(is_invalid(&message(7, "unknown")));
    assert!(is_invalid(&object(&[("a", vec![])])));
}

#[test]
fn repeated_names_are_refused_at_every_level() {
    assert!(struct_fields(&structure(&[("a", null()), ("a", null())])).is_err());
    assert!(is_invalid(&object(&[("a", object(&[("b", null()), ("b", null())]))])));
    assert!(entry(&structure(&[("a", null()), ("a", null())]), "a").is_err());
}

#[test]
fn text_that_is_not_utf8_is_refused() {
    assert!(is_invalid(&message(3, [0xff])));
    let name = message(1, [message(1, [0xff]), message(2, null())].concat());
    assert!(is_invalid(&message(5, name)));
}

#[test]
fn depth_is_bounded() {
    let nested = |levels: usize| (1..levels).fold(list(&[]), |inner, _| list(&[inner]));
    assert!(!is_invalid(&nested(MAX_DEPTH)));
    assert!(is_invalid(&nested(MAX_DEPTH + 1)));
    assert!(is_invalid(&nested(5000)));
}

#[test]
fn json_text_is_no_struct() {
    for text in ["{}", r#"{"feed": {"cluster": "c"}}"#, "\n{}", "  {}\n"] {
        assert!(struct_fields(text.as_bytes()).is_err(), "{text}");
    }
}

#[test]
fn no_damage_makes_the_reader_panic() {
    let whole = structure(&[("sub", string("alice")), ("roles", list(&[string("a"), number(1.0)]))]);
    for position in 0..whole.len() {
        let _ = struct_fields(&whole[..position]);
        for bit in 0..8 {
            let mut damaged = whole.clone();
            damaged[position] ^= 1 << bit;
            let _ = struct_fields(&damaged);
        }
    }
}
