//! JSON with one reading, into attribute values. Only what is bounded gets as far as memory.

use super::{Data, DuplicateKey, Fields};

#[cfg(test)]
mod tests;

/// Deepest nesting of lists and objects.
pub(crate) const MAX_DEPTH: usize = 64;

/// Most values of a text, those in lists and objects included: each takes more memory than its text may.
pub(crate) const MAX_VALUES: usize = 1 << 17;

/// Why bytes are not JSON that is taken.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidJson {
    /// It is no JSON in UTF-8, or a number that no double comes near.
    #[error("not JSON at byte {0}")]
    Syntax(usize),
    /// Lists and objects nest too deeply.
    #[error("nested more than {MAX_DEPTH} deep")]
    TooDeep,
    /// There are too many values.
    #[error("more than {MAX_VALUES} values")]
    TooManyValues,
    /// It is another value than the object that is asked for.
    #[error("not an object")]
    NotAnObject,
    /// An object has a key twice: two readers could disagree about which one counts.
    #[error(transparent)]
    RepeatedKey(#[from] DuplicateKey),
}

impl Data {
    /// Reads one JSON value.
    ///
    /// # Errors
    /// If the bytes are anything else, nest too deeply, hold too many values or repeat a key in an object.
    pub fn from_json(bytes: &[u8]) -> Result<Data, InvalidJson> {
        let text = str::from_utf8(bytes).map_err(|why| InvalidJson::Syntax(why.valid_up_to()))?;
        let mut reader = Reader { text, at: 0, values: 0 };
        let value = reader.value(MAX_DEPTH)?;
        match reader.token() {
            None => Ok(value),
            Some(_) => Err(reader.syntax()),
        }
    }
}

impl Fields {
    /// Reads one JSON object.
    ///
    /// # Errors
    /// As [`Data::from_json`], and if it is another value.
    pub fn from_json(bytes: &[u8]) -> Result<Fields, InvalidJson> {
        match Data::from_json(bytes)? {
            Data::Map(fields) => Ok(fields),
            _ => Err(InvalidJson::NotAnObject),
        }
    }
}

struct Reader<'a> {
    text: &'a str,
    at: usize,
    values: usize,
}

impl<'a> Reader<'a> {
    fn syntax(&self) -> InvalidJson {
        InvalidJson::Syntax(self.at)
    }

    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    /// The next byte that is no white space, without going past it.
    #[inline(never)]
    fn token(&mut self) -> Option<u8> {
        while let Some(b' ' | b'\t' | b'\n' | b'\r') = self.peek() {
            self.at += 1;
        }
        self.peek()
    }

    /// Goes past a byte if it is the next one.
    fn take(&mut self, byte: u8) -> bool {
        let found = self.peek() == Some(byte);
        self.at += usize::from(found);
        found
    }

    fn since(&self, start: usize) -> &'a str {
        self.text.get(start..self.at).unwrap_or_default()
    }

    fn value(&mut self, depth: usize) -> Result<Data, InvalidJson> {
        self.values += 1;
        if self.values > MAX_VALUES {
            return Err(InvalidJson::TooManyValues);
        }
        match self.token() {
            Some(b'"') => Ok(Data::String(self.string()?)),
            Some(b'[') => self.list(depth.checked_sub(1).ok_or(InvalidJson::TooDeep)?),
            Some(b'{') => self.object(depth.checked_sub(1).ok_or(InvalidJson::TooDeep)?),
            Some(b'n') => self.word("null", Data::Null),
            Some(b't') => self.word("true", Data::Bool(true)),
            Some(b'f') => self.word("false", Data::Bool(false)),
            _ => self.number(),
        }
    }

    fn word(&mut self, word: &str, value: Data) -> Result<Data, InvalidJson> {
        let start = self.at;
        match word.bytes().all(|byte| self.take(byte)) {
            true => Ok(value),
            false => Err(InvalidJson::Syntax(start)),
        }
    }

    /// Whether there is another member before the end of a list or object, of which `first` is still to come.
    fn another(&mut self, first: bool, end: u8) -> Result<bool, InvalidJson> {
        match self.token() {
            Some(byte) if byte == end => {
                self.at += 1;
                Ok(false)
            }
            Some(_) if first => Ok(true),
            Some(b',') => {
                self.at += 1;
                Ok(true)
            }
            _ => Err(self.syntax()),
        }
    }

    fn list(&mut self, depth: usize) -> Result<Data, InvalidJson> {
        self.at += 1;
        let mut items = Vec::new();
        while self.another(items.is_empty(), b']')? {
            items.push(self.value(depth)?);
        }
        Ok(Data::List(items.into()))
    }

    fn object(&mut self, depth: usize) -> Result<Data, InvalidJson> {
        self.at += 1;
        let mut members = Vec::new();
        while self.another(members.is_empty(), b'}')? {
            if self.token() != Some(b'"') {
                return Err(self.syntax());
            }
            let name = self.string()?;
            if self.token() != Some(b':') {
                return Err(self.syntax());
            }
            self.at += 1;
            members.push((name, self.value(depth)?));
        }
        Ok(Data::Map(Fields::new(members)?))
    }

    fn digits(&mut self) -> Result<(), InvalidJson> {
        let start = self.at;
        while self.peek().is_some_and(|byte| byte.is_ascii_digit()) {
            self.at += 1;
        }
        if self.at == start { Err(self.syntax()) } else { Ok(()) }
    }

    fn number(&mut self) -> Result<Data, InvalidJson> {
        let start = self.at;
        self.take(b'-');
        if !self.take(b'0') {
            self.digits()?;
        }
        let mut is_whole = true;
        if self.take(b'.') {
            is_whole = false;
            self.digits()?;
        }
        if self.take(b'e') || self.take(b'E') {
            is_whole = false;
            let _signed = self.take(b'+') || self.take(b'-');
            self.digits()?;
        }
        let text = self.since(start);
        if is_whole {
            if let Ok(number) = text.parse() {
                return Ok(Data::Int(number));
            }
            if let Ok(number) = text.parse() {
                return Ok(Data::UInt(number));
            }
        }
        match text.parse() {
            Ok(number) if f64::is_finite(number) => Ok(Data::from_double(number)),
            _ => Err(InvalidJson::Syntax(start)),
        }
    }

    fn string(&mut self) -> Result<Box<str>, InvalidJson> {
        self.at += 1;
        let mut start = self.at;
        let mut unescaped = String::new();
        loop {
            match self.peek() {
                Some(b'"') => {
                    let rest = self.since(start);
                    self.at += 1;
                    if unescaped.is_empty() {
                        return Ok(rest.into());
                    }
                    unescaped.push_str(rest);
                    return Ok(unescaped.into());
                }
                Some(b'\\') => {
                    unescaped.push_str(self.since(start));
                    self.at += 1;
                    unescaped.push(self.escape()?);
                    start = self.at;
                }
                Some(b' '..) => self.at += 1,
                _ => return Err(self.syntax()),
            }
        }
    }

    /// What stands after a backslash.
    fn escape(&mut self) -> Result<char, InvalidJson> {
        let character = match self.peek() {
            Some(byte @ (b'"' | b'\\' | b'/')) => char::from(byte),
            Some(b'b') => '\u{8}',
            Some(b'f') => '\u{c}',
            Some(b'n') => '\n',
            Some(b'r') => '\r',
            Some(b't') => '\t',
            Some(b'u') => {
                self.at += 1;
                let unit = self.unit()?;
                // A character beyond the basic plane is written as two units, the second of which has its own escape.
                let scalar = match unit {
                    0xd800..0xdc00 if self.take(b'\\') && self.take(b'u') => match self.unit()? {
                        low @ 0xdc00..0xe000 => 0x1_0000 + ((unit - 0xd800) << 10) + (low - 0xdc00),
                        _ => return Err(self.syntax()),
                    },
                    unit => unit,
                };
                return char::from_u32(scalar).ok_or_else(|| self.syntax());
            }
            _ => return Err(self.syntax()),
        };
        self.at += 1;
        Ok(character)
    }

    /// Four hexadecimal digits.
    fn unit(&mut self) -> Result<u32, InvalidJson> {
        let mut unit = 0;
        for _ in 0..4 {
            let digit = self.peek().and_then(|byte| char::from(byte).to_digit(16)).ok_or_else(|| self.syntax())?;
            unit = unit << 4 | digit;
            self.at += 1;
        }
        Ok(unit)
    }
}
