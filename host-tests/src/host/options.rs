//! What a VM is started with.

use super::abi::LogLevel;
use super::clock::Clock;
use super::process::Process;

/// Options of one VM. Take the defaults and change what the test is about:
///
/// ```
/// use tollgate_host_tests::VmOptions;
/// let options = VmOptions { vm_id: "tollgate".into(), ..VmOptions::default() };
/// ```
#[derive(Debug, Clone)]
pub struct VmOptions {
    /// The VM id: VMs of one process with the same id share data and queues.
    pub vm_id: String,
    /// The VM configuration, given to `proxy_on_vm_start`.
    pub vm_config: Vec<u8>,
    /// The plugin's name, readable as the property `plugin_name`.
    pub plugin_name: String,
    /// The root id, readable as the property `plugin_root_id`.
    pub root_id: String,
    /// Environment variables.
    pub env: Vec<(String, String)>,
    /// Fuel for one callback, in units of about one wasm instruction. Not counted if the module
    /// was compiled without metering.
    pub fuel_per_call: u64,
    /// Most bytes the guest's linear memory may take. Growth beyond it fails inside the guest.
    pub memory_limit: usize,
    /// What `proxy_get_log_level` answers. Messages below it are captured all the same.
    pub log_level: LogLevel,
    /// Whether bodies reach the guest while it holds the headers. Envoy's default is that nothing
    /// more of a held stream does.
    pub allow_on_headers_stop_iteration: bool,
    /// Most host calls kept in the record; 0 records nothing, which is what benches want.
    pub call_limit: usize,
    /// Most log messages kept.
    pub log_limit: usize,
    /// What this VM shares with others: shared data, queues, metric values.
    pub process: Process,
    /// The time the guest sees.
    pub clock: Clock,
    /// Seed of the guest's random numbers. `None` takes a fresh one for each VM.
    pub seed: Option<u64>,
}

impl Default for VmOptions {
    fn default() -> Self {
        Self {
            vm_id: String::new(),
            vm_config: Vec::new(),
            plugin_name: String::new(),
            root_id: String::new(),
            env: Vec::new(),
            fuel_per_call: 2_000_000_000,
            memory_limit: 1 << 30,
            log_level: LogLevel::Trace,
            allow_on_headers_stop_iteration: false,
            call_limit: 1_000_000,
            log_limit: 100_000,
            process: Process::default(),
            clock: Clock::default(),
            seed: None,
        }
    }
}
