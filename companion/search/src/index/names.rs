use serde::{Deserialize, Serialize};

/// The names of a segment's rows, in one piece of text: a name costs its own bytes and four.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct Names {
    text: String,
    ends: Vec<u32>,
}

impl Names {
    /// With room for so many bytes of names, and as many of where they end.
    pub(super) fn with_room(bytes: usize) -> Self {
        Names { text: String::with_capacity(bytes), ends: Vec::with_capacity(bytes / size_of::<u32>()) }
    }

    pub(super) fn push(&mut self, name: &str) {
        self.text.push_str(name);
        self.ends.push(self.text.len() as u32);
    }

    pub(super) fn get(&self, row: usize) -> Option<&str> {
        let end = *self.ends.get(row)?;
        let start = row.checked_sub(1).and_then(|before| self.ends.get(before)).copied().unwrap_or(0);
        self.text.get(start as usize..end as usize)
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &str> {
        (0..self.len()).filter_map(|row| self.get(row))
    }

    pub(super) fn len(&self) -> usize {
        self.ends.len()
    }

    /// Gives back what was asked for in advance.
    pub(super) fn shrink(&mut self) {
        self.text.shrink_to_fit();
        self.ends.shrink_to_fit();
    }

    /// Bytes of memory.
    pub(super) fn bytes(&self) -> usize {
        self.text.len() + size_of_val(&*self.ends)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_come_back_as_they_were_given() {
        let mut names = Names::default();
        ["a", "", "ünï", "z"].iter().for_each(|name| names.push(name));
        names.shrink();
        assert_eq!([0, 1, 2, 3, 4].map(|row| names.get(row)), [Some("a"), Some(""), Some("ünï"), Some("z"), None]);
    }
}
