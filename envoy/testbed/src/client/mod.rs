//! Clients: HTTP/1.1 on a connection that is kept, which also sends bytes no honest client would; HTTP/2; and HTTP/2 made by
//! hand, for what no honest client sends there.

mod http1;
mod http2;
mod parse;
mod raw_http2;
mod response;

use std::net::SocketAddr;

use anyhow::Result;

pub use http1::Http1;
pub use http2::Http2;
pub use hyper::http;
pub use raw_http2::RawHttp2;
pub use response::Response;

/// One GET on a connection of its own.
///
/// # Errors
///
/// When the server can't be reached or its answer is not HTTP.
pub fn get(address: SocketAddr, target: &str) -> Result<Response> {
    Http1::connect(address)?.request("GET", target, &[("connection", "close")], b"")
}
