//! The messages of `tollgate/v1/budget.proto`, and settlements, as the companion reads and writes them.

use crate::wire::{Field, fields, message, number};

/// What the plugin asks.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Reserve {
    pub(super) id: Vec<u8>,
    pub(super) mode: u64,
    pub(super) user: String,
    pub(super) org: String,
    pub(super) model: String,
    pub(super) prompt_tokens: u64,
    pub(super) output_cap: Option<u64>,
    pub(super) answers: u64,
    pub(super) downgrade: Option<u64>,
    pub(super) request_id: String,
    pub(super) org_unknown: bool,
    pub(super) is_partial: bool,
    pub(super) images: u64,
    pub(super) file_tokens: u64,
}

impl Reserve {
    pub(super) fn read(bytes: &[u8]) -> Self {
        let mut reserve = Reserve::default();
        for (number, field) in fields(bytes) {
            match number {
                1 => reserve.id = field.bytes(),
                2 => reserve.mode = field.number(),
                3 => reserve.user = field.text(),
                4 => reserve.org = field.text(),
                5 => reserve.model = field.text(),
                6 => reserve.prompt_tokens = field.number(),
                7 => reserve.output_cap = Some(field.number()),
                8 => reserve.answers = field.number(),
                9 => reserve.downgrade = Some(first(&field.bytes())),
                10 => reserve.request_id = field.text(),
                11 => reserve.org_unknown = field.number() == 1,
                12 => reserve.is_partial = field.number() == 1,
                13 => reserve.images = field.number(),
                14 => reserve.file_tokens = field.number(),
                other => panic!("field {other} of a reserve"),
            }
        }
        reserve
    }
}

fn first(bytes: &[u8]) -> u64 {
    fields(bytes).into_iter().map(|(_, field)| field.number()).next().unwrap_or_default()
}

/// How a limit stands.
#[derive(Clone, Debug)]
pub(super) struct Standing {
    pub(super) scope: &'static str,
    pub(super) name: &'static str,
    pub(super) unit: &'static str,
    pub(super) window: &'static str,
    pub(super) limit: u64,
    pub(super) used: u64,
    pub(super) held: u64,
    pub(super) resets_in: u64,
}

/// The day's tokens of the organisation `acme`.
pub(super) const ACME: Standing = Standing {
    scope: "org",
    name: "acme",
    unit: "tokens",
    window: "day",
    limit: 1_000_000,
    used: 900_000,
    held: 50_000,
    resets_in: 3661,
};

impl Standing {
    fn encode(&self) -> Vec<u8> {
        [
            message(1, self.scope),
            message(2, self.name),
            message(3, self.unit),
            message(4, self.window),
            number(5, self.limit),
            number(6, self.used),
            number(7, self.held),
            number(8, self.resets_in),
        ]
        .concat()
    }
}

/// A reply: this is held.
pub(super) fn held(reservation: &[u8], model: &str, output_cap: u64, lease_seconds: u64) -> Vec<u8> {
    message(1, [message(1, reservation), message(2, model), number(3, output_cap), number(4, lease_seconds)].concat())
}

/// The same, with a limit.
pub(super) fn held_of(reservation: &[u8], model: &str, output_cap: u64, standing: &Standing) -> Vec<u8> {
    let fields = [
        message(1, reservation),
        message(2, model),
        number(3, output_cap),
        number(4, 900),
        message(5, standing.encode()),
    ];
    message(1, fields.concat())
}

/// A reply: this limit leaves no room.
pub(super) fn exceeded(standing: &Standing, asked: u64) -> Vec<u8> {
    message(2, [message(1, standing.encode()), number(2, asked)].concat())
}

/// A reply: nobody can tell.
pub(super) fn unavailable(retry_after: u64) -> Vec<u8> {
    message(3, [message(1, "the store is away"), number(2, retry_after)].concat())
}

/// A reply: not like this.
pub(super) fn invalid(code: &str, why: &str) -> Vec<u8> {
    message(4, [message(1, code), message(2, why)].concat())
}

/// A reply: budgets are disabled.
pub(super) fn disabled() -> Vec<u8> {
    message(5, b"")
}

/// A message of the feed: these are durable.
pub(super) fn settled(sequences: &[u64]) -> Vec<u8> {
    let packed: Vec<u8> = sequences.iter().flat_map(|sequence| crate::wire::varint(*sequence)).collect();
    message(5, message(1, packed))
}

/// What a call used: of the prompt, of the answer, of the cache, read or written.
pub(super) type Used = (u64, u64, u64);

/// How a call ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    Used(Used),
    Estimated(Used),
    Released,
    SoFar(Used),
}

/// What the plugin tells of one call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Settlement {
    pub(super) sequence: u64,
    pub(super) reservation: Vec<u8>,
    pub(super) outcome: Outcome,
}

/// The settlements in a message of the plugin, if it is one of these.
pub(super) fn settlements(bytes: &[u8]) -> Option<Vec<Settlement>> {
    let [(6, body)] = <[_; 1]>::try_from(fields(bytes)).ok()? else { return None };
    Some(fields(&body.bytes()).into_iter().map(|(_, settlement)| read(settlement)).collect())
}

fn read(settlement: Field) -> Settlement {
    let (mut sequence, mut reservation, mut outcome) = (0, Vec::new(), None);
    for (number, field) in fields(&settlement.bytes()) {
        match number {
            1 => sequence = field.number(),
            2 => reservation = field.bytes(),
            3 => outcome = Some(Outcome::Used(used(field))),
            4 => outcome = Some(Outcome::Estimated(used(field))),
            5 => outcome = Some(Outcome::Released),
            6 => outcome = Some(Outcome::SoFar(used(field))),
            other => panic!("field {other} of a settlement"),
        }
    }
    Settlement { sequence, reservation, outcome: outcome.expect("an outcome") }
}

fn used(field: Field) -> Used {
    let mut used = (0, 0, 0);
    for (number, field) in fields(&field.bytes()) {
        match number {
            1 => used.0 = field.number(),
            2 => used.1 = field.number(),
            3 | 4 => used.2 += field.number(),
            other => panic!("field {other} of what was used"),
        }
    }
    used
}
