//! A number, digit by digit.

/// What has been read of a number.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Number {
    part: Part,
    value: u64,
    /// Whether the value is all that there is.
    is_whole: bool,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Part {
    #[default]
    Sign,
    Zero,
    Digits,
    Point,
    Fraction,
    Exponent,
    ExponentSign,
    ExponentDigits,
}

impl Number {
    /// A number that begins with this byte, if one can.
    pub(super) fn begin(byte: u8) -> Option<Number> {
        let (part, value) = match byte {
            b'-' => (Part::Sign, 0),
            b'0' => (Part::Zero, 0),
            b'1'..=b'9' => (Part::Digits, u64::from(byte - b'0')),
            _ => return None,
        };
        Some(Number { part, value, is_whole: byte != b'-' })
    }

    /// Takes the bytes at the beginning that belong to the number, and says how many they are.
    pub(super) fn take(&mut self, bytes: &[u8]) -> usize {
        let mut taken = 0;
        for byte in bytes {
            if !self.take_byte(*byte) {
                break;
            }
            taken += 1;
        }
        taken
    }

    fn take_byte(&mut self, byte: u8) -> bool {
        let next = match (self.part, byte) {
            (Part::Digits, b'0'..=b'9') => {
                self.value = self.value.saturating_mul(10).saturating_add(u64::from(byte - b'0'));
                Part::Digits
            }
            (Part::Sign, b'0') => Part::Zero,
            (Part::Sign, b'1'..=b'9') => Part::Digits,
            (Part::Zero | Part::Digits, b'.') => Part::Point,
            (Part::Point | Part::Fraction, b'0'..=b'9') => {
                self.is_whole &= byte == b'0';
                Part::Fraction
            }
            (Part::Zero | Part::Digits | Part::Fraction, b'e' | b'E') => {
                self.is_whole = false;
                Part::Exponent
            }
            (Part::Exponent, b'+' | b'-') => Part::ExponentSign,
            (Part::Exponent | Part::ExponentSign | Part::ExponentDigits, b'0'..=b'9') => Part::ExponentDigits,
            _ => return false,
        };
        self.part = next;
        true
    }

    /// Its value, if it is whole and not negative; nothing at all if it is not a number yet.
    pub(super) fn end(self) -> Option<Option<u64>> {
        let is_number = matches!(self.part, Part::Zero | Part::Digits | Part::Fraction | Part::ExponentDigits);
        is_number.then(|| self.is_whole.then_some(self.value))
    }
}
