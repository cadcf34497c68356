//! Claims in the header that `jwt_authn` forwards: base64url JSON.

use base64::alphabet;
use base64::engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig};
use base64::engine::{DecodePaddingMode, Engine};
use tollgate_policy::data::Fields;
use tollgate_policy::identity::Presented;

use super::MAX_CLAIMS;

/// Envoy pads the value only where it is told to (`pad_forward_payload_header`).
const BASE64URL: GeneralPurpose = GeneralPurpose::new(
    &alphabet::URL_SAFE,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// The claims in this header's value.
pub(super) fn claims(header: &[u8]) -> Presented<Fields> {
    if header.len() > MAX_CLAIMS {
        return Presented::Invalid(format!("the forwarded payload has more than {MAX_CLAIMS} bytes"));
    }
    let Ok(json) = BASE64URL.decode(header) else {
        return Presented::Invalid("the forwarded payload is not base64url".to_owned());
    };
    match Fields::from_json(&json) {
        Ok(claims) => Presented::Valid(claims),
        Err(why) => Presented::Invalid(format!("the forwarded payload is not a JSON object of claims: {why}")),
    }
}

#[cfg(test)]
mod tests {
    use base64::prelude::*;
    use tollgate_policy::data::Data;

    use super::*;

    fn encoded(json: &str) -> Vec<u8> {
        BASE64_URL_SAFE_NO_PAD.encode(json).into_bytes()
    }

    fn is_invalid(header: &[u8]) -> bool {
        matches!(claims(header), Presented::Invalid(_))
    }

    #[test]
    fn claims_are_read_with_and_without_padding() {
        let json = r#"{"sub": "alice", "n": 9007199254740993, "groups": ["a", null]}"#;
        let padded = BASE64_URL_SAFE.encode(json).into_bytes();
        assert!(padded.ends_with(b"=") && claims(&padded) == claims(&encoded(json)));
        let Presented::Valid(read) = claims(&padded) else { panic!("not valid") };
        assert_eq!(read.get("sub"), Some(&Data::from("alice")));
        assert_eq!(read.get("n"), Some(&Data::Int(9_007_199_254_740_993)));
        assert_eq!(read.get("groups"), Some(&Data::List([Data::from("a"), Data::Null].into())));
    }

    #[test]
    fn what_is_not_base64url_is_invalid() {
        for header in [&b"***"[..], b"e30+", b"e30/", b"e\xff0", b"e30 ", b"{}"] {
            assert!(is_invalid(header), "{header:x?}");
        }
    }

    #[test]
    fn what_is_not_one_object_with_unique_keys_is_invalid() {
        for json in ["", "[]", "null", "1", "{", "{} {}", r#"{"a": 1, "a": 2}"#, r#"{"a": {"b": 1, "b": 1}}"#] {
            assert!(is_invalid(&encoded(json)), "{json}");
        }
        assert_eq!(claims(&encoded("{}")), Presented::Valid(Fields::default()));
    }

    #[test]
    fn endless_nesting_and_endless_size_are_invalid() {
        assert!(is_invalid(&encoded(&format!(r#"{{"a": {}"#, "[".repeat(100_000)))));
        assert!(is_invalid(&vec![b'A'; MAX_CLAIMS + 1]));
    }
}
