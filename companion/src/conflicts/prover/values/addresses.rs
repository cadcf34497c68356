use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use tollgate_policy::condition::Cidr;

use super::super::said::Hints;

/// Addresses that are named, one in each range, and some that are nowhere.
pub(super) fn of(hints: &Hints) -> Vec<String> {
    let within = hints.ranges.iter().flat_map(within);
    let named = hints.addresses.iter().copied().chain(within);
    let mut addresses: Vec<IpAddr> = named.map(|address| address.to_canonical()).collect();
    if !addresses.is_empty() {
        addresses.extend([
            IpAddr::V4(Ipv4Addr::new(203, 0, 113, 7)),
            IpAddr::V4(Ipv4Addr::new(10, 0, 0, 1)),
            IpAddr::V4(Ipv4Addr::new(192, 168, 1, 1)),
            IpAddr::V4(Ipv4Addr::LOCALHOST),
            IpAddr::V6(Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 1)),
        ]);
    }
    addresses.iter().map(ToString::to_string).collect()
}

/// The first but one, the last, and the one after.
fn within(range: &Cidr) -> Vec<IpAddr> {
    let prefix = u32::from(range.prefix);
    match range.address {
        IpAddr::V4(address) => {
            let hosts = u32::MAX.checked_shr(prefix).unwrap_or(0);
            let first = address.to_bits() & !hosts;
            let last = first | hosts;
            [first | (hosts & 1), last, last.wrapping_add(1)].map(|bits| IpAddr::V4(bits.into())).into()
        }
        IpAddr::V6(address) => {
            let hosts = u128::MAX.checked_shr(prefix).unwrap_or(0);
            let first = address.to_bits() & !hosts;
            let last = first | hosts;
            [first | (hosts & 1), last, last.wrapping_add(1)].map(|bits| IpAddr::V6(bits.into())).into()
        }
    }
}

/// Where questions come from that could come from anywhere.
pub(in super::super) fn some_address() -> IpAddr {
    IpAddr::V4(Ipv4Addr::new(203, 0, 113, 7))
}
