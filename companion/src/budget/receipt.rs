use prost::Message;
use tollgate_budget::{Amounts, Counter, Counters, InvalidCounter, InvalidCounters, Reservation, ReservationId};
use tollgate_policy::set::budget::Price;

use super::ways::Served;

/// The first byte of every receipt.
const VERSION: u8 = 1;

/// Longest receipt, in bytes: as long as a message of a VM can be.
const MAX_BYTES: usize = 64 << 10;

/// What a VM has to show to settle a call: all that was held, and what the model costs, so that nothing need be looked up
/// when the call ends, whatever is in force by then.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Receipt {
    pub(super) reservation: Reservation,
    /// The model that serves the call.
    pub(super) model: String,
    /// What it costs, if that is known.
    pub(super) price: Option<Price>,
}

/// Why bytes are no receipt.
#[derive(Debug, thiserror::Error)]
pub(super) enum InvalidReceipt {
    #[error("it is empty")]
    Empty,
    #[error("it is {0} bytes long")]
    Long(usize),
    #[error("it is of version {0}, and this companion reads version {VERSION}")]
    Version(u8),
    #[error(transparent)]
    Form(#[from] prost::DecodeError),
    #[error("its id is {0} bytes long")]
    Id(usize),
    #[error(transparent)]
    Counter(#[from] InvalidCounter),
    #[error(transparent)]
    Counters(#[from] InvalidCounters),
}

/// A receipt as it travels, after the byte of its version.
#[derive(Clone, PartialEq, Message)]
struct Wire {
    #[prost(bytes = "vec", tag = "1")]
    id: Vec<u8>,
    #[prost(uint64, tag = "2")]
    at: u64,
    #[prost(string, repeated, tag = "3")]
    counters: Vec<String>,
    #[prost(message, optional, tag = "4")]
    held: Option<WireAmounts>,
    #[prost(message, optional, tag = "5")]
    least: Option<WireAmounts>,
    #[prost(string, tag = "6")]
    model: String,
    #[prost(message, optional, tag = "7")]
    price: Option<WirePrice>,
}

#[derive(Clone, Copy, PartialEq, Message)]
struct WireAmounts {
    #[prost(uint64, tag = "1")]
    tokens: u64,
    #[prost(uint64, tag = "2")]
    micro_dollars: u64,
}

#[derive(Clone, Copy, PartialEq, Message)]
struct WirePrice {
    #[prost(uint64, tag = "1")]
    input: u64,
    #[prost(uint64, tag = "2")]
    output: u64,
    #[prost(uint64, tag = "3")]
    cached: u64,
    /// Absent in receipts of companions that did not know it.
    #[prost(uint64, optional, tag = "4")]
    cache_write: Option<u64>,
}

impl Receipt {
    pub(super) fn new(reservation: Reservation, served: &Served) -> Self {
        Receipt { reservation, model: served.model.clone(), price: served.price }
    }

    pub(super) fn encode(&self) -> Vec<u8> {
        let Reservation { id, at, counters, held, least } = &self.reservation;
        let wire = Wire {
            id: id.0.to_vec(),
            at: *at,
            counters: counters.iter().map(ToString::to_string).collect(),
            held: Some((*held).into()),
            least: Some((*least).into()),
            model: self.model.clone(),
            price: self.price.map(Into::into),
        };
        let mut bytes = Vec::with_capacity(1 + wire.encoded_len());
        bytes.push(VERSION);
        wire.encode_raw(&mut bytes);
        bytes
    }

    pub(super) fn decode(bytes: &[u8]) -> Result<Self, InvalidReceipt> {
        let (version, rest) = bytes.split_first().ok_or(InvalidReceipt::Empty)?;
        if *version != VERSION {
            return Err(InvalidReceipt::Version(*version));
        }
        if rest.len() > MAX_BYTES {
            return Err(InvalidReceipt::Long(rest.len()));
        }
        let Wire { id, at, counters, held, least, model, price } = Wire::decode(rest)?;
        let id = <[u8; 16]>::try_from(id).map_err(|id| InvalidReceipt::Id(id.len()))?;
        let counters: Vec<Counter> = counters.iter().map(|text| text.parse()).collect::<Result<_, _>>()?;
        let reservation = Reservation {
            id: ReservationId(id),
            at,
            counters: Counters::new(counters)?,
            held: held.unwrap_or_default().into(),
            least: least.unwrap_or_default().into(),
        };
        Ok(Receipt { reservation, model, price: price.map(Into::into) })
    }
}

impl From<Price> for WirePrice {
    fn from(price: Price) -> Self {
        let Price { input, output, cached, cache_write } = price;
        WirePrice { input, output, cached, cache_write: Some(cache_write) }
    }
}

impl From<WirePrice> for Price {
    fn from(price: WirePrice) -> Self {
        let WirePrice { input, output, cached, cache_write } = price;
        Price { input, output, cached, cache_write: cache_write.unwrap_or(input) }
    }
}

impl From<Amounts> for WireAmounts {
    fn from(amounts: Amounts) -> Self {
        WireAmounts { tokens: amounts.tokens(), micro_dollars: amounts.micro_dollars() }
    }
}

impl From<WireAmounts> for Amounts {
    fn from(WireAmounts { tokens, micro_dollars }: WireAmounts) -> Self {
        Amounts::new(tokens, micro_dollars)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn receipt() -> Receipt {
        let counters = ["day:1709164800:tokens:org:ac:me", "month:1709251200:microDollars:global"];
        let counters = counters.iter().map(|text| text.parse().unwrap()).collect();
        let reservation = Reservation {
            id: ReservationId([7; 16]),
            at: 1_709_200_000,
            counters: Counters::new(counters).unwrap(),
            held: Amounts::new(1000, 2000),
            least: Amounts::new(10, 20),
        };
        let price = Some(Price { input: 1, output: 2, cached: 3, cache_write: 4 });
        Receipt { reservation, model: "gpt-4o".to_owned(), price }
    }

    #[test]
    fn what_is_written_is_read() {
        let unpriced = Receipt { price: None, ..receipt() };
        for receipt in [receipt(), unpriced] {
            assert_eq!(Receipt::decode(&receipt.encode()).unwrap(), receipt);
        }
    }

    #[test]
    fn without_a_price_of_what_is_cached_that_of_prompts_counts() {
        let wire = WirePrice { input: 1, output: 2, cached: 3, cache_write: None };
        assert_eq!(Price::from(wire), Price { input: 1, output: 2, cached: 3, cache_write: 1 });
    }

    #[test]
    fn bytes_of_another_version_are_refused_by_name() {
        assert!(matches!(Receipt::decode(&[]), Err(InvalidReceipt::Empty)));
        assert!(matches!(Receipt::decode(&[2, 1]), Err(InvalidReceipt::Version(2))));
        assert!(matches!(Receipt::decode(&[VERSION]), Err(InvalidReceipt::Id(0))));
        let mut twice = receipt();
        twice.reservation.counters = Counters::default();
        let mut bytes = twice.encode();
        for _ in 0..2 {
            Wire { counters: vec!["day:0:tokens:global".to_owned()], ..Wire::default() }.encode(&mut bytes).unwrap();
        }
        assert!(matches!(Receipt::decode(&bytes), Err(InvalidReceipt::Counters(_))));
    }

    proptest! {
        #[test]
        fn no_bytes_do_harm(bytes in prop::collection::vec(any::<u8>(), 0..200), cut in any::<prop::sample::Index>()) {
            let _ = Receipt::decode(&bytes);
            let whole = receipt().encode();
            let mut changed = whole.clone();
            changed.truncate(cut.index(whole.len()));
            changed.extend(bytes);
            let _ = Receipt::decode(&changed);
        }
    }
}
