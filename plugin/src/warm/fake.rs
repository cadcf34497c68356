//! Shared data in memory.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;

use super::{Shared, SharedData};

#[derive(Default)]
pub(crate) struct FakeShared {
    pub(crate) values: RefCell<HashMap<String, Shared>>,
    pub(crate) warnings: RefCell<Vec<String>>,
    /// How many of the next writes another VM comes before.
    pub(crate) contended: Cell<usize>,
}

impl FakeShared {
    /// The key that begins so, if there is one.
    pub(crate) fn key(&self, name: &str) -> Option<String> {
        self.values.borrow().keys().find(|key| key.starts_with(&format!("tollgate.{name}\0"))).cloned()
    }

    pub(crate) fn value(&self, name: &str) -> Option<Vec<u8>> {
        self.values.borrow().get(&self.key(name)?).map(|shared| shared.bytes.clone())
    }
}

impl SharedData for FakeShared {
    fn get(&self, key: &str) -> Option<Shared> {
        self.values.borrow().get(key).cloned()
    }

    fn set(&self, key: &str, value: &[u8], version: Option<u32>) -> bool {
        if let Some(left) = self.contended.get().checked_sub(1) {
            self.contended.set(left);
            return false;
        }
        let mut values = self.values.borrow_mut();
        let before = values.get(key).map(|shared| shared.version);
        if version.is_some() && before.is_some() && version != before {
            return false;
        }
        let version = before.unwrap_or_default() + 1;
        values.insert(key.to_owned(), Shared { bytes: value.to_vec(), version });
        true
    }

    fn warn(&self, message: &str) {
        self.warnings.borrow_mut().push(message.to_owned());
    }
}
