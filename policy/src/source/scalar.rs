use super::diagnostic::Excerpt;
use super::location::{Lines, Mark};
use super::node::Spot;
use super::report::{InFile, Problem};

/// Reports a problem with a part of a string: at its place in the file, or, where escapes hide that, at the string with
/// the part shown in it.
pub(super) fn refuse_part(spot: Spot, value: &str, part: Mark, problem: impl Into<Problem>, file: &mut InFile<'_, '_>) {
    let problem = problem.into();
    let raw = file.text.get(spot.written.start..).and_then(|text| text.get(..spot.written.len)).unwrap_or_default();
    match locate(raw, value, part.start) {
        // What an alias stands for may be far away: the alias is what is wrong here.
        Some(offset) if spot.at == spot.written => {
            file.refuse(Mark { start: spot.at.start + offset, len: part.len }, problem);
        }
        _ => {
            let line = Lines::new(value).at(part.start);
            let excerpt = Excerpt::new(line.text, (part.start - line.start).min(line.text.len()), part.len);
            file.refuse(spot.at, problem.excerpt(excerpt));
        }
    }
}

/// The offset in the raw text of a scalar that an offset in its value stands for.
fn locate(raw: &str, value: &str, offset: usize) -> Option<usize> {
    let unquoted = || {
        let inner = ['\'', '"'].iter().find_map(|quote| raw.strip_prefix(*quote)?.strip_suffix(*quote))?;
        Some(1 + align(inner, value, offset)?)
    };
    align(raw, value, offset).or_else(unquoted)
}

/// YAML folds and strips white space and, without escapes, changes nothing else: the other characters correspond.
fn align(raw: &str, value: &str, offset: usize) -> Option<usize> {
    let mut raw = raw.char_indices().filter(|(_, character)| !character.is_whitespace());
    let mut found = None;
    let mut end = 0;
    for (at, character) in value.char_indices().filter(|(_, character)| !character.is_whitespace()) {
        let (raw_at, _) = raw.next().filter(|(_, other)| *other == character)?;
        if at >= offset && found.is_none() {
            found = Some(raw_at);
        }
        end = raw_at + character.len_utf8();
    }
    Some(found.unwrap_or(end))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn offsets_are_found_in_plain_quoted_and_folded_scalars() {
        for (raw, value, at, expected) in [
            ("a == b", "a == b", 5, 5),
            ("'a == b'", "a == b", 5, 6),
            ("\"a == b\"", "a == b", 6, 7),
            ("a &&\n      b", "a && b", 5, 11),
            ("a &&\n      b\n", "a &&\nb\n", 5, 11),
            ("'a' == 'b'", "'a' == 'b'", 7, 7),
            ("é == b", "é == b", 6, 6),
        ] {
            assert_eq!(locate(raw, value, at), Some(expected), "{raw}");
        }
    }

    #[test]
    fn escapes_hide_the_place() {
        assert_eq!(locate("\"a == \\\"b\\\"\"", "a == \"b\"", 5), None);
        assert_eq!(locate("'a == ''b'''", "a == 'b'", 5), None);
    }
}
