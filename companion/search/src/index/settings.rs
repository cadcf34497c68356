/// How an index is built and searched.
///
/// A graph has at most 32 neighbours a vector on its upper layers and 64 on its lowest (the M of HNSW is 32 in
/// `instant-distance`, which does not let it be chosen). What the two numbers here trade: a larger `ef_construction`
/// makes a better graph and takes proportionally longer to build; a larger `ef_search` finds more of what is nearest and
/// takes proportionally longer at every search. Either change makes every graph be built again, from vectors that are
/// there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Settings {
    /// How many neighbours are looked at for each vector while a graph is built.
    pub ef_construction: usize,
    /// How many candidates a search keeps.
    pub ef_search: usize,
}

impl Default for Settings {
    fn default() -> Self {
        Settings { ef_construction: 200, ef_search: 50 }
    }
}
