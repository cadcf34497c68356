use std::fmt::Write as _;

/// Text as a header's value: what is not visible ASCII is percent-encoded, and so are `%`, which makes the encoding
/// reversible, and `,`, which separates the items of a list.
pub(super) fn header_value(text: &str) -> String {
    let mut value = String::with_capacity(text.len());
    append(&mut value, text);
    value
}

/// Texts as one header's value, separated by commas.
pub(super) fn header_list<'a>(texts: impl Iterator<Item = &'a str>) -> String {
    let mut value = String::new();
    for text in texts {
        if !value.is_empty() {
            value.push(',');
        }
        append(&mut value, text);
    }
    value
}

fn append(value: &mut String, text: &str) {
    for byte in text.bytes() {
        match byte {
            b'%' | b',' => escape(value, byte),
            b'!'..=b'~' => value.push(char::from(byte)),
            _ => escape(value, byte),
        }
    }
}

fn escape(value: &mut String, byte: u8) {
    // Writing to a string cannot fail.
    let _ = write!(value, "%{byte:02X}");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn visible_ascii_stays_and_everything_else_is_encoded() {
        assert_eq!(header_value("spiffe://prod/orders?a=b"), "spiffe://prod/orders?a=b");
        assert_eq!(header_value("a b\r\nx: y\0é%,"), "a%20b%0D%0Ax:%20y%00%C3%A9%25%2C");
        assert_eq!(header_value("\u{7f}"), "%7F");
    }

    #[test]
    fn a_list_can_be_taken_apart_again() {
        assert_eq!(header_list(["editor", "a,b", "é"].into_iter()), "editor,a%2Cb,%C3%A9");
        assert_eq!(header_list([].into_iter()), "");
    }
}
