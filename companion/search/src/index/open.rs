use std::collections::HashSet;
use std::path::Path;
use std::sync::Arc;

use super::code::{self, Code};
use super::core::Core;
use super::deaths::Deaths;
use super::directory::{Directory, Place};
use super::home::Home;
use super::names::Names;
use super::plan::Limits;
use super::points;
use super::segment::{Codes, Segment};
use super::segment_file::{self, Loaded};
use super::storage::{ALIGN, Folder, Lock, Manifest, Record, Space, StoredModel, StoredSegment, Tape};
use super::table::Table;
use super::view::{Snapshot, View};
use super::{IndexError, Settings};
use crate::Model;

/// An index that is kept nowhere.
pub(super) fn in_memory(model: Model, settings: Settings, limits: Limits) -> Core {
    let dimensions = model.dimensions.get().into();
    let mut found = Found::default();
    let table = found.add_table(Table::new(0, Tape::in_memory(dimensions), code::width(dimensions)));
    found.into_core(model, settings, limits, None, table)
}

/// The index that a folder has.
pub(super) fn open(
    path: &Path,
    model: Model,
    settings: Settings,
    limits: Limits,
    space: Space,
) -> Result<(Core, Lock), IndexError> {
    let (folder, lock, manifest) = Folder::open(path, &model, space)?;
    let manifest = match manifest {
        Some(manifest) => {
            folder.sweep(&manifest)?;
            manifest
        }
        None => {
            folder.clear()?;
            let model = StoredModel::from(&model);
            let manifest = Manifest { model, revision: 0, segments: Vec::new(), first_log: 0 };
            folder.commit(&manifest)?;
            manifest
        }
    };
    let width = code::width(model.dimensions.get().into());
    let mut found = Found { revision: manifest.revision, ..Found::default() };
    for stored in &manifest.segments {
        found.add_segment(&folder, stored, settings, width)?;
    }
    let mut filling = None;
    for number in folder.logs(manifest.first_log)? {
        let table = found.replay(Table::new(number, folder.open_log(number)?, width), width)?;
        found.closed.extend(filling.replace(table));
    }
    let filling = match filling {
        Some(table) => table,
        None => {
            let numbers = manifest.segments.iter().map(|segment| segment.number + 1);
            let number = numbers.chain([manifest.first_log]).max().unwrap_or_default();
            found.add_table(Table::new(number, folder.create_log(number)?, width))
        }
    };
    Ok((found.into_core(model, settings, limits, Some(folder), filling), lock))
}

/// What was found of an index so far.
#[derive(Default)]
struct Found {
    directory: Directory,
    revision: u64,
    segments: Vec<Arc<Segment>>,
    closed: Vec<Arc<Table>>,
}

/// The revision of what was removed before the index was opened.
const LONG_AGO: u64 = 0;

impl Found {
    fn add_table(&mut self, table: Table) -> Arc<Table> {
        let table = Arc::new(table);
        self.directory.add_home(Home::Table(Arc::clone(&table)));
        table
    }

    fn add_segment(
        &mut self,
        folder: &Folder,
        stored: &StoredSegment,
        settings: Settings,
        width: usize,
    ) -> Result<(), IndexError> {
        let tape = match folder.open_rows(stored.number) {
            Ok(tape) => tape,
            Err(IndexError::File { source, .. }) if source.kind() == std::io::ErrorKind::NotFound => return Ok(()),
            Err(error) => return Err(error),
        };
        let file = folder.read_graph(stored.number)?;
        let loaded = match file.and_then(|bytes| segment_file::from_bytes(&bytes, settings, width)) {
            Some(loaded) => loaded,
            None => from_tape(&tape, width)?,
        };
        let Loaded { names, places, codes } = loaded;
        let deaths = Deaths::none(places.len());
        let graph_file = folder.graph_len(stored.number);
        let segment = Arc::new(Segment { number: stored.number, tape, names, places, codes, deaths, graph_file });
        self.directory.add_home(Home::Segment(Arc::clone(&segment)));
        let dead: HashSet<u32> = stored.dead.iter().copied().collect();
        for (row, place) in segment.places.iter().enumerate() {
            match dead.contains(place) {
                true => drop(segment.deaths.add(row, LONG_AGO)),
                false => self.put(segment.names.get(row).unwrap_or_default(), segment.number, row as u32),
            }
        }
        self.segments.push(segment);
        Ok(())
    }

    /// Does again what a log says was done.
    fn replay(&mut self, table: Table, width: usize) -> Result<Arc<Table>, IndexError> {
        let table = self.add_table(table);
        table.tape.records(|at, record| {
            self.revision += 1;
            match record {
                Record::Put(put) => {
                    let row = table.push(put.name, &Code::of(&put.numbers(), width), at);
                    self.put(put.name, table.number, row);
                }
                Record::Removed(name) => {
                    if let Some(place) = self.directory.remove(name) {
                        self.remove(place);
                    }
                }
            }
            table.add_changes(1);
        })?;
        Ok(table)
    }

    fn put(&mut self, name: &str, home: u32, row: u32) {
        if let Some(before) = self.directory.put(name, Place { home, row }) {
            self.remove(before);
        }
    }

    fn remove(&self, place: Place) {
        if let Some(home) = self.directory.home(place) {
            home.remove(place.row, LONG_AGO);
        }
    }

    fn into_core(
        self,
        model: Model,
        settings: Settings,
        limits: Limits,
        folder: Option<Folder>,
        filling: Arc<Table>,
    ) -> Core {
        let Found { directory, revision, segments, closed } = self;
        let filled = filling.rows();
        let view = View { segments, closed, filling };
        let next_number = view.homes().map(|home| home.number() + 1).max().unwrap_or_default();
        let front = Snapshot { view: Arc::new(view), revision, filled };
        Core::new(model, settings, limits, folder, directory, front, next_number)
    }
}

/// A segment without its graph.
fn from_tape(tape: &Tape, width: usize) -> Result<Loaded, IndexError> {
    let (mut names, mut places, mut codes) = (Names::default(), Vec::new(), points::points(width, 0));
    tape.records(|at, record| {
        if let Record::Put(put) = record {
            names.push(put.name);
            places.push((at / ALIGN) as u32);
            codes.push(&Code::of(&put.numbers(), width));
        }
    })?;
    names.shrink();
    Ok(Loaded { names, places: places.into(), codes: Codes::Flat(codes) })
}
