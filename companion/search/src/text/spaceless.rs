//! Scripts that are written without spaces between words.

/// Whether a text has characters of such a script.
pub(super) fn is_in(text: &str) -> bool {
    !text.is_ascii() && text.chars().any(is_spaceless)
}

/// What stands for the words of a text: of characters of such scripts each two that follow one another, or the only one;
/// whatever else is between them as it is.
pub(super) fn pieces(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = text;
    std::iter::from_fn(move || {
        let mut characters = rest.char_indices();
        let is_here = is_spaceless(characters.next()?.1);
        let (run, second) = match is_here {
            true => {
                let second = characters.next().filter(|(_, character)| is_spaceless(*character));
                let end = second.map(|(at, character)| at + character.len_utf8());
                let is_last = !characters.next().is_some_and(|(_, character)| is_spaceless(character));
                (end, second.filter(|_| !is_last))
            }
            false => (None, None),
        };
        let end = run
            .or_else(|| rest.char_indices().skip(1).find(|(_, next)| is_here || is_spaceless(*next)).map(|(at, _)| at));
        let piece = rest.get(..end.unwrap_or(rest.len()));
        rest = second.map(|(at, _)| at).or(end).and_then(|at| rest.get(at..)).unwrap_or_default();
        piece
    })
}

/// Chinese and Japanese; Thai, Lao, Burmese and Khmer.
fn is_spaceless(character: char) -> bool {
    matches!(
        character,
        '\u{e00}'..='\u{eff}'
            | '\u{1000}'..='\u{109f}'
            | '\u{1780}'..='\u{17ff}'
            | '\u{3005}'..='\u{3007}'
            | '\u{3040}'..='\u{30ff}'
            | '\u{31f0}'..='\u{31ff}'
            | '\u{3400}'..='\u{4dbf}'
            | '\u{4e00}'..='\u{9fff}'
            | '\u{f900}'..='\u{faff}'
            | '\u{ff66}'..='\u{ff9f}'
            | '\u{20000}'..='\u{323af}'
    )
}

#[cfg(test)]
mod tests {
    use super::{is_in, pieces};

    #[test]
    fn two_characters_that_follow_one_another_are_a_piece() {
        for (text, expected) in [
            ("文書を閲覧", &["文書", "書を", "を閲", "閲覧"][..]),
            ("文書", &["文書"]),
            ("文", &["文"]),
            ("pdf文書id", &["pdf", "文書", "id"]),
            ("文2書籍", &["文", "2", "書籍"]),
            ("", &[]),
        ] {
            assert_eq!(pieces(text).collect::<Vec<_>>(), expected, "{text}");
        }
        assert!(is_in("pdf文書") && !is_in("straße") && !is_in("한국어"));
    }
}
