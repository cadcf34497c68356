//! Action names that two patterns match.

use tollgate_policy::set::names_action;

/// A name that both patterns match, if there is one.
pub(super) fn common(a: &str, b: &str) -> Option<String> {
    match (a.split_once('*'), b.split_once('*')) {
        (None, _) => names_action(b, a).then(|| a.to_owned()),
        (_, None) => names_action(a, b).then(|| b.to_owned()),
        (Some((a_first, a_rest)), Some((b_first, b_rest))) => {
            let ends = |rest: &str| match rest.rsplit_once('*') {
                Some((inner, last)) => (inner.replace('*', ""), last.to_owned()),
                None => (String::new(), rest.to_owned()),
            };
            let ((a_inner, a_last), (b_inner, b_last)) = (ends(a_rest), ends(b_rest));
            let first = longer(a_first, b_first, |long, short| long.starts_with(short))?;
            let last = longer(&a_last, &b_last, |long, short| long.ends_with(short))?;
            // A name begins with a letter.
            let start = if first.is_empty() { "any" } else { first };
            Some(format!("{start}{a_inner}{b_inner}{last}"))
        }
    }
}

fn longer<'t>(a: &'t str, b: &'t str, has: impl Fn(&str, &str) -> bool) -> Option<&'t str> {
    let (long, short) = if a.len() >= b.len() { (a, b) } else { (b, a) };
    has(long, short).then_some(long)
}

/// Whether a pattern matches all that another one does. Of two different globs that is not known.
pub(in super::super) fn includes(wide: &str, narrow: &str) -> bool {
    wide == narrow || !narrow.contains('*') && names_action(wide, narrow)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_two_patterns_have_in_common_matches_both() {
        for (a, b) in [
            ("view", "view"),
            ("view", "v*"),
            ("documents:*", "*:view"),
            ("a*b*c", "ab*"),
            ("*x*", "*y*"),
            ("doc*", "documents:*"),
            ("*-all", "*all"),
            ("ab*ba", "aba*"),
        ] {
            let name = common(a, b).unwrap();
            assert!(names_action(a, &name) && names_action(b, &name), "{a} {b}: {name}");
            assert!(!name.contains('*'));
        }
        for (a, b) in
            [("view", "edit"), ("view", "e*"), ("a*", "b*"), ("*:read", "*:write"), ("documents:*", "document")]
        {
            assert_eq!(common(a, b), None, "{a} {b}");
        }
    }
}
