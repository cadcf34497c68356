use super::answer::{self, Answer, Malformed};
use super::link::{Answered, Link, not_understood};
use super::names;
use super::record;
use crate::look::{Holds, Scopes, UsageFilter};
use crate::period::{Period, Window};
use crate::standing::Standing;
use crate::store::StoreError;

/// How many are looked at by one script, which others wait for.
const TOGETHER: &str = "256";

impl Link {
    /// Page by page: counters that change meanwhile are seen before or after it.
    pub(super) async fn usage(&self, filter: &UsageFilter) -> Result<Vec<Standing>, StoreError> {
        let prefix = names::prefix(&filter.scopes);
        // No name has a byte of 255.
        let (mut from, to) = match prefix.as_str() {
            "" => ("-".to_owned(), "+".to_owned()),
            prefix => (format!("[{prefix}"), format!("({prefix}\u{10ffff}\u{10ffff}")),
        };
        let at =
            |window| filter.at.map_or_else(String::new, |at| names::digits(Period::containing(window, at).begins()));
        let mut standings = Vec::new();
        while standings.len() < filter.most {
            let mut arguments = vec![from, to.clone(), TOGETHER.to_owned()];
            arguments.push(filter.unit.map_or_else(String::new, names::of_unit));
            arguments.push(filter.window.map_or_else(String::new, names::of_window));
            arguments.extend(Window::ALL.map(at));
            let Answered { mut rest, .. } = self.ask(&self.scripts.usage, &arguments).await?;
            let next = read_usage(&mut rest, &mut standings).map_err(not_understood)?;
            match next.as_str() {
                "" => break,
                next => from = format!("({next}"),
            }
        }
        standings.truncate(filter.most);
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
