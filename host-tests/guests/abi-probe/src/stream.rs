//! An HTTP stream. Beyond the common commands: `pause`, `deny <status>`, `deny-grpc`, `reset`,
//! `reset-response`, `list`, `header <name>`, `text-header <name>`, `set <name> <value>`,
//! `add <name> <value>`, `remove <name>`, `replace-all`, `http-call <cluster>`, `bad-http-call
//! <cluster>` (without a path), `grpc-call <cluster>`, `shout` (the body in capitals), `hold-body`.

use std::time::Duration;

use proxy_wasm::hostcalls;
use proxy_wasm::traits::{Context, HttpContext};
use proxy_wasm::types::{Action, GrpcStatusCode, MapType};

use crate::command::{run, say, text};

/// What the commands left to do later.
#[derive(Default)]
pub(crate) struct Stream {
    pauses: bool,
    shouts: bool,
    holds_body: bool,
    closes_response: bool,
}

impl Context for Stream {
    fn on_http_call_response(&mut self, token: u32, headers: usize, body: usize, _: usize) {
        if headers == 0 {
            let (code, message) = self.get_grpc_status();
            say(&format!("http call {token} failed: {code} {message:?}"));
            return self.send_http_response(503, Vec::new(), None);
        }
        let status = self.get_http_call_response_header_bytes(":status");
        let body = self.get_http_call_response_body(0, body);
        say(&format!("http call {token}: {} {}", text(&status.unwrap_or_default()), text(&body.unwrap_or_default())));
        self.set_http_request_header("x-callout", Some("done"));
        self.resume_http_request();
    }

    fn on_grpc_call_response(&mut self, token: u32, status: u32, size: usize) {
        let body = self.get_grpc_call_response_body(0, size).unwrap_or_default();
        say(&format!("grpc call {token}: {status} {}", text(&body)));
        self.resume_http_request();
    }
}

impl HttpContext for Stream {
    fn on_http_request_headers(&mut self, _: usize, _: bool) -> Action {
        let headers = self.get_http_request_headers_bytes();
        let commands = headers.iter().filter(|(name, _)| name == "x-do");
        for (_, command) in commands {
            self.obey(&text(command));
        }
        match self.pauses {
            true => Action::Pause,
            false => Action::Continue,
        }
    }

    fn on_http_request_body(&mut self, size: usize, end_of_stream: bool) -> Action {
        if self.holds_body || (self.shouts && !end_of_stream) {
            return Action::Pause;
        }
        if self.shouts {
            let body = self.get_http_request_body(0, size).unwrap_or_default();
            self.set_http_request_body(0, size, &body.to_ascii_uppercase());
        }
        Action::Continue
    }

    fn on_http_response_headers(&mut self, _: usize, _: bool) -> Action {
        run("property request.path");
        run("property source.address");
        if self.closes_response {
            self.reset_http_response();
        }
        self.add_http_response_header("x-probe", "seen");
        Action::Continue
    }

    fn on_http_response_body(&mut self, size: usize, end_of_stream: bool) -> Action {
        let body = self.get_http_response_body(0, size).unwrap_or_default();
        say(&format!("response chunk {end_of_stream}: {}", text(&body)));
        Action::Continue
    }

    fn on_log(&mut self) {
        let path = self.get_http_request_header_bytes(":path");
        let status = self.get_http_response_header_bytes_or_none(":status");
        say(&format!("log {} {status:?}", text(&path.unwrap_or_default())));
    }
}

impl Stream {
    fn obey(&mut self, command: &str) {
        let words: Vec<&str> = command.split(' ').collect();
        match *words.as_slice() {
            ["pause"] => self.pauses = true,
            ["shout"] => self.shouts = true,
            ["hold-body"] => self.holds_body = true,
            ["reset-response"] => self.closes_response = true,
            ["reset"] => self.reset_http_request(),
            ["deny", status] => {
                let headers = vec![("content-type", "text/plain"), ("x-reason", "told to")];
                let status = status.parse().unwrap_or_default();
                self.send_http_response(status, headers, Some(b"denied"));
            }
            ["deny-grpc"] => {
                let code = GrpcStatusCode::PermissionDenied;
                self.send_grpc_response(code, Some("denied"), Vec::new());
            }
            ["list"] => self.list(),
            ["text-header", name] => {
                say(&format!("{command}: {:?}", self.get_http_request_header(name)));
            }
            ["header", name] => {
                let value = self.get_http_request_header_bytes(name);
                say(&format!("{command}: {:?}", value.map(|value| text(&value))));
            }
            ["set", name, value] => self.set_http_request_header(name, Some(value)),
            ["add", name, value] => self.add_http_request_header(name, value),
            ["remove", name] => self.set_http_request_header(name, None),
            ["replace-all"] => self.set_http_request_headers(vec![("only", "this"), ("only", "and")]),
            ["http-call", cluster] => self.call_http(cluster, "/callout"),
            ["bad-http-call", cluster] => self.call_http(cluster, ""),
            ["grpc-call", cluster] => self.call_grpc(cluster),
            _ => run(command),
        }
    }

    fn list(&self) {
        let headers = self.get_http_request_headers_bytes();
        let names: Vec<&str> = headers.iter().map(|(name, _)| name.as_str()).collect();
        say(&names.join(","));
    }

    fn call_http(&mut self, cluster: &str, path: &str) {
        let mut headers = vec![(":method", "POST"), (":authority", "callout")];
        if !path.is_empty() {
            headers.push((":path", path));
        }
        let timeout = Duration::from_secs(1);
        match self.dispatch_http_call(cluster, headers, Some(b"question"), Vec::new(), timeout) {
            Ok(_) => self.pauses = true,
            Err(status) => say(&format!("http-call: error {status:?}")),
        }
    }

    fn call_grpc(&mut self, cluster: &str) {
        let (service, method) = ("probe.v1.Budget", "Reserve");
        let timeout = Duration::from_millis(250);
        let message = Some(&b"question"[..]);
        match self.dispatch_grpc_call(cluster, service, method, Vec::new(), message, timeout) {
            Ok(_) => self.pauses = true,
            Err(status) => say(&format!("grpc-call: error {status:?}")),
        }
    }

    /// The SDK's getter panics where there is no such map, as when a request was never answered.
    fn get_http_response_header_bytes_or_none(&self, name: &str) -> Option<String> {
        let headers = hostcalls::get_map_bytes(MapType::HttpResponseHeaders).ok()?;
        let value = headers.into_iter().find(|(known, _)| known == name)?.1;
        Some(text(&value))
    }
}
