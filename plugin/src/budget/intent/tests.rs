use prost::Message;
use tollgate_policy::http::{Downgrade, ModelApi, RouteBudget};

use super::super::fixture::{STREAM, chat, read};
use super::*;
use crate::feed::proto;
use crate::vm::DecisionIds;

#[test]
fn the_companion_is_asked_with_all_that_is_known() {
    let budget = RouteBudget {
        mode: Some(BudgetMode::Advisory),
        default_output: Some(500),
        downgrade: Some(Downgrade { below: 10 }),
        ..RouteBudget::default()
    };
    let intent = read(&budget, Org::Of("acme"), "/v1/chat/completions", STREAM).unwrap();
    let request = proto::ReserveRequest::decode(&*intent.reserve()).unwrap();
    let expected = proto::ReserveRequest {
        id: intent.decision().bytes().to_vec(),
        mode: proto::Mode::Advisory.into(),
        user: "ann".into(),
        org: "acme".into(),
        model: "large".into(),
        prompt_tokens: intent.call().prompt_tokens,
        output_cap: Some(500),
        answers: 1,
        downgrade: Some(proto::Downgrade { below: 10 }),
        request_id: "abc".into(),
        org_unknown: false,
        is_partial: false,
        images: 0,
        file_tokens: 0,
    };
    assert_eq!(request, expected);
    assert!(request.prompt_tokens > 0);
}

#[test]
fn the_companion_is_told_what_of_the_prompt_is_no_text_and_what_is_elsewhere() {
    let body = br#"{"model":"m","previous_response_id":"resp_1","input":[{"content":[
        {"type":"input_image","image_url":"https://x/y"},{"type":"input_file","file_id":"f"}]}]}"#;
    let reserve = |prompt_elsewhere| {
        let budget = RouteBudget { prompt_elsewhere, ..RouteBudget::default() };
        let intent = read(&budget, Org::None, "/v1/responses", body).unwrap();
        proto::ReserveRequest::decode(&*intent.reserve()).unwrap()
    };
    let unbounded = reserve(None);
    assert_eq!((unbounded.is_partial, unbounded.images, unbounded.file_tokens), (true, 1, 8192));
    let bounded = reserve(Some(5000));
    assert_eq!((bounded.is_partial, bounded.prompt_tokens), (false, unbounded.prompt_tokens + 5000));
    // Of a call that has all of its prompt with it the route says nothing.
    let budget = RouteBudget { prompt_elsewhere: Some(5000), ..RouteBudget::default() };
    let whole = read(&budget, Org::None, "/v1/responses", br#"{"model":"m","input":"hello"}"#).unwrap();
    let whole = proto::ReserveRequest::decode(&*whole.reserve()).unwrap();
    assert_eq!((whole.is_partial, whole.prompt_tokens < 100), (false, true));
}

#[test]
fn usage_is_asked_for_unless_the_route_says_that_the_provider_takes_it_amiss() {
    for include_usage in [true, false] {
        let budget = RouteBudget { include_usage, ..RouteBudget::default() };
        let intent = read(&budget, Org::None, "/v1/chat/completions", STREAM).unwrap();
        assert_eq!(intent.includes_usage(), include_usage);
    }
}

#[test]
fn calls_that_would_hide_what_they_use_or_are_of_another_api_are_refused() {
    let gemini = RouteBudget { api: Some(ModelApi::Gemini), ..RouteBudget::default() };
    let path = "/v1beta/models/gemini-2.5-pro:generateContent";
    let hidden = [(b":path".as_slice(), path.as_bytes()), (b"x-goog-fieldmask", b"candidates")];
    let charge = Charge { budget: &gemini, mode: None, user: "ann".into(), org: Org::None };
    let refused = Intent::read(&charge, Headers(&hidden), b"{}", DecisionIds::new(7).next());
    let cause = InvalidCall::Hides { name: "x-goog-fieldmask" };
    assert_eq!(refused, Err(Unfit::Body { api: Api::Gemini, cause }));
    assert!(read(&gemini, Org::None, path, b"{}").is_ok());
    let chat = RouteBudget { api: Some(ModelApi::OpenAiChat), ..RouteBudget::default() };
    let why = read(&chat, Org::None, "/v1/responses", b"{}").unwrap_err();
    assert_eq!(why, Unfit::OtherApi { api: Api::OpenAiChat });
}

#[test]
fn what_a_client_bounds_itself_to_goes_before_what_the_route_says() {
    for (body, route, cap) in [
        (&br#"{"model":"m","max_tokens":7,"messages":[]}"#[..], Some(500), Some(7)),
        (br#"{"model":"m","max_tokens":0,"messages":[]}"#, Some(500), Some(0)),
        (br#"{"model":"m","messages":[]}"#, Some(500), Some(500)),
        (br#"{"model":"m","messages":[]}"#, None, None),
    ] {
        let budget = RouteBudget { default_output: route, ..RouteBudget::default() };
        let intent = read(&budget, Org::None, "/v1/chat/completions", body).unwrap();
        let request = proto::ReserveRequest::decode(&*intent.reserve()).unwrap();
        assert_eq!(request.output_cap, cap);
    }
}

#[test]
fn an_organisation_that_is_not_known_is_refused_where_it_counts_for_certain() {
    let with = |mode| {
        let budget = RouteBudget { api: Some(ModelApi::OpenAiChat), mode, ..RouteBudget::default() };
        read(&budget, Org::Unknown, "/", STREAM)
    };
    assert_eq!(with(Some(BudgetMode::Strict)), Err(Unfit::NoOrg { api: Api::OpenAiChat }));
    for mode in [None, Some(BudgetMode::Advisory)] {
        let intent = with(mode).unwrap();
        let request = proto::ReserveRequest::decode(&*intent.reserve()).unwrap();
        assert_eq!((request.org_unknown, &*request.org, intent.org()), (true, "", None));
    }
}

#[test]
fn what_is_no_call_is_located() {
    let budget = RouteBudget { api: Some(ModelApi::OpenAiChat), ..RouteBudget::default() };
    let why = read(&budget, Org::None, "/", br#"{"model": 5}"#).unwrap_err();
    assert_eq!((why.api(), why.to_string().contains("`model` at byte 10")), (Some(Api::OpenAiChat), true), "{why}");
}

#[test]
fn only_headers_that_are_there_have_to_follow_a_body() {
    assert_eq!(chat(None, STREAM).body_headers(), ["content-length", "digest"]);
}
