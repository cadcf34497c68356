use std::str;

use bumpalo::Bump;
use bumpalo::collections::Vec;

use super::InvalidRequest;
use super::path::hex;

/// Most parameters that a query may have where the snapshot reads any.
const MAX_PARAMETERS: usize = 1024;

/// The query parameters that a snapshot reads and a request has, names and values decoded, each name once.
#[derive(Clone, Copy, Debug, Default)]
pub struct QueryParameters<'a>(pub &'a [(&'a str, &'a str)]);

impl<'a> QueryParameters<'a> {
    /// The value of this parameter.
    #[must_use]
    pub fn get(self, name: &str) -> Option<&'a str> {
        self.0.iter().find(|(key, _)| *key == name).map(|(_, value)| *value)
    }

    /// Finds the parameters of these names, which are sorted, in a request target: `application/x-www-form-urlencoded`,
    /// parameters separated by `&` alone. Names are compared decoded, so that no spelling hides one. Values of other
    /// parameters are not looked at.
    ///
    /// # Errors
    /// If one of them is there twice or in brackets, if there is a `;`, if its value or any parameter's name does not decode to UTF-8, or if
    /// there are too many parameters.
    pub(crate) fn read(target: &'a [u8], names: &[Box<str>], arena: &'a Bump) -> Result<Self, InvalidRequest> {
        if names.is_empty() {
            return Ok(QueryParameters::default());
        }
        let Some(query) = after(target, b'?') else { return Ok(QueryParameters::default()) };
        // To some servers it separates parameters, too: they would read others than we do.
        if query.contains(&b';') {
            return Err(InvalidRequest::QuerySeparator);
        }
        let mut found: Vec<'a, (&str, &str)> = Vec::new_in(arena);
        for (number, parameter) in query.split(|byte| *byte == b'&').enumerate() {
            if number >= MAX_PARAMETERS {
                return Err(InvalidRequest::QueryParameters);
            }
            let value = after(parameter, b'=');
            let name = parameter.get(..parameter.len() - value.map_or(0, |value| value.len() + 1)).unwrap_or_default();
            let name = decode(name, arena)?;
            let is_read = |name: &str| names.binary_search_by(|known| (**known).cmp(name)).is_ok();
            if is_read(name) {
                if found.iter().any(|(known, _)| *known == name) {
                    return Err(InvalidRequest::RepeatedParameter);
                }
                found.push((name, decode(value.unwrap_or_default(), arena)?));
            } else if name.split_once('[').is_some_and(|(plain, _)| is_read(plain)) {
                // Some servers take `name[]` and `name[key]` for more of `name`.
                return Err(InvalidRequest::RepeatedParameter);
            }
        }
        Ok(QueryParameters(found.into_bump_slice()))
    }
}

/// What follows the first of these bytes.
fn after(text: &[u8], separator: u8) -> Option<&[u8]> {
    let at = text.iter().position(|byte| *byte == separator)?;
    text.get(at + 1..)
}

/// Percent-encoding undone, and `+` as a space; borrowed where there is neither.
fn decode<'a>(raw: &'a [u8], arena: &'a Bump) -> Result<&'a str, InvalidRequest> {
    let text = match raw.iter().any(|byte| matches!(byte, b'%' | b'+')) {
        true => decoded(raw, arena).ok_or(InvalidRequest::QueryEncoding)?,
        false => raw,
    };
    str::from_utf8(text).map_err(|_| InvalidRequest::QueryEncoding)
}

fn decoded<'a>(raw: &[u8], arena: &'a Bump) -> Option<&'a [u8]> {
    let mut text = Vec::with_capacity_in(raw.len(), arena);
    let mut bytes = raw.iter();
    while let Some(byte) = bytes.next() {
        text.push(match byte {
            b'%' => hex(bytes.next())? << 4 | hex(bytes.next())?,
            b'+' => b' ',
            byte => *byte,
        });
    }
    Some(text.into_bump_slice())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(names: &[&str]) -> std::vec::Vec<Box<str>> {
        let mut names: std::vec::Vec<Box<str>> = names.iter().map(|name| (*name).into()).collect();
        names.sort_unstable();
        names
    }

    fn read(target: &str, read: &[&str]) -> Result<std::vec::Vec<(String, String)>, InvalidRequest> {
        let (arena, names) = (Bump::new(), names(read));
        let found = QueryParameters::read(target.as_bytes(), &names, &arena)?;
        Ok(found.0.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect())
    }

    fn value(target: &str) -> Result<Option<String>, InvalidRequest> {
        Ok(read(target, &["a"])?.into_iter().next().map(|(_, value)| value))
    }

    #[test]
    fn only_the_parameters_that_are_read_are_found() {
        let found = read("/x?b=2&a=1&c=%zz&d", &["a", "d", "missing"]).unwrap();
        assert_eq!(found, [("a".to_owned(), "1".to_owned()), ("d".to_owned(), String::new())]);
        assert_eq!(read("/x?a=1", &[]), Ok(vec![]));
        assert_eq!(read("/x", &["a"]), Ok(vec![]));
    }

    #[test]
    fn a_separator_of_some_servers_is_refused_where_parameters_are_read() {
        assert_eq!(read("/x?y=1;a=evil&a=1", &["a"]), Err(InvalidRequest::QuerySeparator));
        assert_eq!(read("/x?y=1;z=2", &[]), Ok(vec![]));
    }

    #[test]
    fn values_are_decoded_as_forms_are() {
        for (target, text) in [
            ("/x?a=1%3Ba=2", "1;a=2"),
            ("/x?a=b%20c+d", "b c d"),
            ("/x?a=%C3%A9", "é"),
            ("/x?a=1=2?3", "1=2?3"),
            ("/x?a=%2B%26%3d", "+&="),
            ("/x?a", ""),
            ("/x?&&a=1&", "1"),
            ("/x?%61=1", "1"),
        ] {
            assert_eq!(value(target), Ok(Some(text.to_owned())), "{target}");
        }
        assert_eq!(value("/x?aa=1&A=1&=1"), Ok(None));
        assert_eq!(value("/a=1"), Ok(None));
    }

    #[test]
    fn a_repetition_is_found_in_every_spelling() {
        for target in ["/x?a=1&a=1", "/x?a=1&%61=2", "/x?a&a", "/x?a[]=1", "/x?a=1&a%5B0%5D=2", "/x?a[b=2"] {
            assert_eq!(value(target), Err(InvalidRequest::RepeatedParameter), "{target}");
        }
        assert_eq!(value("/x?b=1&b=2&b[]=3&a=4"), Ok(Some("4".to_owned())));
    }

    #[test]
    fn what_does_not_decode_is_refused_where_it_is_read() {
        for target in ["/x?a=%", "/x?a=%1", "/x?a=%g1", "/x?a=%ff", "/x?%=1", "/x?%ff=1", "/x?a=1&b%=2"] {
            assert_eq!(value(target), Err(InvalidRequest::QueryEncoding), "{target}");
        }
        assert_eq!(value("/x?b=%ff&a=1"), Ok(Some("1".to_owned())));
    }

    #[test]
    fn the_number_of_parameters_is_bounded() {
        let many = |count: usize| format!("/x?a=1{}", "&b=2".repeat(count - 1));
        assert_eq!(value(&many(MAX_PARAMETERS)), Ok(Some("1".to_owned())));
        assert_eq!(value(&many(MAX_PARAMETERS + 1)), Err(InvalidRequest::QueryParameters));
        assert_eq!(read(&many(MAX_PARAMETERS + 1), &[]), Ok(vec![]));
    }

    #[test]
    fn a_name_with_brackets_can_be_read_as_it_is() {
        assert_eq!(read("/x?f[a]=1&f[b]=2", &["f[a]"]), Ok(vec![("f[a]".to_owned(), "1".to_owned())]));
        assert_eq!(read("/x?f[a]=1&f%5ba%5D=2", &["f[a]"]), Err(InvalidRequest::RepeatedParameter));
    }
}
