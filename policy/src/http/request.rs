use std::net::Ipv6Addr;
use std::str;

use bumpalo::Bump;

use super::{CanonicalPath, Headers, InvalidRequest};

/// Headers that some frameworks obey instead of the method and path that were decided. All start with an `x`.
const OVERRIDES: [&str; 6] = [
    "x-http-method-override",
    "x-http-method",
    "x-method-override",
    "x-original-url",
    "x-original-uri",
    "x-rewrite-url",
];

/// The parts of a request that routes look at, with one reading each.
#[derive(Clone, Copy, Debug)]
pub(crate) struct RequestHead<'a> {
    pub(crate) method: &'a str,
    /// Lower-case, without port.
    pub(crate) host: &'a str,
    pub(crate) path: CanonicalPath<'a>,
    /// Path and query, as sent.
    pub(crate) target: &'a [u8],
}

impl<'a> RequestHead<'a> {
    /// Reads the pseudo-headers, and refuses headers that would have the upstream act on something else.
    pub(crate) fn read(headers: Headers<'a>, arena: &'a Bump) -> Result<Self, InvalidRequest> {
        let (mut verb, mut authority, mut target) = (Single::Absent, Single::Absent, Single::Absent);
        // Every header is looked at once.
        for (name, value) in headers.0 {
            match name.first() {
                Some(b':') => match *name {
                    b":method" => verb.put(value),
                    b":authority" => authority.put(value),
                    b":path" => target.put(value),
                    _ => {}
                },
                Some(b'x') if OVERRIDES.iter().any(|own| reads_as(name, own)) => return Err(InvalidRequest::Override),
                _ => {}
            }
        }
        let method = method(verb.get().ok_or(InvalidRequest::Method)?)?;
        let host = host(authority.get().ok_or(InvalidRequest::Authority)?, arena)?;
        let target = target.get().ok_or(InvalidRequest::PathForm)?;
        Ok(RequestHead { method, host, path: CanonicalPath::parse(target)?, target })
    }
}

/// A header that has to be there once.
#[derive(Clone, Copy)]
enum Single<'a> {
    Absent,
    Once(&'a [u8]),
    Repeated,
}

impl<'a> Single<'a> {
    fn put(&mut self, value: &'a [u8]) {
        *self = match self {
            Single::Absent => Single::Once(value),
            Single::Once(_) | Single::Repeated => Single::Repeated,
        };
    }

    fn get(self) -> Option<&'a [u8]> {
        match self {
            Single::Once(value) => Some(value),
            Single::Absent | Single::Repeated => None,
        }
    }
}

/// Whether a header's name is this one to an upstream that takes `_` for `-`, as CGI does.
fn reads_as(name: &[u8], own: &str) -> bool {
    name.len() == own.len() && name.iter().zip(own.bytes()).all(|(a, b)| *a == b || (*a == b'_' && b == b'-'))
}

/// A token (RFC 9110 section 5.6.2); methods are case-sensitive.
fn method(raw: &[u8]) -> Result<&str, InvalidRequest> {
    let is_token = |byte: &u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(byte);
    if raw.is_empty() || !raw.iter().all(is_token) {
        return Err(InvalidRequest::Method);
    }
    str::from_utf8(raw).map_err(|_| InvalidRequest::Method)
}

/// Host without port, in one spelling: lower-case, an IPv6 address in its canonical text. User information and a trailing
/// dot, which name the same host in other bytes, are refused.
fn host<'a>(authority: &'a [u8], arena: &'a Bump) -> Result<&'a str, InvalidRequest> {
    let authority = str::from_utf8(authority).map_err(|_| InvalidRequest::Authority)?;
    if authority.as_bytes().first() == Some(&b'[') {
        let address = authority.get(1..).unwrap_or_default();
        let (address, port) = address.split_once(']').ok_or(InvalidRequest::Authority)?;
        check_port(port)?;
        let address: Ipv6Addr = address.parse().map_err(|_| InvalidRequest::Authority)?;
        return Ok(bumpalo::format!(in arena, "{}", address).into_bump_str());
    }
    let (host, port) = match authority.bytes().position(|byte| byte == b':') {
        Some(colon) => authority.split_at_checked(colon).ok_or(InvalidRequest::Authority)?,
        None => (authority, ""),
    };
    check_port(port)?;
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_');
    if host.is_empty() || host.as_bytes().last() == Some(&b'.') {
        return Err(InvalidRequest::Authority);
    }
    let mut has_upper = false;
    for byte in host.bytes() {
        has_upper |= byte.is_ascii_uppercase();
        if !allowed(byte) {
            return Err(InvalidRequest::Authority);
        }
    }
    if has_upper {
        let lower = arena.alloc_str(host);
        lower.make_ascii_lowercase();
        return Ok(lower);
    }
    Ok(host)
}

/// Nothing, or a colon and a port.
fn check_port(port: &str) -> Result<(), InvalidRequest> {
    let Some(digits) = port.strip_prefix(':') else {
        return if port.is_empty() { Ok(()) } else { Err(InvalidRequest::Authority) };
    };
    // A sign would parse, too.
    match digits.bytes().all(|byte| byte.is_ascii_digit()) && digits.parse::<u16>().is_ok() {
        true => Ok(()),
        false => Err(InvalidRequest::Authority),
    }
}
