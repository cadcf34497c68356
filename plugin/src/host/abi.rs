//! The proxy's host calls, each returning the status it gives.
//!
//! The SDK's wrappers are not used for these: they panic on statuses they do not expect, on header names that are
//! not UTF-8, and read statuses into an enum that lacks some of the values Envoy returns.
#![expect(unsafe_code, reason = "raw imports from the proxy, each wrapped below")]

use std::ptr;

/// A status other than success.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("status {0}")]
pub(super) struct Status(pub(super) u32);

/// There is nothing of that name.
pub(super) const NOT_FOUND: Status = Status(1);
/// What was to be stored is in another state than the one it was meant for.
pub(super) const CAS_MISMATCH: Status = Status(8);

/// Levels of the proxy's log.
#[derive(Clone, Copy, Debug)]
pub(super) enum Level {
    Debug = 1,
    Info = 2,
    Warn = 3,
    Error = 4,
}

/// Buffers that can be read, and bodies written.
#[derive(Clone, Copy, Debug)]
pub(super) enum BufferKind {
    RequestBody = 0,
    ResponseBody = 1,
    GrpcMessage = 5,
    PluginConfiguration = 7,
}

/// Kinds of metric.
#[derive(Clone, Copy, Debug)]
pub(super) enum MetricKind {
    Counter = 0,
    Gauge = 1,
}

/// A list of pairs without any, serialised: their number.
const NO_PAIRS: [u8; 4] = [0; 4];
/// Maps of headers.
#[derive(Clone, Copy, Debug)]
pub(super) enum HeaderMap {
    Request = 0,
    Response = 2,
}

const REQUEST_STREAM: u32 = 0;
/// Leaves the gRPC status of a local response to Envoy, which derives it from the HTTP status.
const NO_GRPC_STATUS: i32 = -1;

#[link(wasm_import_module = "env")]
unsafe extern "C" {
    fn proxy_log(level: u32, message: *const u8, size: usize) -> u32;
    fn proxy_get_log_level(level: *mut u32) -> u32;
    fn proxy_get_current_time_nanoseconds(time: *mut u64) -> u32;
    fn proxy_set_tick_period_milliseconds(period: u32) -> u32;
    fn proxy_get_buffer_bytes(kind: u32, start: usize, max: usize, data: *mut *mut u8, size: *mut usize) -> u32;
    fn proxy_set_buffer_bytes(kind: u32, start: usize, size: usize, data: *const u8, data_size: usize) -> u32;
    fn proxy_get_header_map_pairs(map: u32, data: *mut *mut u8, size: *mut usize) -> u32;
    fn proxy_remove_header_map_value(map: u32, name: *const u8, name_size: usize) -> u32;
    fn proxy_replace_header_map_value(
        map: u32,
        name: *const u8,
        name_size: usize,
        value: *const u8,
        value_size: usize,
    ) -> u32;
    fn proxy_get_property(path: *const u8, path_size: usize, data: *mut *mut u8, size: *mut usize) -> u32;
    fn proxy_send_local_response(
        status: u32,
        details: *const u8,
        details_size: usize,
        body: *const u8,
        body_size: usize,
        headers: *const u8,
        headers_size: usize,
        grpc_status: i32,
    ) -> u32;
    fn proxy_continue_stream(stream: u32) -> u32;
    fn proxy_close_stream(stream: u32) -> u32;
    fn proxy_set_effective_context(context: u32) -> u32;
    fn proxy_grpc_stream(
        target: *const u8,
        target_size: usize,
        service: *const u8,
        service_size: usize,
        method: *const u8,
        method_size: usize,
        metadata: *const u8,
        metadata_size: usize,
        stream: *mut u32,
    ) -> u32;
    fn proxy_grpc_call(
        target: *const u8,
        target_size: usize,
        service: *const u8,
        service_size: usize,
        method: *const u8,
        method_size: usize,
        metadata: *const u8,
        metadata_size: usize,
        message: *const u8,
        message_size: usize,
        timeout: u32,
        call: *mut u32,
    ) -> u32;
    fn proxy_grpc_send(stream: u32, message: *const u8, size: usize, end: u32) -> u32;
    fn proxy_grpc_cancel(stream: u32) -> u32;
    fn proxy_get_shared_data(
        key: *const u8,
        key_size: usize,
        data: *mut *mut u8,
        size: *mut usize,
        version: *mut u32,
    ) -> u32;
    fn proxy_set_shared_data(key: *const u8, key_size: usize, value: *const u8, value_size: usize, version: u32)
    -> u32;
    fn proxy_define_metric(kind: u32, name: *const u8, name_size: usize, id: *mut u32) -> u32;
    fn proxy_increment_metric(id: u32, offset: i64) -> u32;
    fn proxy_record_metric(id: u32, value: u64) -> u32;
}

fn checked(status: u32) -> Result<(), Status> {
    match status {
        0 => Ok(()),
        status => Err(Status(status)),
    }
}

/// Runs a call that hands over bytes: the proxy has the module's allocator make room and writes where they are.
fn bytes(call: impl FnOnce(*mut *mut u8, *mut usize) -> u32) -> Result<Vec<u8>, Status> {
    let mut data: *mut u8 = ptr::null_mut();
    let mut size = 0_usize;
    checked(call(&raw mut data, &raw mut size))?;
    if data.is_null() || size == 0 {
        return Ok(Vec::new());
    }
    // SAFETY: on success the proxy has written the address and size of a block that it obtained from the module's
    // exported allocator (`proxy_on_memory_allocate`, a boxed slice of exactly this size), filled, and given up.
    Ok(unsafe { Vec::from_raw_parts(data, size, size) })
}

pub(super) fn log(level: Level, message: &str) -> Result<(), Status> {
    // SAFETY: the proxy reads the message during the call only.
    checked(unsafe { proxy_log(level as u32, message.as_ptr(), message.len()) })
}

pub(super) fn log_level() -> Result<u32, Status> {
    let mut level = 0;
    // SAFETY: the proxy writes the level during the call only.
    checked(unsafe { proxy_get_log_level(&raw mut level) })?;
    Ok(level)
}

/// Nanoseconds since 1970 began (UTC).
pub(super) fn current_time() -> Result<u64, Status> {
    let mut time = 0;
    // SAFETY: the proxy writes the time during the call only.
    checked(unsafe { proxy_get_current_time_nanoseconds(&raw mut time) })?;
    Ok(time)
}

pub(super) fn set_tick_period(milliseconds: u32) -> Result<(), Status> {
    // SAFETY: no memory is passed.
    checked(unsafe { proxy_set_tick_period_milliseconds(milliseconds) })
}

/// At most `max` bytes of a buffer, from `start`, which must lie within it.
pub(super) fn buffer(kind: BufferKind, start: usize, max: usize) -> Result<Vec<u8>, Status> {
    // SAFETY: both pointers are valid for the call.
    bytes(|data, size| unsafe { proxy_get_buffer_bytes(kind as u32, start, max, data, size) })
}

/// Puts other bytes in the place of a body of which `size` bytes are there.
pub(super) fn replace_body(kind: BufferKind, size: usize, data: &[u8]) -> Result<(), Status> {
    // SAFETY: the proxy copies the data during the call.
    checked(unsafe { proxy_set_buffer_bytes(kind as u32, 0, size, data.as_ptr(), data.len()) })
}

/// Headers, serialised.
pub(super) fn headers(map: HeaderMap) -> Result<Vec<u8>, Status> {
    // SAFETY: both pointers are valid for the call.
    bytes(|data, size| unsafe { proxy_get_header_map_pairs(map as u32, data, size) })
}

pub(super) fn remove_header(map: HeaderMap, name: &[u8]) -> Result<(), Status> {
    // SAFETY: the proxy reads the name during the call only.
    checked(unsafe { proxy_remove_header_map_value(map as u32, name.as_ptr(), name.len()) })
}

pub(super) fn set_header(map: HeaderMap, name: &[u8], value: &[u8]) -> Result<(), Status> {
    // SAFETY: the proxy reads name and value during the call only.
    checked(unsafe {
        proxy_replace_header_map_value(map as u32, name.as_ptr(), name.len(), value.as_ptr(), value.len())
    })
}

/// A property; the parts of its path are separated by zero bytes.
pub(super) fn property(path: &[u8]) -> Result<Vec<u8>, Status> {
    // SAFETY: the proxy reads the path during the call only; both pointers are valid for the call.
    bytes(|data, size| unsafe { proxy_get_property(path.as_ptr(), path.len(), data, size) })
}

/// Answers the request; `headers` are serialised.
pub(super) fn respond(status: u16, details: &str, body: &[u8], headers: &[u8]) -> Result<(), Status> {
    // SAFETY: the proxy reads everything during the call only.
    checked(unsafe {
        proxy_send_local_response(
            status.into(),
            details.as_ptr(),
            details.len(),
            body.as_ptr(),
            body.len(),
            headers.as_ptr(),
            headers.len(),
            NO_GRPC_STATUS,
        )
    })
}

pub(super) fn reset_request() -> Result<(), Status> {
    // SAFETY: no memory is passed.
    checked(unsafe { proxy_close_stream(REQUEST_STREAM) })
}

/// Lets a request go on that is held; when the callback has returned.
pub(super) fn continue_request() -> Result<(), Status> {
    // SAFETY: no memory is passed.
    checked(unsafe { proxy_continue_stream(REQUEST_STREAM) })
}

/// Has host calls be about another context until the callback returns.
pub(super) fn set_effective_context(context: u32) -> Result<(), Status> {
    // SAFETY: no memory is passed.
    checked(unsafe { proxy_set_effective_context(context) })
}

/// Opens a stream to a method, without metadata; `target` is an encoded `GrpcService`.
pub(super) fn grpc_stream(target: &[u8], service: &str, method: &str) -> Result<u32, Status> {
    let mut stream = 0;
    // SAFETY: the proxy reads all of it and writes the stream's id during the call only.
    checked(unsafe {
        proxy_grpc_stream(
            target.as_ptr(),
            target.len(),
            service.as_ptr(),
            service.len(),
            method.as_ptr(),
            method.len(),
            NO_PAIRS.as_ptr(),
            NO_PAIRS.len(),
            &raw mut stream,
        )
    })?;
    Ok(stream)
}

/// Calls a method that answers once; `target` is an encoded `GrpcService`, `metadata` is serialised. The root is told of the
/// answer.
pub(super) fn grpc_call(
    target: &[u8],
    service: &str,
    method: &str,
    metadata: &[u8],
    message: &[u8],
    timeout_millis: u32,
) -> Result<u32, Status> {
    let mut call = 0;
    // SAFETY: the proxy reads or copies all of it and writes the call's id during the call only.
    checked(unsafe {
        proxy_grpc_call(
            target.as_ptr(),
            target.len(),
            service.as_ptr(),
            service.len(),
            method.as_ptr(),
            method.len(),
            metadata.as_ptr(),
            metadata.len(),
            message.as_ptr(),
            message.len(),
            timeout_millis,
            &raw mut call,
        )
    })?;
    Ok(call)
}

pub(super) fn grpc_send(stream: u32, message: &[u8]) -> Result<(), Status> {
    // SAFETY: the proxy copies the message during the call.
    checked(unsafe { proxy_grpc_send(stream, message.as_ptr(), message.len(), 0) })
}

pub(super) fn grpc_cancel(stream: u32) -> Result<(), Status> {
    // SAFETY: no memory is passed.
    checked(unsafe { proxy_grpc_cancel(stream) })
}

/// A value of the shared data, and the version of what is there.
pub(super) fn shared_data(key: &str) -> Result<(Vec<u8>, u32), Status> {
    let mut version = 0;
    // SAFETY: the proxy reads the key and writes the version during the call only; both pointers are valid for the call.
    let value =
        bytes(|data, size| unsafe { proxy_get_shared_data(key.as_ptr(), key.len(), data, size, &raw mut version) })?;
    Ok((value, version))
}

/// Stores a value, if what is there has this version; 0 for any.
pub(super) fn set_shared_data(key: &str, value: &[u8], version: u32) -> Result<(), Status> {
    // SAFETY: the proxy copies key and value during the call.
    checked(unsafe { proxy_set_shared_data(key.as_ptr(), key.len(), value.as_ptr(), value.len(), version) })
}

pub(super) fn define_metric(kind: MetricKind, name: &str) -> Result<u32, Status> {
    let mut id = 0;
    // SAFETY: the proxy reads the name and writes the id during the call only.
    checked(unsafe { proxy_define_metric(kind as u32, name.as_ptr(), name.len(), &raw mut id) })?;
    Ok(id)
}

pub(super) fn increment_metric(id: u32, offset: i64) -> Result<(), Status> {
    // SAFETY: no memory is passed.
    checked(unsafe { proxy_increment_metric(id, offset) })
}

pub(super) fn record_metric(id: u32, value: u64) -> Result<(), Status> {
    // SAFETY: no memory is passed.
    checked(unsafe { proxy_record_metric(id, value) })
}
