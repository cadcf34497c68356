use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::rc::Rc;
use std::time::Duration;

use rustc_hash::FxBuildHasher;

use super::gate::Gate;

/// Most reserves that are waited for at a time.
const MAX_ASKED: usize = 1 << 14;

/// After so long the proxy has forgotten a call, too. Until then, or until its answer, calls stay here whose requests are gone.
const FORGOTTEN: Duration = Duration::from_secs(5);

/// How often those are looked for where there is no room.
const SWEPT: Duration = Duration::from_secs(1);

/// A request for which the companion has been asked.
pub(super) struct Asked {
    pub(super) request: u32,
    pub(super) gate: Rc<Gate>,
    pub(super) since: Duration,
}

thread_local! {
    static ASKED: RefCell<HashMap<u32, Asked, FxBuildHasher>> = const { RefCell::new(HashMap::with_hasher(FxBuildHasher)) };
    static LAST_SWEEP: Cell<Option<Duration>> = const { Cell::new(None) };
}

/// Whether another reserve can be waited for.
pub(super) fn has_room(now: Duration) -> bool {
    ASKED.with(|asked| {
        let mut asked = asked.borrow_mut();
        if asked.len() >= MAX_ASKED && LAST_SWEEP.get().is_none_or(|last| now.saturating_sub(last) >= SWEPT) {
            LAST_SWEEP.set(Some(now));
            asked.retain(|_, asked| now.saturating_sub(asked.since) < FORGOTTEN);
        }
        asked.len() < MAX_ASKED
    })
}

/// The answer to this call is for this request.
pub(super) fn expect(call: u32, asked: Asked) {
    ASKED.with(|all| all.borrow_mut().insert(call, asked));
}

/// For which request the answer to a call is, if it was made for one.
pub(super) fn take(call: u32) -> Option<Asked> {
    ASKED.with(|asked| asked.borrow_mut().remove(&call))
}
