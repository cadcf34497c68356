use std::rc::Rc;
use std::time::Duration;

use crate::budget::{Books, Failure, Intent, MAX_REPLY, METHOD, Outcome, SERVICE};
use crate::config::ClusterName;
use crate::counters::Counter;
use crate::feed::Input;
use crate::request::serialise_pairs;
use crate::vm::Vm;

use super::abi;
use super::feed::Feed;

/// Says which node reserves, to companions that admit them by name.
const NODE: &str = "tollgate-node";

/// Where calls of models are reserved, and told of when they have ended.
pub(super) struct Desk {
    /// The encoded `GrpcService` that is asked.
    service: Vec<u8>,
    /// Metadata of every reserve, serialised: which node asks.
    metadata: Vec<u8>,
    books: Rc<Books>,
    feed: Rc<Feed>,
    vm: Rc<Vm>,
}

impl Desk {
    pub(super) fn new(cluster: &ClusterName, feed: Rc<Feed>, vm: Rc<Vm>) -> Self {
        let node = Some((NODE, feed.node())).filter(|(_, node)| !node.is_empty());
        let (service, metadata) = (cluster.grpc_service(MAX_REPLY), serialise_pairs(node.as_slice()));
        Desk { service, metadata, books: vm.books(cluster), feed, vm }
    }

    pub(super) fn books(&self) -> &Books {
        &self.books
    }

    /// Asks for a reservation, which the proxy ends after `patience`. The root is told of the answer by this number.
    pub(super) fn reserve(&self, intent: &Intent, patience: Duration) -> Result<u32, Failure> {
        let millis = u32::try_from(patience.as_millis()).unwrap_or(u32::MAX);
        let asked = abi::grpc_call(&self.service, SERVICE, METHOD, &self.metadata, &intent.reserve(), millis);
        asked.map_err(|status| Failure::NotAsked(status.to_string()))
    }

    /// Tells how a call ended, or how far it has come; by which number. `before` is the number by which it was told of last.
    pub(super) fn settle(&self, reservation: &[u8], outcome: Outcome, before: Option<u64>) -> Option<u64> {
        match self.books.settlements.add(reservation, outcome, before) {
            Ok(sequence) => {
                self.feed.drive(Input::Settle);
                Some(sequence)
            }
            Err(_) => {
                if outcome.is_final() {
                    self.vm.counters.add(Counter::SettlementsDropped, 1);
                }
                None
            }
        }
    }
}
