use anyhow::{Result, bail};
use serde_json::{Value, json};

/// One way of deciding about a request, each a listener of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Variant {
    /// No filter at all.
    Bare,
    /// A filter in WebAssembly that does nothing.
    Noop,
    /// Tollgate, with the identity in headers.
    Tollgate,
    /// Claims put into dynamic metadata, then the filter that does nothing.
    ClaimsNoop,
    /// Claims put into dynamic metadata, then Tollgate with these as the identity.
    ClaimsTollgate,
    /// Envoy's RBAC filter with matchers of path, method and headers, and CEL for what these can't say.
    RbacMatchers,
    /// Envoy's RBAC filter with all of a policy in CEL.
    RbacCel,
    /// Envoy's RBAC filter with a tree of matchers.
    RbacTree,
    /// Envoy's external authorization filter over gRPC, with a server that always says yes.
    ExtAuthz,
}

/// Where a request says who asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Identity {
    /// In headers of a trusted gateway.
    Headers,
    /// In claims of a token, as `jwt_authn` leaves them in dynamic metadata.
    Claims,
}

impl Variant {
    pub(crate) const ALL: [Variant; 9] = [
        Variant::Bare,
        Variant::Noop,
        Variant::Tollgate,
        Variant::ClaimsNoop,
        Variant::ClaimsTollgate,
        Variant::RbacMatchers,
        Variant::RbacCel,
        Variant::RbacTree,
        Variant::ExtAuthz,
    ];

    /// As on the command line and in Envoy's statistics.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Variant::Bare => "bare",
            Variant::Noop => "noop",
            Variant::Tollgate => "tollgate",
            Variant::ClaimsNoop => "claims-noop",
            Variant::ClaimsTollgate => "claims-tollgate",
            Variant::RbacMatchers => "rbac-matchers",
            Variant::RbacCel => "rbac-cel",
            Variant::RbacTree => "rbac-tree",
            Variant::ExtAuthz => "ext-authz",
        }
    }

    pub(crate) fn named(name: &str) -> Result<Self> {
        let Some(found) = Variant::ALL.into_iter().find(|variant| variant.name() == name) else {
            bail!("no variant; there are {}", Variant::ALL.map(Variant::name).join(", "));
        };
        Ok(found)
    }

    /// What it is compared with.
    pub(crate) fn baselines(self) -> &'static [Variant] {
        match self.identity() {
            Identity::Headers => &[Variant::Bare, Variant::Noop],
            Identity::Claims => &[Variant::Bare, Variant::Noop, Variant::ClaimsNoop],
        }
    }

    pub(crate) fn is_rbac(self) -> bool {
        matches!(self, Variant::RbacMatchers | Variant::RbacCel | Variant::RbacTree)
    }

    pub(crate) fn is_tollgate(self) -> bool {
        matches!(self, Variant::Tollgate | Variant::ClaimsTollgate)
    }

    /// Whether it decides, rather than letting everything through.
    pub(crate) fn decides(self) -> bool {
        self.is_rbac() || self.is_tollgate()
    }

    pub(crate) fn identity(self) -> Identity {
        match self {
            Variant::ClaimsNoop | Variant::ClaimsTollgate => Identity::Claims,
            _ => Identity::Headers,
        }
    }
}

impl Identity {
    pub(crate) const ALL: [Identity; 2] = [Identity::Headers, Identity::Claims];

    /// The cluster of the companion with the policy set for it.
    pub(crate) fn cluster(self) -> &'static str {
        match self {
            Identity::Headers => "companion_headers",
            Identity::Claims => "companion_claims",
        }
    }

    /// The filter that stands before the one that decides.
    ///
    /// Not `jwt_authn` itself: to verify a signature takes ten times what is to be measured, and its noise with it. This
    /// leaves the same claims in the same place, for as many people as there are.
    pub(crate) fn filter(self) -> Option<Value> {
        match self {
            Identity::Headers => None,
            Identity::Claims => Some(json!({
                "name": "claims",
                "typed_config": {
                    "@type": "type.googleapis.com/envoy.extensions.filters.http.header_to_metadata.v3.Config",
                    "request_rules": [{
                        "header": "x-claims",
                        "on_header_present": {
                            "metadata_namespace": "envoy.filters.http.jwt_authn",
                            "key": "jwt_payload",
                            "type": "PROTOBUF_VALUE",
                            "encode": "BASE64",
                        },
                        "remove": true,
                    }],
                },
            })),
        }
    }
}
