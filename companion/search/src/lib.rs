//! Tollgate's policy search: from a policy to its text, from the text to a vector, from vectors to what is like what.
//!
//! An [`Embedder`] makes a [`Vector`] of a text; the [`Model`] it is of is kept with every vector, and vectors of two models
//! are never compared. An [`Index`] keeps the vectors of one model and finds the nearest. Nothing here decides anything
//! about a request, and nothing that decides waits for it.

mod dimensions;
mod embedder;
mod fingerprint;
mod index;
mod keyword;
mod lexical;
mod model;
mod priority;
mod ranking;
#[cfg(feature = "sentence-transformer")]
mod sentence_transformer;
mod term;
mod text;
mod vector;

pub use dimensions::Dimensions;
pub use embedder::{EmbedError, Embedder, Purpose};
pub use fingerprint::fingerprint;
pub use index::{Entry, Hit, Index, IndexError, Settings, Stats};
pub use keyword::Keywords;
pub use lexical::Lexical;
pub use model::{Model, ModelVersion, ModelVersionError, TextHash};
pub use priority::be_last;
pub use ranking::{Ranking, fuse};
#[cfg(feature = "sentence-transformer")]
pub use sentence_transformer::{LoadError, LoadProblem, SentenceTransformer};
pub use text::{PolicyText, TEXT_VERSION, clean};
pub use vector::{Vector, VectorError};
