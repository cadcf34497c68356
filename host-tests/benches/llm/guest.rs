//! Drives the guest (`guests/llm`) in wasmtime.

use tollgate_host_tests::built_module;
use wasmtime::{Engine, Linker, Module, Store, TypedFunc};

pub(crate) struct Guest {
    store: Store<()>,
    run: TypedFunc<(u32, u32, u32), u32>,
}

impl Guest {
    /// Starts the module that `make bench-llm` builds.
    pub(crate) fn start() -> Self {
        let engine = Engine::default();
        let path = built_module("tollgate_llm_guest.wasm").unwrap_or_else(|error| panic!("{error}"));
        let module = Module::from_file(&engine, &path).unwrap();
        let mut linker = Linker::new(&engine);
        // They are imported by the standard library's panic and environment code, which nothing here reaches.
        linker.define_unknown_imports_as_traps(&module).unwrap();
        let mut store = Store::new(&engine, ());
        let instance = linker.instantiate(&mut store, &module).unwrap();
        if let Ok(initialize) = instance.get_typed_func::<(), ()>(&mut store, "_initialize") {
            initialize.call(&mut store, ()).unwrap();
        }
        let run = instance.get_typed_func(&mut store, "run").unwrap();
        Guest { store, run }
    }

    /// Reads a stream so many times in chunks of a size.
    pub(crate) fn run(&mut self, stream: usize, chunk: usize, times: u32) {
        let (stream, chunk) = (u32::try_from(stream).unwrap(), u32::try_from(chunk).unwrap());
        assert!(self.run.call(&mut self.store, (stream, chunk, times)).unwrap() > 0);
    }
}
