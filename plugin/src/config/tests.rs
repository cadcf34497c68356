use std::time::Duration;

use super::*;
use crate::protobuf::build::{boolean, object, string, structure};

const KEY: &str = "11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=";

fn feed(config: &str) -> FeedConfig {
    match Config::parse(config.as_bytes()).unwrap().source {
        Source::Feed(feed) => feed,
        Source::Standalone(_) => panic!("no feed"),
    }
}

fn refusal(text: &str) -> String {
    Config::parse(text.as_bytes()).unwrap_err().to_string()
}

#[test]
fn a_full_configuration_is_read() {
    let config = Config::parse(
        br#"{"feed": {"cluster": "tollgate_companion"}, "explain": true,
            "forward": {"x-tollgate-principal": "principal.id", "x-tollgate-roles": "principal.roles",
                        "x-tollgate-policy": "decision.policy", "x-tollgate-decision": "decision.id",
                        "x-tollgate-snapshot": "decision.snapshot"}}"#,
    )
    .unwrap();
    assert!(matches!(&config.source, Source::Feed(feed) if feed.cluster.as_str() == "tollgate_companion"));
    assert!(config.explain);
    let forwarded: Vec<_> = config.forward.iter().map(|(name, fact)| (name.as_str(), fact)).collect();
    assert_eq!(
        forwarded,
        [
            ("x-tollgate-decision", Fact::DecisionId),
            ("x-tollgate-policy", Fact::DecisionPolicy),
            ("x-tollgate-principal", Fact::PrincipalId),
            ("x-tollgate-roles", Fact::PrincipalRoles),
            ("x-tollgate-snapshot", Fact::DecisionSnapshot),
        ]
    );
}

#[test]
fn only_the_source_of_snapshots_is_required() {
    let config = Config::parse(br#"{"feed": {"cluster": "c"}}"#).unwrap();
    let Source::Feed(FeedConfig { trust, max_issued_age, max_staleness, .. }) = config.source else {
        panic!("no feed")
    };
    assert_eq!((trust, max_issued_age, max_staleness), (None, None, None));
    assert!(!config.explain);
    assert_eq!(config.forward.iter().count(), 0);
    assert!(refusal("{}").contains("missing field `feed`, or `standalone`"));
    let both = r#"{"feed": {"cluster": "c"}, "standalone": {"snapshot": ""}}"#;
    assert!(refusal(both).contains("`feed` or `standalone`, not both"));
}

#[test]
fn keys_come_with_an_audience_and_spans_of_time() {
    let config = feed(&format!(
        r#"{{"feed": {{"cluster": "c", "audience": "prod", "keys": [{{"id": "2026-11", "ed25519": "{KEY}"}}],
            "max_issued_age": "24h", "max_staleness": "1m30s"}}}}"#
    ));
    let trust = config.trust.unwrap();
    assert_eq!((&*trust.audience, &*trust.keys[0].id, trust.keys.len()), ("prod", "2026-11", 1));
    assert_eq!(config.max_issued_age, Some(Duration::from_secs(24 * 3600)));
    assert_eq!(config.max_staleness, Some(Duration::from_secs(90)));
    let unsigned = feed(r#"{"feed": {"cluster": "c", "max_staleness": "3s"}}"#);
    assert_eq!(unsigned.max_staleness, Some(Duration::from_secs(3)));
}

#[test]
fn keys_that_would_hold_nothing_are_refused() {
    let with = |members: &str| refusal(&format!(r#"{{"feed": {{"cluster": "c", {members}}}}}"#));
    let key = |id: &str| format!(r#"{{"id": "{id}", "ed25519": "{KEY}"}}"#);
    let keys = |keys: &str| with(&format!(r#""audience": "a", "keys": {keys}"#));
    assert!(with(r#""audience": "a""#).contains("`audience` says nothing without `keys`"));
    assert!(with(r#""max_issued_age": "1h""#).contains("`max_issued_age` says nothing without `keys`"));
    assert!(with(&format!(r#""keys": [{}]"#, key("k"))).contains("need an `audience`"));
    assert!(with(&format!(r#""audience": "", "keys": [{}]"#, key("k"))).contains("`audience` is not 1 to 256"));
    assert!(keys("[]").contains("1 to 16 keys, not 0"));
    assert!(keys(&format!("[{}]", vec![key("k"); 17].join(","))).contains("not 17"));
    assert!(keys("1").contains("`keys` is not a list"));
    assert!(keys(&format!("[{0}, {0}]", key("k"))).contains("two keys are called `k`"));
    assert!(keys(&format!("[{}]", key(""))).contains("a key's `id`"));
    assert!(keys(r#"[{"id": "k"}]"#).contains("missing field `ed25519`"));
    assert!(keys(&format!(r#"[{{"id": "k", "ed25519": "{KEY}", "kind": 1}}]"#)).contains("unknown field `kind`"));
    // Not base64, too short, and a point of small order.
    for bytes in ["?", "AAAA", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="] {
        let message = keys(&format!(r#"[{{"id": "k", "ed25519": "{bytes}"}}]"#));
        assert!(message.contains("key `k`: `ed25519` is not"), "{message}");
    }
}

#[test]
fn spans_of_time_are_at_least_a_second() {
    for span in [r#""999ms""#, r#""0""#, r#""-1h""#, r#""soon""#, "90", "true"] {
        let message = refusal(&format!(r#"{{"feed": {{"cluster": "c", "max_staleness": {span}}}}}"#));
        assert!(message.contains("`max_staleness` is not a span"), "{message}");
    }
}

#[test]
fn a_snapshot_of_its_own_takes_the_place_of_a_feed() {
    let text = format!(
        r#"{{"standalone": {{"snapshot": "c25hcA==", "audience": "a", "keys": [{{"id": "k", "ed25519": "{KEY}"}}]}}}}"#
    );
    let Source::Standalone(config) = Config::parse(text.as_bytes()).unwrap().source else { panic!("a feed") };
    assert_eq!((&*config.snapshot, config.trust.is_some()), (&b"snap"[..], true));
    assert!(refusal(r#"{"standalone": {}}"#).contains("missing field `snapshot`"));
    assert!(refusal(r#"{"standalone": {"snapshot": "?"}}"#).contains("`snapshot` is not the base64"));
    assert!(refusal(r#"{"standalone": {"snapshot": "", "cluster": "c"}}"#).contains("unknown field `cluster`"));
}

#[test]
fn an_empty_configuration_says_what_the_least_is() {
    assert!(refusal("").contains(r#"{"feed": {"cluster": "#));
}

#[test]
fn unknown_and_repeated_members_are_refused() {
    let text = r#"{"feed": {"cluster": "c"}, "explian": true}"#;
    assert!(refusal(text).contains("unknown field `explian`"));
    assert!(refusal(r#"{"feed": {"cluster": "c", "tls": 1}}"#).contains("unknown field `tls`"));
    assert!(
        refusal(r#"{"feed": {"cluster": "c"}, "explain": true, "explain": false}"#).contains("duplicate key `explain`")
    );
    let twice = r#"{"feed": {"cluster": "c"}, "forward": {"x-a": "principal.id", "x-a": "decision.id"}}"#;
    assert!(refusal(twice).contains("duplicate key `x-a`"));
}

#[test]
fn members_are_of_their_types() {
    assert!(refusal("[]").contains("not an object"));
    assert!(refusal(r#"{"feed": "c"}"#).contains("`feed` is not an object"));
    assert!(refusal(r#"{"feed": {}}"#).contains("missing field `cluster`"));
    assert!(refusal(r#"{"feed": {"cluster": 1}}"#).contains("`cluster` is not a string"));
    assert!(refusal(r#"{"feed": {"cluster": "c"}, "explain": 1}"#).contains("`explain` is not true or false"));
    assert!(refusal(r#"{"feed": {"cluster": "c"}, "forward": []}"#).contains("`forward` is not an object"));
    assert!(refusal(r#"{"feed": {"cluster": "c"}, "forward": {"x-a": 1}}"#).contains("header `x-a`"));
    assert!(refusal("{").contains("not JSON at byte 1"));
}

#[test]
fn facts_are_a_closed_set() {
    let text = r#"{"feed": {"cluster": "c"}, "forward": {"x-a": "principal.name"}}"#;
    let message = refusal(text);
    assert!(message.contains("`principal.name`") && message.contains("`principal.id`"), "{message}");
}

#[test]
fn header_names_that_cannot_carry_a_fact_are_refused() {
    for name in ["", "X-Upper", ":path", "x_underscore", "x a", "x\u{e9}", "x\\r\\ny", "content-length", "host"] {
        let text = format!(r#"{{"feed": {{"cluster": "c"}}, "forward": {{"{name}": "principal.id"}}}}"#);
        assert!(Config::parse(text.as_bytes()).is_err(), "{name}");
    }
}

#[test]
fn a_cluster_name_has_a_length_that_fits() {
    assert!(Config::parse(br#"{"feed": {"cluster": ""}}"#).is_err());
    let long = "c".repeat(121);
    assert!(ClusterName::try_from(long).is_err());
    assert!(ClusterName::try_from("c".repeat(120)).is_ok());
}

#[test]
fn a_cluster_becomes_an_encoded_grpc_service() {
    let cluster = ClusterName::try_from("envoy".to_owned()).unwrap();
    assert_eq!(cluster.grpc_service(300), b"\x0a\x0c\x0a\x05envoy\x22\x03\x08\xac\x02");
    let longest = ClusterName::try_from("n".repeat(120)).unwrap();
    assert!(longest.grpc_service(1).starts_with(b"\x0a\x7e\x0a\x78nnn"));
}

#[test]
fn a_struct_is_read_like_json() {
    let bytes = structure(&[
        ("feed", object(&[("cluster", string("c"))])),
        ("explain", boolean(true)),
        ("forward", object(&[("x-a", string("decision.id"))])),
    ]);
    let json = br#"{"feed": {"cluster": "c"}, "explain": true, "forward": {"x-a": "decision.id"}}"#;
    assert_eq!(Config::parse(&bytes).unwrap(), Config::parse(json).unwrap());
    let unknown = Config::parse(&structure(&[("feed", string("c")), ("fed", string("c"))]));
    assert!(unknown.is_err());
}
