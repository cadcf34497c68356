use std::collections::HashSet;
use std::mem;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use notify::event::{AccessKind, AccessMode, CreateKind, ModifyKind, RemoveKind};
use notify::{Event, EventKind};

use super::news::{News, is_link_or_folder};
use super::walk::is_policy_file;

/// After the last event of an edit, this long passes before the files are read.
const QUIET: Duration = Duration::from_millis(5);

/// A burst without a quiet moment is read after this long.
const LONGEST: Duration = Duration::from_millis(500);

/// A file that is being written is waited for this long after the last write.
const WRITER_PATIENCE: Duration = Duration::from_millis(250);

/// However long a writer writes, edits are taken after this long: half an edit is mended by the next reading, an edit that is
/// never taken would leave a revoked policy in force.
const LONGEST_WRITER: Duration = Duration::from_secs(2);

/// File events that belong together: one edit, or many files at once.
///
/// A file that has been written to and not closed yet is half an edit, and half a policy file can be a valid one that says
/// less; so a burst with open writers is not over before they close.
#[derive(Debug)]
pub(super) struct Burst {
    first: Instant,
    last: Instant,
    writing: HashSet<PathBuf>,
    news: News,
}

impl Burst {
    pub(super) fn begin(now: Instant) -> Self {
        Burst { first: now, last: now, writing: HashSet::new(), news: News::none() }
    }

    pub(super) fn add(&mut self, event: Event, now: Instant) {
        self.last = now;
        self.news = mem::replace(&mut self.news, News::Anything).and(News::of(&event));
        match event.kind {
            EventKind::Modify(ModifyKind::Data(_)) | EventKind::Create(CreateKind::File) => {
                self.writing.extend(event.paths);
            }
            EventKind::Access(AccessKind::Close(AccessMode::Write))
            | EventKind::Remove(RemoveKind::File)
            | EventKind::Modify(ModifyKind::Name(_)) => event.paths.iter().for_each(|path| {
                self.writing.remove(path);
            }),
            _ => {}
        }
    }

    /// What it was about.
    pub(super) fn into_news(self) -> News {
        self.news
    }

    /// When the files may be read, if nothing else happens.
    pub(super) fn over_at(&self) -> Instant {
        if self.writing.is_empty() {
            (self.last + QUIET).min(self.first + LONGEST)
        } else {
            (self.last + WRITER_PATIENCE).min(self.first + LONGEST_WRITER)
        }
    }
}

/// Whether an event says that policies may have changed. Our own reading causes events too, and other files are nobody's edit.
pub(super) fn is_change(event: &Event) -> bool {
    let may_matter = match event.kind {
        EventKind::Access(kind) => kind == AccessKind::Close(AccessMode::Write),
        _ => true,
    };
    may_matter && (event.paths.is_empty() || event.paths.iter().any(|path| concerns_policies(path)))
}

/// What this misses, rescans find.
fn concerns_policies(path: &Path) -> bool {
    path.file_name().is_some_and(is_policy_file) || is_link_or_folder(path)
}

#[cfg(test)]
mod tests {
    use notify::event::DataChange;

    use super::*;

    const WRITTEN: EventKind = EventKind::Modify(ModifyKind::Data(DataChange::Any));
    const CLOSED: EventKind = EventKind::Access(AccessKind::Close(AccessMode::Write));

    fn event(kind: EventKind) -> Event {
        Event::new(kind).add_path("a.yaml".into())
    }

    #[test]
    fn an_edit_is_over_a_moment_after_the_file_is_closed() {
        let start = Instant::now();
        let mut burst = Burst::begin(start);
        burst.add(event(WRITTEN), start);
        assert_eq!(burst.over_at(), start + WRITER_PATIENCE);
        burst.add(event(CLOSED), start);
        assert_eq!(burst.over_at(), start + QUIET);
    }

    #[test]
    fn a_writer_that_never_closes_is_waited_for_only_so_long() {
        let start = Instant::now();
        let mut burst = Burst::begin(start);
        burst.add(event(WRITTEN), start);
        assert!(burst.over_at() < start + LONGEST);
    }

    #[test]
    fn a_stream_of_events_cannot_postpone_the_reading_for_ever() {
        let start = Instant::now();
        let mut burst = Burst::begin(start);
        for millisecond in 0..2000 {
            burst.add(event(CLOSED), start + Duration::from_millis(millisecond));
        }
        assert_eq!(burst.over_at(), start + LONGEST);
    }

    #[test]
    fn a_writer_that_goes_on_and_on_cannot_postpone_it_either() {
        let start = Instant::now();
        let mut burst = Burst::begin(start);
        for tenth in 0..100 {
            burst.add(event(WRITTEN), start + Duration::from_millis(100) * tenth);
        }
        assert_eq!(burst.over_at(), start + LONGEST_WRITER);
    }

    #[test]
    fn files_that_hold_no_policies_are_nobodys_edit() {
        let of = |path: &str| is_change(&Event::new(WRITTEN).add_path(path.into()));
        for path in ["a.yaml", "b/c.yml", "d.json", "folder", "..data", "..2026_11_21"] {
            assert!(of(path), "{path}");
        }
        for path in [".debug.log", "a.yaml~", ".a.yaml.swp", "notes.txt", ".a.yaml"] {
            assert!(!of(path), "{path}");
        }
    }

    #[test]
    fn reading_is_no_change() {
        assert!(!is_change(&event(EventKind::Access(AccessKind::Open(AccessMode::Any)))));
        assert!(is_change(&event(CLOSED)));
        assert!(is_change(&event(EventKind::Remove(RemoveKind::Any))));
    }
}
