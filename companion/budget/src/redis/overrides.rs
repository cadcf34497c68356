use super::answer::{Answer, Malformed, Words};
use super::link::{Answered, Link, not_understood};
use super::names;
use crate::adjust::AdjustmentId;
use crate::label::Label;
use crate::ledger::LimitAudit;
use crate::overrides::{MOST_OVERRIDES, Overridden, Override, OverrideChange, Overriding};
use crate::reservation::ReservationId;
use crate::sqlite::overrides::{Record, counting_of};
use crate::store::StoreError;

impl Link {
    /// Redis is asked first: a change that is not in the ledger is asked for again, and made once.
    pub(super) async fn override_limit(&self, change: &OverrideChange) -> Result<Overridden, StoreError> {
        if self.outbox.ledger().audit(change.id).await?.is_some() {
            let known = self.overrides().await?.into_iter().find(|set| set.measure == change.measure);
            return Ok(Overridden::Now(known));
        }
        let Answered { now, mut rest } = self.ask(&self.scripts.override_limit, &arguments(change)).await?;
        let said = rest.text().map_err(not_understood)?;
        let records = rest.list().and_then(read).map_err(not_understood)?;
        let made = records.iter().find(|record| record.overriding.id == change.id);
        let audit = made.map(|Record { overriding, .. }| audit(change, overriding));
        self.outbox.set_overrides(records.clone(), audit).await?;
        let known = counting_of(records, now).into_iter().find(|set| set.measure == change.measure);
        match said.as_str() {
            "made" | "nothing" => Ok(Overridden::Now(known)),
            "over" => Ok(Overridden::Over),
            "full" => Ok(Overridden::Full),
            _ => Err(not_understood(Malformed)),
        }
    }

    /// What it says is kept in the ledger's file, should Redis lose it.
    pub(super) async fn overrides(&self) -> Result<Vec<Override>, StoreError> {
        let Answered { now, mut rest } = self.ask(&self.scripts.list_overrides, &[]).await?;
        let records = rest.list().and_then(read).map_err(not_understood)?;
        let known = self.outbox.overrides().await?;
        if known.len() != records.len() || !records.iter().all(|record| known.contains(record)) {
            self.outbox.set_overrides(records.clone(), None).await?;
        }
        Ok(counting_of(records, now))
    }
}

/// At the time, and until the time, that Redis has written.
fn audit(change: &OverrideChange, made: &Override) -> LimitAudit {
    let overriding = match change.overriding {
        Overriding::Set { limit, .. } => Overriding::Set { limit, until: Some(made.until) },
        Overriding::Unset => Overriding::Unset,
    };
    LimitAudit::new(&OverrideChange { overriding, ..change.clone() }, made.at)
}

fn arguments(change: &OverrideChange) -> [String; 8] {
    let OverrideChange { id, measure, who, why, .. } = change;
    // What is set at the time 0 until a time is set until then, and what is set until the end of the period, there.
    let (what, limit, until) = match change.overriding {
        Overriding::Set { until, .. } => {
            let limit = change.sets_at(0).and_then(|set| set.limit);
            ("set", limit_text(limit), until.map_or(0, |until| until.max(1)))
        }
        Overriding::Unset => ("unset", limit_text(None), 0),
    };
    [
        ReservationId(id.0).to_string(),
        names::of_measure(measure),
        what.to_owned(),
        limit,
        until.to_string(),
        MOST_OVERRIDES.to_string(),
        who.to_string(),
        why.to_string(),
    ]
}

fn limit_text(limit: Option<u64>) -> String {
    limit.map_or_else(|| "-".to_owned(), |limit| limit.to_string())
}

/// As the scripts keep it.
pub(super) fn pair(Record { overriding, is_set }: &Record) -> [String; 2] {
    let Override { id, measure, limit, at, until, who, why } = overriding;
    let (id, what) = (ReservationId(id.0), if *is_set { "set" } else { "unset" });
    let limit = limit_text(*limit);
    [names::of_measure(measure), format!("{id} {at} {until} {what} {limit}\n{who}\n{why}")]
}

fn read(mut list: Answer) -> Result<Vec<Record>, Malformed> {
    let mut records = Vec::new();
    while !list.is_over() {
        records.push(record(&list.text()?, &list.text()?)?);
    }
    Ok(records)
}

fn record(name: &str, text: &str) -> Result<Record, Malformed> {
    let mut lines = text.splitn(3, '\n');
    let mut line = || lines.next().ok_or(Malformed);
    let (mut head, who, why) = (Words::new(line()?), line()?, line()?);
    let ReservationId(id) = super::answer::id(head.word()?)?;
    let (at, until, what) = (head.number()?, head.number()?, head.word()?);
    let limit = match head.word()? {
        "-" => None,
        limit => Some(limit.parse().map_err(|_| Malformed)?),
    };
    let label = |text: &str| Label::new(text).map_err(|_| Malformed);
    let measure = names::parse_measure(name).ok_or(Malformed)?;
    let overriding = Override { id: AdjustmentId(id), measure, limit, at, until, who: label(who)?, why: label(why)? };
    Ok(Record { overriding, is_set: what == "set" })
}
