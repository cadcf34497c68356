use std::io;

use super::output::Output;

/// Rows of text under headings, each column as wide as its widest cell.
pub(super) struct Table {
    rows: Vec<Vec<String>>,
}

impl Table {
    pub(super) fn new<const COLUMNS: usize>(headings: [&str; COLUMNS]) -> Self {
        Table { rows: vec![headings.map(str::to_owned).to_vec()] }
    }

    /// What others have said is not let into the terminal unseen: control characters are replaced.
    pub(super) fn row(&mut self, cells: impl IntoIterator<Item = String>) {
        let printable = |cell: String| match cell.is_empty() {
            true => "-".to_owned(),
            false => cell.chars().map(|c| if c.is_control() { '\u{fffd}' } else { c }).collect(),
        };
        self.rows.push(cells.into_iter().map(printable).collect());
    }

    pub(super) fn write(&self, output: &mut Output<'_>) -> io::Result<()> {
        let columns = self.rows.iter().map(Vec::len).max().unwrap_or_default();
        let width = |column: usize| {
            self.rows.iter().filter_map(|row| row.get(column)).map(|cell: &String| cell.chars().count()).max()
        };
        let widths: Vec<_> = (0..columns).map(|column| width(column).unwrap_or_default()).collect();
        for row in &self.rows {
            let cells: Vec<_> = row.iter().zip(&widths).map(|(cell, width)| format!("{cell:width$}")).collect();
            output.line(cells.join("  ").trim_end())?;
        }
        Ok(())
    }
}
