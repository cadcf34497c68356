//! Many calls at once, whatever happens meanwhile: no limit is ever exceeded by what was let through, every hold ends, and the
//! ledgers have what the provider counts, to the token, but for calls that the documentation says are estimated.

mod fleet;
mod http2;
mod restarts;
mod rollover;
mod site;
mod trapped;
