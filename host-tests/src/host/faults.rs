//! Injected faults: host calls that answer something else than they would.

use super::abi::Status;
use super::calls::{HostCall, HostFn};

type Choose = Box<dyn FnMut(&HostCall) -> Option<Status> + Send>;

/// A host call that is to fail. Arm it with [`Vm::inject`](crate::Vm::inject).
///
/// A faulted call has no effect: it answers its status and does nothing else. Whether the guest
/// survives depends on the status: the SDK panics on a status it does not expect for a call.
pub struct Fault(Kind);

enum Kind {
    Always(HostFn, Status),
    Once {
        function: HostFn,
        status: Status,
        /// Calls still to let through; `None` once it has struck.
        skip: Option<u32>,
    },
    When(Choose),
}

impl Fault {
    /// Every call of this function answers `status`.
    pub fn always(function: HostFn, status: Status) -> Self {
        Self(Kind::Always(function, status))
    }

    /// The next call of this function answers `status`; those after it work again.
    pub fn once(function: HostFn, status: Status) -> Self {
        Self::once_after(0, function, status)
    }

    /// Lets `skip` calls of this function through, then one answers `status`.
    pub fn once_after(skip: u32, function: HostFn, status: Status) -> Self {
        Self(Kind::Once { function, status, skip: Some(skip) })
    }

    /// Calls for which `choose` names a status answer it. Sees the decoded arguments, so that one
    /// property, one header or one metric can fail alone.
    pub fn when(choose: impl FnMut(&HostCall) -> Option<Status> + Send + 'static) -> Self {
        Self(Kind::When(Box::new(choose)))
    }

    fn strike(&mut self, call: &HostCall) -> Option<Status> {
        match &mut self.0 {
            Kind::Always(function, status) => (call.function() == Some(*function)).then_some(*status),
            Kind::Once { function, status, skip } => {
                if call.function() != Some(*function) {
                    return None;
                }
                let left = (*skip)?;
                *skip = left.checked_sub(1);
                (left == 0).then_some(*status)
            }
            Kind::When(choose) => choose(call),
        }
    }
}

/// The faults armed in one VM; the first that strikes decides.
#[derive(Default)]
pub(super) struct Faults(Vec<Fault>);

impl Faults {
    pub(super) fn arm(&mut self, fault: Fault) {
        self.0.push(fault);
    }

    pub(super) fn clear(&mut self) {
        self.0.clear();
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn strike(&mut self, call: &HostCall) -> Option<Status> {
        self.0.iter_mut().find_map(|fault| fault.strike(call))
    }
}
