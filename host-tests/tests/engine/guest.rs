//! Drives the engine guest (`guests/engine`) in wasmtime.

use std::path::PathBuf;

use wasmtime::{Config, Engine, Instance, Linker, Memory, Module, Store, TypedFunc};

pub(crate) struct Guest {
    store: Store<()>,
    memory: Memory,
    instance: Instance,
    decide_all: TypedFunc<u32, u32>,
    decide: TypedFunc<u32, u32>,
    look_up: TypedFunc<u32, u32>,
}

impl Guest {
    /// Starts the module that `make wasm` builds.
    pub(crate) fn start() -> Self {
        let engine = Engine::new(&Config::new()).unwrap();
        let path = path();
        let module = Module::from_file(&engine, &path)
            .unwrap_or_else(|error| panic!("{}: {error}; `make wasm` builds it", path.display()));
        let mut linker = Linker::new(&engine);
        // It is imported by the standard library's panic and environment code, which nothing here reaches.
        linker.define_unknown_imports_as_traps(&module).unwrap();
        let mut store = Store::new(&engine, ());
        let instance = linker.instantiate(&mut store, &module).unwrap();
        if let Ok(initialize) = instance.get_typed_func::<(), ()>(&mut store, "_initialize") {
            initialize.call(&mut store, ()).unwrap();
        }
        let memory = instance.get_memory(&mut store, "memory").unwrap();
        let mut function = |name| instance.get_typed_func(&mut store, name).unwrap();
        let (decide_all, decide, look_up) = (function("decide_all"), function("decide"), function("look_up"));
        Guest { store, memory, instance, decide_all, decide, look_up }
    }

    /// Copies a snapshot in and has it decoded.
    pub(crate) fn load(&mut self, snapshot: &[u8]) {
        self.hand_over(snapshot, "load");
    }

    /// Copies a delta in and has the snapshot go on by it.
    pub(crate) fn apply(&mut self, delta: &[u8]) {
        self.hand_over(delta, "apply");
    }

    /// Copies a part of an index snapshot in and has it taken into use.
    pub(crate) fn take_part(&mut self, part: &[u8]) {
        self.hand_over(part, "take_part");
    }

    /// How many policies are named as related to one.
    pub(crate) fn related(&mut self, policy: u32) -> u32 {
        let related = self.instance.get_typed_func::<u32, u32>(&mut self.store, "related").unwrap();
        related.call(&mut self.store, policy).unwrap()
    }

    fn hand_over(&mut self, bytes: &[u8], export: &str) {
        let len = u32::try_from(bytes.len()).unwrap();
        let buffer = self.instance.get_typed_func::<u32, u32>(&mut self.store, "buffer").unwrap();
        let at = buffer.call(&mut self.store, len).unwrap();
        self.memory.write(&mut self.store, at as usize, bytes).unwrap();
        let take = self.instance.get_typed_func::<(), u32>(&mut self.store, export).unwrap();
        assert_eq!(take.call(&mut self.store, ()).unwrap(), 1, "the guest refused what it was to {export}");
    }

    /// Makes the requests of a variant of the workload; says how many.
    pub(crate) fn prepare(&mut self, variant: u32, policies: u32) -> u32 {
        let prepare = self.instance.get_typed_func::<(u32, u32), u32>(&mut self.store, "prepare").unwrap();
        prepare.call(&mut self.store, (variant, policies)).unwrap()
    }

    /// Decides every request of the workload in one of its orders; says how many answers are right.
    pub(crate) fn decide_all(&mut self, order: u32) -> u32 {
        self.decide_all.call(&mut self.store, order).unwrap()
    }

    /// Decides one request; says whether the answer is right.
    pub(crate) fn decide(&mut self, request: u32) -> bool {
        self.decide.call(&mut self.store, request).unwrap() == 1
    }

    /// What a call of [`Guest::decide`] is without the deciding.
    pub(crate) fn look_up(&mut self, request: u32) -> bool {
        self.look_up.call(&mut self.store, request).unwrap() == 1
    }

    /// Decides generated cases; one line for each.
    pub(crate) fn answers(&mut self, seed: u64, count: u32) -> String {
        self.text("answers", seed, count)
    }

    /// Evaluates the snapshot's conditions over generated requests; a line for each condition and request.
    pub(crate) fn conditions(&mut self, seed: u64, count: u32) -> String {
        self.text("conditions", seed, count)
    }

    /// Evaluates the snapshot's conditions over the hostile request; a line for each.
    pub(crate) fn hostile(&mut self) -> String {
        self.text("conditions", 0, 0)
    }

    fn text(&mut self, export: &str, seed: u64, count: u32) -> String {
        let answers = self.instance.get_typed_func::<(u64, u32), u32>(&mut self.store, export).unwrap();
        let at = answers.call(&mut self.store, (seed, count)).unwrap() as usize;
        let len = self.instance.get_typed_func::<(), u32>(&mut self.store, "answers_len").unwrap();
        let len = len.call(&mut self.store, ()).unwrap() as usize;
        let mut bytes = vec![0; len];
        self.memory.read(&self.store, at, &mut bytes).unwrap();
        String::from_utf8(bytes).unwrap()
    }

    /// Bytes of its memory in use.
    pub(crate) fn live(&mut self) -> usize {
        let live = self.instance.get_typed_func::<(), u32>(&mut self.store, "live").unwrap();
        live.call(&mut self.store, ()).unwrap() as usize
    }

    /// Size of the linear memory in bytes.
    pub(crate) fn memory_size(&self) -> usize {
        self.memory.data_size(&self.store)
    }
}

fn path() -> PathBuf {
    // Tests and benches run from `<target>/<profile>/deps`.
    let target = std::env::current_exe().unwrap().ancestors().nth(3).unwrap().to_owned();
    target.join("wasm32-wasip1/wasm/tollgate_engine_guest.wasm")
}
