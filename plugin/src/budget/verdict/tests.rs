use prost::Message;

use super::*;
use crate::feed::proto;
use crate::protobuf::build::message;

fn acme(used: u64) -> Standing {
    Standing {
        scope: "org".into(),
        name: "acme".into(),
        unit: "tokens".into(),
        window: "day".into(),
        limit: 1000,
        used,
        held: 100,
        resets_in: 60,
    }
}

fn said(outcome: proto::reserve_reply::Outcome) -> Result<Verdict, Malformed> {
    Verdict::read(&proto::ReserveReply { outcome: Some(outcome) }.encode_to_vec())
}

fn standing(used: u64) -> Option<proto::Standing> {
    let Standing { scope, name, unit, window, limit, held, resets_in, .. } = acme(used);
    Some(proto::Standing { scope, name, unit, window, limit, used, held, resets_in })
}

#[test]
fn every_verdict_is_read() {
    let held = proto::Held {
        reservation: b"receipt".to_vec(),
        model: "small".into(),
        output_cap: 500,
        lease_seconds: 900,
        standing: standing(30),
        passed: true,
        prompt_tokens: 70,
    };
    let expected = Held {
        reservation: b"receipt".to_vec(),
        model: "small".into(),
        output_cap: 500,
        lease_seconds: 900,
        standing: Some(acme(30)),
        passed: true,
        prompt_tokens: 70,
    };
    assert_eq!(said(proto::reserve_reply::Outcome::Held(held)), Ok(Verdict::Held(expected)));
    let exceeded = proto::Exceeded { standing: standing(950), asked: 80 };
    let expected = Verdict::Exceeded { standing: acme(950), asked: 80 };
    assert_eq!(said(proto::reserve_reply::Outcome::Exceeded(exceeded)), Ok(expected));
    let unavailable = proto::Unavailable { reason: "away".into(), retry_after: 2 };
    let expected = Verdict::Unavailable { reason: "away".into(), retry_after: 2 };
    assert_eq!(said(proto::reserve_reply::Outcome::Unavailable(unavailable)), Ok(expected));
    let invalid = proto::Invalid { code: "MODEL_UNKNOWN".into(), reason: "no".into() };
    let expected = Verdict::Invalid { code: "MODEL_UNKNOWN".into(), reason: "no".into() };
    assert_eq!(said(proto::reserve_reply::Outcome::Invalid(invalid)), Ok(expected));
    assert_eq!(said(proto::reserve_reply::Outcome::Disabled(proto::Disabled {})), Ok(Verdict::Disabled));
}

#[test]
fn fields_of_later_versions_are_passed_over() {
    let held = [message(1, b"r"), message(15, "new")].concat();
    let reply = [message(9, "new"), message(1, held), vec![12 << 3, 3]].concat();
    let expected = Held { reservation: b"r".to_vec(), ..Held::default() };
    assert_eq!(Verdict::read(&reply), Ok(Verdict::Held(expected)));
}

#[test]
fn what_says_nothing_or_two_things_or_has_other_types_is_no_verdict() {
    for reply in [
        vec![],
        message(9, "new"),
        [message(5, ""), message(1, "")].concat(),
        vec![8, 1],
        message(1, [8, 1]),
        message(1, message(2, b"\xff")),
        message(1, message(3, "")),
        message(1, message(5, [8, 5])),
        message(2, message(2, "")),
        message(3, [8, 5]),
        message(4, message(1, b"\xff")),
        message(4, [8, 5]),
        b"\x0a\x05x".to_vec(),
    ] {
        assert_eq!(Verdict::read(&reply), Err(Malformed), "{reply:x?}");
    }
}

#[test]
fn what_is_left_is_never_less_than_nothing() {
    assert_eq!((acme(30).left(), acme(950).left(), acme(u64::MAX).left()), (870, 0, 0));
}

#[test]
fn the_operator_is_told_what_matters_and_no_receipt() {
    let held = Held { reservation: vec![7; 1000], model: "large".into(), output_cap: 50, ..Held::default() };
    assert_eq!(Verdict::Held(held).to_string(), "held for large, at most 50 tokens an answer");
    let exceeded = Verdict::Exceeded { standing: acme(950), asked: 80 };
    assert_eq!(exceeded.to_string(), "exceeds 1000 tokens a day of org acme: 950 used, 100 held, 80 asked for");
    let invalid = Verdict::Invalid { code: "MODEL_UNKNOWN".into(), reason: "no".into() };
    assert_eq!(invalid.to_string(), "MODEL_UNKNOWN: no");
}
