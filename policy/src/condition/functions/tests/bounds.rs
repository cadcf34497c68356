use bumpalo::Bump;

use super::outcome;
use crate::condition::fault::FaultKind;
use crate::condition::fuel::Fuel;
use crate::condition::functions::{Style, find};
use crate::condition::value::{List, Map, Value};
use crate::condition::workspace::Workspace;
use crate::time::{Duration, Timestamp};

fn call<'a>(
    name: &str,
    style: Style,
    arguments: &[Value<'a>],
    arena: &'a Bump,
    steps: u32,
) -> Result<Value<'a>, FaultKind> {
    let function = find(name, style, arguments.len()).unwrap();
    function.call(arguments, &mut Workspace { arena, fuel: &mut Fuel(steps) })
}

#[test]
fn what_grows_is_stopped_by_fuel() {
    for expression in [
        "lists.range(9223372036854775807)",
        "lists.range(3000).map(x, lists.range(3000)).flatten()",
        "lists.range(3000).distinct()",
        "lists.range(200).map(x, '%.100f'.format([x])).join()",
        "lists.range(100).map(x, lists.range(100)).map(x, '%s'.format([x]))",
        "cel.bind(a, 'x'.replace('', 'xxxxxxxxxx'), cel.bind(b, a.replace('', a), cel.bind(c, b.replace('', b), c.replace('', c))))",
    ] {
        assert_eq!(outcome(expression), "out of fuel", "{expression}");
    }
}

#[test]
fn memory_is_bounded_by_fuel() {
    let text = "é".repeat(500_000);
    let arguments: [(&str, Style, Vec<Value<'_>>); 8] = [
        ("split", Style::Method, vec![Value::Str(&text), Value::Str("")]),
        ("replace", Style::Method, vec![Value::Str(&text), Value::Str(""), Value::Str(&text)]),
        ("reverse", Style::Method, vec![Value::Str(&text)]),
        ("upperAscii", Style::Method, vec![Value::Str(&text)]),
        ("strings.quote", Style::Global, vec![Value::Str(&text)]),
        ("base64.encode", Style::Global, vec![Value::Bytes(text.as_bytes())]),
        ("base64.decode", Style::Global, vec![Value::Str(&text)]),
        ("lists.range", Style::Global, vec![Value::Int(i64::MAX)]),
    ];
    for (name, style, arguments) in arguments {
        let arena = Bump::new();
        let outcome = call(name, style, &arguments, &arena, 100_000);
        assert_eq!(outcome.err(), Some(FaultKind::OutOfFuel), "{name}");
        assert!(arena.allocated_bytes() < 16 << 20, "{name}: {} bytes", arena.allocated_bytes());
    }
}

#[test]
fn every_function_refuses_no_fuel_or_takes_little() {
    let arena = Bump::new();
    let text = "a".repeat(1000);
    for (name, style) in
        [("trim", Style::Method), ("int", Style::Global), ("ip", Style::Global), ("isCIDR", Style::Global)]
    {
        let outcome = call(name, style, &[Value::Str(&text)], &arena, 10);
        assert_eq!(outcome.err(), Some(FaultKind::OutOfFuel), "{name}");
    }
}

#[test]
fn calls_take_memory_from_the_arena_alone() {
    let numbers: Vec<Value<'_>> = (0..100).rev().map(Value::Int).collect();
    let numbers = Value::List(List::Built(&numbers));
    let entries: Vec<_> = (0..50).rev().map(|key| (Value::Int(key), Value::Double(0.5))).collect();
    let map = Value::Map(Map::Built(&entries));
    let several = [Value::Double(1e-7), map, numbers, Value::Str("x"), Value::Bytes(b"y")];
    let several = Value::List(List::Built(&several));
    let now = Value::Timestamp(Timestamp::new(1_700_000_000, 5).unwrap());
    let span = Value::Duration(Duration::from_nanos(-1_500_000_000));
    let calls: [(&str, Style, Vec<Value<'_>>); 16] = [
        ("format", Style::Method, vec![Value::Str("%.50e %s %s %x %X"), several]),
        ("sort", Style::Method, vec![numbers]),
        ("distinct", Style::Method, vec![numbers]),
        ("flatten", Style::Method, vec![several, Value::Int(3)]),
        ("split", Style::Method, vec![Value::Str("a b c"), Value::Str(" ")]),
        ("replace", Style::Method, vec![Value::Str("a b c"), Value::Str(" "), Value::Str("--")]),
        ("reverse", Style::Method, vec![Value::Str("abc")]),
        ("strings.quote", Style::Global, vec![Value::Str("abc")]),
        ("string", Style::Global, vec![Value::Double(1e-7)]),
        ("string", Style::Global, vec![now]),
        ("string", Style::Global, vec![span]),
        ("double", Style::Global, vec![Value::Str("1.7976931348623157e308")]),
        ("timestamp", Style::Global, vec![Value::Str("2026-11-21T09:30:00.5+01:00")]),
        ("base64.encode", Style::Global, vec![Value::Bytes(b"abc")]),
        ("base64.decode", Style::Global, vec![Value::Str("YWJj")]),
        ("ip.isCanonical", Style::Global, vec![Value::Str("2001:db8::1")]),
    ];
    for (name, style, arguments) in calls {
        let arena = Bump::with_capacity(1 << 20);
        let memory = allocation_counter::measure(|| {
            call(name, style, &arguments, &arena, 1_000_000).unwrap();
        });
        assert_eq!(memory.count_total, 0, "{name}");
    }
}

#[test]
fn no_function_panics_whatever_its_arguments() {
    let text = "a%é".to_owned();
    let values = [
        Value::Null,
        Value::Bool(true),
        Value::Int(i64::MIN),
        Value::Int(-1),
        Value::Int(0),
        Value::Int(2),
        Value::Int(i64::MAX),
        Value::UInt(u64::MAX),
        Value::Double(f64::NAN),
        Value::Double(f64::MIN),
        Value::Str(""),
        Value::Str(&text),
        Value::Str("%s%d"),
        Value::Bytes(b"\xff"),
        Value::List(List::Built(&[])),
        Value::List(List::Built(&[Value::Str("b"), Value::Str("a")])),
        Value::Map(Map::default()),
        Value::Timestamp(Timestamp::new(253_402_300_799, 999_999_999).unwrap()),
        Value::Duration(Duration::from_nanos(i64::MIN)),
        Value::Type(crate::condition::value::Type::Int),
        Value::Optional(None),
        Value::Ip([255; 16].into()),
        Value::Cidr(crate::condition::value::Cidr { address: [255; 4].into(), prefix: 255 }),
    ];
    for (function, ..) in super::all() {
        let call = |arguments: &[Value<'_>]| {
            let mut fuel = Fuel(10_000);
            let arena = Bump::new();
            let arguments: Vec<Value<'_>> = arguments.to_vec();
            let _ = function.call(&arguments, &mut Workspace { arena: &arena, fuel: &mut fuel });
        };
        call(&[]);
        for a in values {
            call(&[a]);
            for b in values {
                call(&[a, b]);
                for c in values {
                    call(&[a, b, c]);
                }
                call(&[a, b, Value::Str("x"), Value::Int(i64::MAX)]);
            }
        }
    }
}
