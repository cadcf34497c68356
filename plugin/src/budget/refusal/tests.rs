use super::super::fixture::{STREAM, chat};
use super::*;

fn standing(used: u64, held: u64) -> Standing {
    let [scope, unit, window] = ["org", "tokens", "day"].map(str::to_owned);
    Standing { scope, name: "acme".into(), unit, window, limit: 1000, used, held, resets_in: 3600 }
}

fn header<'r>(reply: &'r Reply, name: &str) -> Option<&'r str> {
    reply.headers.iter().find(|(own, _)| *own == name).map(|(_, value)| &**value)
}

#[test]
fn what_is_only_held_is_free_again_in_seconds_and_what_is_used_when_the_window_begins_anew() {
    let intent = chat(None, STREAM);
    for (used, held, asked, wait, retry) in [
        (900, 0, Some(200), "3600", Some("false")),
        (700, 250, Some(200), "5", None),
        (1000, 0, None, "3600", Some("false")),
    ] {
        let reply = exceeded(&intent, &standing(used, held), asked);
        assert_eq!((reply.status, header(&reply, "retry-after")), (429, Some(wait)));
        assert_eq!(header(&reply, "x-should-retry"), retry);
    }
}

#[test]
fn who_cannot_be_told_may_try_again() {
    let reply = unavailable(&chat(None, STREAM), 2);
    assert_eq!((reply.status, header(&reply, "retry-after"), header(&reply, "x-should-retry")), (503, Some("2"), None));
}

#[test]
fn the_companions_code_is_shown_if_it_is_one() {
    let intent = chat(None, STREAM);
    let long = "A".repeat(MAX_CODE + 1);
    for (code, shown) in [
        ("MODEL_UNKNOWN", "MODEL_UNKNOWN"),
        ("", "INVALID_REQUEST"),
        ("a b", "INVALID_REQUEST"),
        (&long, "INVALID_REQUEST"),
    ] {
        let reply = invalid(&intent, code, "no such model");
        let body = String::from_utf8(reply.body).unwrap();
        assert!(reply.status == 400 && body.contains(&format!(r#""code":"{shown}""#)), "{body}");
    }
}
