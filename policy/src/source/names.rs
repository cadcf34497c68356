use crate::engine::MAX_LEVELS;

use super::printable::{is_printable, shown};

/// What a kind of name looks like.
pub(super) struct NameRule {
    /// Such as `a policy name`.
    pub(super) noun: &'static str,
    /// What to write, as the end of a sentence.
    pub(super) form: &'static str,
    pub(super) max_len: usize,
    accepts: fn(&str) -> bool,
}

impl NameRule {
    /// What is wrong with a name, if something is.
    pub(super) fn refusal(&self, name: &str) -> Option<String> {
        let NameRule { noun, form, max_len, accepts } = self;
        if name.len() > *max_len {
            return Some(format!("{} is longer than the {max_len} bytes that {noun} may have", shown(name)));
        }
        if name.is_empty() {
            return Some(format!("{noun} is missing here; write {form}"));
        }
        (!accepts(name)).then(|| format!("{} is not {noun}; write {form}", shown(name)))
    }
}

/// Names that people give to entries: policies, routes, identity sources.
pub(super) const ENTRY: NameRule = NameRule {
    noun: "a valid name",
    form: "lower-case letters and digits in parts joined by `-` or `.`, such as `document-editor`",
    max_len: 128,
    accepts: |name| {
        let part = |part: &str| {
            !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit())
        };
        name.split(['-', '.']).all(part)
    },
};

/// Kinds of resource.
pub(super) const KIND: NameRule = NameRule {
    noun: "a kind of resource",
    form: "letters, digits and `_ - . : /` after a letter, such as `document`; there are no patterns",
    max_len: 128,
    accepts: is_term,
};

/// Actions that policies name.
pub(super) const POLICY_ACTION: NameRule = NameRule {
    noun: "an action",
    form: "letters, digits and `_ - . : /` after a letter, such as `view`, or a glob with single `*`, such as `documents:*`",
    max_len: 128,
    accepts: |name| {
        let is_glob = name.contains('*') && !name.contains("**") && name != "*";
        is_term(name)
            || (is_glob
                && (name.starts_with('*') || is_term_start(name))
                && name.replace('*', "").bytes().all(is_term_byte))
    },
};

/// Actions of routes.
pub(super) const ACTION: NameRule = NameRule {
    noun: "an action",
    form: "letters, digits and `_ - . : /` after a letter, such as `view`; there are no patterns",
    max_len: 128,
    accepts: is_term,
};

/// Roles: the issuer of a token chooses them, and lists of them are separated by spaces or commas.
pub(super) const ROLE: NameRule = NameRule {
    noun: "a role",
    form: "visible characters without spaces, commas or `*`, such as `editor`; there are no patterns",
    max_len: 128,
    accepts: |name| {
        let visible = |character: char| is_printable(character) && !character.is_whitespace();
        !name.is_empty() && name.chars().all(|character| visible(character) && !matches!(character, ',' | '*'))
    },
};

/// Scopes: tenants, and what is within them.
pub(super) const SCOPE: NameRule = NameRule {
    noun: "a scope",
    form: "at most 16 parts of letters, digits, `_` and `-`, joined by `.`, such as `acme.eu`",
    max_len: 256,
    accepts: |name| {
        let part = |part: &str| {
            !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-'))
        };
        name.split('.').all(part) && name.split('.').count() <= MAX_LEVELS
    },
};

/// Named expressions: conditions read them as `variables.name`.
pub(super) const VARIABLE: NameRule = NameRule {
    noun: "a variable name",
    form: "letters, digits and `_` after a letter, such as `isOwner`; words of CEL are taken",
    max_len: 128,
    accepts: |name| is_identifier(name) && !matches!(name, "true" | "false" | "null" | "in"),
};

/// Labels of policies.
pub(super) const LABEL: NameRule = NameRule {
    noun: "a label name",
    form: "letters, digits and `_ - . : /` after a letter, such as `team`",
    max_len: 128,
    accepts: is_term,
};

/// Attributes of resources: conditions read them as `resource.name`.
pub(super) const ATTRIBUTE: NameRule = NameRule {
    noun: "an attribute name",
    form: "letters, digits and `_` after a letter, such as `ownerId`",
    max_len: 128,
    accepts: is_identifier,
};

/// Models, as calls name them.
pub(super) const MODEL: NameRule = NameRule {
    noun: "the name of a model",
    form: "letters, digits and `_ - . : / @` without spaces, such as `gpt-4o`; there are no patterns",
    max_len: 256,
    accepts: |name| {
        let is_start = |first: char| first.is_ascii_alphanumeric() || first == '@';
        name.starts_with(is_start) && name.bytes().all(|byte| is_term_byte(byte) || byte == b'@')
    },
};

/// Who serves models.
pub(super) const PROVIDER: NameRule = NameRule {
    noun: "the name of a provider",
    form: "letters, digits and `_ - . : /` after a letter, such as `openai`; there are no patterns",
    max_len: 128,
    accepts: is_term,
};

/// Callers and their organisations: identity chooses them.
pub(super) const CHARGED: NameRule = NameRule {
    noun: "a name",
    form: "visible characters, without spaces around them, such as `acme`",
    max_len: 256,
    accepts: is_visible,
};

/// Patterns of those.
pub(super) const CHARGED_PATTERN: NameRule = NameRule {
    noun: "a pattern",
    form: "a glob with `*` for any run of characters, such as `bot-*`; for one name, write `name`",
    max_len: 256,
    accepts: |text| is_visible(text) && text.contains('*'),
};

/// Captures of a path template.
pub(super) const CAPTURE: NameRule = NameRule {
    noun: "a capture name",
    form: "letters, digits and `_` after a letter, such as `{userId}`",
    max_len: 64,
    accepts: is_identifier,
};

/// Header names (RFC 9110 section 5.6.2), as HTTP/2 carries them.
pub(super) const HEADER: NameRule = NameRule {
    noun: "a lower-case header name",
    form: "letters, digits and `-` in lower case, such as `x-user-id`",
    max_len: 128,
    accepts: |name| {
        let token = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"!#$%&'*+-.^_`|~".contains(&byte);
        !name.is_empty() && name.bytes().all(token)
    },
};

fn is_visible(name: &str) -> bool {
    name.trim() == name && name.chars().all(is_printable)
}

fn is_term(name: &str) -> bool {
    is_term_start(name) && name.bytes().all(is_term_byte)
}

fn is_term_start(name: &str) -> bool {
    name.starts_with(|first: char| first.is_ascii_alphabetic())
}

fn is_term_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"_-.:/".contains(&byte)
}

fn is_identifier(name: &str) -> bool {
    let is_start = |first: char| first.is_ascii_alphabetic() || first == '_';
    name.starts_with(is_start) && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}
