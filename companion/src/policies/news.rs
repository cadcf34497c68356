use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use notify::Event;

use super::walk::is_policy_file;

/// More files than this are not told apart.
const MAX_FILES: usize = 1000;

/// What events have told of a folder.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum News {
    /// Of these files, and of nothing else. There are none before the first event.
    Files(BTreeSet<PathBuf>),
    /// Of folders or links, or of so much that it has to be looked at as a whole.
    Anything,
}

impl News {
    pub(super) fn none() -> Self {
        News::Files(BTreeSet::new())
    }

    pub(super) fn of(event: &Event) -> Self {
        let is_plain = |path: &&PathBuf| path.file_name().is_some_and(is_policy_file);
        match event.need_rescan() || event.paths.is_empty() || event.paths.iter().any(|path| is_link_or_folder(path)) {
            true => News::Anything,
            false => News::Files(event.paths.iter().filter(is_plain).cloned().collect()),
        }
    }

    /// Together with what was told later.
    #[must_use]
    pub(super) fn and(self, later: Self) -> Self {
        match (self, later) {
            (News::Files(mut files), News::Files(more)) if files.len() + more.len() <= MAX_FILES => {
                files.extend(more);
                News::Files(files)
            }
            _ => News::Anything,
        }
    }
}

/// Whether policies may be behind a path of this name: what may be a folder of them, and the links that ConfigMaps swap
/// (`..data`).
pub(super) fn is_link_or_folder(path: &Path) -> bool {
    let Some(name) = path.file_name() else { return true };
    let bytes = name.as_encoded_bytes();
    bytes.starts_with(b"..") || !bytes.contains(&b'.')
}

#[cfg(test)]
mod tests {
    use notify::EventKind;
    use notify::event::Flag;

    use super::*;

    fn of(paths: &[&str]) -> News {
        let event = Event::new(EventKind::Any);
        News::of(&paths.iter().fold(event, |event, path| event.add_path(path.into())))
    }

    fn files(paths: &[&str]) -> News {
        News::Files(paths.iter().map(PathBuf::from).collect())
    }

    #[test]
    fn files_are_told_by_name_and_all_else_is_looked_at_as_a_whole() {
        assert_eq!(of(&["d/a.yaml"]), files(&["d/a.yaml"]));
        assert_eq!(of(&["d/.a.yaml.tmp", "d/a.yaml"]), files(&["d/a.yaml"]));
        for path in ["d/..data", "d/..2024_01", "d", "/"] {
            assert_eq!(of(&["d/a.yaml", path]), News::Anything, "{path}");
        }
        assert_eq!(of(&[]), News::Anything);
        assert_eq!(
            News::of(&Event::new(EventKind::Any).add_path("a.yaml".into()).set_flag(Flag::Rescan)),
            News::Anything
        );
    }

    #[test]
    fn news_add_up() {
        assert_eq!(of(&["a.yaml"]).and(of(&["b.yaml"])), files(&["a.yaml", "b.yaml"]));
        assert_eq!(of(&["a.yaml"]).and(News::Anything), News::Anything);
        assert_eq!(News::Anything.and(of(&["a.yaml"])), News::Anything);
        let many = |from: usize| News::Files((from..from + 600).map(|index| format!("{index}.yaml").into()).collect());
        assert_eq!(many(0).and(many(1000)), News::Anything);
    }
}
