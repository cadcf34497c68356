use std::iter::Peekable;
use std::vec::IntoIter;

use granit_parser::{Event, Parser, ScalarStyle, ScanError, Span, StructureStyle};

use super::comments::{self, Bed, Comment, Comments, Slot};

/// A file as it is written.
#[derive(Debug)]
pub(super) struct Document {
    /// Absent: nothing but comments.
    pub(super) root: Option<Node>,
    pub(super) comments: Comments,
    /// Whether anything is an anchor: then order matters.
    pub(super) has_anchors: bool,
}

/// A value as it is written.
#[derive(Debug)]
pub(super) struct Node {
    pub(super) anchor: Option<String>,
    pub(super) kind: Kind,
}

#[derive(Debug)]
pub(super) enum Kind {
    Scalar(Scalar),
    /// With its asterisk.
    Alias(String),
    List {
        bed: usize,
        items: Vec<Child>,
    },
    Map {
        bed: usize,
        entries: Vec<(Scalar, Child)>,
    },
}

/// An item of a list, or what stands under a key.
#[derive(Debug)]
pub(super) struct Child {
    /// Where its comments are.
    pub(super) slot: usize,
    pub(super) node: Node,
}

#[derive(Debug)]
pub(super) struct Scalar {
    pub(super) style: ScalarStyle,
    pub(super) value: String,
    /// As written; of a block scalar the content, without indentation.
    pub(super) raw: String,
}

/// What a formatter would lose.
#[derive(Debug)]
pub(super) struct Unsupported {
    pub(super) line: usize,
    pub(super) reason: &'static str,
}

/// Where something starts or ends.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Position {
    pub(super) offset: usize,
    /// From 1.
    pub(super) line: usize,
    /// From 0, in characters.
    pub(super) column: usize,
}

/// Parses a text that the loader has read without complaint.
pub(super) fn parse(text: &str) -> Result<Document, Unsupported> {
    let options = granit_parser::options! { emit_anchor_events: true, max_buffered_comment_events: usize::MAX };
    let mut events = Vec::new();
    let mut found = Vec::new();
    for event in Parser::new_from_str_with_options(text, options) {
        match event.map_err(|error| unreadable(&error))? {
            (Event::Comment(..), span) => found.push(Comment::new(text, span)),
            other => events.push(other),
        }
    }
    let mut builder = Builder {
        text,
        events: events.into_iter().peekable(),
        slots: Vec::new(),
        beds: Vec::new(),
        has_anchors: false,
    };
    let root = builder.document()?;
    let Builder { slots, beds, has_anchors, .. } = builder;
    found.sort_by_key(|comment| comment.at.offset);
    let comments = comments::attach(text, slots, beds, found);
    Ok(Document { root, comments, has_anchors })
}

fn unreadable(error: &ScanError) -> Unsupported {
    Unsupported { line: error.marker().line(), reason: "this cannot be read as YAML" }
}

type Events<'t> = Peekable<IntoIter<(Event<'t>, Span)>>;

struct Builder<'t> {
    text: &'t str,
    events: Events<'t>,
    slots: Vec<Slot>,
    beds: Vec<Bed>,
    has_anchors: bool,
}

impl Builder<'_> {
    fn document(&mut self) -> Result<Option<Node>, Unsupported> {
        loop {
            match self.events.peek() {
                Some((Event::DocumentStart(_, Some(_)), span)) => {
                    return Err(unsupported(*span, "the formatter does not keep directives; remove it"));
                }
                Some((Event::StreamStart | Event::DocumentStart(..), _)) => {
                    self.events.next();
                }
                Some((Event::DocumentEnd | Event::StreamEnd, _)) | None => return Ok(None),
                Some((Event::Scalar(value, ScalarStyle::Plain, ..), span)) if value == "~" && is_empty(*span) => {
                    return Ok(None);
                }
                Some(_) => break,
            }
        }
        self.node().map(|(node, _)| Some(node))
    }

    /// The next node, and where it ends.
    fn node(&mut self) -> Result<(Node, Position), Unsupported> {
        let end_of_text = Unsupported { line: 1, reason: "the file ends within a value" };
        let (event, span) = self.events.next().ok_or(end_of_text)?;
        if let Event::Scalar(_, _, _, Some(_))
        | Event::SequenceStart(_, _, Some(_))
        | Event::MappingStart(_, _, Some(_)) = &event
        {
            return Err(unsupported(span, "the formatter does not keep tags; remove it"));
        }
        let anchor = self.anchor();
        let (kind, end) = match event {
            Event::Scalar(value, style, ..) => (Kind::Scalar(self.scalar(value.into_owned(), style, span)), end(span)),
            Event::Alias(_) => (Kind::Alias(self.slice(span).to_owned()), end(span)),
            Event::SequenceStart(style, ..) => {
                let bed = self.open(style, span);
                let mut items = Vec::new();
                while !matches!(self.events.peek(), Some((Event::SequenceEnd, _)) | None) {
                    items.push(self.child(bed, None)?);
                }
                (Kind::List { bed, items }, self.close(bed))
            }
            Event::MappingStart(style, ..) => {
                let bed = self.open(style, span);
                let mut entries = Vec::new();
                while !matches!(self.events.peek(), Some((Event::MappingEnd, _)) | None) {
                    entries.push(self.entry(bed)?);
                }
                (Kind::Map { bed, entries }, self.close(bed))
            }
            _ => return Err(unsupported(span, "the formatter does not know this construct")),
        };
        Ok((Node { anchor, kind }, end))
    }

    fn entry(&mut self, bed: usize) -> Result<(Scalar, Child), Unsupported> {
        match self.events.next() {
            Some((Event::Scalar(value, style, 0, None), span)) => {
                let key = self.scalar(value.into_owned(), style, span);
                Ok((key, self.child(bed, Some(span))?))
            }
            Some((_, span)) => Err(unsupported(span, "the formatter knows only plain keys; write a string")),
            None => Err(Unsupported { line: 1, reason: "the file ends within a mapping" }),
        }
    }

    fn child(&mut self, bed: usize, key: Option<Span>) -> Result<Child, Unsupported> {
        let slot = self.slots.len();
        let start = match key {
            Some(key) => start(key),
            None => {
                let value = self.events.peek().map(|(_, span)| start(*span)).unwrap_or_default();
                let is_flow = self.beds.get(bed).is_some_and(|bed| bed.is_flow);
                if is_flow { value } else { self.bullet(value) }
            }
        };
        self.slots.push(Slot::new(bed, start));
        if let Some(owned) = self.beds.get_mut(bed) {
            owned.column = owned.column.min(start.column);
        }
        let first_bed = self.beds.len();
        let (node, end) = self.node()?;
        if let Some(own) = self.beds.get_mut(first_bed) {
            own.owner = Some(slot);
        }
        let is_block = matches!(&node.kind, Kind::List { bed, .. } | Kind::Map { bed, .. }
            if self.beds.get(*bed).is_some_and(|bed| !bed.is_flow));
        let end = if is_block { key.map_or(start, self::end) } else { end };
        if let Some(slot) = self.slots.get_mut(slot) {
            slot.end = end;
        }
        Ok(Child { slot, node })
    }

    /// Where the bullet of an item is, whose value starts here; in a flow list, where the value starts.
    fn bullet(&self, value: Position) -> Position {
        let mut end = value.offset;
        let mut line = value.line;
        loop {
            let before = self.text.get(..end).unwrap_or_default();
            let start = before.rfind('\n').map_or(0, |at| at + 1);
            let written = before.get(start..).unwrap_or_default();
            let meant = written.split_once('#').map_or(written, |(meant, _)| meant);
            let rest = |at: usize| meant.get(at..).unwrap_or_default();
            let bullet = meant.match_indices('-').rfind(|(at, _)| is_bullet(rest(*at)) || rest(*at) == "-");
            match bullet {
                Some((at, _)) => return Position { offset: start + at, line, column: at },
                None if meant.trim().is_empty() && start > 0 => {
                    end = start - 1;
                    line -= 1;
                }
                None => return value,
            }
        }
    }

    fn anchor(&mut self) -> Option<String> {
        let (event, _) = self.events.next_if(|(event, _)| matches!(event, Event::Anchor(..)))?;
        self.has_anchors = true;
        match event {
            Event::Anchor(_, name) => Some(name.into_owned()),
            _ => None,
        }
    }

    fn scalar(&self, value: String, style: ScalarStyle, span: Span) -> Scalar {
        let raw = self.slice(span);
        let raw = match (style, span.indent) {
            (ScalarStyle::Literal | ScalarStyle::Folded, Some(indent)) => without_indentation(raw, indent),
            _ => raw.to_owned(),
        };
        Scalar { style, value, raw }
    }

    fn slice(&self, span: Span) -> &str {
        span.byte_range().and_then(|range| self.text.get(range)).unwrap_or_default()
    }

    fn open(&mut self, style: StructureStyle, span: Span) -> usize {
        self.beds.push(Bed::new(style == StructureStyle::Flow, start(span)));
        self.beds.len() - 1
    }

    fn close(&mut self, bed: usize) -> Position {
        let end = self.events.next().map(|(_, span)| end(span)).unwrap_or_default();
        if let Some(bed) = self.beds.get_mut(bed) {
            bed.end = end;
        }
        end
    }
}

fn is_bullet(text: &str) -> bool {
    text.strip_prefix('-').is_some_and(|rest| rest.starts_with([' ', '\t', '\r', '\n']))
}

/// All lines of a block scalar but the first start with the indentation.
fn without_indentation(raw: &str, indent: usize) -> String {
    let mut lines = raw.split('\n').map(|line| line.strip_suffix('\r').unwrap_or(line));
    let first = lines.next().unwrap_or_default().to_owned();
    lines.fold(first, |text, line| {
        let spaces = line.bytes().take(indent).take_while(|byte| *byte == b' ').count();
        text + "\n" + line.get(spaces..).unwrap_or_default()
    })
}

fn unsupported(span: Span, reason: &'static str) -> Unsupported {
    Unsupported { line: span.start.line(), reason }
}

fn is_empty(span: Span) -> bool {
    span.start.byte_offset() == span.end.byte_offset()
}

pub(super) fn start(span: Span) -> Position {
    position(span.start)
}

fn end(span: Span) -> Position {
    position(span.end)
}

fn position(marker: granit_parser::Marker) -> Position {
    Position { offset: marker.byte_offset().unwrap_or_default(), line: marker.line(), column: marker.col() }
}
