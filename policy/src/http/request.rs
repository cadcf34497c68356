use std::str;

use bumpalo::Bump;

use super::{CanonicalPath, Headers, InvalidRequest};

/// Headers that some frameworks obey instead of the method and path that were decided.
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
}

impl<'a> RequestHead<'a> {
    /// Reads the pseudo-headers, and refuses headers that would have the upstream act on something else.
    pub(crate) fn read(headers: Headers<'a>, arena: &'a Bump) -> Result<Self, InvalidRequest> {
        if OVERRIDES.iter().any(|name| headers.get(name).is_some()) {
            return Err(InvalidRequest::Override);
        }
        Ok(RequestHead {
            method: method(single(headers, ":method").ok_or(InvalidRequest::Method)?)?,
            host: host(single(headers, ":authority").ok_or(InvalidRequest::Authority)?, arena)?,
            path: CanonicalPath::parse(single(headers, ":path").ok_or(InvalidRequest::PathForm)?)?,
        })
    }
}

fn single<'a>(headers: Headers<'a>, name: &str) -> Option<&'a [u8]> {
    headers.get(name).filter(|_| !headers.repeats(name))
}

/// A token (RFC 9110 section 5.6.2); methods are case-sensitive.
fn method(raw: &[u8]) -> Result<&str, InvalidRequest> {
    let is_token = |byte: &u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(byte);
    if raw.is_empty() || !raw.iter().all(is_token) {
        return Err(InvalidRequest::Method);
    }
    str::from_utf8(raw).map_err(|_| InvalidRequest::Method)
}

/// Host without port, lower-case. User information and a trailing dot, which name the same host in other bytes, are refused.
fn host<'a>(authority: &'a [u8], arena: &'a Bump) -> Result<&'a str, InvalidRequest> {
    let authority = str::from_utf8(authority).map_err(|_| InvalidRequest::Authority)?;
    let (host, rest) = match authority.strip_prefix('[') {
        Some(v6) => v6.split_once(']').ok_or(InvalidRequest::Authority)?,
        None => match authority.find(':') {
            Some(colon) => authority.split_at_checked(colon).ok_or(InvalidRequest::Authority)?,
            None => (authority, ""),
        },
    };
    let port_ok = match rest.strip_prefix(':') {
        Some(port) => !port.is_empty() && port.bytes().all(|byte| byte.is_ascii_digit()),
        None => rest.is_empty(),
    };
    let is_v6 = authority.starts_with('[');
    let host_ok = !host.is_empty()
        && !host.ends_with('.')
        && host
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_') || (is_v6 && byte == b':'));
    if !port_ok || !host_ok {
        return Err(InvalidRequest::Authority);
    }
    if host.bytes().any(|byte| byte.is_ascii_uppercase()) {
        let lower = arena.alloc_str(host);
        lower.make_ascii_lowercase();
        return Ok(lower);
    }
    Ok(host)
}
