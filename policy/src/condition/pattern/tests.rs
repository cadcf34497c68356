use proptest::prelude::*;

use super::Pattern;

fn matches(pattern: &str, text: &str) -> bool {
    Pattern::compile(pattern).unwrap_or_else(|problem| panic!("`{pattern}`: {problem:?}")).is_match(text).unwrap()
}

#[test]
fn patterns_match_what_re2_matches() {
    for (pattern, text, expected) in [
        ("", "", true),
        ("", "cows", true),
        ("ubb", "hubba", true),
        ("^ubb", "hubba", false),
        ("foo|bar", "", false),
        ("ba(na)*$", "banana", true),
        ("a+ñ+a+", "mañana", true),
        ("(a|😀){2}", "🐱😀😀", true),
        ("^.$", "☃", true),
        ("^..$", "☃", false),
        ("a.c", "a\nc", false),
        ("(?s)a.c", "a\nc", true),
        // Without flag `m`, `$` is the end of the text alone.
        ("a$", "a\n", false),
        ("(?m)a$", "a\n", true),
        ("(?m)^b", "a\nb", true),
        ("^b", "a\nb", false),
        (r"\Ab", "a\nb", false),
        (r"a\z", "ba", true),
        // Perl classes and boundaries are of ASCII.
        (r"^\d$", "٣", false),
        (r"^\D$", "٣", true),
        (r"^\w+$", "mañana", false),
        (r"^[\w]+$", "manana_9", true),
        (r"^[^\W]$", "ñ", false),
        (r"\s", "\u{a0}", false),
        (r"\s", "\u{b}", false),
        ("[[:space:]]", "\u{b}", true),
        (r"\bé", "é", false),
        (r"a\b", "aé", true),
        (r"\Bb", "ab", true),
        (r"\Bb", "b", false),
        // Within a character there is no place.
        (r"\B", "aéb", false),
        (r"\B", "aéé", true),
        (r"\B|é", "aéb", true),
        ("[[:alpha:]]", "é", false),
        ("[[:^alpha:]]", "é", true),
        ("^[[:word:]-]+$", "a-b", true),
        // An escaped character stands for itself.
        (r"\<a\>", "<a>", true),
        (r"\<a\>", "a", false),
        (r"^\.\-\/\@$", ".-/@", true),
        (r"\x41\x{1F600}", "A😀", true),
        // Case folds by Unicode.
        ("(?i)k", "\u{212a}", true),
        (r"(?i)^\w$", "\u{17f}", true),
        ("(?i:STRASSE)x", "strassex", true),
        ("(?i:a)b", "AB", false),
        (r"^\pL\p{Lu}\PN$", "éÉ-", true),
        (r"^\p{Greek}+$", "πέντε", true),
        (r"^\p{^Greek}+$", "πέντε", false),
        (r"^[\p{Greek}\d]+$", "π3", true),
        (r"^\p{Any}$", "\n", true),
        ("^(?P<name>a)(?:b)$", "ab", true),
        ("^(?U)a+?$", "aaa", true),
        ("^a{2,3}$", "aaaa", false),
        ("^a{2,}$", "aaaa", true),
        ("^a{1000}$", &"a".repeat(1000), true),
        ("^[]a]+$", "]a", true),
        ("^[^]a]+$", "bc", true),
        ("^[a-]+$", "a-", true),
        ("[^a]", "\n", true),
        ("a||b", "", true),
        ("()", "x", true),
    ] {
        assert_eq!(matches(pattern, text), expected, "`{pattern}` in {text:?}");
    }
}

#[test]
fn what_re2_lacks_is_refused_where_it_stands() {
    for (pattern, offset, part) in [
        ("a(b", 1, "unclosed group"),
        ("a)", 1, "unopened group"),
        ("*a", 0, "repetition operator missing expression"),
        ("a**", 2, "repeats a repetition"),
        ("a{2}{3}", 4, "repeats a repetition"),
        ("a{1001}", 1, "repeats more than 1000 times"),
        ("a{3,2}", 1, "invalid repetition count range"),
        ("x(?=a)", 1, "look-around"),
        ("x(?<!a)", 1, "look-around"),
        (r"(a)\1", 3, "backreferences"),
        ("x[a[b]]", 3, "a class in a class"),
        ("[a&&b]", 1, "has `&&`"),
        ("[a--b]", 1, "has `&&`"),
        ("(?x)a", 2, "flag other than"),
        ("(?-u:a)", 3, "flag other than"),
        (r"\u0041", 0, r"write \x{"),
        (r"[\u0041]", 1, r"write \x{"),
        (r"\b{start}a", 0, "RE2 lacks"),
        (r"\Z", 0, "unrecognized escape"),
        (r"\p{Alphabetic}", 0, "property value not found"),
        (r"\p{sc=Greek}", 0, "categories and scripts"),
        ("[z-a]", 1, "invalid character class range"),
    ] {
        let problem = Pattern::compile(pattern).map(|_| ()).expect_err(pattern);
        assert!(problem.message.contains(part), "`{pattern}`: {}", problem.message);
        assert_eq!(problem.offset, offset, "`{pattern}`: {}", problem.message);
    }
}

#[test]
fn hostile_patterns_are_refused_within_bounded_memory() {
    let words: Vec<String> = (0..3000).map(|word| format!("w{}x{word}", word * 7919 % 1000)).collect();
    let nested = format!("{}a{}", "(".repeat(65), ")".repeat(65));
    let powers = format!("{}a{}", "(".repeat(20), "{30})".repeat(20));
    let patterns = [
        "(a{1000}){1000}",
        "((((a{1000}){1000}){1000}){1000}){1000}",
        "(.{1000}){1000}",
        ".*a.{50}",
        "[^a].{20}",
        r"(?i)(\pL{1,1000}\pN){1,1000}",
        "(x?){500}x{500}(.*y.{12}|.*z.{13})",
        &words.join("|"),
        &nested,
        &powers,
    ];
    for pattern in patterns {
        let memory = allocation_counter::measure(|| assert!(Pattern::compile(pattern).is_err(), "`{pattern}`"));
        assert!(memory.bytes_max < 16 << 20, "{} bytes for `{pattern}`", memory.bytes_max);
    }
}

#[test]
fn ordinary_patterns_are_small() {
    for (pattern, most) in [
        (r"^[a-zA-Z0-9._%+-]+@[a-zA-Z0-9.-]+\.[a-zA-Z]{2,}$", 2000),
        ("^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$", 4000),
        (r"^(?:[0-9]{1,3}\.){3}[0-9]{1,3}$", 2000),
        (r"^/api/v[0-9]+/(users|orders)/\d+$", 3000),
        ("(x+x+)+y", 1000),
        (r"^\w{1,200}$", 10_000),
        ("^.{1,255}$", 50_000),
        (r"^\pL+$", 100_000),
    ] {
        let size = Pattern::compile(pattern).unwrap().as_bytes().len();
        assert!(size <= most, "{size} bytes for `{pattern}`");
    }
}

#[test]
fn patterns_survive_their_bytes_and_nothing_else_does() {
    let pattern = Pattern::compile("^a+b$").unwrap();
    let bytes = pattern.as_bytes();
    let again = Pattern::from_bytes(bytes).unwrap();
    assert_eq!(again, pattern);
    assert!(again.is_match("aab") == Some(true) && again.is_match("ba") == Some(false));
    assert_ne!(again, Pattern::compile("^a+c$").unwrap());
    for len in 0..bytes.len() {
        assert!(Pattern::from_bytes(&bytes[..len]).is_none(), "{len} bytes");
    }
    assert!(Pattern::from_bytes(&[bytes, &[0]].concat()).is_none());
}

#[test]
fn searching_allocates_nothing() {
    let pattern = Pattern::compile(r"(\w+)@(\w+)\.com$").unwrap();
    let memory = allocation_counter::measure(|| assert_eq!(pattern.is_match("mail to beth@smiths.com"), Some(true)));
    assert_eq!(memory.count_total, 0);
}

/// Constructs in our syntax, and in that of Rust's regular expressions.
fn piece() -> impl Strategy<Value = (String, String)> {
    let same =
        ["a", "b", "é", "_", " ", ".", "^", "$", "[ab]", "[^a]", "[a-é]", "()", r"\.", r"\pL", "(?i:É)", "(?s:.)"];
    let ours = [
        (r"\d", "[0-9]"),
        (r"\D", "[^0-9]"),
        (r"\w", "[0-9A-Za-z_]"),
        (r"\W", "[^0-9A-Za-z_]"),
        (r"\s", r"[\t\n\x0c\r ]"),
        (r"[^\sa]", r"[^\t\n\x0c\r a]"),
        (r"\b", r"(?-u:\b)"),
        (r"\<", "<"),
        ("(?i:\\w)", "(?i:[0-9A-Za-z_])"),
    ];
    let both = same.iter().map(|piece| (*piece, *piece)).chain(ours);
    let leaf =
        prop::sample::select(both.map(|(ours, theirs)| (ours.to_owned(), theirs.to_owned())).collect::<Vec<_>>());
    leaf.prop_recursive(4, 24, 4, |inner| {
        let operators = prop::sample::select(vec!["*", "+", "?", "*?", "{2}", "{1,3}", "{2,}"]);
        prop_oneof![
            prop::collection::vec(inner.clone(), 1..4).prop_map(|parts| parts
                .into_iter()
                .fold((String::new(), String::new()), |(ours, theirs), part| (ours + &part.0, theirs + &part.1))),
            (inner.clone(), inner.clone())
                .prop_map(|(a, b)| (format!("(?:{}|{})", a.0, b.0), format!("(?:{}|{})", a.1, b.1))),
            (inner, operators).prop_map(|(a, op)| (format!("({}){op}", a.0), format!("({}){op}", a.1))),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn patterns_match_what_the_regex_crate_matches(
        (ours, theirs) in piece(),
        texts in prop::collection::vec("[abéÉſ_0 \n<.]{0,8}", 8),
    ) {
        let oracle = regex::Regex::new(&theirs).unwrap();
        // Some of these take too many states.
        if let Ok(pattern) = Pattern::compile(&ours) {
            let again = Pattern::from_bytes(pattern.as_bytes()).unwrap();
            for text in texts {
                prop_assert_eq!(pattern.is_match(&text), Some(oracle.is_match(&text)), "`{}` in {:?}", ours, text);
                prop_assert_eq!(again.is_match(&text), Some(oracle.is_match(&text)));
            }
        }
    }

    #[test]
    fn no_text_is_too_much_for_the_compiler(source in r"[ab\[\](){}|*+?\\.^$,0-9a-zA-Z&\-<>:=!é]{0,24}") {
        let _ = Pattern::compile(&source);
    }

    #[test]
    fn broken_bytes_never_panic(position in 0_usize..600, byte in any::<u8>()) {
        let mut bytes = Pattern::compile("^(a|b)+c$").unwrap().as_bytes().to_vec();
        let position = position % bytes.len();
        bytes[position] = byte;
        if let Some(pattern) = Pattern::from_bytes(&bytes) {
            pattern.is_match("abababc");
        }
    }
}
