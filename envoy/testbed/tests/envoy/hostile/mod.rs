//! Requests that no honest client sends. Each gets a definite answer, none harms a VM, and what the upstream sees is what
//! was decided.

mod authority;
mod claims;
mod framing;
mod headers;
mod lax_envoy;
mod paths;
mod payload_header;
mod peers;
mod pseudo_headers;
mod tokens;
mod trusted_headers;
