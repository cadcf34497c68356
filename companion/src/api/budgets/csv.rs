use std::fmt::Display;
use std::io;

use axum::body::Body;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use futures::stream::{self, StreamExt};

use crate::api::problem::Problem;

/// Whether the client would rather have CSV (RFC 4180) than JSON.
pub(super) fn is_wanted(headers: &HeaderMap) -> bool {
    let accepted = headers.get_all(header::ACCEPT).iter().filter_map(|value| value.to_str().ok());
    let kinds = accepted.flat_map(|value| value.split(',')).filter_map(|kind| kind.split(';').next()).map(str::trim);
    // The first that we can write.
    kinds
        .filter(|kind| kind.eq_ignore_ascii_case("text/csv") || kind.eq_ignore_ascii_case("application/json"))
        .map(|kind| kind.eq_ignore_ascii_case("text/csv"))
        .next()
        .unwrap_or(false)
}

/// Lines of fields.
#[derive(Debug)]
pub(super) struct Csv(String);

impl Csv {
    pub(super) fn new(headings: &[&str]) -> Self {
        let mut csv = Csv(String::new());
        csv.row(headings);
        csv
    }

    pub(super) fn row(&mut self, fields: &[impl Display]) {
        for (place, field) in fields.iter().enumerate() {
            if place > 0 {
                self.0.push(',');
            }
            self.field(&field.to_string());
        }
        self.0.push_str("\r\n");
    }

    /// What a spreadsheet would take for a formula has a `'` before it: names are chosen by others. Numbers stay.
    fn field(&mut self, text: &str) {
        let is_formula = text.starts_with(['=', '+', '-', '@', '\t', '\r']) && text.parse::<i64>().is_err();
        match is_formula || text.contains([',', '"', '\r', '\n']) {
            true => {
                self.0.push_str(if is_formula { "\"'" } else { "\"" });
                self.0.push_str(&text.replace('"', "\"\""));
                self.0.push('"');
            }
            false => self.0.push_str(text),
        }
    }

    /// Lines alone, to come after others.
    pub(super) fn rest() -> Self {
        Csv(String::new())
    }

    pub(super) fn text(self) -> String {
        self.0
    }
}

/// All pages as one text, each asked for when the one before has been read. One that cannot be had breaks the answer off, so
/// that nobody takes what came for all.
pub(super) fn answer<C: Send + 'static, F>(
    first: (String, Option<C>),
    next: impl Fn(C) -> F + Send + 'static,
) -> Response
where
    F: Future<Output = Result<(String, Option<C>), Problem>> + Send,
{
    let kind = (header::CONTENT_TYPE, "text/csv; charset=utf-8");
    let (text, cursor) = first;
    if cursor.is_none() {
        return (StatusCode::OK, [kind], text).into_response();
    }
    let rest = stream::try_unfold((cursor, next), async move |(cursor, next)| {
        let Some(cursor) = cursor else { return Ok::<_, io::Error>(None) };
        let (text, cursor) = next(cursor).await.map_err(|problem| io::Error::other(problem.to_string()))?;
        Ok(Some((text, (cursor, next))))
    });
    let body = Body::from_stream(stream::iter([Ok(text)]).chain(rest));
    (StatusCode::OK, [kind], body).into_response()
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    #[test]
    fn fields_that_would_be_read_as_more_are_quoted() {
        let mut csv = Csv::new(&["a", "b"]);
        csv.row(&["one,two", "say \"no\""]);
        csv.row(&["plain", ""]);
        assert_eq!(csv.0, "a,b\r\n\"one,two\",\"say \"\"no\"\"\"\r\nplain,\r\n");
    }

    #[test]
    fn names_are_no_formulas() {
        let mut csv = Csv::rest();
        csv.row(&["=HYPERLINK(\"http://x/\")", "+cmd|' /C calc'!A0", "-1+1", "@sum", "a=b"]);
        assert_eq!(csv.0, "\"'=HYPERLINK(\"\"http://x/\"\")\",\"'+cmd|' /C calc'!A0\",\"'-1+1\",\"'@sum\",a=b\r\n");
        let mut numbers = Csv::rest();
        numbers.row(&[-5, 7]);
        assert_eq!(numbers.0, "-5,7\r\n");
    }

    #[test]
    fn csv_is_for_whoever_asks_for_it() {
        for (accept, expected) in [
            ("text/csv", true),
            ("TEXT/CSV; header=present", true),
            ("text/html, text/csv;q=0.9", true),
            ("application/json, text/csv", false),
            ("*/*", false),
        ] {
            let headers = HeaderMap::from_iter([(header::ACCEPT, HeaderValue::from_static(accept))]);
            assert_eq!(is_wanted(&headers), expected, "{accept}");
        }
        assert!(!is_wanted(&HeaderMap::new()));
    }
}
