//! The store of companions that count together, in Redis or Valkey.
//!
//! Every operation is one Lua script, which Redis runs as a whole or not at all: `lua/` has them, each with what it is given
//! and what it answers. They are called by `EVALSHA` and sent again where Redis does not know them. Redis' own `TIME` stamps
//! periods; it never goes back behind what was given out. All keys begin with the same braces, so that they are in one slot
//! of a cluster; scripts find them by the one key that they declare, and a node that says `MOVED` is followed.
//!
//! # Numbers
//! Lua has only doubles. Counters are whole and at most [`MOST_COUNTED`](crate::MOST_COUNTED), which is 2^53 - 1, and calls at
//! most [`MOST_OF_A_CALL`](crate::MOST_OF_A_CALL), so that all that is kept is exact. Sums that are only compared may be up to
//! three times that: rounding keeps the order, so that a sum above 2^53 is never found to be below a number that is at most
//! 2^53 - 1. Limits are cut to that number before they are sent.
//!
//! # What is kept where
//! | key, after the braces | what | until |
//! | --- | --- | --- |
//! | `state` | generation, life, gate, revision and newest time | for ever |
//! | `members` | every ledger that counts here, and for which generation and life it is through | for ever |
//! | `r:<id>` | a reservation: held, expired or final | its counters are gone; 48 hours more while it is held |
//! | `a:<id>` | an adjustment, that it is made once | its counter is gone |
//! | `<generation>:c:<period>` | what is used and held by all counters of a period | 48 hours after it |
//! | `<generation>:n:<period>` | their names, in their order | as long |
//! | `<generation>:periods`, `:leases`, `:holds` | what there is, to be found by time | what is in them |
//!
//! A settled reservation takes about 200 bytes until its counters are gone: 48 hours after the day, if it counts by the day,
//! and after the month, if it counts by the month as well.
//!
//! # A Redis that comes back with less than it had
//! Redis may be empty or older after a restart, after a failure of its master, or because somebody set it back. What it
//! counts is safe in the ledgers: each companion has its own, with the share that it has added to every counter, and all
//! shares together are what is used. So that nobody is held anything before that is counted again, a gate stands before the
//! counters. Five words:
//!
//! - A *generation* is a set of counters, with a random name that is part of their keys. Another one begins whenever
//!   something was lost; what is left of the one before is never looked at again, and goes by itself.
//! - A *life* is a process of Redis, by its `run_id`. A connection never outlives it.
//! - The *revision* rises with every script that changes anything. Each companion remembers the last one that it saw, in its
//!   file: in the same transaction as a settlement, before the ledger has that, and every second.
//! - A *member* is a ledger that counts here. Redis has a list of them, and every companion a copy in its file, which it
//!   renews every second.
//! - The *gate* is open when all members are through with this generation in this life. Every script looks at generation,
//!   life, gate and revision first, and does nothing where they are not what its companion knows.
//!
//! A companion that connects says *hello* (`lua/hello.lua`), with the generation and the revision that it remembers and the
//! members that it knows. Four things may come of that:
//!
//! 1. Redis is empty, or has a lower revision of the same generation: a new generation begins, with the gate closed. A Redis
//!    that is empty and that the companion has never known stays closed for some seconds
//!    ([`grace`](RedisSettings::grace)), should another one have known it.
//! 2. Redis has a new life: the gate closes until every member has said hello, and so has compared its revision. If nobody
//!    misses anything, it opens with the counters that are there.
//! 3. The companion remembers another generation than the one that is there: it gives back what it has (`lua/seed_*.lua`)
//!    and the gate is closed until it is through. These are its shares of all counters that are kept, the marks of what it has
//!    settled since what Redis has was new (all that are kept, if Redis was empty), and what is held for its own callers.
//!    Given twice, a share or a mark or a hold counts once.
//! 4. All is as it was: its session goes on.
//!
//! While the gate is closed, reserving and all else that needs the counters is answered with
//! [`StoreError::Lost`](crate::StoreError::Lost), which names the ledgers that are missing if it lasts. A member that is gone
//! for good keeps it closed until an operator goes on without it ([`RedisStore::forget`]). What that one had settled is then
//! missing from what is used; if it comes back, it gives that back first.
//!
//! A settlement goes into the [`Outbox`](crate::ledger::Outbox) before Redis is asked, and is asked for again after an outage
//! and after the companion's own end. Its mark in Redis says for which ledger and in which generation it was counted. Asked
//! again by the same ledger, it is counted again only in a later generation, to which that ledger has not given it back,
//! since it did not know of it. An estimate that another ledger replaces is kept in the mark in the same way.
//!
//! ## What Redis may be configured to
//! - Append-only file, `appendfsync always`: a restart loses nothing. The gate is closed until all members have looked.
//! - Append-only file, `appendfsync everysec`, snapshots, or asynchronous replicas: what is lost is found out by the
//!   revision, and given back.
//! - No persistence: everything is given back after every restart, which takes Redis about fifteen seconds for a million
//!   settled reservations whose marks are kept.
//! - `maxmemory` with a policy other than `noeviction` is refused, since single counters would vanish unseen.
//!
//! ## What is not covered
//! - What is held for a companion's callers is written to its file once a second. If it is killed at the same time as Redis
//!   loses its data, what was held in the last second is not held any more. Settlements of it still count.
//! - What Redis loses that no companion has seen, or that only one saw that is not a member any more.
//! - A file that is copied to a second companion: both would be one member.
//! - Redis must be let into `INFO`, `EVALSHA`, `SCRIPT LOAD` and the commands in `lua/`. Keys that a script has not declared
//!   are refused by some proxies and some that speak Redis' protocol.

mod address;
mod adjust;
mod answer;
mod connect;
mod expire;
mod hello;
mod keeper;
mod link;
mod look;
mod mirror;
mod names;
mod record;
mod renew;
mod reserve;
mod script;
mod seed;
mod session;
mod settings;
mod settle;
mod status;
mod store;
#[cfg(test)]
mod tests;

pub use address::{InvalidAddress, RedisAddress};
pub use hello::Member;
pub use settings::{InvalidPrefix, InvalidSettings, Prefix, RedisSettings};
pub use status::Status;
pub use store::RedisStore;
