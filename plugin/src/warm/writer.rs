use std::time::Duration;

/// How long there has to be no newer snapshot before the one in force is left for others.
const QUIET: Duration = Duration::from_secs(1);
/// How much longer a VM waits that has requests to answer, so that one without comes before it.
const DEFERENCE: Duration = Duration::from_secs(2);
/// A stream of changes that never stops is written after this long.
const LONGEST: Duration = Duration::from_secs(10);

/// When a VM would leave the snapshot in force for others.
#[derive(Clone, Copy, Debug, Default)]
pub struct Writer(Option<Pending>);

/// Changes that have not been written.
#[derive(Clone, Copy, Debug)]
struct Pending {
    first: Duration,
    last: Duration,
}

impl Writer {
    /// There is a new snapshot.
    pub fn changed(&mut self, now: Duration) {
        let first = self.0.map_or(now, |pending| pending.first);
        self.0 = Some(Pending { first, last: now });
    }

    /// Whether it is time; true once for all the changes so far. `serving` says whether this VM has requests to answer.
    pub fn is_due(&mut self, serving: bool, now: Duration) -> bool {
        let wait = if serving { QUIET + DEFERENCE } else { QUIET };
        self.0.take_if(|pending| now >= pending.last + wait || now >= pending.first + LONGEST).is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn a_change_is_written_once_a_quiet_second_later() {
        let mut writer = Writer::default();
        assert!(!writer.is_due(false, SECOND));
        writer.changed(SECOND);
        writer.changed(SECOND * 3 / 2);
        assert!(!writer.is_due(false, SECOND * 2));
        assert!(writer.is_due(false, SECOND * 5 / 2));
        assert!(!writer.is_due(false, SECOND * 9));
    }

    #[test]
    fn a_vm_that_serves_lets_the_others_go_first() {
        let mut writer = Writer::default();
        writer.changed(SECOND);
        assert!(!writer.is_due(true, SECOND * 7 / 2));
        assert!(writer.is_due(true, SECOND * 4));
    }

    #[test]
    fn changes_without_end_are_written_all_the_same() {
        let mut writer = Writer::default();
        let written = (1..=250).filter(|tenth| {
            let now = SECOND * *tenth / 10;
            writer.changed(now);
            writer.is_due(true, now)
        });
        assert_eq!(written.count(), 2);
    }
}
