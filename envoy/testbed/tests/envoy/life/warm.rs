use std::thread;
use std::time::Duration;

use anyhow::Result;
use tollgate_testbed::{Testbed, until};

use crate::decided::{Decided, Verdict, ask, trap};

use super::site::start_trapping;

#[test]
fn a_vm_that_is_started_again_without_a_companion_decides_at_once_as_the_one_before() -> Result<()> {
    let mut testbed = start_trapping("first")?;
    let current = testbed.wait_enforced()?;
    until("a VM starts with what another has left", || {
        trap(&testbed)?;
        started_again(&testbed, &[Verdict::NoVm, Verdict::Undecided])?;
        // The snapshot is left a second after it was published, and a new VM says hello a little after it decides.
        thread::sleep(Duration::from_millis(300));
        Ok(testbed.companion.workers()?.workers.iter().any(|worker| worker.warm).then_some(()))
    })?;
    testbed.companion.kill()?;
    let before = started_again(&testbed, &[])?;
    for _ in 0..3 {
        trap(&testbed)?;
        // Envoy waits a little before it starts a VM again; the VM itself keeps nobody waiting.
        let after = started_again(&testbed, &[Verdict::NoVm])?;
        assert!(after.snapshot == current && after.vm != before.vm, "{after:?} after {before:?}");
        for _ in 0..20 {
            assert_eq!(ask(&testbed, "first")?, Verdict::Allowed(after.clone()));
            assert_eq!(ask(&testbed, "second")?, Verdict::Denied);
        }
    }
    Ok(())
}

/// Waits until there is a VM that decides. Until then, there may be these answers.
fn started_again(testbed: &Testbed, meanwhile: &[Verdict]) -> Result<Decided> {
    until("a VM decides", || match ask(testbed, "first")? {
        Verdict::Allowed(decided) => Ok(Some(decided)),
        other if meanwhile.contains(&other) => Ok(None),
        other => anyhow::bail!("the answer was {other:?}"),
    })
}
