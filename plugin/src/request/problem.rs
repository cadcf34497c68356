use std::borrow::Cow;

use tollgate_llm::quoted;

use crate::vm::DecisionId;

/// The kinds of refusal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Problem {
    /// The request has no single reading.
    InvalidRequest,
    /// Identity is missing or invalid.
    Unauthenticated,
    /// The policies say no.
    Forbidden,
    /// The body is larger than the route takes.
    BodyTooLarge,
    /// There is nothing to decide with.
    PolicyUnavailable,
}

/// A response from the filter itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reply {
    /// The HTTP status.
    pub status: u16,
    /// The response's headers.
    pub headers: Vec<(&'static str, Cow<'static, str>)>,
    /// An `application/problem+json` document, or what the API of the request has for errors.
    pub body: Vec<u8>,
    /// For the access log (`%RESPONSE_CODE_DETAILS%`), without spaces.
    pub details: String,
}

const HEADERS: [(&str, &str); 2] = [("content-type", "application/problem+json"), ("cache-control", "no-store")];
const CHALLENGE: (&str, &str) = ("www-authenticate", "Bearer");

impl Problem {
    /// Status, title, code.
    fn parts(self) -> (u16, &'static str, &'static str) {
        match self {
            Problem::InvalidRequest => (400, "Bad Request", "INVALID_REQUEST"),
            Problem::Unauthenticated => (401, "Unauthorized", "UNAUTHENTICATED"),
            Problem::Forbidden => (403, "Forbidden", "FORBIDDEN"),
            Problem::BodyTooLarge => (413, "Content Too Large", "BODY_TOO_LARGE"),
            Problem::PolicyUnavailable => (503, "Service Unavailable", "POLICY_UNAVAILABLE"),
        }
    }

    /// The response, with as much of the why as the client may learn.
    #[must_use]
    pub fn reply(self, id: DecisionId, reason: Option<&str>, policy: Option<&str>) -> Reply {
        let (status, title, code) = self.parts();
        let decision_id = id.to_string();
        let mut body = format!(
            r#"{{"type":"about:blank","title":"{title}","status":{status},"code":"{code}","decisionId":"{decision_id}""#
        );
        for (name, text) in [("reason", reason), ("policy", policy)] {
            if let Some(text) = text {
                body.extend([",\"", name, "\":", &quoted(text)]);
            }
        }
        body.push('}');
        let challenge = (self == Problem::Unauthenticated).then_some(CHALLENGE);
        Reply {
            status,
            headers: HEADERS.into_iter().chain(challenge).map(|(name, value)| (name, value.into())).collect(),
            body: body.into_bytes(),
            details: format!("tollgate_{}{{{decision_id}}}", code.to_ascii_lowercase()),
        }
    }
}

#[cfg(test)]
mod tests {
    use tollgate_policy::data::Data;

    use crate::vm::DecisionIds;

    use super::*;

    #[test]
    fn the_document_says_no_more_than_it_is_told() {
        let id = DecisionIds::new(1).next();
        let reply = Problem::Forbidden.reply(id, None, None);
        assert_eq!(
            String::from_utf8(reply.body).unwrap(),
            r#"{"type":"about:blank","title":"Forbidden","status":403,"code":"FORBIDDEN","decisionId":"0000000000000001-1"}"#
        );
        assert_eq!(reply.details, "tollgate_forbidden{0000000000000001-1}");
        let explained = Problem::Forbidden.reply(id, Some("no \"route\""), Some("p"));
        assert!(String::from_utf8(explained.body).unwrap().ends_with(r#","reason":"no \"route\"","policy":"p"}"#));
    }

    #[test]
    fn any_text_becomes_json() {
        let text = (0..300).filter_map(char::from_u32).collect::<String>();
        let reply = Problem::Forbidden.reply(DecisionIds::new(1).next(), Some(&text), None);
        let Ok(Data::Map(document)) = Data::from_json(&reply.body) else { panic!("{:?}", reply.body) };
        assert_eq!(document.get("reason"), Some(&Data::from(&*text)));
    }

    #[test]
    fn every_reply_is_uncacheable_and_401_challenges() {
        let id = DecisionIds::new(1).next();
        for problem in [
            Problem::InvalidRequest,
            Problem::Unauthenticated,
            Problem::Forbidden,
            Problem::BodyTooLarge,
            Problem::PolicyUnavailable,
        ] {
            let reply = problem.reply(id, None, None);
            assert!(reply.headers.contains(&("cache-control", "no-store".into())));
            assert_eq!(reply.headers.contains(&("www-authenticate", "Bearer".into())), reply.status == 401);
        }
    }
}
