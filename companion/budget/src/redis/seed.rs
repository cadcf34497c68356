//! Giving back to Redis what this companion's ledger has of the counters that it lost.

use std::time::Duration;

use redis::Script;
use tokio::time::timeout;

use super::connect::Connected;
use super::hello::Hello;
use super::link::Link;
use super::names;
use super::session::{self, AskError};
use crate::amounts::Amounts;
use crate::counter::Counter;
use crate::file::FileError;
use crate::ledger::{Ending, Row};
use crate::sqlite::holds::KnownHold;

/// How many counters or reservations are given back at a time: what the scripts of others wait for.
const TOGETHER: usize = 200;

/// How many rows of the ledger are read at a time.
const ROWS: usize = 2000;

/// How long each is waited for. Nobody's call waits meanwhile.
const PATIENCE: Duration = Duration::from_secs(5);

/// How long before the newest time in Redis a mark may be missing, in seconds: clocks of its copies may differ.
const OVERLAP: u64 = 60;

/// Why not everything was given back.
#[derive(Debug, thiserror::Error)]
pub(super) enum SeedError {
    #[error(transparent)]
    Ask(#[from] AskError),
    #[error(transparent)]
    File(#[from] FileError),
    #[error("it has not answered within {} seconds", PATIENCE.as_secs())]
    Silent,
    #[error("its counters were lost once more meanwhile")]
    Changed,
}

struct Seeding<'s> {
    link: &'s Link,
    connected: &'s Connected,
    hello: &'s Hello,
}

pub(super) async fn seed(link: &Link, connected: &Connected, hello: &Hello) -> Result<(), SeedError> {
    let seeding = Seeding { link, connected, hello };
    seeding.shares().await?;
    seeding.marks().await?;
    seeding.holds().await?;
    seeding.ask(&link.scripts.seed_end, Vec::new()).await
}

impl Seeding<'_> {
    async fn shares(&self) -> Result<(), SeedError> {
        let shares = self.link.outbox.shares(self.hello.now).await?;
        for some in shares.chunks(TOGETHER) {
            let pairs = some.iter().flat_map(|(counter, used)| [names::of_counter(counter), used.to_string()]);
            self.ask(&self.link.scripts.seed_shares, counted(some.len(), pairs)).await?;
        }
        Ok(())
    }

    async fn marks(&self) -> Result<(), SeedError> {
        let since = self.hello.since.saturating_sub(OVERLAP);
        let mut after = 0;
        loop {
            let rows = self.link.outbox.settled_since(since, after, ROWS).await?;
            let Some((last, _)) = rows.last() else { return Ok(()) };
            after = *last;
            let kept: Vec<_> = rows.iter().map(|(_, row)| row).filter(|row| self.is_kept(row)).collect();
            for some in kept.chunks(TOGETHER) {
                let marks = some.iter().flat_map(|row| mark(row));
                self.ask(&self.link.scripts.seed_marks, counted(some.len(), marks)).await?;
            }
        }
    }

    fn is_kept(&self, row: &Row) -> bool {
        let gone = row.counters.iter().map(|counter| counter.period.kept_until()).max();
        gone.unwrap_or(row.settled_at.saturating_add(crate::KEPT_SECONDS)) > self.hello.now
    }

    async fn holds(&self) -> Result<(), SeedError> {
        for some in self.link.mirror.all().chunks(TOGETHER) {
            let holds = some.iter().flat_map(hold);
            self.ask(&self.link.scripts.seed_holds, counted(some.len(), holds)).await?;
        }
        Ok(())
    }

    async fn ask(&self, script: &Script, arguments: Vec<String>) -> Result<(), SeedError> {
        let first = [&self.link.ledger, &self.hello.generation, &self.connected.life];
        // The place of the revision, which nobody asks for here.
        let first = first.into_iter().map(String::as_str).chain(["0"]);
        let mut connection = self.connected.connection.clone();
        let arguments = first.chain(arguments.iter().map(String::as_str));
        let asked = session::run(&mut connection, script, &self.link.key, arguments);
        let mut answer = timeout(PATIENCE, asked).await.map_err(|_| SeedError::Silent)??;
        if answer.text().map_err(AskError::from)? == "open" { Ok(()) } else { Err(SeedError::Changed) }
    }
}

fn counted(many: usize, arguments: impl Iterator<Item = String>) -> Vec<String> {
    std::iter::once(many.to_string()).chain(arguments).collect()
}

fn mark(row: &Row) -> Vec<String> {
    let state = if matches!(row.ending, Ending::Expired(_)) { "E" } else { "F" };
    let mut mark = vec![row.id.to_string(), state.to_owned()];
    mark.extend(amounts(row.ending.used()));
    mark.push(u8::from(row.replaced.is_some()).to_string());
    mark.extend(amounts(row.replaced.unwrap_or_default()));
    mark.extend(counters(&row.counters));
    mark
}

fn hold(known: &KnownHold) -> Vec<String> {
    let hold = &known.hold;
    let reservation = &hold.reservation;
    let mut words = vec![reservation.id.to_string(), reservation.at.to_string(), known.candidate.to_string()];
    words.extend([reservation.held, reservation.least, hold.so_far].into_iter().flat_map(amounts));
    words.push(hold.lease_ends.to_string());
    words.extend(counters(&reservation.counters));
    words
}

fn amounts(amounts: Amounts) -> [String; 2] {
    [amounts.tokens().to_string(), amounts.micro_dollars().to_string()]
}

/// How many, and their names.
pub(super) fn counters(counters: &[Counter]) -> Vec<String> {
    counted(counters.len(), counters.iter().map(names::of_counter))
}
