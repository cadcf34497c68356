use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use crate::condition::{Cidr, Constant, Type};
#[cfg(feature = "compiler")]
use crate::snapshot::codec::Writer;
use crate::snapshot::codec::{DecodeError, Reader};
use crate::time::{Duration, Timestamp};

const TIMESTAMP: u8 = 0;
const DURATION: u8 = 1;
const TYPE: u8 = 2;
const IP: u8 = 3;
const CIDR: u8 = 4;

pub(super) fn read(reader: &mut Reader<'_>) -> Result<Constant, DecodeError> {
    let invalid = reader.invalid("constant");
    Ok(match reader.byte()? {
        TIMESTAMP => {
            let (seconds, nanos) = (i64::from_le_bytes(reader.array()?), u32::from_le_bytes(reader.array()?));
            Constant::Timestamp(Timestamp::new(seconds, nanos).ok_or(invalid)?)
        }
        DURATION => Constant::Duration(Duration::from_nanos(i64::from_le_bytes(reader.array()?))),
        TYPE => Constant::Type(Type::ALL.get(usize::from(reader.byte()?)).copied().ok_or(invalid)?),
        IP => Constant::Ip(address(reader)?),
        CIDR => {
            let (address, prefix) = (address(reader)?, reader.byte()?);
            let most = if address.is_ipv4() { 32 } else { 128 };
            if prefix > most {
                return Err(invalid);
            }
            Constant::Cidr(Cidr { address, prefix })
        }
        _ => return Err(invalid),
    })
}

fn address(reader: &mut Reader<'_>) -> Result<IpAddr, DecodeError> {
    let invalid = reader.invalid("address");
    match reader.byte()? {
        4 => Ok(IpAddr::V4(Ipv4Addr::from(reader.array::<4>()?))),
        6 => Ok(IpAddr::V6(Ipv6Addr::from(reader.array::<16>()?))),
        _ => Err(invalid),
    }
}

/// The inverse of [`read`].
#[cfg(feature = "compiler")]
pub(super) fn write(body: &mut Writer, constant: Constant) {
    match constant {
        Constant::Timestamp(time) => {
            body.byte(TIMESTAMP);
            body.bytes(&time.seconds().to_le_bytes());
            body.bytes(&time.nanos().to_le_bytes());
        }
        Constant::Duration(time) => {
            body.byte(DURATION);
            body.bytes(&time.nanos().to_le_bytes());
        }
        Constant::Type(of) => {
            // Every type is in the table.
            let code = Type::ALL.iter().position(|known| *known == of).unwrap_or_default();
            body.byte(TYPE);
            body.byte(u8::try_from(code).unwrap_or_default());
        }
        Constant::Ip(ip) => {
            body.byte(IP);
            write_address(body, ip);
        }
        Constant::Cidr(Cidr { address, prefix }) => {
            body.byte(CIDR);
            write_address(body, address);
            body.byte(prefix);
        }
    }
}

#[cfg(feature = "compiler")]
fn write_address(body: &mut Writer, address: IpAddr) {
    match address {
        IpAddr::V4(address) => {
            body.byte(4);
            body.bytes(&address.octets());
        }
        IpAddr::V6(address) => {
            body.byte(6);
            body.bytes(&address.octets());
        }
    }
}
