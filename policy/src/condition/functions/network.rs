//! IP addresses and ranges of them.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use crate::condition::fault::FaultKind;
use crate::condition::value::{Cidr, Value};
use crate::condition::workspace::Workspace;

use super::Signature;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Network {
    Ip,
    IsIp,
    IsCanonical,
    Cidr,
    IsCidr,
    Family,
    IsUnspecified,
    IsLoopback,
    IsGlobalUnicast,
    IsLinkLocalMulticast,
    IsLinkLocalUnicast,
    ContainsIp,
    ContainsCidr,
    CidrIp,
    Masked,
    PrefixLength,
    IsMask,
}

pub(super) const TABLE: &[Signature<Network>] = &[
    Signature::global("ip", (1, 1), Network::Ip),
    Signature::global("isIP", (1, 1), Network::IsIp),
    Signature::global("ip.isCanonical", (1, 1), Network::IsCanonical),
    Signature::global("cidr", (1, 1), Network::Cidr),
    Signature::global("isCIDR", (1, 1), Network::IsCidr),
    Signature::method("family", (1, 1), Network::Family),
    Signature::method("isUnspecified", (1, 1), Network::IsUnspecified),
    Signature::method("isLoopback", (1, 1), Network::IsLoopback),
    Signature::method("isGlobalUnicast", (1, 1), Network::IsGlobalUnicast),
    Signature::method("isLinkLocalMulticast", (1, 1), Network::IsLinkLocalMulticast),
    Signature::method("isLinkLocalUnicast", (1, 1), Network::IsLinkLocalUnicast),
    Signature::method("containsIP", (2, 2), Network::ContainsIp),
    Signature::method("containsCIDR", (2, 2), Network::ContainsCidr),
    Signature::method("ip", (1, 1), Network::CidrIp),
    Signature::method("masked", (1, 1), Network::Masked),
    Signature::method("prefixLength", (1, 1), Network::PrefixLength),
    Signature::method("isMask", (1, 1), Network::IsMask),
];

const NO_ADDRESS: FaultKind = FaultKind::Invalid("is of a string that is no IP address");
const NO_RANGE: FaultKind = FaultKind::Invalid("is of a string that is no CIDR range");

pub(super) fn call<'a>(
    function: Network,
    arguments: &[Value<'a>],
    workspace: &mut Workspace<'a, '_>,
) -> Result<Value<'a>, FaultKind> {
    for argument in arguments {
        if let Value::Str(text) = argument {
            workspace.fuel.bytes(text.len())?;
        }
    }
    Ok(match (function, arguments) {
        (Network::Ip, [Value::Str(text)]) => Value::Ip(parse_address(text).ok_or(NO_ADDRESS)?),
        (Network::IsIp, [Value::Str(text)]) => Value::Bool(parse_address(text).is_some()),
        (Network::IsCanonical, [Value::Str(text)]) => {
            parse_address(text).ok_or(NO_ADDRESS)?;
            Value::Bool(is_canonical(text))
        }
        (Network::Cidr, [Value::Str(text)]) => Value::Cidr(parse_range(text).ok_or(NO_RANGE)?),
        (Network::IsCidr, [Value::Str(text)]) => Value::Bool(parse_range(text).is_some()),
        (function, [Value::Ip(address)]) => of_address(function, *address)?,
        (function, [Value::Cidr(range)]) => of_range(function, *range)?,
        (Network::ContainsIp, [Value::Cidr(range), Value::Ip(address)]) => Value::Bool(contains(*range, *address)),
        (Network::ContainsIp, [Value::Cidr(range), Value::Str(text)]) => {
            Value::Bool(contains(*range, parse_address(text).ok_or(NO_ADDRESS)?))
        }
        (Network::ContainsCidr, [Value::Cidr(range), Value::Cidr(other)]) => Value::Bool(encloses(*range, *other)),
        (Network::ContainsCidr, [Value::Cidr(range), Value::Str(text)]) => {
            Value::Bool(encloses(*range, parse_range(text).ok_or(NO_RANGE)?))
        }
        _ => return Err(FaultKind::Types),
    })
}

fn of_address(function: Network, address: IpAddr) -> Result<Value<'static>, FaultKind> {
    Ok(match function {
        Network::Family => Value::Int(if address.is_ipv4() { 4 } else { 6 }),
        Network::IsUnspecified => Value::Bool(address.is_unspecified()),
        Network::IsLoopback => Value::Bool(address.is_loopback()),
        Network::IsGlobalUnicast => Value::Bool(
            !address.is_unspecified()
                && !address.is_loopback()
                && !address.is_multicast()
                && !is_link_local_unicast(address)
                && address != IpAddr::V4(Ipv4Addr::BROADCAST),
        ),
        Network::IsLinkLocalMulticast => Value::Bool(match address {
            IpAddr::V4(address) => matches!(address.octets(), [224, 0, 0, _]),
            // Any flags, of scope 2.
            IpAddr::V6(address) => matches!(address.octets(), [0xff, scope, ..] if scope & 0x0f == 2),
        }),
        Network::IsLinkLocalUnicast => Value::Bool(is_link_local_unicast(address)),
        _ => return Err(FaultKind::Types),
    })
}

fn of_range(function: Network, range: Cidr) -> Result<Value<'static>, FaultKind> {
    Ok(match function {
        Network::CidrIp => Value::Ip(range.address),
        Network::Masked => Value::Cidr(Cidr { address: masked(range.address, range.prefix), ..range }),
        Network::PrefixLength => Value::Int(i64::from(range.prefix)),
        Network::IsMask => Value::Bool(masked(range.address, range.prefix) == range.address),
        _ => return Err(FaultKind::Types),
    })
}

fn is_link_local_unicast(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => address.is_link_local(),
        IpAddr::V6(address) => address.is_unicast_link_local(),
    }
}

/// An address without a zone. IPv4 in the form of IPv6 is IPv4, so that a rule about it cannot be slipped by; its dotted
/// form is refused, since parsers disagree on it.
fn parse_address(text: &str) -> Option<IpAddr> {
    let address: IpAddr = text.parse().ok()?;
    let mapped = address.to_canonical();
    (mapped == address || !text.contains('.')).then_some(mapped)
}

/// Whether an address is written as addresses are shown.
fn is_canonical(text: &str) -> bool {
    let Ok(address) = text.parse::<IpAddr>() else { return false };
    let mut rest = Rest(text);
    std::fmt::Write::write_fmt(&mut rest, format_args!("{address}")).is_ok() && rest.0.is_empty()
}

/// What of a text has not been written yet; fails where another is written.
struct Rest<'t>(&'t str);

impl std::fmt::Write for Rest<'_> {
    fn write_str(&mut self, written: &str) -> std::fmt::Result {
        self.0 = self.0.strip_prefix(written).ok_or(std::fmt::Error)?;
        Ok(())
    }
}

/// An address, `/`, and a number of bits without needless digits. IPv4 in the form of IPv6 is refused.
fn parse_range(text: &str) -> Option<Cidr> {
    let (address, bits) = text.split_once('/')?;
    let address: IpAddr = address.parse().ok()?;
    if address.to_canonical() != address {
        return None;
    }
    let plain = bits.bytes().all(|byte| byte.is_ascii_digit()) && (bits == "0" || !bits.starts_with('0'));
    let prefix: u8 = if plain { bits.parse().ok()? } else { return None };
    let most = if address.is_ipv4() { 32 } else { 128 };
    (prefix <= most).then_some(Cidr { address, prefix })
}

fn masked(address: IpAddr, prefix: u8) -> IpAddr {
    match address {
        IpAddr::V4(address) => {
            let mask = u32::MAX.checked_shl(32_u32.saturating_sub(u32::from(prefix))).unwrap_or(0);
            IpAddr::V4(Ipv4Addr::from_bits(address.to_bits() & mask))
        }
        IpAddr::V6(address) => {
            let mask = u128::MAX.checked_shl(128_u32.saturating_sub(u32::from(prefix))).unwrap_or(0);
            IpAddr::V6(Ipv6Addr::from_bits(address.to_bits() & mask))
        }
    }
}

fn contains(range: Cidr, address: IpAddr) -> bool {
    masked(range.address, range.prefix) == masked(address, range.prefix)
}

fn encloses(range: Cidr, other: Cidr) -> bool {
    range.prefix <= other.prefix && contains(range, other.address)
}
