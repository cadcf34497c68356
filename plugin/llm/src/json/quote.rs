/// Text as JSON.
#[must_use]
pub fn quoted(text: &str) -> String {
    let mut quoted = String::with_capacity(text.len() + 2);
    quoted.push('"');
    for character in text.chars() {
        match character {
            '"' | '\\' => quoted.extend(['\\', character]),
            '\0'..='\u{1f}' => {
                quoted.push_str("\\u00");
                for digit in [u32::from(character) >> 4, u32::from(character) & 15] {
                    quoted.extend(char::from_digit(digit, 16));
                }
            }
            _ => quoted.push(character),
        }
    }
    quoted.push('"');
    quoted
}
