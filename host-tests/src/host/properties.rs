//! Properties: what the proxy knows of a stream, its connection and itself, by path.

use std::collections::BTreeMap;

use wasmtime::{Caller, Linker};

use super::abi::{Status, StreamId};
use super::bytes::Bytes;
use super::calls::{HostCall, HostFn};
use super::error::HostError;
use super::guest::answer;
use super::headers::HeaderMap;
use super::state::HostState;
use super::vm::Vm;
use super::wire::decode_path;

/// A property's value in the proxy's serialization: texts and messages as they are, integers,
/// doubles, durations and timestamps in 8 bytes little endian, booleans in one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PropertyValue(Bytes);

/// Values by path.
#[derive(Debug, Default)]
pub(super) struct Properties(BTreeMap<Vec<String>, Bytes>);

impl Properties {
    pub(super) fn set(&mut self, path: &[&str], value: PropertyValue) {
        let path = path.iter().map(|part| (*part).to_owned()).collect();
        self.0.insert(path, value.0);
    }

    fn remove(&mut self, path: &[&str]) {
        let path: Vec<String> = path.iter().map(|part| (*part).to_owned()).collect();
        self.0.remove(&path);
    }
}

impl Vm {
    /// Sets a property in every context of this VM, root contexts included.
    pub fn set_property(&mut self, path: &[&str], value: impl Into<PropertyValue>) {
        self.state_mut().properties.set(path, value.into());
    }

    /// Removes a property set with [`Vm::set_property`].
    pub fn remove_property(&mut self, path: &[&str]) {
        self.state_mut().properties.remove(path);
    }

    /// Sets a property of one stream, in place of the VM's of that path.
    ///
    /// `request.path`, `url_path`, `query`, `method`, `host`, `scheme`, `referer`, `useragent`, `id`
    /// and `headers.*` need not be set: they come from the request headers. As in Envoy they are gone
    /// when the guest cannot read those.
    ///
    /// # Errors
    ///
    /// If there is no such stream.
    pub fn set_stream_property(
        &mut self,
        id: StreamId,
        path: &[&str],
        value: impl Into<PropertyValue>,
    ) -> Result<(), HostError> {
        let stream = self.state_mut().streams.get_mut(&id);
        let stream = stream.ok_or(HostError::NoStream(id))?;
        stream.properties.set(path, value.into());
        Ok(())
    }
}

impl HostState {
    fn property(&self, path: &[String]) -> Result<Bytes, Status> {
        let parts: Vec<&str> = path.iter().map(String::as_str).collect();
        match *parts {
            [] => return Err(Status::SerializationFailure),
            ["plugin_name"] => return Ok(self.plugin_name.as_str().into()),
            ["plugin_root_id"] => return Ok(self.root_id.as_str().into()),
            ["plugin_vm_id"] => return Ok(self.vm_id.as_str().into()),
            _ => {}
        }
        let found = self.stream_property(path, &parts)?;
        let found = found.or_else(|| self.properties.0.get(path).cloned());
        found.ok_or(Status::NotFound)
    }

    /// A property of the current stream: an error if the phase hides it, `None` if it is not the
    /// stream's.
    fn stream_property(&self, path: &[String], parts: &[&str]) -> Result<Option<Bytes>, Status> {
        let Some(stream) = self.stream() else {
            return Ok(None);
        };
        let from_headers = header_attribute(parts);
        let headers = stream.readable_request_headers();
        if from_headers.is_some() && headers.is_none() {
            return Err(Status::NotFound);
        }
        let set = stream.properties.0.get(path).cloned();
        let derived = || from_headers?.read(headers?);
        let guests = || match parts {
            [name] => stream.filter_state.get(*name).cloned(),
            _ => None,
        };
        Ok(set.or_else(derived).or_else(guests))
    }
}

/// A part of `request.*` that Envoy reads from the request headers.
enum HeaderAttribute<'a> {
    /// Every value of a header, joined by commas.
    Header(&'a str),
    /// The path without its query.
    UrlPath,
    /// The query without its question mark.
    Query,
}

fn header_attribute<'a>(parts: &[&'a str]) -> Option<HeaderAttribute<'a>> {
    use HeaderAttribute::{Header, Query, UrlPath};
    Some(match *parts {
        ["request", "headers", name] => Header(name),
        ["request", "path"] => Header(":path"),
        ["request", "method"] => Header(":method"),
        ["request", "host"] => Header(":authority"),
        ["request", "scheme"] => Header(":scheme"),
        ["request", "referer"] => Header("referer"),
        ["request", "useragent"] => Header("user-agent"),
        ["request", "id"] => Header("x-request-id"),
        ["request", "url_path"] => UrlPath,
        ["request", "query"] => Query,
        _ => return None,
    })
}

impl HeaderAttribute<'_> {
    fn read(&self, headers: &HeaderMap) -> Option<Bytes> {
        let path = || headers.get(":path");
        match self {
            Self::Header(name) => {
                let values: Vec<&[u8]> = headers.get_all(name).map(|value| &**value).collect();
                (!values.is_empty()).then(|| values.join(&b","[..]).into())
            }
            Self::UrlPath => Some(path()?.split(|byte| *byte == b'?').next()?.into()),
            Self::Query => Some(path()?.splitn(2, |byte| *byte == b'?').nth(1)?.into()),
        }
    }
}

pub(super) fn link(linker: &mut Linker<HostState>) -> wasmtime::Result<()> {
    linker.func_wrap("env", HostFn::GetProperty.name(), get)?;
    linker.func_wrap("env", HostFn::SetProperty.name(), set)?;
    Ok(())
}

fn get(caller: Caller<'_, HostState>, path: u32, path_size: u32, to_value: u32, to_size: u32) -> wasmtime::Result<u32> {
    answer(caller, HostFn::GetProperty, |guest| {
        let path = decode_path(&guest.bytes(path, path_size)?);
        guest.note(|| HostCall::GetProperty { path: path.clone() })?;
        let value = guest.state().property(&path)?;
        guest.hand_over(&value, to_value, to_size)
    })
}

/// Only streams have properties to set; the guest reads back a path of one part only.
fn set(caller: Caller<'_, HostState>, path: u32, path_size: u32, value: u32, value_size: u32) -> wasmtime::Result<u32> {
    answer(caller, HostFn::SetProperty, |guest| {
        let path = decode_path(&guest.bytes(path, path_size)?);
        let value = guest.bytes(value, value_size)?;
        guest.note(|| HostCall::SetProperty { path: path.clone(), value: value.clone() })?;
        let stream = guest.state_mut().stream_mut().ok_or(Status::NotFound)?;
        stream.filter_state.insert(path.join("\0"), value);
        Ok(())
    })
}

/// Numbers in their little-endian bytes.
macro_rules! property_numbers {
    ($($number:ty),+) => {
        $(impl From<$number> for PropertyValue {
            fn from(value: $number) -> Self {
                Self(value.to_le_bytes().as_slice().into())
            }
        })+
    };
}

property_numbers!(i64, u64, f64);

impl From<bool> for PropertyValue {
    fn from(value: bool) -> Self {
        Self([u8::from(value)].as_slice().into())
    }
}

/// Texts and bytes as they are.
macro_rules! property_bytes {
    ($($bytes:ty),+) => {
        $(impl From<$bytes> for PropertyValue {
            fn from(value: $bytes) -> Self {
                Self(value.into())
            }
        })+
    };
}

property_bytes!(&str, String, &[u8], Vec<u8>, Bytes);
