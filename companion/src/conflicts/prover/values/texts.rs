use tollgate_policy::condition::Origin;
use tollgate_policy::data::Data;

use super::super::said::Rumour;
use super::address;
use super::draft::{Draft, Occurs};

/// Texts that are named.
pub(super) struct Texts {
    /// To be equal to, or in order with.
    values: Vec<String>,
    prefixes: Vec<String>,
    suffixes: Vec<String>,
}

/// What a text may be lengthened by, so that it is no longer itself.
const MORE: [&str; 8] = ["-x", "-y", "x", "y", "1", "2", "0.0.1", "0.1"];

impl Texts {
    pub(super) fn of(rumour: &Rumour) -> Self {
        let sorted = |mut texts: Vec<String>| {
            texts.sort();
            texts.dedup();
            texts
        };
        let values = rumour.values.iter().filter_map(Data::as_str).map(str::to_owned).collect();
        Texts {
            values: sorted(values),
            prefixes: sorted(rumour.prefixes.clone()),
            suffixes: sorted(rumour.suffixes.clone()),
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.values.is_empty() && self.prefixes.is_empty() && self.suffixes.is_empty()
    }

    /// The texts themselves, and what stands for those between, before and after, or that begin or end like them.
    pub(super) fn add(&self, rumour: &Rumour, fresh: &[String], draft: &mut Draft) {
        let copies = rumour.variables.clamp(1, 4);
        let concerns =
            [!self.prefixes.is_empty(), !self.suffixes.is_empty(), rumour.ordered && !self.values.is_empty()];
        if concerns.into_iter().filter(|concerns| *concerns).count() > 1 {
            // Values that meet both are tried, but not all that tell them apart.
            draft.lacks();
        }
        self.values.iter().for_each(|text| draft.named(text));
        let all = || self.values.iter().chain(&self.prefixes).chain(&self.suffixes);
        if !self.prefixes.is_empty() {
            for text in all() {
                let grown = MORE.iter().map(|more| format!("{text}{more}"));
                // It must begin like no other that is longer.
                let apart = grown.filter(|grown| {
                    !all().any(|other| {
                        other.len() > text.len()
                            && (other.starts_with(grown.as_str()) || grown.starts_with(other.as_str()))
                    })
                });
                some(apart, copies, draft);
                draft.text(text);
            }
        }
        if !self.suffixes.is_empty() {
            for text in all() {
                let grown = MORE.iter().map(|more| format!("{more}{text}"));
                let apart = grown.filter(|grown| {
                    !all().any(|other| {
                        other.len() > text.len() && (other.ends_with(grown.as_str()) || grown.ends_with(other.as_str()))
                    })
                });
                some(apart, copies, draft);
                draft.text(text);
            }
        }
        for prefix in &self.prefixes {
            for suffix in &self.suffixes {
                draft.text(&format!("{prefix}{suffix}"));
                draft.text(&format!("{prefix}x{suffix}"));
            }
        }
        if rumour.ordered {
            self.between(copies, draft);
        }
        if fresh.len() < copies {
            draft.lacks();
        }
    }

    fn between(&self, copies: usize, draft: &mut Draft) {
        let Some((first, last)) = self.values.first().zip(self.values.last()) else { return };
        let low = ["", "!", "#", "0", "A", "a"].into_iter().map(str::to_owned);
        if !first.is_empty() {
            some(low.filter(|text| text < first), copies, draft);
        }
        for pair in self.values.windows(2) {
            if let [low, high] = pair {
                let grown = ["!", "-", "0", "a", "~", "!!"].into_iter().map(|more| format!("{low}{more}"));
                some(grown.filter(|text| text < high), copies, draft);
            }
        }
        some(["a", "b", "c", "d"].into_iter().map(|more| format!("{last}{more}")), copies, draft);
    }
}

/// So many of these; where there are not, something is missing.
fn some(texts: impl Iterator<Item = String>, count: usize, draft: &mut Draft) {
    let taken = texts.filter(|text| draft.text(text)).take(count).count();
    if taken < count {
        draft.lacks();
    }
}

/// Texts of which nothing is said: as many as variables are compared with each other, and that all of them can have.
pub(super) fn fresh<'o>(origins: impl Iterator<Item = &'o Origin>, rumour: &Rumour) -> Vec<String> {
    let texts = Texts::of(rumour);
    let is_said = |text: &str| {
        texts.values.iter().any(|value| value == text)
            || texts.prefixes.iter().any(|prefix| text.starts_with(prefix.as_str()))
            || texts.suffixes.iter().any(|suffix| text.ends_with(suffix.as_str()))
    };
    let mut fresh: Vec<String> = Vec::new();
    for origin in origins {
        let own = names(origin, rumour.variables).iter().filter(|name| !is_said(name));
        for name in own.take(rumour.variables.clamp(1, 4)) {
            if !fresh.iter().any(|known| known == name) {
                fresh.push((*name).to_owned());
            }
        }
    }
    fresh
}

fn names(origin: &Origin, together: usize) -> &'static [&'static str] {
    match origin {
        Origin::Method => &["GET", "POST", "PUT", "DELETE", "PATCH", "HEAD"],
        Origin::Path => &["/", "/other", "/another", "/one", "/two", "/x", "/y"],
        Origin::Host => &["localhost", "other.example", "another.example", "one.test", "two.test", "x", "y"],
        Origin::SourceIp => {
            &["203.0.113.7", "198.51.100.9", "192.0.2.4", "203.0.113.8", "10.0.0.1", "172.16.0.1", "2001:db8::1"]
        }
        Origin::PrincipalId => &["alice", "bob", "carol", "dave", "erin", "x7", "y7"],
        Origin::ResourceId => &["1", "2", "3", "4", "other", "x7", "y7"],
        _ if together > 1 => &["alice", "bob", "carol", "dave", "erin", "x7", "y7"],
        _ => &["other", "another", "something", "x7", "y7", "z7", "q"],
    }
}

/// Which texts can be where only texts can be.
pub(super) fn rule(origin: &Origin) -> Option<fn(&str) -> Occurs> {
    match origin {
        Origin::PrincipalId => Some(|text| match text {
            "" => Occurs::Never,
            _ => Occurs::certainly(!text.chars().any(char::is_control)),
        }),
        Origin::Method => Some(|text| match text {
            "" => Occurs::Never,
            _ => Occurs::certainly(text.bytes().all(|byte| byte.is_ascii_alphanumeric())),
        }),
        Origin::Path => Some(|text| Occurs::certainly(is_path(text))),
        Origin::Host => Some(|text| {
            let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"-.".contains(&byte);
            Occurs::certainly(!text.is_empty() && text.bytes().all(plain))
        }),
        Origin::Header(_) => {
            Some(|text| Occurs::certainly(text.trim() == text && text.bytes().all(|byte| matches!(byte, b' '..=b'~'))))
        }
        Origin::SourceIp => Some(|text| if address(text).is_some() { Occurs::Certainly } else { Occurs::Never }),
        Origin::Principal(_) | Origin::Resource(_) | Origin::Body => None,
        _ => Some(|_| Occurs::Certainly),
    }
}

/// What no part of the way to a policy refuses or changes.
fn is_path(text: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_graphic() && !b"%\\?#\"<>^`{|}".contains(&byte);
    let dots = |segment: &str| segment == "." || segment == "..";
    text.starts_with('/') && text.bytes().all(plain) && !text.contains("//") && !text.split('/').any(dots)
}
