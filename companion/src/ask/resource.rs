use tollgate_policy::data::Fields;

/// A resource that exists only for a question.
#[derive(Clone, Debug, Default)]
pub(crate) struct ResourceFixture {
    pub(crate) kind: String,
    pub(crate) id: Option<String>,
    pub(crate) attributes: Fields,
    /// The scope that it belongs to.
    pub(crate) scope: Option<String>,
}
