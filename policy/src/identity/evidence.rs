use crate::data::Fields;

/// What was found where an identity source looks.
#[derive(Clone, Debug, PartialEq)]
pub enum Presented<T> {
    /// Nothing: the next source is tried.
    Absent,
    /// Something unusable, with the reason for the operator: the request is unauthenticated, whatever other sources would say.
    Invalid(String),
    /// Usable evidence.
    Valid(T),
}

impl<T> Presented<T> {
    /// Maps usable evidence to something else that may turn out absent or invalid.
    pub fn and_then<U>(self, next: impl FnOnce(T) -> Presented<U>) -> Presented<U> {
        match self {
            Presented::Absent => Presented::Absent,
            Presented::Invalid(why) => Presented::Invalid(why),
            Presented::Valid(found) => next(found),
        }
    }

    /// Maps usable evidence.
    pub fn map<U>(self, map: impl FnOnce(T) -> U) -> Presented<U> {
        self.and_then(|found| Presented::Valid(map(found)))
    }
}

/// Subject alternative names of a verified peer certificate.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PeerNames {
    /// URI names, as SPIFFE ids are.
    pub uris: Vec<String>,
    /// DNS names.
    pub dns: Vec<String>,
}

/// What a proxy knows of who asks. Called only for the sources that a snapshot has, so implementations fetch on demand.
pub trait Evidence {
    /// The claims that `jwt_authn` verified and put into dynamic metadata under `key`.
    fn jwt_metadata(&self, key: &str) -> Presented<Fields>;

    /// The same claims, not read yet; `None` if there are none, or if they can only be read.
    fn unread_jwt_metadata(&self, _key: &str) -> Option<UnreadClaims<'_>> {
        None
    }

    /// The claims in a forwarded-payload header's value: base64url JSON.
    fn jwt_payload(&self, header: &[u8]) -> Presented<Fields>;

    /// The names in the peer's certificate, provided that the proxy verified it.
    fn peer(&self) -> Presented<PeerNames>;
}

/// Claims as a proxy holds them, which are quicker to compare with others than to read.
#[derive(Clone, Copy)]
pub struct UnreadClaims<'e> {
    /// The same for the same claims, however they are serialised.
    pub(super) hash: u64,
    pub(super) serialised: &'e [u8],
    same: fn(&[u8], &[u8]) -> bool,
}

impl<'e> UnreadClaims<'e> {
    /// Serialised claims. `same` says whether the first would be read as exactly what the second, known to be valid, was
    /// read as.
    #[must_use]
    pub fn new(serialised: &'e [u8], hash: u64, same: fn(&[u8], &[u8]) -> bool) -> Self {
        UnreadClaims { hash, serialised, same }
    }

    pub(super) fn say(&self, known: &[u8]) -> bool {
        (self.same)(self.serialised, known)
    }
}
