mod policies;

use std::sync::Arc;

use crate::condition::Code;
use crate::engine::{IndexBuilder, InvalidScope, MAX_LEVELS, Scopes, Symbol, SymbolTable, Symbols};
use crate::http::{MAX_BODY, MAX_CAPTURES, RoutePattern, RouteTable, RouteTarget, Segment, ValueSource};
use crate::identity::{ClaimsFrom, Directory, IdentityMethod, IdentitySource, Known, SanKind, TrustedPeers};
use crate::sort::sort_by;
use crate::texts::Texts;

use super::chunk::{ChunkKind, Strings};
use super::codec::{DecodeError, Reader};
use super::content::Content;
use super::delta::Change;
use super::globs::GlobReader;
use super::head::Head;
use super::limits::{self, Budget, Limit};
use super::program::{Interner, Reads};
use super::totals::Totals;
use super::{Snapshot, bucket, data};

impl Snapshot {
    /// Reads a snapshot, checking everything: its mark and format, its digest, every count, reference and limit. Bytes that
    /// are handed over, rather than lent, are freed as soon as they have been read, which keeps the peak of memory low.
    ///
    /// # Errors
    /// Says what is wrong and where. Nothing of a refused snapshot is ever used.
    pub fn decode(bytes: impl AsRef<[u8]>) -> Result<Self, DecodeError> {
        let (head, content) = Content::read(bytes.as_ref())?;
        drop(bytes);
        Snapshot::read(head, content)
    }

    fn read(head: Head, content: Content) -> Result<Self, DecodeError> {
        let mut decoder = Decoder { size: content.size(), ..Decoder::default() };
        ChunkKind::ALL.into_iter().try_for_each(|kind| decoder.chunks(kind, content.chunks(kind)))?;
        decoder.finish(head, content)
    }

    /// Goes over to another content, which differs by these changes. All or nothing.
    pub(super) fn replace(&mut self, content: &Content, _changes: &[Change<'_>]) -> Result<(), DecodeError> {
        let head = Head { id: self.id, digest: self.digest, attestations: self.attestations.clone() };
        *self = Snapshot::read(head, content.clone())?;
        Ok(())
    }
}

/// The snapshot under construction.
#[derive(Default)]
struct Decoder {
    /// Of the whole snapshot, in bytes.
    size: usize,
    code: Code,
    interner: Interner,
    chunk: policies::ChunkNames,
    announced: Totals,
    read: Totals,
    policies: Texts,
    symbols: Symbols,
    index: IndexBuilder,
    globs: GlobReader,
    scopes: Scopes,
    has_shadow: bool,
    routes: RouteTable,
    passes_unmatched: bool,
    identity: Vec<IdentitySource>,
    directory: Directory,
    reads: Reads,
    budget: Budget,
}

impl Decoder {
    /// All chunks of one kind.
    fn chunks(&mut self, kind: ChunkKind, chunks: &[Arc<[u8]>]) -> Result<(), DecodeError> {
        let invalid = |what| DecodeError::Invalid { what, at: 0, part: kind.part() };
        match kind {
            ChunkKind::Settings if chunks.len() != 1 => return Err(invalid("number of chunks")),
            _ if chunks.is_empty() => return Err(invalid("number of chunks")),
            _ => {}
        }
        for (position, bytes) in chunks.iter().enumerate() {
            let mut reader = Reader::new(bytes, kind.part());
            let strings = Strings::read(&mut reader)?;
            let place = Place { bucket: position, buckets: chunks.len() };
            match kind {
                ChunkKind::Settings => self.settings(&mut reader, &strings)?,
                ChunkKind::Routes => self.routes(&mut reader, &strings, place)?,
                ChunkKind::Principals => self.principals(&mut reader, &strings, place)?,
                ChunkKind::Policies => self.policies(&mut reader, &strings, place)?,
            }
            reader.finish()?;
        }
        Ok(())
    }

    fn settings(&mut self, reader: &mut Reader<'_>, strings: &Strings<'_>) -> Result<(), DecodeError> {
        self.passes_unmatched = reader.bool()?;
        for _ in 0..limits::SCOPES.check(reader.count()?)? {
            self.scope(strings.get(reader)?, reader)?;
        }
        for _ in 0..limits::IDENTITY_SOURCES.check(reader.count()?)? {
            let source = identity_source(reader, strings)?;
            if self.identity.iter().any(|known| known.name == source.name) {
                return Err(DecodeError::Duplicate("identity sources", source.name));
            }
            self.identity.push(source);
        }
        self.announced = Totals::read(reader, self.size)?;
        self.policies.reserve(self.announced.policies, self.announced.name_bytes);
        // Nearly every policy is reached in one way.
        self.index.reserve(self.announced.policies);
        Ok(())
    }

    fn scope(&mut self, name: &str, reader: &Reader<'_>) -> Result<(), DecodeError> {
        self.budget.text(name)?;
        self.scopes.insert(name).map_err(|problem| match problem {
            InvalidScope::Orphan => reader.invalid("scope without its parent"),
            InvalidScope::TooDeep => DecodeError::TooMany { what: "levels of scopes", limit: MAX_LEVELS },
            InvalidScope::Duplicate => DecodeError::Duplicate("scopes", name.to_owned()),
        })
    }

    fn routes<'a>(&mut self, reader: &mut Reader<'a>, strings: &Strings<'a>, place: Place) -> Result<(), DecodeError> {
        for _ in 0..reader.count()? {
            let name = strings.get(reader)?;
            place.check(&[name], reader)?;
            let (methods, hosts) = (strings.list(reader)?, strings.list(reader)?);
            let rest = reader.bool()?;
            let segments = (0..limits::SEGMENTS.check(reader.count()?)?)
                .map(|_| segment(reader, strings))
                .collect::<Result<Vec<_>, _>>()?;
            let captures =
                segments.iter().filter(|segment| matches!(segment, Segment::Capture)).count() + usize::from(rest);
            Limit::new("captures in a route", MAX_CAPTURES).check(captures)?;
            let pattern = RoutePattern { hosts, methods, segments, rest };
            self.budget.charge(pattern.cost())?;
            let target = RouteTarget {
                name: self.budget.text(name)?.into(),
                action: interned(&mut self.symbols.actions, self.budget.text(strings.get(reader)?)?),
                kind: interned(&mut self.symbols.kinds, self.budget.text(strings.get(reader)?)?),
                id: self.optional_source(reader, strings, captures)?,
                scope: self.optional_source(reader, strings, captures)?,
                attributes: (0..reader.count()?)
                    .map(|_| {
                        let name = self.budget.text(strings.get(reader)?)?.into();
                        Ok((name, self.value_source(reader, strings, captures)?))
                    })
                    .collect::<Result<_, DecodeError>>()?,
                anonymous_allowed: reader.bool()?,
                max_body: max_body(reader)?,
            };
            self.routes.insert(&pattern, target).map_err(|_| DecodeError::AmbiguousRoute(name.to_owned()))?;
        }
        Ok(())
    }

    fn optional_source(
        &mut self,
        reader: &mut Reader<'_>,
        strings: &Strings<'_>,
        captures: usize,
    ) -> Result<Option<ValueSource>, DecodeError> {
        match reader.bool()? {
            true => self.value_source(reader, strings, captures).map(Some),
            false => Ok(None),
        }
    }

    fn value_source(
        &mut self,
        reader: &mut Reader<'_>,
        strings: &Strings<'_>,
        captures: usize,
    ) -> Result<ValueSource, DecodeError> {
        if !reader.bool()? {
            return Ok(ValueSource::Literal(self.budget.text(strings.get(reader)?)?.into()));
        }
        match u16::try_from(reader.varint()?) {
            Ok(index) if usize::from(index) < captures => Ok(ValueSource::Capture(index)),
            _ => Err(reader.invalid("capture")),
        }
    }

    fn principals(&mut self, reader: &mut Reader<'_>, strings: &Strings<'_>, place: Place) -> Result<(), DecodeError> {
        for _ in 0..reader.count()? {
            let (source, id) = (strings.get(reader)?, strings.get(reader)?);
            place.check(&[source, id], reader)?;
            [source, id].into_iter().try_for_each(|text| self.budget.text(text).map(|_| ()))?;
            let roles = strings.list(reader)?;
            roles.iter().try_for_each(|role| self.budget.text(role).map(|_| ()))?;
            let known = Known {
                roles: roles.into_iter().map(Into::into).collect(),
                attributes: data::read_fields(reader, strings, 0, &mut self.budget)?,
            };
            if !self.directory.insert(source, id, known) {
                return Err(DecodeError::Duplicate("directory entries", id.to_owned()));
            }
        }
        Ok(())
    }

    fn finish(mut self, head: Head, content: Content) -> Result<Snapshot, DecodeError> {
        if self.read != self.announced {
            return Err(DecodeError::Totals);
        }
        let mut reads = self.reads;
        reads.headers.extend(self.identity.iter().flat_map(IdentitySource::headers_read).map(Box::from));
        sort_by(&mut reads.headers, |a, b| a < b);
        reads.headers.dedup();
        sort_by(&mut reads.query, |a, b| a < b);
        // What only reading needed makes room for the index.
        drop((self.interner, self.chunk));
        self.code.shrink();
        self.policies.shrink();
        self.symbols.shrink();
        Ok(Snapshot {
            id: head.id,
            digest: head.digest,
            attestations: head.attestations,
            content,
            code: self.code,
            policies: self.policies,
            globs: self.globs.finish(&self.symbols.actions, &mut self.budget)?,
            scopes: self.scopes,
            has_shadow: self.has_shadow,
            index: self.index.build(self.symbols.roles.len(), self.symbols.actions.len()),
            symbols: self.symbols,
            routes: self.routes,
            passes_unmatched: self.passes_unmatched,
            identity: self.identity,
            directory: self.directory,
            reads,
        })
    }
}

/// Where the chunk being read stands among those of its kind.
#[derive(Clone, Copy)]
struct Place {
    bucket: usize,
    buckets: usize,
}

impl Place {
    /// Whether the record of this name belongs here.
    fn check(self, name: &[&str], reader: &Reader<'_>) -> Result<(), DecodeError> {
        match bucket::of(name, self.buckets) == self.bucket {
            true => Ok(()),
            false => Err(reader.invalid("bucket")),
        }
    }
}

/// A name that is kept beside its symbol.
fn interned(symbols: &mut SymbolTable, name: &str) -> (Symbol, Box<str>) {
    (symbols.intern(name), name.into())
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

/// Zero for a route that reads no body.
fn max_body(reader: &mut Reader<'_>) -> Result<Option<usize>, DecodeError> {
    match usize::try_from(reader.varint()?) {
        Ok(max) if max <= MAX_BODY => Ok(Some(max).filter(|max| *max > 0)),
        _ => Err(reader.invalid("body size")),
    }
}

fn segment<'a>(reader: &mut Reader<'a>, strings: &Strings<'a>) -> Result<Segment<'a>, DecodeError> {
    Ok(match reader.bool()? {
        true => Segment::Capture,
        false => Segment::Literal(strings.get(reader)?),
    })
}
