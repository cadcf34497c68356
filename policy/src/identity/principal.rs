use rustc_hash::FxHashMap;

use crate::data::{Fields, allocated};
use crate::engine::{HeldRoles, SymbolTable};
use crate::sort::sort_by;

/// Id and only role of a caller without identity, on routes that allow it.
pub const ANONYMOUS: &str = "anonymous";

/// Who asks, in the terms of one snapshot: the token's word united with the directory's.
#[derive(Clone, Debug)]
pub struct Principal {
    id: Box<str>,
    source: Option<Box<str>>,
    roles: Box<[Box<str>]>,
    /// The roles that the snapshot knows.
    held_roles: HeldRoles,
    attributes: Fields,
    scope: Option<Box<str>>,
    anonymous: bool,
}

/// What a verified identity says of itself.
#[derive(Clone, Debug, Default)]
pub struct PrincipalClaims {
    /// Name of the identity source; without one the directory is not consulted.
    pub source: Option<String>,
    /// The principal's id in that source.
    pub id: String,
    /// Roles that the evidence carries.
    pub roles: Vec<String>,
    /// Attributes that the evidence carries.
    pub attributes: Fields,
    /// The scope that the evidence names.
    pub scope: Option<String>,
}

impl Principal {
    pub(crate) fn new(claims: PrincipalClaims, known_roles: &SymbolTable, directory: &Directory) -> Self {
        let PrincipalClaims { source, id, mut roles, mut attributes, scope } = claims;
        if let Some(known) = source.as_deref().and_then(|source| directory.get(source, &id)) {
            roles.extend(known.roles.iter().map(ToString::to_string));
            attributes = attributes.filled_from(&known.attributes);
        }
        sort_by(&mut roles, |a, b| a < b);
        roles.dedup();
        // Only the caller without identity is anonymous: evidence cannot claim the role.
        roles.retain(|role| role != ANONYMOUS);
        let scope = scope.map(Into::into);
        Principal { scope, ..Self::with_roles(id, source, roles, attributes, known_roles) }
    }

    pub(crate) fn anonymous(known_roles: &SymbolTable) -> Self {
        let roles = vec![ANONYMOUS.to_owned()];
        let principal = Self::with_roles(ANONYMOUS.to_owned(), None, roles, Fields::default(), known_roles);
        let held_roles = HeldRoles::new(known_roles.get(ANONYMOUS).into_iter(), false);
        Principal { anonymous: true, held_roles, ..principal }
    }

    /// Nobody in particular, for expressions that read no principal.
    #[cfg(feature = "compiler")]
    pub(crate) fn nobody() -> Self {
        Self::anonymous(&SymbolTable::default())
    }

    fn with_roles(
        id: String,
        source: Option<String>,
        roles: Vec<String>,
        attributes: Fields,
        known_roles: &SymbolTable,
    ) -> Self {
        Principal {
            held_roles: HeldRoles::new(roles.iter().filter_map(|role| known_roles.get(role)), true),
            id: id.into(),
            source: source.map(Into::into),
            roles: roles.into_iter().map(Into::into).collect(),
            attributes,
            scope: None,
            anonymous: false,
        }
    }

    /// Its id in its source.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Name of the identity source it comes from.
    #[must_use]
    pub fn source(&self) -> Option<&str> {
        self.source.as_deref()
    }

    /// Its roles, sorted, without duplicates.
    #[must_use]
    pub fn roles(&self) -> &[Box<str>] {
        &self.roles
    }

    /// Its attributes.
    #[must_use]
    pub fn attributes(&self) -> &Fields {
        &self.attributes
    }

    /// The scope that its identity names.
    #[must_use]
    pub fn scope(&self) -> Option<&str> {
        self.scope.as_deref()
    }

    /// Whether it stands for a caller without identity.
    #[must_use]
    pub fn is_anonymous(&self) -> bool {
        self.anonymous
    }

    /// About how many bytes it takes besides itself.
    pub(super) fn heap_bytes(&self) -> usize {
        let texts = self.roles.iter().map(|role| size_of::<Box<str>>() + allocated(role.len()));
        let names = [Some(&self.id), self.source.as_ref(), self.scope.as_ref()];
        let names = names.into_iter().flatten().map(|name| allocated(name.len()));
        let fixed = size_of::<Self>() + self.held_roles.heap_bytes() + self.attributes.heap_bytes();
        texts.chain(names).sum::<usize>().saturating_add(fixed)
    }

    pub(crate) fn held_roles(&self) -> &HeldRoles {
        &self.held_roles
    }
}

/// The snapshot's static directory of principals.
#[derive(Debug, Default)]
pub(crate) struct Directory(FxHashMap<Box<str>, FxHashMap<Box<str>, Known>>);

/// What the directory adds to a principal.
#[derive(Debug)]
pub(crate) struct Known {
    pub(crate) roles: Box<[Box<str>]>,
    pub(crate) attributes: Fields,
}

impl Directory {
    pub(crate) fn get(&self, source: &str, id: &str) -> Option<&Known> {
        self.0.get(source)?.get(id)
    }

    /// False if the entry exists already.
    pub(crate) fn insert(&mut self, source: &str, id: &str, known: Known) -> bool {
        self.0.entry(source.into()).or_default().insert(id.into(), known).is_none()
    }

    /// Takes an entry away.
    pub(crate) fn remove(&mut self, source: &str, id: &str) {
        if let Some(entries) = self.0.get_mut(source) {
            entries.remove(id);
            if entries.is_empty() {
                self.0.remove(source);
            }
        }
    }
}
