//! The host calls on gRPC calls and streams.

use std::time::Duration;

use wasmtime::{Caller, Linker};

use super::super::abi::{GrpcId, Status};
use super::super::calls::{HostCall, HostFn};
use super::super::guest::{Answer, Guest, answer};
use super::super::headers::HeaderMap;
use super::super::state::HostState;
use super::super::wire::Pairs;
use super::{GrpcStreamState, GrpcTarget, Kind, MAX_SENT};

pub(crate) fn link(linker: &mut Linker<HostState>) -> wasmtime::Result<()> {
    linker.func_wrap("env", HostFn::GrpcCall.name(), call)?;
    linker.func_wrap("env", HostFn::GrpcStream.name(), stream)?;
    linker.func_wrap("env", HostFn::GrpcSend.name(), send)?;
    linker.func_wrap("env", HostFn::GrpcCancel.name(), cancel)?;
    linker.func_wrap("env", HostFn::GrpcClose.name(), close)?;
    linker.func_wrap("env", HostFn::GetStatus.name(), get_status)?;
    Ok(())
}

/// Pointer and size of an argument.
type Span = (u32, u32);

/// Reads a target and its metadata as the guest gave it.
fn target(
    guest: &Guest<'_>,
    upstream: Span,
    service: Span,
    method: Span,
    metadata: Span,
) -> Answer<(GrpcTarget, Pairs)> {
    let metadata = guest.pairs(metadata.0, metadata.1)?;
    let target = GrpcTarget {
        upstream: guest.bytes(upstream.0, upstream.1)?,
        service: guest.text(service.0, service.1)?,
        method: guest.text(method.0, method.1)?,
        initial_metadata: HeaderMap::new(&metadata),
    };
    Ok((target, metadata))
}

#[expect(clippy::too_many_arguments, reason = "the abi's own list")]
fn call(
    caller: Caller<'_, HostState>,
    upstream: u32,
    upstream_size: u32,
    service: u32,
    service_size: u32,
    method: u32,
    method_size: u32,
    metadata: u32,
    metadata_size: u32,
    message: u32,
    message_size: u32,
    timeout: u32,
    to_id: u32,
) -> wasmtime::Result<u32> {
    answer(caller, HostFn::GrpcCall, |guest| {
        let (target, initial_metadata) = target(
            guest,
            (upstream, upstream_size),
            (service, service_size),
            (method, method_size),
            (metadata, metadata_size),
        )?;
        let message = guest.bytes(message, message_size)?;
        let timeout = Duration::from_millis(timeout.into());
        guest.note(|| HostCall::GrpcCall {
            upstream: target.upstream.clone(),
            service: target.service.clone(),
            method: target.method.clone(),
            initial_metadata,
            message: message.clone(),
            timeout,
        })?;
        let root = guest.state().root();
        let grpc = &mut guest.state_mut().grpc;
        let id = grpc.open_call(root, target, message, timeout);
        guest.write_u32(to_id, id.0)
    })
}

#[expect(clippy::too_many_arguments, reason = "the abi's own list")]
fn stream(
    caller: Caller<'_, HostState>,
    upstream: u32,
    upstream_size: u32,
    service: u32,
    service_size: u32,
    method: u32,
    method_size: u32,
    metadata: u32,
    metadata_size: u32,
    to_id: u32,
) -> wasmtime::Result<u32> {
    answer(caller, HostFn::GrpcStream, |guest| {
        let (target, initial_metadata) = target(
            guest,
            (upstream, upstream_size),
            (service, service_size),
            (method, method_size),
            (metadata, metadata_size),
        )?;
        guest.note(|| HostCall::GrpcStream {
            upstream: target.upstream.clone(),
            service: target.service.clone(),
            method: target.method.clone(),
            initial_metadata,
        })?;
        let root = guest.state().root();
        let id = guest.state_mut().grpc.open_stream(root, target);
        guest.write_u32(to_id, id.0)
    })
}

fn send(
    caller: Caller<'_, HostState>,
    id: u32,
    message: u32,
    message_size: u32,
    end_stream: u32,
) -> wasmtime::Result<u32> {
    answer(caller, HostFn::GrpcSend, |guest| {
        let id = GrpcId(id);
        let message = guest.bytes(message, message_size)?;
        let end_stream = end_stream != 0;
        guest.note(|| HostCall::GrpcSend { id, message: message.clone(), end_stream })?;
        if Kind::of(id) != Some(Kind::Stream) {
            return Err(Status::BadArgument.into());
        }
        let root = guest.state().root();
        let stream = guest.state_mut().grpc.stream_of(root, id);
        let stream = stream.ok_or(Status::NotFound)?;
        if stream.state == GrpcStreamState::Open && stream.sent.len() < MAX_SENT {
            stream.sent.push(message);
            stream.ended = end_stream;
        }
        Ok(())
    })
}

fn cancel(caller: Caller<'_, HostState>, id: u32) -> wasmtime::Result<u32> {
    answer(caller, HostFn::GrpcCancel, |guest| {
        let id = GrpcId(id);
        guest.note(|| HostCall::GrpcCancel { id })?;
        let root = guest.state().root();
        let grpc = &mut guest.state_mut().grpc;
        if grpc.end_call_of(root, id) {
            return Ok(());
        }
        let stream = grpc.stream_of(root, id).ok_or(Status::NotFound)?;
        stream.state = GrpcStreamState::Gone;
        Ok(())
    })
}

fn close(caller: Caller<'_, HostState>, id: u32) -> wasmtime::Result<u32> {
    answer(caller, HostFn::GrpcClose, |guest| {
        let id = GrpcId(id);
        guest.note(|| HostCall::GrpcClose { id })?;
        let root = guest.state().root();
        let grpc = &mut guest.state_mut().grpc;
        if grpc.end_call_of(root, id) {
            return Ok(());
        }
        let stream = grpc.stream_of(root, id).ok_or(Status::NotFound)?;
        stream.state = match stream.state {
            GrpcStreamState::ClosedByServer(_) => GrpcStreamState::Gone,
            _ => GrpcStreamState::ClosedByGuest,
        };
        Ok(())
    })
}

fn get_status(caller: Caller<'_, HostState>, to_code: u32, to_message: u32, to_size: u32) -> wasmtime::Result<u32> {
    answer(caller, HostFn::GetStatus, |guest| {
        guest.note(|| HostCall::GetStatus)?;
        let (code, message) = guest.state().last_status.clone();
        guest.write_u32(to_code, code)?;
        guest.hand_over(message.as_bytes(), to_message, to_size)
    })
}
