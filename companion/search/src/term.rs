//! Terms: what words are compared by. Words that differ in how they are inflected are one term.

/// The terms of a cleaned text with the words that they are of, in its order.
pub(crate) fn terms(cleaned: &str) -> impl Iterator<Item = (&str, &str)> {
    cleaned.split(' ').filter(|word| !word.is_empty()).map(|word| (stem(word), word))
}

/// A word without the endings of English inflection and of the most usual derivations, so that `approves`, `approving`,
/// `approver` and `approval` are one. What is left need be no word, and has two letters or more.
fn stem(word: &str) -> &str {
    if !word.is_ascii() {
        return word;
    }
    let mut stem = without_plural(word);
    for ending in ["ing", "ed", "ers", "er", "ors", "or", "als", "al"] {
        if let Some(rest) = stem.strip_suffix(ending)
            && rest.len() >= 3
            && has_vowel(rest)
        {
            stem = undoubled(rest);
            break;
        }
    }
    match stem.strip_suffix(['e', 'y']) {
        Some(rest) if rest.len() >= 3 => rest,
        _ => stem,
    }
}

fn without_plural(word: &str) -> &str {
    // `policies` and `policy` both end as `polic`.
    if let Some(rest) = word.strip_suffix("ies").filter(|rest| rest.len() >= 3) {
        return rest;
    }
    if let Some(rest) = word.strip_suffix("es").filter(|rest| rest.ends_with(['s', 'x', 'z']) || rest.ends_with("ch")) {
        return rest;
    }
    let is_plural = word.len() > 3 && word.ends_with('s') && !["ss", "us", "is"].iter().any(|end| word.ends_with(end));
    if is_plural { word.strip_suffix('s').unwrap_or(word) } else { word }
}

fn has_vowel(word: &str) -> bool {
    word.contains(['a', 'e', 'i', 'o', 'u', 'y'])
}

/// `submitt` is `submit`, but `bill` stays.
fn undoubled(word: &str) -> &str {
    let mut last = word.bytes().rev();
    match (last.next(), last.next()) {
        (Some(a), Some(b)) if a == b && !matches!(a, b'l' | b's' | b'z') => word.get(..word.len() - 1).unwrap_or(word),
        _ => word,
    }
}

#[cfg(test)]
mod tests {
    use super::stem;

    #[test]
    fn inflected_words_are_one_term() {
        for group in [
            &["approve", "approves", "approved", "approving", "approver", "approvers", "approval"][..],
            &["edit", "edits", "edited", "editing", "editor", "editors"],
            &["submit", "submits", "submitted", "submitting"],
            &["policy", "policies"],
            &["batch", "batches"],
            &["class", "classes"],
        ] {
            for word in group {
                assert_eq!(stem(word), stem(group[0]), "{word}");
            }
        }
    }

    #[test]
    fn other_words_stay_apart() {
        for word in ["bus", "is", "access", "s3", "red", "king", "or", "er", "ing", "été", "文書"] {
            assert_eq!(stem(word), word);
        }
        assert_ne!(stem("order"), stem("document"));
        assert_ne!(stem("billing"), stem("bid"));
    }
}
