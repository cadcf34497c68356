//! The tick timer and the time of day.

use std::time::Duration;

use wasmtime::{Caller, Linker};

use super::abi::RootId;
use super::calls::{HostCall, HostFn};
use super::error::HostError;
use super::guest::answer;
use super::state::HostState;
use super::vm::Vm;

/// The timer of one root context.
#[derive(Debug, Clone, Copy)]
pub(super) struct Timer {
    period: Duration,
    /// Since the Unix epoch.
    next: Duration,
}

impl Vm {
    /// The tick period a root asked for; `None` if it has no timer.
    ///
    /// # Errors
    ///
    /// If there is no such root.
    pub fn tick_period(&self, root: RootId) -> Result<Option<Duration>, HostError> {
        let timer = self.known_root(root)?.timer;
        Ok(timer.map(|timer| timer.period))
    }

    /// Ticks every root that has a timer once, now, without moving the clock. Answers how many.
    ///
    /// # Errors
    ///
    /// If the guest traps.
    pub fn tick(&mut self) -> Result<usize, HostError> {
        let roots = self.state().roots.iter();
        let due: Vec<RootId> = roots.filter(|(_, root)| root.timer.is_some()).map(|(id, _)| *id).collect();
        for root in &due {
            self.tick_root(*root)?;
        }
        Ok(due.len())
    }

    /// Moves the clock forward and makes every tick that falls due on the way, each at its time.
    /// Answers how many there were.
    ///
    /// # Errors
    ///
    /// If the guest traps; the clock then stands at that tick.
    pub fn advance(&mut self, by: Duration) -> Result<usize, HostError> {
        let clock = self.state().clock.clone();
        let end = clock.now().saturating_add(by);
        let mut ticks = 0;
        while let Some((at, root)) = self.next_tick(end) {
            clock.set(at.max(clock.now()));
            self.tick_root(root)?;
            ticks += 1;
        }
        clock.set(end.max(clock.now()));
        Ok(ticks)
    }

    fn next_tick(&self, until: Duration) -> Option<(Duration, RootId)> {
        let roots = self.state().roots.iter();
        roots.filter_map(|(id, root)| Some((root.timer?.next, *id))).filter(|(at, _)| *at <= until).min()
    }

    /// Re-arms first, so that the guest can change its period in the tick.
    fn tick_root(&mut self, root: RootId) -> Result<(), HostError> {
        let now = self.state().clock.now();
        if let Some(root) = self.state_mut().roots.get_mut(&root)
            && let Some(timer) = &mut root.timer
        {
            timer.next = now.saturating_add(timer.period);
        }
        self.call::<_, ()>(root.into(), "proxy_on_tick", root.0).map(|_| ())
    }
}

pub(super) fn link(linker: &mut Linker<HostState>) -> wasmtime::Result<()> {
    linker.func_wrap("env", HostFn::SetTickPeriod.name(), |caller: Caller<'_, HostState>, millis: u32| {
        answer(caller, HostFn::SetTickPeriod, |guest| {
            let period = Duration::from_millis(millis.into());
            guest.note(|| HostCall::SetTickPeriod { period })?;
            let next = guest.state().clock.now().saturating_add(period);
            let root = guest.state().root();
            if let Some(root) = guest.state_mut().roots.get_mut(&root) {
                root.timer = (!period.is_zero()).then_some(Timer { period, next });
            }
            Ok(())
        })
    })?;
    linker.func_wrap("env", HostFn::GetCurrentTime.name(), |caller: Caller<'_, HostState>, to_time: u32| {
        answer(caller, HostFn::GetCurrentTime, |guest| {
            guest.note(|| HostCall::GetCurrentTime)?;
            let now = guest.state().clock.now_nanos();
            guest.write_u64(to_time, now)
        })
    })?;
    Ok(())
}
