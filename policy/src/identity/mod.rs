//! Who asks: principals, and how the evidence that a proxy holds becomes one.

mod authenticate;
mod cache;
mod evidence;
mod principal;
mod source;

pub use authenticate::AuthFailure;
pub(crate) use authenticate::authenticate;
pub use cache::Lookups;
pub(crate) use cache::{Identities, Stamp};
pub use evidence::{Evidence, PeerNames, Presented, UnreadClaims};
pub use principal::{ANONYMOUS, Principal, PrincipalClaims};
pub(crate) use principal::{Directory, Known};
pub use source::{ClaimsFrom, IdentityMethod, IdentitySource, SanKind, TrustedPeers};
