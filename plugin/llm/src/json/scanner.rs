use super::find::special;
use super::name::Name;
use super::number::Number;
use super::word::Word;
use super::{Invalid, MAX_DEPTH, Token};

/// Reads one JSON value after the other, each in as many pieces as it comes in.
#[derive(Clone, Debug)]
pub(crate) struct Scanner {
    state: State,
    /// Whether the string that is being read is a member's name.
    in_name: bool,
    /// The lists and objects that are open; a bit that is set is an object, the lowest the innermost.
    open: u64,
    depth: u8,
    /// Until the value ends that is at this depth, nothing is told.
    muted: Option<u8>,
    /// Whether an end of a line is left to the caller.
    stops_at_lines: bool,
    /// Where the last value begins, in the piece that is being read.
    begin: usize,
    number: Number,
    name: Name,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Value,
    /// The first value of a list, or its end.
    FirstItem,
    Name,
    /// The first name of an object, or its end.
    FirstName,
    Colon,
    /// A comma, or the end of the list or object.
    Comma,
    /// Nothing but white space.
    Done,
    InString,
    /// Behind a backslash.
    Escape,
    /// This many digits are still to come of a unit.
    Hex(u8, u16),
    InNumber,
    /// This many bytes have been read of a word.
    InWord(Word, u8),
}

impl Scanner {
    /// With `stops_at_lines`, ends of lines are left to the caller wherever they stand: a line of a stream of events.
    pub(crate) fn new(stops_at_lines: bool) -> Scanner {
        Scanner {
            state: State::Value,
            in_name: false,
            open: 0,
            depth: 0,
            muted: None,
            stops_at_lines,
            begin: 0,
            number: Number::default(),
            name: Name::EMPTY,
        }
    }

    /// Begins another value.
    pub(crate) fn restart(&mut self) {
        self.state = State::Value;
        self.open = 0;
        self.depth = 0;
        self.muted = None;
    }

    /// How many lists and objects are open.
    pub(crate) fn depth(&self) -> usize {
        usize::from(self.depth)
    }

    /// Whether a value has been read to its end.
    pub(crate) fn is_done(&self) -> bool {
        self.state == State::Done
    }

    /// Where the last value began that was told, in the piece that brought it.
    pub(crate) fn begin(&self) -> usize {
        self.begin
    }

    /// Where the quote stands that ends the last name, in the piece that brought it.
    pub(crate) fn name_end(&self) -> usize {
        self.name.last()
    }

    /// The last name, as far as [`super::MAX_NAME`] goes. These are the bytes that brought it.
    pub(crate) fn name<'a>(&'a self, bytes: &'a [u8]) -> &'a [u8] {
        self.name.get(bytes)
    }

    /// Has nothing told of the value whose name has just been told. These are the bytes that brought it, and how far they
    /// are read.
    pub(crate) fn mute(&mut self, bytes: &[u8], at: &mut usize) {
        let end = if self.state == State::Value { plain_value(bytes, *at) } else { None };
        match end {
            Some(end) => {
                *at = end;
                self.state = State::Comma;
            }
            None => self.muted = Some(self.depth),
        }
    }

    /// A line ended within the value: white space, if white space may be there.
    pub(crate) fn end_line(&mut self) -> Result<Option<Token<'static>>, Invalid> {
        match self.state {
            State::InString | State::Escape | State::Hex(..) | State::InWord(..) => Err(Invalid::Syntax),
            State::InNumber => self.end_number(),
            _ => Ok(None),
        }
    }

    /// The next token; nothing where the bytes end, or at the end of a line that is left to the caller.
    ///
    /// # Errors
    /// If this is no JSON. Nothing must be asked for any more then.
    pub(crate) fn next<'a>(&mut self, bytes: &'a [u8], at: &mut usize) -> Result<Option<Token<'a>>, Invalid> {
        loop {
            let Some(&byte) = bytes.get(*at) else { return Ok(None) };
            let told = match self.state {
                State::InString => match self.string(bytes, at)? {
                    Progress::Stop => return Ok(None),
                    Progress::Go => None,
                    Progress::Tell(token) => Some(token),
                },
                State::Escape => {
                    *at += 1;
                    self.escape(byte)?
                }
                State::Hex(left, unit) => {
                    *at += 1;
                    self.hex(left, unit, byte)?
                }
                State::InNumber => {
                    *at += self.number.take(bytes.get(*at..).unwrap_or_default());
                    match bytes.get(*at) {
                        None => return Ok(None),
                        Some(b',' | b']' | b'}' | b' ' | b'\t' | b'\n' | b'\r') => self.end_number()?,
                        Some(_) => return Err(Invalid::Syntax),
                    }
                }
                State::InWord(word, read) => {
                    *at += 1;
                    self.word(word, read, byte)?
                }
                _ => match byte {
                    b'\n' | b'\r' if self.stops_at_lines => return Ok(None),
                    b' ' | b'\t' | b'\n' | b'\r' => {
                        // Text that is indented or padded has many spaces here.
                        let rest = bytes.get(*at + 1..).unwrap_or_default();
                        *at += 1 + rest.iter().position(|byte| *byte != b' ').unwrap_or(rest.len());
                        continue;
                    }
                    _ => {
                        let here = *at;
                        *at += 1;
                        let told = self.structure(byte, here)?;
                        // What mostly follows is a name.
                        if matches!(self.state, State::Name | State::FirstName) && bytes.get(*at) == Some(&b'"') {
                            *at += 1;
                            self.begin_name();
                        }
                        told
                    }
                },
            };
            if told.is_some() {
                return Ok(told);
            }
        }
    }

    /// What stands between strings, numbers and words, or begins one.
    fn structure(&mut self, byte: u8, here: usize) -> Result<Option<Token<'static>>, Invalid> {
        match (self.state, byte) {
            (State::Name | State::FirstName, b'"') => self.begin_name(),
            (State::Colon, b':') => self.state = State::Value,
            (State::Comma, b',') => self.state = if self.open & 1 == 1 { State::Name } else { State::Value },
            (State::FirstName, b'}') | (State::FirstItem, b']') => return Ok(self.end()),
            (State::Comma, b'}') if self.open & 1 == 1 => return Ok(self.end()),
            (State::Comma, b']') if self.open & 1 == 0 => return Ok(self.end()),
            (State::Value | State::FirstItem, _) => return self.value(byte, here),
            _ => return Err(Invalid::Syntax),
        }
        Ok(None)
    }

    fn begin_name(&mut self) {
        self.in_name = true;
        self.name.begin();
        self.state = State::InString;
    }

    fn value(&mut self, byte: u8, here: usize) -> Result<Option<Token<'static>>, Invalid> {
        self.begin = here;
        match byte {
            b'"' => {
                self.in_name = false;
                self.state = State::InString;
            }
            b'{' => return self.enter(1, State::FirstName, Token::Object),
            b'[' => return self.enter(0, State::FirstItem, Token::List),
            b't' => self.state = State::InWord(Word::True, 1),
            b'f' => self.state = State::InWord(Word::False, 1),
            b'n' => self.state = State::InWord(Word::Null, 1),
            _ => {
                self.number = Number::begin(byte).ok_or(Invalid::Syntax)?;
                self.state = State::InNumber;
            }
        }
        Ok(None)
    }

    fn enter(&mut self, kind: u64, state: State, token: Token<'static>) -> Result<Option<Token<'static>>, Invalid> {
        if self.depth() == MAX_DEPTH {
            return Err(Invalid::TooDeep);
        }
        self.open = self.open << 1 | kind;
        self.depth += 1;
        self.state = state;
        Ok(self.muted.is_none().then_some(token))
    }

    fn end(&mut self) -> Option<Token<'static>> {
        self.open >>= 1;
        self.depth = self.depth.saturating_sub(1);
        self.ended().then_some(Token::End)
    }

    /// A value has ended; whether that is told.
    fn ended(&mut self) -> bool {
        self.state = if self.depth == 0 { State::Done } else { State::Comma };
        let told = self.muted.is_none();
        if self.muted == Some(self.depth) {
            self.muted = None;
        }
        told
    }

    fn string<'a>(&mut self, bytes: &'a [u8], at: &mut usize) -> Result<Progress<'a>, Invalid> {
        let start = *at;
        *at = special(bytes, start);
        let end = bytes.get(*at);
        let run = bytes.get(start..*at).unwrap_or_default();
        if self.in_name {
            match end {
                Some(b'"') => self.name.end(bytes, start..*at),
                _ => self.name.keep(run),
            }
        } else if self.muted.is_none() && !run.is_empty() {
            return Ok(Progress::Tell(Token::Text(run)));
        }
        match end {
            Some(b'"') => {
                *at += 1;
                if self.in_name {
                    self.state = State::Colon;
                    // What mostly follows is the colon.
                    if bytes.get(*at) == Some(&b':') {
                        *at += 1;
                        self.state = State::Value;
                    }
                    return Ok(if self.muted.is_none() { Progress::Tell(Token::Name) } else { Progress::Go });
                }
                Ok(if self.ended() { Progress::Tell(Token::EndText) } else { Progress::Go })
            }
            Some(b'\\') => {
                *at += 1;
                self.state = State::Escape;
                let Some(&byte) = bytes.get(*at) else { return Ok(Progress::Go) };
                *at += 1;
                Ok(self.escape(byte)?.map_or(Progress::Go, Progress::Tell))
            }
            Some(b'\n' | b'\r') if self.stops_at_lines => Ok(Progress::Stop),
            Some(_) => Err(Invalid::Syntax),
            None => Ok(Progress::Go),
        }
    }

    fn escape(&mut self, byte: u8) -> Result<Option<Token<'static>>, Invalid> {
        let unit = match byte {
            b'"' | b'\\' | b'/' => byte,
            b'b' => 0x08,
            b'f' => 0x0c,
            b'n' => b'\n',
            b'r' => b'\r',
            b't' => b'\t',
            b'u' => {
                self.state = State::Hex(4, 0);
                return Ok(None);
            }
            _ => return Err(Invalid::Syntax),
        };
        Ok(self.unit(u16::from(unit)))
    }

    fn hex(&mut self, left: u8, unit: u16, byte: u8) -> Result<Option<Token<'static>>, Invalid> {
        let digit = match byte {
            b'0'..=b'9' => byte - b'0',
            b'a'..=b'f' => byte - b'a' + 10,
            b'A'..=b'F' => byte - b'A' + 10,
            _ => return Err(Invalid::Syntax),
        };
        let unit = unit << 4 | u16::from(digit);
        if left > 1 {
            self.state = State::Hex(left - 1, unit);
            return Ok(None);
        }
        Ok(self.unit(unit))
    }

    fn unit(&mut self, unit: u16) -> Option<Token<'static>> {
        self.state = State::InString;
        if !self.in_name {
            return self.muted.is_none().then_some(Token::Unit(unit));
        }
        // No name that is looked for has a character beyond the basic plane.
        let character = char::from_u32(u32::from(unit)).unwrap_or(char::REPLACEMENT_CHARACTER);
        self.name.keep(character.encode_utf8(&mut [0; 4]).as_bytes());
        None
    }

    fn end_number(&mut self) -> Result<Option<Token<'static>>, Invalid> {
        let value = self.number.end().ok_or(Invalid::Syntax)?;
        Ok(self.ended().then_some(Token::Number(value)))
    }

    fn word(&mut self, word: Word, read: u8, byte: u8) -> Result<Option<Token<'static>>, Invalid> {
        let text = word.text();
        if text.get(usize::from(read)) != Some(&byte) {
            return Err(Invalid::Syntax);
        }
        if usize::from(read) + 1 < text.len() {
            self.state = State::InWord(word, read + 1);
            return Ok(None);
        }
        Ok(self.ended().then_some(word.token()))
    }
}

enum Progress<'a> {
    /// At the end of a line that is left to the caller.
    Stop,
    Go,
    Tell(Token<'a>),
}

/// Behind a name and its colon, where a value ends that is all there: a string without escapes, a whole number or a word.
fn plain_value(bytes: &[u8], at: usize) -> Option<usize> {
    let rest = bytes.get(at..)?;
    let rest = rest.strip_prefix(b" ").unwrap_or(rest);
    let begin = bytes.len() - rest.len();
    match rest.first()? {
        b'"' => {
            let end = special(bytes, begin + 1);
            (bytes.get(end) == Some(&b'"')).then_some(end + 1)
        }
        first @ b'0'..=b'9' => {
            let digits = rest.iter().position(|byte| !byte.is_ascii_digit())?;
            let is_number = *first != b'0' || digits == 1;
            (is_number && matches!(rest.get(digits), Some(b',' | b'}'))).then_some(begin + digits)
        }
        b'n' => rest.starts_with(b"null").then_some(begin + 4),
        b't' => rest.starts_with(b"true").then_some(begin + 4),
        b'f' => rest.starts_with(b"false").then_some(begin + 5),
        _ => None,
    }
}
