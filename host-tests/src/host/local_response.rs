//! Responses the guest sends itself, and its other ways to end or resume a stream.

use wasmtime::{Caller, Linker};

use super::abi::{GrpcStatus, Status, StreamType};
use super::bytes::Bytes;
use super::calls::{HostCall, HostFn};
use super::guest::answer;
use super::headers::HeaderMap;
use super::state::HostState;
use super::stream::Side;

/// A response sent by the guest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LocalResponse {
    /// The HTTP status.
    pub status: u32,
    /// The response code details, for the access log.
    pub details: Bytes,
    /// The headers the guest gave. The proxy adds `content-length`, and `content-type` if missing.
    pub headers: HeaderMap,
    /// The body.
    pub body: Bytes,
    /// The gRPC status, if the guest gave one.
    pub grpc_status: Option<GrpcStatus>,
}

pub(super) fn link(linker: &mut Linker<HostState>) -> wasmtime::Result<()> {
    linker.func_wrap("env", HostFn::SendLocalResponse.name(), send)?;
    linker.func_wrap("env", HostFn::ContinueStream.name(), continue_stream)?;
    linker.func_wrap("env", HostFn::CloseStream.name(), close_stream)?;
    Ok(())
}

/// In a root context this answers ok and does nothing, as in Envoy.
#[expect(clippy::too_many_arguments, reason = "the abi's own list")]
fn send(
    caller: Caller<'_, HostState>,
    status: u32,
    details: u32,
    details_size: u32,
    body: u32,
    body_size: u32,
    headers: u32,
    headers_size: u32,
    grpc_status: i32,
) -> wasmtime::Result<u32> {
    answer(caller, HostFn::SendLocalResponse, |guest| {
        let details = guest.bytes(details, details_size)?;
        let body = guest.bytes(body, body_size)?;
        let headers = guest.pairs(headers, headers_size)?;
        guest.note(|| HostCall::SendLocalResponse {
            status,
            details: details.clone(),
            headers: headers.clone(),
            body: body.clone(),
            grpc_status: u32::try_from(grpc_status).ok().map(GrpcStatus),
        })?;
        if let Some(stream) = guest.state_mut().stream_mut() {
            stream.local_responses.push(LocalResponse {
                status,
                details,
                headers: HeaderMap::new(&headers),
                body,
                grpc_status: u32::try_from(grpc_status).ok().map(GrpcStatus),
            });
        }
        Ok(())
    })
}

fn continue_stream(caller: Caller<'_, HostState>, stream: u32) -> wasmtime::Result<u32> {
    answer(caller, HostFn::ContinueStream, |guest| {
        let kind = StreamType::from_code(stream).ok_or(Status::BadArgument)?;
        guest.note(|| HostCall::ContinueStream { stream: kind })?;
        let side = match kind {
            StreamType::Request => Side::Request,
            StreamType::Response => Side::Response,
            StreamType::Downstream | StreamType::Upstream => return Err(Status::BadArgument.into()),
        };
        if let Some(stream) = guest.state_mut().stream_mut() {
            stream.half_mut(side).resume = true;
        }
        Ok(())
    })
}

fn close_stream(caller: Caller<'_, HostState>, stream: u32) -> wasmtime::Result<u32> {
    answer(caller, HostFn::CloseStream, |guest| {
        let kind = StreamType::from_code(stream).ok_or(Status::BadArgument)?;
        guest.note(|| HostCall::CloseStream { stream: kind })?;
        if let Some(stream) = guest.state_mut().stream_mut() {
            stream.reset.get_or_insert(kind);
        }
        Ok(())
    })
}
