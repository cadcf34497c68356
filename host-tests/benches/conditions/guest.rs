//! Drives the conditions guest (`guests/conditions`) in wasmtime.

use wasmtime::{Engine, Linker, Module, Store, TypedFunc};

pub(crate) struct Guest {
    store: Store<()>,
    run: TypedFunc<(u32, u32, u32), u32>,
}

impl Guest {
    /// Starts the module that `make bench-conditions` builds.
    pub(crate) fn start() -> Self {
        let engine = Engine::default();
        let target = std::env::current_exe().unwrap().ancestors().nth(3).unwrap().to_owned();
        let path = target.join("wasm32-wasip1/wasm/tollgate_conditions_guest.wasm");
        let module = Module::from_file(&engine, &path)
            .unwrap_or_else(|error| panic!("{}: {error}; `make bench-conditions` builds it", path.display()));
        let mut linker = Linker::new(&engine);
        // The standard library reads the environment and random numbers: an empty one, and zeros that nothing rests on.
        let wasi = "wasi_snapshot_preview1";
        linker.func_wrap(wasi, "random_get", |_: u32, _: u32| 0_u32).unwrap();
        linker.func_wrap(wasi, "environ_sizes_get", |_: u32, _: u32| 0_u32).unwrap();
        linker.func_wrap(wasi, "environ_get", |_: u32, _: u32| 0_u32).unwrap();
        linker.define_unknown_imports_as_traps(&module).unwrap();
        let mut store = Store::new(&engine, ());
        let instance = linker.instantiate(&mut store, &module).unwrap();
        if let Ok(initialize) = instance.get_typed_func::<(), ()>(&mut store, "_initialize") {
            initialize.call(&mut store, ()).unwrap();
        }
        let run = instance.get_typed_func(&mut store, "run").unwrap();
        Guest { store, run }
    }

    pub(crate) fn run(&mut self, evaluator: u32, expression: usize, times: u32) -> u32 {
        let expression = u32::try_from(expression).unwrap();
        self.run.call(&mut self.store, (evaluator, expression, times)).unwrap()
    }
}
