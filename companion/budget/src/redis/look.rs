use super::answer::{self, Answer, Malformed};
use super::link::{Answered, Link, not_understood};
use super::names;
use super::record;
use crate::look::{Holds, Scopes, UsageFilter};
use crate::period::Period;
use crate::standing::Standing;
use crate::store::StoreError;

/// How many are looked at by one script, which others wait for.
const TOGETHER: &str = "256";

impl Link {
    /// Page by page: counters that change meanwhile are seen before or after it.
    pub(super) async fn usage(&self, filter: &UsageFilter) -> Result<Vec<Standing>, StoreError> {
        let mut standings = Vec::new();
        for period in self.periods().await?.into_iter().filter(|period| is_wanted(*period, filter)) {
            standings.extend(self.usage_in(period, filter).await?);
        }
        standings.sort_unstable_by(|one, other| one.counter.cmp(&other.counter));
        standings.truncate(filter.most);
        Ok(standings)
    }

    async fn periods(&self) -> Result<Vec<Period>, StoreError> {
        let Answered { mut rest, .. } = self.ask(&self.scripts.periods, &[]).await?;
        let mut read = || {
            let (mut list, mut periods) = (rest.list()?, Vec::new());
            while !list.is_over() {
                periods.push(names::parse_period(&list.text()?).ok_or(Malformed)?);
            }
            Ok::<_, Malformed>(periods)
        };
        read().map_err(not_understood)
    }

    /// In the order of their scopes and units, which is that of their names.
    async fn usage_in(&self, period: Period, filter: &UsageFilter) -> Result<Vec<Standing>, StoreError> {
        let prefix = names::prefix(&filter.scopes);
        let (mut from, to) = match prefix.as_str() {
            "" => ("-".to_owned(), "+".to_owned()),
            // No name goes on with such characters: the second place of a kind's prefix is a name's, and of a scope's a digit.
            prefix => (format!("[{prefix}"), format!("({prefix}\u{10ffff}\u{10ffff}")),
        };
        let unit = filter.unit.map_or_else(String::new, names::of_unit);
        let mut standings = Vec::new();
        while standings.len() < filter.most {
            let arguments = [names::of_period(period), from, to.clone(), TOGETHER.to_owned(), unit.clone()];
            let Answered { mut rest, .. } = self.ask(&self.scripts.usage, &arguments).await?;
            let next = read_usage(&mut rest, &mut standings).map_err(not_understood)?;
            match next.as_str() {
                "" => break,
                next => from = format!("({next}"),
            }
        }
        Ok(standings)
    }

    pub(super) async fn holds(&self, scopes: &Scopes, most: usize) -> Result<Holds, StoreError> {
        let mut from = "-".to_owned();
        let mut holds = Holds::default();
        loop {
            let arguments = [from, TOGETHER.to_owned(), names::prefix(scopes)];
            let Answered { mut rest, .. } = self.ask(&self.scripts.holds, &arguments).await?;
            let next = read_holds(&mut rest, &mut holds).map_err(not_understood)?;
            if next.is_empty() || holds.listed.len() >= most {
                break;
            }
            from = format!("({next}");
        }
        holds.listed.truncate(most);
        Ok(holds)
    }
}

fn is_wanted(period: Period, filter: &UsageFilter) -> bool {
    filter.window.is_none_or(|window| window == period.window())
        && filter.at.is_none_or(|at| Period::containing(period.window(), at) == period)
}

/// Where to go on; nowhere if that was all.
fn read_usage(answer: &mut Answer, standings: &mut Vec<Standing>) -> Result<String, Malformed> {
    let next = answer.text()?;
    let mut list = answer.list()?;
    while !list.is_over() {
        let counter = names::parse(&list.text()?).ok_or(Malformed)?;
        standings.push(Standing { counter, limit: None, used: list.number()?, held: list.number()? });
    }
    Ok(next)
}

fn read_holds(answer: &mut Answer, holds: &mut Holds) -> Result<String, Malformed> {
    holds.all = answer.number()?;
    let next = answer.text()?;
    let mut list = answer.list()?;
    while !list.is_over() {
        let id = answer::id(&list.text()?)?;
        holds.listed.push(record::parse(id, &list.text()?)?.hold);
    }
    Ok(next)
}
