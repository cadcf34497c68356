use prost::Message;
use tollgate_policy::http::{Downgrade, ModelApi, RouteBudget};

use super::super::fixture::{STREAM, chat, read};
use super::*;
use crate::feed::proto;

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
    };
    assert_eq!(request, expected);
    assert!(request.prompt_tokens > 0);
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
