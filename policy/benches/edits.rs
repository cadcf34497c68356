//! What the loader takes for one edited policy among many: as files of one policy, as documents, in one big file.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "a bench stops at its own mistakes"
)]

use std::fmt::Write as _;
use std::hint::black_box;
use std::time::{Duration, Instant};

use tollgate_policy::source::{Loader, Shape, SourceFile};

const EDITS: usize = 15;

#[derive(Clone, Copy)]
enum Layout {
    Files,
    Documents,
    OneFile,
}

fn main() {
    let sizes: Vec<usize> = std::env::args().filter_map(|argument| argument.parse().ok()).collect();
    let sizes = if sizes.is_empty() { vec![10_000, 100_000] } else { sizes };
    for size in sizes {
        for (name, layout) in
            [("files", Layout::Files), ("documents", Layout::Documents), ("one_file", Layout::OneFile)]
        {
            let Measured { first, edits, other } = measure(layout, size);
            println!("figure load_{name}_{size} {:.2} ms", milliseconds(first));
            println!("figure load_edit_{name}_{size} {:.3} ms", milliseconds(edits[edits.len() / 2]));
            println!("figure load_edit_least_{name}_{size} {:.3} ms", milliseconds(edits[0]));
            println!("figure load_other_{name}_{size} {:.3} ms", milliseconds(other));
        }
    }
}

struct Measured {
    first: Duration,
    /// Sorted.
    edits: Vec<Duration>,
    /// A change of something else than policies, in a file of its own.
    other: Duration,
}

fn measure(layout: Layout, size: usize) -> Measured {
    let mut policies: Vec<String> = (0..size).map(|index| policy(index, 0)).collect();
    let mut files = match layout {
        Layout::OneFile => vec![one_file(&policies)],
        _ => policies.iter().enumerate().map(|(index, text)| file(layout, index, text)).collect(),
    };
    let mut loader = Loader::default();
    let started = Instant::now();
    black_box(loader.load(&files).unwrap());
    let first = started.elapsed();
    let mut edits: Vec<Duration> = (1..=EDITS)
        .map(|round| {
            let index = round * 7919 % size;
            policies[index] = policy(index, round);
            match layout {
                Layout::OneFile => files[0] = one_file(&policies),
                _ => files[index] = file(layout, index, &policies[index]),
            }
            let started = Instant::now();
            black_box(loader.load(&files).unwrap());
            started.elapsed()
        })
        .collect();
    edits.sort();
    files.push(SourceFile::new("unmatched.yaml", "unmatched: allow"));
    let started = Instant::now();
    black_box(loader.load(&files).unwrap());
    Measured { first, edits, other: started.elapsed() }
}

/// The fields of a policy over one of many kinds; 60 % have a condition.
fn policy(index: usize, round: usize) -> String {
    let kind = index / 5;
    let role = index % 20;
    let mut text = format!("resource: kind{kind}\n    actions: [view, edit]\n    roles: [role{role}]\n");
    if round > 0 {
        writeln!(text, "    condition: resource.revision == {round}").unwrap();
    } else if index % 5 < 3 {
        writeln!(text, "    condition: resource.ownerId == principal.id && resource.size < {index}").unwrap();
    }
    text
}

fn file(layout: Layout, index: usize, fields: &str) -> SourceFile {
    let name = format!("policies/team-{:03}/generated-{index:06}.yaml", index / 100);
    match layout {
        Layout::Documents => SourceFile {
            shape: Shape::Policy(format!("generated-{index}")),
            ..SourceFile::new(name, fields.replace("\n    ", "\n"))
        },
        _ => SourceFile::new(name, format!("policies:\n  - name: generated-{index}\n    {fields}")),
    }
}

fn one_file(policies: &[String]) -> SourceFile {
    let mut text = String::from("policies:\n");
    for (index, fields) in policies.iter().enumerate() {
        write!(text, "  - name: generated-{index}\n    {fields}").unwrap();
    }
    SourceFile::new("policies.yaml", text)
}

fn milliseconds(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}
