//! Identity sources: part of a validated set and, unchanged, of a snapshot.

/// One way to learn who asks. Sources are tried in order; the first whose evidence is present decides.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IdentitySource {
    /// Unique in the set; directory entries refer to it.
    pub name: String,
    /// Where the evidence is found.
    pub method: IdentityMethod,
}

/// The kinds of evidence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum IdentityMethod {
    /// A token that Envoy's `jwt_authn` filter has verified; we verify none ourselves.
    Jwt {
        /// Where the verified claims are read.
        claims: ClaimsFrom,
        /// The claim that holds the principal's id (a string); usually `sub`. Dots descend into objects.
        id_claim: String,
        /// The claim that holds its roles: a list of strings, or one string of names separated by spaces. May be absent from a token.
        roles_claim: Option<String>,
        /// The claim that names the principal's scope (a string). May be absent from a token.
        scope_claim: Option<String>,
    },
    /// The verified certificate of the peer.
    Mtls {
        /// Which subject alternative name is the id. Of several of the kind none would be; Envoy shows plugins the first alone.
        san: SanKind,
        /// Roles of every such principal.
        roles: Vec<String>,
        /// Scope of every such principal.
        scope: Option<String>,
    },
    /// Headers set by a trusted proxy in front of Envoy.
    Headers {
        /// Lower-case name of the header that carries the id.
        id_header: String,
        /// Lower-case name of the header that carries roles, separated by commas.
        roles_header: Option<String>,
        /// Lower-case name of the header that names the principal's scope.
        scope_header: Option<String>,
        /// Whose headers count; from everyone else they are stripped.
        trust: TrustedPeers,
    },
}

/// Where a verified token's claims are read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ClaimsFrom {
    /// Dynamic metadata of `envoy.filters.http.jwt_authn`, under this key (`payload_in_metadata`). The default: no client can write it.
    Metadata(String),
    /// The header (lower-case) that `forward_payload_header` names: an explicit opt-in, since a client's own copy gets through where the filter
    /// does not run.
    ForwardedHeader(String),
}

/// Kinds of subject alternative name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SanKind {
    /// URI, as SPIFFE ids are.
    Uri,
    /// DNS.
    Dns,
}

/// Whose identity headers are believed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TrustedPeers {
    /// Everyone's: development only.
    All,
    /// Peers whose verified certificate carries one of these SANs (URI or DNS).
    Sans(Vec<String>),
}

impl IdentitySource {
    /// Lower-case names of the headers it reads.
    pub(crate) fn headers_read(&self) -> impl Iterator<Item = &str> {
        match &self.method {
            IdentityMethod::Jwt { claims: ClaimsFrom::ForwardedHeader(name), .. } => [Some(name.as_str()), None, None],
            IdentityMethod::Headers { .. } => self.identity_headers(),
            IdentityMethod::Jwt { .. } | IdentityMethod::Mtls { .. } => [None; 3],
        }
        .into_iter()
        .flatten()
    }

    /// Lower-case names of the headers that trusted peers alone may set.
    pub(crate) fn identity_headers(&self) -> [Option<&str>; 3] {
        match &self.method {
            IdentityMethod::Headers { id_header, roles_header, scope_header, .. } => {
                [Some(id_header.as_str()), roles_header.as_deref(), scope_header.as_deref()]
            }
            IdentityMethod::Jwt { .. } | IdentityMethod::Mtls { .. } => [None; 3],
        }
    }
}
