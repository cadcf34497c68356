use crate::data::{Data, InvalidJson};

use super::{Headers, InvalidRequest};

/// Largest body that a route can read, in bytes.
pub(crate) const MAX_BODY: usize = 1 << 20;

/// Reads a body: JSON with one reading.
///
/// # Errors
/// If it is not JSON in UTF-8, repeats a key in an object, nests too deeply or holds too many values.
pub(crate) fn parse(bytes: &[u8]) -> Result<Data, InvalidRequest> {
    Data::from_json(bytes).map_err(|why| match why {
        InvalidJson::Syntax(_) | InvalidJson::NotAnObject => InvalidRequest::Body,
        InvalidJson::TooDeep => InvalidRequest::BodyDepth,
        InvalidJson::TooManyValues => InvalidRequest::BodyValues,
        InvalidJson::RepeatedKey(_) => InvalidRequest::RepeatedKey,
    })
}

/// How long the body is said to be.
///
/// # Errors
/// If that is not one number.
pub(crate) fn announced(headers: Headers<'_>) -> Result<Option<usize>, InvalidRequest> {
    let Some(length) = headers.get("content-length") else { return Ok(None) };
    let digits = str::from_utf8(length).ok().filter(|text| text.bytes().all(|byte| byte.is_ascii_digit()));
    // Lengths that no number holds are too large for every route.
    let number = digits.filter(|text| !text.is_empty()).map(|text| text.parse().unwrap_or(usize::MAX));
    number.filter(|_| !headers.repeats("content-length")).map(Some).ok_or(InvalidRequest::ContentLength)
}

/// Whether the headers say that the body's bytes are JSON: no other encoding is undone, and no other type guessed.
///
/// # Errors
/// If they do not.
pub(crate) fn check_media(headers: Headers<'_>) -> Result<(), InvalidRequest> {
    let named = |name: &'static str| headers.0.iter().filter(move |(key, _)| *key == name.as_bytes());
    let plain =
        |name, coding: &str| named(name).all(|(_, value)| value.trim_ascii().eq_ignore_ascii_case(coding.as_bytes()));
    if !plain("content-encoding", "identity") || !plain("transfer-encoding", "chunked") {
        return Err(InvalidRequest::ContentEncoding);
    }
    let content_type = headers.get("content-type").and_then(|value| str::from_utf8(value).ok());
    match content_type.is_some_and(is_json) && !headers.repeats("content-type") {
        true => Ok(()),
        false => Err(InvalidRequest::ContentType),
    }
}

/// `application/json`, or a type that ends in `+json`, in UTF-8 as far as a charset is given.
fn is_json(content_type: &str) -> bool {
    let mut parts = content_type.split(';').map(str::trim);
    let media_type = parts.next().unwrap_or_default().to_ascii_lowercase();
    let is_token = |text: &str| {
        !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"!#$&-^_.+".contains(&byte))
    };
    let known = media_type.split_once('/').is_some_and(|(own, sub)| {
        is_token(own) && is_token(sub) && ((own == "application" && sub == "json") || sub.ends_with("+json"))
    });
    let in_utf8 = |parameter: &str| {
        let (name, value) = parameter.split_once('=').unwrap_or((parameter, ""));
        !name.trim().eq_ignore_ascii_case("charset") || value.trim().trim_matches('"').eq_ignore_ascii_case("utf-8")
    };
    // A comma joins two headers into one.
    known && !content_type.contains(',') && parts.all(in_utf8)
}

#[cfg(test)]
mod tests {
    use crate::data::{MAX_DEPTH, MAX_VALUES};

    use super::*;

    fn media(headers: &[(&str, &str)]) -> Result<(), InvalidRequest> {
        let headers: Vec<_> = headers.iter().map(|(name, value)| (name.as_bytes(), value.as_bytes())).collect();
        check_media(Headers(&headers))
    }

    #[test]
    fn what_has_one_reading_is_read() {
        let data = parse(br#" {"a": [1, 2.5, null, true], "b": {"\u0061": "\u00e9"}} "#).unwrap();
        let Data::Map(fields) = data else { panic!("{data:?}") };
        assert_eq!(
            fields.get("a"),
            Some(&Data::List([Data::Int(1), Data::Double(2.5), Data::Null, Data::Bool(true)].into()))
        );
        let Some(Data::Map(inner)) = fields.get("b") else { panic!("{fields:?}") };
        assert_eq!(inner.get("a"), Some(&Data::from("é")));
        assert_eq!(parse(b"0.1"), Ok(Data::Double(0.1)));
    }

    #[test]
    fn a_repeated_key_is_found_at_any_depth_and_in_any_spelling() {
        for text in [r#"{"a":1,"a":1}"#, r#"[{"x":[{"a":1,"b":2,"\u0061":3}]}]"#] {
            assert_eq!(parse(text.as_bytes()), Err(InvalidRequest::RepeatedKey), "{text}");
        }
    }

    #[test]
    fn what_is_not_json_is_refused() {
        let not_json: [&[u8]; 14] = [
            b"",
            b" ",
            b"{",
            b"{\"a\":1}{",
            b"{a:1}",
            b"{'a':1}",
            b"[1,]",
            b"NaN",
            b"1e999",
            b"01",
            b"\xef\xbb\xbf{}",
            b"\"\xff\"",
            b"\"\\ud800\"",
            b"{} //",
        ];
        for bytes in not_json {
            assert_eq!(parse(bytes), Err(InvalidRequest::Body), "{}", bytes.escape_ascii());
        }
    }

    #[test]
    fn depth_and_number_of_values_are_bounded() {
        let nested = |depth: usize| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
        assert!(parse(nested(MAX_DEPTH).as_bytes()).is_ok());
        assert_eq!(parse(nested(MAX_DEPTH + 1).as_bytes()), Err(InvalidRequest::BodyDepth));
        assert_eq!(parse("[".repeat(MAX_BODY).as_bytes()), Err(InvalidRequest::BodyDepth));
        let wide = |count: usize| format!("[{}0]", "0,".repeat(count - 1));
        assert!(parse(wide(MAX_VALUES - 1).as_bytes()).is_ok());
        assert_eq!(parse(wide(MAX_VALUES).as_bytes()), Err(InvalidRequest::BodyValues));
        let in_text = format!("\"{}\\\"[[\"", "[,".repeat(MAX_VALUES));
        assert!(parse(in_text.as_bytes()).is_ok());
    }

    #[test]
    fn announced_lengths_are_one_number() {
        let announced = |values: &[&str]| {
            let headers: Vec<_> = values.iter().map(|value| (&b"content-length"[..], value.as_bytes())).collect();
            super::announced(Headers(&headers))
        };
        assert_eq!(announced(&[]), Ok(None));
        assert_eq!(announced(&["12"]), Ok(Some(12)));
        assert_eq!(announced(&["99999999999999999999999"]), Ok(Some(usize::MAX)));
        for values in [&["+1"][..], &[""], &["1, 1"], &["1", "1"], &["-1"], &["0x1"], &["\u{661}"]] {
            assert_eq!(announced(values), Err(InvalidRequest::ContentLength), "{values:?}");
        }
    }

    #[test]
    fn json_is_told_by_its_content_type() {
        for content_type in [
            "application/json",
            "Application/JSON ; charset=UTF-8",
            "application/json; charset=\"utf-8\"; profile=x",
            "application/vnd.api+json",
            "application/merge-patch+json",
        ] {
            assert_eq!(media(&[("content-type", content_type)]), Ok(()), "{content_type}");
        }
        for content_type in [
            "",
            "text/plain",
            "application/x-www-form-urlencoded",
            "application/jsonp",
            "application/json-seq",
            "application/grpc+proto",
            "text/json",
            "json",
            "/json",
            "a b/c+json",
            "application/json, text/plain",
            "application/json; charset=utf-16",
            "application/json; charset",
            "text/plain; application/json",
        ] {
            assert_eq!(media(&[("content-type", content_type)]), Err(InvalidRequest::ContentType), "{content_type}");
        }
        assert_eq!(media(&[]), Err(InvalidRequest::ContentType));
        let twice = [("content-type", "application/json"), ("content-type", "application/json")];
        assert_eq!(media(&twice), Err(InvalidRequest::ContentType));
    }

    #[test]
    fn encoded_bodies_are_refused() {
        let json = ("content-type", "application/json");
        for (name, value) in
            [("content-encoding", "identity"), ("content-encoding", "Identity "), ("transfer-encoding", "chunked")]
        {
            assert_eq!(media(&[json, (name, value)]), Ok(()), "{name}: {value}");
        }
        for (name, value) in [
            ("content-encoding", "gzip"),
            ("content-encoding", "identity, gzip"),
            ("content-encoding", ""),
            ("transfer-encoding", "gzip, chunked"),
        ] {
            assert_eq!(media(&[json, (name, value)]), Err(InvalidRequest::ContentEncoding), "{name}: {value}");
        }
        let mixed = [json, ("content-encoding", "identity"), ("content-encoding", "br")];
        assert_eq!(media(&mixed), Err(InvalidRequest::ContentEncoding));
    }
}
