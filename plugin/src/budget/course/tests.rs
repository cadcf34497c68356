use super::super::fixture::{STREAM, chat};
use super::super::{Departure, Standing};
use super::*;

/// What the proxy knows.
#[derive(Clone, Copy)]
struct Known {
    reached: bool,
    answered: bool,
}

impl Upstream for Known {
    fn was_reached(&self) -> bool {
        self.reached
    }

    fn has_answered(&self) -> bool {
        self.answered
    }
}

const NOWHERE: Known = Known { reached: false, answered: false };
const SENT: Known = Known { reached: true, answered: false };
const ANSWERED: Known = Known { reached: true, answered: true };
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

#[test]
fn a_call_without_an_answer_costs_its_prompt_if_it_was_sent() {
    assert_eq!(course().end(&NOWHERE), Outcome::Released);
    let used = Used { input: prompt(), ..Used::default() };
    assert_eq!(course().end(&SENT), Outcome::Estimated(used));
}

#[test]
fn what_a_provider_refuses_is_free_and_what_the_proxy_gives_up_on_is_not() {
    let refused = |upstream: Known| {
        let mut course = course();
        course.begin(&head(503, "application/json"));
        assert!(!course.is_read());
        course.end(&upstream)
    };
    assert_eq!((refused(ANSWERED), refused(NOWHERE)), (Outcome::Released, Outcome::Released));
    assert_eq!(refused(SENT), Outcome::Estimated(Used { input: prompt(), ..Used::default() }));
}

#[test]
fn a_stream_is_settled_by_what_it_says_and_the_chunk_is_taken_out() {
    let mut course = course();
    let edits = course.begin(&head(200, "text/event-stream"));
    assert_eq!(edits, [HeaderEdit::Remove(b"content-length".into())]);
    let usage = b"data: {\"choices\":[],\"usage\":{\"prompt_tokens\":9,\"completion_tokens\":8}}\n\n";
    assert_eq!(course.chunk(usage, false), Passed::Instead(b""));
    assert_eq!(course.chunk(b"data: [DONE]\n\n", true), Passed::Unchanged);
    assert_eq!(course.end(&ANSWERED), Outcome::Used(Used { input: 9, output: 8, ..Used::default() }));
}

#[test]
fn what_cannot_be_read_costs_what_was_held_for_every_answer() {
    let body = br#"{"model":"large","n":3,"messages":[]}"#;
    let most = |held: Held| {
        let mut course = course_of(body, held);
        course.begin(&head(200, "text/html"));
        match course.end(&ANSWERED) {
            Outcome::Estimated(used) => used.output,
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(most(held()), 3000);
    // Nobody knows the model's ceiling: nothing is known, not as much as there can be.
    assert_eq!(most(Held { output_cap: u64::MAX, ..held() }), 0);
    let mut lost = course();
    lost.begin(&head(200, "application/json"));
    lost.lose();
    assert_eq!(lost.end(&ANSWERED), Outcome::Estimated(Used { input: prompt(), output: 1000, ..Used::default() }));
}

#[test]
fn an_answer_that_says_nothing_of_what_it_used_costs_what_was_held() {
    let mut silent = course_of(STREAM, Held { prompt_tokens: 500, ..held() });
    silent.begin(&head(200, "text/event-stream"));
    silent.chunk(b"data: {\"choices\":[{\"delta\":{\"content\":\"Hi\"}}]}\n\ndata: [DONE]\n\n", true);
    let all = Used { input: 500, output: 1000, ..Used::default() };
    assert_eq!(silent.end(&ANSWERED), Outcome::Estimated(all));
}

#[test]
fn an_answer_that_comes_by_another_request_costs_what_was_held() {
    let intent = {
        use tollgate_policy::http::{ModelApi, Org, RouteBudget};
        let budget = RouteBudget { api: Some(ModelApi::OpenAiResponses), ..RouteBudget::default() };
        let body = br#"{"model":"large","background":true,"input":"hello"}"#;
        super::super::fixture::read(&budget, Org::None, "/v1/responses", body).unwrap()
    };
    let mut course = Course::new(&intent, held(), NOW);
    course.begin(&head(200, "application/json"));
    course.chunk(br#"{"status":"queued","usage":null}"#, true);
    assert!(matches!(course.end(&ANSWERED), Outcome::Estimated(Used { output: 1000, .. })));
}

#[test]
fn a_call_is_renewed_every_third_of_its_lease_and_not_all_the_time() {
    let mut course = course();
    assert!(!course.is_renewal_due(NOW + Duration::from_secs(29)));
    assert!(course.is_renewal_due(NOW + Duration::from_secs(30)));
    course.renewed(Some(5), NOW + Duration::from_secs(30));
    assert_eq!(course.last_told(), Some(5));
    assert!(!course.is_renewal_due(NOW + Duration::from_secs(59)));
    let brief = course_of(STREAM, Held { lease_seconds: 0, ..held() });
    assert!(!brief.is_renewal_due(NOW + Duration::from_secs(9)));
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
    let edits = course.begin(&head(200, "text/event-stream"));
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
    let uncounted = Departure::uncounted();
    assert!(uncounted.body.is_none() && uncounted.edits.is_empty() && uncounted.course.is_none());
}
