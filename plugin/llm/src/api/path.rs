//! Paths of requests, some of which name the model and say whether the answer streams.

use super::Api;

/// What a path says of a call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Detected {
    /// The API.
    pub api: Api,
    /// The model, where the path names it: deployments of Azure, Gemini, Vertex AI, Bedrock.
    pub model: Option<String>,
    /// Whether the answer streams, where the path says so.
    pub streams: Option<bool>,
}

/// A path taken apart, with the model's part as it stands there.
struct Parts<'a> {
    api: Api,
    before: &'a str,
    model: Option<&'a str>,
    after: &'a str,
    streams: Option<bool>,
}

pub(super) fn detect(path: &str) -> Option<Detected> {
    let parts = parts(path)?;
    let model = match parts.model {
        Some(model) => Some(decoded(model)?),
        None => None,
    };
    Some(Detected { api: parts.api, model, streams: parts.streams })
}

/// The path with another model in it; nothing if it names none.
#[must_use]
pub fn with_model(path: &str, model: &str) -> Option<String> {
    let parts = parts(path)?;
    parts.model?;
    let mut changed = String::with_capacity(path.len() + model.len());
    changed.push_str(parts.before);
    for byte in model.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => changed.push(char::from(byte)),
            _ => {
                changed.push('%');
                for digit in [byte >> 4, byte & 15] {
                    changed.extend(char::from_digit(u32::from(digit), 16).map(|digit| digit.to_ascii_uppercase()));
                }
            }
        }
    }
    changed.push_str(parts.after);
    Some(changed)
}

fn parts(path: &str) -> Option<Parts<'_>> {
    let end = path.find(['?', '#']).unwrap_or(path.len());
    let (bare, _) = path.split_at_checked(end)?;
    let (rest, last) = bare.rsplit_once('/')?;
    let (before, parent) = rest.rsplit_once('/').unwrap_or(("", rest));
    let plain = |api| Some(Parts { api, before: path, model: None, after: "", streams: None });
    match (parent, last) {
        ("chat", "completions") => of_deployment(path, before, Api::OpenAiChat),
        (_, "embeddings") => of_deployment(path, rest, Api::OpenAiEmbeddings),
        (_, "responses") => plain(Api::OpenAiResponses),
        // Threads of OpenAI's assistants have messages, too.
        ("v1", "messages") => plain(Api::AnthropicMessages),
        (model, "converse" | "converse-stream") if parent_of(before, "model") => {
            let streams = Some(last == "converse-stream");
            cut(path, model, Api::BedrockConverse, streams)
        }
        ("models" | "tunedModels" | "endpoints", call) => {
            let (model, method) = call.rsplit_once(':')?;
            let (api, streams) = match method {
                "generateContent" => (Api::Gemini, false),
                "streamGenerateContent" => (Api::Gemini, true),
                "rawPredict" if before.ends_with("/publishers/anthropic") => (Api::AnthropicMessages, false),
                "streamRawPredict" if before.ends_with("/publishers/anthropic") => (Api::AnthropicMessages, true),
                _ => return None,
            };
            cut(path, model, api, Some(streams))
        }
        _ => None,
    }
}

/// A path of OpenAI's, which is one of Azure's if it goes on from `/deployments/` and the model's name.
fn of_deployment<'a>(path: &'a str, before: &'a str, api: Api) -> Option<Parts<'a>> {
    match before.rsplit_once('/') {
        Some((deployments, model)) if parent_of(deployments, "deployments") => cut(path, model, api, None),
        _ => Some(Parts { api, before: path, model: None, after: "", streams: None }),
    }
}

fn parent_of(path: &str, name: &str) -> bool {
    path.rsplit_once('/').is_some_and(|(_, last)| last == name)
}

/// `model` is a part of `path`.
fn cut<'a>(path: &'a str, model: &'a str, api: Api, streams: Option<bool>) -> Option<Parts<'a>> {
    let start = (model.as_ptr() as usize).checked_sub(path.as_ptr() as usize)?;
    let (before, rest) = path.split_at_checked(start)?;
    let (model, after) = rest.split_at_checked(model.len())?;
    (!model.is_empty()).then_some(Parts { api, before, model: Some(model), after, streams })
}

/// Text of which bytes may be percent-encoded; nothing if it is not UTF-8 then.
pub(crate) fn decoded(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'%' => {
                let mut digit = || char::from(rest.next()?).to_digit(16);
                u8::try_from(digit()? << 4 | digit()?).ok()?
            }
            other => other,
        });
    }
    String::from_utf8(bytes).ok()
}

#[cfg(test)]
mod tests;
