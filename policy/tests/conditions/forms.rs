//! The forms that generated expressions are made of, read from `grammar.txt`.

use std::collections::BTreeMap;

/// The kinds that stand for one of several.
const GROUPS: [(&str, &[&str]); 4] = [
    (
        "any",
        &[
            "bool", "int", "uint", "double", "text", "bytes", "time", "span", "null", "type", "ints", "texts", "anys",
            "map", "opt",
        ],
    ),
    ("num", &["int", "uint", "double"]),
    ("list", &["ints", "texts", "anys"]),
    ("key", &["text", "int", "bool", "uint"]),
];

/// A piece of a form.
#[derive(Debug)]
pub(crate) enum Piece {
    Text(&'static str),
    /// A part, by number.
    Part(usize),
    /// A variable, by number.
    Variable(usize),
}

/// What a part of a form must be.
#[derive(Debug)]
pub(crate) struct Part {
    pub(crate) kind: &'static str,
    /// The form's variables that it sees.
    pub(crate) sees: Vec<usize>,
}

/// A way to write an expression.
#[derive(Debug)]
pub(crate) struct Form {
    pub(crate) ours: Vec<Piece>,
    /// For the reference; none where it has no such form.
    pub(crate) theirs: Option<Vec<Piece>>,
    pub(crate) parts: Vec<Part>,
    /// Kinds of the variables.
    pub(crate) variables: Vec<&'static str>,
}

/// The forms of each kind: those without parts, and those with.
pub(crate) struct Grammar(BTreeMap<&'static str, (Vec<Form>, Vec<Form>)>);

impl Grammar {
    pub(crate) fn read() -> Self {
        let mut kinds: BTreeMap<&str, (Vec<Form>, Vec<Form>)> = BTreeMap::new();
        for line in include_str!("grammar.txt").lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
            let (kind, rest) = line.split_once(' ').unwrap();
            let (leaves, branches) = kinds.entry(kind).or_default();
            match rest.split_once(' ').unwrap() {
                (":", leaf) => leaves.extend(leaf.split("  ").map(|leaf| form(leaf, !matches!(kind, "ip" | "cidr")))),
                (_, text) => branches.push(form(text, true)),
            }
        }
        Grammar(kinds)
    }

    pub(crate) fn of(&self, kind: &str) -> (&[Form], &[Form]) {
        let (leaves, branches) = self.0.get(kind).unwrap_or_else(|| panic!("a kind `{kind}`"));
        (leaves, branches)
    }
}

/// The kinds that a kind stands for.
pub(crate) fn members(kind: &'static str) -> Vec<&'static str> {
    match GROUPS.iter().find(|(name, _)| *name == kind) {
        Some((_, members)) => members.to_vec(),
        None => vec![kind],
    }
}

fn form(text: &'static str, known: bool) -> Form {
    let (ours, theirs) = match text.split_once(" ~") {
        Some((ours, theirs)) => (ours, Some(theirs.trim())),
        None => (text, None),
    };
    let mut names = Vec::new();
    let mut form = Form { ours: Vec::new(), theirs: None, parts: Vec::new(), variables: Vec::new() };
    form.ours = pieces(ours, &mut names, &mut form.parts, &mut form.variables);
    form.theirs = match theirs {
        None if known => Some(pieces(ours, &mut names, &mut Vec::new(), &mut Vec::new())),
        None | Some("") => None,
        Some(theirs) => Some(pieces(theirs, &mut names, &mut Vec::new(), &mut Vec::new())),
    };
    form
}

fn pieces(
    text: &'static str,
    names: &mut Vec<&'static str>,
    parts: &mut Vec<Part>,
    variables: &mut Vec<&'static str>,
) -> Vec<Piece> {
    let mut pieces = Vec::new();
    let mut rest = text;
    while let Some(at) = rest.find(['<', '$']) {
        let (before, marked) = rest.split_at(at);
        pieces.push(Piece::Text(before));
        if let Some(after) = marked.strip_prefix('<')
            && let Some((inside, after)) = after.split_once('>').filter(|(inside, _)| is_part(inside))
        {
            let mut words = inside.split(' ');
            let kind = words.next().unwrap();
            let sees = words.map(|name| names.iter().position(|known| *known == name).unwrap()).collect();
            pieces.push(Piece::Part(kind.parse().unwrap_or(parts.len())));
            parts.push(Part { kind, sees });
            rest = after;
        } else if let Some(after) = marked.strip_prefix('$')
            && after.starts_with(|c: char| c.is_ascii_lowercase())
        {
            let (name, mut after) = after.split_at(1);
            let place = names.iter().position(|known| *known == name).unwrap_or(names.len());
            if place == names.len() {
                names.push(name);
            }
            if let Some(typed) =
                after.strip_prefix(':').filter(|typed| typed.starts_with(|c: char| c.is_ascii_lowercase()))
            {
                let end = typed.find(|c: char| !c.is_ascii_lowercase()).unwrap();
                let (kind, rest) = typed.split_at(end);
                variables.push(kind);
                after = rest;
            }
            pieces.push(Piece::Variable(place));
            rest = after;
        } else {
            let (mark, after) = marked.split_at(1);
            pieces.push(Piece::Text(mark));
            rest = after;
        }
    }
    pieces.push(Piece::Text(rest));
    pieces
}

fn is_part(inside: &str) -> bool {
    !inside.is_empty()
        && inside.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == ' ')
        && !inside.starts_with(' ')
}
