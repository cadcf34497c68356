use bumpalo::Bump;
use proptest::prelude::*;

use crate::http::path::decode;
use crate::http::{CanonicalPath, InvalidRequest};

fn parse(target: &str) -> Result<&str, InvalidRequest> {
    CanonicalPath::parse(target.as_bytes()).map(CanonicalPath::as_str)
}

#[test]
fn canonical_paths_are_taken_as_they_are() {
    for path in [
        "/",
        "/a",
        "/a/",
        "/v1/users/alice/documents/42",
        "/a%20b/%C3%A9",
        "/pkg.Service/Method",
        "/a:b@c!$&'()*+,=~_-",
    ] {
        assert_eq!(parse(path), Ok(path));
    }
}

#[test]
fn the_query_is_not_part_of_the_path() {
    assert_eq!(parse("/a?b=/../c;d"), Ok("/a"));
    assert_eq!(parse("/?"), Ok("/"));
}

#[test]
fn what_has_two_readings_is_refused() {
    let cases = [
        ("", InvalidRequest::PathForm),
        ("*", InvalidRequest::PathForm),
        ("a", InvalidRequest::PathForm),
        ("?a", InvalidRequest::PathForm),
        ("http://host/a", InvalidRequest::PathForm),
        ("//", InvalidRequest::EmptySegment),
        ("/a//b", InvalidRequest::EmptySegment),
        ("/.", InvalidRequest::DotSegment),
        ("/a/..", InvalidRequest::DotSegment),
        ("/a/./b", InvalidRequest::DotSegment),
        ("/%2e%2e/a", InvalidRequest::PercentEncoded),
        ("/a%2fb", InvalidRequest::PercentEncoded),
        ("/a%2Fb", InvalidRequest::PercentEncoded),
        ("/a%5cb", InvalidRequest::PercentEncoded),
        ("/a%00", InvalidRequest::PercentEncoded),
        ("/a%0d%0ab", InvalidRequest::PercentEncoded),
        ("/a%7f", InvalidRequest::PercentEncoded),
        ("/%61dmin", InvalidRequest::PercentEncoded),
        ("/%252e%252e", InvalidRequest::PercentEncoded),
        ("/a%", InvalidRequest::PercentForm),
        ("/a%4", InvalidRequest::PercentForm),
        ("/a%zz", InvalidRequest::PercentForm),
        ("/a%+1", InvalidRequest::PercentForm),
        ("/a;b", InvalidRequest::PathParameter),
        ("/a%3bb", InvalidRequest::PathParameter),
        ("/a\\b", InvalidRequest::PathByte),
        ("/a b", InvalidRequest::PathByte),
        ("/a#b", InvalidRequest::PathByte),
        ("/a\0", InvalidRequest::PathByte),
        ("/é", InvalidRequest::PathByte),
        ("/a|b", InvalidRequest::PathByte),
        ("/%ff", InvalidRequest::PathUtf8),
        ("/%C3/%A9", InvalidRequest::PathUtf8),
        ("/%C0%AE", InvalidRequest::PathUtf8),
    ];
    for (target, expected) in cases {
        assert_eq!(parse(target), Err(expected), "{target:?}");
    }
}

#[test]
fn decoding_undoes_percent_encoding_once() {
    let arena = Bump::new();
    assert_eq!(decode("a%20b%25", &arena), "a b%");
    assert_eq!(decode("%C3%A9", &arena), "é");
}

proptest! {
    #[test]
    fn any_bytes_get_an_answer(bytes in prop::collection::vec(any::<u8>(), 0..64)) {
        let _ = CanonicalPath::parse(&bytes);
    }

    /// Encoding anything for a path segment, decoding gives it back: no two segments of different meaning look alike.
    #[test]
    fn segments_survive_the_road(text in "[^/\\\\;\\x00-\\x1f\\x7f]{1,12}") {
        let is_kept = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
        let encoded: String = text
            .bytes()
            .map(|byte| if is_kept(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") })
            .collect();
        prop_assume!(text != "." && text != ".." && !text.contains('%'));
        let target = format!("/{encoded}");
        prop_assert_eq!(CanonicalPath::parse(target.as_bytes()).map(CanonicalPath::as_str), Ok(target.as_str()));
        let arena = Bump::new();
        prop_assert_eq!(decode(&encoded, &arena), text);
    }
}
