//! `proxy_log`, and what a guest writes to its standard output and error.

use wasmtime::{Caller, Linker};

use super::abi::{ContextId, LogLevel, Status};
use super::calls::{HostCall, HostFn};
use super::guest::answer;
use super::state::HostState;
use super::vm::Vm;

/// One message of the guest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogRecord {
    /// Its level. Standard output counts as info, standard error as error.
    pub level: LogLevel,
    /// The context it was logged in.
    pub context: ContextId,
    /// The text, invalid UTF-8 replaced.
    pub message: String,
}

/// The messages of one VM, up to a limit.
#[derive(Debug)]
pub(super) struct Logs {
    records: Vec<LogRecord>,
    limit: usize,
    /// The last critical message of the running callback: the SDK's panic hook logs there.
    pub(super) panic: Option<String>,
}

impl Logs {
    pub(super) fn new(limit: usize) -> Self {
        Self { records: Vec::new(), limit, panic: None }
    }

    pub(super) fn push(&mut self, record: LogRecord) {
        if record.level == LogLevel::Critical {
            self.panic = Some(record.message.clone());
        }
        if self.records.len() < self.limit {
            self.records.push(record);
        }
    }
}

impl Vm {
    /// Every message so far, oldest first.
    pub fn logs(&self) -> &[LogRecord] {
        &self.state().logs.records
    }

    /// The messages so far, which are then forgotten.
    pub fn take_logs(&mut self) -> Vec<LogRecord> {
        std::mem::take(&mut self.state_mut().logs.records)
    }
}

pub(super) fn link(linker: &mut Linker<HostState>) -> wasmtime::Result<()> {
    linker.func_wrap(
        "env",
        HostFn::Log.name(),
        |caller: Caller<'_, HostState>, level: u32, message: u32, size: u32| {
            answer(caller, HostFn::Log, |guest| {
                let level = LogLevel::from_code(level).ok_or(Status::BadArgument)?;
                let message = guest.text(message, size)?;
                guest.note(|| HostCall::Log { level, message: message.clone() })?;
                let context = guest.state().context();
                guest.state_mut().logs.push(LogRecord { level, context, message });
                Ok(())
            })
        },
    )?;
    linker.func_wrap("env", HostFn::GetLogLevel.name(), |caller: Caller<'_, HostState>, to_level: u32| {
        answer(caller, HostFn::GetLogLevel, |guest| {
            guest.note(|| HostCall::GetLogLevel)?;
            let level = guest.state().log_level;
            guest.write_u32(to_level, level.code())
        })
    })?;
    Ok(())
}
