use anyhow::{Context, bail, ensure};
use tollgate_policy::data::{Data, Fields};
use tollgate_policy::identity::{
    ClaimsFrom, Evidence, IdentityMethod, IdentitySource, PeerNames, Presented, PrincipalClaims, SanKind, TrustedPeers,
};

/// A principal as its identity source would present it to the proxy.
#[derive(Debug, Default)]
pub(super) struct PresentedIdentity {
    /// Verified claims, and the metadata key they are under.
    metadata: Option<(String, Fields)>,
    /// Claims in a forwarded header.
    payload: Option<Fields>,
    peer: Option<PeerNames>,
    headers: Vec<(String, String)>,
}

impl PresentedIdentity {
    /// Has the source that the principal names (or the only one there is) present it.
    pub(super) fn of(claims: &PrincipalClaims, sources: &[IdentitySource]) -> anyhow::Result<Self> {
        let source = choose(claims.source.as_deref(), sources)?;
        let mut identity = PresentedIdentity::default();
        match &source.method {
            IdentityMethod::Jwt { claims: from, id_claim, roles_claim, scope_claim } => {
                let token = token(claims, id_claim, roles_claim.as_deref(), scope_claim.as_deref())
                    .with_context(|| format!("identity source `{}`", source.name))?;
                match from {
                    ClaimsFrom::Metadata(key) => identity.metadata = Some((key.clone(), token)),
                    ClaimsFrom::ForwardedHeader(name) => {
                        // Its text is never read: `jwt_payload` has the claims.
                        identity.headers.push((name.clone(), "forwarded".to_owned()));
                        identity.payload = Some(token);
                    }
                }
            }
            IdentityMethod::Mtls { san, roles, scope } => {
                ensure!(
                    claims.roles.iter().all(|role| roles.contains(role)),
                    "identity source `{}` gives the roles {roles:?}: certificates carry none",
                    source.name
                );
                ensure!(
                    claims.scope.is_none() || claims.scope == *scope,
                    "identity source `{}` gives the scope {scope:?}: certificates carry none",
                    source.name
                );
                no_attributes(claims, &source.name)?;
                identity.peer = Some(peer(*san, &claims.id));
            }
            IdentityMethod::Headers { id_header, roles_header, scope_header, trust } => {
                no_attributes(claims, &source.name)?;
                identity.headers.push((id_header.clone(), claims.id.clone()));
                if !claims.roles.is_empty() {
                    let header = roles_header
                        .as_ref()
                        .with_context(|| format!("identity source `{}` reads no roles", source.name))?;
                    identity.headers.push((header.clone(), claims.roles.join(",")));
                }
                if let Some(scope) = &claims.scope {
                    let header = scope_header
                        .as_ref()
                        .with_context(|| format!("identity source `{}` reads no scope", source.name))?;
                    identity.headers.push((header.clone(), scope.clone()));
                }
                if let TrustedPeers::Sans(sans) = trust {
                    identity.peer = sans.first().map(|san| peer(SanKind::Uri, san));
                }
            }
        }
        Ok(identity)
    }

    /// The headers that carry it.
    pub(super) fn headers(&self) -> &[(String, String)] {
        &self.headers
    }
}

impl Evidence for PresentedIdentity {
    fn jwt_metadata(&self, key: &str) -> Presented<Fields> {
        present(self.metadata.as_ref().filter(|(at, _)| at == key).map(|(_, claims)| claims))
    }

    fn jwt_payload(&self, _header: &[u8]) -> Presented<Fields> {
        match &self.payload {
            Some(claims) => Presented::Valid(claims.clone()),
            None => Presented::Invalid("payload headers of one's own are not read here: use --principal".to_owned()),
        }
    }

    fn peer(&self) -> Presented<PeerNames> {
        present(self.peer.as_ref())
    }
}

fn present<T: Clone>(found: Option<&T>) -> Presented<T> {
    found.map_or(Presented::Absent, |found| Presented::Valid(found.clone()))
}

/// The source of this name, or the only one.
pub(super) fn choose<'s>(name: Option<&str>, sources: &'s [IdentitySource]) -> anyhow::Result<&'s IdentitySource> {
    let names = || sources.iter().map(|source| format!("`{}`", source.name)).collect::<Vec<_>>().join(", ");
    match (name, sources) {
        (Some(name), _) => sources
            .iter()
            .find(|source| source.name == name)
            .with_context(|| format!("there is no identity source `{name}`, only: {}", names())),
        (None, [only]) => Ok(only),
        (None, []) => bail!("the policies have no identity source"),
        (None, _) => bail!("say which identity source vouches for the principal: {}", names()),
    }
}

fn token(
    claims: &PrincipalClaims,
    id_claim: &str,
    roles_claim: Option<&str>,
    scope_claim: Option<&str>,
) -> anyhow::Result<Fields> {
    let mut members: Vec<(Box<str>, Data)> = vec![(id_claim.into(), claims.id.as_str().into())];
    match roles_claim {
        Some(name) => {
            let roles = claims.roles.iter().map(|role| role.as_str().into()).collect();
            members.push((name.into(), Data::List(roles)));
        }
        None => ensure!(claims.roles.is_empty(), "it reads no roles from tokens"),
    }
    if let Some(scope) = &claims.scope {
        let name = scope_claim.context("it reads no scope from tokens")?;
        members.push((name.into(), scope.as_str().into()));
    }
    members.extend(claims.attributes.iter().map(|(name, value)| (name.into(), value.clone())));
    Ok(Fields::new(members)?)
}

fn peer(san: SanKind, name: &str) -> PeerNames {
    let names = vec![name.to_owned()];
    match san {
        SanKind::Uri => PeerNames { uris: names, dns: Vec::new() },
        SanKind::Dns => PeerNames { uris: Vec::new(), dns: names },
    }
}

fn no_attributes(claims: &PrincipalClaims, source: &str) -> anyhow::Result<()> {
    let named: Vec<_> = claims.attributes.iter().map(|(name, _)| name).collect();
    ensure!(named.is_empty(), "identity source `{source}` carries no attributes: leave out {named:?}");
    Ok(())
}
