//! Identifiers, and whatever else people write, as the words that they are made of.

use std::iter::Peekable;
use std::str::CharIndices;

/// The words of a text: `resourceOwnerId`, `resource_owner_id` and `resource-owner-id` all have three. Whatever is neither
/// letter nor digit separates words, and so does the change from small letters to capitals; digits belong to the word
/// before them.
pub fn words(text: &str) -> impl Iterator<Item = &str> {
    let mut characters = text.char_indices().peekable();
    std::iter::from_fn(move || {
        while characters.next_if(|(_, character)| !character.is_alphanumeric()).is_some() {}
        let (start, first) = characters.next()?;
        text.get(start..end_of_word(first, text, &mut characters))
    })
}

/// Whether a letter is a capital, which its small letter differs from.
fn is_capital(character: char) -> bool {
    match character.is_ascii() {
        true => character.is_ascii_uppercase(),
        false => character.is_uppercase() && character.to_lowercase().next() != Some(character),
    }
}

fn end_of_word(first: char, text: &str, rest: &mut Peekable<CharIndices<'_>>) -> usize {
    let mut last = first;
    while let Some((at, character)) = rest.peek().copied() {
        if !continues_word(character) {
            return at;
        }
        if is_capital(character) {
            let mut ahead = rest.clone();
            ahead.next();
            let begins_word = ahead.peek().is_some_and(|(_, next)| next.is_lowercase());
            // `ownerId`, `HTTPServer`, `s3Bucket`; but not `B2B`.
            let after_small = !is_capital(last) && !last.is_numeric();
            if after_small || begins_word {
                return at;
            }
        }
        last = character;
        rest.next();
    }
    text.len()
}

/// Marks that combine with the letter before them are no boundaries.
fn continues_word(character: char) -> bool {
    character.is_alphanumeric() || ('\u{300}'..='\u{36f}').contains(&character)
}

#[cfg(test)]
mod tests {
    use super::words;

    fn split(text: &str) -> Vec<&str> {
        words(text).collect()
    }

    #[test]
    fn however_an_identifier_is_written_its_words_are_found() {
        for written in
            ["resourceOwnerId", "resource_owner_id", "resource-owner-id", "resource.ownerId", "RESOURCE OWNER:id"]
        {
            let small: Vec<String> = words(written).map(str::to_lowercase).collect();
            assert_eq!(small, ["resource", "owner", "id"], "{written}");
        }
        assert_eq!(split("HTTPServerURL"), ["HTTP", "Server", "URL"]);
        assert_eq!(split("s3Bucket EC2Instance B2B k8s v2"), ["s3", "Bucket", "EC2", "Instance", "B2B", "k8s", "v2"]);
    }

    #[test]
    fn any_text_has_words() {
        assert!(split("").is_empty());
        assert!(split(" -- _ …").is_empty());
        assert_eq!(split("ÉcoleÉtéA"), ["École", "Été", "A"]);
        assert_eq!(split("PDF文書"), ["PDF文書"]);
        assert_eq!(split("cafe\u{301} 文書 ✓ \u{301}x"), ["cafe\u{301}", "文書", "x"]);
    }
}
