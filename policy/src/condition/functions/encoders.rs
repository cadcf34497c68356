//! The `encoders` extension.

use base64::engine::general_purpose::GeneralPurpose;
use base64::engine::{DecodePaddingMode, GeneralPurposeConfig};
use base64::{Engine as _, alphabet};

use crate::condition::fault::FaultKind;
use crate::condition::value::Value;
use crate::condition::workspace::Workspace;

use super::Signature;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Encoding {
    Base64Encode,
    Base64Decode,
}

pub(super) const TABLE: &[Signature<Encoding>] = &[
    Signature::global("base64.encode", (1, 1), Encoding::Base64Encode),
    Signature::global("base64.decode", (1, 1), Encoding::Base64Decode),
];

/// The standard alphabet. Bits left over at the end may be anything.
const PADDED: GeneralPurpose = engine(DecodePaddingMode::RequireCanonical);
const UNPADDED: GeneralPurpose = engine(DecodePaddingMode::RequireNone);

const fn engine(padding: DecodePaddingMode) -> GeneralPurpose {
    let config = GeneralPurposeConfig::new().with_decode_padding_mode(padding).with_decode_allow_trailing_bits(true);
    GeneralPurpose::new(&alphabet::STANDARD, config)
}

pub(super) fn call<'a>(
    function: Encoding,
    arguments: &[Value<'a>],
    workspace: &mut Workspace<'a, '_>,
) -> Result<Value<'a>, FaultKind> {
    match (function, arguments) {
        (Encoding::Base64Encode, [Value::Bytes(bytes)]) => {
            let len = base64::encoded_len(bytes.len(), true).ok_or(FaultKind::OutOfFuel)?;
            let text = workspace.room(len)?;
            PADDED.encode_slice(bytes, text).map_err(|_| FaultKind::OutOfFuel)?;
            std::str::from_utf8(text).map(Value::Str).map_err(|_| FaultKind::NotUtf8)
        }
        (Encoding::Base64Decode, [Value::Str(text)]) => {
            let room = workspace.room(base64::decoded_len_estimate(text.len()))?;
            let engine = if text.ends_with('=') { PADDED } else { UNPADDED };
            let len = engine.decode_slice(text, room);
            let len = len.map_err(|_| FaultKind::Invalid("is of a string that is no base64"))?;
            Ok(Value::Bytes(room.get(..len).unwrap_or_default()))
        }
        _ => Err(FaultKind::Types),
    }
}
