use super::*;
use crate::protobuf::build::{boolean, object, string, structure};

fn refusal(text: &str) -> String {
    Config::parse(text.as_bytes()).unwrap_err().to_string()
}

#[test]
fn a_full_configuration_is_read() {
    let config = Config::parse(
        br#"{"feed": {"cluster": "tollgate_companion"}, "explain": true,
            "forward": {"x-tollgate-principal": "principal.id", "x-tollgate-roles": "principal.roles",
                        "x-tollgate-policy": "decision.policy", "x-tollgate-decision": "decision.id"}}"#,
    )
    .unwrap();
    assert_eq!(config.feed.cluster.as_str(), "tollgate_companion");
    assert!(config.explain);
    let forwarded: Vec<_> = config.forward.iter().map(|(name, fact)| (name.as_str(), fact)).collect();
    assert_eq!(
        forwarded,
        [
            ("x-tollgate-decision", Fact::DecisionId),
            ("x-tollgate-policy", Fact::DecisionPolicy),
            ("x-tollgate-principal", Fact::PrincipalId),
            ("x-tollgate-roles", Fact::PrincipalRoles),
        ]
    );
}

#[test]
fn only_the_feed_is_required() {
    let config = Config::parse(br#"{"feed": {"cluster": "c"}}"#).unwrap();
    assert!(!config.explain);
    assert_eq!(config.forward.iter().count(), 0);
    assert!(refusal("{}").contains("missing field `feed`"));
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
    assert_eq!(cluster.grpc_service().as_bytes(), b"\x0a\x07\x0a\x05envoy");
    let longest = ClusterName::try_from("n".repeat(120)).unwrap();
    assert_eq!(longest.grpc_service().len(), 124);
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
