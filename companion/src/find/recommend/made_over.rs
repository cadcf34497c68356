use tollgate_policy::set::{Names, Policy};

/// Where one kind of resource is named in texts, and another one is to be instead.
#[derive(Debug)]
pub(super) struct MadeOver<'k> {
    new: &'k str,
    old_words: Vec<String>,
    new_words: Vec<String>,
}

impl<'k> MadeOver<'k> {
    pub(super) fn from(old: &str, new: &'k str) -> Self {
        MadeOver { new, old_words: words(old), new_words: words(new) }
    }

    /// The policy, about the new kind alone. Its name names that kind.
    pub(super) fn policy(&self, policy: &Policy) -> Policy {
        let actions = match &policy.actions {
            Names::Any => Names::Any,
            Names::Of(actions) => {
                let mut all: Vec<String> = Vec::with_capacity(actions.len());
                for action in actions {
                    let action = self.replace(action, self.new);
                    if !all.contains(&action) {
                        all.push(action);
                    }
                }
                Names::Of(all)
            }
        };
        let slug = self.new_words.join("-");
        let renamed = self.replace(&policy.name, &slug);
        let name = if renamed == policy.name { format!("{slug}-{renamed}") } else { renamed };
        Policy {
            name,
            description: self.replace(&policy.description, &self.new_words.join(" ")),
            kinds: Names::Of(vec![self.new.to_owned()]),
            actions,
            ..policy.clone()
        }
    }

    /// A text with the new kind, written like this, wherever the words of the old one stand together; in the plural, too.
    fn replace(&self, text: &str, new: &str) -> String {
        let pieces: Vec<&str> = pieces(text).collect();
        let mut replaced = String::with_capacity(text.len());
        let mut at = 0;
        while let Some(piece) = pieces.get(at) {
            match self.matched(pieces.get(at..).unwrap_or_default()) {
                Some((taken, is_plural)) => {
                    let is_capital = piece.starts_with(char::is_uppercase);
                    let mut letters = new.chars();
                    match letters.next() {
                        Some(first) if is_capital => replaced.extend(first.to_uppercase()),
                        Some(first) => replaced.push(first),
                        None => {}
                    }
                    replaced.push_str(letters.as_str());
                    if is_plural {
                        replaced.push('s');
                    }
                    at += taken;
                }
                None => {
                    replaced.push_str(piece);
                    at += 1;
                }
            }
        }
        replaced
    }

    /// How many pieces from the first on are the old kind's words, and whether in the plural.
    fn matched(&self, pieces: &[&str]) -> Option<(usize, bool)> {
        let (last, others) = self.old_words.split_last()?;
        let mut at = 0;
        for word in others {
            if pieces.get(at)?.to_lowercase() != *word {
                return None;
            }
            at += 1;
            // What joins words in names and texts.
            if pieces.get(at).is_some_and(|piece| ["-", "_", " "].contains(piece)) {
                at += 1;
            }
        }
        let piece = pieces.get(at)?.to_lowercase();
        let is_plural = piece.strip_suffix('s') == Some(last);
        (piece == *last || is_plural).then_some((at + 1, is_plural))
    }
}

/// Words as a name is made of them, in lower case.
fn words(kind: &str) -> Vec<String> {
    pieces(kind).filter(|piece| piece.starts_with(char::is_alphanumeric)).map(str::to_lowercase).collect()
}

/// Words, each from a capital letter on, and what is between them, in the order of the text.
fn pieces(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = text;
    std::iter::from_fn(move || {
        let first = rest.chars().next()?;
        let mut before = first;
        let end = rest.char_indices().skip(1).find(|(_, c)| {
            let starts_word = c.is_uppercase() && !before.is_uppercase();
            let ends = c.is_alphanumeric() != before.is_alphanumeric() || !c.is_alphanumeric() || starts_word;
            before = *c;
            ends
        });
        let (piece, after) = rest.split_at_checked(end.map_or(rest.len(), |(at, _)| at))?;
        rest = after;
        Some(piece)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_kind_takes_the_place_of_another_wherever_that_is_named() {
        let made = MadeOver::from("document", "purchaseOrder");
        assert_eq!(made.replace("document-owner", "purchase-order"), "purchase-order-owner");
        assert_eq!(
            made.replace("Documents of others; a document.", "purchase order"),
            "Purchase orders of others; a purchase order."
        );
        assert_eq!(made.replace("can_read_documents", "purchaseOrder"), "can_read_purchaseOrders");
        assert_eq!(made.replace("documentation", "x"), "documentation");
        let made = MadeOver::from("purchaseOrder", "invoice");
        assert_eq!(made.replace("purchase-order-owner", "invoice"), "invoice-owner");
        assert_eq!(made.replace("who approves Purchase Orders", "invoice"), "who approves Invoices");
        assert_eq!(made.replace("viewPurchaseOrder", "invoice"), "viewInvoice");
        assert_eq!(made.replace("purchase", "invoice"), "purchase");
    }
}
