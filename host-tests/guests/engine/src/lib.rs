//! The policy engine alone, as a WebAssembly module.
//!
//! The host writes bytes into [`buffer`], has them decoded by [`load`] or applied by [`apply`], and then has questions decided: those of the
//! benchmark's workload, or those of the generated differential cases, which both sides can make from a seed.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "generators of test cases, which stop at their mistakes"
)]

#[path = "../../../../policy/tests/oracle/cases.rs"]
mod cases;
mod counting;
mod random {
    pub(crate) use super::cases::Random;
}
#[path = "../../../../policy/tests/hostile/request.rs"]
mod hostile;
#[path = "../../../benches/decide/questions.rs"]
mod questions;
#[path = "../../../../policy/tests/conditions/requests.rs"]
mod requests;
#[path = "../../../benches/decide/workload/mod.rs"]
#[expect(dead_code, reason = "conditions are written by the host alone")]
mod workload;

use std::cell::RefCell;

use bumpalo::Bump;
use cases::{Random, case};
use questions::Asked;
use tollgate_policy::engine::{Reason, Scratch};
use tollgate_policy::related::{IndexSnapshot, Part};
use tollgate_policy::snapshot::Snapshot;
use workload::{Variant, Workload};

#[derive(Default)]
struct Guest {
    /// Written by the host, or by us for the host.
    bytes: Vec<u8>,
    snapshot: Option<Snapshot>,
    index: IndexSnapshot,
    asked: Vec<&'static Asked<'static>>,
    orders: Vec<Vec<u16>>,
    scratch: Scratch,
}

#[global_allocator]
static MEMORY: counting::Counting = counting::Counting::new();

thread_local! {
    static GUEST: RefCell<Guest> = RefCell::default();
}

/// Makes room for `len` bytes and says where.
#[unsafe(no_mangle)]
pub extern "C" fn buffer(len: usize) -> *mut u8 {
    GUEST.with_borrow_mut(|guest| {
        guest.bytes = vec![0; len];
        guest.bytes.as_mut_ptr()
    })
}

/// Bytes of memory in use.
#[unsafe(no_mangle)]
pub extern "C" fn live() -> usize {
    MEMORY.live()
}

/// Decodes the buffer as a snapshot: 1 if it is one.
#[unsafe(no_mangle)]
pub extern "C" fn load() -> u32 {
    GUEST.with_borrow_mut(|guest| {
        guest.snapshot = Snapshot::decode(std::mem::take(&mut guest.bytes)).ok();
        u32::from(guest.snapshot.is_some())
    })
}

/// Has the snapshot go on by the delta in the buffer: 1 if it does.
#[unsafe(no_mangle)]
pub extern "C" fn apply() -> u32 {
    GUEST.with_borrow_mut(|guest| {
        let delta = std::mem::take(&mut guest.bytes);
        u32::from(guest.snapshot.as_mut().is_some_and(|snapshot| snapshot.apply(&delta).is_ok()))
    })
}

/// Decodes the buffer as a part of an index snapshot and takes it into use: 1 if it is one.
#[unsafe(no_mangle)]
pub extern "C" fn take_part() -> u32 {
    GUEST.with_borrow_mut(|guest| {
        let part = Part::decode(std::mem::take(&mut guest.bytes));
        u32::from(part.map(|part| guest.index.take(part)).is_ok())
    })
}

/// Says how many policies are named as related to the `number`th of the snapshot.
#[unsafe(no_mangle)]
pub extern "C" fn related(number: usize) -> usize {
    GUEST.with_borrow(|guest| {
        let Some(snapshot) = &guest.snapshot else { return 0 };
        let policy = snapshot.policy_names().nth(number).unwrap_or_default();
        guest.index.related(policy, snapshot).count()
    })
}

/// Makes the requests of a variant of the workload for this many policies; says how many.
#[unsafe(no_mangle)]
pub extern "C" fn prepare(variant: usize, policies: usize) -> usize {
    GUEST.with_borrow_mut(|guest| {
        let (Some(snapshot), Some(variant)) = (&guest.snapshot, Variant::ALL.get(variant)) else { return 0 };
        let workload = Workload::new(*variant, policies);
        // Prepared once for the life of the module: questions borrow from them.
        let principals = questions::principals(&workload, snapshot).leak();
        guest.asked = questions::questions(&workload, snapshot, principals, Box::leak(Box::new(Bump::new())));
        guest.orders = workload.orders;
        guest.asked.len()
    })
}

/// Decides every request once, in one of the workload's orders; says how many answers are those of its reference.
#[unsafe(no_mangle)]
pub extern "C" fn decide_all(order: usize) -> usize {
    GUEST.with_borrow_mut(|guest| {
        let (Some(snapshot), Some(order)) = (&guest.snapshot, guest.orders.get(order)) else { return 0 };
        questions::decide_all(&guest.asked, order, snapshot, &mut guest.scratch)
    })
}

/// Decides one request; 1 if the answer is right.
#[unsafe(no_mangle)]
pub extern "C" fn decide(request: usize) -> u32 {
    GUEST.with_borrow_mut(|guest| {
        let (Some(snapshot), Some(asked)) = (&guest.snapshot, guest.asked.get(request)) else { return 0 };
        u32::from(asked.is_right(snapshot, &mut guest.scratch))
    })
}

/// As [`decide`], without deciding: 1 if there is such a request. What the way there and back takes.
#[unsafe(no_mangle)]
pub extern "C" fn look_up(request: usize) -> u32 {
    GUEST.with_borrow(|guest| u32::from(guest.snapshot.is_some() && guest.asked.get(request).is_some()))
}

/// Decides `count` generated cases and leaves one line for each in a buffer, whose place it returns; [`answers_len`] says
/// how long it is.
#[unsafe(no_mangle)]
pub extern "C" fn answers(seed: u64, count: u32) -> *const u8 {
    GUEST.with_borrow_mut(|guest| {
        guest.bytes.clear();
        if let Some(snapshot) = &guest.snapshot {
            let mut random = Random(seed);
            for _ in 0..count {
                let line = case(&mut random).ask(snapshot, |query| {
                    let decision = snapshot.decide(query, &mut guest.scratch);
                    let by_fault = decision.reason == Reason::DeniedByFault;
                    let shadow = decision.shadow.map(|outcome| outcome.to_string());
                    format!("{} {by_fault} {:?} {} {shadow:?}\n", decision.effect, decision.policy, decision.errors)
                });
                guest.bytes.extend_from_slice(line.as_bytes());
            }
        }
        guest.bytes.as_ptr()
    })
}

/// Has the snapshot's conditions evaluated over `count` generated requests, or the hostile one if there are none, and leaves
/// what each says in a buffer, whose place it returns; [`answers_len`] says how long it is.
#[unsafe(no_mangle)]
pub extern "C" fn conditions(seed: u64, count: u32) -> *const u8 {
    GUEST.with_borrow_mut(|guest| {
        guest.bytes.clear();
        if let Some(snapshot) = &guest.snapshot {
            let generated = requests::requests(seed, count);
            for request in if count == 0 { vec![hostile::hostile()] } else { generated } {
                guest.bytes.extend_from_slice(request.answers(snapshot, &mut guest.scratch).as_bytes());
            }
        }
        guest.bytes.as_ptr()
    })
}

/// Length of what [`answers`] or [`conditions`] left.
#[unsafe(no_mangle)]
pub extern "C" fn answers_len() -> usize {
    GUEST.with_borrow(|guest| guest.bytes.len())
}
