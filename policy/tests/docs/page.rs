//! Pages, taken apart.

use std::fs;
use std::path::{Path, PathBuf};

/// A page about the policy language.
pub(crate) struct Page {
    pub(crate) name: String,
    pub(crate) blocks: Vec<Block>,
    /// What is outside of blocks, by line number.
    prose: Vec<(usize, String)>,
}

/// A fenced block.
pub(crate) struct Block {
    /// What follows the fence.
    pub(crate) kind: String,
    pub(crate) text: String,
    /// Where it begins.
    pub(crate) line: usize,
}

/// Every page.
pub(crate) fn pages() -> Vec<Page> {
    let docs = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs");
    let mut files = vec![docs.join("policy-language.md")];
    let folder = fs::read_dir(docs.join("policy-language")).unwrap();
    files.extend(folder.map(|entry| entry.unwrap().path()));
    files.sort();
    assert!(files.len() > 10, "every page is read");
    files.into_iter().map(Page::read).collect()
}

impl Page {
    fn read(file: PathBuf) -> Self {
        let name = file.file_name().unwrap().to_string_lossy().into_owned();
        let text = fs::read_to_string(&file).unwrap();
        let mut page = Page { name, blocks: Vec::new(), prose: Vec::new() };
        let mut open: Option<Block> = None;
        for (line, content) in (1..).zip(text.lines()) {
            match (content.strip_prefix("```"), &mut open) {
                (Some(kind), None) => open = Some(Block { kind: kind.to_owned(), text: String::new(), line }),
                (Some(_), Some(_)) => page.blocks.extend(open.take()),
                (None, Some(block)) => {
                    block.text.push_str(content);
                    block.text.push('\n');
                }
                (None, None) => page.prose.push((line, content.to_owned())),
            }
        }
        assert!(open.is_none(), "{}: a block is not closed", page.name);
        page
    }

    /// Expressions, each with its line and what it is said to come to.
    pub(crate) fn expressions(&self) -> Vec<(usize, String, Option<String>)> {
        let mut found = Vec::new();
        for block in self.blocks.iter().filter(|block| block.kind == "cel") {
            let lines = (block.line + 1..).zip(block.text.lines()).filter(|(_, text)| !text.trim().is_empty());
            for (line, text) in lines {
                let (source, expected) = text.rsplit_once("// ").unwrap_or((text, ""));
                let expected = (!expected.is_empty()).then(|| expected.trim().to_owned());
                match found.last_mut() {
                    // Of the line above.
                    Some((_, _, of_last @ None)) if source.trim().is_empty() => *of_last = expected,
                    _ => found.push((line, source.trim().to_owned(), expected)),
                }
            }
        }
        for (line, text) in &self.prose {
            let parts: Vec<&str> = text.split('`').collect();
            for window in parts.windows(3).skip(1).step_by(2) {
                if let [source, " → ", expected] = *window {
                    // In tables, bars are escaped.
                    let plain = |text: &str| text.replace("\\|", "|");
                    found.push((*line, plain(source), Some(plain(expected))));
                }
            }
        }
        found
    }

    /// Tables: rows of cells, with the line of the first.
    pub(crate) fn tables(&self) -> Vec<(usize, Vec<Vec<String>>)> {
        let mut tables: Vec<(usize, Vec<Vec<String>>)> = Vec::new();
        let mut last = 0;
        for (line, text) in self.prose.iter().filter(|(_, text)| text.starts_with('|')) {
            let cells = text.trim_matches('|').replace("\\|", "\u{1}");
            let row = cells.split('|').map(|cell| cell.trim().replace('\u{1}', "|")).collect();
            match tables.last_mut() {
                Some((_, rows)) if last + 1 == *line => rows.push(row),
                _ => tables.push((*line, vec![row])),
            }
            last = *line;
        }
        tables
    }
}

/// What stands between backticks.
pub(crate) fn code_spans(text: &str) -> Vec<String> {
    text.split('`').skip(1).step_by(2).map(str::to_owned).collect()
}
