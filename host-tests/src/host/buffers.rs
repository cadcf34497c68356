//! Bodies, configurations and received messages.

use wasmtime::{Caller, Linker};

use super::abi::{BufferType, Status};
use super::calls::{HostCall, HostFn};
use super::guest::answer;
use super::state::HostState;

impl HostState {
    /// A buffer as the guest may read it in this phase. A body that is not there is empty.
    fn buffer(&self, buffer: BufferType) -> Result<&[u8], Status> {
        let found = match buffer {
            BufferType::RequestBody => self.stream().map(|stream| stream.request.open_body()),
            BufferType::ResponseBody => self.stream().map(|stream| stream.response.open_body()),
            BufferType::HttpCallBody => {
                let response = self.http_calls.response.as_ref();
                response.map(|response| &*response.body)
            }
            BufferType::GrpcMessage => self.grpc.message.as_deref().or(Some(&[])),
            BufferType::VmConfiguration => Some(&*self.vm_config),
            BufferType::PluginConfiguration => {
                let root = self.roots.get(&self.root());
                root.and_then(|root| root.configuring.as_deref())
            }
            BufferType::DownstreamData | BufferType::UpstreamData | BufferType::CallData => None,
        };
        found.ok_or(Status::NotFound)
    }

    /// A body the guest may change: prepend, replace whole, or append. Nothing else exists.
    fn set_body(&mut self, buffer: BufferType, start: usize, size: usize, data: &[u8]) -> Result<(), Status> {
        let stream = self.stream_mut().ok_or(Status::BadArgument)?;
        let half = match buffer {
            BufferType::RequestBody => &mut stream.request,
            BufferType::ResponseBody => &mut stream.response,
            _ => return Err(Status::BadArgument),
        };
        if !half.body_open {
            return Err(Status::BadArgument);
        }
        let body = &mut half.body;
        match (start, size) {
            (0, 0) => drop(body.splice(0..0, data.iter().copied())),
            (0, size) if size >= body.len() => *body = data.to_vec(),
            (start, _) if start > 0 && start >= body.len() => body.extend_from_slice(data),
            _ => return Err(Status::BadArgument),
        }
        Ok(())
    }
}

fn buffer_type(code: u32) -> Result<BufferType, Status> {
    BufferType::from_code(code).ok_or(Status::BadArgument)
}

pub(super) fn link(linker: &mut Linker<HostState>) -> wasmtime::Result<()> {
    linker.func_wrap("env", HostFn::GetBufferBytes.name(), get)?;
    linker.func_wrap("env", HostFn::GetBufferStatus.name(), status)?;
    linker.func_wrap("env", HostFn::SetBufferBytes.name(), set)?;
    Ok(())
}

fn get(
    caller: Caller<'_, HostState>,
    buffer: u32,
    start: u32,
    max_size: u32,
    to_bytes: u32,
    to_size: u32,
) -> wasmtime::Result<u32> {
    answer(caller, HostFn::GetBufferBytes, |guest| {
        let buffer = buffer_type(buffer)?;
        guest.note(|| HostCall::GetBufferBytes { buffer, start, max_size })?;
        let bytes = guest.state().buffer(buffer)?;
        let bytes = bytes.get(start as usize..).unwrap_or_default();
        let bytes = bytes.get(..max_size as usize).unwrap_or(bytes).to_vec();
        guest.hand_over(&bytes, to_bytes, to_size)
    })
}

fn status(caller: Caller<'_, HostState>, buffer: u32, to_size: u32, to_flags: u32) -> wasmtime::Result<u32> {
    answer(caller, HostFn::GetBufferStatus, |guest| {
        let buffer = buffer_type(buffer)?;
        guest.note(|| HostCall::GetBufferStatus { buffer })?;
        let size = guest.state().buffer(buffer)?.len();
        guest.write_u32(to_size, u32::try_from(size).unwrap_or(u32::MAX))?;
        guest.write_u32(to_flags, 0)
    })
}

fn set(
    caller: Caller<'_, HostState>,
    buffer: u32,
    start: u32,
    size: u32,
    data: u32,
    data_size: u32,
) -> wasmtime::Result<u32> {
    answer(caller, HostFn::SetBufferBytes, |guest| {
        let buffer = buffer_type(buffer)?;
        let data = guest.bytes(data, data_size)?;
        guest.note(|| HostCall::SetBufferBytes { buffer, start, size, data: data.clone() })?;
        let (start, size) = (start as usize, size as usize);
        Ok(guest.state_mut().set_body(buffer, start, size, &data)?)
    })
}
