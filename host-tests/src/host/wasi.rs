//! The WASI preview1 functions that a plugin links, answered as Envoy answers them: no files, no
//! sockets, output to the log, time and random numbers from the host.

use wasmtime::{Caller, FuncType, Linker, Val, ValType};

use super::abi::LogLevel;
use super::calls::HostCall;
use super::guest::{Guest, Halt};
use super::logs::LogRecord;
use super::state::HostState;

const MODULE: &str = "wasi_snapshot_preview1";

/// Most random bytes for one call, as in Envoy.
const MAX_RANDOM: u32 = 64 * 1024;

/// Most vectors of one write.
const MAX_VECTORS: u32 = 1024;

/// An error number of WASI preview1.
#[derive(Debug, Clone, Copy)]
#[repr(i32)]
enum Errno {
    Success = 0,
    Badf = 8,
    Fault = 21,
    Inval = 28,
    Noent = 44,
    Nosys = 52,
    Notsup = 58,
}

/// Answers one WASI call and records its name.
fn wasi(
    caller: Caller<'_, HostState>,
    name: &'static str,
    body: impl FnOnce(&mut Guest<'_>) -> Result<Errno, Halt>,
) -> wasmtime::Result<i32> {
    let Some(mut guest) = Guest::new(caller) else {
        wasmtime::bail!("`{name}` called during instantiation");
    };
    guest.state_mut().record(HostCall::Wasi(name));
    let errno = match body(&mut guest) {
        Ok(errno) => errno,
        Err(Halt::Status(_)) => Errno::Fault,
        Err(Halt::Trap(trap)) => return Err(trap),
    };
    Ok(errno as i32)
}

pub(super) fn link(linker: &mut Linker<HostState>) -> wasmtime::Result<()> {
    link_process(linker)?;
    link_time_and_chance(linker)?;
    linker.func_wrap(MODULE, "fd_write", fd_write)?;
    linker.func_wrap(MODULE, "fd_fdstat_get", |caller: Caller<'_, HostState>, fd: i32, to_stat: u32| {
        wasi(caller, "fd_fdstat_get", |guest| {
            if output_level(fd).is_none() {
                return Ok(Errno::Badf);
            }
            let mut stat = [0; 24];
            // Rights: write.
            stat[8] = 64;
            guest.write(to_stat, &stat)?;
            Ok(Errno::Success)
        })
    })?;
    for stub in STUBS {
        link_stub(linker, stub)?;
    }
    Ok(())
}

fn link_process(linker: &mut Linker<HostState>) -> wasmtime::Result<()> {
    linker.func_wrap(MODULE, "environ_sizes_get", environ_sizes_get)?;
    linker.func_wrap(MODULE, "environ_get", environ_get)?;
    linker.func_wrap(MODULE, "args_sizes_get", |caller: Caller<'_, HostState>, to_count: u32, to_size: u32| {
        wasi(caller, "args_sizes_get", |guest| {
            guest.write_u32(to_count, 0)?;
            guest.write_u32(to_size, 0)?;
            Ok(Errno::Success)
        })
    })?;
    linker.func_wrap(MODULE, "proc_exit", |_: Caller<'_, HostState>, code: i32| -> wasmtime::Result<()> {
        wasmtime::bail!("guest called `proc_exit({code})`")
    })?;
    Ok(())
}

fn link_time_and_chance(linker: &mut Linker<HostState>) -> wasmtime::Result<()> {
    linker.func_wrap(
        MODULE,
        "clock_time_get",
        |caller: Caller<'_, HostState>, clock: i32, _precision: u64, to_time: u32| {
            wasi(caller, "clock_time_get", |guest| {
                let now = match clock {
                    0 => guest.state().clock.now_nanos(),
                    1 => guest.state().clock.monotonic_nanos(),
                    _ => return Ok(Errno::Notsup),
                };
                guest.write_u64(to_time, now)?;
                Ok(Errno::Success)
            })
        },
    )?;
    linker.func_wrap(MODULE, "clock_res_get", |caller: Caller<'_, HostState>, clock: i32, to_resolution: u32| {
        wasi(caller, "clock_res_get", |guest| {
            if !matches!(clock, 0 | 1) {
                return Ok(Errno::Notsup);
            }
            guest.write_u64(to_resolution, 1)?;
            Ok(Errno::Success)
        })
    })?;
    linker.func_wrap(MODULE, "random_get", |caller: Caller<'_, HostState>, to_bytes: u32, size: u32| {
        wasi(caller, "random_get", |guest| {
            if size > MAX_RANDOM {
                return Ok(Errno::Inval);
            }
            let mut bytes = vec![0; size as usize];
            guest.state_mut().random.fill(&mut bytes);
            guest.write(to_bytes, &bytes)?;
            Ok(Errno::Success)
        })
    })?;
    linker.func_wrap(
        MODULE,
        "poll_oneoff",
        |caller: Caller<'_, HostState>, _in: u32, _out: u32, _count: u32, to_events: u32| {
            wasi(caller, "poll_oneoff", |guest| {
                guest.write_u32(to_events, 0)?;
                Ok(Errno::Success)
            })
        },
    )?;
    Ok(())
}

fn output_level(fd: i32) -> Option<LogLevel> {
    match fd {
        1 => Some(LogLevel::Info),
        2 => Some(LogLevel::Error),
        _ => None,
    }
}

fn fd_write(
    caller: Caller<'_, HostState>,
    fd: i32,
    vectors: u32,
    count: u32,
    to_written: u32,
) -> wasmtime::Result<i32> {
    wasi(caller, "fd_write", |guest| {
        let Some(level) = output_level(fd) else {
            return Ok(Errno::Badf);
        };
        if count > MAX_VECTORS {
            return Ok(Errno::Inval);
        }
        let mut text = Vec::new();
        for index in 0..count {
            let vector = vectors.wrapping_add(index * 8);
            let (pointer, size) = (guest.read_u32(vector)?, guest.read_u32(vector + 4)?);
            text.extend_from_slice(&guest.bytes(pointer, size)?);
        }
        let written = u32::try_from(text.len()).unwrap_or(u32::MAX);
        let message = String::from_utf8_lossy(&text);
        if !message.is_empty() {
            let message = message.strip_suffix('\n').unwrap_or(&message).to_owned();
            let context = guest.state().context();
            guest.state_mut().logs.push(LogRecord { level, context, message });
        }
        guest.write_u32(to_written, written)?;
        Ok(Errno::Success)
    })
}

/// The environment as NUL-terminated `name=value` texts.
fn environment(state: &HostState) -> Vec<Vec<u8>> {
    let variables = state.env.iter();
    variables.map(|(name, value)| format!("{name}={value}\0").into_bytes()).collect()
}

fn environ_sizes_get(caller: Caller<'_, HostState>, to_count: u32, to_size: u32) -> wasmtime::Result<i32> {
    wasi(caller, "environ_sizes_get", |guest| {
        let variables = environment(guest.state());
        let size: usize = variables.iter().map(Vec::len).sum();
        guest.write_u32(to_count, u32::try_from(variables.len()).unwrap_or(u32::MAX))?;
        guest.write_u32(to_size, u32::try_from(size).unwrap_or(u32::MAX))?;
        Ok(Errno::Success)
    })
}

fn environ_get(caller: Caller<'_, HostState>, to_pointers: u32, to_texts: u32) -> wasmtime::Result<i32> {
    wasi(caller, "environ_get", |guest| {
        let (mut to_pointer, mut to_text) = (to_pointers, to_texts);
        for variable in environment(guest.state()) {
            guest.write_u32(to_pointer, to_text)?;
            guest.write(to_text, &variable)?;
            to_pointer = to_pointer.wrapping_add(4);
            to_text = to_text.wrapping_add(u32::try_from(variable.len()).unwrap_or(u32::MAX));
        }
        Ok(Errno::Success)
    })
}

/// A function that only answers: its name, its parameters (`i` for i32, `I` for i64), the answer.
struct Stub(&'static str, &'static str, Errno);

/// What Envoy links without offering anything behind it.
const STUBS: &[Stub] = &[
    Stub("args_get", "ii", Errno::Success),
    Stub("sched_yield", "", Errno::Success),
    Stub("fd_advise", "iIIi", Errno::Success),
    Stub("fd_allocate", "iII", Errno::Badf),
    Stub("fd_close", "i", Errno::Success),
    Stub("fd_datasync", "i", Errno::Badf),
    Stub("fd_fdstat_set_flags", "ii", Errno::Nosys),
    Stub("fd_fdstat_set_rights", "iII", Errno::Badf),
    Stub("fd_filestat_get", "ii", Errno::Badf),
    Stub("fd_filestat_set_size", "iI", Errno::Badf),
    Stub("fd_filestat_set_times", "iIIi", Errno::Badf),
    Stub("fd_pread", "iiiIi", Errno::Nosys),
    Stub("fd_prestat_dir_name", "iii", Errno::Nosys),
    Stub("fd_prestat_get", "ii", Errno::Badf),
    Stub("fd_pwrite", "iiiIi", Errno::Badf),
    Stub("fd_read", "iiii", Errno::Nosys),
    Stub("fd_readdir", "iiiIi", Errno::Badf),
    Stub("fd_renumber", "ii", Errno::Badf),
    Stub("fd_seek", "iIii", Errno::Success),
    Stub("fd_sync", "i", Errno::Badf),
    Stub("fd_tell", "ii", Errno::Badf),
    Stub("path_create_directory", "iii", Errno::Notsup),
    Stub("path_filestat_get", "iiiii", Errno::Notsup),
    Stub("path_filestat_set_times", "iiiiIIi", Errno::Notsup),
    Stub("path_link", "iiiiiii", Errno::Notsup),
    Stub("path_open", "iiiiiIIii", Errno::Noent),
    Stub("path_readlink", "iiiiii", Errno::Notsup),
    Stub("path_remove_directory", "iii", Errno::Notsup),
    Stub("path_rename", "iiiiii", Errno::Notsup),
    Stub("path_symlink", "iiiii", Errno::Notsup),
    Stub("path_unlink_file", "iii", Errno::Notsup),
    Stub("sock_accept", "iii", Errno::Notsup),
    Stub("sock_recv", "iiiiii", Errno::Notsup),
    Stub("sock_send", "iiiii", Errno::Notsup),
    Stub("sock_shutdown", "ii", Errno::Notsup),
];

fn link_stub(linker: &mut Linker<HostState>, stub: &'static Stub) -> wasmtime::Result<()> {
    let Stub(name, parameters, errno) = stub;
    let parameters = parameters.bytes().map(|kind| match kind {
        b'I' => ValType::I64,
        _ => ValType::I32,
    });
    let signature = FuncType::new(linker.engine(), parameters, [ValType::I32]);
    linker.func_new(MODULE, name, signature, move |mut caller, _, results| {
        caller.data_mut().record(HostCall::Wasi(name));
        if let Some(result) = results.first_mut() {
            *result = Val::I32(*errno as i32);
        }
        Ok(())
    })?;
    Ok(())
}
