use proptest::prelude::*;
use serde_json::Value;

use super::*;

/// All that a scanner tells of a value.
#[derive(Clone, Debug, PartialEq)]
enum Told {
    Null,
    Bool(bool),
    Number(Option<u64>),
    /// UTF-16, since a unit may stand alone.
    Text(Vec<u16>),
    List(Vec<Told>),
    Object(Vec<(String, Told)>),
}

#[derive(Default)]
struct Listener {
    open: Vec<Told>,
    names: Vec<String>,
    text: Option<Vec<u16>>,
    bytes: Vec<u8>,
    root: Option<Told>,
}

impl Listener {
    fn hear(&mut self, token: Token<'_>, name: &[u8]) {
        if !matches!(token, Token::Text(_)) {
            let units: Vec<u16> = String::from_utf8_lossy(&std::mem::take(&mut self.bytes)).encode_utf16().collect();
            if !units.is_empty() {
                self.text.get_or_insert_default().extend(units);
            }
        }
        match token {
            Token::Object => self.open.push(Told::Object(vec![])),
            Token::List => self.open.push(Told::List(vec![])),
            Token::End => {
                let value = self.open.pop().unwrap();
                self.value(value);
            }
            Token::Name => self.names.push(String::from_utf8_lossy(name).into_owned()),
            Token::Text(run) => self.bytes.extend(run),
            Token::Unit(unit) => self.text.get_or_insert_default().push(unit),
            Token::EndText => {
                let text = self.text.take().unwrap_or_default();
                self.value(Told::Text(text));
            }
            Token::Number(number) => self.value(Told::Number(number)),
            Token::Bool(value) => self.value(Told::Bool(value)),
            Token::Null => self.value(Told::Null),
        }
    }

    fn value(&mut self, value: Told) {
        match self.open.last_mut() {
            Some(Told::List(items)) => items.push(value),
            Some(Told::Object(members)) => members.push((self.names.pop().unwrap(), value)),
            _ => assert_eq!(self.root.replace(value), None),
        }
    }
}

/// What is told of a text in these pieces, if it is one value.
fn read<'a>(pieces: impl IntoIterator<Item = &'a [u8]>) -> Result<Option<Told>, Invalid> {
    let mut scanner = Scanner::new(false);
    let mut listener = Listener::default();
    for piece in pieces {
        let mut at = 0;
        while let Some(token) = scanner.next(piece, &mut at)? {
            listener.hear(token, scanner.name(piece));
        }
        assert_eq!(at, piece.len());
    }
    if let Some(token) = scanner.end_line().ok().flatten() {
        listener.hear(token, b"");
    }
    Ok(listener.root.filter(|_| scanner.is_done()))
}

fn agrees(told: &Told, value: &Value) -> bool {
    match (told, value) {
        (Told::Null, Value::Null) => true,
        (Told::Bool(told), Value::Bool(value)) => told == value,
        (Told::Number(told), Value::Number(value)) => match (told, value.as_u64()) {
            (Some(told), Some(value)) => *told == value,
            (Some(told), None) => value.as_f64().unwrap() >= 0.0 && *told as f64 <= value.as_f64().unwrap(),
            // An exponent makes it no whole number.
            (None, value) => value.is_none(),
        },
        (Told::Text(told), Value::String(value)) => told.iter().copied().eq(value.encode_utf16()),
        (Told::List(told), Value::Array(value)) => {
            told.len() == value.len() && told.iter().zip(value).all(|(told, value)| agrees(told, value))
        }
        (Told::Object(told), Value::Object(value)) => {
            // It takes the last of a repeated key. Of a long name we tell the beginning.
            let shown = |name: &str| String::from_utf8_lossy(&name.as_bytes()[..name.len().min(MAX_NAME)]).into_owned();
            value.iter().all(|(name, value)| {
                told.iter().rev().find(|(told, _)| *told == shown(name)).is_some_and(|(_, told)| agrees(told, value))
            })
        }
        _ => false,
    }
}

fn value() -> impl Strategy<Value = Value> {
    let number = prop_oneof![
        any::<u64>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        (0_u32..1000).prop_map(|number| Value::from(f64::from(number) / 8.0)),
    ];
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        number,
        any::<String>().prop_map(Value::from),
        "[ -~]{0,30}".prop_map(Value::from),
    ];
    leaf.prop_recursive(5, 40, 6, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
            proptest::collection::vec(("[a-z_\\\\\"é]{0,20}", inner), 0..6)
                .prop_map(|members| members.into_iter().collect()),
        ]
    })
}

fn written(value: &Value, pretty: bool) -> String {
    if pretty { serde_json::to_string_pretty(value).unwrap() } else { value.to_string() }
}

/// Escapes all that can be escaped within strings.
fn escaped(text: &str) -> String {
    let mut result = String::new();
    let mut characters = text.chars();
    let mut in_string = false;
    while let Some(character) = characters.next() {
        match character {
            '"' => {
                in_string = !in_string;
                result.push('"');
            }
            '\\' => {
                result.push('\\');
                result.extend(characters.next());
            }
            other if in_string => {
                other.encode_utf16(&mut [0; 2]).iter().for_each(|unit| result.push_str(&format!("\\u{unit:04X}")));
            }
            other => result.push(other),
        }
    }
    result
}

proptest! {
    #[test]
    fn what_is_written_as_json_is_told_as_it_was(value in value(), pretty: bool) {
        let text = written(&value, pretty);
        let told = read([text.as_bytes()]).unwrap().unwrap();
        prop_assert!(agrees(&told, &value), "{text}: {told:?}");
        let text = escaped(&text);
        let told = read([text.as_bytes()]).unwrap().unwrap();
        prop_assert!(agrees(&told, &value), "{text}: {told:?}");
    }

    #[test]
    fn pieces_change_nothing(value in value(), size in 1_usize..6, at in 0_usize..200, is_escaped: bool) {
        let text = written(&value, true);
        let text = if is_escaped { escaped(&text) } else { text };
        let whole = read([text.as_bytes()]);
        prop_assert_eq!(&read(text.as_bytes().chunks(size)), &whole);
        let (one, other) = text.as_bytes().split_at(at.min(text.len()));
        prop_assert_eq!(&read([one, other]), &whole);
    }

    #[test]
    fn the_same_bytes_are_json(text in proptest::collection::vec(proptest::sample::select(
        b"{}[]\":,\\0123456789.eE+-truefalsn /ud8c\n\t\x01\xc3\xa9".to_vec()), 0..24)) {
        alike(&text)?;
    }

    #[test]
    fn json_with_a_byte_changed_is_read_alike(value in value(), at: prop::sample::Index, byte: u8) {
        let mut text = value.to_string().into_bytes();
        *at.get_mut(&mut text) = byte;
        alike(&text)?;
    }

    #[test]
    fn a_value_that_is_muted_is_checked_and_not_told(value in value(), size in 1_usize..9) {
        let text = format!("{{\"a\":{value},\"b\":1}}");
        let mut scanner = Scanner::new(false);
        let mut told = Vec::new();
        for piece in text.as_bytes().chunks(size) {
            let mut at = 0;
            while let Some(token) = scanner.next(piece, &mut at).unwrap() {
                told.push(format!("{token:?}"));
                if token == Token::Name && scanner.name(piece) == b"a" {
                    scanner.mute(piece, &mut at);
                }
            }
        }
        prop_assert_eq!(told, ["Object", "Name", "Name", "Number(Some(1))", "End"]);
        prop_assert!(scanner.is_done());
    }
}

/// `serde_json` takes the same bytes, but for what is not ours to refuse.
fn alike(text: &[u8]) -> Result<(), TestCaseError> {
    match (read([text]), serde_json::from_slice::<Value>(text)) {
        (Ok(Some(told)), Ok(value)) => prop_assert!(agrees(&told, &value), "{}", text.escape_ascii()),
        (Ok(Some(_)), Err(error)) => {
            let error = error.to_string();
            let ours = ["surrogate", "hex escape", "out of range", "unicode code point"];
            prop_assert!(ours.iter().any(|part| error.contains(part)), "{}: {error}", text.escape_ascii());
        }
        (Ok(None) | Err(_), Err(_)) => {}
        (told, Ok(_)) => prop_assert!(false, "{}: {told:?}", text.escape_ascii()),
    }
    Ok(())
}

#[test]
fn depth_is_bounded() {
    let nested = |depth: usize| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
    assert!(read([nested(MAX_DEPTH).as_bytes()]).unwrap().is_some());
    assert_eq!(read([nested(MAX_DEPTH + 1).as_bytes()]), Err(Invalid::TooDeep));
    assert_eq!(read(["{\"a\":".repeat(100_000).as_bytes()]), Err(Invalid::TooDeep));
}

#[test]
fn numbers_are_whole_or_not() {
    for (text, expected) in [
        ("0", Some(0)),
        ("12", Some(12)),
        ("12.000", Some(12)),
        ("18446744073709551615", Some(u64::MAX)),
        ("18446744073709551616", Some(u64::MAX)),
        ("999999999999999999999999999999", Some(u64::MAX)),
        ("12.5", None),
        ("-1", None),
        ("-0", None),
        ("1e3", None),
        ("1E-3", None),
    ] {
        assert_eq!(read([text.as_bytes()]), Ok(Some(Told::Number(expected))), "{text}");
    }
    for text in ["01", "+1", "1.", ".5", "1e", "1e+", "-", "--1", "NaN", "Infinity", "-Infinity", "0x10", "1_000"] {
        assert_eq!(read([text.as_bytes()]).unwrap_or(None), None, "{text}");
    }
}

#[test]
fn ends_of_lines_are_left_to_the_caller_who_asks_for_them() {
    let mut scanner = Scanner::new(true);
    let mut at = 0;
    let mut tokens = 0;
    let text = b"{\"a\":12\n}";
    while let Some(_token) = scanner.next(text, &mut at).unwrap() {
        tokens += 1;
    }
    // The number ends where its line does.
    assert_eq!((tokens, at), (3, 7));
    at += 1;
    assert_eq!(scanner.next(text, &mut at), Ok(Some(Token::End)));
    assert!(scanner.is_done());

    let mut scanner = Scanner::new(true);
    let mut at = 0;
    assert_eq!(scanner.next(b"\"ab\ncd", &mut at), Ok(Some(Token::Text(b"ab"))));
    assert_eq!(scanner.next(b"\"ab\ncd", &mut at), Ok(None));
    assert_eq!((at, scanner.end_line()), (3, Err(Invalid::Syntax)));
}
