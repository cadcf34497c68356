use super::comments::{Comments, Line};
use super::order::ordered;
use super::scalar::{Context, as_block, lines, on_one_line};
use super::syntax::{Child, Document, Kind, Node, Scalar};

/// Most characters of a line that holds a whole list or mapping.
pub(super) const WIDTH: usize = 100;

/// Most characters before a comment for it to be lined up with those of the lines around it.
const MAX_ALIGNED: usize = 80;

/// Sections whose entries are written as blocks, with an empty line between them.
const SPACED: [&str; 4] = ["policies", "routes", "derivedRoles", "identity"];

/// Other sections that are written as blocks; an entry may take one line.
const BLOCKS: [&str; 4] = ["principals", "variables", "schemas", "budgets"];

/// The names of the fields that lead to a value; items of lists have none of their own.
type Path<'d> = Vec<&'d str>;

/// The canonical form of a document.
pub(super) fn write(document: &Document) -> String {
    let comments = &document.comments;
    let mut writer = Writer { comments, keeps_order: document.has_anchors, hoisted: None, lines: Vec::new() };
    if let Some(root) = &document.root {
        match root.kind {
            Kind::List { .. } | Kind::Map { .. } => writer.collection(root, 0, false, &mut Vec::new()),
            _ => writer.value(root, String::new(), 0, &[], &mut Vec::new()),
        }
    }
    writer.comment_lines(&comments.end, 0);
    render(&writer.lines)
}

/// One item of a section of a document, as a document of its own.
pub(super) fn write_item<'d>(document: &'d Document, item: &'d Child, section: &'d str) -> String {
    let mut writer =
        Writer { comments: &document.comments, keeps_order: document.has_anchors, hoisted: None, lines: Vec::new() };
    let mut path = vec![section];
    writer.before(item, true, 0, true, &path);
    let right: Vec<Line> = writer.right(item).iter().cloned().map(Line::Comment).collect();
    writer.comment_lines(&right, 0);
    writer.collection(&item.node, 0, false, &mut path);
    render(&writer.lines)
}

/// A document without one of its sections.
pub(super) fn write_without(document: &Document, section: &str) -> String {
    let comments = &document.comments;
    let mut writer = Writer { comments, keeps_order: document.has_anchors, hoisted: None, lines: Vec::new() };
    if let Some(Node { kind: Kind::Map { bed, entries }, .. }) = &document.root {
        let mut path = Vec::new();
        for (number, (key, child)) in entries.iter().filter(|(key, _)| key.value != section).enumerate() {
            writer.before(child, number == 0, 0, false, &path);
            writer.entry(key, child, 0, &mut path);
        }
        writer.comment_lines(comments.foot(*bed), 0);
    }
    writer.comment_lines(&comments.end, 0);
    render(&writer.lines)
}

/// A line of the result.
#[derive(Debug, Default)]
struct Written {
    text: String,
    /// At its end, and below.
    comments: Vec<String>,
}

struct Writer<'d> {
    comments: &'d Comments,
    keeps_order: bool,
    /// The entry whose comments go before the item that it is the first of.
    hoisted: Option<usize>,
    lines: Vec<Written>,
}

impl<'d> Writer<'d> {
    /// The children of a collection, each from a new line on. In an item of a list the first one stands behind the bullet.
    fn collection(&mut self, node: &'d Node, indent: usize, is_item: bool, path: &mut Path<'d>) {
        match &node.kind {
            Kind::Map { bed, entries } => {
                for (number, (key, child)) in self.entries(path, entries).into_iter().enumerate() {
                    let behind_bullet = is_item && number == 0;
                    self.before(child, number == 0, if behind_bullet { indent - 2 } else { indent }, false, path);
                    let line = self.lines.len();
                    self.entry(key, child, indent, path);
                    if let Some(first) = self.lines.get_mut(line).filter(|_| behind_bullet) {
                        first.text = format!("{}- {}", spaces(indent - 2), first.text.trim_start());
                    }
                }
                self.comment_lines(self.comments.foot(*bed), indent);
            }
            Kind::List { bed, items } => {
                for (number, item) in items.iter().enumerate() {
                    self.before(item, number == 0, indent, true, path);
                    self.item(item, indent, path);
                }
                self.comment_lines(self.comments.foot(*bed), indent);
            }
            Kind::Scalar(_) | Kind::Alias(_) => {}
        }
    }

    fn entries(&self, path: &[&str], entries: &'d [(Scalar, Child)]) -> Vec<&'d (Scalar, Child)> {
        // An alias must stay behind its anchor.
        if self.keeps_order { entries.iter().collect() } else { ordered(path, entries) }
    }

    fn entry(&mut self, key: &'d Scalar, child: &'d Child, indent: usize, path: &mut Path<'d>) {
        path.push(&key.value);
        self.value(&child.node, format!("{}{}:", spaces(indent), name(key)), indent, self.right(child), path);
        path.pop();
    }

    fn item(&mut self, item: &'d Child, indent: usize, path: &mut Path<'d>) {
        let bullet = format!("{}-", spaces(indent));
        let node = &item.node;
        if !matches!(node.kind, Kind::List { .. } | Kind::Map { .. }) || is_empty(node) {
            return self.value(node, bullet, indent, self.right(item), path);
        }
        let anchored = node.anchor.as_ref().map_or(bullet.clone(), |anchor| format!("{bullet} &{anchor}"));
        self.hoisted = self.first(node, path);
        let line = self.one_line(node, anchored.chars().count() + 1, path);
        let hoisted = self.hoisted.take().filter(|_| line.is_some()).and_then(|slot| self.comments.slot(slot));
        if let Some(line) = line {
            self.comment_lines(hoisted.map(|slot| slot.above.as_slice()).unwrap_or_default(), indent);
            return self.push(spaced(&anchored, &line), self.right(item));
        }
        // Behind a bullet alone, a comment would be taken for one of the first child.
        let right: Vec<Line> = self.right(item).iter().cloned().map(Line::Comment).collect();
        self.comment_lines(&right, indent);
        match (&node.kind, &node.anchor) {
            (Kind::Map { .. }, None) => self.collection(node, indent + 2, true, path),
            _ => self.value(node, bullet, indent, &[], path),
        }
    }

    /// The slot of the first entry of a mapping.
    fn first(&self, node: &'d Node, path: &[&str]) -> Option<usize> {
        match &node.kind {
            Kind::Map { entries, .. } => self.entries(path, entries).first().map(|(_, child)| child.slot),
            _ => None,
        }
    }

    /// A value behind its key or bullet.
    fn value(&mut self, node: &'d Node, before: String, indent: usize, right: &[String], path: &mut Path<'d>) {
        let before = match &node.anchor {
            Some(anchor) => spaced(&before, &format!("&{anchor}")),
            None => before,
        };
        match &node.kind {
            Kind::Scalar(scalar) => self.scalar(scalar, &before, indent, right),
            Kind::Alias(alias) => self.push(spaced(&before, alias), right),
            Kind::List { bed, .. } | Kind::Map { bed, .. } => {
                match self.one_line(node, before.chars().count() + 1, path) {
                    Some(line) => self.push(spaced(&before, &line), right),
                    None if is_empty(node) => {
                        self.comment_lines(self.comments.foot(*bed), indent);
                        self.push(spaced(&before, brackets(node)), right);
                    }
                    None => {
                        self.push(before, right);
                        self.collection(node, indent + 2, false, path);
                    }
                }
            }
        }
    }

    fn scalar(&mut self, scalar: &Scalar, before: &str, indent: usize, right: &[String]) {
        if let Some(text) = on_one_line(scalar, Context::Block) {
            return self.push(spaced(before, &text), right);
        }
        let (last, continued) = match as_block(scalar) {
            Some((header, lines)) => {
                self.push(spaced(before, &header), right);
                (None, lines)
            }
            None => {
                let mut lines = lines(scalar).into_iter();
                self.push(spaced(before, &lines.next().unwrap_or_default()), &[]);
                (Some(right), lines.collect())
            }
        };
        for line in continued {
            let text = if line.is_empty() { line } else { format!("{}{line}", spaces(indent + 2)) };
            self.push(text, &[]);
        }
        if let (Some(right), Some(line)) = (last, self.lines.last_mut()) {
            line.comments.extend_from_slice(right);
        }
    }

    /// A collection on one line, if it may and fits behind so many characters.
    fn one_line(&self, node: &Node, before: usize, path: &[&str]) -> Option<String> {
        if let [section] = path {
            let is_list = matches!(node.kind, Kind::List { .. });
            let is_entry = *section == "principals" && !is_list;
            if SPACED.contains(section) || (BLOCKS.contains(section) && !is_entry) {
                return None;
            }
        }
        let line = self.flow(node, path)?;
        (before + line.chars().count() <= WIDTH).then_some(line)
    }

    /// Without its anchor.
    fn flow(&self, node: &Node, path: &[&str]) -> Option<String> {
        Some(match &node.kind {
            Kind::Scalar(scalar) => on_one_line(scalar, Context::Flow)?,
            Kind::Alias(alias) => alias.clone(),
            Kind::List { bed, items } if self.comments.foot(*bed).is_empty() => {
                let items: Option<Vec<String>> = items.iter().map(|item| self.flow_child(item, path)).collect();
                format!("[{}]", items?.join(", "))
            }
            Kind::Map { bed, entries } if self.comments.foot(*bed).is_empty() => {
                let one = |(key, child): &(Scalar, Child)| {
                    let path: Path<'_> = path.iter().copied().chain([key.value.as_str()]).collect();
                    Some(format!("{}: {}", on_one_line(key, Context::Key)?, self.flow_child(child, &path)?))
                };
                let entries = match self.keeps_order {
                    true => entries.iter().map(one).collect::<Option<Vec<String>>>(),
                    false => ordered(path, entries).into_iter().map(one).collect(),
                };
                format!("{{{}}}", entries?.join(", "))
            }
            Kind::List { .. } | Kind::Map { .. } => return None,
        })
    }

    fn flow_child(&self, child: &Child, path: &[&str]) -> Option<String> {
        let is_bare = self
            .comments
            .slot(child.slot)
            .is_none_or(|slot| slot.right.is_empty() && (slot.above.is_empty() || self.hoisted == Some(child.slot)));
        let text = is_bare.then(|| self.flow(&child.node, path)).flatten()?;
        Some(match &child.node.anchor {
            Some(anchor) => format!("&{anchor} {text}"),
            None => text,
        })
    }

    /// What stands between a child and the one before it.
    fn before(&mut self, child: &Child, is_first: bool, indent: usize, is_item: bool, path: &[&str]) {
        let Some(slot) = self.comments.slot(child.slot) else { return };
        let is_spaced = match path {
            [] => true,
            [section] if SPACED.contains(section) => is_item,
            [section] => slot.is_apart && (is_item || *section != "principals"),
            _ => false,
        };
        if is_spaced && !is_first {
            self.push(String::new(), &[]);
        }
        self.comment_lines(&slot.above, indent);
    }

    fn right(&self, child: &Child) -> &'d [String] {
        self.comments.slot(child.slot).map(|slot| slot.right.as_slice()).unwrap_or_default()
    }

    fn comment_lines(&mut self, lines: &[Line], indent: usize) {
        for line in lines {
            match line {
                Line::Comment(text) => self.push(format!("{}{text}", spaces(indent)), &[]),
                Line::Empty => self.push(String::new(), &[]),
            }
        }
    }

    fn push(&mut self, text: String, comments: &[String]) {
        self.lines.push(Written { text, comments: comments.to_vec() });
    }
}

fn name(key: &Scalar) -> String {
    on_one_line(key, Context::Key).unwrap_or_else(|| key.raw.clone())
}

fn is_empty(node: &Node) -> bool {
    match &node.kind {
        Kind::List { items, .. } => items.is_empty(),
        Kind::Map { entries, .. } => entries.is_empty(),
        Kind::Scalar(_) | Kind::Alias(_) => false,
    }
}

fn brackets(node: &Node) -> &'static str {
    if matches!(node.kind, Kind::List { .. }) { "[]" } else { "{}" }
}

fn spaces(count: usize) -> String {
    " ".repeat(count)
}

/// With a space in between, unless one of the two is empty.
fn spaced(before: &str, text: &str) -> String {
    if before.is_empty() || text.is_empty() { format!("{before}{text}") } else { format!("{before} {text}") }
}

/// The lines as text; comments at the ends of lines that follow each other are lined up.
fn render(lines: &[Written]) -> String {
    let mut text = String::new();
    for run in lines.chunk_by(|a, b| !a.comments.is_empty() && !b.comments.is_empty()) {
        let width = |line: &Written| line.text.chars().count();
        let aligned = run.iter().map(width).filter(|width| *width <= MAX_ALIGNED).max().unwrap_or_default();
        for line in run {
            text.push_str(&line.text);
            let column = width(line).max(aligned) + 2;
            let mut gap = column - width(line);
            for (number, comment) in line.comments.iter().enumerate() {
                if number > 0 {
                    text.push('\n');
                    gap = column;
                }
                text.push_str(&spaces(gap));
                text.push_str(comment);
            }
            text.push('\n');
        }
    }
    // A file starts with something and ends with one line end.
    let kept = text.trim_start_matches('\n').trim_end_matches('\n');
    if kept.is_empty() { String::new() } else { format!("{kept}\n") }
}
