//! What conditions read of a request besides its headers: query, body, source and time.

mod bodies;
mod facts;
mod held;
