use std::time::Duration;

use tollgate_llm::{Answer, Api, Head, Passed, Unit, rate_limit_headers};

use crate::request::HeaderEdit;

use super::refusal::limit;
use super::{Held, Intent, Outcome, Used};

#[cfg(test)]
mod tests;

/// Says which model serves a call, where it is another one than the client asked for.
const SERVED_MODEL: &str = "x-tollgate-model";

/// A reservation without a lease that makes sense is renewed this often.
const MIN_RENEWAL: Duration = Duration::from_secs(10);

/// What the proxy knows of a call's way upstream, asked only where the answer does not tell.
pub trait Upstream {
    /// Whether the call was sent to a provider.
    fn was_reached(&self) -> bool;
    /// Whether the answer came from there.
    fn has_answered(&self) -> bool;
}

/// A call that has gone upstream, on its way there and back.
#[derive(Debug)]
pub struct Course {
    api: Api,
    reservation: Box<[u8]>,
    prompt_tokens: u64,
    /// The most that its answers may have, all of them.
    most_output: u64,
    /// Whether what it uses is told in the answer to another request.
    is_deferred: bool,
    hides_usage: bool,
    /// For the client.
    fields: Vec<(&'static str, String)>,
    answer: Option<Begun>,
    renewal: Renewal,
}

#[derive(Debug)]
struct Begun {
    answer: Box<Answer>,
    is_refusal: bool,
}

/// When the companion is told that the call goes on.
#[derive(Clone, Copy, Debug)]
struct Renewal {
    every: Duration,
    last: Duration,
    /// The number of what it was told last.
    sequence: Option<u64>,
}

impl Course {
    pub(super) fn new(intent: &Intent, held: Held, now: Duration) -> Self {
        let call = intent.call();
        // Of a model that the companion does not know it knows no ceiling either.
        let cap = match held.output_cap {
            u64::MAX => intent.output_cap().unwrap_or_default(),
            cap => cap,
        };
        let mut fields = Vec::new();
        if let Some(standing) = &held.standing {
            fields = limit(standing, |limit| rate_limit_headers(&[limit]));
        }
        if !held.model.is_empty() && call.model.as_deref() != Some(&*held.model) {
            fields.push((SERVED_MODEL, visible(&held.model)));
        }
        let every = Duration::from_secs(held.lease_seconds / 3).max(MIN_RENEWAL);
        Course {
            api: call.api,
            reservation: held.reservation.into(),
            prompt_tokens: held.prompt_tokens.max(call.prompt_tokens),
            most_output: cap.saturating_mul(call.answers),
            is_deferred: call.is_deferred,
            hides_usage: intent.includes_usage(),
            fields,
            answer: None,
            renewal: Renewal { every, last: now, sequence: None },
        }
    }

    /// What the companion knows the call by.
    #[must_use]
    pub fn reservation(&self) -> &[u8] {
        &self.reservation
    }

    /// The answer begins: what is to be changed of its headers.
    pub fn begin(&mut self, head: &Head<'_>) -> Vec<HeaderEdit<'static>> {
        let answer = Answer::new(self.api, head, self.hides_usage);
        let is_refusal = !(200..300).contains(&head.status);
        self.answer = Some(Begun { answer: Box::new(answer), is_refusal });
        let mut edits: Vec<_> =
            std::mem::take(&mut self.fields).into_iter().map(|(name, value)| HeaderEdit::Set(name, value)).collect();
        if self.hides_usage && !is_refusal {
            edits.push(HeaderEdit::Remove(b"content-length".into()));
        }
        edits
    }

    /// What comes of the answer cannot be read.
    pub fn lose(&mut self) {
        let head = Head { status: 200, content_type: Some(b""), content_encoding: None };
        self.answer = Some(Begun { answer: Box::new(Answer::new(self.api, &head, false)), is_refusal: false });
    }

    /// Reads the next bytes of the answer and says what goes on to the client instead of them.
    pub fn chunk(&mut self, bytes: &[u8], is_last: bool) -> Passed<'_> {
        match &mut self.answer {
            Some(begun) => begun.answer.chunk(bytes, is_last),
            None => Passed::Unchanged,
        }
    }

    /// Whether bytes of the answer matter at all.
    #[must_use]
    pub fn is_read(&self) -> bool {
        self.answer.as_ref().is_some_and(|begun| !begun.is_refusal)
    }

    /// Whether it is time to tell the companion that the call goes on.
    #[must_use]
    pub fn is_renewal_due(&self, now: Duration) -> bool {
        now.saturating_sub(self.renewal.last) >= self.renewal.every
    }

    /// What it has used until now.
    #[must_use]
    pub fn so_far(&self) -> Outcome {
        let output = self.answer.as_ref().map(|begun| begun.answer.streamed_tokens()).unwrap_or_default();
        Outcome::SoFar(Used { input: self.prompt_tokens, output, ..Used::default() })
    }

    /// The companion is told, by this number.
    pub fn renewed(&mut self, sequence: Option<u64>, now: Duration) {
        self.renewal.last = now;
        self.renewal.sequence = sequence.or(self.renewal.sequence);
    }

    /// The number of what the companion was told last.
    #[must_use]
    pub fn last_told(&self) -> Option<u64> {
        self.renewal.sequence
    }

    /// What it comes to: the answer has ended, or nothing more of it will come.
    ///
    /// A call that never reached a provider, or that one has refused, costs nothing. One that did and has no answer, or
    /// the proxy's own, costs its prompt. Of an answer that cannot be read, all is charged that was held.
    #[must_use]
    pub fn end(self, upstream: &dyn Upstream) -> Outcome {
        let prompt = Used { input: self.prompt_tokens, ..Used::default() };
        let unknown = Outcome::Estimated(Used { output: self.most_output, ..prompt });
        match self.answer {
            Some(Begun { is_refusal: true, .. }) if upstream.has_answered() || !upstream.was_reached() => {
                Outcome::Released
            }
            None if !upstream.was_reached() => Outcome::Released,
            None | Some(Begun { is_refusal: true, .. }) => Outcome::Estimated(prompt),
            Some(_) if self.is_deferred => unknown,
            Some(Begun { answer, .. }) => match answer.end().spent(self.prompt_tokens) {
                None => unknown,
                Some(spent) if spent.is_exact => Outcome::Used(spent.usage.into()),
                Some(spent) => Outcome::Estimated(spent.usage.into()),
            },
        }
    }
}

/// Text as the value of a header.
fn visible(text: &str) -> String {
    text.chars().map(|character| if character.is_ascii_graphic() { character } else { '?' }).collect()
}

/// What a limit counts.
pub(super) fn unit(unit: &str) -> Unit {
    if unit == "tokens" { Unit::Tokens } else { Unit::MicroDollars }
}
