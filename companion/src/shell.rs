//! What a shell takes for one word.

use std::fmt;

/// A text as an argument of a command that is pasted into a shell.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Quoted<'t>(pub(crate) &'t str);

impl fmt::Display for Quoted<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_./:=@%+".contains(&byte);
        match !self.0.is_empty() && self.0.bytes().all(is_plain) {
            true => f.write_str(self.0),
            false => write!(f, "'{}'", self.0.replace('\'', "'\\''")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Quoted;

    #[test]
    fn what_a_shell_would_take_apart_is_in_quotes() {
        for (text, quoted) in
            [("a/b.yaml", "a/b.yaml"), ("sp ace", "'sp ace'"), ("it's", "'it'\\''s'"), ("", "''"), ("$(x)", "'$(x)'")]
        {
            assert_eq!(Quoted(text).to_string(), quoted);
        }
    }
}
