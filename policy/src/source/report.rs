use std::collections::BTreeMap;

use super::SourceFile;
use super::diagnostic::{Diagnostic, Diagnostics, Excerpt};
use super::location::{FileId, Lines, Mark, Place};

/// Most problems that are listed; the others are counted.
const MAX_LISTED: usize = 1000;

/// The problems found so far.
pub(super) struct Report<'f> {
    files: Vec<File<'f>>,
    problems: Vec<(Place, Problem)>,
    /// A file could not be parsed: what others refer to may be in it.
    pub(super) incomplete: bool,
}

struct File<'f> {
    name: &'f str,
    text: &'f str,
}

/// What is wrong, and what to write instead.
pub struct Problem {
    message: String,
    help: Option<String>,
    /// Another place that the message goes on with, and what follows it.
    other: Option<(Place, &'static str)>,
    excerpt: Option<Excerpt>,
}

impl Problem {
    /// A sentence that says both, without its full stop.
    pub fn new(message: impl Into<String>) -> Self {
        Problem { message: message.into(), help: None, other: None, excerpt: None }
    }

    /// Adds a sentence on what may be written.
    #[must_use]
    pub fn help(self, help: impl Into<String>) -> Self {
        Problem { help: Some(help.into()), ..self }
    }

    /// Goes on with another place and with what follows it.
    pub(super) fn other(self, place: Place, rest: &'static str) -> Self {
        Problem { other: Some((place, rest)), ..self }
    }

    /// Shows this text instead of the file's.
    pub(super) fn excerpt(self, excerpt: Excerpt) -> Self {
        Problem { excerpt: Some(excerpt), ..self }
    }
}

impl From<&str> for Problem {
    fn from(message: &str) -> Self {
        Problem::new(message)
    }
}

impl From<String> for Problem {
    fn from(message: String) -> Self {
        Problem::new(message)
    }
}

/// The report, seen from the file that is being decoded.
pub struct InFile<'r, 'f> {
    id: FileId,
    /// The file's text.
    pub text: &'f str,
    pub(super) report: &'r mut Report<'f>,
}

impl InFile<'_, '_> {
    pub(super) fn id(&self) -> FileId {
        self.id
    }

    pub(super) fn place(&self, mark: Mark) -> Place {
        Place { file: self.id, mark }
    }

    /// Reports a problem at a place.
    pub fn refuse(&mut self, mark: Mark, problem: impl Into<Problem>) {
        let place = self.place(mark);
        self.report.refuse(place, problem);
    }
}

impl<'f> Report<'f> {
    /// Of files in the order of their names.
    pub(super) fn new(files: &[&'f SourceFile]) -> Self {
        let without_mark = |text: &'f str| text.strip_prefix('\u{feff}').unwrap_or(text);
        let files = files.iter().map(|file| File { name: &file.name, text: without_mark(&file.text) }).collect();
        Report { files, problems: Vec::new(), incomplete: false }
    }

    pub(super) fn file_ids(&self) -> impl Iterator<Item = FileId> + use<> {
        (0..self.files.len()).map(FileId)
    }

    pub(super) fn file(&mut self, id: FileId) -> InFile<'_, 'f> {
        InFile { id, text: self.files.get(id.0).map_or("", |file| file.text), report: self }
    }

    pub(super) fn refuse(&mut self, place: Place, problem: impl Into<Problem>) {
        self.problems.push((place, problem.into()));
    }

    /// How many problems were found so far.
    pub(super) fn count(&self) -> usize {
        self.problems.len()
    }

    /// The value, if nothing was reported.
    pub(super) fn into_result<T>(mut self, value: T) -> Result<T, Diagnostics> {
        if self.problems.is_empty() {
            return Ok(value);
        }
        self.problems.sort_by(|(a, first), (b, second)| (a, &first.message).cmp(&(b, &second.message)));
        let omitted = self.problems.len().saturating_sub(MAX_LISTED);
        self.problems.truncate(MAX_LISTED);
        let mut locator = Locator::new(&self.files);
        let listed = self.problems.into_iter().map(|(place, problem)| locator.diagnostic(place, problem)).collect();
        Err(Diagnostics::new(listed, omitted))
    }
}

/// Counts lines and columns, only in files where something is to be located.
struct Locator<'r, 'f> {
    files: &'r [File<'f>],
    lines: BTreeMap<FileId, Lines<'f>>,
    /// The last column that was counted: file, start of the line, offset, characters before it. A file can be one line, which
    /// must not be counted from its start for every problem.
    counted: (FileId, usize, usize, usize),
}

impl<'r, 'f> Locator<'r, 'f> {
    fn new(files: &'r [File<'f>]) -> Self {
        Locator { files, lines: BTreeMap::new(), counted: (FileId(0), 0, 0, 0) }
    }

    fn diagnostic(&mut self, place: Place, problem: Problem) -> Diagnostic {
        let Problem { mut message, help, other, excerpt } = problem;
        if let Some((other, rest)) = other {
            let line = self.lines(other.file).at(other.mark.start).number;
            message = format!("{message} {}:{line}{rest}", self.name(other.file));
        }
        let line = self.lines(place.file).at(place.mark.start);
        let within = place.mark.start - line.start;
        let excerpt = excerpt.or_else(|| {
            (!line.text.is_empty()).then(|| Excerpt::new(line.text, within.min(line.text.len()), place.mark.len))
        });
        let column = self.column(place, line.start);
        // What is meant may go on over several lines: the end is within the first.
        let meant = line.text.get(within..).map_or("", |rest| rest.get(..place.mark.len).unwrap_or(rest));
        let characters = meant.chars().count();
        Diagnostic {
            file: self.name(place.file).to_owned(),
            line: line.number,
            column,
            end_column: column + characters.max(1),
            message,
            help,
            excerpt,
        }
    }

    fn column(&mut self, place: Place, line_start: usize) -> usize {
        let (file, start, offset, characters) = self.counted;
        let end = place.mark.start;
        let (from, before) = match file == place.file && start == line_start && offset <= end {
            true => (offset, characters),
            false => (line_start, 0),
        };
        let text = self.text(place.file).get(from..end).unwrap_or_default();
        let characters = before + text.chars().count();
        self.counted = (place.file, line_start, end, characters);
        characters + 1
    }

    fn lines(&mut self, file: FileId) -> &Lines<'f> {
        let text = self.text(file);
        self.lines.entry(file).or_insert_with(|| Lines::new(text))
    }

    fn name(&self, file: FileId) -> &'f str {
        self.files.get(file.0).map_or("", |file| file.name)
    }

    fn text(&self, file: FileId) -> &'f str {
        self.files.get(file.0).map_or("", |file| file.text)
    }
}
