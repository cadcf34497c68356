use std::fmt;

/// Why a request has no single reading. All of them are answered with 400.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InvalidRequest {
    /// No `:method`, or not a token.
    Method,
    /// No `:authority`, or one with anything but a host and a port.
    Authority,
    /// No `:path`, or one that does not start with `/`.
    PathForm,
    /// A byte that a path cannot hold: a control, `\`, `#`, a raw non-ASCII byte, or another outside RFC 3986 `pchar`.
    PathByte,
    /// A path parameter (`;`): servers disagree about whether it belongs to the segment.
    PathParameter,
    /// A `.` or `..` segment.
    DotSegment,
    /// An empty segment (`//`).
    EmptySegment,
    /// `%` without two hexadecimal digits.
    PercentForm,
    /// A percent-encoded byte that must not be encoded, or hides a separator or a control: `%2e`, `%2f`, `%5c`, `%00`, `%41`.
    PercentEncoded,
    /// Percent-encoded bytes that are not UTF-8.
    PathUtf8,
    /// A header that the policy set reads occurs more than once.
    RepeatedHeader,
    /// A header that would make the upstream act on another method or path than the one decided.
    Override,
    /// A query parameter that the policy set reads occurs more than once, in whatever spelling, or in brackets.
    RepeatedParameter,
    /// The name of a query parameter, or the value of one that the policy set reads, has a `%` without two hexadecimal
    /// digits or is not UTF-8.
    QueryEncoding,
    /// More query parameters than are looked through.
    QueryParameters,
    /// A `;` in a query of which conditions read parameters.
    QuerySeparator,
    /// A `content-length` that is not one number.
    ContentLength,
    /// A body that the route reads is encoded, as by compression.
    ContentEncoding,
    /// A body that the route reads is not declared to be JSON in UTF-8.
    ContentType,
    /// A body that the route reads is not JSON in UTF-8.
    Body,
    /// A key occurs twice in an object of the body.
    RepeatedKey,
    /// The body nests deeper than is read.
    BodyDepth,
    /// More values in the body than are read.
    BodyValues,
}

impl fmt::Display for InvalidRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            InvalidRequest::Method => "the method is missing or not a token",
            InvalidRequest::Authority => "the authority is missing or more than a host and a port",
            InvalidRequest::PathForm => "the path is missing or does not start with a slash",
            InvalidRequest::PathByte => "the path holds a byte that must be percent-encoded",
            InvalidRequest::PathParameter => "the path holds a parameter (`;`)",
            InvalidRequest::DotSegment => "the path holds a dot segment",
            InvalidRequest::EmptySegment => "the path holds an empty segment",
            InvalidRequest::PercentForm => "the path holds a `%` without two hexadecimal digits",
            InvalidRequest::PercentEncoded => "the path percent-encodes a byte that must not be",
            InvalidRequest::PathUtf8 => "the path's percent-encoded bytes are not UTF-8",
            InvalidRequest::RepeatedHeader => "a header that policies read is repeated",
            InvalidRequest::Override => "a header asks for another method or path to be acted on",
            InvalidRequest::RepeatedParameter => "a query parameter that policies read is repeated or in brackets",
            InvalidRequest::QueryEncoding => "the query is not percent-encoded UTF-8",
            InvalidRequest::QueryParameters => "the query has too many parameters",
            InvalidRequest::QuerySeparator => {
                "the query has a `;`, which some servers take for a separator; encode it as `%3B`"
            }
            InvalidRequest::ContentLength => "the content length is not one number",
            InvalidRequest::ContentEncoding => "the body has a content encoding, which this route does not take",
            InvalidRequest::ContentType => "the body is not declared to be JSON, which this route takes alone",
            InvalidRequest::Body => "the body is not JSON in UTF-8",
            InvalidRequest::RepeatedKey => "an object in the body repeats a key",
            InvalidRequest::BodyDepth => "the body is nested too deeply",
            InvalidRequest::BodyValues => "the body holds too many values",
        })
    }
}
