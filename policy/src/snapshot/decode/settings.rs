use crate::engine::{InvalidScope, MAX_LEVELS};
use crate::http::BudgetMode;
use crate::identity::{ClaimsFrom, IdentityMethod, IdentitySource, SanKind, TrustedPeers};
use crate::snapshot::budget;
use crate::snapshot::chunk::{ChunkKind, Strings};
use crate::snapshot::codec::{DecodeError, Reader};
use crate::snapshot::limits;
use crate::snapshot::totals::Totals;

use super::{Decoder, open};

/// What the settings say, besides scopes.
pub(super) struct Settings {
    pub(super) passes_unmatched: bool,
    pub(super) identity: Vec<IdentitySource>,
    pub(super) budget_mode: Option<BudgetMode>,
    pub(super) announced: Totals,
    /// Where the totals begin: all that stands before them is the same wherever its bytes are.
    pub(super) totals_at: usize,
}

impl Decoder<'_> {
    /// `size`: of all chunks, in bytes.
    pub(super) fn settings(&mut self, chunk: &[u8], size: usize) -> Result<Settings, DecodeError> {
        let (mut reader, strings) = open(ChunkKind::Settings, chunk)?;
        let passes_unmatched = reader.bool()?;
        for _ in 0..limits::SCOPES.check(reader.count()?)? {
            self.scope(strings.get(&mut reader)?, &reader)?;
        }
        let mut identity: Vec<IdentitySource> = Vec::new();
        for _ in 0..limits::IDENTITY_SOURCES.check(reader.count()?)? {
            let source = identity_source(&mut reader, &strings)?;
            if identity.iter().any(|known| known.name == source.name) {
                return Err(DecodeError::Duplicate("identity sources", source.name));
            }
            identity.push(source);
        }
        let budget_mode = budget::read_mode(&mut reader)?;
        let totals_at = reader.at();
        let announced = totals(reader, size)?;
        Ok(Settings { passes_unmatched, identity, budget_mode, announced, totals_at })
    }

    fn scope(&mut self, name: &str, reader: &Reader<'_>) -> Result<(), DecodeError> {
        self.budget.text(name)?;
        self.arena.scopes.insert(name).map_err(|problem| match problem {
            InvalidScope::Orphan => reader.invalid("scope without its parent"),
            InvalidScope::TooDeep => DecodeError::TooMany { what: "levels of scopes", limit: MAX_LEVELS },
            InvalidScope::Duplicate => DecodeError::Duplicate("scopes", name.to_owned()),
        })
    }
}

/// The end of the settings.
pub(super) fn totals(mut reader: Reader<'_>, size: usize) -> Result<Totals, DecodeError> {
    let totals = Totals::read(&mut reader, size)?;
    reader.finish().map(|()| totals)
}

fn identity_source(reader: &mut Reader<'_>, strings: &Strings<'_>) -> Result<IdentitySource, DecodeError> {
    let text = |reader: &mut Reader<'_>| strings.get(reader).map(str::to_owned);
    let optional = |reader: &mut Reader<'_>| if reader.bool()? { text(reader).map(Some) } else { Ok(None) };
    let list = |reader: &mut Reader<'_>| Ok(strings.list(reader)?.into_iter().map(str::to_owned).collect());
    let name = text(reader)?;
    let method = match reader.byte()? {
        0 => IdentityMethod::Jwt {
            claims: match reader.bool()? {
                false => ClaimsFrom::Metadata(text(reader)?),
                true => ClaimsFrom::ForwardedHeader(text(reader)?),
            },
            id_claim: text(reader)?,
            roles_claim: optional(reader)?,
            scope_claim: optional(reader)?,
        },
        1 => IdentityMethod::Mtls {
            san: if reader.bool()? { SanKind::Dns } else { SanKind::Uri },
            roles: list(reader)?,
            scope: optional(reader)?,
        },
        2 => IdentityMethod::Headers {
            id_header: text(reader)?,
            roles_header: optional(reader)?,
            scope_header: optional(reader)?,
            trust: if reader.bool()? { TrustedPeers::All } else { TrustedPeers::Sans(list(reader)?) },
        },
        _ => return Err(reader.invalid("identity method")),
    };
    Ok(IdentitySource { name, method })
}
