use redis::aio::MultiplexedConnection;

use super::answer::{Answer, Malformed};
use super::connect::Connected;
use super::link::{Link, ledger, name};
use super::session::{self, AskError};
use crate::ledger::{LedgerId, Seen};

/// What Redis answers to a companion that says that it is there.
pub(super) struct Hello {
    pub(super) gate: Gate,
    pub(super) generation: String,
    pub(super) revision: u64,
    pub(super) now: u64,
    /// From when on what was settled is not known there, in seconds since 1970.
    pub(super) since: u64,
    pub(super) members: Vec<Member>,
}

/// Whether its counters can be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Gate {
    Open,
    /// Others have to give back theirs, or may have to.
    Closed,
    /// This one has to.
    Seed,
}

/// A companion that counts in a Redis.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Member {
    /// The name of its ledger.
    pub ledger: LedgerId,
    /// Whether it has looked at the counters that are there now, and has given back what was missing.
    pub is_through: bool,
}

pub(super) async fn hello(
    link: &Link,
    connected: &Connected,
    seen: Option<&Seen>,
    others: &[LedgerId],
) -> Result<Hello, AskError> {
    let fresh = format!("{:016x}", fastrand::u64(..));
    let (known, revision) = seen.map_or(("-", 0), |seen| (&seen.generation, seen.revision));
    // The script counts in whole seconds.
    let grace = link.settings.grace.as_millis().div_ceil(1000);
    let mut arguments =
        vec![link.ledger.clone(), known.to_owned(), connected.life.clone(), revision.to_string(), fresh];
    arguments.extend([grace.to_string(), others.len().to_string()]);
    arguments.extend(others.iter().map(|other| name(*other)));
    let mut connection = connected.connection.clone();
    let arguments = arguments.iter().map(String::as_str);
    let mut answer = session::run(&mut connection, &link.scripts.hello, &link.key, arguments).await?;
    Ok(read(&mut answer)?)
}

fn read(answer: &mut Answer) -> Result<Hello, Malformed> {
    let gate = match answer.text()?.as_str() {
        "open" => Gate::Open,
        "closed" => Gate::Closed,
        "seed" => Gate::Seed,
        _ => return Err(Malformed),
    };
    let generation = answer.text()?;
    let (revision, now, since) = (answer.number()?, answer.number()?, answer.number()?);
    let members = read_members(answer.list()?)?;
    Ok(Hello { gate, generation, revision, now, since, members })
}

fn read_members(mut list: Answer) -> Result<Vec<Member>, Malformed> {
    let mut members = Vec::new();
    while !list.is_over() {
        let ledger = ledger(&list.text()?).ok_or(Malformed)?;
        members.push(Member { ledger, is_through: list.number()? == 1 });
    }
    members.sort_by_key(|member| member.ledger.0);
    Ok(members)
}

/// The companions that count there.
pub(super) async fn members(link: &Link, connection: &MultiplexedConnection) -> Result<Vec<Member>, AskError> {
    let mut connection = connection.clone();
    Ok(read_members(session::run(&mut connection, &link.scripts.members, &link.key, std::iter::empty()).await?)?)
}

/// Whether a companion was one of those that count there, until now.
pub(super) async fn forget(link: &Link, connected: &Connected, ledger: LedgerId) -> Result<bool, AskError> {
    let mut connection = connected.connection.clone();
    let name = name(ledger);
    let arguments = std::iter::once(name.as_str());
    let mut answer = session::run(&mut connection, &link.scripts.forget, &link.key, arguments).await?;
    Ok(answer.number()? == 1)
}
