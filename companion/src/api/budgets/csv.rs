use std::fmt::Display;

use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};

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

    fn field(&mut self, text: &str) {
        match text.contains([',', '"', '\r', '\n']) {
            true => {
                self.0.push('"');
                self.0.push_str(&text.replace('"', "\"\""));
                self.0.push('"');
            }
            false => self.0.push_str(text),
        }
    }

    pub(super) fn answer(self) -> Response {
        (StatusCode::OK, [(header::CONTENT_TYPE, "text/csv; charset=utf-8")], self.0).into_response()
    }
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
