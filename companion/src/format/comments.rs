use granit_parser::Span;

use super::syntax::{Position, start};

/// The comments of a document, each with what it is about.
#[derive(Debug, Default)]
pub(super) struct Comments {
    slots: Vec<Slot>,
    beds: Vec<Bed>,
    /// After everything, or in a document that holds nothing else.
    pub(super) end: Vec<Line>,
}

/// A place for comments: an item of a list or an entry of a mapping.
#[derive(Debug)]
pub(super) struct Slot {
    start: Position,
    /// Of the value; of a block collection's key.
    pub(super) end: Position,
    /// The collection that it is in.
    bed: usize,
    pub(super) above: Vec<Line>,
    /// At the end of its line, and on the lines below in the same column.
    pub(super) right: Vec<String>,
    /// There is an empty line before it and what is above it.
    pub(super) is_apart: bool,
}

/// A collection.
#[derive(Debug)]
pub(super) struct Bed {
    pub(super) is_flow: bool,
    start: Position,
    pub(super) end: Position,
    /// Of its children.
    pub(super) column: usize,
    /// The slot whose value it is.
    pub(super) owner: Option<usize>,
    /// After the last child.
    pub(super) foot: Vec<Line>,
}

/// A line above an entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Line {
    Comment(String),
    Empty,
}

/// A comment that nobody has claimed yet.
#[derive(Debug)]
pub(super) struct Comment {
    pub(super) at: Position,
    /// With its `#`, without white space at the end.
    text: String,
    /// Nothing else is on its line before it.
    is_alone: bool,
    /// The line before it is empty.
    is_apart: bool,
}

impl Slot {
    pub(super) fn new(bed: usize, start: Position) -> Self {
        Slot { start, end: start, bed, above: Vec::new(), right: Vec::new(), is_apart: false }
    }

    /// Whether nothing is written about it.
    pub(super) fn is_bare(&self) -> bool {
        self.above.is_empty() && self.right.is_empty()
    }
}

impl Bed {
    pub(super) fn new(is_flow: bool, start: Position) -> Self {
        Bed { is_flow, start, end: start, column: start.column, owner: None, foot: Vec::new() }
    }

    fn holds(&self, offset: usize) -> bool {
        self.start.offset < offset && offset < self.end.offset
    }
}

impl Comment {
    pub(super) fn new(text: &str, span: Span) -> Self {
        let at = start(span);
        let before = text.get(..at.offset).unwrap_or_default();
        let line_start = before.rfind('\n').map_or(0, |end| end + 1);
        Comment {
            at,
            text: span.slice(text).unwrap_or_default().trim_end().to_owned(),
            is_alone: before.get(line_start..).unwrap_or_default().trim().is_empty(),
            is_apart: is_after_empty_line(text, line_start),
        }
    }
}

impl Comments {
    pub(super) fn slot(&self, slot: usize) -> Option<&Slot> {
        self.slots.get(slot)
    }

    pub(super) fn foot(&self, bed: usize) -> &[Line] {
        self.beds.get(bed).map(|bed| bed.foot.as_slice()).unwrap_or_default()
    }

    /// Whether there are none.
    pub(super) fn is_empty(&self) -> bool {
        self.end.is_empty() && self.slots.iter().all(Slot::is_bare) && self.beds.iter().all(|bed| bed.foot.is_empty())
    }
}

/// Gives every comment to what it is about: on the line of something, to that; on a line of its own, to what follows, or,
/// where it is indented like what is before, to the end of that.
pub(super) fn attach(text: &str, slots: Vec<Slot>, beds: Vec<Bed>, found: Vec<Comment>) -> Comments {
    let mut attaching = Attaching { comments: Comments { slots, beds, end: Vec::new() }, last: None };
    // Found once: a file may be one long line with many slots.
    let lines: Vec<usize> = text.match_indices('\n').map(|(end, _)| end + 1).collect();
    for slot in &mut attaching.comments.slots {
        let before = lines.partition_point(|start| *start <= slot.start.offset).checked_sub(1);
        let line = before.and_then(|before| lines.get(before)).copied().unwrap_or(0);
        slot.is_apart = is_after_empty_line(text, line);
    }
    for comment in found {
        attaching.place(comment);
    }
    attaching.comments
}

/// Whether the line that starts here follows an empty one.
fn is_after_empty_line(text: &str, line_start: usize) -> bool {
    let before = text.get(..line_start).unwrap_or_default();
    let Some(before) = before.strip_suffix('\n') else { return false };
    before.rsplit('\n').next().is_some_and(|line| line.trim().is_empty())
}

struct Attaching {
    comments: Comments,
    /// The slot that the last comment went to the right of, and where that comment was.
    last: Option<(usize, Position)>,
}

impl Attaching {
    fn place(&mut self, comment: Comment) {
        // Slots are in the order of their starts.
        let next = self.comments.slots.partition_point(|slot| slot.start.offset < comment.at.offset);
        let previous = next.checked_sub(1);
        let continued = self.last.filter(|(_, at)| at.line + 1 == comment.at.line && at.column == comment.at.column);
        if let Some((slot, _)) = continued.filter(|_| comment.is_alone) {
            return self.right(slot, comment);
        }
        self.last = None;
        if !comment.is_alone {
            match previous.and_then(|slot| self.on_line(slot, &comment)) {
                Some(slot) => return self.right(slot, comment),
                // Behind a bullet or an opening bracket.
                None if self.comments.slots.get(next).is_some() => return self.above(next, comment),
                None => {}
            }
        }
        if let Some(bed) = self.innermost_flow(comment.at.offset) {
            return match self.comments.slots.get(next).filter(|slot| self.is_within(slot.bed, bed)) {
                Some(_) => self.above(next, comment),
                None => self.foot(bed, comment),
            };
        }
        let next_column = self.comments.slots.get(next).map(|slot| {
            self.comments.beds.get(slot.bed).map_or(slot.start.column, |bed| bed.column.min(slot.start.column))
        });
        let closing = match next_column {
            Some(column) if comment.at.column <= column => None,
            _ => previous.and_then(|slot| self.closed_bed(slot, next, comment.at.column)),
        };
        match (closing, next_column) {
            (Some(bed), _) => self.foot(bed, comment),
            (None, Some(_)) => self.above(next, comment),
            (None, None) => push(&mut self.comments.end, comment),
        }
    }

    /// What a comment is on the line of: the last thing that starts before it, or the collection that ends there.
    fn on_line(&self, previous: usize, comment: &Comment) -> Option<usize> {
        let mut slot = previous;
        loop {
            let found = self.comments.slots.get(slot)?;
            let bed = self.comments.beds.get(found.bed)?;
            if !bed.is_flow || bed.holds(comment.at.offset) {
                let lines = found.start.line..=found.end.line.max(found.start.line);
                return lines.contains(&comment.at.line).then_some(slot);
            }
            slot = bed.owner?;
        }
    }

    fn innermost_flow(&self, offset: usize) -> Option<usize> {
        let beds = (0..).zip(&self.comments.beds).filter(|(_, bed)| bed.is_flow && bed.holds(offset));
        beds.max_by_key(|(_, bed)| bed.start.offset).map(|(bed, _)| bed)
    }

    fn is_within(&self, mut bed: usize, outer: usize) -> bool {
        loop {
            if bed == outer {
                return true;
            }
            let owner = self.comments.beds.get(bed).and_then(|bed| bed.owner);
            match owner.and_then(|owner| self.comments.slots.get(owner)) {
                Some(slot) => bed = slot.bed,
                None => return false,
            }
        }
    }

    /// The innermost block collection that ends before the next slot and whose children are not to the right of the column;
    /// of a list and the mapping that it is indented like, the mapping.
    fn closed_bed(&self, previous: usize, next: usize, column: usize) -> Option<usize> {
        let next = self.comments.slots.get(next).map(|slot| slot.bed);
        let mut found: Option<(usize, usize)> = None;
        let mut slot = self.comments.slots.get(previous)?;
        while next != Some(slot.bed) {
            let Some(bed) = self.comments.beds.get(slot.bed) else { break };
            match found {
                Some((_, known)) if bed.column != known => break,
                Some(_) => found = Some((slot.bed, bed.column)),
                None if !bed.is_flow && bed.column <= column => found = Some((slot.bed, bed.column)),
                None => {}
            }
            let Some(outer) = bed.owner.and_then(|owner| self.comments.slots.get(owner)) else { break };
            slot = outer;
        }
        found.map(|(bed, _)| bed)
    }

    fn right(&mut self, slot: usize, comment: Comment) {
        self.last = Some((slot, comment.at));
        if let Some(slot) = self.comments.slots.get_mut(slot) {
            slot.right.push(comment.text);
        }
    }

    fn above(&mut self, slot: usize, comment: Comment) {
        if let Some(slot) = self.comments.slots.get_mut(slot) {
            // The empty line before the slot is the one between the comment and the slot from now on.
            match slot.above.is_empty() {
                true => {
                    let is_detached = std::mem::replace(&mut slot.is_apart, comment.is_apart);
                    slot.above.push(Line::Comment(comment.text));
                    slot.above.extend(is_detached.then_some(Line::Empty));
                }
                false => {
                    let detached = slot.above.pop_if(|line| *line == Line::Empty);
                    slot.above.extend(comment.is_apart.then_some(Line::Empty));
                    slot.above.push(Line::Comment(comment.text));
                    slot.above.extend(detached);
                }
            }
        }
    }

    fn foot(&mut self, bed: usize, comment: Comment) {
        if let Some(bed) = self.comments.beds.get_mut(bed) {
            push(&mut bed.foot, comment);
        }
    }
}

fn push(lines: &mut Vec<Line>, comment: Comment) {
    lines.extend(comment.is_apart.then_some(Line::Empty));
    lines.push(Line::Comment(comment.text));
}
