//! From policies to vectors that can be searched.

#[allow(dead_code, reason = "no configuration names it yet")]
pub(crate) mod http;
