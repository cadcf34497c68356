//! How clients could keep from this proxy what Google says that they used.

/// Parameters of Google's APIs that leave parts out of an answer, or that carry headers, another method or another request.
const PARAMETERS: [&str; 5] = ["fields", "$fields", "$httpHeaders", "$httpMethod", "$req"];

/// The first of these in a path's query.
pub(super) fn parameter(path: &str) -> Option<&'static str> {
    let (_, query) = path.split_once('?')?;
    query.split(['&', ';']).find_map(|pair| {
        let name = pair.split('=').next().unwrap_or_default();
        PARAMETERS.into_iter().find(|known| is_encoded(name, known))
    })
}

/// Whether text is this one, if bytes of it may be percent-encoded and letters of either case.
fn is_encoded(text: &str, known: &str) -> bool {
    crate::api::decoded(text).is_some_and(|decoded| decoded.eq_ignore_ascii_case(known))
}
