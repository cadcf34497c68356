//! Documents of other kinds than policy files, such as test suites, read with the loader's own eyes: values know their
//! place, and what is wrong with them is reported in the same words.

use crate::data::Data;

pub use super::location::{Line, Lines, Mark};
pub use super::mapping::{Mapping, Shape, listed};
pub use super::node::{Key, Node, Value};
pub use super::printable::{is_printable, printable, shown};
pub use super::report::{InFile, Problem};
pub use super::suggest::closest;
pub use super::value::{choice, distinct, items, text, text_within};

use super::location::FileId;
use super::report::Report;
use super::{Diagnostics, SourceFile, attributes, document};

/// Reads one document. `decode` reports what is wrong to the file it is given, and returns nothing then.
///
/// # Errors
/// Lists every problem of the file, in the order of line and column.
pub fn read<T>(
    file: &SourceFile,
    decode: impl for<'f> FnOnce(&Node<'f>, &mut InFile<'_, 'f>) -> Option<T>,
) -> Result<T, Diagnostics> {
    let mut report = Report::new(&[file]);
    let mut only = report.file(FileId(0));
    let decoded = document::parse(&mut only).and_then(|root| decode(&root, &mut only));
    if decoded.is_none() && report.count() == 0 {
        report.file(FileId(0)).refuse(Mark::default(), "nothing can be read from this file");
    }
    let decoded = report.into_result(decoded)?;
    decoded.ok_or_else(Diagnostics::default)
}

/// Any value, as an attribute would hold it. Spellings that readers of YAML take for different values are refused.
pub fn data(node: &Node<'_>, file: &mut InFile<'_, '_>) -> Option<Data> {
    attributes::data(node, 1, file)
}
