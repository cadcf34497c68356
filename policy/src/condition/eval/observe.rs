use super::Evaluated;
use crate::condition::node::NodeId;

/// Sees what each node comes to, in the order in which they are finished. Deciding has none, at no cost.
pub(crate) trait Observer {
    /// Whether there is anything to tell it.
    const OBSERVES: bool = true;

    fn saw(&mut self, id: NodeId, outcome: &Evaluated<'_>);
}

impl Observer for () {
    const OBSERVES: bool = false;

    fn saw(&mut self, _: NodeId, _: &Evaluated<'_>) {}
}

impl<F: FnMut(NodeId, &Evaluated<'_>)> Observer for F {
    fn saw(&mut self, id: NodeId, outcome: &Evaluated<'_>) {
        self(id, outcome);
    }
}
