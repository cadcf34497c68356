/// Most characters of input that a message repeats.
const MAX_SHOWN: usize = 64;

/// At most so many characters, the last an ellipsis where there are more, with a substitute for what cannot be shown.
#[must_use]
pub fn printable(characters: impl Iterator<Item = char>, most: usize, substitute: char) -> String {
    let visible = |character| if is_printable(character) { character } else { substitute };
    let mut shown: Vec<char> = characters.take(most + 1).map(visible).collect();
    if shown.len() > most {
        shown.truncate(most.saturating_sub(1));
        shown.push('…');
    }
    shown.into_iter().collect()
}

/// Input as a message repeats it: in backticks, cut, without characters that a terminal would act on.
pub fn shown(text: &str) -> String {
    format!("`{}`", printable(text.chars(), MAX_SHOWN, '\u{fffd}'))
}

/// Whether a character neither moves the cursor nor reorders what is around it.
#[must_use]
pub fn is_printable(character: char) -> bool {
    let is_invisible = matches!(
        character,
        '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}'
    );
    !is_invisible && !character.is_control()
}
