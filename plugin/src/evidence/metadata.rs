//! Verified claims in dynamic metadata: `envoy.config.core.v3.Metadata`, a map from filter names to
//! `google.protobuf.Struct`.

use tollgate_policy::data::{Data, Fields};
use tollgate_policy::identity::{Presented, UnreadClaims};

use crate::protobuf::{self, InvalidStruct};

use super::MAX_CLAIMS;

/// Where `jwt_authn` puts the claims it has verified.
const NAMESPACE: &str = "envoy.filters.http.jwt_authn";

#[derive(Debug, thiserror::Error)]
enum InvalidMetadata {
    #[error(transparent)]
    Invalid(#[from] InvalidStruct),
    #[error("more than {MAX_CLAIMS} bytes")]
    TooLarge,
    #[error("not an object")]
    NotAnObject,
}

/// The claims under `key`, if `jwt_authn` put any there.
pub(super) fn claims(metadata: &[u8], key: &str) -> Presented<Fields> {
    match read(metadata, key) {
        Ok(None) => Presented::Absent,
        Ok(Some(claims)) => Presented::Valid(claims),
        Err(why) => Presented::Invalid(format!("dynamic metadata `{NAMESPACE}`, key `{key}`: {why}")),
    }
}

/// The same, to be compared with claims that were read before.
pub(super) fn unread<'a>(metadata: &'a [u8], key: &str) -> Option<UnreadClaims<'a>> {
    let value = find(metadata, key).ok()??;
    Some(UnreadClaims::new(value, protobuf::object_hash(value)?, protobuf::same_object))
}

fn read(metadata: &[u8], key: &str) -> Result<Option<Fields>, InvalidMetadata> {
    let Some(value) = find(metadata, key)? else { return Ok(None) };
    match protobuf::value(value)? {
        Data::Map(claims) => Ok(Some(claims)),
        _ => Err(InvalidMetadata::NotAnObject),
    }
}

fn find<'a>(metadata: &'a [u8], key: &str) -> Result<Option<&'a [u8]>, InvalidMetadata> {
    if metadata.len() > MAX_CLAIMS {
        return Err(InvalidMetadata::TooLarge);
    }
    // Both `Metadata.filter_metadata` and `Struct.fields` are maps in field 1.
    let Some(structure) = protobuf::entry(metadata, NAMESPACE)? else { return Ok(None) };
    Ok(protobuf::entry(structure, key)?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protobuf::build::{boolean, entry, list, message, null, number, object, string, structure};

    /// Metadata with this value under the key `jwt_payload`, among others.
    fn metadata(value: &[u8]) -> Vec<u8> {
        let ours = [entry("other", &string("x")), entry("jwt_payload", value)].concat();
        let mallory = object(&[("sub", string("mallory"))]);
        [
            entry("envoy.lb", &entry("jwt_payload", &mallory)),
            entry(NAMESPACE, &ours),
            message(2, "typed metadata is not ours to read"),
        ]
        .concat()
    }

    fn read_under_key(value: &[u8]) -> Presented<Fields> {
        claims(&metadata(value), "jwt_payload")
    }

    #[test]
    fn claims_are_read_from_the_filters_own_entry() {
        let Presented::Valid(fields) = read_under_key(&object(&[("sub", string("alice"))])) else {
            panic!("not valid")
        };
        assert_eq!(fields.get("sub"), Some(&Data::from("alice")));
    }

    #[test]
    fn without_the_filters_entry_or_the_key_claims_are_absent() {
        assert_eq!(claims(&[], "jwt_payload"), Presented::Absent);
        assert_eq!(claims(&entry("envoy.lb", &[]), "jwt_payload"), Presented::Absent);
        assert_eq!(claims(&entry(NAMESPACE, &[]), "jwt_payload"), Presented::Absent);
        assert_eq!(claims(&metadata(&object(&[])), "another"), Presented::Absent);
    }

    #[test]
    fn an_empty_object_is_present() {
        assert_eq!(read_under_key(&object(&[])), Presented::Valid(Fields::default()));
    }

    #[test]
    fn claims_that_are_no_object_are_invalid() {
        for value in [string("alice"), number(1.0), null(), boolean(true), list(&[]), vec![]] {
            assert!(matches!(read_under_key(&value), Presented::Invalid(_)), "{value:x?}");
        }
    }

    #[test]
    fn repeated_entries_are_invalid() {
        let value = object(&[]);
        let keys = entry(NAMESPACE, &structure(&[("k", value.clone()), ("k", value.clone())]));
        let namespaces = [entry(NAMESPACE, &[]), entry(NAMESPACE, &entry("k", &value))].concat();
        for metadata in [keys, namespaces] {
            assert!(matches!(claims(&metadata, "k"), Presented::Invalid(_)));
        }
    }

    #[test]
    fn size_is_bounded() {
        let large = object(&[("a", string(&"x".repeat(MAX_CLAIMS)))]);
        assert!(matches!(read_under_key(&large), Presented::Invalid(_)));
    }
}
