//! Random expressions, and smaller ones that are like them.

use super::forms::{Form, Grammar, Piece, members};
use super::random::Random;

/// Names of variables: few, so that some hide others.
const NAMES: [&str; 5] = ["v", "w", "x", "y", "z"];
/// Variables in scope, beyond which no macro is begun.
const MOST_VARIABLES: usize = 6;
/// One part in so many is of another kind than its place asks for.
const WRONG: usize = 40;
/// Kinds that are no values of their own.
const SYNTAX: [&str; 2] = ["pattern", "member"];

/// An expression as it is made.
#[derive(Clone, Debug)]
pub(crate) struct Expression<'g> {
    form: Option<&'g Form>,
    /// What stands for a form: a variable.
    name: &'static str,
    variables: Vec<&'static str>,
    pub(crate) kind: &'static str,
    parts: Vec<Expression<'g>>,
}

/// Makes expressions.
pub(crate) struct Generator<'g> {
    grammar: &'g Grammar,
    /// Whether to write only what the reference can say.
    known: bool,
    /// Variables in scope with their kinds, outermost first.
    scope: Vec<(&'static str, &'static str)>,
}

impl<'g> Generator<'g> {
    pub(crate) fn new(grammar: &'g Grammar, known: bool) -> Self {
        Generator { grammar, known, scope: Vec::new() }
    }

    pub(crate) fn expression(&mut self, kind: &'static str, depth: usize, random: &mut Random) -> Expression<'g> {
        let kind = match SYNTAX.contains(&kind) || !random.one_in(WRONG) {
            true => one(kind, random),
            false => one("any", random),
        };
        if let Some(name) = self.variable(kind, random) {
            return Expression { form: None, name, variables: Vec::new(), kind, parts: Vec::new() };
        }
        let (leaves, branches) = self.grammar.of(kind);
        let leaf = depth == 0 || branches.is_empty() || !leaves.is_empty() && random.one_in(6);
        let mut form = match leaf {
            true => &leaves[random.below(leaves.len())],
            false => &branches[random.below(branches.len())],
        };
        while self.known && form.theirs.is_none() {
            form = &branches[random.below(branches.len())];
        }
        if !form.variables.is_empty() && self.scope.len() > MOST_VARIABLES {
            form = &leaves[random.below(leaves.len())];
        }
        let mut variables: Vec<&'static str> = Vec::new();
        while variables.len() < form.variables.len() {
            let name = NAMES[random.below(NAMES.len())];
            if !variables.contains(&name) {
                variables.push(name);
            }
        }
        let before = self.scope.len();
        let mut parts = Vec::new();
        for part in &form.parts {
            self.scope.extend(part.sees.iter().map(|variable| (variables[*variable], form.variables[*variable])));
            parts.push(self.expression(part.kind, depth.saturating_sub(1), random));
            self.scope.truncate(before);
        }
        Expression { form: Some(form), name: "", variables, kind, parts }
    }

    /// A variable in scope, of this kind or of any.
    fn variable(&self, kind: &str, random: &mut Random) -> Option<&'static str> {
        if SYNTAX.contains(&kind) || self.scope.is_empty() || !random.one_in(3) {
            return None;
        }
        let (name, of) = self.scope[random.below(self.scope.len())];
        // An inner variable of the same name may be of another kind.
        (members(of).contains(&kind) || random.one_in(10)).then_some(name)
    }
}

fn one(kind: &'static str, random: &mut Random) -> &'static str {
    let members = members(kind);
    members[random.below(members.len())]
}

impl<'g> Expression<'g> {
    /// In CEL.
    pub(crate) fn ours(&self) -> String {
        let mut text = String::new();
        // There is always a text for us.
        self.write(&|form| Some(&form.ours), &mut text).unwrap();
        text
    }

    /// In the CEL that the reference knows, if it can say it.
    pub(crate) fn theirs(&self) -> Option<String> {
        let mut text = String::new();
        self.write(&|form| form.theirs.as_deref(), &mut text).map(|()| text)
    }

    fn write(&self, side: &dyn Fn(&'g Form) -> Option<&'g [Piece]>, text: &mut String) -> Option<()> {
        let Some(form) = self.form else {
            text.push_str(self.name);
            return Some(());
        };
        for piece in side(form)? {
            match piece {
                Piece::Text(piece) => text.push_str(piece),
                Piece::Part(part) => self.parts[*part].write(side, text)?,
                Piece::Variable(variable) => text.push_str(self.variables[*variable]),
            }
        }
        Some(())
    }

    /// How many forms it is made of.
    pub(crate) fn size(&self) -> usize {
        1 + self.parts.iter().map(Expression::size).sum::<usize>()
    }

    /// All that it is made of.
    fn inner(&self, found: &mut Vec<Expression<'g>>) {
        for part in self.parts.iter().filter(|part| !SYNTAX.contains(&part.kind)) {
            found.push(part.clone());
            part.inner(found);
        }
    }

    /// Expressions with something left out.
    fn smaller(&self, grammar: &'g Grammar) -> Vec<Expression<'g>> {
        let mut smaller = Vec::new();
        if !self.parts.is_empty() && !SYNTAX.contains(&self.kind) {
            for kind in [self.kind, "int", "bool"] {
                let leaves = grammar.of(kind).0.iter().take(3);
                smaller.extend(leaves.map(|leaf| Expression {
                    form: Some(leaf),
                    name: "",
                    variables: Vec::new(),
                    kind: self.kind,
                    parts: Vec::new(),
                }));
            }
            self.inner(&mut smaller);
        }
        for (place, part) in self.parts.iter().enumerate() {
            for part in part.smaller(grammar) {
                let mut parts = self.parts.clone();
                parts[place] = part;
                smaller.push(Expression { parts, ..self.clone() });
            }
        }
        smaller
    }

    /// The smallest expression, found by leaving things out, that still `fails`.
    pub(crate) fn shrunk(self, grammar: &'g Grammar, fails: &mut dyn FnMut(&Expression<'g>) -> bool) -> Expression<'g> {
        let mut best = self;
        let mut tries = 0;
        'smaller: loop {
            let mut candidates = best.smaller(grammar);
            candidates.retain(|candidate| candidate.size() < best.size());
            candidates.sort_by_key(Expression::size);
            for candidate in candidates {
                tries += 1;
                if tries > 20_000 {
                    return best;
                }
                if fails(&candidate) {
                    best = candidate;
                    continue 'smaller;
                }
            }
            return best;
        }
    }
}
