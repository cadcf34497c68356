//! A host call as one line: the function without its prefix, and the arguments that identify it.
//! Payloads print as their length.

use std::fmt;

use super::HostCall;

impl fmt::Display for HostCall {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = match self {
            Self::Wasi(name) => return write!(f, "wasi.{name}()"),
            Self::Malformed(function) => return write!(f, "malformed {function}()"),
            _ => self.function().map_or("?", super::HostFn::name),
        };
        f.write_str(name.strip_prefix("proxy_").unwrap_or(name))?;
        f.write_str("(")?;
        self.arguments(f)?;
        f.write_str(")")
    }
}

impl HostCall {
    fn arguments(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Log { level, message } => write!(f, "{level}, {message}"),
            Self::SetTickPeriod { period } => write!(f, "{} ms", period.as_millis()),
            Self::GetBufferBytes { buffer, .. } | Self::GetBufferStatus { buffer } => {
                write!(f, "{buffer}")
            }
            Self::SetBufferBytes { buffer, start, size, data } => {
                write!(f, "{buffer}, {start}, {size}, {} bytes", data.len())
            }
            Self::GetHeaderMapPairs { map } | Self::GetHeaderMapSize { map } => write!(f, "{map}"),
            Self::SetHeaderMapPairs { map, pairs } => write!(f, "{map}, {} pairs", pairs.len()),
            Self::GetHeaderMapValue { map, key } | Self::RemoveHeaderMapValue { map, key } => {
                write!(f, "{map}, {key}")
            }
            Self::ReplaceHeaderMapValue { map, key, value } | Self::AddHeaderMapValue { map, key, value } => {
                write!(f, "{map}, {key}, {value}")
            }
            Self::GetProperty { path } => f.write_str(&path.join(".")),
            Self::SetProperty { path, value } => {
                write!(f, "{}, {} bytes", path.join("."), value.len())
            }
            Self::GetSharedData { key } => f.write_str(key),
            Self::SetSharedData { key, value, .. } => write!(f, "{key}, {} bytes", value.len()),
            Self::RegisterSharedQueue { name } => f.write_str(name),
            Self::ResolveSharedQueue { vm_id, name } => write!(f, "{vm_id}, {name}"),
            Self::EnqueueSharedQueue { queue, value } => {
                write!(f, "{queue}, {} bytes", value.len())
            }
            Self::DequeueSharedQueue { queue } => write!(f, "{queue}"),
            Self::ContinueStream { stream } | Self::CloseStream { stream } => write!(f, "{stream}"),
            Self::SendLocalResponse { status, body, .. } => {
                write!(f, "{status}, {} bytes", body.len())
            }
            Self::HttpCall { upstream, body, .. } => write!(f, "{upstream}, {} bytes", body.len()),
            Self::GrpcCall { upstream, service, method, message, .. } => {
                write!(f, "{upstream}, {service}/{method}, {} bytes", message.len())
            }
            Self::GrpcStream { upstream, service, method, .. } => write!(f, "{upstream}, {service}/{method}"),
            Self::GrpcSend { id, message, .. } => write!(f, "{id}, {} bytes", message.len()),
            Self::GrpcCancel { id } | Self::GrpcClose { id } => write!(f, "{id}"),
            Self::SetEffectiveContext { context } => write!(f, "{context}"),
            Self::CallForeignFunction { name, arguments } => {
                write!(f, "{name}, {} bytes", arguments.len())
            }
            Self::DefineMetric { kind, name } => write!(f, "{kind}, {name}"),
            Self::GetMetric { id } => write!(f, "{id}"),
            Self::RecordMetric { id, value } => write!(f, "{id}, {value}"),
            Self::IncrementMetric { id, offset } => write!(f, "{id}, {offset}"),
            Self::GetLogLevel
            | Self::GetCurrentTime
            | Self::GetStatus
            | Self::Done
            | Self::Malformed(_)
            | Self::Wasi(_) => Ok(()),
        }
    }
}
