/// The header by which a request tells the provider how to answer: pairs such as `words=30 pause=20`.
pub const SCRIPT: &str = "x-provider";

/// How a call is answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Script {
    pub(super) status: u16,
    /// Only the first so many attempts of a call get that status; those after them are served.
    pub(super) attempts: Option<u64>,
    /// Tokens of the prompt, whatever it says.
    pub(super) input: Option<u64>,
    /// Tokens of the answer.
    pub(super) words: u64,
    /// Between two of them, in milliseconds.
    pub(super) pause: u64,
    /// After so many the connection ends.
    pub(super) cut: Option<u64>,
    /// Whether the answer ends with trailers.
    pub(super) has_trailers: bool,
}

impl Script {
    pub(super) fn read(text: &str) -> Self {
        let value = |name: &str| {
            let pairs = text.split_whitespace().filter_map(|pair| pair.split_once('='));
            pairs.filter(|(known, _)| *known == name).find_map(|(_, value)| value.parse::<u64>().ok())
        };
        Script {
            status: value("status").and_then(|status| u16::try_from(status).ok()).unwrap_or(200),
            attempts: value("attempts"),
            input: value("input"),
            words: value("words").unwrap_or(7),
            pause: value("pause").unwrap_or(0),
            cut: value("cut"),
            has_trailers: value("trailers").is_some(),
        }
    }

    /// The status of this attempt of a call; the first is 0.
    pub(super) fn status_of(&self, attempt: u64) -> u16 {
        if self.attempts.is_some_and(|attempts| attempt >= attempts) { 200 } else { self.status }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_script_does_not_say_is_as_usual() {
        let usual = Script::read("");
        assert_eq!((usual.status_of(0), usual.words, usual.cut, usual.has_trailers), (200, 7, None, false));
        let script = Script::read("status=503 attempts=2 words=3 cut=1 input=9 trailers=1");
        assert_eq!((script.words, script.cut, script.input, script.has_trailers), (3, Some(1), Some(9), true));
        assert_eq!([0, 1, 2].map(|attempt| script.status_of(attempt)), [503, 503, 200]);
    }
}
