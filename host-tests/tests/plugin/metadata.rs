//! Dynamic metadata as Envoy serialises it: `envoy.config.core.v3.Metadata`, with claims as `google.protobuf.Value`.

use crate::wire::{message, number as integer};

const JWT_AUTHN: &str = "envoy.filters.http.jwt_authn";

/// Metadata in which `jwt_authn` left these claims under `jwt_payload`.
pub(crate) fn claims(claims: &[(&str, Vec<u8>)]) -> Vec<u8> {
    payload(&object(claims))
}

/// Metadata in which `jwt_authn` left this value under `jwt_payload`.
pub(crate) fn payload(value: &[u8]) -> Vec<u8> {
    namespace(JWT_AUTHN, &entry("jwt_payload", value))
}

/// Metadata of one filter.
pub(crate) fn namespace(filter: &str, structure: &[u8]) -> Vec<u8> {
    entry(filter, structure)
}

/// The claims of a person with this role.
pub(crate) fn person(id: &str, role: &str) -> Vec<u8> {
    claims(&[("sub", string(id)), ("roles", list(&[string(role)]))])
}

/// An entry of the map in field 1.
pub(crate) fn entry(key: &str, value: &[u8]) -> Vec<u8> {
    message(1, [message(1, key), message(2, value)].concat())
}

pub(crate) fn null() -> Vec<u8> {
    integer(1, 0)
}

pub(crate) fn number(value: f64) -> Vec<u8> {
    [&[0x11][..], &value.to_le_bytes()].concat()
}

pub(crate) fn string(text: &str) -> Vec<u8> {
    message(3, text)
}

pub(crate) fn boolean(value: bool) -> Vec<u8> {
    integer(4, value.into())
}

pub(crate) fn object(members: &[(&str, Vec<u8>)]) -> Vec<u8> {
    message(5, members.iter().flat_map(|(name, value)| entry(name, value)).collect::<Vec<_>>())
}

pub(crate) fn list(items: &[Vec<u8>]) -> Vec<u8> {
    message(6, items.iter().flat_map(|item| message(1, item)).collect::<Vec<_>>())
}

/// A list in a list in a list, this deep.
pub(crate) fn nested(depth: usize) -> Vec<u8> {
    (0..depth).fold(string("x"), |inner, _| list(&[inner]))
}
