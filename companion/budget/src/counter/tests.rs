use super::*;

#[test]
fn the_text_of_a_counter_reads_back_as_the_same_counter() {
    for text in [
        "day:1709164800:tokens:org:acme",
        "hour:1709247600:microDollars:global",
        "month:1706745600:tokens:user:https://issuer/a:b",
        "day:0:tokens:model:gpt-4o",
        "day:0:tokens:provider:\u{e9}",
    ] {
        assert_eq!(text.parse::<Counter>().unwrap().to_string(), text);
    }
}

#[test]
fn what_is_no_counter_is_refused_with_what_is_wrong_with_it() {
    for text in ["", "day", "week:0:tokens:global", "day:x:tokens:global", "day:0:cents:global", "day:0:tokens:team:a"]
    {
        assert_eq!(text.parse::<Counter>(), Err(InvalidCounter::Form(text.to_owned())));
    }
    for text in ["day:0:tokens:org", "day:0:tokens:global:all"] {
        assert_eq!(text.parse::<Counter>(), Err(InvalidCounter::Form(text.to_owned())), "a name too few or too many");
    }
    assert_eq!("day:0:tokens:org:".parse::<Counter>(), Err(InvalidCounter::Name(InvalidLabel::Empty)));
    assert!(matches!("day:1:tokens:global".parse::<Counter>(), Err(InvalidCounter::Period(_))));
    let long = format!("day:0:tokens:org:{}", "x".repeat(513));
    assert_eq!(long.parse::<Counter>(), Err(InvalidCounter::Name(InvalidLabel::Long(513))));
    assert_eq!("day:0:tokens:org:a\nb".parse::<Counter>(), Err(InvalidCounter::Name(InvalidLabel::Control('\n'))));
}

#[test]
fn a_call_counts_once_for_each_of_its_counters() {
    let counter: Counter = "day:0:tokens:org:acme".parse().unwrap();
    let other: Counter = "day:0:tokens:global".parse().unwrap();
    assert_eq!(Counters::new(vec![counter.clone(), other.clone()]).unwrap().len(), 2);
    assert_eq!(
        Counters::new(vec![counter.clone(), other, counter.clone()]),
        Err(InvalidCounters::Twice(counter.clone()))
    );
    assert_eq!(Counters::new(vec![counter; 65]), Err(InvalidCounters::Many(65)));
}
