use super::{Invalid, MAX_DEPTH, Scanner, Token};

/// Reads JSON and knows where in it the tokens stand, as far as places are of interest. The items of a list stand where the
/// list stands. What stands nowhere of interest is checked and not told.
#[derive(Clone, Debug)]
pub(crate) struct Walk<P> {
    scanner: Scanner,
    /// Where the objects and lists stand that are open, by depth.
    open: [P; MAX_DEPTH + 1],
    /// Where the value stands that is read, or comes next.
    place: P,
}

impl<P: Copy> Walk<P> {
    /// The value as a whole stands at `root`. For `stops_at_lines` see [`Scanner::new`].
    pub(crate) fn new(root: P, stops_at_lines: bool) -> Walk<P> {
        Walk { scanner: Scanner::new(stops_at_lines), open: [root; MAX_DEPTH + 1], place: root }
    }

    /// Begins another value.
    pub(crate) fn restart(&mut self) {
        self.scanner.restart();
        self.place = self.container();
    }

    /// Where the value stands that was read last.
    pub(crate) fn place(&self) -> P {
        self.place
    }

    /// Whether a value has been read to its end.
    pub(crate) fn is_done(&self) -> bool {
        self.scanner.is_done()
    }

    pub(crate) fn scanner(&mut self) -> &mut Scanner {
        &mut self.scanner
    }

    /// Where the innermost object or list stands that is open.
    fn container(&self) -> P {
        self.open.get(self.scanner.depth()).copied().unwrap_or(self.place)
    }

    /// The next token and where it stands: a name where its value does, an end where its list or object does. `step` says
    /// where a member stands, by where its object stands and its name.
    ///
    /// # Errors
    /// As [`Scanner::next`].
    pub(crate) fn next<'a>(
        &mut self,
        bytes: &'a [u8],
        at: &mut usize,
        mut step: impl FnMut(P, &[u8]) -> Option<P>,
    ) -> Result<Option<(P, Token<'a>)>, Invalid> {
        loop {
            let Some(token) = self.scanner.next(bytes, at)? else { return Ok(None) };
            match token {
                Token::Name => match step(self.container(), self.scanner.name(bytes)) {
                    Some(place) => self.place = place,
                    None => {
                        self.scanner.mute(bytes, at);
                        continue;
                    }
                },
                Token::Object | Token::List => {
                    if let Some(open) = self.open.get_mut(self.scanner.depth()) {
                        *open = self.place;
                    }
                }
                Token::End => {
                    let ended = self.open.get(self.scanner.depth() + 1).copied().unwrap_or(self.place);
                    self.place = self.container();
                    return Ok(Some((ended, Token::End)));
                }
                _ => {}
            }
            return Ok(Some((self.place, token)));
        }
    }
}
