use super::answer::{Answer, Malformed};
use super::link::{Answered, Link, not_understood};
use super::names;
use super::record;
use crate::amounts::MOST_COUNTED;
use crate::candidate::{Candidate, Line};
use crate::counter::Counter;
use crate::reserve::{Held, Refused, Reserve, Reserved};
use crate::sqlite::holds::KnownHold;
use crate::standing::Standing;
use crate::store::StoreError;

/// What a counter says.
#[derive(Clone, Copy, Debug)]
struct Count {
    used: u64,
    held: u64,
}

impl Link {
    pub(super) async fn reserve(&self, reserve: &Reserve) -> Result<Reserved, StoreError> {
        let mut answered = self.ask(&self.scripts.reserve, &arguments(reserve)).await?;
        self.reserved(reserve, &mut answered).map_err(not_understood)
    }

    fn reserved(&self, reserve: &Reserve, answered: &mut Answered) -> Result<Reserved, Malformed> {
        let answer = &mut answered.rest;
        match answer.text()?.as_str() {
            "held" => {
                let known = record::parse(reserve.id, &answer.text()?)?;
                let held = held(reserve, &known, &counts(answer.list()?)?);
                self.mirror.keep(known);
                Ok(Reserved::Held(held))
            }
            "settled" => Ok(Reserved::Settled),
            "refused" => Ok(Reserved::Refused(refused(reserve, answered.now, &counts(answer.list()?)?)?)),
            _ => Err(Malformed),
        }
    }
}

fn arguments(reserve: &Reserve) -> Vec<String> {
    let strictness = if reserve.is_strict { "strict" } else { "advisory" };
    let many = reserve.candidates.iter().count().to_string();
    let mut words = vec![reserve.id.to_string(), reserve.lease.seconds().to_string(), strictness.to_owned(), many];
    for Candidate { lines, amounts, least } in reserve.candidates.iter() {
        let numbers = [amounts.tokens(), amounts.micro_dollars(), least.tokens(), least.micro_dollars()];
        words.extend(numbers.map(|number| number.to_string()));
        words.push(lines.len().to_string());
        for line in lines.iter() {
            words.push(names::of_line(line));
            words.push(most(line, amounts.of(line.unit)).to_string());
        }
    }
    words
}

/// What a line may come to.
fn most(line: &Line, asked: u64) -> u64 {
    line.ceiling(asked).unwrap_or(MOST_COUNTED).min(MOST_COUNTED)
}

fn counts(mut list: Answer) -> Result<Vec<Count>, Malformed> {
    let mut counts = Vec::new();
    while !list.is_over() {
        counts.push(Count { used: list.number()?, held: list.number()? });
    }
    Ok(counts)
}

impl Count {
    /// With what is asked besides.
    fn total(self, asked: u64) -> u64 {
        self.used.saturating_add(self.held).saturating_add(asked)
    }
}

/// To who asks again, limits are those that are given now.
fn held(reserve: &Reserve, known: &KnownHold, counts: &[Count]) -> Held {
    let lines: &[Line] = reserve.candidates.iter().nth(known.candidate).map_or(&[], |candidate| &candidate.lines);
    let reservation = known.hold.reservation.clone();
    let standing = |(counter, Count { used, held }): (&Counter, &Count)| {
        let line = lines.iter().find(|line| line.at(reservation.at) == *counter);
        let limit = line.and_then(|line| line.limit);
        Standing { counter: counter.clone(), limit, used: *used, held: *held }
    };
    let standings: Vec<_> = reservation.counters.iter().zip(counts).map(standing).collect();
    let is_passed =
        |standing: &Standing| standing.limit.is_some_and(|limit| standing.used.saturating_add(standing.held) > limit);
    let passed = standings.iter().enumerate().filter(|(_, standing)| !reserve.is_strict && is_passed(standing));
    let passed = passed.map(|(place, _)| place).collect();
    Held { candidate: known.candidate, reservation, standings, passed }
}

fn refused(reserve: &Reserve, now: u64, counts: &[Count]) -> Result<Refused, Malformed> {
    let last = if reserve.is_strict { reserve.candidates.iter().last() } else { None };
    let Candidate { lines, amounts, .. } = last.unwrap_or(reserve.candidates.first());
    let lines = lines.iter().zip(counts).map(|(line, count)| (line, *count, amounts.of(line.unit)));
    let failing = lines.filter(|(line, count, asked)| {
        let most = if reserve.is_strict { most(line, *asked) } else { MOST_COUNTED };
        count.total(*asked) > most
    });
    let refusals = failing.map(|(line, Count { used, held }, asked)| Refused {
        standing: Standing { counter: line.at(now), limit: line.limit, used, held },
        asked,
    });
    refusals.min_by_key(|refused| refused.standing.left().unwrap_or(u64::MAX)).ok_or(Malformed)
}
