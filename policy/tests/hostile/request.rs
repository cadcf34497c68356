//! A request as large as no proxy would let through.
//!
//! Compiled into the native tests and into the WebAssembly guest, so that both ask the same question.

use tollgate_policy::data::{Data, Fields};

use super::requests::Request;

/// Its principal has much of everything.
pub(crate) fn hostile() -> Request {
    let text = |text: String| Data::String(text.into());
    let many = |count: i64, item: &dyn Fn(i64) -> Data| Data::List((0..count).map(item).collect());
    let keys = || (0..16).map(|key| format!("{}{key:02}", "k".repeat(4096)));
    let wide = || fields((0..5_000).map(|key| (format!("key {key}"), Data::Int(key))));
    let claims = fields([
        ("big".to_owned(), many(100_000, &Data::Int)),
        ("again".to_owned(), many(100_000, &Data::Int)),
        ("doubles".to_owned(), many(20_000, &|_| Data::Double(-1e308))),
        ("long".to_owned(), text("x".repeat(100_000))),
        ("letters".to_owned(), text("é".repeat(50_000))),
        ("digits".to_owned(), text("1".repeat(100_000))),
        ("percents".to_owned(), text("%s".repeat(50_000))),
        ("same".to_owned(), many(1_000, &|_| text("x".repeat(1_000)))),
        ("texts".to_owned(), many(3_000, &|number| text(format!("{}{}", "x".repeat(100), 3_000 - number)))),
        ("lists".to_owned(), many(1_000, &|_| many(10, &Data::Int))),
        ("deep".to_owned(), (0..100).fold(Data::Int(0), |inner, _| Data::List([inner].into()))),
        ("wide".to_owned(), Data::Map(wide())),
        ("wider".to_owned(), Data::Map(wide())),
        ("maps".to_owned(), many(1_000, &|number| Data::Map(fields([(number.to_string(), Data::Null)])))),
        ("keys".to_owned(), Data::List(keys().map(text).collect())),
        ("index".to_owned(), Data::Map(fields(keys().map(|key| (key, Data::Int(1)))))),
    ]);
    Request { id: "mallory".to_owned(), method: "GET".to_owned(), path: "/".to_owned(), claims, ..Request::default() }
}

fn fields(members: impl IntoIterator<Item = (String, Data)>) -> Fields {
    Fields::new(members.into_iter().map(|(name, value)| (name.into(), value)).collect()).unwrap()
}
