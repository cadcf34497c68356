use serde_json::{Value, json};

use super::{chat, messages};

/// What an answer says, and to whom.
pub(super) struct Answer {
    pub(super) api: Api,
    pub(super) model: String,
    /// Tokens of the prompt.
    pub(super) input: u64,
    /// Tokens of the answer, each of which is a word.
    pub(super) words: u64,
    /// The tool that it calls with these words; without one they are what it says.
    pub(super) tool: Option<String>,
    /// Whether a stream ends with what was used, where that is said on demand.
    pub(super) asks_usage: bool,
}

/// Whose words it uses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Api {
    /// OpenAI's chat completions.
    Chat,
    /// Anthropic's messages.
    Messages,
}

impl Api {
    pub(super) fn of_path(path: &str) -> Self {
        if path.ends_with("/v1/messages") { Api::Messages } else { Api::Chat }
    }

    /// The body of an error.
    pub(super) fn error(self) -> Value {
        let message = "as the script says";
        match self {
            Api::Chat => json!({"error": {"message": message, "type": "server_error", "param": null, "code": null}}),
            Api::Messages => json!({"type": "error", "error": {"type": "api_error", "message": message}}),
        }
    }
}

impl Answer {
    /// The tool that a call offers, unless it brings what one has found.
    pub(super) fn tool(api: Api, body: &Value) -> Option<String> {
        let last = body.get("messages")?.as_array()?.last()?;
        let is_result = match api {
            Api::Chat => last.get("role")? == "tool",
            Api::Messages => last.pointer("/content/0/type").is_some_and(|kind| kind == "tool_result"),
        };
        let name = match api {
            Api::Chat => "/tools/0/function/name",
            Api::Messages => "/tools/0/name",
        };
        body.pointer(name)?.as_str().filter(|_| !is_result).map(ToOwned::to_owned)
    }

    /// All of it.
    pub(super) fn whole(&self) -> Value {
        match self.api {
            Api::Chat => chat::whole(self),
            Api::Messages => messages::whole(self),
        }
    }

    /// What a stream says before the first word.
    pub(super) fn opening(&self) -> String {
        match self.api {
            Api::Chat => chat::opening(self),
            Api::Messages => messages::opening(self),
        }
    }

    /// One word of a stream.
    pub(super) fn word(&self) -> String {
        match self.api {
            Api::Chat => chat::word(self),
            Api::Messages => messages::word(self),
        }
    }

    /// What a stream says after the last word.
    pub(super) fn closing(&self) -> String {
        match self.api {
            Api::Chat => chat::closing(self),
            Api::Messages => messages::closing(self),
        }
    }

    /// The words.
    pub(super) fn text(&self) -> String {
        WORD.repeat(usize::try_from(self.words).unwrap_or_default())
    }
}

/// One token.
pub(super) const WORD: &str = "word ";

/// An event of a stream, without a name.
pub(super) fn data(content: &Value) -> String {
    format!("data: {content}\n\n")
}
