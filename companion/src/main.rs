//! The `tollgate` binary: parse, run, exit code.

use std::process::ExitCode;

fn main() -> ExitCode {
    tollgate::cli::main()
}
