//! Claims as an encoded `google.protobuf.Value`.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use crate::workload::{Person, department, role, user};

/// What a provider's token for this person would say, in base64.
pub(crate) fn header(person: &Person) -> String {
    let claims = json!({
        "iss": "https://issuer.example",
        "aud": "things",
        "iat": 1_700_000_000,
        "exp": 2_000_000_000,
        "sub": user(person.id),
        "name": "A Person of Some Name",
        "email": format!("{}@people.example", user(person.id)),
        "department": department(person.department),
        "roles": person.roles.iter().copied().map(role).collect::<Vec<_>>(),
    });
    STANDARD.encode(value(&claims))
}

fn value(json: &Value) -> Vec<u8> {
    match json {
        Value::Null => vec![1 << 3, 0],
        Value::Number(number) => {
            let mut bytes = vec![2 << 3 | 1];
            bytes.extend(number.as_f64().unwrap_or_default().to_le_bytes());
            bytes
        }
        Value::String(text) => field(3, text.as_bytes()),
        Value::Bool(bool) => vec![4 << 3, u8::from(*bool)],
        Value::Object(members) => {
            let entry = |(name, member): (&String, &Value)| {
                field(1, &[field(1, name.as_bytes()), field(2, &value(member))].concat())
            };
            field(5, &members.iter().flat_map(entry).collect::<Vec<_>>())
        }
        Value::Array(items) => field(6, &items.iter().flat_map(|item| field(1, &value(item))).collect::<Vec<_>>()),
    }
}

/// A length-delimited field.
fn field(number: u8, content: &[u8]) -> Vec<u8> {
    let mut bytes = vec![number << 3 | 2];
    let mut rest = content.len();
    while rest >= 0x80 {
        bytes.push(u8::try_from(rest & 0x7f).unwrap_or_default() | 0x80);
        rest >>= 7;
    }
    bytes.push(u8::try_from(rest).unwrap_or_default());
    bytes.extend(content);
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_encoded_as_protobuf_has_them() {
        let encoded = value(&json!({"a": [true, "x", 1]}));
        let list =
            [&[0x32, 20, 0x0a, 2, 0x20, 1, 0x0a, 3, 0x1a, 1, b'x', 0x0a, 9, 0x11][..], &1_f64.to_le_bytes()].concat();
        let entry = [&[0x0a, 27, 0x0a, 1, b'a', 0x12, 22][..], &list].concat();
        assert_eq!(encoded, [&[0x2a, 29][..], &entry].concat());
        let (long, content) = (field(1, &[b'y'; 300]), [b'y'; 300]);
        assert_eq!(long, [&[0x0a, 0xac, 0x02][..], &content].concat());
    }
}
