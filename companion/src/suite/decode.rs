use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;

use tollgate_policy::source::tree::{
    InFile, Lines, Mapping, Node, Problem, Shape, Value, distinct, items, read, shown, text,
};
use tollgate_policy::source::{Diagnostics, SourceFile};
use tollgate_policy::time::Timestamp;

use crate::ask::Circumstances;

use super::case::{Case, Suite, Test};
use super::fixture::Fixtures;
use super::question::Axes;
use super::table::Table;

pub(super) const SUITE: Shape = Shape {
    noun: "a test suite",
    fields: &["policies", "now", "from", "principals", "resources", "requests", "tests"],
    planned: &[],
};

pub(super) const TEST: Shape = Shape {
    noun: "a test",
    fields: &[
        "name",
        "description",
        "now",
        "from",
        "principal",
        "principals",
        "resource",
        "resources",
        "action",
        "actions",
        "request",
        "requests",
        "expect",
    ],
    planned: &[],
};

/// Most cases of a suite.
const MAX_CASES: usize = 100_000;

/// Whether every test must say what it expects: questions that are asked of two sets need not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Expectations {
    Required,
    Optional,
}

/// Reads a suite.
pub(crate) fn load(file: &SourceFile, expectations: Expectations) -> Result<Suite, Diagnostics> {
    read(file, |root, document| {
        let lines = Lines::new(document.text);
        let suite = Mapping::read(root, &SUITE, document)?;
        let policies = match suite.get("policies") {
            Some(node) => distinct(node, "`policies`", "[.]", document, |node, file| {
                text(node, "an item of `policies`", file).map(str::to_owned)
            }),
            None => Some(vec![".".to_owned()]),
        };
        let circumstances = circumstances(&suite, Circumstances::default(), document);
        let fixtures = Fixtures::read(&suite, document);
        let mut reader = Reader { fixtures, circumstances: circumstances?, expectations, lines, left: MAX_CASES };
        let entries = suite.require("tests", document).map(|node| entries(node, document)).unwrap_or_default();
        let tests = entries.iter().filter_map(|node| reader.test(node, document)).collect();
        let policies = policies?.into_iter().map(PathBuf::from).collect();
        Some(Suite { file: file.name.clone(), policies, tests })
    })
}

fn entries<'n, 't>(node: &'n Node<'t>, file: &mut InFile<'_, '_>) -> &'n [Node<'t>] {
    match &node.value {
        // Unlike the lists of a test, this one may be long.
        Value::List(entries) if !entries.is_empty() => entries,
        _ => items(node, "`tests`", "- name: …", file).unwrap_or_default(),
    }
}

/// When and where tests are asked from: as a mapping says, or else as it is elsewhere.
fn circumstances(
    mapping: &Mapping<'_, '_>,
    elsewhere: Circumstances,
    file: &mut InFile<'_, '_>,
) -> Option<Circumstances> {
    let time = match mapping.get("now") {
        Some(node) => {
            parsed(node, "`now`", "write it as RFC 3339 does: `2026-03-01T12:00:00Z`", Timestamp::parse, file)
        }
        None => Some(elsewhere.time),
    };
    let source = match mapping.get("from") {
        Some(node) => parsed(node, "`from`", "write `10.1.2.3`, or `10.1.2.3:443` with a port", address, file),
        None => Some(elsewhere.source),
    };
    Some(Circumstances { time: time?, source: source? })
}

fn parsed<T>(
    node: &Node<'_>,
    what: &str,
    help: &str,
    parse: impl FnOnce(&str) -> Option<T>,
    file: &mut InFile<'_, '_>,
) -> Option<Option<T>> {
    let written = text(node, what, file)?;
    let value = parse(written);
    if value.is_none() {
        file.refuse(node.at, Problem::new(format!("{what} cannot be read: {}", shown(written))).help(help));
    }
    value.map(Some)
}

fn address(written: &str) -> Option<SocketAddr> {
    let without_port = || Some(SocketAddr::new(written.parse::<IpAddr>().ok()?, 0));
    written.parse().ok().or_else(without_port)
}

struct Reader<'t> {
    fixtures: Fixtures,
    /// Of tests that do not say otherwise.
    circumstances: Circumstances,
    expectations: Expectations,
    lines: Lines<'t>,
    /// How many more cases there may be.
    left: usize,
}

impl Reader<'_> {
    fn test(&mut self, node: &Node<'_>, file: &mut InFile<'_, '_>) -> Option<Test> {
        let test = Mapping::read(node, &TEST, file)?;
        let name = test.require("name", file).and_then(|node| text(node, "`name`", file));
        if let Some(node) = test.get("description") {
            text(node, "`description`", file);
        }
        let circumstances = circumstances(&test, self.circumstances, file);
        let axes = Axes::read(&test, &self.fixtures, file)?;
        let Some(left) = self.left.checked_sub(axes.cases()) else {
            file.refuse(node.at, format!("a suite has at most {MAX_CASES} cases; split it"));
            return None;
        };
        self.left = left;
        let table = match (test.get("expect"), self.expectations) {
            (None, Expectations::Optional) => Table::empty(axes.cases()),
            (None, Expectations::Required) => {
                test.require("expect", file);
                return None;
            }
            (Some(node), _) => Table::read(node, &axes.levels(), axes.answers(), file)?,
        };
        let circumstances = circumstances?;
        let cases = axes.questions().zip(table.into_cells()).map(|((principal, question), cell)| {
            let (expected, at) = match cell {
                Some((expected, at)) => (Some(expected), at),
                None => (None, node.at),
            };
            Case { line: self.lines.at(at.start).number, principal, question, circumstances, expected }
        });
        Some(Test { cases: cases.collect(), name: name?.to_owned() })
    }
}
