//! A guest that does what it is told, one command a line, and logs what came of it.
//!
//! Its root takes commands from the plugin configuration, its streams from `x-do` request headers.
//! The module `command` has the commands of both.

#![expect(missing_docs, reason = "the sdk's `main!` exports a function without any")]

mod command;
mod root;
mod stream;

use proxy_wasm::traits::RootContext;
use proxy_wasm::types::LogLevel;

proxy_wasm::main! {{
    proxy_wasm::set_log_level(LogLevel::Trace);
    proxy_wasm::set_root_context(|_| -> Box<dyn RootContext> { Box::<root::Root>::default() });
}}
