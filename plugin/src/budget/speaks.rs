use tollgate_llm::{Api, Detected};
use tollgate_policy::http::{ModelApi, RouteBudget};

use super::Unfit;

#[cfg(test)]
mod tests;

/// Parts of paths behind which providers look for the model's name.
const NAMING: [&str; 3] = ["deployments", "models", "model"];

/// What follows such a part where it names no model.
const METHODS: [&str; 4] = ["chat/completions", "embeddings", "responses", "messages"];

/// The API of a route's request with this path: the route's, if it says one, and the path's, if that tells.
///
/// # Errors
/// If neither says, if they differ, or if the path might say to the provider which model serves and does not say it to us:
/// what a call is held at would be another model's, or nothing.
pub(crate) fn speaks(budget: &RouteBudget, path: &str) -> Result<Api, Unfit> {
    let detected = Api::of_path(path);
    let api = match (budget.api.map(of_policy), &detected) {
        (None, None) => return Err(Unfit::UnknownApi),
        (Some(api), Some(detected)) if detected.api != api => return Err(Unfit::OtherApi { api }),
        (Some(api), _) => api,
        (None, Some(detected)) => detected.api,
    };
    let is_told = match &detected {
        Some(Detected { model: Some(_), .. }) => true,
        Some(_) => !may_name_model(path, &METHODS),
        None => !in_paths(api) && !may_name_model(path, &[]),
    };
    if is_told { Ok(api) } else { Err(Unfit::OtherPath { api }) }
}

/// Whether the model is named in paths of this API, and nowhere else.
fn in_paths(api: Api) -> bool {
    matches!(api, Api::Gemini | Api::BedrockConverse)
}

/// Whether a provider might find a model's name in a path, however lenient it is. What stands behind is no name if it is one
/// of `methods`.
fn may_name_model(path: &str, methods: &[&str]) -> bool {
    let mut rest = path.split(['?', '#']).next().unwrap_or_default();
    while let Some((part, behind)) = rest.split_once('/') {
        if NAMING.iter().any(|naming| part.eq_ignore_ascii_case(naming)) && !methods.contains(&behind) {
            return true;
        }
        rest = behind;
    }
    false
}

fn of_policy(api: ModelApi) -> Api {
    match api {
        ModelApi::OpenAiChat => Api::OpenAiChat,
        ModelApi::OpenAiResponses => Api::OpenAiResponses,
        ModelApi::OpenAiEmbeddings => Api::OpenAiEmbeddings,
        ModelApi::AnthropicMessages => Api::AnthropicMessages,
        ModelApi::Gemini => Api::Gemini,
        ModelApi::BedrockConverse => Api::BedrockConverse,
    }
}
