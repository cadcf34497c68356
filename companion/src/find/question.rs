use serde::{Deserialize, Serialize};
use tollgate_search::Ranking;

use super::filters::Filters;
use super::object::object;

/// Results, where the question does not say how many, and at most.
const RESULTS: usize = 10;
const MAX_RESULTS: usize = 1000;

/// Longest text that is searched for, in bytes.
const MAX_TEXT: usize = 8 << 10;

/// What is asked for, as programs write it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Question {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) text: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) policy: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) draft: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) k: Option<usize>,
    /// What is best for the embedder, unless said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) ranking: Option<Ranking>,
    #[serde(default, deserialize_with = "object")]
    pub(crate) filters: Filters,
}

/// What policies are to be like.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Subject<'q> {
    /// Words.
    Text(&'q str),
    /// The policy of this name.
    Policy(&'q str),
    /// A policy that is in no set: the text of a policy file.
    Draft(&'q str),
}

/// A question that makes no sense.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum QuestionError {
    #[error("say one of `text`, `policy` and `draft`: what policies are to be like")]
    Subject,
    #[error("`text` is blank: say what policies are to be about")]
    Blank,
    #[error("`text` is longer than {MAX_TEXT} bytes")]
    Long,
    #[error("`k` is a number of results from 1 to {MAX_RESULTS}, not {0}")]
    Results(usize),
    /// As the loader says it.
    #[error("{0}")]
    Kind(String),
    #[error("`*` is every kind: name one")]
    Kinds,
    #[error("no policy names the kind {0}: there is nothing to copy")]
    LikeNothing(String),
    #[error("a kind is like others, not like itself")]
    LikeItself,
    #[error("at most {0} kinds can be named")]
    LikeMany(usize),
}

impl Question {
    pub(super) fn subject(&self) -> Result<Subject<'_>, QuestionError> {
        match (&self.text, &self.policy, &self.draft) {
            (Some(text), None, None) if text.chars().all(|c| c.is_whitespace() || c.is_control()) => {
                Err(QuestionError::Blank)
            }
            (Some(text), None, None) if text.len() > MAX_TEXT => Err(QuestionError::Long),
            (Some(text), None, None) => Ok(Subject::Text(text)),
            (None, Some(name), None) => Ok(Subject::Policy(name)),
            (None, None, Some(draft)) => Ok(Subject::Draft(draft)),
            _ => Err(QuestionError::Subject),
        }
    }

    pub(super) fn most(&self) -> Result<usize, QuestionError> {
        match self.k {
            None => Ok(RESULTS),
            Some(k) if (1..=MAX_RESULTS).contains(&k) => Ok(k),
            Some(k) => Err(QuestionError::Results(k)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(text: &str) -> Question {
        Question { text: Some(text.to_owned()), ..Question::default() }
    }

    #[test]
    fn a_question_has_one_subject_and_a_number_of_results() {
        assert_eq!(text("who edits").subject(), Ok(Subject::Text("who edits")));
        assert_eq!(text(" \n\u{0}").subject(), Err(QuestionError::Blank));
        assert_eq!(text(&"x".repeat(MAX_TEXT + 1)).subject(), Err(QuestionError::Long));
        assert_eq!(Question::default().subject(), Err(QuestionError::Subject));
        let two = Question { policy: Some("a".to_owned()), ..text("a") };
        assert_eq!(two.subject(), Err(QuestionError::Subject));
        for k in [0, MAX_RESULTS + 1, usize::MAX] {
            assert_eq!(Question { k: Some(k), ..text("a") }.most(), Err(QuestionError::Results(k)));
        }
        assert_eq!(text("a").most(), Ok(RESULTS));
    }
}
