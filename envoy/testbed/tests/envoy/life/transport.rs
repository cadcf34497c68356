use anyhow::Result;
use tollgate_testbed::{Transport, until};

use super::site::{only, save, start_with, status};

#[test]
fn a_feed_over_a_socket_carries_edits_and_is_found_again_after_a_crash() -> Result<()> {
    let mut testbed = start_with("first", |options| options.transport = Transport::Socket)?;
    assert_eq!((status(&testbed, "first")?, status(&testbed, "second")?), (200, 403));
    testbed.companion.kill()?;
    save(&testbed, &only("second"))?;
    testbed.companion.start()?;
    until("the edit is enforced", || {
        testbed.wait_enforced()?;
        Ok((status(&testbed, "second")? == 200).then_some(()))
    })?;
    assert_eq!(status(&testbed, "first")?, 403);
    Ok(())
}
