use std::collections::HashMap;
use std::sync::LazyLock;

use cel_interpreter::common::ast::{CallExpr, Expr, IdedExpr, LiteralValue};

use super::{Level, Teller};
use crate::time::{Duration, Timestamp};

/// How the call of a function is said; `{0}` is its first operand, which a method's receiver is.
struct Said {
    name: &'static str,
    /// How many operands it has; of any number, if there are none here.
    operands: usize,
    words: &'static str,
}

const fn said(name: &'static str, operands: usize, words: &'static str) -> Said {
    Said { name, operands, words }
}

/// What holds or does not.
const RELATIONS: &[Said] = &[
    said("startsWith", 2, "{0} starts with {1}"),
    said("endsWith", 2, "{0} ends with {1}"),
    said("contains", 2, "{0} contains {1}"),
    said("matches", 2, "{0} matches pattern {1}"),
    said("hasValue", 1, "{0} has a value"),
    said("isIP", 1, "{0} is an address"),
    said("isCIDR", 1, "{0} is a network"),
    said("ip.isCanonical", 1, "{0} is a canonical address"),
    said("containsIP", 2, "{0} contains address {1}"),
    said("containsCIDR", 2, "{0} contains network {1}"),
    said("isUnspecified", 1, "{0} is unspecified"),
    said("isLoopback", 1, "{0} is loopback"),
    said("isGlobalUnicast", 1, "{0} is global unicast"),
    said("isLinkLocalMulticast", 1, "{0} is link local multicast"),
    said("isLinkLocalUnicast", 1, "{0} is link local unicast"),
    said("isMask", 1, "{0} is masked"),
    said("math.isNaN", 1, "{0} is not a number"),
    said("math.isInf", 1, "{0} is infinite"),
    said("math.isFinite", 1, "{0} is finite"),
];

/// What has a value.
const PHRASES: &[Said] = &[
    said("-_", 1, "minus {0}"),
    said("size", 1, "size of {0}"),
    said("value", 1, "value of {0}"),
    said("optional.of", 1, "optional {0}"),
    said("optional.ofNonZeroValue", 1, "optional {0} unless empty"),
    said("optional.none", 0, "nothing"),
    said("optional.unwrap", 1, "present values of {0}"),
    said("unwrapOpt", 1, "present values of {0}"),
    said("getFullYear", 1, "year of {0}"),
    said("getFullYear", 2, "year of {0} in {1}"),
    said("getMonth", 1, "month of {0}"),
    said("getMonth", 2, "month of {0} in {1}"),
    said("getDate", 1, "day of month of {0}"),
    said("getDate", 2, "day of month of {0} in {1}"),
    said("getDayOfMonth", 1, "day of month from zero of {0}"),
    said("getDayOfMonth", 2, "day of month from zero of {0} in {1}"),
    said("getDayOfWeek", 1, "weekday of {0}"),
    said("getDayOfWeek", 2, "weekday of {0} in {1}"),
    said("getDayOfYear", 1, "day of year of {0}"),
    said("getDayOfYear", 2, "day of year of {0} in {1}"),
    said("getHours", 1, "hour of {0}"),
    said("getHours", 2, "hour of {0} in {1}"),
    said("getMinutes", 1, "minute of {0}"),
    said("getMinutes", 2, "minute of {0} in {1}"),
    said("getSeconds", 1, "second of {0}"),
    said("getSeconds", 2, "second of {0} in {1}"),
    said("getMilliseconds", 1, "millisecond of {0}"),
    said("getMilliseconds", 2, "millisecond of {0} in {1}"),
    said("bool", 1, "truth of {0}"),
    said("bytes", 1, "bytes of {0}"),
    said("double", 1, "number of {0}"),
    said("duration", 1, "time span of {0}"),
    said("dyn", 1, "{0}"),
    said("int", 1, "integer of {0}"),
    said("string", 1, "text of {0}"),
    said("timestamp", 1, "time of {0}"),
    said("type", 1, "type of {0}"),
    said("uint", 1, "unsigned integer of {0}"),
    said("charAt", 2, "character {1} of {0}"),
    said("indexOf", 2, "position of {1} in {0}"),
    said("indexOf", 3, "position of {1} in {0} from {2}"),
    said("lastIndexOf", 2, "last position of {1} in {0}"),
    said("lastIndexOf", 3, "last position of {1} in {0} before {2}"),
    said("join", 1, "{0} joined"),
    said("join", 2, "{0} joined by {1}"),
    said("lowerAscii", 1, "{0} in lower case"),
    said("upperAscii", 1, "{0} in upper case"),
    said("replace", 3, "{0} with {1} replaced by {2}"),
    said("replace", 4, "{0} with {1} replaced by {2} up to {3} times"),
    said("split", 2, "{0} split by {1}"),
    said("split", 3, "{0} split by {1} into {2}"),
    said("substring", 2, "part of {0} from {1}"),
    said("substring", 3, "part of {0} from {1} to {2}"),
    said("slice", 3, "part of {0} from {1} to {2}"),
    said("trim", 1, "{0} trimmed"),
    said("reverse", 1, "{0} reversed"),
    said("strings.quote", 1, "{0} quoted"),
    said("format", 2, "{0} filled in with {1}"),
    said("flatten", 1, "{0} flattened"),
    said("flatten", 2, "{0} flattened {1} deep"),
    said("distinct", 1, "distinct {0}"),
    said("sort", 1, "{0} sorted"),
    said("first", 1, "first of {0}"),
    said("last", 1, "last of {0}"),
    said("lists.range", 1, "numbers below {0}"),
    said("base64.encode", 1, "base64 of {0}"),
    said("base64.decode", 1, "bytes of base64 {0}"),
    said("ip", 1, "address {0}"),
    said("cidr", 1, "network {0}"),
    said("family", 1, "address family of {0}"),
    said("masked", 1, "masked {0}"),
    said("prefixLength", 1, "prefix length of {0}"),
    said("math.ceil", 1, "{0} rounded up"),
    said("math.floor", 1, "{0} rounded down"),
    said("math.round", 1, "{0} rounded"),
    said("math.trunc", 1, "{0} without fraction"),
    said("math.abs", 1, "magnitude of {0}"),
    said("math.sign", 1, "sign of {0}"),
    said("math.sqrt", 1, "square root of {0}"),
    said("math.bitAnd", 2, "bits in both {0} and {1}"),
    said("math.bitOr", 2, "bits in either {0} or {1}"),
    said("math.bitXor", 2, "bits in one of {0} and {1}"),
    said("math.bitNot", 1, "bits not in {0}"),
    said("math.bitShiftLeft", 2, "{0} shifted left by {1}"),
    said("math.bitShiftRight", 2, "{0} shifted right by {1}"),
];

/// Words that follow operands, and whether one alone can be all that follows.
static FOLLOWING: LazyLock<HashMap<&str, bool>> = LazyLock::new(|| {
    let mut following: HashMap<&str, bool> = OF_OPERATORS.split(' ').map(|word| (word, false)).collect();
    for said in RELATIONS.iter().chain(PHRASES) {
        for after in said.words.split('}').skip(1) {
            if let Some(word) = after.split_whitespace().next() {
                *following.entry(word).or_default() |= after.trim() == word;
            }
        }
    }
    following
});

/// Those of operators and macros.
const OF_OPERATORS: &str =
    "and divided does else equals flat for if in is minus modulo of or otherwise plus sorted then times unless where";

/// Whether this word follows operands.
pub(super) fn is_following(word: &str) -> bool {
    FOLLOWING.contains_key(word)
}

/// Whether a name of these words could be taken for a shorter one and what is said of it.
pub(super) fn is_ambiguous(name: &[String]) -> bool {
    let follows = |(before, word): (usize, &String)| {
        let is_last = before + 2 == name.len();
        FOLLOWING.get(word.as_str()).is_some_and(|is_all| *is_all || !is_last)
    };
    name.iter().skip(1).enumerate().any(follows)
}

impl<'p> Teller<'p> {
    /// A call of a function that is no operator and no macro.
    pub(super) fn function(&mut self, call: &'p CallExpr) -> Level {
        let (name, receiver) = match self.qualified(call) {
            Some(name) => (Some(name), None),
            None => (None, call.target.as_deref()),
        };
        let name = name.as_deref().unwrap_or(&call.func_name);
        if let ([argument], None) = (call.args.as_slice(), receiver)
            && self.constant(name, argument)
        {
            return Level::Atom;
        }
        let operands = || receiver.into_iter().chain(&call.args);
        let count = operands().count();
        for (table, level, least) in [(RELATIONS, Level::Relation, Level::Sum), (PHRASES, Level::Phrase, Level::Atom)] {
            if let Some(said) = table.iter().find(|said| said.operands == count && said.name == name) {
                self.fill(said.words, least, &|number| operands().nth(number));
                return level;
            }
        }
        // `math.greatest` and `math.least` take any number.
        self.identifier(name.rsplit('.').next().unwrap_or(name));
        self.add(" of (");
        for (position, operand) in operands().enumerate() {
            self.add(if position == 0 { "" } else { ", " });
            self.part(operand, Level::Sum);
        }
        self.add(")");
        Level::Phrase
    }

    /// The full name of a function that is written like a method of what is no value: `math.abs(x)`.
    fn qualified(&self, call: &CallExpr) -> Option<String> {
        let Expr::Ident(space) = &call.target.as_deref()?.expr else { return None };
        let is_value = self.is_local(space) || self.place(call.target.as_deref()?).is_some();
        (!is_value).then(|| format!("{space}.{}", call.func_name))
    }

    /// A point or a span of time that is written out.
    fn constant(&mut self, name: &str, argument: &IdedExpr) -> bool {
        let Expr::Literal(LiteralValue::String(text)) = &argument.expr else { return false };
        match name {
            "duration" => Duration::parse(text.inner()).map(|span| self.span(span)),
            "timestamp" => Timestamp::parse(text.inner()).map(|point| self.add(&point.to_string())),
            _ => None,
        }
        .is_some()
    }

    fn fill(&mut self, words: &str, least: Level, operand: &dyn Fn(usize) -> Option<&'p IdedExpr>) {
        let mut rest = words;
        while let Some((before, (number, after))) =
            rest.split_once('{').and_then(|(before, marked)| Some((before, marked.split_once('}')?)))
        {
            self.add(before);
            if let Some(operand) = number.parse().ok().and_then(operand) {
                self.part(operand, least);
            }
            rest = after;
        }
        self.add(rest);
    }
}

#[cfg(test)]
mod tests {
    use super::{PHRASES, RELATIONS};
    use crate::condition::functions::{Style, all};

    #[test]
    fn every_function_has_words_of_its_own() {
        for (_, name, style, (fewest, most)) in all() {
            // Any number of operands; no author can write the other.
            if matches!(name, "math.greatest" | "math.least" | "@sortByAssociatedKeys") {
                continue;
            }
            for operands in fewest..=most {
                let said = RELATIONS.iter().chain(PHRASES).find(|said| said.name == name && said.operands == operands);
                assert!(said.is_some(), "{name} ({style:?}) of {operands}");
                let words = said.unwrap().words;
                assert!((0..operands).all(|operand| words.contains(&format!("{{{operand}}}"))), "{words}");
            }
        }
        assert!(all().any(|(_, name, style, _)| name == "ip" && style == Style::Method));
    }
}
