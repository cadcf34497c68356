use std::borrow::Cow;

use crate::data::{Data, Fields};
use crate::identity::{ANONYMOUS, Principal};

use super::body::MAX_BODY;

/// What a route does about budgets: its requests are calls of models, and count.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RouteBudget {
    /// The API that the route speaks; absent where each request's path tells.
    pub api: Option<ModelApi>,
    /// What becomes of calls that do not fit; absent where the environment says that.
    pub mode: Option<BudgetMode>,
    /// Where a caller's organisation is said; absent where calls count for none.
    pub org: Option<OrgAttribute>,
    /// How many tokens are held for the answer of a call that does not say how long that may be; absent: as many as the
    /// model can give.
    pub default_output: Option<u64>,
    /// How many tokens are held for a part of a prompt that is not in the request; absent: where budgets are strict, as many
    /// as the model has room for.
    pub prompt_elsewhere: Option<u64>,
    /// Whether streams that do not say what they use are asked to.
    pub include_usage: bool,
    /// Whether a cheaper model may serve a call instead of the one that it asks for.
    pub downgrade: Option<Downgrade>,
    /// Longest body, in bytes; a longer one is refused with 413.
    pub max_bytes: usize,
}

/// The APIs of models that are known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum ModelApi {
    /// OpenAI's chat completions.
    OpenAiChat,
    /// OpenAI's responses.
    OpenAiResponses,
    /// OpenAI's embeddings.
    OpenAiEmbeddings,
    /// Anthropic's messages.
    AnthropicMessages,
    /// Gemini's `generateContent` and its kin.
    Gemini,
    /// Bedrock's `converse` and `converse-stream`.
    BedrockConverse,
}

/// What becomes of a call that does not fit into a budget.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum BudgetMode {
    /// It is refused, and so are all calls while nobody can tell whether they fit.
    #[default]
    Strict,
    /// It passes, is counted, and told of.
    Advisory,
    /// No call counts.
    Disabled,
}

/// That a cheaper model may serve a call.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Downgrade {
    /// The share of a limit, in per cent, that is kept for cheaper models: where less would be left, one of them serves. At
    /// 0 that is only where the model that is asked for does not fit.
    pub below: u8,
}

/// An attribute of the principal: the names that lead to it, one or more, the outermost first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OrgAttribute(pub Box<[Box<str>]>);

/// Which organisation a call counts for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Org<'p> {
    /// None: the route does not say where one would be.
    None,
    /// This one. Callers without identity are of the organisation `anonymous`.
    Of(&'p str),
    /// The principal's identity does not say which: the attribute is not there, empty, or no string.
    Unknown,
}

/// What an allowed request counts for.
#[derive(Clone, Debug)]
pub struct Charge<'o> {
    /// How it counts.
    pub budget: &'o RouteBudget,
    /// What becomes of it if it does not fit, as far as the snapshot tells.
    pub mode: Option<BudgetMode>,
    /// Who asks, by the name that limits have for users: the principal's id, and before it its source and a `/` where the set
    /// has several sources, whose ids may be the same. Without identity it is `anonymous`, which nobody else is.
    pub user: Cow<'o, str>,
    /// The principal's organisation.
    pub org: Org<'o>,
}

/// What a whole set says of how calls count.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct BudgetTerms {
    /// The mode of the environment in which the set serves, if that is known.
    pub mode: Option<BudgetMode>,
    /// Whether principals come from several sources.
    pub has_sources: bool,
}

impl RouteBudget {
    /// Longest body that a route with a budget can be told to take.
    pub const MAX_BYTES: usize = 16 << 20;

    /// Most tokens that one call can be about.
    pub const MAX_TOKENS: u64 = 1_000_000_000;

    /// Most names that lead to an organisation.
    pub const MAX_ORG_DEPTH: usize = 8;

    /// What a principal's call counts for, where the set says this of all calls.
    #[must_use]
    pub fn charge<'o>(&'o self, principal: &'o Principal, terms: BudgetTerms) -> Charge<'o> {
        let org = match &self.org {
            None => Org::None,
            Some(_) if principal.is_anonymous() => Org::Of(ANONYMOUS),
            Some(attribute) => attribute.of(principal.attributes()).map_or(Org::Unknown, Org::Of),
        };
        let id = principal.id();
        let user = match principal.source() {
            Some(source) if terms.has_sources || id == ANONYMOUS => Cow::Owned([source, "/", id].concat()),
            _ => Cow::Borrowed(id),
        };
        let mode = match terms.mode {
            Some(BudgetMode::Disabled) => terms.mode,
            mode => self.mode.or(mode),
        };
        Charge { budget: self, mode, user, org }
    }
}

impl Default for RouteBudget {
    /// As `budget: {}` says.
    fn default() -> Self {
        RouteBudget {
            api: None,
            mode: None,
            org: None,
            default_output: None,
            prompt_elsewhere: None,
            include_usage: true,
            downgrade: None,
            max_bytes: MAX_BODY,
        }
    }
}

impl OrgAttribute {
    /// The attribute, if it is a string with something in it. Callers without identity are an organisation of their own.
    fn of<'f>(&self, attributes: &'f Fields) -> Option<&'f str> {
        let (last, outer) = self.0.split_last()?;
        let mut fields = attributes;
        for name in outer {
            let Data::Map(inner) = fields.get(name)? else { return None };
            fields = inner;
        }
        fields.get(last)?.as_str().filter(|org| !org.is_empty() && *org != ANONYMOUS)
    }
}

impl ModelApi {
    /// All of them, by the names that policies use. Snapshots know them by their places here.
    pub const NAMES: [(&str, ModelApi); 6] = [
        ("openai-chat", ModelApi::OpenAiChat),
        ("openai-responses", ModelApi::OpenAiResponses),
        ("openai-embeddings", ModelApi::OpenAiEmbeddings),
        ("anthropic-messages", ModelApi::AnthropicMessages),
        ("gemini", ModelApi::Gemini),
        ("bedrock-converse", ModelApi::BedrockConverse),
    ];
}

impl BudgetMode {
    /// All of them, by the names that policies use. Snapshots know them by their places here.
    pub const NAMES: [(&str, BudgetMode); 3] =
        [("strict", BudgetMode::Strict), ("advisory", BudgetMode::Advisory), ("disabled", BudgetMode::Disabled)];
}
