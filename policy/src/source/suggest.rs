/// Longest word that a suggestion is looked for, in bytes; bounds the work for each unknown word.
const MAX_WORD: usize = 64;

/// The known word that an unknown one was probably meant to be; of several that are as close, the first by name.
pub fn closest<'k>(word: &str, known: impl IntoIterator<Item = &'k str>) -> Option<&'k str> {
    if word.len() > MAX_WORD {
        return None;
    }
    let tolerance = (word.chars().count() / 3).max(1);
    let distance = |candidate: &&str| distance(&word.to_lowercase(), &candidate.to_lowercase());
    known
        .into_iter()
        .filter(|candidate| candidate.len() <= MAX_WORD)
        .map(|candidate| (distance(&candidate), candidate))
        .filter(|(distance, _)| *distance <= tolerance)
        .min()
        .map(|(_, candidate)| candidate)
}

/// Levenshtein's: insertions, deletions and substitutions of characters.
fn distance(a: &str, b: &str) -> usize {
    let mut row: Vec<usize> = (0..=b.chars().count()).collect();
    for (index, from) in a.chars().enumerate() {
        let mut diagonal = index;
        let mut left = index + 1;
        let mut next = vec![left];
        for (to, above) in b.chars().zip(row.iter().skip(1)) {
            left = (diagonal + usize::from(from != to)).min(above + 1).min(left + 1);
            diagonal = *above;
            next.push(left);
        }
        row = next;
    }
    row.last().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distances_count_single_edits() {
        for (a, b, expected) in
            [("", "", 0), ("role", "roles", 1), ("kitten", "sitting", 3), ("", "abc", 3), ("flaw", "lawn", 2)]
        {
            assert_eq!(distance(a, b), expected, "{a} {b}");
        }
    }

    #[test]
    fn the_closest_word_is_suggested_and_a_far_one_is_not() {
        let fields = ["name", "resource", "roles"];
        assert_eq!(closest("Role", fields), Some("roles"));
        assert_eq!(closest("resources", fields), Some("resource"));
        assert_eq!(closest("enforcement", fields), None);
        assert_eq!(closest(&"x".repeat(1000), fields), None);
    }
}
