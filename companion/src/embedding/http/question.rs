use serde::Serialize;
use tollgate_search::EmbedError;

use super::config::HttpConfig;

/// What is said in the place of an empty text.
const NOTHING: &str = "nothing";

/// The texts of one request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Question<'t>(&'t [&'t str]);

/// Texts, cut into requests that are within a service's limits.
#[derive(Debug)]
pub(super) struct Questions<'t> {
    rest: &'t [&'t str],
    /// Of each text in JSON, with what stands between it and the next; reversed.
    lengths: Vec<usize>,
    most_texts: usize,
    most_bytes: usize,
}

#[derive(Serialize)]
struct Body<'b> {
    model: &'b str,
    input: Vec<&'b str>,
    encoding_format: &'b str,
    #[serde(skip_serializing_if = "Option::is_none")]
    dimensions: Option<u16>,
}

impl<'t> Questions<'t> {
    /// # Errors
    /// If one of the texts can be in no request.
    pub(super) fn of(texts: &'t [&'t str], config: &HttpConfig) -> Result<Self, EmbedError> {
        let limit = config.limits.bytes.get() as usize;
        let most_bytes = limit.saturating_sub(Question(&[]).body(config).len());
        let mut lengths = Vec::with_capacity(texts.len());
        for (at, text) in texts.iter().enumerate().rev() {
            let length = json(said(text)).len() + 1;
            if length > most_bytes {
                let reason = format!("text {at} is too long for a request of {limit} bytes (`limits.bytes`)");
                return Err(EmbedError::Never { reason });
            }
            lengths.push(length);
        }
        Ok(Questions { rest: texts, lengths, most_texts: config.limits.texts.get().into(), most_bytes })
    }
}

impl<'t> Iterator for Questions<'t> {
    type Item = Question<'t>;

    fn next(&mut self) -> Option<Question<'t>> {
        let (mut texts, mut bytes) = (0, 0);
        while let Some(length) = self.lengths.last().filter(|_| texts < self.most_texts) {
            bytes += length;
            if bytes > self.most_bytes {
                break;
            }
            texts += 1;
            self.lengths.pop();
        }
        let (now, rest) = self.rest.split_at_checked(texts)?;
        self.rest = rest;
        Some(Question(now)).filter(|question| !question.0.is_empty())
    }
}

impl Question<'_> {
    pub(super) fn texts(&self) -> usize {
        self.0.len()
    }

    pub(super) fn body(&self, config: &HttpConfig) -> Vec<u8> {
        let dimensions = config.ask_for_dimensions.then_some(config.dimensions.get());
        let input = self.0.iter().map(|text| said(text)).collect();
        json(&Body { model: &config.model, input, encoding_format: "float", dimensions })
    }
}

/// Services refuse an empty text, and a policy of which cleaning leaves nothing has a vector, too.
fn said(text: &str) -> &str {
    if text.trim().is_empty() { NOTHING } else { text }
}

/// Writing strings and numbers to memory cannot fail.
fn json<T: Serialize + ?Sized>(value: &T) -> Vec<u8> {
    serde_json::to_vec(value).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use std::num::{NonZeroU16, NonZeroU32};

    use proptest::prelude::*;

    use super::*;

    fn config(texts: u16, bytes: u32) -> HttpConfig {
        let mut config = HttpConfig::of("http://localhost/", 4);
        config.limits.texts = NonZeroU16::new(texts).unwrap();
        config.limits.bytes = NonZeroU32::new(bytes).unwrap();
        config
    }

    #[test]
    fn dimensions_are_asked_for_only_if_that_is_configured() {
        let mut config = config(10, 1000);
        let body = |config: &HttpConfig| String::from_utf8(Question(&["a"]).body(config)).unwrap();
        assert_eq!(body(&config), r#"{"model":"tiny","input":["a"],"encoding_format":"float"}"#);
        config.ask_for_dimensions = true;
        assert_eq!(body(&config), r#"{"model":"tiny","input":["a"],"encoding_format":"float","dimensions":4}"#);
    }

    #[test]
    fn a_text_that_fits_no_request_is_named() {
        let long = "\u{1}".repeat(40);
        let texts = ["a", long.as_str()];
        let error = Questions::of(&texts, &config(10, 200)).unwrap_err();
        assert!(matches!(&error, EmbedError::Never { reason } if reason.contains("text 1 is too long")), "{error}");
    }

    #[test]
    fn an_empty_text_is_said_in_a_word() {
        let body = String::from_utf8(Question(&["", "a", " \n"]).body(&config(10, 1000))).unwrap();
        assert!(body.contains(r#""input":["nothing","a","nothing"]"#), "{body}");
    }

    proptest! {
        #[test]
        fn every_text_is_asked_once_in_order_within_the_limits(
            texts in prop::collection::vec("[a-z\"\n]{0,20}x", 0..40), most in 1..9u16, bytes in 130..400u32,
        ) {
            let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
            let config = config(most, bytes);
            let questions: Vec<_> = Questions::of(&texts, &config).unwrap().collect();
            for question in &questions {
                prop_assert!((1..=usize::from(most)).contains(&question.texts()));
                prop_assert!(question.body(&config).len() <= bytes as usize);
            }
            prop_assert_eq!(questions.iter().flat_map(|question| question.0).copied().collect::<Vec<_>>(), texts.clone());
        }
    }
}
