use super::answer::Malformed;
use super::link::{Answered, Link, not_understood};
use super::names;
use crate::adjust::{Adjustment, Change};
use crate::amounts::MOST_COUNTED;
use crate::ledger::Audit;
use crate::standing::Standing;
use crate::store::StoreError;

impl Link {
    pub(super) async fn adjust(&self, adjustment: &Adjustment) -> Result<Option<Standing>, StoreError> {
        let unanswered = self.unanswered();
        let standing = match self.outbox.begin_adjustment(adjustment).await? {
            true => self.make(adjustment).await?,
            false => self.ask_adjust(adjustment, "look").await?.0,
        };
        unanswered.answered();
        Ok(standing)
    }

    /// Makes one that is in the outbox.
    pub(super) async fn make(&self, adjustment: &Adjustment) -> Result<Option<Standing>, StoreError> {
        let (standing, audit) = self.ask_adjust(adjustment, "make").await?;
        if let Some(seen) = self.seen() {
            self.outbox.see(seen).await?;
        }
        self.outbox.finish_adjustment(adjustment.id, audit).await?;
        Ok(standing)
    }

    async fn ask_adjust(
        &self,
        adjustment: &Adjustment,
        what: &str,
    ) -> Result<(Option<Standing>, Option<Audit>), StoreError> {
        let Adjustment { id, counter, change, .. } = adjustment;
        let id = format!("{:032x}", u128::from_be_bytes(id.0));
        let change = match change {
            Change::Reset => "reset".to_owned(),
            // More changes nothing more, and is not exact there.
            Change::By(change) => change.clamp(&-MOST, &MOST).to_string(),
        };
        let arguments = [id, what.to_owned(), change, names::of_counter(counter)];
        let Answered { now, mut rest } = self.ask(&self.scripts.adjust, &arguments).await?;
        let mut read = || {
            let said = rest.text()?;
            let (before, after, used, held) = (rest.number()?, rest.number()?, rest.number()?, rest.number()?);
            let standing = Standing { counter: counter.clone(), limit: None, used, held };
            let audit = Audit { adjustment: adjustment.clone(), at: now, before, after };
            match said.as_str() {
                "gone" => Ok((None, None)),
                "here" => Ok((Some(standing), Some(audit))),
                "elsewhere" => Ok((Some(standing), None)),
                _ => Err(Malformed),
            }
        };
        read().map_err(not_understood)
    }
}

const MOST: i64 = MOST_COUNTED.cast_signed();
