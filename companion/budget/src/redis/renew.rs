use super::answer::Malformed;
use super::link::{Answered, Link, not_understood};
use crate::amounts::Amounts;
use crate::reservation::ReservationId;
use crate::reserve::Lease;
use crate::store::StoreError;

impl Link {
    pub(super) async fn renew(&self, id: ReservationId, so_far: Amounts, lease: Lease) -> Result<bool, StoreError> {
        let arguments = [
            id.to_string(),
            so_far.tokens().to_string(),
            so_far.micro_dollars().to_string(),
            lease.seconds().to_string(),
        ];
        let Answered { mut rest, .. } = self.ask(&self.scripts.renew, &arguments).await?;
        let mut read = || {
            if rest.number()? == 0 {
                self.mirror.forget(id);
                return Ok(false);
            }
            self.mirror.renew(id, so_far, rest.number()?);
            Ok::<_, Malformed>(true)
        };
        read().map_err(not_understood)
    }
}
