//! Header and trailer maps, and the host calls on them.

use wasmtime::{Caller, Linker};

use super::abi::{MapType, Status};
use super::bytes::Bytes;
use super::calls::{HostCall, HostFn};
use super::guest::answer;
use super::state::HostState;
use super::wire::{Pairs, encode_pairs};

/// Headers, trailers or metadata: names in lower case, order and duplicates kept.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct HeaderMap(Pairs);

impl HeaderMap {
    /// A map of these names and values.
    pub fn new<N: AsRef<[u8]>, V: AsRef<[u8]>>(pairs: &[(N, V)]) -> Self {
        let mut map = Self::default();
        for (name, value) in pairs {
            map.add(&name.as_ref().into(), value.as_ref().into());
        }
        map
    }

    /// The first value of a header. The name is matched without regard to case.
    pub fn get(&self, name: &str) -> Option<&Bytes> {
        self.first(name.as_bytes())
    }

    /// The first value of a header as text, with invalid UTF-8 replaced.
    pub fn text(&self, name: &str) -> Option<String> {
        self.get(name).map(Bytes::to_text)
    }

    /// Every value of a header, in order.
    pub fn get_all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a Bytes> {
        let pairs = self.0.iter();
        pairs.filter(|(known, _)| known.eq_ignore_ascii_case(name.as_bytes())).map(|(_, value)| value)
    }

    /// Every name and value, in order.
    pub fn pairs(&self) -> &[(Bytes, Bytes)] {
        &self.0
    }

    /// How many pairs there are, duplicates counted.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn count(&self) -> u32 {
        u32::try_from(self.len()).unwrap_or(u32::MAX)
    }

    fn first(&self, name: &[u8]) -> Option<&Bytes> {
        let pair = |(known, _): &&(Bytes, Bytes)| known.eq_ignore_ascii_case(name);
        self.0.iter().find(pair).map(|(_, value)| value)
    }

    fn add(&mut self, name: &Bytes, value: Bytes) {
        self.0.push((name.to_lowercase(), value));
    }

    fn remove(&mut self, name: &[u8]) {
        self.0.retain(|(known, _)| !known.eq_ignore_ascii_case(name));
    }

    fn replace(&mut self, name: &Bytes, value: Bytes) {
        self.remove(name);
        self.add(name, value);
    }

    fn size(&self) -> usize {
        self.0.iter().map(|(name, value)| name.len() + value.len()).sum()
    }
}

impl HostState {
    /// The map as the guest may read it in this phase.
    pub(super) fn readable_map(&self, map: MapType) -> Option<&HeaderMap> {
        let stream = self.stream();
        match map {
            MapType::RequestHeaders => stream?.readable_request_headers(),
            MapType::RequestTrailers => stream?.request.open_trailers(),
            MapType::ResponseHeaders => stream?.readable_response_headers(),
            MapType::ResponseTrailers => stream?.readable_response_trailers(),
            MapType::GrpcInitialMetadata => self.grpc.initial_metadata.as_ref(),
            MapType::GrpcTrailingMetadata => self.grpc.trailing_metadata.as_ref(),
            MapType::HttpCallHeaders => Some(&self.http_calls.response.as_ref()?.headers),
            MapType::HttpCallTrailers => Some(&self.http_calls.response.as_ref()?.trailers),
        }
    }

    /// The map as the guest may change it in this phase.
    fn writable_map(&mut self, map: MapType) -> Result<&mut HeaderMap, Status> {
        let stream = self.stream_mut().ok_or(Status::BadArgument)?;
        match map {
            MapType::RequestHeaders => stream.request.open_headers_mut(),
            MapType::RequestTrailers => stream.request.open_trailers_mut(),
            MapType::ResponseHeaders => stream.response.open_headers_mut(),
            MapType::ResponseTrailers => stream.response.open_trailers_mut(),
            MapType::GrpcInitialMetadata
            | MapType::GrpcTrailingMetadata
            | MapType::HttpCallHeaders
            | MapType::HttpCallTrailers => None,
        }
        .ok_or(Status::BadArgument)
    }
}

fn map_type(code: u32) -> Result<MapType, Status> {
    MapType::from_code(code).ok_or(Status::BadArgument)
}

pub(super) fn link(linker: &mut Linker<HostState>) -> wasmtime::Result<()> {
    linker.func_wrap("env", HostFn::GetHeaderMapPairs.name(), get_pairs)?;
    linker.func_wrap("env", HostFn::SetHeaderMapPairs.name(), set_pairs)?;
    linker.func_wrap("env", HostFn::GetHeaderMapSize.name(), get_size)?;
    linker.func_wrap("env", HostFn::GetHeaderMapValue.name(), get_value)?;
    linker.func_wrap("env", HostFn::RemoveHeaderMapValue.name(), remove_value)?;
    linker.func_wrap(
        "env",
        HostFn::AddHeaderMapValue.name(),
        |caller: Caller<'_, HostState>, map: u32, k: u32, k_size: u32, v: u32, v_size: u32| {
            answer(caller, HostFn::AddHeaderMapValue, |guest| {
                let map = map_type(map)?;
                let key = guest.bytes(k, k_size)?;
                let value = guest.bytes(v, v_size)?;
                guest.note(|| HostCall::AddHeaderMapValue { map, key: key.clone(), value: value.clone() })?;
                guest.state_mut().writable_map(map)?.add(&key, value);
                Ok(())
            })
        },
    )?;
    linker.func_wrap(
        "env",
        HostFn::ReplaceHeaderMapValue.name(),
        |caller: Caller<'_, HostState>, map: u32, k: u32, k_size: u32, v: u32, v_size: u32| {
            answer(caller, HostFn::ReplaceHeaderMapValue, |guest| {
                let map = map_type(map)?;
                let key = guest.bytes(k, k_size)?;
                let value = guest.bytes(v, v_size)?;
                guest.note(|| HostCall::ReplaceHeaderMapValue { map, key: key.clone(), value: value.clone() })?;
                guest.state_mut().writable_map(map)?.replace(&key, value);
                Ok(())
            })
        },
    )?;
    Ok(())
}

/// A map that does not exist in this phase reads as empty here, and as an error everywhere else.
fn get_pairs(caller: Caller<'_, HostState>, map: u32, to_pairs: u32, to_size: u32) -> wasmtime::Result<u32> {
    answer(caller, HostFn::GetHeaderMapPairs, |guest| {
        let map = map_type(map)?;
        guest.note(|| HostCall::GetHeaderMapPairs { map })?;
        let found = guest.state().readable_map(map);
        let found = found.filter(|map| !map.is_empty());
        let bytes = found.map_or_else(Vec::new, |map| encode_pairs(map.pairs()));
        guest.hand_over(&bytes, to_pairs, to_size)
    })
}

fn set_pairs(caller: Caller<'_, HostState>, map: u32, pairs: u32, size: u32) -> wasmtime::Result<u32> {
    answer(caller, HostFn::SetHeaderMapPairs, |guest| {
        let map = map_type(map)?;
        let pairs = guest.pairs(pairs, size)?;
        guest.note(|| HostCall::SetHeaderMapPairs { map, pairs: pairs.clone() })?;
        *guest.state_mut().writable_map(map)? = HeaderMap::new(&pairs);
        Ok(())
    })
}

fn get_size(caller: Caller<'_, HostState>, map: u32, to_size: u32) -> wasmtime::Result<u32> {
    answer(caller, HostFn::GetHeaderMapSize, |guest| {
        let map = map_type(map)?;
        guest.note(|| HostCall::GetHeaderMapSize { map })?;
        let found = guest.state().readable_map(map);
        let size = found.ok_or(Status::BadArgument)?.size();
        guest.write_u32(to_size, u32::try_from(size).unwrap_or(u32::MAX))
    })
}

fn get_value(
    caller: Caller<'_, HostState>,
    map: u32,
    key: u32,
    key_size: u32,
    to_value: u32,
    to_size: u32,
) -> wasmtime::Result<u32> {
    answer(caller, HostFn::GetHeaderMapValue, |guest| {
        let map = map_type(map)?;
        let key = guest.bytes(key, key_size)?;
        guest.note(|| HostCall::GetHeaderMapValue { map, key: key.clone() })?;
        let found = guest.state().readable_map(map);
        let found = found.ok_or(Status::BadArgument)?;
        let value = found.first(&key).cloned();
        guest.hand_over(&value.ok_or(Status::NotFound)?, to_value, to_size)
    })
}

fn remove_value(caller: Caller<'_, HostState>, map: u32, key: u32, key_size: u32) -> wasmtime::Result<u32> {
    answer(caller, HostFn::RemoveHeaderMapValue, |guest| {
        let map = map_type(map)?;
        let key = guest.bytes(key, key_size)?;
        guest.note(|| HostCall::RemoveHeaderMapValue { map, key: key.clone() })?;
        guest.state_mut().writable_map(map)?.remove(&key);
        Ok(())
    })
}
