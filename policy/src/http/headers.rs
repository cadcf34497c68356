/// A request's headers as the proxy gives them: every one, in order, names lower-case, pseudo-headers included.
#[derive(Clone, Copy, Debug, Default)]
pub struct Headers<'a>(pub &'a [(&'a [u8], &'a [u8])]);

impl<'a> Headers<'a> {
    /// The first value of this (lower-case) name. What a snapshot reads is known to occur at most once.
    #[must_use]
    pub fn get(self, name: &str) -> Option<&'a [u8]> {
        self.all(name).next()
    }

    /// Whether this (lower-case) name occurs more than once.
    #[must_use]
    pub fn repeats(self, name: &str) -> bool {
        self.all(name).nth(1).is_some()
    }

    fn all(self, name: &str) -> impl Iterator<Item = &'a [u8]> {
        self.0.iter().filter(move |(key, _)| *key == name.as_bytes()).map(|(_, value)| *value)
    }
}
