use tollgate_policy::data::Data;

use super::{Candidate, Values};

/// Most candidates of a variable.
const MAX_CANDIDATES: usize = 256;

/// Candidates as they are gathered.
pub(super) struct Draft {
    candidates: Vec<Candidate>,
    complete: bool,
    /// What is told of texts that can occur; absent where anything can.
    rule: Option<fn(&str) -> Occurs>,
}

/// Whether a text is one that can be somewhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Occurs {
    Certainly,
    /// Nothing is claimed either way.
    Perhaps,
    Never,
}

impl Occurs {
    pub(super) fn certainly(plain: bool) -> Self {
        if plain { Occurs::Certainly } else { Occurs::Perhaps }
    }
}

impl Draft {
    /// `rule`: where only texts can be, which ones.
    pub(super) fn new(rule: Option<fn(&str) -> Occurs>) -> Self {
        Draft { candidates: Vec::new(), complete: true, rule }
    }

    pub(super) fn takes_only_texts(&self) -> bool {
        self.rule.is_some()
    }

    /// Whether it can be, and is there now.
    pub(super) fn push(&mut self, candidate: Candidate) -> bool {
        let can_be = match (&candidate, self.rule) {
            (_, None) | (Candidate::Absent, _) => true,
            (Candidate::Is(Data::String(text)), Some(rule)) => rule(text) == Occurs::Certainly,
            _ => false,
        };
        can_be && self.add(candidate)
    }

    fn add(&mut self, candidate: Candidate) -> bool {
        if self.candidates.contains(&candidate) {
            return true;
        }
        if self.candidates.len() >= MAX_CANDIDATES {
            self.complete = false;
            return false;
        }
        self.candidates.push(candidate);
        true
    }

    pub(super) fn is(&mut self, value: Data) -> bool {
        self.push(Candidate::Is(value))
    }

    pub(super) fn text(&mut self, text: &str) -> bool {
        self.is(Data::from(text))
    }

    /// A text that something is held against: where it might occur nothing is left out for its sake.
    pub(super) fn named(&mut self, text: &str) {
        let occurs = self.rule.map_or(Occurs::Certainly, |rule| rule(text));
        if occurs == Occurs::Perhaps {
            self.lacks();
        }
        if occurs != Occurs::Never {
            self.add(Candidate::Is(Data::from(text)));
        }
    }

    pub(super) fn texts(&mut self, texts: &[String]) {
        for text in texts {
            self.text(text);
        }
    }

    pub(super) fn list(&mut self, items: &[Data]) {
        self.is(Data::List(items.into()));
    }

    /// Something that would stand for other values is not there.
    pub(super) fn lacks(&mut self) {
        self.complete = false;
    }

    pub(super) fn is_empty(&self) -> bool {
        self.candidates.is_empty()
    }

    pub(super) fn finish(self) -> Values {
        Values { candidates: self.candidates, complete: self.complete }
    }
}
