mod double;

use std::fs;
use std::num::NonZeroU16;
use std::time::Duration;

use serde_json::{Value, json};
use tollgate_search::{Dimensions, EmbedError, Embedder, ModelVersion, Purpose, Vector};

use super::{HttpConfig, HttpEmbedder, KeyFrom, ServiceError};
use double::{Double, Reply, vector};

fn config(double: &Double) -> HttpConfig {
    let mut config = HttpConfig::of(&double.url, 3);
    config.authorities = double.authority.as_ref().map(|(_, path)| path.clone());
    config
}

fn embedder(config: HttpConfig, double: &Double) -> HttpEmbedder {
    HttpEmbedder::new(config, ModelVersion::default(), double.runtime.handle().clone()).unwrap()
}

fn embed(double: &Double) -> Result<Vec<Vector>, EmbedError> {
    embedder(config(double), double).embed(&["a", "bb"], Purpose::Policy)
}

fn refuse(status: u16, headers: &[(&'static str, &str)], body: &str) -> Reply {
    let headers = headers.iter().map(|(name, value)| (*name, (*value).to_owned())).collect();
    Reply::Refuse(status, headers, body.to_owned())
}

/// With the reason why it may go well later, and when.
fn later(result: Result<Vec<Vector>, EmbedError>) -> (String, Option<Duration>) {
    match result {
        Err(EmbedError::Later { reason, after }) => (reason, after),
        other => panic!("{other:?}"),
    }
}

/// With the reason why it never will.
fn never(result: Result<Vec<Vector>, EmbedError>) -> String {
    match result {
        Err(EmbedError::Never { reason }) => reason,
        other => panic!("{other:?}"),
    }
}

#[test]
fn texts_become_vectors_in_their_order_whatever_the_order_of_the_answer() {
    let double = Double::start(|_| Reply::Well);
    assert_eq!(embed(&double).unwrap(), [vector("a"), vector("bb")]);
    let asked = double.asked();
    assert_eq!(asked.len(), 1);
    assert_eq!(asked[0].path, "/v1/embeddings");
    assert_eq!(asked[0].body, json!({ "model": "tiny", "input": ["a", "bb"], "encoding_format": "float" }));
    assert!(!asked[0].headers.contains_key("authorization"));
    assert_eq!(embedder(config(&double), &double).embed(&[], Purpose::Policy).unwrap(), []);
    assert!(double.asked().is_empty());
}

#[test]
fn many_texts_are_asked_for_in_requests_that_the_service_takes() {
    let double = Double::start(|_| Reply::Well);
    let mut config = config(&double);
    config.limits.texts = NonZeroU16::new(3).unwrap();
    let texts: Vec<String> = (0..10).map(|number| "x".repeat(number + 1)).collect();
    let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
    let vectors = embedder(config, &double).embed(&texts, Purpose::Policy).unwrap();
    assert_eq!(vectors, texts.iter().map(|text| vector(text)).collect::<Vec<_>>());
    let sizes: Vec<_> = double.asked().iter().map(|asked| asked.body["input"].as_array().unwrap().len()).collect();
    assert_eq!(sizes, [3, 3, 3, 1]);
}

#[test]
fn what_goes_wrong_once_is_asked_again() {
    type Fault = fn() -> Reply;
    let faults: [(&str, Fault); 7] = [
        ("unavailable", || refuse(503, &[], "")),
        ("told to wait", || refuse(429, &[("retry-after", "0")], "")),
        ("cut", || Reply::Cut),
        ("no JSON", || Reply::Json("<html>".to_owned())),
        ("too few", || Reply::Json(r#"{"data":[]}"#.to_owned())),
        ("not a number", || Reply::Json(r#"{"data":[{"index":0,"embedding":[NaN,0,1]}]}"#.to_owned())),
        ("zeros", || {
            let rows = [0, 1].map(|index| json!({ "index": index, "embedding": [0, 0, 0] }));
            Reply::Json(json!({ "data": rows }).to_string())
        }),
    ];
    for (what, fault) in faults {
        let double = Double::start(move |number| if number == 0 { fault() } else { Reply::Well });
        assert_eq!(embed(&double).unwrap().len(), 2, "{what}");
        assert_eq!(double.asked().len(), 2, "{what}");
    }
}

#[test]
fn a_service_that_never_has_room_is_asked_a_few_times_and_then_left_alone() {
    let double = Double::start(|_| refuse(429, &[("retry-after", "0")], r#"{"error":{"message":"slow down"}}"#));
    let (reason, after) = later(embed(&double));
    assert!(reason.contains("127.0.0.1") && reason.contains("429") && reason.contains("slow down"), "{reason}");
    assert_eq!(after, Some(Duration::ZERO));
    assert_eq!(double.asked().len(), 4);
}

#[test]
fn a_wait_longer_than_patience_is_left_to_whoever_asked() {
    let double = Double::start(|_| refuse(503, &[("retry-after", "600")], r#"{"error":"maintenance"}"#));
    let (reason, after) = later(embed(&double));
    assert!(reason.contains("maintenance"), "{reason}");
    assert_eq!(after, Some(Duration::from_secs(600)));
    assert_eq!(double.asked().len(), 1);
}

#[test]
fn what_will_never_work_is_asked_once() {
    for status in [400, 404, 413, 422] {
        let double = Double::start(move |_| refuse(status, &[], r#"{"error":{"message":"no such model"}}"#));
        let reason = never(embed(&double));
        assert!(reason.contains(&status.to_string()) && reason.contains("no such model"), "{reason}");
        assert_eq!(double.asked().len(), 1);
    }
}

#[test]
fn vectors_of_other_dimensions_are_refused_with_both_numbers() {
    let double = Double::start(|_| Reply::Well);
    let mut config = config(&double);
    config.dimensions = Dimensions::default();
    let reason = never(embedder(config, &double).embed(&["a"], Purpose::Query));
    assert!(reason.contains("vectors of 3 dimensions where 384 are configured"), "{reason}");
}

#[test]
fn a_redirect_is_not_followed() {
    let double = Double::start(|_| refuse(301, &[("location", "https://elsewhere.example/")], ""));
    let reason = never(embed(&double));
    assert!(reason.contains("points to https://elsewhere.example/"), "{reason}");
    let double = Double::start(|_| refuse(302, &[("location", "/login")], ""));
    assert!(later(embed(&double)).0.contains("/login"));
    assert_eq!(double.asked().len(), 1);
}

#[test]
fn an_answer_without_end_is_not_read_to_its_end() {
    let double = Double::start(|_| Reply::Endless);
    let reason = never(embed(&double));
    assert!(reason.contains("longer than"), "{reason}");
}

#[test]
fn a_service_that_is_silent_or_absent_is_given_up() {
    let double = Double::start(|_| Reply::Silence);
    let mut config = config(&double);
    config.limits.seconds = NonZeroU16::new(1).unwrap();
    config.limits.attempts = NonZeroU16::new(2).unwrap();
    let (reason, _) = later(embedder(config.clone(), &double).embed(&["a"], Purpose::Policy));
    assert!(reason.contains("no whole answer within"), "{reason}");
    // Nobody listens on a port that was just given back.
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    config.url = format!("http://{free}/").parse().unwrap();
    let (reason, _) = later(embedder(config, &double).embed(&["a"], Purpose::Policy));
    assert!(reason.contains("onnect"), "{reason}");
}

#[test]
fn a_service_that_keeps_a_query_waiting_is_left_alone_by_queries_and_not_by_policies() {
    let double = Double::start(|number| if number == 0 { Reply::Silence } else { Reply::Well });
    let mut config = config(&double);
    config.limits.query_seconds = 1.try_into().unwrap();
    let embedder = embedder(config, &double);
    let (reason, _) = later(embedder.embed(&["a"], Purpose::Query));
    assert!(reason.contains("no whole answer within"), "{reason}");
    assert_eq!(embedder.embed(&["b"], Purpose::Policy).unwrap(), [vector("b")]);
    let (reason, _) = later(embedder.embed(&["c"], Purpose::Query));
    assert!(reason.contains("failed a moment ago"), "{reason}");
    let asked: Vec<_> = double.asked().into_iter().map(|asked| asked.body["input"].clone()).collect();
    assert_eq!(asked, [json!(["a"]), json!(["b"])]);
}

#[test]
fn a_text_that_is_refused_keeps_no_other_query_from_being_asked() {
    let double = Double::start(|number| if number == 0 { refuse(400, &[], "") } else { Reply::Well });
    let embedder = embedder(config(&double), &double);
    never(embedder.embed(&["a"], Purpose::Query));
    assert_eq!(embedder.embed(&["b"], Purpose::Query).unwrap(), [vector("b")]);
}

#[test]
fn a_runtime_that_is_gone_is_an_error_and_no_hang() {
    let double = Double::start(|_| Reply::Well);
    let gone = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let embedder = HttpEmbedder::new(config(&double), ModelVersion::default(), gone.handle().clone()).unwrap();
    drop(gone);
    assert!(later(embedder.embed(&["a"], Purpose::Policy)).0.contains("shutting down"));
}

#[test]
fn a_key_is_shown_to_the_service_and_replaced_without_a_restart() {
    let double = Double::start(|number| match number {
        1 => refuse(401, &[], r#"{"error":{"message":"Incorrect API key provided: sk-ol*"}}"#),
        2 => refuse(400, &[], r#"{"error":{"message":"key sk-old-key is of no use here"}}"#),
        _ => Reply::Well,
    });
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("key");
    let mut config = config(&double);
    config.key = Some(KeyFrom::File(path.clone()));
    let embedder = embedder(config, &double);
    assert!(later(embedder.embed(&["a"], Purpose::Policy)).0.contains("cannot read the API key"));
    fs::write(&path, "sk-old-key\n").unwrap();
    embedder.embed(&["a"], Purpose::Policy).unwrap();
    let (refused, _) = later(embedder.embed(&["a"], Purpose::Policy));
    assert!(refused.contains("401") && refused.contains("replacing the key is enough"), "{refused}");
    assert!(!refused.contains("sk-ol"), "{refused}");
    let refused = never(embedder.embed(&["a"], Purpose::Policy));
    assert!(refused.contains("key … is of no use here"), "{refused}");
    fs::write(&path, "sk-new-key").unwrap();
    embedder.embed(&["a"], Purpose::Policy).unwrap();
    let shown: Vec<_> = double.asked().iter().map(|asked| asked.headers["authorization"].clone()).collect();
    assert_eq!(shown, ["Bearer sk-old-key", "Bearer sk-old-key", "Bearer sk-old-key", "Bearer sk-new-key"]);
    assert!(!format!("{embedder:?}").contains("sk-"));
}

#[test]
fn tls_is_spoken_with_those_whose_certificate_is_trusted_and_of_their_name() {
    let double = Double::start_with_tls("localhost", |_| Reply::Well);
    assert_eq!(embed(&double).unwrap().len(), 2);

    let mut distrusting = config(&double);
    distrusting.authorities = None;
    match HttpEmbedder::new(distrusting, ModelVersion::default(), double.runtime.handle().clone()) {
        Ok(embedder) => {
            let (reason, _) = later(embedder.embed(&["a"], Purpose::Query));
            assert!(reason.contains("certificate"), "{reason}");
        }
        Err(error) => assert!(matches!(error, ServiceError::System(_)), "{error}"),
    }

    let other = Double::start_with_tls("elsewhere.example", |_| Reply::Well);
    let (reason, _) = later(embedder(config(&other), &other).embed(&["a"], Purpose::Query));
    assert!(reason.contains("certificate"), "{reason}");
    assert!(other.asked().is_empty());
}

#[test]
fn authorities_that_are_none_are_refused() {
    let double = Double::start(|_| Reply::Well);
    let dir = tempfile::tempdir().unwrap();
    let mut config = HttpConfig::of("https://localhost/", 3);
    for (name, text) in [("absent", None), ("empty", Some("")), ("text", Some("no PEM at all"))] {
        let path = dir.path().join(name);
        if let Some(text) = text {
            fs::write(&path, text).unwrap();
        }
        config.authorities = Some(path);
        let refused = HttpEmbedder::new(config.clone(), ModelVersion::default(), double.runtime.handle().clone());
        assert!(refused.unwrap_err().to_string().contains(name));
    }
}

#[test]
fn others_are_not_asked_without_tls_unless_they_are_named() {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let mut config = HttpConfig::of("http://embedder.internal:8080/v1/embeddings", 3);
    let new =
        |config: &HttpConfig| HttpEmbedder::new(config.clone(), ModelVersion::default(), runtime.handle().clone());
    let error = new(&config).unwrap_err().to_string();
    assert!(error.contains("`embedder.internal` in `plaintext_hosts`"), "{error}");
    config.plaintext_hosts = vec!["Embedder.internal".to_owned()];
    new(&config).unwrap();
}

#[test]
fn a_model_is_told_apart_by_name_and_dimensions_and_not_by_where_it_is_served() {
    let fingerprint =
        |url: &str, dimensions| HttpConfig::of(url, dimensions).model(ModelVersion::default()).fingerprint;
    assert_eq!(fingerprint("http://localhost:1/", 3), fingerprint("https://elsewhere.example/v1", 3));
    assert_ne!(fingerprint("http://localhost:1/", 3), fingerprint("http://localhost:1/", 4));
    let mut other = HttpConfig::of("http://localhost:1/", 3);
    other.model = "other".to_owned();
    assert_ne!(other.model(ModelVersion::default()).fingerprint, fingerprint("http://localhost:1/", 3));
}

#[test]
fn a_configuration_says_what_it_means_and_nothing_else() {
    let read = |extra: Value| {
        let mut fields = json!({ "url": "https://e.example/v1/embeddings", "model": "m", "dimensions": 8 });
        fields.as_object_mut().unwrap().extend(extra.as_object().unwrap().clone());
        serde_json::from_value::<HttpConfig>(fields).map_err(|error| error.to_string())
    };
    let plain = read(json!({})).unwrap();
    let kept: HttpConfig = serde_json::from_str(&serde_json::to_string(&plain).unwrap()).unwrap();
    assert_eq!(kept, plain);
    let all = json!({
        "ask_for_dimensions": true, "key": { "file": "/run/secrets/key" }, "authorities": "ca.pem",
        "plaintext_hosts": ["a"], "limits": { "texts": 5, "bytes": 1000, "seconds": 3, "attempts": 1, "query_seconds": 4 },
    });
    let all = read(all).unwrap();
    assert_eq!(serde_json::from_str::<HttpConfig>(&serde_json::to_string(&all).unwrap()).unwrap(), all);
    let env = read(json!({ "key": { "env": "KEY" }, "limits": { "texts": 5 } })).unwrap();
    assert_eq!(env.limits.attempts, plain.limits.attempts);
    for (extra, said) in [
        (json!({ "fallback": { "kind": "lexical" } }), "vectors of another model cannot be compared"),
        (json!({ "fallback": null }), "there is no `fallback`"),
        (json!({ "retries": 3 }), "unknown field `retries`"),
        (json!({ "limits": { "texts": 0 } }), "nonzero"),
        (json!({ "limits": { "query_seconds": 11 } }), "a query waits for 1 to 10 seconds, not 11"),
        (json!({ "dimensions": 0 }), "1 to 8192 dimensions, not 0"),
        (json!({ "dimensions": 9000 }), "1 to 8192 dimensions, not 9000"),
        (json!({ "url": "https://e.example/v1?api-key=hush" }), "an address has no query"),
        (json!({ "url": "e.example" }), "https://"),
        (json!({ "key": "sk-hush" }), "a key is not written here"),
    ] {
        let error = read(extra).unwrap_err();
        assert!(error.contains(said) && !error.contains("hush"), "{error}");
    }
}
