use rustc_hash::FxHashMap;

use super::Symbol;
use super::query::Action;

/// A pattern of action names: `*` matches any run of characters, none included.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Glob {
    prefix: Box<str>,
    /// Between two stars.
    inner: Box<[Box<str>]>,
    suffix: Box<str>,
}

impl Glob {
    /// `None` where there is no `*` in it: then it is a name.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let (prefix, rest) = text.split_once('*')?;
        let (inner, suffix) = rest.rsplit_once('*').unwrap_or(("", rest));
        let inner = inner.split('*').filter(|piece| !piece.is_empty()).map(Box::from).collect();
        Some(Glob { prefix: prefix.into(), inner, suffix: suffix.into() })
    }

    /// Takes time linear in the name: pieces are found from left to right, each as early as it can be.
    pub(crate) fn matches(&self, name: &str) -> bool {
        let ends = name.strip_prefix(&*self.prefix).and_then(|rest| rest.strip_suffix(&*self.suffix));
        let Some(mut rest) = ends else { return false };
        self.inner.iter().all(|piece| match rest.split_once(&**piece) {
            Some((_, after)) => {
                rest = after;
                true
            }
            None => false,
        })
    }
}

/// The globs of a snapshot; each has a symbol of its own, under which policies are indexed as under a name's.
#[derive(Debug, Default)]
pub(crate) struct Globs {
    all: Vec<(Glob, Symbol)>,
    /// Those that match the actions that policies and routes name, found beforehand.
    matches: FxHashMap<Symbol, Box<[Symbol]>>,
}

impl Globs {
    pub(crate) fn insert(&mut self, glob: Glob, symbol: Symbol) {
        self.all.push((glob, symbol));
    }

    pub(crate) fn len(&self) -> usize {
        self.all.len()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.all.is_empty()
    }

    /// Finds the globs that match an action; returns how many.
    pub(crate) fn prepare(&mut self, name: &str, action: Symbol) -> usize {
        let matching: Box<[Symbol]> = self.matching(name).collect();
        let count = matching.len();
        self.matches.insert(action, matching);
        count
    }

    /// Calls `work` with every glob that matches the action.
    pub(crate) fn each(&self, action: Action<'_>, work: impl FnMut(Symbol)) {
        match action.symbol.and_then(|symbol| self.matches.get(&symbol)) {
            Some(prepared) => prepared.iter().copied().for_each(work),
            None => self.matching(action.name).for_each(work),
        }
    }

    fn matching(&self, name: &str) -> impl Iterator<Item = Symbol> {
        self.all.iter().filter(move |(glob, _)| glob.matches(name)).map(|(_, symbol)| *symbol)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stars_match_any_run_of_characters() {
        for (glob, matching, others) in [
            (
                "documents:*",
                &["documents:", "documents:view", "documents:a:b"][..],
                &["document", "xdocuments:view"][..],
            ),
            ("*:read", &["a:read", ":read"], &["read", "a:reads"]),
            ("a*b*c", &["abc", "axbyc", "abbc", "abcbc"], &["ab", "acb", "ac", "abcd"]),
            ("a*a", &["aa", "aba"], &["a", "ab"]),
            ("*view*", &["view", "preview-all"], &["vie"]),
            ("*ab*ab*", &["abab", "xabyabz"], &["ab", "aba"]),
        ] {
            let parsed = Glob::parse(glob).unwrap();
            matching.iter().for_each(|name| assert!(parsed.matches(name), "{glob} {name}"));
            others.iter().for_each(|name| assert!(!parsed.matches(name), "{glob} {name}"));
        }
        assert!(Glob::parse("view").is_none());
    }
}
