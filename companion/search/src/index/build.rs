use std::collections::HashSet;
use std::io;
use std::path::Path;
use std::sync::{Arc, PoisonError};
use std::thread;

use rayon::ThreadPoolBuilder;

use super::code::Code;
use super::core::Core;
use super::deaths::Deaths;
use super::directory::Place;
use super::groups::{Distinct, Groups};
use super::home::Home;
use super::names::Names;
use super::plan::Plan;
use super::points;
use super::segment::{Codes, Segment};
use super::storage::{ALIGN, Manifest, StoredModel, StoredSegment, Tape, write_put};
use super::view::{Snapshot, View};
use super::{IndexError, segment_file};

/// How many rows change their place while nobody can look one up.
const PIECE: usize = 1024;

/// A row on its way into a segment.
struct Row {
    /// Which of the homes that are built from.
    home: usize,
    row: u32,
}

impl Row {
    fn name(&self, homes: &[Home]) -> Option<Arc<str>> {
        homes.get(self.home)?.name(self.row)
    }
}

/// A segment, and where each of its rows was before.
struct Made {
    segment: Arc<Segment>,
    rows: Vec<Row>,
}

impl Core {
    /// Makes a segment, or several if there is too much for one, and puts it in the place of what it was made of. Searches
    /// and writers go on meanwhile.
    pub(super) fn build(&self, plan: &Plan) -> Result<(), IndexError> {
        if plan.rotate {
            let _files = self.builder.files.lock().unwrap_or_else(PoisonError::into_inner);
            if self.builder.is_closed() {
                return Ok(());
            }
            self.rotate(&self.lock())?;
        }
        let view = self.snapshot().view;
        let segments = view.segments.iter().filter(|segment| plan.segments.contains(&segment.number));
        let tables = view.closed.iter().take(plan.tables).cloned().map(Home::Table);
        let homes: Vec<Home> = segments.cloned().map(Home::Segment).chain(tables).collect();
        let rows = living(&homes);
        // A table is full a little late, which should not make two segments of it.
        let (segments, lost) = ((rows.len() / self.limits.segment).max(1), &mut Vec::new());
        let size = rows.len().div_ceil(segments);
        let mut rows = rows.into_iter().peekable();
        let mut made = Vec::new();
        while rows.peek().is_some() {
            let part: Vec<(usize, u32)> = rows.by_ref().take(size).collect();
            match self.make(&homes, &part, lost)? {
                Some(segment) => made.push(segment),
                None => return Ok(()),
            }
        }
        let files = self.builder.files.lock().unwrap_or_else(PoisonError::into_inner);
        if self.builder.is_closed() {
            return Ok(());
        }
        let numbers: HashSet<u32> = homes.iter().map(Home::number).collect();
        self.commit(&made, &numbers)?;
        self.swap(&made, &homes, lost);
        drop(files);
        self.forget(&homes);
        Ok(())
    }

    /// `None` if the index was closed meanwhile.
    fn make(&self, homes: &[Home], living: &[(usize, u32)], lost: &mut Vec<Row>) -> Result<Option<Made>, IndexError> {
        let has_graph = living.len() >= self.limits.graph;
        let mut codes = Distinct::new(points::points(self.width, living.len()));
        let (mut rows, mut buffer) = (Vec::with_capacity(living.len()), Vec::new());
        for (home, row) in living.iter().copied() {
            let Some(from) = homes.get(home) else {
                continue;
            };
            let read = from.read(row, &mut buffer)?.map(|put| Code::of(&put.numbers(), self.width));
            let row = Row { home, row };
            match read {
                Some(code) if has_graph => rows.push((codes.push(&code), row)),
                Some(code) => {
                    codes.points.push(&code);
                    rows.push((rows.len() as u32, row));
                }
                None => lost.push(row),
            }
        }
        let codes = match has_graph {
            false => Codes::Flat(codes.points),
            true => {
                let (graph, places) = self.beside_others(|| codes.points.into_graph(self.settings))?;
                for (place, _) in &mut rows {
                    *place = places.get(*place as usize).copied().unwrap_or_default();
                }
                rows.sort_unstable_by(|(a, x), (b, y)| a.cmp(b).then_with(|| x.name(homes).cmp(&y.name(homes))));
                Codes::Graph(graph, Groups::of(rows.iter().map(|(place, _)| *place)))
            }
        };
        let rows: Vec<Row> = rows.into_iter().map(|(_, row)| row).collect();
        let _files = self.builder.files.lock().unwrap_or_else(PoisonError::into_inner);
        if self.builder.is_closed() {
            return Ok(None);
        }
        let segment = self.write(homes, &rows, codes)?;
        Ok(Some(Made { segment: Arc::new(segment), rows }))
    }

    /// Writes the files of a segment.
    fn write(&self, homes: &[Home], rows: &[Row], codes: Codes) -> Result<Segment, IndexError> {
        let number = self.next_number();
        let tape = match &self.folder {
            Some(folder) => folder.create_rows(number)?,
            None => Tape::in_memory(self.dimensions()),
        };
        let (mut names, mut places) = (Names::default(), Vec::with_capacity(rows.len()));
        let (mut records, mut buffer) = (Vec::new(), Vec::new());
        for Row { home, row } in rows {
            let put = homes.get(*home).map(|home| home.read(*row, &mut buffer)).transpose()?.flatten();
            let Some(put) = put else {
                let source = io::Error::new(io::ErrorKind::InvalidData, "a row was damaged while it was copied");
                return Err(IndexError::at(Path::new(&format!("rows-{number}")))(source));
            };
            names.push(put.name);
            places.push(((tape.len() + records.len() as u64) / ALIGN) as u32);
            write_put(put.name, put.text, &put.numbers(), &mut records);
            if records.len() >= 1 << 20 {
                tape.append(&records)?;
                records.clear();
            }
        }
        tape.append(&records)?;
        tape.sync()?;
        names.shrink();
        let deaths = Deaths::none(rows.len());
        let mut segment = Segment { number, tape, names, places: places.into(), codes, deaths, graph_file: 0 };
        if let Some(folder) = &self.folder {
            let bytes = segment_file::to_bytes(&segment, self.settings, self.width);
            let bytes = bytes.map_err(IndexError::at(Path::new(&format!("graph-{number}"))))?;
            if let Some(bytes) = bytes {
                folder.write_graph(number, &bytes)?;
                segment.graph_file = bytes.len() as u64;
            }
        }
        Ok(segment)
    }

    /// Has the new segments count, and what they were made of not any more, whenever the folder is opened again.
    fn commit(&self, made: &[Made], old: &HashSet<u32>) -> Result<(), IndexError> {
        let Some(folder) = &self.folder else {
            return Ok(());
        };
        let writing = self.lock();
        let Snapshot { view, revision, .. } = self.snapshot();
        let logs = || view.tables().filter(|table| !old.contains(&table.number));
        let in_logs: u64 = logs().map(|table| table.changes()).sum();
        drop(writing);
        // What is said here of who was removed rests on logs that are kept.
        logs().try_for_each(|table| table.tape.sync())?;
        let kept = view.segments.iter().filter(|segment| !old.contains(&segment.number));
        let segments = kept.map(|segment| StoredSegment { number: segment.number, dead: dead(segment) });
        let new = made.iter().map(|made| StoredSegment { number: made.segment.number, dead: Vec::new() });
        let manifest = Manifest {
            model: StoredModel::from(&self.model),
            revision: revision.saturating_sub(in_logs),
            segments: segments.chain(new).collect(),
            first_log: logs().map(|table| table.number).min().unwrap_or_default(),
        };
        folder.commit(&manifest)
    }

    /// Has searches find the new segments.
    fn swap(&self, made: &[Made], homes: &[Home], lost: &[Row]) {
        let _writing = self.lock();
        let Snapshot { view, revision, filled } = self.snapshot();
        for Made { segment, rows } in made {
            self.directory_mut().add_home(Home::Segment(Arc::clone(segment)));
            let mut rows = (0..).zip(rows).zip(segment.names.iter()).peekable();
            // In pieces: whoever looks something up, or counts, waits for one of them. Both homes are there meanwhile.
            while rows.peek().is_some() {
                let mut directory = self.directory_mut();
                for ((place, Row { home, row }), name) in rows.by_ref().take(PIECE) {
                    let Some(home) = homes.get(*home) else {
                        continue;
                    };
                    match home.death(*row) {
                        Some(revision) => drop(segment.deaths.add(place as usize, revision)),
                        None => {
                            let from = Place { home: home.number(), row: *row };
                            directory.move_to(name, from, Place { home: segment.number, row: place });
                        }
                    }
                }
            }
        }
        let mut directory = self.directory_mut();
        for Row { home, row } in lost {
            if let Some(home) = homes.get(*home)
                && let Some(name) = home.name(*row)
            {
                directory.remove_at(&name, Place { home: home.number(), row: *row });
            }
        }
        homes.iter().for_each(|home| directory.remove_home(home.number()));
        drop(directory);
        let is_old = |number: u32| homes.iter().any(|home| home.number() == number);
        let segments = view.segments.iter().filter(|segment| !is_old(segment.number)).cloned();
        let segments = segments.chain(made.iter().map(|made| Arc::clone(&made.segment))).collect();
        let closed = view.closed.iter().filter(|table| !is_old(table.number)).cloned().collect();
        let view = Arc::new(View { segments, closed, filling: Arc::clone(&view.filling) });
        self.publish(Snapshot { view, revision, filled });
    }

    /// Removes the files of what is not used any more.
    fn forget(&self, homes: &[Home]) {
        let Some(folder) = &self.folder else {
            return;
        };
        let _files = self.builder.files.lock().unwrap_or_else(PoisonError::into_inner);
        if self.builder.is_closed() {
            return;
        }
        for home in homes {
            match home {
                Home::Table(table) => folder.remove_log(table.number),
                Home::Segment(segment) => folder.remove_segment(segment.number),
            }
        }
    }

    /// Runs something on threads of the lowest priority, of which there are fewer than cores.
    fn beside_others<R: Send>(&self, run: impl FnOnce() -> R + Send) -> Result<R, IndexError> {
        let cores = thread::available_parallelism().map_or(1, usize::from);
        let pool = ThreadPoolBuilder::new()
            .num_threads(cores.saturating_sub(1).max(1))
            .thread_name(|number| format!("index-builder-{number}"))
            .start_handler(|_| drop(crate::be_last()))
            .build();
        let pool = pool.map_err(|error| IndexError::at(Path::new("threads"))(io::Error::other(error)))?;
        Ok(pool.install(run))
    }
}

/// The rows that are not removed.
fn living(homes: &[Home]) -> Vec<(usize, u32)> {
    let rows = homes.iter().enumerate().flat_map(|(number, home)| {
        let rows = 0..home.rows() as u32;
        rows.filter(|row| home.death(*row).is_none()).map(move |row| (number, row))
    });
    rows.collect()
}

/// Which rows are removed, by where they are on the tape.
fn dead(segment: &Segment) -> Vec<u32> {
    let places = segment.places.iter().enumerate();
    places.filter(|(row, _)| segment.deaths.of(*row).is_some()).map(|(_, place)| *place).collect()
}
