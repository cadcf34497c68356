use super::link::Phase;

/// What a store in Redis is doing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Status {
    /// It is being looked for: it was not reached yet, or a connection has just come to its end.
    Looking,
    /// It can be asked.
    Open {
        /// The name of the set of counters that is there. It has another one after every loss.
        generation: String,
    },
    /// Its counters are not those that were kept, and are given back: it may be over soon. It says by whom.
    Mending(String),
    /// The same, but it lasts: the ledgers that are missing.
    Closed(String),
    /// It cannot be asked, and why.
    Away(String),
}

impl From<&Phase> for Status {
    fn from(phase: &Phase) -> Self {
        match phase {
            Phase::Starting => Status::Looking,
            Phase::Open(session) => Status::Open { generation: session.generation.clone() },
            Phase::Mending(why) => Status::Mending(why.clone()),
            Phase::Closed(why) => Status::Closed(why.clone()),
            Phase::Away(why) => Status::Away(why.clone()),
        }
    }
}
