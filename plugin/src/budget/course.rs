use std::time::Duration;

use tollgate_llm::{Answer, Api, Ended, Ending, Head, Passed, rate_limit_headers};

use crate::request::HeaderEdit;

use super::shown::{limit, visible};
use super::{Held, Intent, Outcome, Used};

#[cfg(test)]
mod tests;

/// Says which model serves a call, where it is another one than the client asked for.
const SERVED_MODEL: &str = "x-tollgate-model";

/// A call is not said to go on more often than this.
const MIN_RENEWAL: Duration = Duration::from_secs(1);

/// Most of a refusal that is kept, in bytes, to see why it was made.
const MAX_REFUSAL: usize = 16 << 10;

/// What providers call it when they refuse a prompt for what it says, after a model has read it.
const FILTERED: [&[u8]; 3] = [b"content_filter", b"content_policy", b"ResponsibleAIPolicyViolation"];

/// What the proxy knows of a call's way upstream.
pub trait Upstream {
    /// Whether the call was sent to a provider.
    fn was_reached(&self) -> bool;
    /// Whether the answer comes from there, and not from the proxy itself; nothing if it cannot be told. To be asked when
    /// the answer begins: later it may say how that ended.
    fn answers(&self) -> Option<bool>;
}

/// A call that has gone upstream, on its way there and back.
#[derive(Debug)]
pub struct Course {
    api: Api,
    reservation: Box<[u8]>,
    prompt_tokens: u64,
    /// The most that its answers may have, all of them.
    most_output: u64,
    streams: bool,
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
    kind: Kind,
    /// What came cannot be read any more.
    is_lost: bool,
}

/// What comes back.
#[derive(Debug)]
enum Kind {
    Answer,
    /// The provider says no.
    Refusal {
        status: u16,
        /// How it begins.
        text: Vec<u8>,
    },
    /// The proxy says something: of what the provider does, nothing is known.
    Local,
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
            streams: call.streams,
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
    pub fn begin(&mut self, head: &Head<'_>, upstream: &dyn Upstream) -> Vec<HeaderEdit<'static>> {
        let is_refusal = !(200..300).contains(&head.status);
        let kind = match upstream.answers() {
            Some(false) => Kind::Local,
            None if is_refusal => Kind::Local,
            _ if is_refusal => Kind::Refusal { status: head.status, text: Vec::new() },
            _ => Kind::Answer,
        };
        let hides_usage = self.hides_usage && matches!(kind, Kind::Answer);
        // What is refused may say what it used, as an answer would.
        let answer = Answer::new(self.api, &Head { status: 200, ..*head }, hides_usage);
        self.answer = Some(Begun { answer: Box::new(answer), kind, is_lost: false });
        let mut edits: Vec<_> =
            std::mem::take(&mut self.fields).into_iter().map(|(name, value)| HeaderEdit::Set(name, value)).collect();
        if hides_usage {
            edits.push(HeaderEdit::Remove(b"content-length".into()));
        }
        edits
    }

    /// What comes of the answer, or what more of it comes, cannot be read.
    pub fn lose(&mut self) {
        let head = Head { status: 200, content_type: Some(b""), content_encoding: None };
        let begun = self.answer.get_or_insert_with(|| Begun {
            answer: Box::new(Answer::new(self.api, &head, false)),
            kind: Kind::Answer,
            is_lost: true,
        });
        begun.is_lost = true;
    }

    /// Reads the next bytes of the answer and says what goes on to the client instead of them.
    pub fn chunk(&mut self, bytes: &[u8], is_last: bool) -> Passed<'_> {
        match &mut self.answer {
            Some(begun) => {
                if let Kind::Refusal { text, .. } = &mut begun.kind {
                    let room = MAX_REFUSAL.saturating_sub(text.len());
                    text.extend_from_slice(bytes.get(..room).unwrap_or(bytes));
                }
                begun.answer.chunk(bytes, is_last)
            }
            None => Passed::Unchanged,
        }
    }

    /// Whether bytes of the answer matter at all.
    #[must_use]
    pub fn is_read(&self) -> bool {
        self.answer.as_ref().is_some_and(|begun| !begun.is_lost && !matches!(begun.kind, Kind::Local))
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

    /// What it comes to. `is_cut`: the answer has not come to an end, and nothing more of it will come.
    ///
    /// Where nothing is seen of what the model does, it may be doing all that it was asked for, and costs what was held.
    #[must_use]
    pub fn end(self, upstream: &dyn Upstream, is_cut: bool) -> Outcome {
        let all = Used { input: self.prompt_tokens, output: self.most_output, ..Used::default() };
        let (answer, kind, is_lost) = match self.answer {
            Some(Begun { answer, kind: kind @ (Kind::Answer | Kind::Refusal { .. }), is_lost }) => {
                (answer, kind, is_lost)
            }
            _ if upstream.was_reached() => return Outcome::Estimated(all),
            _ => return Outcome::Released,
        };
        let ended = answer.end();
        let reported = match ended.usage {
            Some(usage) if ended.ending == Ending::Complete => return Outcome::Used(usage.into()),
            reported => reported.map(Used::from),
        };
        match kind {
            Kind::Refusal { status, text } => match reported {
                Some(used) => Outcome::Estimated(used),
                None if is_charged(status, &text) => Outcome::Estimated(Used { output: 0, ..all }),
                None => Outcome::Released,
            },
            _ if is_lost || self.is_deferred => Outcome::Estimated(all),
            // A model that is not streamed has written all by the time that its answer begins, one that thinks first has thought.
            _ if is_cut && (!self.streams || ended.streamed_tokens == 0) => Outcome::Estimated(at_most(all, &ended)),
            _ => Outcome::Estimated(ended.spent(self.prompt_tokens).map_or(all, |spent| spent.usage.into())),
        }
    }
}

/// All that was held, by the provider's numbers as far as they go.
fn at_most(held: Used, ended: &Ended) -> Used {
    let reported = Used::from(ended.usage.unwrap_or_default());
    Used {
        input: if ended.is_input_reported { reported.input } else { held.input },
        output: held.output.max(reported.output).max(ended.streamed_tokens),
        ..reported
    }
}

/// Whether providers charge at least for the prompt of what they refuse like this: they have given up on a model that was at
/// work, or refuse what a model has read. Azure's documentation says so of 408 and of content filters.
fn is_charged(status: u16, text: &[u8]) -> bool {
    let is_filtered = || FILTERED.iter().any(|word| text.windows(word.len()).any(|part| part == *word));
    matches!(status, 408 | 504) || (400..500).contains(&status) && is_filtered()
}
