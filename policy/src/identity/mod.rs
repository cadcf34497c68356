//! Who asks: principals, and how the evidence that a proxy holds becomes one.

mod authenticate;
mod evidence;
mod principal;
mod source;

pub use authenticate::AuthFailure;
pub(crate) use authenticate::authenticate;
pub use evidence::{Evidence, PeerNames, Presented};
pub use principal::{ANONYMOUS, Principal, PrincipalClaims};
pub(crate) use principal::{Directory, Known};
pub use source::{ClaimsFrom, IdentityMethod, IdentitySource, SanKind, TrustedPeers};
