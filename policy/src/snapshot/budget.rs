//! The budget of a route, as its record has it, and the mode of all.

use crate::http::{BudgetMode, Downgrade, ModelApi, OrgAttribute, RouteBudget};

#[cfg(feature = "compiler")]
use super::chunk::ChunkWriter;
use super::chunk::Strings;
use super::codec::{DecodeError, Reader};
use super::limits::{Budget, Limit};

/// Names that lead to an attribute.
const DEPTH: Limit = Limit::new("names that lead to an organisation", RouteBudget::MAX_ORG_DEPTH);

#[cfg(feature = "compiler")]
pub(super) fn write(chunk: &mut ChunkWriter, budget: &RouteBudget) {
    let RouteBudget { api, mode, org, default_output, prompt_elsewhere, include_usage, downgrade, max_bytes } = budget;
    chunk.body.byte(code(*api, &ModelApi::NAMES));
    write_mode(chunk, *mode);
    let names = org.as_ref().map_or(&[][..], |OrgAttribute(names)| names);
    chunk.body.len(names.len());
    names.iter().for_each(|name| chunk.str(name));
    chunk.body.varint(default_output.unwrap_or_default());
    chunk.body.varint(prompt_elsewhere.map_or(0, |tokens| tokens.saturating_add(1)));
    chunk.body.bool(*include_usage);
    chunk.body.byte(downgrade.map_or(0, |Downgrade { below }| below.saturating_add(1)));
    chunk.body.len(*max_bytes);
}

pub(super) fn read(
    reader: &mut Reader<'_>,
    strings: &Strings<'_>,
    budget: &mut Budget,
) -> Result<RouteBudget, DecodeError> {
    let api = choice(reader, &ModelApi::NAMES, "API of models")?;
    let mode = read_mode(reader)?;
    let names = (0..DEPTH.check(reader.count()?)?)
        .map(|_| Ok(budget.text(strings.get(reader)?)?.into()))
        .collect::<Result<Box<[Box<str>]>, DecodeError>>()?;
    let org = (!names.is_empty()).then_some(OrgAttribute(names));
    let default_output = match reader.varint()? {
        0 => None,
        tokens @ ..=RouteBudget::MAX_TOKENS => Some(tokens),
        _ => return Err(reader.invalid("number of tokens")),
    };
    let prompt_elsewhere = match reader.varint()?.checked_sub(1) {
        tokens @ (None | Some(..=RouteBudget::MAX_TOKENS)) => tokens,
        Some(_) => return Err(reader.invalid("number of tokens")),
    };
    let include_usage = reader.bool()?;
    let downgrade = match reader.byte()? {
        0 => None,
        below @ 1..=101 => Some(Downgrade { below: below - 1 }),
        _ => return Err(reader.invalid("share of a limit")),
    };
    let max_bytes = match usize::try_from(reader.varint()?) {
        Ok(most @ 1..=RouteBudget::MAX_BYTES) => most,
        _ => return Err(reader.invalid("body size")),
    };
    Ok(RouteBudget { api, mode, org, default_output, prompt_elsewhere, include_usage, downgrade, max_bytes })
}

#[cfg(feature = "compiler")]
pub(super) fn write_mode(chunk: &mut ChunkWriter, mode: Option<BudgetMode>) {
    chunk.body.byte(code(mode, &BudgetMode::NAMES));
}

pub(super) fn read_mode(reader: &mut Reader<'_>) -> Result<Option<BudgetMode>, DecodeError> {
    choice(reader, &BudgetMode::NAMES, "budget mode")
}

/// Zero for none, else one more than the place among all.
#[cfg(feature = "compiler")]
fn code<T: PartialEq>(chosen: Option<T>, all: &[(&str, T)]) -> u8 {
    let place = chosen.and_then(|chosen| all.iter().position(|(_, one)| *one == chosen));
    place.and_then(|place| u8::try_from(place + 1).ok()).unwrap_or_default()
}

fn choice<T: Copy>(reader: &mut Reader<'_>, all: &[(&str, T)], what: &'static str) -> Result<Option<T>, DecodeError> {
    match usize::from(reader.byte()?).checked_sub(1) {
        None => Ok(None),
        Some(place) => match all.get(place) {
            Some((_, chosen)) => Ok(Some(*chosen)),
            None => Err(reader.invalid(what)),
        },
    }
}
