use std::cmp::Ordering;
use std::sync::Arc;

use super::SourceFile;
use super::draft::Finished;
use super::location::FileId;

/// The files that were read last, in the order of their names.
#[derive(Debug, Default)]
pub(super) struct Files(pub(super) Vec<Remembered>);

/// A file, and what it came to.
#[derive(Debug)]
pub(super) struct Remembered {
    pub(super) file: SourceFile,
    /// In the order of the file. Absent if there is more in it than policies, or something was refused: then it has to be read
    /// again to know.
    pub(super) policies: Option<Vec<Finished>>,
}

/// A difference between the files that were read last and others.
#[derive(Clone, Copy, Debug)]
pub(super) enum Change<'f> {
    Added(&'f SourceFile),
    Changed(&'f SourceFile),
    Removed,
}

impl<'f> Change<'f> {
    /// The file as it is now.
    pub(super) fn file(self) -> Option<&'f SourceFile> {
        match self {
            Change::Added(file) | Change::Changed(file) => Some(file),
            Change::Removed => None,
        }
    }

    /// Whether a file is concerned that was there.
    pub(super) fn is_of_known(self) -> bool {
        matches!(self, Change::Changed(_) | Change::Removed)
    }
}

impl Files {
    /// Of files in the order of their names. `finished` are the policies of all, by file; of files that are not `plain`, those
    /// are not everything that there is.
    pub(super) fn of(files: &[&SourceFile], is_plain: &[bool], finished: Vec<(FileId, Option<Finished>)>) -> Self {
        let remembered = |(file, is_plain): (&&SourceFile, &bool)| Remembered {
            file: SourceFile::clone(file),
            policies: is_plain.then(Vec::new),
        };
        let mut files: Vec<Remembered> = files.iter().zip(is_plain).map(remembered).collect();
        for (FileId(file), finished) in finished {
            let Some(Remembered { policies, .. }) = files.get_mut(file) else { continue };
            match (policies, finished) {
                (Some(policies), Some(finished)) => policies.push(finished),
                (policies, _) => *policies = None,
            }
        }
        Files(files)
    }

    /// The policies of files at these places, if there is nothing else in them.
    pub(super) fn policies_at(&self, places: impl Iterator<Item = usize>) -> Option<Vec<&Finished>> {
        let policies = places.map(|at| self.0.get(at)?.policies.as_ref());
        Some(policies.collect::<Option<Vec<_>>>()?.into_iter().flatten().collect())
    }

    /// How other files differ, each difference with its place in these: in that order. `None` if they are not in the order of
    /// their names, or two have one name.
    pub(super) fn changes<'f>(&self, files: &[&'f SourceFile]) -> Option<Vec<(usize, Change<'f>)>> {
        let mut changes = Vec::new();
        let mut at = 0;
        let mut previous: Option<&SourceFile> = None;
        for &file in files {
            let is_in_order = || previous.is_none_or(|previous| previous.name < file.name);
            loop {
                let Some(Remembered { file: known, .. }) = self.0.get(at) else {
                    changes.push((at, is_in_order().then_some(Change::Added(file))?));
                    break;
                };
                match known.name.cmp(&file.name) {
                    Ordering::Equal => {
                        if !is_same(known, file) {
                            changes.push((at, is_in_order().then_some(Change::Changed(file))?));
                        }
                        at += 1;
                        break;
                    }
                    Ordering::Less => {
                        changes.push((at, Change::Removed));
                        at += 1;
                    }
                    Ordering::Greater => {
                        changes.push((at, is_in_order().then_some(Change::Added(file))?));
                        break;
                    }
                }
            }
            previous = Some(file);
        }
        changes.extend((at..self.0.len()).map(|at| (at, Change::Removed)));
        Some(changes)
    }

    /// Bytes of text.
    pub(super) fn size(&self) -> usize {
        self.0.iter().map(|known| known.file.text.len()).sum()
    }

    /// Gives away what is known of each of other files, which are in the order of their names.
    pub(super) fn recall(self, files: &[&SourceFile]) -> impl Iterator<Item = Option<Vec<Finished>>> {
        let mut known = self.0.into_iter().peekable();
        files.iter().map(move |file| {
            while known.next_if(|known| known.file.name < file.name).is_some() {}
            known.next_if(|known| is_same(&known.file, file))?.policies
        })
    }
}

/// Whether two files of one name say the same. Texts that are shared are not compared.
fn is_same(known: &SourceFile, file: &SourceFile) -> bool {
    let same_text = Arc::ptr_eq(&known.text, &file.text) || known.text == file.text;
    same_text && known.shape == file.shape && known.name == file.name
}
