use super::super::fixture::{STREAM, chat};
use super::super::{Departure, Standing};
use super::*;

/// What the proxy knows.
#[derive(Clone, Copy)]
struct Known {
    reached: bool,
    answers: Option<bool>,
}

impl Upstream for Known {
    fn was_reached(&self) -> bool {
        self.reached
    }

    fn answers(&self) -> Option<bool> {
        self.answers
    }
}

const NOWHERE: Known = Known { reached: false, answers: Some(false) };
const SENT: Known = Known { reached: true, answers: Some(false) };
const ANSWERED: Known = Known { reached: true, answers: Some(true) };
const NOW: Duration = Duration::from_secs(50);

fn held() -> Held {
    Held { reservation: b"r".to_vec(), model: "large".into(), output_cap: 1000, lease_seconds: 90, ..Held::default() }
}

fn course_of(body: &[u8], held: Held) -> Course {
    Course::new(&chat(None, body), held, NOW)
}

fn course() -> Course {
    course_of(STREAM, held())
}

fn head(status: u16, content_type: &'static str) -> Head<'static> {
    Head { status, content_type: Some(content_type.as_bytes()), content_encoding: None }
}

fn prompt() -> u64 {
    chat(None, STREAM).call().prompt_tokens
}

const ALL: u64 = 1000;

fn estimated(output: u64) -> Outcome {
    Outcome::Estimated(Used { input: prompt(), output, ..Used::default() })
}

/// A call with this answer, of a provider.
fn answered(mut course: Course, head: &Head<'_>, body: &[u8], is_cut: bool) -> Outcome {
    course.begin(head, &ANSWERED);
    course.chunk(body, !is_cut);
    course.end(&ANSWERED, is_cut)
}

#[test]
fn a_call_without_an_answer_costs_what_was_held_if_it_was_sent() {
    for is_cut in [true, false] {
        assert_eq!(course().end(&NOWHERE, is_cut), Outcome::Released);
        assert_eq!(course().end(&SENT, is_cut), estimated(ALL));
    }
}

#[test]
fn what_a_provider_refuses_is_free_and_what_the_proxy_gives_up_on_is_not() {
    for (status, upstream, outcome) in [
        (503, ANSWERED, Outcome::Released),
        (503, NOWHERE, Outcome::Released),
        (503, SENT, estimated(ALL)),
        // Nobody says who answers.
        (503, Known { answers: None, ..SENT }, estimated(ALL)),
        // A response that the proxy is configured with, or has kept.
        (200, NOWHERE, Outcome::Released),
        (200, SENT, estimated(ALL)),
    ] {
        let mut course = course();
        course.begin(&head(status, "application/json"), &upstream);
        assert_eq!(course.is_read(), upstream.answers == Some(true));
        assert_eq!(course.end(&upstream, false), outcome, "{status}");
    }
}

#[test]
fn a_refusal_costs_its_prompt_where_a_model_has_read_it_and_what_it_says_that_was_used() {
    let filtered: &[u8] = br#"{"error":{"code":"content_filter","message":"..."}}"#;
    let azure: &[u8] = br#"{"error":{"innererror":{"code":"ResponsibleAIPolicyViolation"}}}"#;
    let used: &[u8] = br#"{"error":{"message":"m"},"usage":{"prompt_tokens":7,"completion_tokens":2}}"#;
    let plain: &[u8] = br#"{"error":{"message":"no"}}"#;
    for (status, body, outcome) in [
        (400, filtered, estimated(0)),
        (400, azure, estimated(0)),
        (400, plain, Outcome::Released),
        (401, plain, Outcome::Released),
        (403, plain, Outcome::Released),
        (404, plain, Outcome::Released),
        (408, plain, estimated(0)),
        (429, plain, Outcome::Released),
        (500, filtered, Outcome::Released),
        (504, plain, estimated(0)),
        (500, used, Outcome::Used(Used { input: 7, output: 2, ..Used::default() })),
        (400, used, Outcome::Used(Used { input: 7, output: 2, ..Used::default() })),
    ] {
        assert_eq!(answered(course(), &head(status, "application/json"), body, false), outcome, "{status}");
    }
    // However it comes.
    let mut course = course();
    course.begin(&head(400, "application/json"), &ANSWERED);
    filtered.chunks(3).for_each(|part| assert_eq!(course.chunk(part, false), Passed::Unchanged));
    assert_eq!(course.end(&ANSWERED, true), estimated(0));
}

const EVENTS: &str = "text/event-stream";
const TEXT: &[u8] = b"data: {\"choices\":[{\"delta\":{\"content\":\"Hello, world\"}}]}\n\n";

#[test]
fn a_stream_that_is_cut_costs_what_was_streamed_or_what_was_held_if_nothing_was() {
    let Outcome::Estimated(used) = answered(course(), &head(200, EVENTS), TEXT, true) else { panic!("estimated") };
    assert!(used.input == prompt() && (1..10).contains(&used.output), "{used:?}");
    let role = b"data: {\"choices\":[{\"delta\":{\"role\":\"assistant\"}}]}\n\n";
    for nothing in [&b""[..], role] {
        assert_eq!(answered(course(), &head(200, EVENTS), nothing, true), estimated(ALL));
    }
}

#[test]
fn a_stream_that_its_provider_ends_early_costs_at_least_its_prompt() {
    let error = b"data: {\"error\":{\"message\":\"overloaded\"}}\n\n";
    assert_eq!(answered(course(), &head(200, EVENTS), error, false), estimated(0));
    assert!(matches!(
        answered(course(), &head(200, EVENTS), TEXT, false),
        Outcome::Estimated(Used { output: 1.., .. })
    ));
}

#[test]
fn an_answer_that_is_not_streamed_costs_what_was_held_if_it_is_cut() {
    let body = br#"{"model":"large","messages":[{"role":"user","content":"hello"}]}"#;
    let part = br#"{"choices":[{"message":{"content":"Hello"#;
    let outcome = answered(course_of(body, held()), &head(200, "application/json"), part, true);
    assert!(matches!(outcome, Outcome::Estimated(Used { output: ALL, .. })), "{outcome:?}");
}

#[test]
fn what_cannot_be_read_of_an_answer_takes_nothing_from_what_it_has_said() {
    let mut course = course();
    course.begin(&head(200, EVENTS), &ANSWERED);
    course.chunk(b"data: {\"choices\":[],\"usage\":{\"prompt_tokens\":9,\"completion_tokens\":8}}\n\n", false);
    course.lose();
    assert!(!course.is_read());
    assert_eq!(course.end(&ANSWERED, false), Outcome::Used(Used { input: 9, output: 8, ..Used::default() }));
}

#[test]
fn a_stream_is_settled_by_what_it_says_and_the_chunk_is_taken_out() {
    let mut course = course();
    let edits = course.begin(&head(200, "text/event-stream"), &ANSWERED);
    assert_eq!(edits, [HeaderEdit::Remove(b"content-length".into())]);
    let usage = b"data: {\"choices\":[],\"usage\":{\"prompt_tokens\":9,\"completion_tokens\":8}}\n\n";
    assert_eq!(course.chunk(usage, false), Passed::Instead(b""));
    assert_eq!(course.chunk(b"data: [DONE]\n\n", true), Passed::Unchanged);
    assert_eq!(course.end(&ANSWERED, false), Outcome::Used(Used { input: 9, output: 8, ..Used::default() }));
}

#[test]
fn what_cannot_be_read_costs_what_was_held_for_every_answer() {
    let body = br#"{"model":"large","n":3,"messages":[]}"#;
    let most = |held: Held| {
        let mut course = course_of(body, held);
        course.begin(&head(200, "text/html"), &ANSWERED);
        match course.end(&ANSWERED, false) {
            Outcome::Estimated(used) => used.output,
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(most(held()), 3000);
    // Nobody knows the model's ceiling: nothing is known, not as much as there can be.
    assert_eq!(most(Held { output_cap: u64::MAX, ..held() }), 0);
    let mut lost = course();
    lost.begin(&head(200, "application/json"), &ANSWERED);
    lost.lose();
    assert_eq!(
        lost.end(&ANSWERED, false),
        Outcome::Estimated(Used { input: prompt(), output: 1000, ..Used::default() })
    );
}

#[test]
fn an_answer_that_says_nothing_of_what_it_used_costs_what_was_held() {
    let mut silent = course_of(STREAM, Held { prompt_tokens: 500, ..held() });
    silent.begin(&head(200, "text/event-stream"), &ANSWERED);
    silent.chunk(b"data: {\"choices\":[{\"delta\":{\"content\":\"Hi\"}}]}\n\ndata: [DONE]\n\n", true);
    let all = Used { input: 500, output: 1000, ..Used::default() };
    assert_eq!(silent.end(&ANSWERED, false), Outcome::Estimated(all));
}

#[test]
fn an_answer_that_comes_by_another_request_costs_what_was_held() {
    let intent = {
        use tollgate_policy::http::{ModelApi, Org, RouteBudget};
        let budget = RouteBudget { api: Some(ModelApi::OpenAiResponses), ..RouteBudget::default() };
        let body = br#"{"model":"large","background":true,"input":"hello"}"#;
        super::super::fixture::read(&budget, Org::None, "/v1/responses", body).unwrap()
    };
    let course = || Course::new(&intent, held(), NOW);
    let queued = br#"{"status":"queued","usage":null}"#;
    let outcome = answered(course(), &head(200, "application/json"), queued, false);
    assert!(matches!(outcome, Outcome::Estimated(Used { output: ALL, .. })), "{outcome:?}");
    // One that streams tells it after all.
    let done = b"data: {\"type\":\"response.completed\",\"response\":{\"usage\":{\"input_tokens\":5,\"output_tokens\":6}}}\n\n";
    let outcome = answered(course(), &head(200, EVENTS), done, false);
    assert_eq!(outcome, Outcome::Used(Used { input: 5, output: 6, ..Used::default() }));
}

#[test]
fn a_call_is_renewed_every_third_of_its_lease_and_not_all_the_time() {
    let mut course = course();
    assert!(!course.is_renewal_due(NOW + Duration::from_secs(29)));
    assert!(course.is_renewal_due(NOW + Duration::from_secs(30)));
    course.renewed(Some(5), NOW + Duration::from_secs(30));
    assert_eq!(course.last_told(), Some(5));
    assert!(!course.is_renewal_due(NOW + Duration::from_secs(59)));
    let brief = course_of(STREAM, Held { lease_seconds: 9, ..held() });
    assert!(brief.is_renewal_due(NOW + Duration::from_secs(3)));
    let none = course_of(STREAM, Held { lease_seconds: 0, ..held() });
    assert!(!none.is_renewal_due(NOW + Duration::from_millis(900)));
}

#[test]
fn the_answer_says_how_the_limit_stands_and_which_model_served() {
    let standing = Standing {
        scope: "org".into(),
        unit: "tokens".into(),
        window: "day".into(),
        limit: 100,
        used: 30,
        resets_in: 61,
        ..Standing::default()
    };
    let mut course = course_of(STREAM, Held { standing: Some(standing), model: "small é".into(), ..held() });
    let edits = course.begin(&head(200, "text/event-stream"), &ANSWERED);
    for (name, value) in [
        ("x-ratelimit-limit-tokens", "100"),
        ("x-ratelimit-remaining-tokens", "70"),
        ("x-ratelimit-reset-tokens", "1m1s"),
        ("ratelimit", r#""org-tokens-day";r=70;t=61"#),
        ("x-tollgate-model", "small??"),
    ] {
        assert!(edits.contains(&HeaderEdit::Set(name, value.into())), "{name}: {edits:?}");
    }
}

#[test]
fn a_call_that_counts_leaves_with_what_is_needed_and_one_that_does_not_as_it_came() {
    let intent = chat(None, STREAM);
    let departure = Departure::counted(&intent, STREAM, Held { model: "small".into(), ..held() }, NOW);
    let body = departure.body.unwrap();
    let text = str::from_utf8(&body).unwrap();
    assert!(text.contains(r#""model":"small""#) && text.contains("include_usage"), "{text}");
    let edits = [
        HeaderEdit::Remove(b"accept-encoding".into()),
        HeaderEdit::Set("content-length", body.len().to_string()),
        HeaderEdit::Remove(b"digest".into()),
    ];
    assert_eq!(departure.edits, edits);
    let plain = br#"{"model":"large","messages":[]}"#;
    let departure = Departure::counted(&chat(None, plain), plain, held(), NOW);
    assert_eq!((departure.body, departure.edits.len()), (None, 1));
    assert_eq!(departure.other, None);
    let uncounted = Departure::uncounted();
    assert!(uncounted.body.is_none() && uncounted.edits.is_empty() && uncounted.course.is_none());
}

#[test]
fn a_body_asks_for_no_more_than_is_held() {
    let body = br#"{"model":"large","max_tokens":5000,"messages":[]}"#;
    let left = |held: Held| Departure::counted(&chat(None, body), body, held, NOW);
    let changed = left(held()).body.unwrap();
    assert_eq!(str::from_utf8(&changed).unwrap(), r#"{"model":"large","max_tokens":1000,"messages":[]}"#);
    for output_cap in [5000, 9000, u64::MAX, 0] {
        assert_eq!(left(Held { output_cap, ..held() }).body, None);
    }
}

#[test]
fn a_departure_says_with_which_path_another_model_is_asked() {
    let other = |path: &str, body: &[u8]| {
        let budget = tollgate_policy::http::RouteBudget::default();
        let intent = super::super::fixture::read(&budget, tollgate_policy::http::Org::None, path, body).unwrap();
        Departure::counted(&intent, body, Held { model: "small".into(), ..held() }, NOW).other
    };
    assert_eq!(other("/v1/messages", br#"{"model":"large"}"#).as_deref(), Some("/v1/messages"));
    assert_eq!(other("/v1/models/large:generateContent", b"{}").as_deref(), Some("/v1/models/small:generateContent"));
    assert_eq!(other("/v1/messages", br#"{"model":"small"}"#), None);
}
