//! The root context. Beyond the common commands: `refuse`, `linger` (asks for time at shutdown, done
//! at the next queue event), `connect <cluster>`.

use proxy_wasm::traits::{Context, HttpContext, RootContext};
use proxy_wasm::types::ContextType;

use crate::command::{run, say, text};
use crate::stream::Stream;

/// The root: at most one gRPC stream, echoed on.
#[derive(Default)]
pub(crate) struct Root {
    /// Whether `on_done` asks for time.
    lingers: bool,
}

impl Context for Root {
    fn on_grpc_stream_initial_metadata(&mut self, token: u32, count: u32) {
        let metadata = self.get_grpc_stream_initial_metadata();
        let names: Vec<&str> = metadata.iter().map(|(name, _)| name.as_str()).collect();
        say(&format!("stream {token} metadata {count}: {}", names.join(",")));
    }

    fn on_grpc_stream_message(&mut self, token: u32, size: usize) {
        let message = self.get_grpc_stream_message(0, size).unwrap_or_default();
        say(&format!("stream {token} message: {}", text(&message)));
        match message.as_slice() {
            b"cancel" => self.cancel_grpc_stream(token),
            b"close" => self.close_grpc_stream(token),
            message => self.send_grpc_stream_message(token, Some(message), false),
        }
    }

    fn on_grpc_stream_close(&mut self, token: u32, status: u32) {
        let (code, message) = self.get_grpc_status();
        say(&format!("stream {token} closed {status}: {code} {message:?}"));
        if status == 14 {
            self.cancel_grpc_stream(token);
        }
    }

    fn on_done(&mut self) -> bool {
        say("done?");
        !self.lingers
    }
}

impl RootContext for Root {
    fn on_vm_start(&mut self, size: usize) -> bool {
        let config = self.get_vm_configuration().unwrap_or_default();
        say(&format!("vm start {size}: {}", text(&config)));
        config != b"refuse"
    }

    fn on_configure(&mut self, _: usize) -> bool {
        let config = text(&self.get_plugin_configuration().unwrap_or_default());
        for line in config.lines() {
            match line.split_once(' ').unwrap_or((line, "")) {
                ("refuse", _) => return false,
                ("linger", _) => self.lingers = true,
                ("connect", cluster) => self.connect(cluster),
                _ => run(line),
            }
        }
        true
    }

    fn on_tick(&mut self) {
        say("tick");
        if self.get_plugin_configuration().is_some() {
            say("the plugin configuration is readable in a tick");
        }
    }

    fn on_queue_ready(&mut self, queue: u32) {
        let item = self.dequeue_shared_queue(queue).ok().flatten();
        say(&format!("queue {queue}: {}", text(&item.unwrap_or_default())));
        if self.lingers {
            self.done();
        }
    }

    fn create_http_context(&self, _: u32) -> Option<Box<dyn HttpContext>> {
        Some(Box::<Stream>::default())
    }

    fn get_type(&self) -> Option<ContextType> {
        Some(ContextType::HttpContext)
    }
}

impl Root {
    fn connect(&self, cluster: &str) {
        let metadata: Vec<(&str, &[u8])> = vec![("x-probe", b"hello")];
        match self.open_grpc_stream(cluster, "probe.v1.Feed", "Connect", metadata) {
            Ok(token) => self.send_grpc_stream_message(token, Some(b"hello"), false),
            Err(status) => say(&format!("connect: error {status:?}")),
        }
    }
}
