use std::borrow::Cow;

use tollgate_policy::identifier;
use unicode_normalization::{UnicodeNormalization, is_nfc};

use super::boilerplate::{is_common, is_of_conditions};
use super::spaceless;

/// Most bytes of a cleaned text; further words are left out.
const MAX_CLEANED: usize = 8192;
/// Longest word, in bytes; a longer one is no word.
const MAX_WORD: usize = 64;
/// Longest word of letters and digits mixed that is no id: `k8s`, `b2b`, `ipv6`; four hexadecimal digits are a part of one.
const MAX_MIXED: usize = 4;

/// What a text is of.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Of {
    Text,
    /// A condition in words.
    Condition,
}

/// Leaves what tells texts apart, as words in small letters with a space between them: identifiers are split, and words
/// that stand in every policy, ids and numbers are dropped. Clean text stays as it is. For the text of a query; a policy
/// has [`cleaned`](super::PolicyText::cleaned) text already.
#[must_use]
pub fn clean(text: &str) -> String {
    let mut cleaned = String::new();
    add(text, Of::Text, &mut cleaned);
    cleaned
}

/// Cleans a text to the end of what was cleaned before.
pub(super) fn add(text: &str, of: Of, cleaned: &mut String) {
    for word in identifier::words(&composed(text)) {
        let is_added = match spaceless::is_in(word) {
            true => spaceless::pieces(word).all(|piece| add_word(without_marks(piece), of, cleaned)),
            false => add_word(word, of, cleaned),
        };
        if !is_added {
            return;
        }
    }
}

/// Marks that belong to a character before a word begin none.
fn without_marks(word: &str) -> &str {
    word.trim_start_matches(|character: char| !character.is_alphanumeric())
}

/// A letter and its marks are one character, however the text was typed.
fn composed(text: &str) -> Cow<'_, str> {
    match text.is_ascii() || is_nfc(text) {
        true => text.into(),
        false => text.nfc().collect::<String>().into(),
    }
}

/// `false` where there is no room for the word.
fn add_word(word: &str, of: Of, cleaned: &mut String) -> bool {
    if word.is_empty() || word.len() > MAX_WORD {
        return true;
    }
    let before = cleaned.len();
    if before > 0 {
        cleaned.push(' ');
    }
    let start = cleaned.len();
    match word.is_ascii() {
        true => cleaned.extend(word.bytes().map(|byte| char::from(byte.to_ascii_lowercase()))),
        false => cleaned.extend(word.chars().flat_map(char::to_lowercase)),
    }
    let kept = cleaned.get(start..).map_or(0, telling);
    cleaned.truncate(start + kept);
    let word = cleaned.get(start..).unwrap_or_default();
    if word.is_empty() || is_common(word) || (of == Of::Condition && is_of_conditions(word)) {
        cleaned.truncate(before);
    }
    let fits = cleaned.len() <= MAX_CLEANED;
    if !fits {
        cleaned.truncate(before);
    }
    fits
}

/// How many bytes of a word tell something: none of a number or an id, and not the number of a counted thing (`team42`).
fn telling(word: &str) -> usize {
    let is_letter = |character: char| !character.is_numeric();
    if word.chars().all(is_letter) {
        return if word.chars().nth(1).is_some() || !word.is_ascii() { word.len() } else { 0 };
    }
    let letters = word.trim_end_matches(|character: char| !is_letter(character));
    let is_counted = letters.chars().all(is_letter) && letters.chars().nth(2).is_some();
    let is_hexadecimal = word.len() == MAX_MIXED && word.bytes().all(|byte| byte.is_ascii_hexdigit());
    let is_mixed = word.len() <= MAX_MIXED && word.starts_with(is_letter) && !is_hexadecimal;
    // `2fa`, but not `30m`.
    let is_ordinal = word.len() == 3 && word.bytes().skip(1).all(|byte| byte.is_ascii_alphabetic());
    match () {
        () if is_counted => letters.len(),
        () if is_mixed || is_ordinal => word.len(),
        () => 0,
    }
}
