use crate::engine::{Symbol, SymbolTable};
use crate::http::{MAX_BODY, MAX_CAPTURES, RouteBudget, RoutePattern, RouteTarget, Segment, ValueSource};
use crate::snapshot::budget;
use crate::snapshot::chunk::{ChunkKind, Strings};
use crate::snapshot::codec::{DecodeError, Reader};
use crate::snapshot::limits::{self, Limit};

use super::{Decoder, Place, open};

/// A route, and which requests it is for.
pub(super) type Route<'a> = (RoutePattern<'a>, RouteTarget);

impl Decoder<'_> {
    pub(super) fn routes<'a>(&mut self, chunk: &'a [u8], place: Place) -> Result<Vec<Route<'a>>, DecodeError> {
        let (mut reader, strings) = open(ChunkKind::Routes, chunk)?;
        let count = reader.count()?;
        let routes = (0..count).map(|_| self.route(&mut reader, &strings, place)).collect::<Result<_, _>>()?;
        reader.finish().map(|()| routes)
    }

    fn route<'a>(
        &mut self,
        reader: &mut Reader<'a>,
        strings: &Strings<'a>,
        place: Place,
    ) -> Result<Route<'a>, DecodeError> {
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
        let name = self.budget.text(name)?.into();
        let action = interned(&mut self.arena.symbols.actions, self.budget.text(strings.get(reader)?)?);
        let kind = interned(&mut self.arena.symbols.kinds, self.budget.text(strings.get(reader)?)?);
        let id = self.optional_source(reader, strings, captures)?;
        let scope = self.optional_source(reader, strings, captures)?;
        let attributes = (0..reader.count()?)
            .map(|_| {
                let name = self.budget.text(strings.get(reader)?)?.into();
                Ok((name, self.value_source(reader, strings, captures)?))
            })
            .collect::<Result<_, DecodeError>>()?;
        let (anonymous_allowed, has_budget) = flags(reader)?;
        let max_body = max_body(reader)?;
        let budget = match has_budget {
            true => Some(self.route_budget(reader, strings, max_body)?),
            false => None,
        };
        let max_body = budget.as_ref().map(|budget| budget.max_bytes).or(max_body);
        let target = RouteTarget { name, action, kind, id, scope, attributes, anonymous_allowed, max_body, budget };
        Ok((pattern, target))
    }

    /// What such a route reads of bodies, its budget says.
    fn route_budget(
        &mut self,
        reader: &mut Reader<'_>,
        strings: &Strings<'_>,
        max_body: Option<usize>,
    ) -> Result<Box<RouteBudget>, DecodeError> {
        if max_body.is_some() {
            return Err(reader.invalid("body size"));
        }
        self.budget.charge(size_of::<RouteBudget>())?;
        budget::read(reader, strings, &mut self.budget).map(Box::new)
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
}

/// A name that is kept beside its symbol.
fn interned(symbols: &mut SymbolTable, name: &str) -> (Symbol, Box<str>) {
    (symbols.intern(name), name.into())
}

/// Whether callers without identity are let in, and whether the route has a budget.
fn flags(reader: &mut Reader<'_>) -> Result<(bool, bool), DecodeError> {
    match reader.byte()? {
        flags @ 0..4 => Ok((flags & 1 != 0, flags & 2 != 0)),
        _ => Err(reader.invalid("flags of a route")),
    }
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
