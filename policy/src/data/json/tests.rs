use proptest::prelude::*;
use serde_json::Value;

use super::*;

/// What the crate `serde_json` reads, in our terms.
fn reference(value: &Value) -> Data {
    match value {
        Value::Null => Data::Null,
        Value::Bool(value) => Data::Bool(*value),
        Value::Number(number) => match (number.as_i64(), number.as_u64()) {
            (Some(number), _) => Data::Int(number),
            (_, Some(number)) => Data::UInt(number),
            _ => Data::from_double(number.as_f64().unwrap()),
        },
        Value::String(text) => Data::from(&**text),
        Value::Array(items) => Data::List(items.iter().map(reference).collect()),
        Value::Object(members) => {
            let members = members.iter().map(|(name, value)| (name.as_str().into(), reference(value)));
            Data::Map(Fields::new(members.collect()).unwrap())
        }
    }
}

fn agrees(text: &[u8]) -> Result<(), TestCaseError> {
    match (Data::from_json(text), serde_json::from_slice::<Value>(text)) {
        (Ok(ours), Ok(theirs)) => prop_assert_eq!(ours, reference(&theirs)),
        // It takes the last of a repeated key.
        (Err(InvalidJson::RepeatedKey(_)), Ok(_)) | (Err(InvalidJson::Syntax(_)), Err(_)) => {}
        // It stops at the first mistake, and a repeated key may stand before another.
        (Err(InvalidJson::RepeatedKey(_)), Err(_)) => {}
        (ours, theirs) => prop_assert!(false, "{}: {ours:?}, {theirs:?}", text.escape_ascii()),
    }
    Ok(())
}

fn value() -> impl Strategy<Value = Value> {
    let number = prop_oneof![
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        (-1000_i32..1000).prop_map(|number| Value::from(f64::from(number) / 8.0)),
    ];
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        number,
        any::<String>().prop_map(Value::from),
    ];
    leaf.prop_recursive(5, 40, 6, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
            proptest::collection::vec((any::<String>(), inner), 0..6).prop_map(|members| members.into_iter().collect()),
        ]
    })
}

proptest! {
    #[test]
    fn what_is_written_as_json_is_read_as_it_was(value in value(), pretty: bool) {
        let text = if pretty { serde_json::to_vec_pretty(&value) } else { serde_json::to_vec(&value) };
        agrees(&text.unwrap())?;
    }

    #[test]
    fn mistakes_are_mistakes(value in value(), at: proptest::sample::Index, by in r#"[]\[{}",:\\u0-9eE+. a-f-]{0,3}"#) {
        let mut text = serde_json::to_vec(&value).unwrap();
        let at = at.index(text.len());
        text.splice(at..=at, by.into_bytes());
        agrees(&text)?;
    }

    #[test]
    fn numbers_have_the_value_of_their_text(text in "-?[0-9]{1,25}(\\.[0-9]{1,25})?([eE][+-]?[0-9]{1,3})?") {
        agrees(text.as_bytes())?;
    }

    #[test]
    fn strings_have_the_escapes_of_json(text in r#"(\\(["\\/bfnrtu]|u[dD][89a-fA-F][0-9a-f]{2}|u[0-9a-fA-F]{4})|[a\u{e9}\u{1f600}\u{1f}]){0,4}"#) {
        agrees(format!("\"{text}\"").as_bytes())?;
    }

    #[test]
    fn no_bytes_are_too_much(bytes: Vec<u8>) {
        agrees(&bytes)?;
    }
}

#[test]
fn a_repeated_key_is_found_however_it_is_spelt() {
    let text = br#"[{"x":[{"a":1,"b":2,"\u0061":3}]}]"#;
    assert_eq!(Data::from_json(text), Err(InvalidJson::RepeatedKey(DuplicateKey("a".into()))));
}

#[test]
fn mistakes_say_where_they_are() {
    for (text, at) in [("", 0), ("[1,]", 3), (" {\"a\" 1}", 6), ("nul", 0), ("1 1", 2), ("01", 1), ("1e999", 0)] {
        assert_eq!(Data::from_json(text.as_bytes()), Err(InvalidJson::Syntax(at)), "{text}");
    }
    assert_eq!(Data::from_json(b"\"ab\xff\""), Err(InvalidJson::Syntax(3)));
}
