use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;

const SPENT: Refusal<'_> = Refusal {
    status: 429,
    code: "BUDGET_EXCEEDED",
    message: "the budget of org \"acme\" is spent",
    retry_after: Some(90),
};

fn body(refusal: &Refusal<'_>, api: Api) -> Value {
    serde_json::from_slice(&refusal.of(api).bytes).unwrap()
}

#[test]
fn each_api_has_its_own_words() {
    let message = SPENT.message;
    for api in [Api::OpenAiChat, Api::OpenAiResponses, Api::OpenAiEmbeddings] {
        let error = json!({"message": message, "type": "insufficient_quota", "param": null, "code": "BUDGET_EXCEEDED"});
        assert_eq!(body(&SPENT, api), json!({"error": error}));
    }
    assert_eq!(
        body(&SPENT, Api::AnthropicMessages),
        json!({"type": "error", "error": {"type": "rate_limit_error", "message": message}})
    );
    assert_eq!(
        body(&SPENT, Api::Gemini),
        json!({"error": {"code": 429, "message": message, "status": "RESOURCE_EXHAUSTED", "details": [
            {"@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": "BUDGET_EXCEEDED", "domain": "tollgate"},
            {"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": "90s"},
        ]}})
    );
    assert_eq!(body(&SPENT, Api::BedrockConverse), json!({"message": message}));
    assert_eq!(SPENT.of(Api::BedrockConverse).header, Some(("x-amzn-errortype", "ThrottlingException")));
    assert!(Api::ALL.into_iter().all(|api| SPENT.of(api).content_type == "application/json"));
}

#[test]
fn each_status_has_its_own_kind() {
    let kinds = |status| {
        let refusal = Refusal { status, retry_after: None, ..SPENT };
        [
            body(&refusal, Api::OpenAiChat)["error"]["type"].as_str().unwrap().to_owned(),
            body(&refusal, Api::AnthropicMessages)["error"]["type"].as_str().unwrap().to_owned(),
            body(&refusal, Api::Gemini)["error"]["status"].as_str().unwrap().to_owned(),
            refusal.of(Api::BedrockConverse).header.unwrap().1.to_owned(),
        ]
    };
    assert_eq!(kinds(503), ["server_error", "api_error", "UNAVAILABLE", "ServiceUnavailableException"]);
    assert_eq!(
        kinds(400),
        ["invalid_request_error", "invalid_request_error", "INVALID_ARGUMENT", "ValidationException"]
    );
    assert_eq!(kinds(413)[1], "request_too_large");
    assert_eq!(kinds(403)[1..], ["permission_error", "PERMISSION_DENIED", "AccessDeniedException"]);
}

const ORG: Limit<'_> = Limit {
    name: "org-tokens-day",
    unit: Unit::Tokens,
    limit: 1_000_000,
    remaining: 250,
    window: 86_400,
    reset: 3_725,
};

fn headers(limits: &[Limit<'_>]) -> Vec<String> {
    rate_limit_headers(limits).into_iter().map(|(name, value)| format!("{name}: {value}")).collect()
}

#[test]
fn headers_tell_of_every_limit_and_of_the_one_that_is_nearest() {
    let user = Limit { name: "user \"ann\"", limit: 500, remaining: 300, window: 3_600, reset: 59, ..ORG };
    let cost = Limit { name: "org-usd-é", unit: Unit::MicroDollars, limit: u64::MAX, remaining: 0, ..ORG };
    assert_eq!(
        headers(&[user, ORG, cost]),
        [
            "x-ratelimit-limit-tokens: 1000000",
            "x-ratelimit-remaining-tokens: 250",
            "x-ratelimit-reset-tokens: 1h2m5s",
            r#"ratelimit-policy: "user \"ann\"";q=500;w=3600, "org-tokens-day";q=1000000;w=86400, "org-usd-?";q=999999999999999;w=86400"#,
            r#"ratelimit: "user \"ann\"";r=300;t=59, "org-tokens-day";r=250;t=3725, "org-usd-?";r=0;t=3725"#,
        ]
    );
    assert_eq!(headers(&[cost]).len(), 2);
    assert!(headers(&[]).is_empty());
}

#[test]
fn times_are_written_as_openai_writes_them() {
    let reset = |reset| headers(&[Limit { reset, ..ORG }])[2].clone();
    for (seconds, expected) in [(0, "0s"), (59, "59s"), (360, "6m0s"), (3_600, "1h0m0s"), (90_061, "25h1m1s")] {
        assert_eq!(reset(seconds), format!("x-ratelimit-reset-tokens: {expected}"));
    }
}

#[test]
fn refusals_say_when_to_come_again_and_not_to_before() {
    assert_eq!(
        retry_headers(Some(90), true),
        [("x-should-retry", "false".to_owned()), ("retry-after", "90".to_owned())]
    );
    assert_eq!(retry_headers(None, true).len(), 1);
    assert_eq!(retry_headers(Some(2), false), [("retry-after", "2".to_owned())]);
}

proptest! {
    #[test]
    fn any_words_are_json_and_any_name_fits_in_a_header(message: String, code: String, name: String) {
        for api in Api::ALL {
            let refusal = Refusal { message: &message, code: &code, ..SPENT };
            prop_assert!(body(&refusal, api).to_string().contains(&Value::from(&*message).to_string()));
        }
        for header in headers(&[Limit { name: &name, ..ORG }]) {
            prop_assert!(header.bytes().all(|byte| matches!(byte, b' '..=b'~')));
        }
    }
}
