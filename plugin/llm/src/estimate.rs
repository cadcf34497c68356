//! How many tokens a text has, near enough to hold a budget for it.
//!
//! Tokens are counted by providers alone, each model in its own way. Here each character weighs by its kind of script, in
//! sixteenths of a token:
//!
//! | characters | weight | bytes a token |
//! |---|---|---|
//! | letters of ASCII | 4 | 4 |
//! | space | 2 | 8 |
//! | other ASCII: digits, punctuation, ends of lines | 8 | 2 |
//! | U+0080 to U+00FF: Latin of western Europe | 24 | 1.3 |
//! | U+0100 to U+02FF: more Latin | 28 | 1.1 |
//! | U+0300 to U+03FF: Greek | 16 | 2 |
//! | U+0400 to U+04FF: Cyrillic | 10 | 3.2 |
//! | U+0500 to U+07FF: Armenian, Hebrew, Arabic | 14 | 2.3 |
//! | U+0800 to U+0FFF: Indic, Thai | 18 | 2.7 |
//! | U+1000 to U+2FFF: Georgian, signs | 24 | 2 |
//! | U+3000 to U+3FFF: kana | 18 | 2.7 |
//! | U+4000 to U+FFFF: Chinese, Korean | 20 | 2.4 |
//! | beyond: emoji | 36 | 1.8 |
//!
//! Fitted to OpenAI's vocabularies `cl100k_base` and `o200k_base`, on 40 kB each of messages of programs in 27 languages
//! and of English prose, code, JSON and logs. English and code come out at 0.95 to 1.17 of both; other languages at 0.72
//! to 1.3 of the first, and at 0.9 (Finnish) to 3.3 (Georgian) of the second, which is thriftier. Text without words
//! (base64, hexadecimal digits, tables of decimals) has up to twice what is estimated.

/// Sixteenths of a token.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Weight(u64);

const PER_TOKEN: u64 = 16;

/// What a digit weighs.
const DIGIT: u64 = 8;

/// Weights by the first byte of a character in UTF-8. The bytes after it weigh nothing, so that text may be torn anywhere.
static WEIGHTS: [u8; 256] = weights();

const fn weights() -> [u8; 256] {
    let mut weights = [0; 256];
    let mut byte = 0;
    while byte < 256 {
        #[expect(clippy::cast_possible_truncation, reason = "less than 256")]
        let first = byte as u8;
        #[expect(clippy::indexing_slicing, reason = "less than 256, and at compile time")]
        {
            weights[byte] = match first {
                b'a'..=b'z' | b'A'..=b'Z' => 4,
                b' ' => 2,
                0..=0x7f => 8,
                0x80..=0xbf => 0,
                0xc0..=0xc3 => 24,
                0xc4..=0xcb => 28,
                0xcc..=0xcf => 16,
                0xd0..=0xd3 => 10,
                0xd4..=0xdf => 14,
                0xe0 => 18,
                0xe1 | 0xe2 => 24,
                0xe3 => 18,
                0xe4..=0xef => 20,
                0xf0..=0xff => 36,
            };
        }
        byte += 1;
    }
    weights
}

impl Weight {
    /// This many tokens.
    pub(crate) fn of_tokens(tokens: u64) -> Weight {
        Weight(tokens.saturating_mul(PER_TOKEN))
    }

    /// A number of so many bytes: as text, and no less than a token.
    pub(crate) fn of_number(bytes: usize) -> Weight {
        Weight(u64::try_from(bytes).unwrap_or(u64::MAX).saturating_mul(DIGIT).max(PER_TOKEN))
    }

    /// As many tokens, the last of which may not be full.
    pub(crate) fn tokens(self) -> u64 {
        self.0.div_ceil(PER_TOKEN)
    }

    pub(crate) fn add(&mut self, other: Weight) {
        self.0 = self.0.saturating_add(other.0);
    }

    /// Adds text in UTF-8, torn anywhere.
    pub(crate) fn add_text(&mut self, text: &[u8]) {
        let (eights, rest) = text.as_chunks::<8>();
        let sum: u64 = eights.iter().map(eight).sum();
        let rest: u64 = rest.iter().map(|byte| first(*byte)).sum();
        self.0 = self.0.saturating_add(sum).saturating_add(rest);
    }

    /// Adds a UTF-16 unit; of a character that takes two, all its weight is the first one's.
    pub(crate) fn add_unit(&mut self, unit: u16) {
        let [high, low] = unit.to_be_bytes();
        let weight = match unit {
            0..0x80 => first(low),
            0x80..0x800 => first(0xc0 | high << 2 | low >> 6),
            0xd800..0xdc00 => first(0xf0),
            0xdc00..0xe000 => 0,
            _ => first(0xe0 | high >> 4),
        };
        self.0 = self.0.saturating_add(weight);
    }
}

/// The weight of eight bytes, at once if they are ASCII.
fn eight(bytes: &[u8; 8]) -> u64 {
    const LOW: u64 = u64::from_le_bytes([0x01; 8]);
    const HIGH: u64 = LOW << 7;
    let word = u64::from_le_bytes(*bytes);
    if word & HIGH != 0 {
        return bytes.iter().map(|byte| first(*byte)).sum();
    }
    // No byte is above 0x7f, so that none of these sums goes over into the next one.
    let lower = word | LOW << 5;
    let from_a = lower + LOW * (0x80 - 0x61);
    let beyond_z = lower + LOW * (0x80 - 0x7b);
    let letters = from_a & !beyond_z & HIGH;
    let spaces = !((word ^ LOW << 5) + LOW * 0x7f) & HIGH;
    8 * 8 - 4 * u64::from(letters.count_ones()) - 6 * u64::from(spaces.count_ones())
}

fn first(byte: u8) -> u64 {
    WEIGHTS.get(usize::from(byte)).map_or(0, |weight| u64::from(*weight))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn tokens(text: &str) -> u64 {
        let mut weight = Weight::default();
        weight.add_text(text.as_bytes());
        weight.tokens()
    }

    #[test]
    fn text_has_about_as_many_tokens_as_openai_counts() {
        // Counted with `o200k_base`.
        assert_eq!((tokens(""), tokens("a")), (0, 1));
        for (text, counted) in [
            ("The quick brown fox jumps over the lazy dog.", 10),
            ("fn main() { println!(\"{}\", 1 + 1); }", 13),
            ("Быстрая коричневая лиса прыгает через ленивую собаку.", 20),
            ("敏捷的棕色狐狸跳过了懒狗。", 14),
        ] {
            let estimate = tokens(text);
            assert!(estimate * 10 >= counted * 9 && estimate <= counted * 3, "{text}: {estimate}, {counted}");
        }
    }

    #[test]
    fn eight_bytes_weigh_what_they_weigh_one_by_one() {
        for one in 0..=u8::MAX {
            for other in 0..=u8::MAX {
                let bytes = [one, other, b'a', one, b' ', other, 0x7f, one];
                assert_eq!(eight(&bytes), bytes.iter().map(|byte| first(*byte)).sum::<u64>());
            }
        }
    }

    proptest! {
        #[test]
        fn text_may_be_torn_anywhere_or_be_escaped(text: String, at in 0_usize..64) {
            let mut whole = Weight::default();
            whole.add_text(text.as_bytes());
            let (one, other) = text.as_bytes().split_at(at.min(text.len()));
            let mut torn = Weight::default();
            torn.add_text(one);
            torn.add_text(other);
            prop_assert_eq!(torn, whole);
            let mut escaped = Weight::default();
            text.encode_utf16().for_each(|unit| escaped.add_unit(unit));
            prop_assert_eq!(escaped, whole);
        }
    }
}
