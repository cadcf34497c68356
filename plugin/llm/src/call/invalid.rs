use crate::Api;

/// Why a request is not read as a call. What two readers could read in two ways is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidCall {
    /// Its path is of another API.
    #[error("the path is of the API `{}`, and calls of `{}` are taken here", found.name(), expected.name())]
    OtherApi {
        /// That of the path.
        found: Api,
        /// That as which it was to be read.
        expected: Api,
    },
    /// Its answer would not say what was used, or the provider might read another request.
    #[error("`{name}` could keep what was used out of the answer; leave it out")]
    Hides {
        /// The parameter of the query, or the header.
        name: &'static str,
    },
    /// It is not text.
    #[error("the body is not UTF-8 at byte {at}")]
    NotUtf8 {
        /// Where, from zero.
        at: usize,
    },
    /// It is not JSON.
    #[error("the body is not JSON at byte {at}")]
    NotJson {
        /// Where, from zero.
        at: usize,
    },
    /// Lists and objects nest too deeply.
    #[error("the body nests more than {} deep at byte {at}", crate::json::MAX_DEPTH)]
    TooDeep {
        /// Where, from zero.
        at: usize,
    },
    /// It is JSON and not an object.
    #[error("the body is not an object")]
    NotAnObject,
    /// A member that is read is there twice.
    #[error("`{name}` is repeated before byte {at}")]
    Repeated {
        /// Its name.
        name: &'static str,
        /// Where the quote stands that ends it.
        at: usize,
    },
    /// A member is named like one that is read, but for upper and lower case, which some readers take for the same.
    #[error("the name before byte {at} is `{name}` but for upper and lower case")]
    Ambiguous {
        /// The name that it resembles.
        name: &'static str,
        /// Where the quote stands that ends it.
        at: usize,
    },
    /// A member that is read has a value of another type.
    #[error("`{name}` at byte {at} is not {expected}")]
    Unexpected {
        /// Its name.
        name: &'static str,
        /// Where the value begins.
        at: usize,
        /// What it should be.
        expected: &'static str,
    },
}
