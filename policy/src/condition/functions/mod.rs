//! CEL's functions, standard and extensions, one file a subject.

mod arguments;
mod conversions;
mod encoders;
mod lists;
mod math;
mod moments;
mod network;
mod number;
mod optionals;
mod strings;
#[cfg(test)]
mod tests;

use conversions::Conversion;
use encoders::Encoding;
use lists::Listing;
use math::Math;
use moments::Moment;
use network::Network;
use optionals::Optionality;
use strings::Text;

use super::fault::FaultKind;
use super::value::Value;
use super::workspace::Workspace;

/// A function and overload family; a code in snapshots.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Function {
    /// From one type to another.
    Conversion(Conversion),
    /// Parts of timestamps and durations.
    Moment(Moment),
    /// Of strings.
    Text(Text),
    /// Of numbers.
    Math(Math),
    /// Of lists.
    Listing(Listing),
    /// Between bytes and their text.
    Encoding(Encoding),
    /// Of addresses and their ranges.
    Network(Network),
    /// Of optionals.
    Optionality(Optionality),
}

impl Function {
    /// What `sortBy` is, over a list and as many keys.
    pub(crate) const SORT_BY_KEYS: Function = Function::Listing(Listing::SortByKeys);
}

/// How a call is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Style {
    /// `f(x)` or, qualified, `math.abs(x)`.
    Global,
    /// `x.f(…)`; the receiver counts as the first argument.
    Method,
}

/// Most arguments of a function, the receiver included.
pub(crate) const MAX_ARGUMENTS: usize = 4;

/// How a function is written. A subject's signatures stand in the order of its functions, which are codes: append only.
#[derive(Clone, Copy, Debug)]
#[cfg_attr(not(feature = "compiler"), expect(dead_code, reason = "names are looked up where conditions are compiled"))]
struct Signature<F> {
    name: &'static str,
    style: Style,
    /// Fewest and most arguments, the receiver included.
    arguments: (usize, usize),
    function: F,
}

impl<F> Signature<F> {
    const fn global(name: &'static str, arguments: (usize, usize), function: F) -> Self {
        Signature { name, style: Style::Global, arguments, function }
    }

    const fn method(name: &'static str, arguments: (usize, usize), function: F) -> Self {
        Signature { name, style: Style::Method, arguments, function }
    }
}

/// What subjects have in common, spelt out once for each: its number in codes, its variant, its module.
macro_rules! subjects {
    ($($number:literal => $subject:ident in $module:ident),* $(,)?) => {
        impl Function {
            /// Its number in snapshots.
            pub(crate) fn code(self) -> u16 {
                let (subject, function) = match self {
                    $(Function::$subject(function) => ($number, function as u8),)*
                };
                u16::from_be_bytes([subject, function])
            }

            /// The function with this number.
            pub(crate) fn from_code(code: u16) -> Option<Self> {
                let [subject, function] = code.to_be_bytes();
                let function = usize::from(function);
                match subject {
                    $($number => $module::TABLE.get(function).map(|row| Function::$subject(row.function)),)*
                    _ => None,
                }
            }

            /// As it is written, for messages.
            pub(crate) fn name(self) -> &'static str {
                match self {
                    $(Function::$subject(function) => $module::TABLE.get(function as usize).map(|row| row.name),)*
                }
                .unwrap_or_default()
            }

            /// Calls it. Arguments of types or values it has no meaning for are a fault.
            pub(crate) fn call<'a>(
                self,
                arguments: &[Value<'a>],
                workspace: &mut Workspace<'a, '_>,
            ) -> Result<Value<'a>, FaultKind> {
                match self {
                    $(Function::$subject(function) => $module::call(function, arguments, workspace),)*
                }
            }
        }

        /// The function of this name, style and number of arguments.
        #[cfg(feature = "compiler")]
        pub(crate) fn find(name: &str, style: Style, arguments: usize) -> Option<Function> {
            None$(.or_else(|| find_in($module::TABLE, name, style, arguments).map(Function::$subject)))*
        }

        /// Every function with its name, style and fewest and most arguments.
        #[cfg(test)]
        pub(crate) fn all() -> impl Iterator<Item = (Function, &'static str, Style, (usize, usize))> {
            std::iter::empty()$(.chain(
                $module::TABLE.iter().map(|row| (Function::$subject(row.function), row.name, row.style, row.arguments)),
            ))*
        }
    };
}

// Numbers are codes: append only.
subjects! {
    0 => Conversion in conversions,
    1 => Moment in moments,
    2 => Text in strings,
    3 => Math in math,
    4 => Listing in lists,
    5 => Encoding in encoders,
    6 => Network in network,
    7 => Optionality in optionals,
}

#[cfg(feature = "compiler")]
fn find_in<F: Copy>(table: &[Signature<F>], name: &str, style: Style, arguments: usize) -> Option<F> {
    let fits = |row: &&Signature<F>| {
        row.name == name && row.style == style && (row.arguments.0..=row.arguments.1).contains(&arguments)
    };
    table.iter().find(fits).map(|row| row.function)
}
