//! The plugin as it is, but for one header: a request that carries `x-tollgate-trap` ends the VM.

pub use tollgate_plugin::vm;
