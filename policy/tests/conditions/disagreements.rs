//! What is known to differ from the `cel` crate, and who is right. `docs/cel-disagreements.md` has the same list in full.

use super::answer::{Answer, Known};

/// Something that the two answer differently, as small as it could be made.
pub(crate) struct Found<'a> {
    /// The expression, as we read it.
    pub(crate) text: &'a str,
    pub(crate) ours: &'a Answer,
    /// The reference's answers, asked again and again.
    pub(crate) theirs: &'a [Answer],
}

/// A known disagreement.
pub(crate) struct Disagreement {
    /// As `docs/cel-disagreements.md` heads it.
    pub(crate) name: &'static str,
    explains: fn(&Found<'_>) -> bool,
}

pub(crate) const KNOWN: [Disagreement; 21] = [
    // Maps have no order; the reference's iterate in another one each time.
    Disagreement {
        name: "order-of-maps",
        explains: |found| found.theirs.iter().any(|theirs| !theirs.same(&found.theirs[0])),
    },
    // What is neither a map nor a message has no fields: that is an error, not an absence.
    Disagreement {
        name: "optional-selection-of-anything",
        explains: |found| selects_optionally(found.text) && has_no_meaning(found.ours) && found.gives(is_value),
    },
    // Indexing is strict in its index.
    Disagreement {
        name: "index-after-absence",
        explains: |found| {
            (found.text.matches("[?").count() > 1 || found.text.contains("optional.none()") && found.text.contains('['))
                && is_error(found.ours)
                && found.gives(absence)
        },
    },
    // `or` and `orValue` evaluate their alternative only where it is needed.
    Disagreement {
        name: "needless-alternative",
        explains: |found| {
            (found.text.contains(".or(") || found.text.contains(".orValue("))
                && is_value(found.ours)
                && found.gives(is_error)
        },
    },
    // An optional entry is one whose value is an optional.
    Disagreement {
        name: "optional-entry-of-plain-value",
        explains: |found| {
            (found.text.contains("{?") || found.text.contains(", ?"))
                && has_no_meaning(found.ours)
                && found.gives(is_value)
        },
    },
    // The definition leaves open how doubles are written.
    Disagreement {
        name: "text-of-large-doubles",
        explains: |found| match (found.ours, &found.theirs[0]) {
            (Answer::Value(Known::Text(ours)), Answer::Value(Known::Text(theirs))) => {
                ours.contains('e')
                    && !theirs.contains('e')
                    && ours.parse::<f64>().is_ok()
                    && ours.parse() == theirs.parse::<f64>()
            }
            _ => false,
        },
    },
    // Of a duration, the milliseconds into its last second.
    Disagreement {
        name: "milliseconds-of-durations",
        explains: |found| match (found.ours, &found.theirs[0]) {
            (Answer::Value(Known::Int(ours)), Answer::Value(Known::Int(theirs))) => {
                found.text.contains(".getMilliseconds()") && *ours == theirs % 1000
            }
            _ => false,
        },
    },
    // Named time zones are tables that go with the condition, and so are written out.
    Disagreement {
        name: "computed-time-zones",
        explains: |found| {
            ["'Europe/", "'America/", "'Asia/", "'Australia/"].iter().any(|name| found.text.contains(name))
                && fails(found.ours, "has a time zone that is neither")
                && found.gives(is_value)
        },
    },
    // An offset has two digits of hours.
    Disagreement {
        name: "short-time-zones",
        explains: |found| {
            found.text.contains("'+2:00'")
                && fails(found.ours, "has a time zone that is neither")
                && found.gives(is_value)
        },
    },
    // Every order with NaN is false, as IEEE 754 has it.
    Disagreement {
        name: "order-of-nan",
        explains: |found| {
            matches!(found.ours, Answer::Value(Known::Bool(false)))
                && [" < ", " <= ", " > ", " >= "].iter().any(|operator| found.text.contains(operator))
                && found.gives(|theirs| matches!(theirs, Answer::Error(why) if why.contains("no matching overload for '_") && why.contains("double")))
        },
    },
    // Integers and doubles compare exactly, however large.
    Disagreement {
        name: "order-of-large-numbers",
        explains: |found| {
            [" < ", " <= ", " > ", " >= "].iter().any(|operator| found.text.contains(operator))
                && ["9223372036854775808.0", "9007199254740993.0", "double(", "int("]
                    .iter()
                    .any(|large| found.text.contains(large))
                && both(found, |value| matches!(value, Known::Bool(_)))
        },
    },
    // What follows a duration is not ignored.
    Disagreement {
        name: "text-after-durations",
        explains: |found| {
            found.text.contains("duration(")
                && fails(found.ours, "is of a string that is no duration")
                && found.gives(|theirs| matches!(theirs, Answer::Value(Known::Span(_))))
        },
    },
    // Lists are joined with lists.
    Disagreement {
        name: "list-plus-map",
        explains: |found| fails(found.ours, "`+` has no meaning") && found.gives(is_value),
    },
    // Without a time zone, parts of timestamps are those in UTC.
    Disagreement {
        name: "parts-of-local-times",
        explains: |found| {
            found.text.contains("timestamp('")
                && found.text.contains(".get")
                && found.text.contains("()")
                && both(found, |value| matches!(value, Known::Int(_)))
        },
    },
    // A range to below zero has no elements.
    Disagreement {
        name: "negative-ranges",
        explains: |found| {
            found.text.contains("lists.range(-1)")
                && is_value(found.ours)
                && found.gives(|theirs| fails(theirs, "size must be non-negative"))
        },
    },
    // The alternative of an optional is one.
    Disagreement {
        name: "or-of-plain-value",
        explains: |found| {
            found.text.contains(".or(") && fails(found.ours, "an optional has no meaning") && found.gives(is_value)
        },
    },
    // Times are written in upper case.
    Disagreement {
        name: "lower-case-times",
        explains: |found| {
            found.text.contains(".lowerAscii()")
                && fails(found.ours, "is of a string that is no RFC 3339 time")
                && found.gives(|theirs| matches!(theirs, Answer::Value(Known::Time(..))))
        },
    },
    // Fractions of seconds are exact.
    Disagreement {
        name: "fractions-of-durations",
        explains: |found| match (found.ours, &found.theirs[0]) {
            (Answer::Value(Known::Span(ours)), Answer::Value(Known::Span(theirs))) => {
                found.text.contains("duration(") && (ours - theirs).abs() == 1
            }
            _ => false,
        },
    },
    // The definition leaves open how infinities are written.
    Disagreement {
        name: "text-of-infinities",
        explains: |found| match (found.ours, &found.theirs[0]) {
            (Answer::Value(Known::Text(ours)), Answer::Value(Known::Text(theirs))) => {
                ours.contains("Inf") && theirs.contains("inf")
            }
            _ => false,
        },
    },
    // Literals that are no numbers have no extreme: an error of the evaluation here.
    Disagreement {
        name: "extremes-of-literals",
        explains: |found| {
            (found.text.contains("math.greatest(") || found.text.contains("math.least("))
                && is_value(found.ours)
                && found.gives(|theirs| {
                    fails(theirs, "literal arguments must be numeric") || fails(theirs, "invalid single argument value")
                })
        },
    },
    // Base64 has no line breaks in it.
    Disagreement {
        name: "line-breaks-in-base64",
        explains: |found| {
            found.text.contains("base64.decode(")
                && fails(found.ours, "is of a string that is no base64")
                && found.gives(|theirs| matches!(theirs, Answer::Value(Known::Bytes(_))))
        },
    },
];

impl Found<'_> {
    /// The known disagreement that this is.
    pub(crate) fn known(&self) -> Option<&'static str> {
        KNOWN.iter().find(|known| (known.explains)(self)).map(|known| known.name)
    }

    /// Whether each of the reference's answers is such.
    fn gives(&self, such: fn(&Answer) -> bool) -> bool {
        self.theirs.iter().all(such)
    }
}

fn both(found: &Found<'_>, such: fn(&Known) -> bool) -> bool {
    std::iter::once(found.ours).chain(found.theirs).all(|answer| matches!(answer, Answer::Value(value) if such(value)))
}

fn selects_optionally(text: &str) -> bool {
    [".?", "[?", "optional.of("].iter().any(|mark| text.contains(mark))
}

fn is_error(answer: &Answer) -> bool {
    matches!(answer, Answer::Error(_))
}

fn is_value(answer: &Answer) -> bool {
    matches!(answer, Answer::Value(_))
}

fn has_no_meaning(answer: &Answer) -> bool {
    fails(answer, "has no meaning for these types")
}

fn fails(answer: &Answer, words: &str) -> bool {
    matches!(answer, Answer::Error(why) if why.contains(words))
}

/// What an absence shows as: nothing in an optional, or not there for `has`.
fn absence(answer: &Answer) -> bool {
    matches!(answer, Answer::Value(Known::Optional(None) | Known::Bool(false)))
}
